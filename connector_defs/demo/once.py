"""`connector demo --once`: the whole demonstration in one process, without Dagster.

In: a home folder and ports. Out: the proof rows. All emulators listen on loopback, so every call crosses a socket as it
would in production. Every settlement first goes as far as it can without waiting for the ERP's own edit, import and
posting runs; then all are followed to the end. Payouts and the bank's statements come in beside them.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from connector_defs.demo.billing import bill, billed_sentence
from connector_defs.demo.place import (
    CONNECTIONS,
    SHELL_FILE,
    demo_environment,
    environment,
    seed_vault,
    write_shell_file,
)
from connector_defs.demo.proof import ProofRow, in_order, proof
from connector_defs.demo.statements import hand_in
from ledger.errors import ConfigurationRefused

if TYPE_CHECKING:
    from assets.stages.roadmap import Road

# Called with what is being done, how much is done, and how much there is.
Progress = Callable[[str, int, int], None]

FOLLOW_SECONDS_MAX = 60
_SENDING = ("settlement_reports", "settlement_lines", "mapped_lines", "journals", "erp_postings")
_FOLLOWING = ("erp_postings", "cash_entries", "reconciliations")


def run_once(home: Path, progress: Progress, tell: Callable[[str], None], *, port: int = 0) -> list[ProofRow]:
    """Run the demonstration; return its proof, and tell what was billed beside it.

    `port` and the next two are the emulators', 0 takes free ones.
    """
    from connector_defs.connections import connection, open_stores, open_vault
    from connector_defs.project import Project
    from emulators.demo import demo_world, serve_demo

    progress("Starting Amazon, PeopleSoft and Fusion on loopback", 0, 1)
    world = demo_world()
    with ExitStack() as open_until_end:
        open_until_end.callback(world.close)
        try:
            names = ("port_amazon", "port_peoplesoft", "port_fusion")
            ports = {name: port + number if port else 0 for number, name in enumerate(names)}
            served = open_until_end.enter_context(serve_demo(world, **ports))
        except OSError as error:
            raise ConfigurationRefused(f"The emulators cannot listen on port {port}: {error.strerror}.") from None
        addresses = served.amazon_url, served.peoplesoft_url, served.fusion_url
        variables = demo_environment(world.seller, str(home), *addresses)
        write_shell_file(home / SHELL_FILE, variables)
        open_until_end.enter_context(environment(variables))
        project = Project()
        seed_vault(project, world.seller)
        stores, vault = open_stores(project), open_vault(project)
        open_until_end.callback(stores.close)
        roads = [connection(project, name).road(stores, vault, run="demo") for name in CONNECTIONS]
        for road in roads:
            hand_in(world.seller, road.connection, project.import_folder(road.connection))
        rows = _walked(roads, progress)
        tell(billed_sentence(roads))
        return rows


def _walked(roads: list["Road"], progress: Progress) -> list[ProofRow]:
    """Discover, send, follow, prove."""
    from connector_defs.cli.opened import settlements_in_order

    settlements: list[tuple[Road, str]] = []
    for number, road in enumerate(roads):
        progress(f"Discovering the settlements of {road.connection}", number, len(roads))
        _discover(road)
        _read_bank(road)
        progress(f"Billing the orders of {road.connection}", number, len(roads))
        bill(road)
        hurried = replace(road, patience=replace(road.patience, in_run=0, poll=0.5))
        settlements += [(hurried, one.settlement_id) for one in settlements_in_order(road)]
    sent = []
    for number, (road, settlement_id) in enumerate(settlements):
        progress(f"Posting settlement {settlement_id} of {road.connection}", number, len(settlements))
        # What stopped has nothing to follow; the proof says why.
        sent += [(road, settlement_id)] * _run(road, settlement_id, _SENDING)
    _follow_all(sent, progress)
    progress("Reading the books back", len(settlements), len(settlements))
    found = defaultdict(list)
    for road, settlement_id in settlements:
        found[road.connection].append(settlement_id)
    return in_order(row for road in roads for row in proof(road, found[road.connection]))


def _discover(road: "Road") -> None:
    from assets.settlement_reports import discover
    from ledger.errors import SourceUnavailable

    found = discover(road)
    if found.interrupted:
        raise SourceUnavailable(f"{road.connection}: {found.interrupted}")


def _read_bank(road: "Road") -> None:
    """Take in the statements that were handed in, and the payouts they have to be held against."""
    from assets.bank.folder import import_statements
    from assets.stages.day_names import today
    from assets.stages.day_stages import DAY_STAGES
    from assets.stages.days import days_between, fetch_days
    from connector_defs.project import Project

    import_statements(road, Project().import_folder(road.connection))
    end = today(road.clock)
    list(fetch_days(road, DAY_STAGES["payouts"], days_between(end - road.look_back, end)))


def _run(road: "Road", settlement_id: str, assets: tuple[str, ...]) -> bool:
    """Run stages in order until one stops; tell whether none did."""
    from assets.road import STAGES, run_stage

    chosen = [stage for stage in STAGES if stage.asset in assets]
    return all(not run_stage(road, stage, settlement_id).stops for stage in chosen)


def _follow_all(settlements: list[tuple["Road", str]], progress: Progress) -> None:
    """Look at each settlement again until the ERP has posted it, at most a minute."""
    deadline = time.monotonic() + FOLLOW_SECONDS_MAX
    waiting = list(settlements)
    while waiting:
        waits = []
        for road, settlement_id in waiting:
            done = len(settlements) - len(waiting) + waiting.index((road, settlement_id)) - len(waits)
            progress(f"Following settlement {settlement_id} to posted", done, len(settlements))
            _run(road, settlement_id, _FOLLOWING)
            if _is_waiting(road, settlement_id):
                waits.append((road, settlement_id))
        waiting = waits if time.monotonic() < deadline else []
        if waiting:
            time.sleep(0.5)


def _is_waiting(road: "Road", settlement_id: str) -> bool:
    from assets.review.approval import documents_of

    return any(
        str(one.state) in ("approved", "sending", "sent", "importing", "unclear")
        for one in documents_of(road, settlement_id)
    )
