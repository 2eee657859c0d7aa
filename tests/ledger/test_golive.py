"""Where the books begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ledger.golive import cross_account_debt
from ledger.policy import Policy
from ledger.series import CarryRow, SettlementHead, place

NEW_YEAR = datetime(2026, 1, 1, 10, tzinfo=UTC)


def head(number: int, total="0", back="0", payable="0", moved="0", marketplace="Amazon.com", currency="USD"):
    """Make the settlement of fortnight `number` (0 starts on 1 January 2026)."""
    rows = (
        CarryRow("Previous Reserve Amount Balance", Decimal(back), 3),
        CarryRow("Payable to Amazon", Decimal(payable), 4),
        CarryRow("Cross-Account Debt Adjustment against BE, ES", Decimal(moved), 5),
    )
    start = NEW_YEAR + timedelta(days=14 * number)
    kept = tuple(row for row in rows if row.amount)
    name = f"{marketplace[-3:]}{number}"
    return SettlementHead(name, marketplace, currency, start, start + timedelta(days=14), Decimal(total), kept)


def policy(**changes) -> Policy:
    return Policy(**{"time_zone": "America/New_York", **changes})


def before(places) -> list[bool]:
    return [places[key].is_before_go_live for key in sorted(places)]


def test_without_a_go_live_nothing_is_posted():
    """Rule 4: without `books_from` every settlement is before go-live."""
    places = place([head(0), head(1)], policy(), {})
    assert before(places) == [True, True]
    assert places["com1"].previous == "com0"


@pytest.mark.parametrize(
    "books_from, expected",
    [
        ("2026-01-01", [False, False, False]),
        ("2026-01-02", [True, False, False]),
        ("2026-01-15", [True, False, False]),
        ("2026-01-16", [True, True, False]),
        ("2027-01-01", [True, True, True]),
    ],
)
def test_the_first_settlement_is_the_first_that_starts_on_or_after_the_date(books_from, expected):
    """Older ones are in the books by hand, also the one that was open on the date."""
    assert before(place([head(0), head(1), head(2)], policy(books_from=books_from), {})) == expected


def test_the_date_is_one_of_the_ledgers_time_zone():
    """A settlement that starts 3:00 UTC on the 15th starts on the 14th in New York."""
    early = head(1)
    early = SettlementHead("x", "Amazon.com", "USD", early.start.replace(hour=3), early.end, Decimal(0))
    assert place([early], policy(books_from="2026-01-15"), {})["x"].is_before_go_live
    assert not place([early], policy(books_from="2026-01-15", time_zone="UTC"), {})["x"].is_before_go_live


def test_the_first_of_each_series_can_be_named():
    """Rule 4: the first settlement of each series; a series without a named first is not posted at all."""
    heads = [head(number, marketplace=name) for number in (0, 1, 2) for name in ("Amazon.com", "Amazon.ca")]
    places = place(heads, policy(books_from=["com1"]), {})
    assert [key for key in sorted(places) if not places[key].is_before_go_live] == ["com1", "com2"]
    assert all(one.findings == () for one in places.values())


def test_a_gap_after_a_named_first_is_still_a_gap():
    """Only the named one may stand without a predecessor."""
    places = place([head(1), head(3)], policy(books_from=["com1"]), {})
    assert not places["com3"].is_before_go_live
    assert [finding.code for finding in places["com3"].findings] == ["series_gap"]


@pytest.mark.parametrize(
    "opening, back, payable, found",
    [
        ({"reserve": "22.80"}, "22.80", "0", []),
        ({"reserve": "22.80"}, "22.08", "0", ["22.08", "22.80"]),
        ({}, "0", "0", []),
        ({}, "22.80", "0", ["22.80", "0.00"]),
        ({"debt": "62.31"}, "0", "-62.31", []),
        ({"debt": "62.31"}, "0", "0", ["0.00", "62.31"]),
        ({"reserve": "1", "debt": "2"}, "1", "-2", []),
    ],
)
def test_the_first_settlement_brings_back_what_the_books_held(opening, back, payable, found):
    """Rule 4: its previous reserve and Payable to Amazon must equal `opening`, else review."""
    stated = [{"marketplace": "amazon.COM", "currency": "USD", **opening}] if opening else []
    places = place([head(1, back=back, payable=payable)], policy(books_from="2026-01-02", opening=stated), {})
    findings = places["com1"].findings
    assert [finding.code for finding in findings] == ["opening_balance"] * bool(found)
    for finding in findings:
        assert finding.is_blocking
        assert all(text in finding.sentence for text in found)


def test_a_staged_predecessor_is_checked_as_well():
    """The settlement before go-live is staged: the chain must hold across go-live, and nothing of it is posted."""
    stated = [{"marketplace": "Amazon.com", "currency": "USD", "debt": "7"}]
    settings = policy(books_from="2026-01-02", opening=stated)
    places = place([head(0, total="-7"), head(1, payable="-7")], settings, {})
    assert places["com1"].previous == "com0"
    assert places["com1"].carried[0].from_settlement_id == "com0"
    assert places["com1"].findings == ()
    broken = place([head(0, total="-6"), head(1, payable="-7")], settings, {})
    assert broken["com1"].carried[0].from_settlement_id == ""


def test_a_debt_the_books_held_has_no_settlement():
    """Where the old settlement is not known, the carried row says so with an empty origin."""
    stated = [{"marketplace": "Amazon.com", "currency": "USD", "debt": "7"}]
    places = place([head(1, payable="-7")], policy(books_from="2026-01-02", opening=stated), {})
    assert [(one.kind, one.from_settlement_id) for one in places["com1"].carried] == [("payable", "")]
    assert places["com1"].findings == ()


@pytest.mark.parametrize("unpaid, codes", [("500", []), ("499.99", ["transfer_origin"])])
def test_a_payout_that_was_under_way_at_go_live_may_come_back(unpaid, codes):
    """`unpaid_payouts` states what the books held as paid but not yet in the bank."""
    stated = [{"marketplace": "Amazon.com", "currency": "USD", "unpaid_payouts": unpaid}]
    start = NEW_YEAR + timedelta(days=14)
    rows = (CarryRow("Transfer of funds unsuccessful: closed", Decimal("500"), 9),)
    one = SettlementHead("x", "Amazon.com", "USD", start, start + timedelta(days=14), Decimal(500), rows)
    places = place([one], policy(books_from="2026-01-02", opening=stated), {})
    assert [finding.code for finding in places["x"].findings] == codes
    assert places["x"].carried[0].from_settlement_id == ""


def test_debt_moved_between_marketplaces_is_zero_over_all_of_them():
    """Rule 3: cross-account debt sums to zero over all series; a rest only warns until all settlements are in."""
    pair = [
        head(0, moved="-12.50", marketplace="Amazon.fr", currency="EUR"),
        head(0, moved="12.50", marketplace="Amazon.de", currency="EUR"),
    ]
    assert cross_account_debt(pair) == ()
    (finding,) = cross_account_debt([*pair[:1], head(0, moved="3")])[:1]
    assert (finding.code, finding.is_blocking, finding.amount) == ("cross_account_debt", False, Decimal("-12.50"))
    assert ".fr0 row 5" in finding.origin
