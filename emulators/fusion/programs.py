"""What a scheduler's job does with an interface: load a file into it, import what lies in it, purge a load.

What comes in: documents, jobs. What goes out: `Program`, which there is one of for each interface, and the program of
the journals. The number of an interface is that of InterfaceDetails. Source:
https://docs.oracle.com/en/cloud/saas/financials/24d/farfa/Importing_Financials_Data.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from emulators.fusion.store import Fields

JOURNALS_INTERFACE, RECEIVABLES_INTERFACE = "15", "2"


@dataclass(frozen=True)
class Imported:
    """The end of an import: job status, log, execution report."""

    status: str
    log: str
    report: str = ""


class Program(Protocol):
    """The work on one interface."""

    def load(self, content: bytes, load_id: str) -> int:
        """Put a document's rows into the interface and return how many; raises LoadFailed and puts in nothing."""
        ...

    def run(self, job: Fields, request_id: str, load_id: str, at: datetime) -> Imported:
        """Import what a job asks for; `load_id` is that of its own load, where it has one."""
        ...

    def purge(self, load_id: str) -> int:
        """Take what a load left out of the interface and return how many rows that were."""
        ...
