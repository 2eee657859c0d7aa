"""What the books held at go-live beside reserve and debt: orders shipped before it and settled after, and loans."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from assets.journals import make_journals
from assets.sales.opening_orders import standings
from ledger.errors import InputRefused

NEXT = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
OLD, NEW = "111-0000001-0000001", "111-0000002-0000002"


@pytest.fixture
def opening(books):
    """Let the books hold one order of 95.00 since before go-live."""
    books.policy["orders_before_go_live"] = {"file": "orders.csv", "book_to": "opening_receivable"}
    books.opening_orders = f"order_id,shipped,amount\n{OLD},2025-12-30,95.00\n"
    return books


def sale(row, marketplace="Amazon.com", order=OLD, **tax):
    """Return principal 100, promotion -5, commission -15 and what else is given."""
    amounts = {"principal": "100", "promotion": "-5", "commission": "-15", **tax}
    return [row(name, amount, order, marketplace) for name, amount in amounts.items()]


def test_an_order_shipped_before_go_live_clears_the_receivable(opening, row):
    """Rule 4: price less promotion goes to `opening_receivable`; fees are of this settlement; others are revenue."""
    opening.take_in("1", [*sale(row, tax="8", withheld="-8"), *sale(row, order=NEW)])
    assert sorted(opening.booked("1")) == [
        "Cr clearing[S1] 48.00",
        "Cr opening receivable 100.00",
        "Cr pass-through tax 8.00",
        "Cr sales 100.00",
        "Dr clearing[S1] 208.00",
        "Dr discount 5.00",
        "Dr fees 30.00",
        "Dr opening receivable 5.00",
        "Dr pass-through tax 8.00",
    ]


def test_tax_that_the_seller_owes_was_owed_at_shipment(opening, row):
    """Rule 4 with 5: where tax is added, the receivable held it too; the liability was booked by hand."""
    opening.take_in("1", sale(row, "Amazon.co.uk", tax="19"), currency="GBP")
    lines = opening.booked("1")
    assert [line for line in lines if "tax" in line] == []
    assert [line for line in lines if "opening" in line] == [
        "Cr opening receivable 119.00",
        "Dr opening receivable 5.00",
    ]


def test_a_gross_amount_clears_whole(opening, row):
    """Rule 4 with 5: VAT inside the price was split at shipment, so nothing is split again."""
    opening.take_in("1", sale(row, "Amazon.de"), currency="EUR")
    lines = opening.booked("1")
    assert [line for line in lines if "tax" in line] == []
    assert [line for line in lines if "opening" in line] == [
        "Cr opening receivable 100.00",
        "Dr opening receivable 5.00",
    ]


def test_a_refund_of_such_an_order_is_a_refund(opening, row):
    """The sale was settled or not; what is given back after go-live belongs to the books after go-live."""
    opening.take_in("1", [row("principal", "100", OLD), row("refund", "-40", OLD)])
    assert "Dr refunds 40.00" in opening.booked("1")


def test_they_may_go_to_revenue_and_are_listed_all_the_same(opening, row, verdict):
    """Rule 4: as the connection says."""
    opening.policy["orders_before_go_live"]["book_to"] = "revenue"
    opening.take_in("1", sale(row))
    found = verdict(opening.mapped("1"), "orders_before_go_live")
    assert "Cr sales 100.00" in opening.booked("1")
    assert found.passed
    assert found.sentence == "1 orders shipped before go-live are settled here; 95.00 USD are booked as revenue."
    assert found.rows[0]["order"] == OLD
    assert found.rows[0]["booked to"] == "US001/account=400100, US001/account=410200"


def test_they_are_listed_with_shipment_amounts_and_account(opening, row, verdict):
    """The list is what an accountant ticks off against the open items of the old books."""
    opening.take_in("1", [*sale(row), *sale(row, order=NEW)])
    found = verdict(opening.mapped("1"), "orders_before_go_live")
    assert found.passed
    assert found.rows == (
        {
            "order": OLD,
            "shipped": "2025-12-30",
            "settled": "95.00",
            "settled earlier": "",
            "in the books": "95.00",
            "difference": "",
            "booked to": "US001/account=110900",
        },
    )


def test_a_difference_to_the_old_books_is_named_and_stops_nothing(opening, row, verdict):
    """Amazon's figure is what was paid; the rest of the old receivable is the accountant's to correct."""
    opening.take_in("1", [row("principal", "90", OLD)])
    result = opening.mapped("1")
    found = verdict(result, "orders_before_go_live")
    assert not found.passed
    assert not result.stops
    assert found.sentence.endswith(
        "1 differ so far from what the books held, by -5.00 in all: correct by hand what no later settlement brings."
    )


def test_an_order_shipped_in_parts_is_paid_in_parts(opening, row, verdict):
    """Rule 4: the second settlement is held against the books with what the first has brought."""
    opening.take_in("1", [row("principal", "60", OLD)])
    first = verdict(opening.mapped("1"), "orders_before_go_live")
    opening.take_in("2", [row("principal", "35", OLD)], NEXT)
    second = verdict(opening.mapped("2"), "orders_before_go_live")
    assert (first.passed, first.rows[0]["difference"]) == (False, "-35.00")
    assert (second.passed, second.rows[0]["difference"]) == (True, "")
    assert (second.rows[0]["settled"], second.rows[0]["settled earlier"]) == ("35.00", "60.00")


def test_every_listed_order_is_shown_with_what_became_of_it(opening, row):
    """Those that no settlement has paid for yet stand in the same table, with what the books held."""
    opening.opening_orders += f"{NEW},,20.00\n"
    opening.take_in("1", sale(row))
    opening.mapped("1")
    road = opening.road
    found = standings(road.stores, road.connection, road.policy, road.load_opening_orders())
    shown = ("order", "settled", "in the books", "difference", "settlements")
    assert [tuple(one.row()[name] for name in shown) for one in found] == [
        (OLD, Decimal("95.00"), Decimal("95.00"), 0, "1"),
        (NEW, None, Decimal("20.00"), None, ""),
    ]
    assert [one.is_settled for one in found] == [True, False]


def test_a_settlement_before_go_live_is_left_as_it_is(opening, row, verdict):
    """Rule 4: it is in the books by hand. An order that it pays for cannot be wholly open at go-live, and is named."""
    opening.policy["books_from"] = "2026-03-10"
    opening.take_in("1", sale(row))
    found = verdict(opening.mapped("1"), "orders_before_go_live")
    assert not found.passed
    assert found.sentence.startswith("1 orders listed as open at go-live are paid for here, before go-live.")
    sides = {side for one in opening.movements("1") for side in (one["debit"], one["credit"])}
    assert "US001/account=110900" not in sides
    road = opening.road
    [one] = standings(road.stores, road.connection, road.policy, road.load_opening_orders())
    assert not one.is_settled


def test_the_account_of_the_day_is_cleared(opening, row):
    """Rule 2: `valid_from` and `valid_to` hold for this account as for every other."""
    dated = 'opening_receivable: {account: "110900", valid_to: 2026-02-28}'
    opening.mapping = opening.mapping.replace('opening_receivable: "110900"', dated)
    opening.take_in("1", sale(row))
    assert [one.code for one in opening.mapped("1").findings] == ["unmapped_category"] * 2


def test_without_an_account_the_settlement_stops_and_names_the_key(opening, row):
    """No silent default: not even revenue."""
    opening.mapping = opening.mapping.replace('  opening_receivable: "110900"\n', "")
    opening.take_in("1", sale(row))
    result = opening.mapped("1")
    assert result.stops
    [finding] = {one.code: one for one in result.findings}.values()
    assert finding.code == "unmapped_category"
    assert finding.cure == "Add one under accounts, opening_receivable in mapping.yaml."


def test_a_changed_list_is_seen_by_the_next_stage(opening, row):
    """What was mapped with another list is not made into a journal."""
    opening.take_in("1", sale(row))
    opening.mapped("1")
    opening.opening_orders = f"order_id\n{NEW}\n"
    with pytest.raises(InputRefused, match="orders before go-live"):
        make_journals(opening.road, "1")


def test_the_account_is_checked_as_a_receivable(opening, row):
    """Rule 2: the balance sheet side of the line."""
    opening.take_in("1", sale(row))
    opening.documents("1")
    natures = {str(use.account): use.nature.value for use in opening.target.asked}
    assert natures["US001/account=110900"] == "receivable"


@pytest.mark.parametrize(
    "loan, rows, passed",
    [
        ("100.00", ["-60", "-40"], True),
        ("100.00", ["-60", "-40.01"], False),
        ("0", ["500", "-60"], True),
        ("0", ["-0.01"], False),
    ],
)
def test_no_more_of_a_loan_is_repaid_than_the_books_held(books, row, verdict, loan, rows, passed):
    """Rule 4: `opening` states the loan; what is repaid beyond it and beyond new loans is named."""
    books.policy["opening"] = [{"marketplace": "Amazon.com", "currency": "USD", "loan": loan}]
    books.take_in("1", [row("principal", "1000"), *(row("loan", one) for one in rows[:1])])
    books.documents("1")
    books.take_in("2", [row("principal", "1000"), *(row("loan", one) for one in rows[1:])], NEXT)
    found = verdict(books.mapped("2" if rows[1:] else "1"), "loan_as_opened")
    assert found.passed is passed
    assert not found.is_blocking
    assert passed or "too much was repaid, or was interest" in found.sentence


def test_too_much_repaid_names_figures_and_what_to_correct(books, row, verdict):
    """Rule 4: repaid, held, and the rest between them; it warns and stops nothing."""
    books.policy["opening"] = [{"marketplace": "Amazon.com", "currency": "USD", "loan": "100.00"}]
    books.take_in("1", [row("principal", "1000"), row("loan", "50"), row("loan", "-160")])
    result = books.mapped("1")
    [finding] = verdict(result, "loan_as_opened").findings
    assert finding.sentence == (
        "Up to settlement 1 110.00 of loans were repaid in Amazon.com USD, net of new ones; the books held a loan of "
        "100.00 at go-live. 10.00 too much was repaid, or was interest."
    )
    assert finding.cure.startswith("Correct loan of Amazon.com USD under opening in the connection")
    assert finding.amount == Decimal("-10.00")
    assert not result.stops
