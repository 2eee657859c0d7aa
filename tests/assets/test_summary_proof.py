"""Summaries are kept by the day a settlement ended, and each settlement is held against its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from assets.source_proofs import prove
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import RefusedDay, fetch_days
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict
from ledger.errors import SourceRefused
from resources.amazon.balances import Summary
from resources.amazon.stated import Stated
from resources.amazon.transaction import Breakdown
from resources.clock import ManualClock
from tests.assets.conftest import NOW, PERIOD, START, Bookkeeping, a_row

STAGE = DAY_STAGES["settlement_summaries"]
DAY = (START + PERIOD).date()
CARRIES = [a_row("principal", "100.00"), a_row("reserve back", "30.00"), a_row("payable", "-10.00")]


def summary(net: str | None, settlement_id: str = "1", **parts: str) -> Summary:
    """Return what Amazon sums up for a settlement."""
    nodes = tuple(Breakdown(name, Decimal(amount), ()) for name, amount in parts.items())
    proceeds = None if net is None else Stated(Decimal(net), "USD")
    return Summary("ATVPDKIKX0DER", "Standard Orders", proceeds, nodes, (settlement_id,), None, None, "d1")


@dataclass
class Place:
    """A connection with one settlement; `told` are Amazon's summaries by settlement, or what it raises."""

    books: Bookkeeping
    told: dict[str, tuple[Summary, ...] | Exception] = field(default_factory=dict)
    now: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    @property
    def road(self) -> Road:
        """Return the road of the connection."""
        source = SimpleNamespace(balances=SimpleNamespace(summary=self._summary))
        return replace(self.books.road, source=source, clock=self.now)

    def _summary(self, settlement_id: str, archive) -> tuple[Summary, ...]:
        archive(settlement_id.encode())
        told = self.told.get(settlement_id, ())
        if isinstance(told, Exception):
            raise told
        return told

    def fetch(self, days: int = 0) -> StageResult | RefusedDay:
        """Fetch the day on which the settlements ended, or one beside it."""
        [(_, outcome)] = fetch_days(self.road, STAGE, [DAY + timedelta(days=days)])
        return outcome

    def verdict(self) -> Verdict:
        """Return what is said of the settlement."""
        [found] = [one for one in prove(self.road, "1").verdicts if one.check == "summary_equals_settlement"]
        return found


@pytest.fixture
def place(books) -> Place:
    """Return a connection with a settlement of 120.00, of which 20.00 are carried into it."""
    books.take_in("1", CARRIES)
    books.lines("1")
    return Place(books)


@pytest.mark.parametrize(
    "net, words",
    [("120.00", "are the whole settlement"), ("100.00", "are the settlement without reserves and carried debts")],
)
def test_net_proceeds_may_hold_what_is_carried_or_not(place, net, words):
    """No source says which; the verdict does."""
    place.told["1"] = (summary(net, Sales="100.00"),)
    place.fetch()
    verdict = place.verdict()
    assert (verdict.passed, verdict.is_waiting) == (True, False)
    assert words in verdict.sentence


def test_several_marketplaces_of_a_settlement_are_added_up(place):
    """Each has a summary of its own."""
    place.told["1"] = (summary("70.00"), replace(summary("30.00"), marketplace_id="A2EUQ1WTGCTBG2"))
    place.fetch()
    assert place.verdict().passed


def test_a_summary_that_fits_neither_is_shown_beside_both(place):
    """With what Amazon makes it up of; nothing stops."""
    place.told["1"] = (summary("125.00", Sales="130.00", Expenses="-5.00"),)
    place.fetch()
    verdict = place.verdict()
    assert (verdict.passed, verdict.stops) == (False, False)
    assert [(row["what"], row.get("difference", "")) for row in verdict.rows] == [
        ("the whole settlement", "5.00"),
        ("the settlement without reserves and carried debts", "25.00"),
        ("the settlement without reserves, carried debts and returned transfers", "25.00"),
        ("Amazon: Expenses", ""),
        ("Amazon: Sales", ""),
    ]


def test_without_a_summary_nothing_is_said_against_the_settlement(place):
    """Not read at all, read from later on only, not told yet: three sentences."""
    assert "No summaries are read" in place.verdict().sentence
    place.fetch(1)
    assert f"read from {DAY + timedelta(days=1)} on only" in place.verdict().sentence
    place.fetch()
    verdict = place.verdict()
    assert (verdict.passed, verdict.is_waiting) == (True, True)
    assert f"connector fetch settlement_summaries --from {DAY} --to {DAY}" in verdict.sentence


def test_a_settlement_that_amazon_does_not_sum_up_is_named_by_its_day(place):
    """It waits three days first; without net proceeds a summary is none."""
    place.told["1"] = (summary(None),)
    [verdict] = place.fetch().verdicts
    assert (verdict.passed, verdict.is_waiting, verdict.rows) == (False, False, ({"settlement": "1"},))
    place.now = ManualClock(START + PERIOD + timedelta(days=2))
    [verdict] = place.fetch().verdicts
    assert (verdict.passed, verdict.is_waiting) == (False, True)
    place.told["1"] = (summary("100.00"),)
    assert place.fetch().verdicts[0].passed


def test_an_answer_that_cannot_be_used_refuses_the_day_and_keeps_what_was_kept(place):
    """The sentence names the settlement's answer; Amazon's own refusal ends the span."""
    place.told["1"] = (summary("100.00"),)
    place.fetch()
    place.told["1"] = SourceRefused("listSummary answers with another settlement.")
    outcome = place.fetch()
    assert isinstance(outcome, RefusedDay)
    assert [origin for origin, _ in outcome.reasons] == ["1"]
    assert place.verdict().passed
    place.told["1"] = SourceRefused("no role.", status=403)
    with pytest.raises(SourceRefused):
        place.fetch()
