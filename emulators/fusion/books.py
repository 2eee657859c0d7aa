"""The books of one pod: its tables, jobs and people under one roof, and an oracle for tests.

What comes in: the site, the clock, a path for the file (None: in memory). What goes out: `setup`, `journals`, `jobs`,
`people` for the endpoints and for tests; `batches`, `lines`, `balance`, `interface` and `duplicates` read only the
books, after everything that was due has happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from emulators.clock import Clock
from emulators.fusion.jobs import Jobs
from emulators.fusion.journal_import import JournalImport
from emulators.fusion.journal_program import JournalProgram
from emulators.fusion.journals import POSTED, Journals, amount, instant
from emulators.fusion.people import People
from emulators.fusion.programs import JOURNALS_INTERFACE
from emulators.fusion.setup import Setup
from emulators.fusion.site import Client, OpeningBatch, Site
from emulators.fusion.store import Fields, Store


@dataclass(frozen=True)
class Batch:
    """A journal batch as a test wants to see it; `reference` is what the import file called it (REFERENCE1)."""

    id: str
    ledger_id: int
    name: str
    reference: str
    status: str
    source: str
    period: str
    group_id: str
    posted_on: str
    reverses: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Line:
    """A journal line as a test wants to see it: entered and accounted amount, debit positive."""

    batch_id: str
    journal: str
    number: int
    account: str
    amount: Decimal
    currency: str
    accounted: Decimal
    description: str
    fields: Mapping[str, str]


class Books:
    """All journals of one pod, kept in one file or in memory."""

    def __init__(self, site: Site, clock: Clock, state_path: Path | None = None) -> None:
        self.site = site
        self.clock = clock
        self.store = Store(state_path)
        self.setup = Setup(site, self.store)
        self.journals = Journals(site, self.store, self.setup, clock)
        importer = JournalImport(site, self.store, self.setup, self.journals)
        self.jobs = Jobs(site, self.store, self.journals, clock)
        self.jobs.install(JOURNALS_INTERFACE, JournalProgram(site, self.store, importer))
        self.people = People(site, self.setup, self.journals, clock, self.settle)
        self._pending: dict[str, Callable[[str, str, datetime], None]] = {}
        with self.store.transaction():
            self.setup.remember_combinations()
            for opening in site.opening_batches:
                self._open_with(opening)

    def on_pending(self, kind: str, submit: Callable[[str, str, datetime], None]) -> None:
        """Name the function that takes late submissions of a kind: client id, body, instant."""
        self._pending[kind] = submit

    def submit_later(self, kind: str, client: Client, body: bytes, seconds: float) -> None:
        """Let a submission go on inside a slow server and be taken that many seconds from now."""
        due = instant(self.clock.now() + timedelta(seconds=seconds))
        row = {"ID": str(self.store.count_up("pending")), "DUE": due, "KIND": kind, "CLIENT_ID": client.client_id}
        self.store.insert("PENDING", {**row, "BODY": body.decode("utf-8", "replace")})

    def settle(self) -> None:
        """Let everything happen that was due by now: late submissions, jobs, AutoPost."""
        with self.store.transaction():
            now = instant(self.clock.now())
            due = self.store.rows("SELECT * FROM PENDING WHERE DUE <= ? ORDER BY DUE, ID", [now])
            for row in [row for row in due if row["KIND"] in self._pending]:
                self.store.run("DELETE FROM PENDING WHERE ID = ?", [row["ID"]])
                self._pending[row["KIND"]](row["CLIENT_ID"], row["BODY"], datetime.fromisoformat(row["DUE"]))
            self.jobs.settle()
            self.journals.autopost()

    def batches(self, ledger_id: int | None = None) -> list[Batch]:
        """Return every batch of a ledger, or of all, in the order they were created."""
        self.settle()
        return [_batch(row) for row in self.journals.batches(None if ledger_id is None else [ledger_id])]

    def lines(self, batch_id: str) -> list[Line]:
        """Return the lines of a batch."""
        self.settle()
        return [_line(batch_id, row) for row in self.journals.lines_of_batch(batch_id)]

    def balance(self, ledger_id: int, account: str) -> Decimal:
        """Return the posted balance of an account combination in the ledger's currency, debit positive."""
        self.settle()
        lines = [line for line in self.journals.posted_lines(ledger_id) if line["ACCOUNT"] == account]
        return sum((amount(line["ACCOUNTED_DR"]) - amount(line["ACCOUNTED_CR"]) for line in lines), Decimal(0))

    def interface(self) -> list[Fields]:
        """Return the rows that lie in the interface, with STATUS and ERROR_TEXT of their last import."""
        self.settle()
        return self.store.rows("SELECT * FROM GL_INTERFACE ORDER BY CAST(ID AS INTEGER)")

    def duplicates(self) -> dict[tuple[int, str], list[str]]:
        """Return live batches that share ledger and reference: what exactly-once must keep empty.

        A posted batch that was reversed does not count, nor does its reversal.
        """
        every = self.batches()
        reversed_ids = {row.reverses for row in every if row.reverses and row.status == POSTED}
        found: dict[tuple[int, str], list[str]] = {}
        for row in every:
            if row.reference and not row.reverses and row.id not in reversed_ids:
                found.setdefault((row.ledger_id, row.reference), []).append(row.id)
        return {key: ids for key, ids in found.items() if len(ids) > 1}

    def close(self) -> None:
        """Close the file of the books."""
        self.store.close()

    def _open_with(self, opening: OpeningBatch) -> None:
        """Store a batch of the pod's past as posted; once, whatever its date: a demo restarts on another day."""
        if any(row["NAME"] == opening.name for row in self.journals.batches([opening.ledger_id])):
            return
        batch_id = self.people.enter(
            opening.ledger_id,
            opening.name,
            opening.day,
            opening.lines,
            source=opening.source,
            category=opening.category,
        )
        self.store.change("JE_BATCH", batch_id, VISIBLE_AT="")


def _batch(row: Fields) -> Batch:
    return Batch(
        id=row["ID"],
        ledger_id=int(row["LEDGER_ID"]),
        name=row["NAME"],
        reference=row["REFERENCE1"],
        status=row["STATUS"],
        source=row["SOURCE"],
        period=row["PERIOD_NAME"],
        group_id=row["GROUP_ID"],
        posted_on=row["POSTED_DATE"],
        reverses=row["REVERSED_BATCH_ID"],
        fields=row,
    )


def _line(batch_id: str, row: Fields) -> Line:
    return Line(
        batch_id=batch_id,
        journal=row["JOURNAL_NAME"],
        number=int(row["NUMBER"]),
        account=row["ACCOUNT"],
        amount=amount(row["ENTERED_DR"]) - amount(row["ENTERED_CR"]),
        currency=row["CURRENCY"],
        accounted=amount(row["ACCOUNTED_DR"]) - amount(row["ACCOUNTED_CR"]),
        description=row["DESCRIPTION"],
        fields=row,
    )
