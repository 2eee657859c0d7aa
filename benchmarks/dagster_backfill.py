"""P4: settlements per minute through Dagster's daemon, against Dagster's default executors in the same run.

Writes a chain of one-day settlements, imports them, and lets Dagster backfill them end to end into the PeopleSoft
emulator on loopback (its edit and post take no time, so that Dagster and the connector are what is measured). Prints
seconds per settlement in steady state (last end less first start, over the number of settlements), the ratio, and the
time from click to the end of the last run. Processor seconds are those of everything that Dagster started, from click
to the end; they say more on a machine that others use too. Nothing is asserted; docs/benchmarks.md names the goals.
"""

import argparse
import json
import os
import shutil
import socket
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assets.settlement_reports import import_file
from connector_defs.connections import connection, open_stores, open_vault
from connector_defs.demo.dagster_api import DagsterApi
from connector_defs.demo.place import demo_environment, environment, seed_vault
from connector_defs.demo.processes import Processes
from connector_defs.project import PACKAGE, Project
from emulators.amazon.settlement_writer import US, Settlement, write_v2
from emulators.demo_seller.seller import demo_seller
from emulators.demo_seller.small import one_day_settlements
from emulators.peoplesoft.app import build_app
from emulators.peoplesoft.demo_site import demo_site
from emulators.peoplesoft.site import Timing
from emulators.serve import serve
from ledger.errors import ConnectorError

CONNECTION = "amazon_us"
ORDERS_EACH = 200


def measure(count: int, module: str, dagster_yaml: Path | None) -> dict[str, float]:
    """Backfill a fresh world of `count` settlements; return seconds."""
    home = Path(tempfile.mkdtemp(prefix="connector-bench-"))
    now = datetime.now(UTC).replace(hour=5, minute=0, second=0, microsecond=0)
    today = now.date()
    settlements = one_day_settlements(count, now - timedelta(days=count), orders=ORDERS_EACH)
    seller = demo_seller(7, today)
    site = demo_site(today, timing=Timing(0, 0))
    processes = Processes(home)
    try:
        with ExitStack() as stack:
            books = build_app(site, None, None, home / "peoplesoft.db")
            served = stack.enter_context(serve({"": books}, 0))
            variables = demo_environment(seller, str(home), "http://127.0.0.1:1", served.url, "http://127.0.0.1:1")
            variables["CONNECTOR_DEMO_BOOKS_FROM_US"] = settlements[0].start.date().isoformat()
            stack.enter_context(environment(variables))
            project = Project()
            seed_vault(project, seller)
            road = connection(project, CONNECTION).road(open_stores(project), open_vault(project))
            for settlement in settlements:
                path = home / "settlement.txt"
                path.write_bytes(write_v2(settlement, US))
                import_file(road, path)
            api, session = _start(home, processes, module, dagster_yaml)
            _wait_for_partitions(api, settlements, processes)
            before = _processor_seconds(session)
            measured = _backfill(api, settlements, processes, books)
            return measured | {"processor_seconds_each": (_processor_seconds(session) - before) / count}
    finally:
        processes.stop()
        shutil.rmtree(home, ignore_errors=True)


def _start(home: Path, processes: Processes, module: str, dagster_yaml: Path | None) -> tuple[DagsterApi, int]:
    dagster_home = home / "dagster"
    dagster_home.mkdir()
    text = dagster_yaml.read_text(encoding="utf-8") if dagster_yaml else "telemetry: {enabled: false}\n"
    (dagster_home / "dagster.yaml").write_text(text, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    workspace = home / "workspace.yaml"
    workspace.write_text(f"load_from: [{{python_module: {{module_name: {module}, location_name: connector}}}}]\n")
    command = [sys.executable, "-m", "dagster", "dev", "-h", "127.0.0.1", "-p", str(port), "-w", str(workspace)]
    command += ["--log-level", "warning"]
    variables = {**os.environ, "DAGSTER_HOME": str(dagster_home), "PYTHONPATH": str(PACKAGE.parent)}
    session = processes.start("dagster", command, variables).pid
    api = DagsterApi(f"http://127.0.0.1:{port}")
    try:
        api.wait_until_loaded(180, processes.require_alive)
    except ConnectorError:
        sys.stderr.write((home / "dagster.log").read_text(encoding="utf-8")[-4000:])
        raise
    return api, session


def _processor_seconds(session: int) -> float:
    """Return what the processes of a session, and those they have waited for, used until now (proc(5); Linux)."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15])) if int(fields[3]) == session else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def _wait_for_partitions(api: DagsterApi, settlements: list[Settlement], processes: Processes) -> None:
    """The connection's sensor adds the partitions of what was imported."""
    deadline = time.monotonic() + 120
    query = "query($k: AssetKeyInput!) { assetNodeOrError(assetKey: $k) { ... on AssetNode { partitionKeys } } }"
    while time.monotonic() < deadline:
        answer = api.asked(query, {"k": {"path": [CONNECTION, "settlement_reports"]}})
        if len(answer["assetNodeOrError"].get("partitionKeys", ())) >= len(settlements):
            return
        processes.require_alive()
        time.sleep(1)
    raise SystemExit("The sensor did not add the partitions within two minutes.")


def _backfill(api: DagsterApi, settlements: list[Settlement], processes: Processes, books) -> dict[str, float]:
    from assets.road import STAGES

    clicked = time.time()
    backfill = api.launch_backfill(
        [[CONNECTION, stage.asset] for stage in STAGES], [settlement.settlement_id for settlement in settlements]
    )
    while True:
        state = api.backfill(backfill)
        if state.runs_ended >= len(settlements):
            break
        processes.require_alive()
        time.sleep(2)
    query = "query { runsOrError { ... on Runs { results { status startTime endTime } } } }"
    runs = [run for run in api.asked(query, {})["runsOrError"]["results"] if run["endTime"]]
    first, last = min(run["startTime"] for run in runs), max(run["endTime"] for run in runs)
    posted = sum(header["status"] == "P" for header in _headers(books))
    return {
        "settlements": len(settlements),
        "failed": state.runs_failed,
        "journals_posted": posted,
        "seconds_each": (last - first) / len(settlements),
        "seconds_click_to_last": last - clicked,
    }


def _headers(books) -> list[dict[str, str]]:
    return [{"status": journal.status} for journal in books.books.journals() if journal.key.id.startswith("A")]


def main() -> None:
    """Measure both and print one table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steady", type=int, default=20)
    parser.add_argument("--default", type=int, default=6)
    parser.add_argument("--click", type=int, default=65)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    shipped = PACKAGE.parent / "deploy" / "dagster.yaml"
    results = {"shipped": measure(given.steady, "connector_defs.definitions", shipped)}
    if given.default:
        results["default executors"] = measure(given.default, "benchmarks.default_executors", None)
        results["ratio"] = {
            name: results["default executors"][name] / results["shipped"][name]
            for name in ("seconds_each", "processor_seconds_each")
        }
    if given.click:
        results["click"] = measure(given.click, "connector_defs.definitions", shipped)
    if given.json:
        print(json.dumps(results))
        return
    for name, values in results.items():
        print(f"{name:20}", "  ".join(f"{key} {value:.2f}" for key, value in values.items()))


if __name__ == "__main__":
    main()
