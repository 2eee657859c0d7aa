"""An account of the demonstration's seller over the emulated Amazon, in process, with a road that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from assets.settlement_lines import read_lines
from assets.settlement_reports import discover
from assets.source_proofs import SOURCES, prove
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import RefusedDay, days_between, fetch_days
from assets.stages.roadmap import Road
from assets.stages.verdicts import Verdict
from emulators.amazon.app import AmazonApp, build_app
from emulators.amazon.history import SellerHistory
from emulators.amazon.settings import Settings
from emulators.demo_seller.seller import DemoAccount
from emulators.in_process import InProcessTransport
from ledger.mapping import load_mapping
from ledger.policy import Policy
from resources.amazon.client import SellingPartner, SellingPartnerSettings
from resources.clock import ManualClock
from resources.store.stores import Stores
from resources.transport.access_tokens import MemoryTokenCache
from resources.transport.rate_limit import MemoryBuckets
from tests.assets.conftest import MAPPING, POLICY
from tests.demo_sellers import seller_of_its_own

AS_OF = date(2026, 11, 18)
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
# Settlements reach back three months; what is held against them is read from a little before the first.
DAYS = 100


@dataclass
class Shop:
    """One account of the demonstration's seller, its settlements staged."""

    road: Road
    app: AmazonApp
    history: SellerHistory
    settlements: list[str]

    def fetch(self, *assets: str, days: int = DAYS) -> None:
        """Read some assets, or all, as the schedules do."""
        for asset in assets or SOURCES:
            stage, first = DAY_STAGES[asset], AS_OF - timedelta(days=days)
            last = stage.told_until(self.road.clock.now().date())
            for _, outcome in fetch_days(self.road, stage, days_between(first, last)):
                assert not isinstance(outcome, RefusedDay), outcome.sentence

    def verdicts(self, settlement_id: str) -> dict[str, Verdict]:
        """Return what a settlement's sources say of it, by check."""
        return {one.check: one for one in prove(self.road, settlement_id).verdicts}

    def close(self) -> None:
        """Close what is open."""
        self.app.close()
        self.road.stores.close()


def shop(home: Path, name: str, settings: Settings | None = None) -> Shop:
    """Open an account over the emulated Amazon, with the stores that lie in a folder."""
    made = seller_of_its_own(AS_OF)
    account: DemoAccount = next(one for one in made.sellers if one.name == name)
    clock = ManualClock(NOW)
    app = build_app(made.world, clock, settings=settings)
    secrets = {"id": account.client_id, "secret": account.client_secret, "refresh": account.refresh_token}
    stores = Stores.open(home, clock)
    door = SellingPartnerSettings(
        connection=name,
        seller_id=account.seller_id,
        region=account.region,
        marketplace_ids=account.marketplace_ids[:2],
        client_id_secret="id",
        client_secret_secret="secret",
        refresh_token_secret="refresh",
    )
    source = SellingPartner(
        door,
        secrets.__getitem__,
        clock,
        MemoryBuckets(clock),
        MemoryTokenCache(),
        None,
        transport=InProcessTransport(app, clock),
    )
    policy = Policy(**{**POLICY, "books_from": "2026-09-01"})
    mapping = load_mapping(MAPPING, "m.yaml")
    road = Road(name, account.seller_id, "L", policy, lambda: mapping, stores, source, None, clock, run="r")
    known = [one.settlement_id for one in stores.settlements.all(name)]
    return Shop(road, app, made.world.histories[account.seller_id], known)


def staged(home: Path, name: str) -> Shop:
    """Open an account and stage what it was paid."""
    made = shop(home, name)
    discover(made.road)
    made.settlements += [one.settlement_id for one in made.road.stores.settlements.all(name)]
    for settlement_id in made.settlements:
        read_lines(made.road, settlement_id)
    return made
