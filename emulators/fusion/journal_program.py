"""Loads and imports of journals, as the scheduler runs them.

What comes in: documents and jobs. What goes out: rows of the interface table, and what `journal_import.py` makes of
them.
"""

from __future__ import annotations

from datetime import datetime

from emulators.fusion.gl_interface import interface_rows
from emulators.fusion.journal_import import ImportOrder, JournalImport
from emulators.fusion.programs import Imported
from emulators.fusion.site import Site
from emulators.fusion.store import Fields, Store


class JournalProgram:
    """The program of the interface of journals."""

    def __init__(self, site: Site, store: Store, importer: JournalImport) -> None:
        self._site = site
        self._store = store
        self._importer = importer

    def load(self, content: bytes, load_id: str) -> int:
        """Put the rows of a file into the interface; raises LoadFailed."""
        rows = interface_rows(content, are_extra_columns_ignored=self._site.switches.are_extra_columns_ignored)
        for one in rows:
            number = str(self._store.count_up("interface_row"))
            self._store.insert("GL_INTERFACE", {**one, "ID": number, "LOAD_REQUEST_ID": load_id})
        return len(rows)

    def run(self, job: Fields, request_id: str, load_id: str, at: datetime) -> Imported:
        """Import the group that a job names, whoever loaded its rows."""
        return self._importer.run(self._order_of(job), request_id, job["CLIENT_ID"], at)

    def purge(self, load_id: str) -> int:
        """Take a load's rows out of the interface."""
        return self._store.run("DELETE FROM GL_INTERFACE WHERE LOAD_REQUEST_ID = ?", [load_id])

    def _order_of(self, job: Fields) -> ImportOrder:
        # The parameters were checked when the job was submitted.
        _, source, ledger_id, group_id, suspense, summary, _ = job["PARAMETERS"].split(",")
        ledger = self._site.ledger(int(ledger_id))
        assert ledger is not None
        return ImportOrder(source, ledger, group_id, suspense == "Y", summary == "Y")
