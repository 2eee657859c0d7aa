"""The demo pod of Fusion beside a world: a US connection that posts there, and books that only the oracle reads."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache

from connector_defs.connections import Connection, connection
from emulators.faults import FaultPlan
from emulators.fusion.app import Fusion, build_app
from emulators.fusion.books import Batch
from emulators.fusion.demo_site import DEMO_CLIENT, DEMO_SECRET, SOURCE, US_LEDGER, demo_site
from emulators.fusion.site import Site, Timing
from emulators.in_process import InProcessTransport
from ledger.mapping import load_mapping
from tests.fusion_connection import write_connection
from tests.road.conftest import START, World

CONNECTION = "amazon_us"
CLEARING = "01-000-110500-000"


@cache
def _site() -> Site:
    return demo_site(START.date())


@dataclass
class Pod:
    """One pod on the world's clock, AutoPost on unless told otherwise; `calls` counts what reached it."""

    world: World
    timing: Timing = field(default_factory=lambda: Timing(autopost_after_seconds=2))
    faults: FaultPlan = field(default_factory=FaultPlan)

    def __post_init__(self) -> None:
        site = replace(_site(), timing=self.timing)
        self.app: Fusion = build_app(site, self.world.clock, self.faults)
        self.world.vault.set("fusion_client_id", DEMO_CLIENT)
        self.world.vault.set("fusion_client_secret", DEMO_SECRET)

    def connection(self, **fusion) -> Connection:
        """Return the connection as its files say; `fusion` replaces settings of the pod."""
        return connection(write_connection(self.world.home / "project", self.world.home, **fusion), CONNECTION)

    def road(self, run: str = "run-1", *, mapping: tuple[str, str] | None = None, fusion=None, **books):
        """Return its road; `mapping` replaces a text of the mapping, `books` settings of the policy."""
        opened = self.connection(**(fusion or {}))
        policy = type(opened.settings.books).model_validate(opened.settings.books.model_dump() | books)
        opened = replace(opened, settings=opened.settings.model_copy(update={"books": policy}))
        road = opened.road(
            self.world.stores,
            self.world.vault,
            self.world.clock,
            run=run,
            person="tester",
            amazon_transport=InProcessTransport(self.world.demo.amazon, self.world.clock),
            erp_transport=InProcessTransport(self.app, self.world.clock),
        )
        if mapping is None:
            return road
        text = opened.mapping_path.read_text(encoding="utf-8")
        assert mapping[0] in text
        changed = text.replace(*mapping)
        return replace(road, load_mapping=lambda: load_mapping(changed, "mapping.yaml"))

    def loads(self) -> int:
        """Count the files that were handed over."""
        return self.faults.calls("importBulkData")

    def period(self, name: str, status: str) -> None:
        """Open or close a period."""
        self.app.books.setup.set_period(US_LEDGER, name, status)

    # --- the oracle ---------------------------------------------------------------------------------------------

    def batches(self) -> list[Batch]:
        """Return the connector's batches."""
        return [one for one in self.app.books.batches(US_LEDGER) if one.source == SOURCE]

    def assert_in_books(self, *totals: str) -> None:
        """Exactly these clearing amounts stand in the books, one posted balanced batch each, none of them twice."""
        assert self.app.books.duplicates() == {}
        cleared = []
        for batch in self.batches():
            lines = self.app.books.lines(batch.id)
            assert batch.status == "P", batch
            assert sum(one.amount for one in lines) == 0, f"{batch.name} is not balanced"
            cleared.append(sum((one.amount for one in lines if one.account == CLEARING), Decimal(0)))
        assert sorted(cleared) == sorted(Decimal(one) for one in totals)
