"""Journals of one settlement: grain, quantities, parts, dates, units, and the refusal to go on from stale lines."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from assets.journals import make_journals, out_of_date, planned_journals
from assets.mapped_lines import map_lines
from ledger.errors import InputRefused

EVENING = datetime(2026, 3, 5, 3, 30, tzinfo=UTC)  # still 4 March in New York


def sales(books, settlement_id):
    """Return description and amount of the sales lines."""
    lines = (line for journal in books.documents(settlement_id) for line in journal.lines)
    return sorted((line.description, str(line.amount)) for line in lines if line.account.account == "400100")


@pytest.mark.parametrize(
    "grain, expected",
    [
        ("account", [("revenue", "-111.00")]),
        ("day", [("revenue 2026-03-04", "-11.00"), ("revenue 2026-03-05", "-100.00")]),
        ("sku", [("revenue SKU-1", "-101.00"), ("revenue SKU-2", "-10.00")]),
        ("order", [("revenue A", "-110.00"), ("revenue B", "-1.00")]),
    ],
)
def test_lines_are_added_up_by_the_grain(books, row, grain, expected):
    """The grain is a setting; a day is one of the ledger's time zone, and clearing never carries the grain."""
    noon = datetime(2026, 3, 5, 17, 0, tzinfo=UTC)
    rows = [
        row("principal", "100", "A", posted=noon),
        row("principal", "10", "A", posted=EVENING, sku="SKU-2", order_item_code="2"),
        row("principal", "1", "B", posted=EVENING),
    ]
    books.take_in("1", rows)
    books.policy["grain"] = grain
    assert sales(books, "1") == expected
    (journal,) = books.planned("1")
    own = [(line.reference, line.description) for line in journal.lines if line.account.account == "110500"]
    assert own == [("S1", "")]


def quantities(books):
    """Return account and quantity of the lines that have one."""
    lines = [line for journal in books.planned("1") for line in journal.lines]
    return [(line.account.unit, line.account.account, line.quantity) for line in lines if line.quantity is not None]


@pytest.mark.parametrize("marketplace, currency", [("Amazon.com", "USD"), ("Amazon.de", "EUR")])
def test_quantities_count_once_per_order_item(books, row, marketplace, currency):
    """Amazon repeats the quantity on each row of an order item; it counts once, also where VAT is split off."""
    rows = [
        row("principal", "0.00", "A", marketplace, quantity=3),
        row("principal", "80", "A", marketplace, quantity=3),
        row("principal", "20", "A", marketplace, quantity=3),
        row("commission", "-9", "A", marketplace, quantity=3),
        row("principal", "50", "A", marketplace, quantity=2, order_item_code="2"),
        row("principal", "50", "A", marketplace, quantity=4, order_item_code="2", shipment_id="D2"),
    ]
    books.take_in("1", rows, currency=currency)
    books.documents("1")
    assert quantities(books) == []
    books.policy["quantities"] = "UNT"
    books.documents("1")
    assert quantities(books) == [("US001", "400100", Decimal(9))]


def test_quantities_stay_on_the_account_and_never_on_due_to(books, row):
    """Quantities are units sold: neither clearing nor the accounts between units carry them, nor the grain."""
    books.policy |= {"quantities": "UNT", "grain": "order"}
    books.take_in("1", [row("principal", "100", "A", sku="US2-7", quantity=2)])
    books.documents("1")
    assert quantities(books) == [("US002", "400100", Decimal(2))]
    lines = [line for journal in books.planned("1") for line in journal.lines]
    assert {line.account.account for line in lines if line.description} == {"400100"}


@pytest.mark.parametrize("limit", [2, 3, 5])
def test_the_line_limit_splits_into_numbered_parts_that_balance(books, row, limit):
    """More lines than the ERP takes become numbered parts of whole movements; together they are the settlement."""
    books.policy["grain"] = "order"
    books.target.lines_max = limit
    rows = [row("principal", str(10 + one), f"O{one}") for one in range(7)]
    books.take_in("1", [*rows, row("commission", "-3", "O1")])
    documents = books.documents("1")
    assert [one.part for one in documents] == list(range(1, len(documents) + 1))
    assert {one.parts for one in documents} == {len(documents)}
    assert all(one.is_balanced and len(one.lines) <= limit for one in documents)
    own = sum(line.amount for one in documents for line in one.lines if line.reference == "S1")
    assert own == Decimal("88.00")


@pytest.mark.parametrize(
    "rule, expected",
    [("settlement_end", "2026-03-15"), ("deposit_date", "2026-03-17"), ("month_last_day", "2026-03-31")],
)
def test_the_accounting_date_follows_the_rule(books, row, rule, expected):
    """The date is the settlement's end, its deposit date, or the last day of its month, as the connection says."""
    books.policy["accounting_date"] = rule
    books.take_in("1", [row("principal", "1")])
    (journal,) = books.documents("1")
    assert journal.accounting_date.isoformat() == expected


def test_accounts_change_with_the_accounting_date(books, row):
    """A booking's dates are asked with the accounting date of each part, not with today's."""
    old, new = '{account: "400100", valid_to: 2026-10-31}', '{account: "400200", valid_from: 2026-11-01}'
    books.mapping = books.mapping.replace('  revenue: "400100"', f"  revenue: [{old}, {new}]")
    books.mapping = books.mapping.replace('  shipping_revenue: "400200"\n', "")
    start, end = datetime(2026, 10, 25, 12, tzinfo=UTC), datetime(2026, 11, 8, 12, tzinfo=UTC)
    rows = [row("principal", "100", posted=start), row("principal", "40", "B", posted=end)]
    books.take_in("1", rows, start, end)
    assert sorted(books.booked("1")) == [
        "Cr sales 100.00",
        "Cr shipping 40.00",
        "Dr clearing[S1] 100.00",
        "Dr clearing[S1] 40.00",
    ]


def test_units_can_be_left_to_the_erp(books, row):
    """With `inter_unit: erp` the document holds lines of both units and the ERP balances them."""
    books.policy["inter_unit"] = "erp"
    books.take_in("1", [row("principal", "100", sku="US2-7")])
    books.mapped("1")
    make_journals(books.road, "1")
    (journal,) = books.planned("1")
    lines = {(line.account.unit, line.account.account, str(line.amount)) for line in journal.lines}
    assert lines == {("US001", "110500", "100.00"), ("US002", "400100", "-100.00")}


def test_a_missing_pair_of_units_is_named(books, row):
    """A line for a unit without accounts between stops its settlement with what to add."""
    books.mapping = books.mapping.replace("[US001, US002]", "[US001, US003]")
    books.take_in("1", [row("principal", "100", sku="US2-7")])
    result = books.mapped("1")
    assert [finding.code for finding in result.findings] == ["no_inter_unit"]
    assert "inter_unit" in result.findings[0].cure


def test_tax_liability_in_another_unit_goes_through_the_owner(books, row):
    """What pass-through leaves may belong to another unit; every document balances in its unit all the same."""
    books.mapping = books.mapping.replace('tax_liability: "210600"', 'tax_liability: {account: "210600", unit: US002}')
    books.take_in("1", [row("principal", "100"), row("tax", "8"), row("withheld", "-6")])
    lines = books.booked("1")
    assert "Cr US002 tax liability 2.00" in lines
    assert all(one.is_balanced for one in books.planned("1"))


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda books: setattr(books, "mapping", books.mapping.replace("600100", "600200")), "the mapping changed"),
        (lambda books: books.policy.update(month_end="none"), "the connection's settings"),
        (lambda books: books.policy.update(time_zone="UTC"), "the connection's settings"),
    ],
)
def test_journals_are_refused_from_lines_mapped_otherwise(books, row, change, said):
    """A mapping or a setting that changed after the lines were mapped is refused with a sentence, never mixed."""
    books.take_in("1", [row("principal", "100"), row("commission", "-15")])
    books.mapped("1")
    change(books)
    with pytest.raises(InputRefused, match=said) as refused:
        make_journals(books.road, "1")
    assert "materialize mapped_lines" in str(refused.value)
    map_lines(books.road, "1")
    assert not make_journals(books.road, "1").stops


def test_settings_of_the_journal_itself_need_no_new_mapping(books, row):
    """Grain, line limit and rate type are decided when journals are made."""
    books.take_in("1", [row("principal", "100")])
    books.mapped("1")
    books.policy |= {"grain": "order", "rate_type": "AVG", "lines_max": 50}
    make_journals(books.road, "1")
    assert [one.rate_type for one in books.planned("1")] == ["AVG"]


def test_staged_journals_know_whether_they_still_hold(books, row):
    """The posting step asks whether anything that decided the journals has changed since."""
    books.take_in("1", [row("principal", "100")])
    books.journals("1")
    planned = planned_journals(books.road, "1")
    assert out_of_date(books.road, "1", planned) == ""
    books.policy["month_end"] = "none"
    assert "settings" in out_of_date(books.road, "1", planned)


def test_journals_before_their_lines_are_refused(books, row):
    """Each stage names the one that must come before it."""
    books.take_in("1", [row("principal", "1")])
    with pytest.raises(InputRefused, match="materialize settlement_lines first"):
        make_journals(books.road, "1")
    books.lines("1")
    with pytest.raises(InputRefused, match="materialize mapped_lines first"):
        make_journals(books.road, "1")
    with pytest.raises(InputRefused, match="materialize journals first"):
        planned_journals(books.road, "1")


def test_making_the_same_journals_again_is_no_new_version(books, row):
    """Nothing depends on when or how often journals are made: same content, same version, same fingerprint."""
    rows = [row("principal", str(one), f"O{one}", order_item_code=str(one)) for one in range(1, 40)]
    books.take_in("1", [*rows, row("tax", "3", "O1"), row("tax", "4", "O2")])
    warehouse = books.stores.warehouse
    books.journals("1")
    first = [warehouse.current(books.connection, table, "1").id for table in ("mapped_lines", "journals")]
    books.journals("1")
    assert [warehouse.current(books.connection, table, "1").id for table in ("mapped_lines", "journals")] == first


def test_the_archived_set_holds_amounts_as_text(books, row):
    """What posting reads is one archived document; no amount in it is a float."""
    books.take_in("1", [row("principal", "0.10"), row("shipping", "0.20")])
    books.journals("1")
    version = books.stores.warehouse.current(books.connection, "journals", "1")
    content = json.loads(books.stores.documents.read_bytes(version.facts["set"]), parse_float=pytest.fail)
    assert [line["amount"] for line in content["journals"][0]["lines"] if line["reference"]] == ["0.30"]
