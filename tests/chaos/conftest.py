"""A whole installation in real processes: Dagster with the shipped settings, PostgreSQL, an emulated PeopleSoft.

Everything is on loopback or a Unix socket, started here and ended here. The project is a copy whose connection is
automatic, so that nobody has to click: due rows and the sensor carry each settlement on.
"""

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from assets.settlement_reports import import_file
from connector_defs.connections import connection, open_stores, open_vault
from connector_defs.demo.dagster_api import DagsterApi
from connector_defs.demo.place import demo_environment, environment, seed_vault
from connector_defs.demo.processes import Processes
from connector_defs.project import PACKAGE, Project
from connector_defs.run_worker import WORKER_TAG, RunWorker
from emulators.amazon.settlement_writer import US, Settlement, write_v2
from emulators.demo_seller.seller import demo_seller
from emulators.demo_seller.small import one_day_settlements
from emulators.faults import FaultPlan, dropped, slow
from emulators.peoplesoft.app import PeopleSoft, build_app
from emulators.peoplesoft.demo_site import demo_site
from emulators.peoplesoft.site import Timing
from emulators.serve import serve
from resources.store.stores import Stores
from tests.resources.store.cluster import Cluster, server_folder

CONNECTION = "amazon_us"
SETTLEMENTS = 8


@dataclass
class Installation:
    """What the chaos strikes, and what the oracle reads."""

    cluster: Cluster
    erp: PeopleSoft
    settlements: list[Settlement]
    stores: Stores
    instance: dg.DagsterInstance
    processes: Processes

    def runs(self, *statuses: dg.DagsterRunStatus) -> list[dg.DagsterRun]:
        """Return the runs in these states."""
        return list(self.instance.get_runs(dg.RunsFilter(statuses=list(statuses))))

    def workers(self) -> list[RunWorker]:
        """Return the processes that carry a run right now."""
        found = (RunWorker.from_tag(run.tags.get(WORKER_TAG)) for run in self.runs(dg.DagsterRunStatus.STARTED))
        return [one for one in found if one is not None and one.is_alive]

    def posted(self) -> set[str]:
        """Return which settlements the ERP's books hold as posted."""
        held = [one.description for one in self.erp.books.journals() if one.status == "P"]
        return {
            one.settlement_id
            for one in self.settlements
            if any(text.startswith(f"AMZ {one.settlement_id} r") for text in held)
        }


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """Yield an installation at work on settlements that nobody has posted yet; skipped, saying so, without a server."""
    binaries = server_folder()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    midnight = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    start = midnight - timedelta(days=SETTLEMENTS + 1)
    settlements = one_day_settlements(SETTLEMENTS, start)
    seller = demo_seller(7, midnight.date())
    # Now and then an answer is lost after the work was done, or comes late.
    faults = FaultPlan(seed=3, chances={"Create": 0.3}, choices={"Create": (dropped(after=True), slow(1.5))})
    erp = build_app(demo_site(midnight.date(), timing=Timing(1, 2)), None, faults, tmp_path / "peoplesoft.db")
    with ExitStack() as stack:
        stack.callback(erp.close)
        cluster = stack.enter_context(Cluster.running(binaries))
        cluster.recreate("connector")
        served = stack.enter_context(serve({"": erp}, 0))
        variables = demo_environment(
            seller, str(tmp_path / "home"), "http://127.0.0.1:1", served.url, "http://127.0.0.1:1"
        )
        variables |= {
            "CONNECTOR_DEMO_BOOKS_FROM_US": start.date().isoformat(),
            "CONNECTOR_PROJECT": str(_project(tmp_path / "project")),
        }
        stack.enter_context(environment(variables))
        # Taken out of a demonstration's environment on purpose, so put in after it.
        os.environ["CONNECTOR_CONTROL_URL"] = cluster.url("connector")
        project = Project()
        seed_vault(project, seller)
        stores = open_stores(project)
        stack.callback(stores.close)
        road = connection(project, CONNECTION).road(stores, open_vault(project))
        for settlement in settlements:
            path = tmp_path / f"{settlement.settlement_id}.txt"
            path.write_bytes(write_v2(settlement, US))
            import_file(road, path)
        processes = Processes(tmp_path)
        stack.callback(processes.stop)
        instance = stack.enter_context(dg.DagsterInstance.from_config(str(_start(tmp_path, processes))))
        yield Installation(cluster, erp, settlements, stores, instance, processes)


def _project(folder: Path) -> Path:
    """Copy the demonstration's American connection, automatic and with the shortest lease."""
    shutil.copytree(PACKAGE / "mappings", folder / "mappings")
    (folder / "defs" / CONNECTION).mkdir(parents=True)
    text = (PACKAGE / "defs" / CONNECTION / "defs.yaml").read_text(encoding="utf-8")
    for before, after in (
        ("automatic: false", "automatic: true"),
        ("    follow_up_seconds: 15", "    follow_up_seconds: 5\n    lease_seconds: 180"),
    ):
        assert before in text
        text = text.replace(before, after)
    (folder / "defs" / CONNECTION / "defs.yaml").write_text(text, encoding="utf-8")
    return folder


def _start(folder: Path, processes: Processes) -> Path:
    """Start Dagster with the settings that are shipped; return its home."""
    home = folder / "dagster"
    home.mkdir()
    shutil.copyfile(PACKAGE.parent / "deploy" / "dagster.yaml", home / "dagster.yaml")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "dagster", "dev", "-h", "127.0.0.1", "-p", str(port)]
    command += ["-w", str(PACKAGE.parent / "workspace.yaml"), "--log-level", "warning"]
    os.environ["DAGSTER_HOME"] = str(home)
    processes.start("dagster", command, os.environ)
    with closing(DagsterApi(f"http://127.0.0.1:{port}")) as api:
        api.wait_until_loaded(180, processes.require_alive)
    return home
