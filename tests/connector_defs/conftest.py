"""Dagster's side of the project: emulated PeopleSoft on loopback, imported settlements, an ephemeral instance."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from assets.settlement_reports import import_file
from connector_defs import resources as dagster_resources
from connector_defs.connections import connection, open_stores, open_vault
from connector_defs.demo.place import demo_environment, environment, seed_vault
from connector_defs.project import Project
from emulators.amazon.settlement_writer import US, write_v2
from emulators.demo_seller.small import one_day_settlements
from emulators.peoplesoft.app import build_app
from emulators.peoplesoft.demo_site import DEMO_PASSWORD, demo_site
from emulators.peoplesoft.site import Timing
from emulators.serve import serve
from tests.demo_sellers import seller_of_its_own

CONNECTION = "amazon_us"


@dataclass
class Place:
    """An installation with two settlements imported into amazon_us; the second holds an unknown label."""

    home: Path
    peoplesoft: object
    settlement_ids: list[str]
    instance: dg.DagsterInstance
    secrets: tuple[str, ...]

    def defs(self) -> dg.Definitions:
        """Load what Dagster loads."""
        from connector_defs.definitions import defs

        return defs()

    @property
    def stores(self):
        """Return the stores as a later process sees them."""
        return dagster_resources.StoresResource().open()

    def run(self, settlement_id: str, **more) -> dg.ExecuteInProcessResult:
        """Take one settlement down the road as a Dagster run."""
        self.instance.add_dynamic_partitions(f"{CONNECTION}_settlements", self.settlement_ids)
        job = self.defs().resolve_job_def(f"{CONNECTION}_settlement_road")
        return job.execute_in_process(instance=self.instance, partition_key=settlement_id, raise_on_error=False, **more)


@pytest.fixture
def dagster_place(tmp_path):
    """Yield an installation; everything is stopped and closed afterwards."""
    now = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    start = now - timedelta(days=3)
    with ExitStack() as stack:
        books = build_app(demo_site(now.date(), timing=Timing(0, 0)), None, None, tmp_path / "peoplesoft.db")
        stack.callback(books.close)
        served = stack.enter_context(serve({"": books}, 0))
        seller = seller_of_its_own(now.date())
        variables = demo_environment(
            seller, str(tmp_path / "home"), "http://127.0.0.1:1", served.url, "http://127.0.0.1:1"
        )
        variables["CONNECTOR_DEMO_BOOKS_FROM_US"] = start.date().isoformat()
        stack.enter_context(environment(variables))
        project = Project()
        seed_vault(project, seller)
        road = connection(project, CONNECTION).road(open_stores(project), open_vault(project))
        settlements = one_day_settlements(2, start, ends_with_unknown_label=True)
        for settlement in settlements:
            path = tmp_path / f"{settlement.settlement_id}.txt"
            path.write_bytes(write_v2(settlement, US))
            import_file(road, path)
        road.stores.close()
        secrets = (*seller.secrets, DEMO_PASSWORD)
        instance = stack.enter_context(dg.DagsterInstance.ephemeral())
        yield Place(tmp_path / "home", books, [one.settlement_id for one in settlements], instance, secrets)
        dagster_resources.close_all()
