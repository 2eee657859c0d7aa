"""What Dagster loads: every connection of the project, and what they share."""

import dagster as dg

import assets  # noqa: F401  top-level packages are imported here, the working directory is off the path later
import resources  # noqa: F401
from connector_defs.components.connection_component import connection_definitions
from connector_defs.connections import connections
from connector_defs.overview import overview_definitions
from connector_defs.project import PACKAGE, Project
from connector_defs.resources import StoresResource


def loaded() -> dg.Definitions:
    """Load the connections of the project, in the package or in a folder given by path."""
    project = Project()
    if project.folder == PACKAGE:
        found = dg.load_from_defs_folder(path_within_project=PACKAGE)
    else:
        found = dg.Definitions.merge(*map(connection_definitions, connections(project).values()))
    return dg.Definitions.merge(found, overview_definitions(), dg.Definitions(resources={"stores": StoresResource()}))


@dg.definitions
def defs() -> dg.Definitions:
    """Return what Dagster loads; every run executes in one process (a backfill ignores a job's own executor)."""
    return dg.Definitions.merge(loaded(), dg.Definitions(executor=dg.in_process_executor))
