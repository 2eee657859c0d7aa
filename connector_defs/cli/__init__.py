"""The command line `connector`; the console script calls `main`."""

from connector_defs.cli.program import main

__all__ = ["main"]
