"""Dagster as a person meets it: emulated PeopleSoft, two imported settlements, webserver and daemon, a Chromium.

Everything listens on loopback and is stopped here. One settlement is whole; the other holds a label that nobody has
mapped, so that one check passes and one fails.
"""

import os
import shutil
import socket
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assets.settlement_reports import import_file
from connector_defs.connections import connection, open_stores, open_vault
from connector_defs.demo.dagster_api import DagsterApi
from connector_defs.demo.place import demo_environment, environment, seed_vault
from connector_defs.demo.processes import Processes
from connector_defs.project import PACKAGE, Project
from emulators.amazon.settlement_writer import US, write_v2
from emulators.demo_seller.seller import demo_seller
from emulators.demo_seller.small import one_day_settlements
from emulators.peoplesoft.app import build_app
from emulators.peoplesoft.demo_site import demo_site
from emulators.peoplesoft.site import Timing
from emulators.serve import serve

CONNECTION = "amazon_us"
CHROMIUM = "/usr/bin/chromium"
# Without these, a headless Chromium looks for its maker's servers, which a closed network refuses.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_SCHEDULES = """
query($place: RepositorySelector!) { schedulesOrError(repositorySelector: $place) {
  ... on Schedules { results { scheduleState { id } } } } }"""
_STOP = "mutation($id: String!) { stopRunningSchedule(id: $id) { __typename } }"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _stop_schedules(api: DagsterApi) -> None:
    """Switch all schedules off: there is no Amazon here, so a tick would fill the run queue and the review queue."""
    place = {"repositoryName": "__repository__", "repositoryLocationName": "connector"}
    stopped = api.asked(_SCHEDULES, {"place": place})["schedulesOrError"]["results"]
    assert stopped
    for one in stopped:
        answer = api.asked(_STOP, {"id": one["scheduleState"]["id"]})["stopRunningSchedule"]
        assert answer["__typename"] == "ScheduleStateResult", answer


@pytest.fixture(scope="module")
def dagster(tmp_path_factory):
    """Yield the address of a webserver whose daemon and code are up, with two settlements to backfill."""
    home = tmp_path_factory.mktemp("browser")
    today = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    start = today - timedelta(days=3)
    processes = Processes(home)
    with ExitStack() as stack:
        stack.callback(processes.stop)
        books = build_app(demo_site(today.date(), timing=Timing(0, 0)), None, None, home / "peoplesoft.db")
        stack.callback(books.close)
        served = stack.enter_context(serve({"": books}, 0))
        variables = demo_environment(
            demo_seller(7, today.date()), str(home), "http://127.0.0.1:1", served.url, "http://127.0.0.1:1"
        )
        variables["CONNECTOR_DEMO_BOOKS_FROM_US"] = start.date().isoformat()
        stack.enter_context(environment(variables))
        project = Project()
        seed_vault(project, demo_seller(7, today.date()))
        road = connection(project, CONNECTION).road(open_stores(project), open_vault(project))
        for settlement in one_day_settlements(2, start, ends_with_unknown_label=True):
            path = home / f"{settlement.settlement_id}.txt"
            path.write_bytes(write_v2(settlement, US))
            import_file(road, path)
        (home / "dagster").mkdir()
        shutil.copyfile(PACKAGE.parent / "deploy" / "dagster.yaml", home / "dagster" / "dagster.yaml")
        port = _free_port()
        command = [sys.executable, "-m", "dagster", "dev", "-h", "127.0.0.1", "-p", str(port)]
        command += ["-w", str(PACKAGE.parent / "workspace.yaml"), "--log-level", "warning"]
        processes.start("dagster", command, {**os.environ, "DAGSTER_HOME": str(home / "dagster")})
        with closing(DagsterApi(f"http://127.0.0.1:{port}")) as api:
            api.wait_until_loaded(180, processes.require_alive)
            _stop_schedules(api)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def page():
    """Yield a page of a headless Chromium; skipped, saying so, where there is none."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed: apt-get install chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)  # a machine that builds beside this is slow
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1600, "height": 1000})
        opened.set_default_timeout(60_000)
        yield opened
        browser.close()
