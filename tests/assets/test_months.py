"""What is made by month: which months, what is kept, what a failure leaves behind, and how Dagster runs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import dagster as dg
import pytest

from assets.review_queue import subject
from assets.stages import checks, month_names, resumption
from assets.stages.checks import CheckOfAsset
from assets.stages.month_factory import month_asset
from assets.stages.month_names import month_name, month_of_name, young_months
from assets.stages.months import MonthStage, run_month
from assets.stages.resumption import SETTLEMENT_KIND, ask_for, sweep
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict
from ledger.errors import InputRefused, SourceRefused, SourceUnavailable
from ledger.month import Month
from ledger.policy import Policy
from resources.clock import ManualClock
from resources.store.stores import Stores
from tests.assets.conftest import POLICY

ASSET, OCTOBER = "month_end_of_a_test", Month(2026, 10)
NAME = f"{ASSET}-2026-10"
FINE = Verdict("fine", True, "All is well.", is_blocking=False)
DIFFERS = Verdict("fine", False, "It differs.", is_blocking=False, rows=({"difference": "1.00"},))


@dataclass
class Closing:
    """A connection with one month stage that gives what it is told to give; `made` are the months it was asked for."""

    stores: Stores
    answer: StageResult | Exception = field(default_factory=lambda: StageResult(facts={"lines": 3}, verdicts=(FINE,)))
    connection: str = field(default_factory=lambda: f"c{uuid4().hex}")
    made: list[Month] = field(default_factory=list)

    @property
    def road(self) -> Road:
        """Return the road of the connection, in the middle of November."""
        return Road(
            connection=self.connection,
            seller="SELLER",
            ledger="peoplesoft:TEST:ACTUALS",
            policy=Policy(**POLICY),
            load_mapping=None,
            stores=self.stores,
            source=None,
            target=None,
            clock=ManualClock(datetime(2026, 11, 14, 12, tzinfo=UTC)),
            run="run-1",
        )

    @property
    def stage(self) -> MonthStage:
        """Return the stage."""
        return MonthStage(
            ASSET, self._run, "A month of a test.", reads=("settlement_lines", "erp_documents", "unknown")
        )

    def _run(self, road: Road, month: Month) -> StageResult:
        self.made.append(month)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def verdicts(self) -> list[bool]:
        """Return what was kept of the check, the newest last."""
        return [one.passed for one in self.stores.verdicts.latest(self.connection, NAME)]

    def items(self) -> list:
        """Return the open review items of the month."""
        return self.stores.review.listing(self.connection, partition=NAME)

    def due(self) -> list[str]:
        """Return what asks for the month."""
        return [row.reason for row in self.stores.due.listing(self.connection) if row.partition == NAME]


@pytest.fixture
def closing(stores, monkeypatch) -> Closing:
    """Return a connection whose table of checks knows the stage's."""
    monkeypatch.setitem(checks.CHECKS, ASSET, (CheckOfAsset("fine", "It is.", False),))
    monkeypatch.setattr(month_names, "BY_MONTH", (ASSET,))
    monkeypatch.setitem(resumption._KINDS_TAKEN_UP_BY, ASSET, (SETTLEMENT_KIND,))
    return Closing(stores)


def test_a_month_has_a_name_of_its_own_among_settlements_and_days(closing):
    """Names that look like it and are none stay what they are."""
    assert month_name(ASSET, OCTOBER) == NAME
    assert month_of_name(NAME) == (ASSET, OCTOBER)
    for other in ("financial_events-2026-10", f"{ASSET}-2026-13", f"{ASSET}-2026-10-01", "24758260539", ASSET):
        assert month_of_name(other) is None


@pytest.mark.parametrize(
    "now, months",
    [
        ("2026-10-31T23:59:59+00:00", []),
        ("2026-11-01T00:00:00+00:00", ["2026-10"]),
        ("2026-10-31T20:00:00-04:00", ["2026-10"]),
        ("2026-11-21T00:00:00+00:00", ["2026-10"]),
        ("2026-11-21T00:00:01+00:00", []),
    ],
)
def test_a_month_is_young_for_twenty_days_after_its_end_in_utc(now, months):
    """Before its end it is none, after that a person asks for it; none before the first."""
    moment = datetime.fromisoformat(now)
    assert [str(one) for one in young_months(Month(2026, 1), moment)] == months
    assert young_months(Month(2026, 11), moment) == []


def test_a_month_is_made_and_its_verdict_is_kept_once(closing):
    """Daily in the same words it is one verdict; another word is another one."""
    for _ in range(3):
        run_month(closing.road, closing.stage, OCTOBER)
    assert closing.made == [OCTOBER] * 3
    [kept] = closing.stores.verdicts.latest(closing.connection, NAME)
    assert (kept.passed, kept.severity, kept.facts["asset"]) == (True, "warn", ASSET)
    closing.answer = StageResult(verdicts=(DIFFERS,))
    run_month(closing.road, closing.stage, OCTOBER)
    [kept] = closing.stores.verdicts.latest(closing.connection, NAME)
    assert (kept.passed, kept.facts["rows"]) == (False, [{"difference": "1.00"}])


def test_a_month_that_is_not_over_is_refused_and_leaves_nothing(closing):
    """It is not even begun."""
    with pytest.raises(InputRefused, match="2026-11 cannot be made: that month is not over"):
        run_month(closing.road, closing.stage, OCTOBER.following)
    assert (closing.made, closing.due(), closing.items()) == ([], [], [])


def test_what_does_not_pass_by_itself_is_an_item_until_the_month_is_made(closing):
    """And it is asked for again, later each time."""
    closing.answer = SourceRefused("the grant was revoked.")
    for number in (1, 2):
        with pytest.raises(SourceRefused):
            run_month(closing.road, closing.stage, OCTOBER)
        assert closing.due() == [f"failure {number} of {ASSET}: the grant was revoked."]
    [item] = closing.items()
    assert (item.code, item.actions, subject(item)) == ("month_failed", ("retry",), f"{ASSET} of 2026-10")
    closing.answer = StageResult(verdicts=(FINE,))
    run_month(closing.road, closing.stage, OCTOBER)
    assert (closing.items(), closing.due()) == ([], [])


def test_what_passes_by_itself_is_asked_for_again_and_no_item(closing):
    """An outage heals."""
    closing.answer = SourceUnavailable("throttled.")
    with pytest.raises(SourceUnavailable):
        run_month(closing.road, closing.stage, OCTOBER)
    assert closing.items() == []
    assert len(closing.due()) == 1


def test_a_month_that_a_person_asked_for_stays_asked_for_until_it_is_made(closing):
    """Sweeping closes rows of what is neither settlement, day nor month, and leaves it."""
    ask_for(closing.road, NAME, "review item 1 resolved: retry")
    ask_for(closing.road, "nothing-2026-10", "review item 2 resolved: retry")
    sweep(closing.road, set())
    assert [row.partition for row in closing.stores.due.listing(closing.connection)] == [NAME]
    run_month(closing.road, closing.stage, OCTOBER)
    assert closing.due() == []


@pytest.fixture
def instance():
    """Yield an instance that remembers its runs."""
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def test_dagster_makes_a_month_in_its_partition(closing, instance):
    """With metadata and a check of its own; the lineage shows what the connection has."""
    known = {"settlement_lines", "erp_documents"}
    asset = month_asset("shop", closing.stage, Month(2026, 9), lambda context: closing.road, set(), known)
    assert {one.path[-1] for one in asset.dependency_keys} == known
    assert asset.partitions_def.get_partition_keys(datetime(2026, 11, 1, tzinfo=UTC)) == ["2026-09", "2026-10"]
    done = dg.materialize([asset], instance=instance, partition_key="2026-10", resources={})
    [check] = done.get_asset_check_evaluations()
    assert (check.passed, check.partition) == (True, "2026-10")
    [made] = done.get_asset_materialization_events()
    assert made.materialization.metadata["lines"].value == 3
    closing.answer = SourceRefused("the grant was revoked.")
    failed = dg.materialize([asset], instance=instance, partition_key="2026-10", raise_on_error=False)
    assert not failed.success
    assert {row.kind for row in closing.stores.due.listing(closing.connection)} == {SETTLEMENT_KIND}
