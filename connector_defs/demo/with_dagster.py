"""`connector demo`: the demonstration with Dagster, left running so that a person can look around.

In: a port and what happens after the proof. Out: the proof rows, and a webserver with daemon on loopback. Emulators
and Dagster are processes of their own; discovery and backfill go through Dagster's GraphQL, as the UI does it.
"""

import json
import os
import shlex
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector_defs.cli.output import complain
from connector_defs.demo.billing import ASSETS, billed_days, billed_sentence
from connector_defs.demo.dagster_api import DagsterApi
from connector_defs.demo.display import Report, progress_display
from connector_defs.demo.place import (
    CONNECTIONS,
    SHELL_FILE,
    demo_environment,
    environment,
    seed_vault,
    without_real_installation,
    write_shell_file,
)
from connector_defs.demo.processes import Processes, demo_home, running
from connector_defs.demo.proof import ProofRow, in_order, proof
from connector_defs.demo.statements import hand_in
from connector_defs.project import PACKAGE, Project
from ledger.errors import ConfigurationRefused

if TYPE_CHECKING:
    from assets.stages.roadmap import Road
    from emulators.demo_seller.seller import DemoSeller

LOAD_SECONDS_MAX = 180
RUN_SECONDS_MAX = 900
# When a quarter of an hour begins meanwhile, every connection's schedules queue runs that fetch whole months, and such
# runs take turns: ours go first.
_FIRST = {"dagster/priority": "3"}
BACKFILL_SECONDS_MAX = 900
POSTED_SECONDS_MAX = 120
_MARK = ".connector-demo"


class Afterwards(StrEnum):
    """What becomes of the processes once the proof is shown."""

    WAIT = "wait"  # until Ctrl-C, then end them
    LEAVE = "leave"  # running in the background, until `connector demo --stop`
    END = "end"


def run_with_dagster(*, port: int, afterwards: Afterwards, show: Callable[[list[ProofRow]], None]) -> list[ProofRow]:
    """Run the demonstration in Dagster, show its proof and return it; `afterwards` says when everything ends."""
    home = _fresh_home()
    processes = Processes(home)
    is_left = False
    rows: list[ProofRow] = []
    # A plain `kill` ends everything as Ctrl-C does.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with progress_display() as report, ExitStack() as stack:
            rows, address, billed = _proved(home, processes, port, report, stack)
        show(rows)
        complain(billed)
        if afterwards is Afterwards.LEAVE:
            is_left = True
            complain(left_open(address, home))
            complain(_command_line(home))
        elif afterwards is Afterwards.WAIT:
            complain(f"Dagster is open at {address} (logs and data: {home}). Ctrl-C ends everything.")
            complain(_command_line(home))
            processes.wait()
    except KeyboardInterrupt:
        complain("Ending the demonstration.")
    finally:
        if not is_left:
            processes.stop()
        signal.signal(signal.SIGTERM, before)
    return rows


def left_open(address: str, home: Path) -> str:
    """Say where it is open and what ends it; after `make demo` no shell knows `connector` yet."""
    return (
        f"Dagster is open at {address} (logs and data: {home}). "
        "End it: make demo-stop, or from anywhere connector demo --stop"
    )


def _command_line(home: Path) -> str:
    shown = os.path.relpath(home / SHELL_FILE)
    return f"To look into its books with the command line: source {shlex.quote(shown)}; connector status"


def _fresh_home() -> Path:
    """Return an empty demonstration folder; one that a running demonstration uses is refused."""
    home = demo_home()
    if running(home):
        raise ConfigurationRefused(f"A demonstration is running in {home}. End it first: connector demo --stop")
    if home.exists() and not (home / _MARK).exists() and any(home.iterdir()):
        raise ConfigurationRefused(f"{home} holds files of something else. Move it away, or set CONNECTOR_HOME.")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / _MARK).touch()
    return home


def _proved(
    home: Path, processes: Processes, port: int, report: Report, stack: ExitStack
) -> tuple[list[ProofRow], str, str]:
    """Start everything, discover, bill, backfill, follow; return the proof, the UI's address, what was billed."""
    report("Starting Amazon, PeopleSoft and Fusion on loopback", 0, 1)
    served = _start_emulators(home, processes)
    seller = _seller(served)
    variables = demo_environment(seller, str(home), served["amazon"], served["peoplesoft"], served["fusion"])
    write_shell_file(home / SHELL_FILE, variables)
    stack.enter_context(environment(variables))
    seed_vault(Project(), seller)
    for name in CONNECTIONS:
        hand_in(seller, name, Project().import_folder(name))
    address = _start_dagster(home, processes, port)
    api = stack.enter_context(closing(DagsterApi(address)))
    report("Starting Dagster", 0, 1)
    api.wait_until_loaded(LOAD_SECONDS_MAX, processes.require_alive)
    _discover(api, processes, report)
    roads = _roads()
    settlements = {road.connection: _settlement_ids(road) for road in roads}
    _bill(api, processes, roads, report)
    payouts = [_launch_payouts(api, road) for road in roads]
    _backfill(api, processes, settlements, report)
    _wait_for(api, processes, payouts, report, "Reading the payouts")
    report("Reading the books back", 0, 1)
    rows = _proof_when_posted(roads, settlements)
    return in_order(rows), address, billed_sentence(roads)


def _start_emulators(home: Path, processes: Processes) -> dict[str, str]:
    """Start the emulators on free ports; return what they say of themselves."""
    command = [sys.executable, "-m", "emulators", "--state", str(home / "emulators")]
    processes.start("emulators", command, without_real_installation(os.environ))
    log = home / "emulators.log"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        first = log.read_text(encoding="utf-8").partition("\n")
        if first[1] and first[0].startswith("{"):
            return json.loads(first[0])
        processes.require_alive()
        time.sleep(0.1)
    raise ConfigurationRefused(f"The emulators did not start within a minute; see {log}.")


def _seller(served: Mapping[str, Any]) -> "DemoSeller":
    from emulators.demo import DEMO_SEED
    from emulators.demo_seller.seller import demo_seller

    return demo_seller(DEMO_SEED, date.fromisoformat(served["as_of"]))


def _start_dagster(home: Path, processes: Processes, port: int) -> str:
    """Start webserver and daemon over one code server, on loopback; return the address."""
    shipped = PACKAGE.parent / "deploy" / "dagster.yaml"
    if not shipped.exists():
        raise ConfigurationRefused(f"{shipped} is missing: run the demonstration from a clone of the project.")
    dagster_home = home / "dagster"
    dagster_home.mkdir()
    shutil.copyfile(shipped, dagster_home / "dagster.yaml")
    port = port or _free_port()
    command = [sys.executable, "-m", "dagster", "dev", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workspace", str(PACKAGE.parent / "workspace.yaml"), "--log-level", "warning"]
    processes.start("dagster", command, {**os.environ, "DAGSTER_HOME": str(dagster_home)})
    return f"http://127.0.0.1:{port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _discover(api: DagsterApi, processes: Processes, report: Report) -> None:
    """Run the discovery job of every connection and wait for them."""
    runs = [api.launch_job(f"{name}_discovery", _FIRST) for name in CONNECTIONS]
    _wait_for(api, processes, runs, report, "Discovering settlements")


def _bill(api: DagsterApi, processes: Processes, roads: list["Road"], report: Report) -> None:
    """Let the jobs of the connections that bill make their documents, one after the other as each reads the last."""
    from connector_defs.day_schedules import range_tags

    spans = {road.connection: span for road in roads if (span := billed_days(road))}
    for asset in ASSETS if spans else ():
        runs = [api.launch_job(f"{name}_{asset}", range_tags(*span) | _FIRST) for name, span in spans.items()]
        _wait_for(api, processes, runs, report, f"Billing orders: {asset}")


def _launch_payouts(api: DagsterApi, road: "Road") -> str:
    """Read the payouts of the days that settlements were discovered for, as their schedule would; return the run."""
    from assets.stages.day_names import today
    from connector_defs.connections import connection
    from connector_defs.day_schedules import range_tags
    from connector_defs.day_sources import first_day

    settings, end = connection(Project(), road.connection).settings, today(road.clock)
    begin = max(first_day(settings.by_day, settings.books, road.clock.now()), end - road.look_back)
    return api.launch_job(f"{road.connection}_payouts", range_tags(begin, end) | _FIRST)


def _wait_for(api: DagsterApi, processes: Processes, runs: list[str], report: Report, doing: str) -> None:
    deadline = time.monotonic() + RUN_SECONDS_MAX
    while time.monotonic() < deadline:
        ended = sum(api.is_run_ended(run) for run in runs)
        report(doing, ended, len(runs))
        if ended == len(runs):
            return
        processes.require_alive()
        time.sleep(1)
    raise ConfigurationRefused(f"{doing} did not end in time; open its runs in the UI.")


def _roads() -> list["Road"]:
    from connector_defs.connections import connection, open_stores, open_vault

    project = Project()
    stores, vault = open_stores(project), open_vault(project)
    return [connection(project, name).road(stores, vault) for name in CONNECTIONS]


def _settlement_ids(road: "Road") -> list[str]:
    from connector_defs.cli.opened import settlements_in_order

    return [one.settlement_id for one in settlements_in_order(road)]


def _backfill(api: DagsterApi, processes: Processes, settlements: Mapping[str, list[str]], report: Report) -> None:
    """Backfill all partitions of all connections; a failed run shows in the proof, not here."""
    from assets.road import STAGES

    backfills = [
        api.launch_backfill([[name, stage.asset] for stage in STAGES], ids) for name, ids in settlements.items() if ids
    ]
    total = sum(len(ids) for ids in settlements.values())
    deadline = time.monotonic() + BACKFILL_SECONDS_MAX
    while time.monotonic() < deadline:
        states = [api.backfill(one) for one in backfills]
        ended = sum(state.runs_ended for state in states)
        report("Backfilling settlements through Dagster", ended, total)
        # One run per settlement; the daemon notes the end of the whole up to half a minute later.
        if ended >= total or all(state.is_ended for state in states):
            return
        processes.require_alive()
        time.sleep(1)
    raise ConfigurationRefused("The backfill did not end in time; open it in the UI.")


def _proof_when_posted(roads: list["Road"], settlements: Mapping[str, list[str]]) -> list[ProofRow]:
    """Return the proof as soon as every settlement ties, or as it stands when the sensors had their time."""
    deadline = time.monotonic() + POSTED_SECONDS_MAX
    while True:
        rows = [row for road in roads for row in proof(road, settlements[road.connection])]
        is_over = all(row.ties for row in rows) or time.monotonic() > deadline
        if is_over or not any("importing" in row.state or "sent" in row.state for row in rows):
            return rows
        time.sleep(3)
