"""Cost of goods sold by shipment: balanced, once per item, in the currency of the unit costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.accounts import AccountKey
from ledger.catalogue import Cost
from ledger.cost_documents import KIND, Shipment, Units, cost_of
from ledger.journal import Journal

COGS, STOCK, OTHER_STOCK = (AccountKey.of("01", account=one) for one in ("500100", "140100", "140200"))
SHIPMENT = Shipment("A1SELLER", "fusion:1", "111-1", "T-1", "Corporate", date(2026, 11, 14))


def units(sku: str, quantity: str, unit_cost: str, currency: str = "USD", stock: AccountKey = STOCK) -> Units:
    return Units(sku, Decimal(quantity), Cost(COGS, stock, Decimal(unit_cost), currency))


def lines_of(journal: Journal) -> list[tuple[str, str, str]]:
    return [(one.account.account, str(one.amount), one.description) for one in journal.lines]


def test_cost_moves_from_inventory_to_cost_of_goods():
    """Three mugs at 4.25 and a bottle at 6.10: debit 12.75 and 6.10, credit the stock 18.85."""
    made = cost_of(SHIPMENT, [units("MUG", "3", "4.25"), units("BOTTLE", "1", "6.10")], 300)
    [journal] = made.journals
    assert lines_of(journal) == [
        ("500100", "6.10", "1 x BOTTLE"),
        ("140100", "-18.85", ""),
        ("500100", "12.75", "3 x MUG"),
    ]
    assert (journal.is_balanced, journal.source.kind, journal.source.belongs_to) == (True, KIND, "111-1")
    assert (journal.accounting_date, journal.description) == (SHIPMENT.on, "Cost of Amazon order 111-1")
    assert (journal.billing, [one.quantity for one in journal.lines]) == (None, [None, None, None])


def test_its_key_is_order_and_transaction_whatever_it_costs():
    """Another shipment of the order is another document; another cost is the same one with other content."""
    [one], [dearer] = (cost_of(SHIPMENT, [units("MUG", "1", cost)], 300).journals for cost in ("4", "5"))
    [second] = cost_of(replace(SHIPMENT, transaction_id="T-2"), [units("MUG", "1", "4")], 300).journals
    assert one.key == dearer.key
    assert one.fingerprint != dearer.fingerprint
    assert one.key != second.key


def test_each_currency_is_a_part_of_one_set():
    """Costs in two currencies are two journals of one document, so that none is posted without the other."""
    made = cost_of(SHIPMENT, [units("A", "1", "4"), units("B", "1", "3", "EUR", OTHER_STOCK)], 300)
    assert [(one.currency, one.part, one.parts, one.is_balanced) for one in made.journals] == [
        ("EUR", 1, 2, True),
        ("USD", 2, 2, True),
    ]


def test_units_are_statistical_amounts_where_they_are_wanted_on_the_side_of_cost():
    """A quantity on both sides would cancel out, or count twice."""
    [journal] = cost_of(replace(SHIPMENT, with_quantities=True), [units("MUG", "3", "4.25")], 300).journals
    assert [(one.account.account, one.quantity) for one in journal.lines] == [
        ("500100", Decimal(3)),
        ("140100", None),
    ]


@pytest.mark.parametrize("given_units", [[], [units("GIFT", "2", "0")], [units("DUST", "1", "0.001")]])
def test_what_costs_nothing_makes_no_document(given_units):
    """No line of zero, and no empty journal."""
    assert cost_of(SHIPMENT, given_units, 300).journals == ()


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 10**8)), min_size=1, max_size=12), st.integers(2, 8))
def test_every_part_balances_and_all_parts_are_the_cost_of_all_units(rows, lines_max):
    """Whatever the quantities, costs and limit of lines."""
    told = [units(f"S{place}", str(count), str(Decimal(micro).scaleb(-4))) for place, (count, micro) in enumerate(rows)]
    made = cost_of(SHIPMENT, told, lines_max)
    assert all(one.is_balanced and len(one.lines) <= lines_max for one in made.journals)
    assert [one.part for one in made.journals] == list(range(1, len(made.journals) + 1))
    total = sum((one.debits for one in made.journals), Decimal(0))
    assert total == sum((one.cost.of(one.quantity) for one in told), Decimal(0))
