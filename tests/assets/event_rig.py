"""A connection that reads financial transactions from an Amazon that a test writes, day by day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import httpx

from assets.stages.day_names import day_name
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import DayOutcome, RefusedDay, days_between, fetch_days
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict
from ledger.mapping import load_mapping
from ledger.policy import Policy
from resources.clock import ManualClock
from resources.store.stores import Stores
from tests.assets.conftest import MAPPING, POLICY
from tests.resources.amazon.client.transactions import Json, ListTransactions, page
from tests.resources.transport.rig import START

STAGE = DAY_STAGES["financial_events"]
# The day the tests stand in, and the three before it.
TODAY = START.date()
DAYS = days_between(TODAY - timedelta(days=3), TODAY)


@dataclass
class Events:
    """Transactions as Amazon has them; `told` may be changed between fetches, `broken` answers instead of a page."""

    stores: Stores
    connection: str
    told: list[Json] = field(default_factory=list)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    broken: Callable[[datetime, datetime], Json | bytes | httpx.Response | None] = lambda after, before: None
    marketplaces: tuple[str, ...] = ("Amazon.com",)
    asked: list[tuple[date, date]] = field(default_factory=list)
    mapping: str = MAPPING

    def __post_init__(self) -> None:
        self.amazon = ListTransactions(self._answer, self.clock)
        self._client = self.amazon.client()

    @property
    def road(self) -> Road:
        """Return the connection's road."""
        return Road(
            connection=self.connection,
            seller="SELLER",
            ledger="peoplesoft:TEST:ACTUALS",
            policy=Policy(**POLICY),
            load_mapping=lambda: load_mapping(self.mapping, "mapping.yaml"),
            stores=self.stores,
            source=self._client,
            target=None,
            clock=self.clock,
            run="run-1",
            marketplaces=self.marketplaces,
        )

    def _answer(self, query: dict[str, str]) -> Json | bytes | httpx.Response:
        after, before = (datetime.fromisoformat(query[name]) for name in ("postedAfter", "postedBefore"))
        self.asked.append((after.date(), (before - timedelta(seconds=1)).date()))
        broken = self.broken(after, before)
        if broken is not None:
            return broken
        return page(*(one for one in self.told if _is_within(one, after, before)))

    def fetch(self, days: Iterable[date] = DAYS) -> dict[date, DayOutcome]:
        """Fetch days as a run does."""
        return dict(fetch_days(self.road, STAGE, days))

    def staged(self, day: date) -> StageResult:
        """Fetch one day, which must not be refused."""
        outcome = self.fetch([day])[day]
        assert isinstance(outcome, StageResult), outcome
        return outcome

    def refused(self, day: date) -> RefusedDay:
        """Fetch one day, which must be refused."""
        outcome = self.fetch([day])[day]
        assert isinstance(outcome, RefusedDay), outcome
        return outcome

    def rows(self, day: date) -> list[dict[str, Any]]:
        """Return the staged rows of a day."""
        version = self.stores.warehouse.current(self.connection, "financial_events", day.isoformat())
        assert version is not None
        with self.stores.warehouse.connect() as duck:
            path = str(self.stores.warehouse.path(version))
            relation = duck.sql("SELECT * FROM read_parquet($path)", params={"path": path})
            return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]

    def versions(self, day: date) -> int:
        """Return how many versions a day has."""
        return len(self.stores.warehouse.versions(self.connection, "financial_events", day.isoformat()))

    def items(self, day: date | None = None) -> list:
        """Return the open review items, of one day if given."""
        name = None if day is None else day_name("financial_events", day)
        return self.stores.review.listing(self.connection, partition=name)


def _is_within(transaction: Json, after: datetime, before: datetime) -> bool:
    try:
        return after <= datetime.fromisoformat(transaction["postedDate"]) < before
    except (TypeError, ValueError):
        return True


def verdict_of(result: StageResult, check: str) -> Verdict:
    """Return the verdict of a check."""
    [found] = [one for one in result.verdicts if one.check == check]
    return found


def at(day: date, hour: int = 10) -> str:
    """Write a moment of a day as Amazon does."""
    return f"{day.isoformat()}T{hour:02d}:00:00Z"
