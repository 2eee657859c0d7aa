"""What a simulated world has to know of its ERP, and nothing else: one small class per ERP has these same few names.

In: a clock and a plan of faults. Out: an emulator behind an address, its books for the oracle and for a copy, a
connection that posts there, the troubles that any ERP may have, and what its people do when the trouble is over.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import ClassVar, Protocol

from connector_defs.amazon_to_erp import AmazonToErpSettings
from connector_defs.connections import Connection
from emulators.clock import Clock
from emulators.faults import FaultPlan
from emulators.wsgi import WsgiApplication
from tests.simulation.booked import BooksReader


class ErpSide(Protocol):
    """The ERP of one world.

    `send` is the operation that writes a document, as plans of faults name it; `sent` is the end of the name that the
    doors give to the same call, or to each of several; `sends` are all operations that write one, as requests name
    themselves. `answers` say what a person answers here by the code of an item, over what holds for every ERP.
    """

    send: ClassVar[str]
    sent: ClassVar[str | tuple[str, ...]]
    sends: ClassVar[frozenset[str]]
    secrets: ClassVar[dict[str, str]]
    answers: ClassVar[dict[str, str]]
    application: WsgiApplication
    reader: BooksReader

    def __init__(self, clock: Clock, faults: FaultPlan) -> None: ...

    @property
    def database(self) -> sqlite3.Connection:
        """Return where everything lasting of it is kept."""

    def restore(self, content: bytes) -> None:
        """Put a copy of that in place of what is there."""

    @classmethod
    def connection(cls, folder: Path) -> Connection:
        """Return the connection whose files may be written below a folder."""

    def adjusted(self, settings: AmazonToErpSettings) -> AmazonToErpSettings:
        """Return the settings with what people have changed in them since."""

    def close_periods(self) -> None:
        """Leave only periods open in which no settlement is dated."""

    def close_account(self) -> None:
        """Close the account that sales are booked to."""

    def put_right(self) -> list[str]:
        """Do in the ERP what its guide tells people to do; return what was done."""

    def answer(self, code: str, document_key: str) -> str:
        """Return what a person answers to an item about a document, "" where it is what every ERP's person says."""

    def close(self) -> None:
        """Leave nothing behind."""
