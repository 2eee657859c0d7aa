"""The ERP beside a history: its emulator, and its books as text that can be put back.

In: the moment, the clock. Out: an app to ask, how many sends reached it, and the connector's documents in its books as
JSON lines, one document each, of which nothing is computed when they are put back.
"""

from __future__ import annotations

import json
from typing import Protocol

import httpx

from emulators.faults import FaultPlan
from emulators.fusion.app import build_app as build_fusion
from emulators.fusion.demo_site import DEMO_CLIENT, DEMO_SECRET, SOURCE, US_LEDGER
from emulators.fusion.demo_site import demo_site as fusion_site
from emulators.in_process import InProcessTransport
from emulators.peoplesoft.app import build_app as build_peoplesoft
from emulators.peoplesoft.demo_site import DEMO_PASSWORD, DEMO_USER
from emulators.peoplesoft.demo_site import demo_site as peoplesoft_site
from emulators.peoplesoft.journal_table import key_of
from resources.clock import ManualClock
from tests.fusion_connection import AT_ONCE


class Erp(Protocol):
    """What a history needs of an ERP."""

    secrets: dict[str, str]

    def transport(self) -> httpx.BaseTransport:
        """Return the way to the emulator."""

    def sent(self) -> int:
        """Count the calls that book something which reached it."""

    def text(self) -> str:
        """Return our documents in its books; empty fields are left out."""

    def put(self, text: str) -> None:
        """Put documents where they were, as they were recorded."""

    def close(self) -> None:
        """Close the emulator."""


class PeopleSoftBooks:
    """Journals of PeopleSoft, a header and its lines each."""

    def __init__(self, clock: ManualClock) -> None:
        self.secrets = {"peoplesoft_user": DEMO_USER, "peoplesoft_password": DEMO_PASSWORD}
        self._clock, self._faults = clock, FaultPlan()
        self._app = build_peoplesoft(peoplesoft_site(clock.now().date()), clock, self._faults)
        self._table = self._app.books.table

    def transport(self) -> httpx.BaseTransport:
        """Return the way to the emulator."""
        return InProcessTransport(self._app, self._clock)

    def sent(self) -> int:
        """Count the Creates."""
        return self._faults.calls("Create")

    def text(self) -> str:
        """Return our journals."""
        ours = [header for header in self._table.headers() if header["SOURCE"] == "AMZ"]
        rows = ({"header": _filled(one), "lines": _all_filled(self._table.lines(key_of(one)))} for one in ours)
        return _lines(rows)

    def put(self, text: str) -> None:
        """Put journals where they were."""
        for line in text.splitlines():
            recorded = json.loads(line)
            self._table.add(recorded["header"], recorded["lines"])

    def close(self) -> None:
        """Close the emulator."""
        self._app.close()


class FusionBooks:
    """Batches of Fusion, each with its journals and their lines."""

    def __init__(self, clock: ManualClock) -> None:
        self.secrets = {"fusion_client_id": DEMO_CLIENT, "fusion_client_secret": DEMO_SECRET}
        self._clock, self._faults = clock, FaultPlan()
        site = fusion_site(clock.now().date())
        site.timing = AT_ONCE
        self._app = build_fusion(site, clock, self._faults)
        self._store = self._app.books.store

    def transport(self) -> httpx.BaseTransport:
        """Return the way to the emulator."""
        return InProcessTransport(self._app, self._clock)

    def sent(self) -> int:
        """Count the files that were handed over."""
        return self._faults.calls("importBulkData")

    def text(self) -> str:
        """Return our batches."""
        ours = [one for one in self._app.books.journals.batches([US_LEDGER]) if one["SOURCE"] == SOURCE]
        return _lines({"batch": _filled(one), "journals": self._journals(one["ID"])} for one in ours)

    def put(self, text: str) -> None:
        """Put batches where they were; the pod numbers what it holds, so each gets numbers that are free here."""
        for line in text.splitlines():
            recorded = json.loads(line)
            batch = {**recorded["batch"], "ID": self._app.books.journals.new_id()}
            self._store.insert("JE_BATCH", batch)
            for journal in recorded["journals"]:
                header = {**journal["header"], "ID": self._app.books.journals.new_id(), "JE_BATCH_ID": batch["ID"]}
                self._store.insert("JE_HEADER", header)
                for one in journal["lines"]:
                    own = {"ID": self._app.books.journals.new_id(), "JE_HEADER_ID": header["ID"]}
                    self._store.insert("JE_LINE", {**one, **own})

    def close(self) -> None:
        """Close the emulator."""
        self._app.close()

    def _journals(self, batch_id: str) -> list[dict]:
        headers = self._store.rows("SELECT * FROM JE_HEADER WHERE JE_BATCH_ID = ? ORDER BY LENGTH(ID), ID", [batch_id])
        asked = "SELECT * FROM JE_LINE WHERE JE_HEADER_ID = ? ORDER BY CAST(NUMBER AS INTEGER)"
        return [{"header": _filled(one), "lines": _all_filled(self._store.rows(asked, [one["ID"]]))} for one in headers]


ERPS = {"peoplesoft": PeopleSoftBooks, "fusion": FusionBooks}


def _lines(rows) -> str:
    return "".join(f"{json.dumps(one)}\n" for one in rows)


def _filled(row: dict) -> dict:
    return {name: value for name, value in row.items() if value not in ("", None) and name != "HEADER_UNIT"}


def _all_filled(rows: list[dict]) -> list[dict]:
    return [_filled(one) for one in rows]
