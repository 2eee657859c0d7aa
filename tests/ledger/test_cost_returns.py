"""Cost of units that came back: at the cost that was booked, never more than was booked, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.accounts import AccountKey
from ledger.catalogue import Cost
from ledger.cost_documents import Costed, Shipment, Units, cost_of, costed_units
from ledger.cost_returns import KIND, Back, is_sellable, return_source, returned_cost, taken_back, units_back

COGS, STOCK, OTHER_STOCK, LOSS = (AccountKey.of("01", account=one) for one in ("500100", "140100", "140200", "500900"))
SHIPMENT = Shipment("A1SELLER", "fusion:1", "111-1", "T-1", "Corporate", date(2026, 11, 2))
BACK = Back("A1SELLER", "fusion:1", "111-1", "LPN1 MUG", "Corporate", date(2026, 11, 14))


def costed(*units: tuple[str, str, str], shipment: Shipment = SHIPMENT, stock: AccountKey = STOCK) -> list[Costed]:
    """Return what a cost journal of these (SKU, quantity, unit cost) says of its units."""
    told = [Units(sku, Decimal(count), Cost(COGS, stock, Decimal(cost), "USD")) for sku, count, cost in units]
    return [one for journal in cost_of(shipment, told, 300).journals for one in costed_units(journal)]


def back(of: list[Costed], before: int, quantity: int, to: AccountKey = STOCK, given: Back = BACK):
    """Return the journals of a return."""
    taken = taken_back(of, Decimal(before), Decimal(quantity))
    assert taken is not None
    return returned_cost(given, [(one, to) for one in taken], 300).journals


def lines_of(journal) -> list[tuple[str, str, str]]:
    return [(one.account.account, str(one.amount), one.description) for one in journal.lines]


def test_a_cost_journal_says_its_units_itself():
    """What is read from the lines is what was costed, whatever else they hold."""
    [bottle, mug] = costed(("MUG x 2", "3", "4.255"), ("BOTTLE", "1", "6.10"))
    assert (mug.sku, mug.quantity, mug.amount, mug.inventories) == ("MUG x 2", 3, Decimal("12.77"), (STOCK,))
    assert (bottle.sku, bottle.quantity, bottle.cogs) == ("BOTTLE", 1, COGS)
    [nameless] = costed(("", "2", "1"))
    assert (nameless.sku, nameless.quantity) == ("", 2)


def test_a_line_that_says_no_units_is_none_of_a_product():
    """An account that is cost of one product and stock of another is one line of stock, without units."""
    told = [
        Units("A", Decimal(1), Cost(STOCK, OTHER_STOCK, Decimal(4), "USD")),
        Units("B", Decimal(1), Cost(COGS, STOCK, Decimal(5), "USD")),
    ]
    [journal] = cost_of(SHIPMENT, told, 300).journals
    assert [one.sku for one in costed_units(journal)] == ["B"]


def test_a_sellable_unit_goes_back_to_the_stock_at_the_cost_that_was_booked():
    """One of three mugs that cost 12.77: debit the stock 4.26, credit cost of goods."""
    [journal] = back(costed(("MUG", "3", "4.255")), 0, 1)
    assert lines_of(journal) == [("140100", "4.26", ""), ("500100", "-4.26", "1 x MUG")]
    assert (journal.is_balanced, journal.source.kind, journal.source.belongs_to) == (True, KIND, "111-1")
    assert (journal.accounting_date, journal.document_reference) == (BACK.on, "111-1")
    assert journal.description == "Returned cost of Amazon order 111-1"


def test_what_cannot_be_sold_is_a_loss():
    """The same amount on another account; where a loss is cost of goods anyway nothing moves."""
    [journal] = back(costed(("MUG", "3", "4.255")), 0, 1, LOSS)
    assert lines_of(journal) == [("500900", "4.26", ""), ("500100", "-4.26", "1 x MUG")]
    assert back(costed(("MUG", "3", "4.255")), 0, 1, COGS) == ()


@pytest.mark.parametrize(
    ("disposition", "sellable"),
    [
        ("SELLABLE", True),
        (" sellable ", True),
        ("CUSTOMER_DAMAGED", False),
        ("DEFECTIVE", False),
        ("UNSELLABLE", False),
        ("SELLABLE_SOON", False),
        ("", False),
    ],
)
def test_only_one_condition_is_sellable(disposition, sellable):
    """A condition nobody knows is none that can be sold."""
    assert is_sellable(disposition) is sellable


def test_more_than_was_costed_does_not_come_back():
    """Three were costed: the fourth is refused, and so is a return of more than is left."""
    mugs = costed(("MUG", "3", "4.255"))
    assert taken_back(mugs, Decimal(3), Decimal(1)) is None
    assert taken_back(mugs, Decimal(2), Decimal(2)) is None
    assert taken_back([], Decimal(0), Decimal(1)) is None


def test_shipments_are_taken_back_from_the_oldest_on():
    """Each at its own cost; one line says all the units of one return."""
    later = replace(SHIPMENT, transaction_id="T-2", on=date(2026, 11, 5))
    of = [*costed(("MUG", "2", "4")), *costed(("MUG", "2", "5"), shipment=later)]
    amounts = [back(of, before, 1)[0].debits for before in range(4)]
    assert amounts == [Decimal(4), Decimal(4), Decimal(5), Decimal(5)]
    [journal] = back(of, 1, 2)
    assert lines_of(journal) == [("140100", "9.00", ""), ("500100", "-9.00", "2 x MUG")]
    assert units_back([journal], "MUG") == 2
    assert units_back([journal], "BOTTLE") == 0


def test_its_key_is_order_and_label_whatever_it_comes_to():
    """Another label is another document; in another condition it is the same one with other content."""
    mugs = costed(("MUG", "3", "4.255"))
    [sold], [lost] = back(mugs, 0, 1), back(mugs, 0, 1, LOSS)
    [second] = back(mugs, 1, 1, given=replace(BACK, return_id="LPN2 MUG"))
    assert sold.key == lost.key
    assert sold.fingerprint != lost.fingerprint
    assert sold.key != second.key
    assert sold.source == return_source("A1SELLER", "fusion:1", "111-1", "LPN1 MUG")


def test_units_are_taken_off_where_they_were_counted():
    """A statistical amount of minus one on the side of cost."""
    [journal] = back(costed(("MUG", "3", "4.255")), 0, 1, given=replace(BACK, with_quantities=True))
    assert [(one.account.account, one.quantity) for one in journal.lines] == [("140100", None), ("500100", -1)]


def test_a_journal_of_several_stocks_names_them_all():
    """Which one a product came from is then not said by the journal alone."""
    told = [
        Units(sku, Decimal(1), Cost(COGS, stock, Decimal(4), "USD"))
        for sku, stock in (("A", STOCK), ("B", OTHER_STOCK))
    ]
    found = [one for journal in cost_of(SHIPMENT, told, 300).journals for one in costed_units(journal)]
    assert {one.inventories for one in found} == {(STOCK, OTHER_STOCK)}


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 10**7)), min_size=1, max_size=4),
    st.lists(st.integers(1, 5), max_size=12),
)
def test_what_comes_back_one_by_one_adds_up_to_what_was_booked(shipments, parts):
    """Whatever the quantities: to the cent when all of it is back, never more, and every journal balances."""
    of = []
    for place, (count, micro) in enumerate(shipments):
        shipment = replace(SHIPMENT, transaction_id=f"T-{place}")
        of += costed(("MUG", str(count), str(Decimal(micro).scaleb(-4))), shipment=shipment)
    total, before, amount = sum(one.quantity for one in of), 0, Decimal(0)
    for part in [*parts, *([1] * 40)]:
        taken = taken_back(of, Decimal(before), Decimal(part))
        assert (taken is None) == (before + part > total)
        if taken is not None:
            journals = returned_cost(BACK, [(one, STOCK) for one in taken], 300).journals
            assert all(one.is_balanced for one in journals)
            before, amount = before + part, amount + sum(one.amount for one in taken)
    assert (before, amount) == (total, sum(one.amount for one in of))
