"""Heads and places from what discovery keeps, with the choices and reasons of people."""

from datetime import UTC, datetime
from decimal import Decimal

from assets.settlements.series import heads_of, placed

NEXT = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 22, 12, 0, tzinfo=UTC)


def test_a_head_says_what_the_file_said(books, row):
    """Period, total and carried rows come from the registered facts alone; no lines are staged."""
    books.take_in("1", [row("principal", "100"), row("reserve held", "-22.80")])
    (head,) = heads_of(books.road)
    assert (head.settlement_id, head.marketplace, head.total) == ("1", "Amazon.com", Decimal("77.20"))
    assert (head.reserve_held, head.debt) == (Decimal("22.80"), 0)
    assert books.stores.warehouse.currents(books.connection) == []


def test_settlements_follow_each_other(books, row):
    """A settlement follows the one whose end is its start."""
    books.take_in("1", [row("principal", "100")])
    books.take_in("2", [row("principal", "1")], NEXT)
    places = placed(books.road)
    assert (places["2"].previous, places["2"].series) == ("1", places["1"].series)


def test_an_accepted_gap_no_longer_stops(books, row):
    """A person's reason ends the gap; it stays visible as a finding that does not stop."""
    books.take_in("1", [row("principal", "1")])
    books.take_in("2", [row("principal", "1")], LATER)
    assert books.lines("2").stops
    (item,) = books.stores.review.listing(books.connection)
    books.stores.review.resolve(item.id, "accept", "an accountant", "the week was settled outside")
    result = books.lines("2")
    assert not result.stops
    assert "the week was settled outside" in " ".join(one.sentence for one in placed(books.road)["2"].findings)


def test_a_persons_choice_says_which_payout_came_back(books, row):
    """Two payouts of the same amount: nobody can tell which came back, so a person says it."""
    books.take_in("1", [row("principal", "500")])
    books.take_in("2", [row("principal", "500")], NEXT)
    third = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
    books.take_in("3", [row("returned", "500")], third)
    result = books.lines("3")
    assert [finding.code for finding in result.findings] == ["transfer_origin"]
    (item,) = books.stores.review.listing(books.connection)
    books.stores.review.resolve(item.id, "choose", "an accountant", "1: the bank statement says so")
    assert sorted(books.booked("3")) == ["Cr clearing[S1] 500.00", "Dr clearing[S3] 500.00"]
