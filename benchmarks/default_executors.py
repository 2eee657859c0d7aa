"""The project's definitions on Dagster's default executor (a process per step), for comparison only."""

import dagster as dg

from connector_defs.definitions import loaded


@dg.definitions
def defs() -> dg.Definitions:
    """Return the same assets without the project's executor."""
    return loaded()
