"""What is said of a settlement as soon as its lines are read: its total, its place, its debts between accounts."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

NEXT = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 22, 12, 0, tzinfo=UTC)


def test_lines_tie_and_the_figures_are_shown(books, row, verdict):
    """A staged settlement ties; both figures stand in the sentence."""
    books.take_in("1", [row("principal", "100"), row("commission", "-15.50")])
    found = verdict(books.lines("1"), "ties_to_total")
    assert found.passed
    assert "84.50" in found.sentence


def test_a_missing_predecessor_stops_the_settlement(books, row, verdict):
    """The start of one is the end of the one before; a gap waits for the file or a person's reason."""
    books.take_in("1", [row("principal", "1")])
    books.take_in("2", [row("principal", "1")], LATER)
    result = books.lines("2")
    found = verdict(result, "continuous_in_series")
    assert (result.stops, [finding.code for finding in found.findings]) == (True, ["series_gap"])


def test_a_reserve_that_differs_stops_the_settlement(books, row, verdict):
    """What comes back must be what was held."""
    books.take_in("1", [row("principal", "100"), row("reserve held", "-22.80")])
    books.take_in("2", [row("principal", "1"), row("reserve back", "22.00")], NEXT)
    found = verdict(books.lines("2"), "reserve_and_debt_chain")
    assert (found.stops, found.findings[0].code, found.findings[0].amount) == (True, "reserve_chain", Decimal("-0.80"))


def test_debt_moved_between_marketplaces_waits_for_its_other_half(books, row, verdict):
    """Cross-account debt sums to zero over all series of the seller; until then a warning names what is left."""
    books.take_in("1", [row("principal", "100"), row("debt moved", "-20")])
    first = verdict(books.lines("1"), "debt_between_accounts")
    assert (first.passed, first.stops, first.findings[0].amount) == (False, False, Decimal("-20.00"))
    [half] = first.rows
    assert (half["settlement"], half["amount"], half["currency"]) == ("1", "-20.00", "USD")
    books.take_in("2", [row("principal", "-20", "B", "Amazon.it"), row("debt moved", "20")])
    assert verdict(books.lines("1"), "debt_between_accounts").passed
    assert verdict(books.lines("2"), "debt_between_accounts").passed


def test_debt_of_another_currency_does_not_close_it(books, row, verdict):
    """Each currency comes to zero by itself."""
    books.take_in("1", [row("principal", "100"), row("debt moved", "-20")])
    books.take_in("2", [row("principal", "1", "B", "Amazon.it"), row("debt moved", "20")], currency="EUR")
    found = verdict(books.lines("1"), "debt_between_accounts")
    assert [finding.amount for finding in found.findings] == [Decimal("-20.00")]


def test_debt_of_another_connection_does_not_close_it(books, row, verdict):
    """The other half of another connection's debt is another account's money, though it is the same amount."""
    books.take_in("1", [row("principal", "100"), row("debt moved", "-20")])
    other = replace(books, connection=f"{books.connection}b", files=100)
    other.take_in("2", [row("principal", "-20", "B", "Amazon.it"), row("debt moved", "20")])
    for one, settlement_id, left in ((books, "1", "-20.00"), (other, "2", "20.00")):
        found = verdict(one.lines(settlement_id), "debt_between_accounts")
        assert [finding.amount for finding in found.findings] == [Decimal(left)]
        assert [half["settlement"] for half in found.rows] == [settlement_id]


def test_a_settlement_without_such_debt_is_not_bothered(books, row, verdict):
    """The warning stands at the settlements that moved a debt, not at all others."""
    books.take_in("1", [row("principal", "100"), row("debt moved", "-20")])
    books.take_in("2", [row("principal", "1")], NEXT)
    assert verdict(books.lines("2"), "debt_between_accounts").passed
