"""A settlement's payout is in the bank to the cent, or it is said since when it is not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assets.bank_deposits import compose_deposits
from assets.proofs.deposit_proof import deposit_verdict
from assets.settlement_reports import registered
from assets.stages.outcome import align
from assets.stages.verdicts import Verdict
from resources.clock import ManualClock
from tests.assets.conftest import NOW, Bookkeeping
from tests.assets.test_bank_deposits import pay, road_of, take_in
from tests.assets.test_payouts import payout

FAR = timedelta(days=30)


def proved(books: Bookkeeping, settlement_id: str = "1", later: timedelta = timedelta(0)) -> Verdict:
    """Hold a settlement against the bank, some time later."""
    road = road_of(books)
    road.clock.advance(later.total_seconds())
    return deposit_verdict(road, registered(road, settlement_id))


@pytest.fixture
def settled(books: Bookkeeping, row) -> Bookkeeping:
    """Return books with a settlement of 80.00 whose payout Amazon tells."""
    books.take_in("1", [row("principal", "80.00")])
    pay(books, payout())
    return books


def test_a_payout_that_arrived(settled: Bookkeeping) -> None:
    """The line is named by amount, day and the end of the account."""
    take_in(settled, "2026-11-20,80.00,AMAZON 4B03616UONXSAWP")
    found = proved(settled)
    assert found.passed
    assert found.rows[0]["bank line"] == "80.00 USD on 2026-11-20 (...6789)"
    assert (found.rows[0]["difference"], found.rows[0]["by"]) == ("0.00", "trace")


def test_two_payouts_in_one_line(settled: Bookkeeping, row) -> None:
    """The other one is named."""
    settled.take_in("2", [row("principal", "20.00")])
    pay(settled, payout(), payout("2", "20.00", trace_id=""))
    take_in(settled, "2026-11-20,100.00,AMAZON")
    assert "together with P1" in proved(settled, "2").rows[0]["bank line"]


def test_no_statement_was_ever_handed_in(settled: Bookkeeping) -> None:
    """Then nothing can be said, and nothing is."""
    assert proved(settled).passed


def test_money_that_may_still_come_waits(settled: Bookkeeping) -> None:
    """Its days are not over."""
    take_in(settled, "2026-11-20,-5.00,Fee")
    found = proved(settled)
    assert (found.passed, found.is_waiting) == (False, True)
    assert found.rows[0]["open days"] == "1"


def test_money_whose_statement_is_not_here_waits(settled: Bookkeeping) -> None:
    """However late it is: the line may stand in the statement nobody handed in."""
    take_in(settled, "2026-11-20,-5.00,Fee")
    assert proved(settled, later=FAR).is_waiting


def test_money_that_should_be_there_is_late(settled: Bookkeeping) -> None:
    """The statements tell of all its days, and it is in none of them."""
    take_in(settled, f"{(NOW + FAR).date()},-5.00,Fee")
    found = proved(settled, later=FAR)
    assert (found.passed, found.is_waiting, found.is_blocking) == (False, False, False)
    assert "80.00 USD of P1 is not seen at the bank 31 days after it was paid, and is late." in found.sentence


def test_another_amount_under_the_payouts_name(settled: Bookkeeping) -> None:
    """Nothing is matched, and both figures are told."""
    take_in(settled, "2026-11-20,79.00,AMAZON 4B03616UONXSAWP")
    found = proved(settled)
    assert not found.passed
    assert "79.00 USD" in found.rows[0]["by"]
    assert (found.passed, found.is_waiting) == (False, False)
    assert "not seen at the bank" not in found.sentence, "it is there, with another amount"
    assert "79.00" in found.sentence
    assert found.rows[0]["bank line"] == "79.00 USD on 2026-11-20 (...6789)"
    assert found.rows[0]["difference"] == "-1.00"


def test_money_whose_day_lies_ahead_is_on_its_way(settled: Bookkeeping) -> None:
    """No day is counted before it begins."""
    take_in(settled, "2026-11-20,-5.00,Fee")
    road = replace(road_of(settled), clock=ManualClock(NOW - FAR))
    found = deposit_verdict(road, registered(road, "1"))
    assert found.is_waiting
    assert "80.00 USD of P1 is on its way: it is paid on 2026-" in found.sentence
    assert found.rows[0]["open days"] == "0"


def test_a_payout_that_failed_is_not_looked_for(settled: Bookkeeping) -> None:
    """It is said that none is on its way."""
    pay(settled, payout(status="FAILED"))
    take_in(settled, "2026-11-20,-5.00,Fee")
    found = proved(settled)
    assert not found.passed
    assert "no payout of it is on its way" in found.sentence


def test_nothing_is_to_be_paid(books: Bookkeeping, row) -> None:
    """A settlement below zero without a charge."""
    books.take_in("1", [row("subscription", "-5.00")])
    take_in(books, "2026-11-20,-5.00,Fee")
    assert proved(books).passed


def test_a_match_made_by_hand_shows_what_the_bank_kept(settled: Bookkeeping) -> None:
    """79.50 of 80.00: a person said that it is this payout."""
    take_in(settled, "2026-11-20,79.50,AMAZON")
    road, day = road_of(settled), NOW.date()
    outcome = compose_deposits(road, day, day)[day]
    align(road, f"bank_deposits-{day}", outcome.findings, frozenset())
    [item] = settled.stores.review.listing(settled.connection)
    settled.stores.review.resolve(item.id, "choose", "ann", "1: less a charge of the bank's", "run-1")
    found = proved(settled)
    assert not found.passed
    assert found.rows[0]["difference"] == "-0.50"
    assert "came with a difference of -0.50 USD" in found.sentence
