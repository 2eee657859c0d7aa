"""A connection that takes orders in day by day from the emulated Amazon, on either road."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from uuid import uuid4

from assets.orders import ORDERS
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import DayOutcome, days_between, fetch_days
from assets.stages.report_days import ReportStage, fetch_report_days
from assets.stages.roadmap import Road
from ledger.policy import Policy
from resources.amazon.client import SellingPartner
from resources.store.stores import Stores
from resources.store.warehouse import Version
from tests.assets.conftest import POLICY
from tests.resources.amazon.client.rig import SELLER, Rig


@dataclass
class Daily:
    """A connection over an emulated Amazon."""

    rig: Rig
    road: Road

    @classmethod
    def over(cls, stores: Stores, rig: Rig, client: SellingPartner | None = None, **settings: object) -> Daily:
        """Build a connection of its own over an Amazon; `settings` are the road's."""
        road = Road(
            connection=f"c{uuid4().hex}",
            seller=SELLER,
            ledger="peoplesoft:TEST:ACTUALS",
            policy=Policy(**POLICY),
            load_mapping=lambda: None,
            stores=stores,
            source=client or rig.client(),
            target=None,
            clock=rig.clock,
            run="run-1",
            **settings,
        )
        return cls(rig, road)

    def fetch(self, first: date, last: date, stage: ReportStage = ORDERS) -> dict[date, DayOutcome]:
        """Fetch a span by the report."""
        return fetch_report_days(self.road, stage, first, last)

    def take_in(self, first: date, last: date) -> dict[date, DayOutcome]:
        """Fetch orders as a run does, on the road of the connection."""
        return dict(fetch_days(self.road, DAY_STAGES["orders"], days_between(first, last)))

    def version(self, day: date, stage: ReportStage = ORDERS) -> Version | None:
        """Return the version of a day that counts."""
        return self.road.stores.warehouse.current(self.road.connection, stage.asset, day.isoformat())

    def rows(self, day: date, stage: ReportStage = ORDERS) -> list[dict]:
        """Return the rows of a day."""
        warehouse = self.road.stores.warehouse
        with warehouse.connect() as duck:
            path = str(warehouse.path(self.version(day, stage)))
            relation = duck.sql("SELECT * FROM read_parquet($path)", params={"path": path})
            return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]

    @property
    def today(self) -> date:
        """Return the day it is."""
        return self.rig.clock.now().astimezone(UTC).date()

    def asked(self, operation: str = "createReport") -> int:
        """Return how often an operation reached Amazon."""
        return sum(one.operation == operation for one in self.rig.app.exchanges)
