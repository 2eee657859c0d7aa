"""What Dagster loads: every connection of the project, and what they share."""

import dagster as dg

import assets  # noqa: F401  top-level packages are imported here, the working directory is off the path later
import resources  # noqa: F401
from connector_defs.components.connection_component import connection_definitions
from connector_defs.connections import connections
from connector_defs.project import PACKAGE, Project
from connector_defs.resources import StoresResource


@dg.definitions
def defs() -> dg.Definitions:
    """Load the connections of the project, in the package or in a folder given by path; all runs execute in one process each."""
    project = Project()
    if project.folder == PACKAGE:
        loaded = dg.load_from_defs_folder(path_within_project=PACKAGE)
    else:
        loaded = dg.Definitions.merge(*map(connection_definitions, connections(project).values()))
    shared = dg.Definitions(resources={"stores": StoresResource()}, executor=dg.in_process_executor)
    return dg.Definitions.merge(loaded, shared)
