"""An account of the demonstration's seller over the emulated Amazon, in process, with a road that reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from assets.day_stages import DAY_STAGES
from assets.days import RefusedDay, days_between, fetch_days
from assets.roadmap import Road
from assets.settlement_lines import read_lines
from assets.settlement_reports import discover
from assets.source_proofs import SOURCES, prove
from assets.verdicts import Verdict
from emulators.amazon.app import AmazonApp, build_app
from emulators.amazon.history import SellerHistory
from emulators.amazon.settings import Settings
from emulators.demo_seller.seller import DemoAccount, demo_seller
from emulators.in_process import InProcessTransport
from ledger.mapping import load_mapping
from ledger.policy import Policy
from resources.amazon.client import SellingPartner, SellingPartnerSettings
from resources.amazon.lwa import MemoryTokenCache
from resources.clock import ManualClock
from resources.store.stores import Stores
from resources.transport.rate_limit import MemoryBuckets
from tests.assets.conftest import MAPPING, POLICY

AS_OF = date(2026, 11, 18)
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


@dataclass
class Shop:
    """One account of the demonstration's seller."""

    road: Road
    app: AmazonApp
    history: SellerHistory
    settlements: list[str] = field(default_factory=list)

    def stage(self) -> None:
        """Take the settlements in and read their lines."""
        discover(self.road)
        self.settlements = [one.settlement_id for one in self.road.stores.settlements.all(self.road.connection)]
        for settlement_id in self.settlements:
            read_lines(self.road, settlement_id)

    def close(self) -> None:
        """Close what was opened."""
        self.app.close()
        self.road.stores.close()

    def fetch(self, *assets: str, days: int = 150) -> None:
        """Read some assets, or all, as the schedules do."""
        for asset in assets or SOURCES:
            first, today = AS_OF - timedelta(days=days), self.road.clock.now().date()
            for _, outcome in fetch_days(self.road, DAY_STAGES[asset], days_between(first, today)):
                assert not isinstance(outcome, RefusedDay), outcome.sentence

    def verdict(self, settlement_id: str, check: str) -> Verdict:
        """Return what a source proof says of a settlement."""
        [found] = [one for one in prove(self.road, settlement_id).verdicts if one.check == check]
        return found


def shop(folder: Path, name: str, *, disturbances: Iterable[str] = (), settings: Settings | None = None) -> Shop:
    """Build an account over the emulated Amazon; what it was paid is not staged yet."""
    made = demo_seller(7, AS_OF, disturbances=disturbances)
    account: DemoAccount = next(one for one in made.sellers if one.name == name)
    clock = ManualClock(NOW)
    app = build_app(made.world, clock, settings=settings)
    secrets = {"id": account.client_id, "secret": account.client_secret, "refresh": account.refresh_token}
    stores = Stores.open(folder, clock)
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
    return Shop(road, app, made.world.histories[account.seller_id])
