"""Open what a command works on: the project, a connection, its stores, its road.

Imports of the stores and clients happen here, inside the functions, so that commands which need none start fast.
"""

from functools import cache
from typing import TYPE_CHECKING
from uuid import uuid4

from ledger.errors import ConfigurationRefused, InputRefused

if TYPE_CHECKING:
    from assets.stages.roadmap import Road
    from connector_defs.connections import Connection
    from connector_defs.project import Project
    from resources.store.settlements import SettlementRecord
    from resources.store.stores import Stores


def opened_project() -> "Project":
    """Return the project of this folder or of CONNECTOR_PROJECT."""
    from connector_defs.project import Project

    return Project()


def chosen_name(project: "Project", name: str | None) -> str:
    """Return the connection asked for, or the only one there is."""
    if name is not None:
        return project.connection_file(name).connection
    files = project.connection_files()
    if len(files) == 1:
        return next(iter(files))
    if not files:
        raise ConfigurationRefused(
            f"There is no connection in {project.folder / 'defs'} yet. Make one: connector new NAME"
        )
    raise InputRefused(f"There are several connections; name one with --connection: {', '.join(files)}.")


def opened_connection(name: str | None) -> "Connection":
    """Return one connection with validated settings."""
    from connector_defs.connections import connection

    project = opened_project()
    return connection(project, chosen_name(project, name))


def opened_stores() -> "Stores":
    """Open the stores of the project."""
    from connector_defs.connections import open_stores

    return open_stores(opened_project())


@cache
def run_of_command() -> str:
    """Return what this command's work is known by, as a Dagster run is by its id: in the trail and in due rows."""
    return f"command-{uuid4().hex[:12]}"


def opened_road(name: str | None) -> "Road":
    """Open a connection's whole road: settings, stores, doors."""
    from connector_defs.connections import open_stores, open_vault

    project = opened_project()
    return opened_connection(name).road(open_stores(project), open_vault(project), run=run_of_command())


def opened_roads(name: str | None) -> list["Road"]:
    """Open the roads of all connections, or of the one named, over the same stores; refuse when there is none."""
    from connector_defs.connections import connections, open_vault

    project = opened_project()
    is_all = name is None and bool(project.connection_files())
    wanted = None if is_all else chosen_name(project, name)
    stores, vault = opened_stores(), open_vault(project)
    return [
        one.road(stores, vault, run=run_of_command())
        for key, one in connections(project).items()
        if wanted in (None, key)
    ]


def settlements_in_order(road: "Road") -> list["SettlementRecord"]:
    """Return all registered settlements of a connection, oldest first."""
    return sorted(road.stores.settlements.all(road.connection), key=lambda one: (one.facts["start"], one.settlement_id))


def chosen_settlements(road: "Road", wanted: tuple[str, ...]) -> list[str]:
    """Return the settlements asked for in order of time, or all; raise InputRefused for one nobody has seen."""
    from assets.settlement_reports import registered

    for settlement_id in wanted:
        registered(road, settlement_id)
    return [one.settlement_id for one in settlements_in_order(road) if not wanted or one.settlement_id in wanted]
