"""Batches, journals and lines of the general ledger: stored, posted, summed up.

What comes in: batches from Journal Import or from people, as fields of text. What goes out: the same rows, posting
with its refusals, and balances over posted lines. A batch holds journals (headers), a journal holds lines.
Source: https://docs.oracle.com/en/cloud/saas/financials/23d/farfa/api-journal-batches.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from emulators.clock import Clock
from emulators.fusion.setup import Setup
from emulators.fusion.site import Site
from emulators.fusion.store import Fields, Store

UNPOSTED, POSTED = "U", "P"
Journal = tuple[Fields, Sequence[Fields]]

_LINES_OF_BATCH = (
    "SELECT L.*, H.NAME AS JOURNAL_NAME, H.CURRENCY, H.EFFECTIVE_DATE FROM JE_LINE L JOIN JE_HEADER H"
    " ON H.ID = L.JE_HEADER_ID WHERE H.JE_BATCH_ID = ? ORDER BY H.NAME, H.ID, CAST(L.NUMBER AS INTEGER)"
)
_LINES_OF_LEDGER = (
    "SELECT L.*, H.CURRENCY, H.EFFECTIVE_DATE, H.PERIOD_NAME, B.STATUS, B.ID AS BATCH_ID FROM JE_LINE L"
    " JOIN JE_HEADER H ON H.ID = L.JE_HEADER_ID JOIN JE_BATCH B ON B.ID = H.JE_BATCH_ID WHERE B.LEDGER_ID = ?"
)


class WrongStatus(Exception):
    """Somebody asked for a step that the batch's status does not allow."""


@dataclass(frozen=True)
class Totals:
    """Sums of a batch or journal: entered and accounted, debit and credit."""

    debit: Decimal
    credit: Decimal
    accounted_debit: Decimal
    accounted_credit: Decimal

    @property
    def is_balanced(self) -> bool:
        """Say whether both pairs agree."""
        return (self.debit, self.accounted_debit) == (self.credit, self.accounted_credit)


def instant(moment: datetime) -> str:
    """Return a moment as text that sorts by time and is what REST shows."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def amount(text: str) -> Decimal:
    """Return an amount kept as text; blank is nothing."""
    return Decimal(text or 0)


def totals_of(lines: Iterable[Fields]) -> Totals:
    """Sum up lines."""
    sums = {name: Decimal(0) for name in ("ENTERED_DR", "ENTERED_CR", "ACCOUNTED_DR", "ACCOUNTED_CR")}
    for line in lines:
        for name in sums:
            sums[name] += amount(line[name])
    return Totals(*sums.values())


class Journals:
    """The journal tables of one pod."""

    def __init__(self, site: Site, store: Store, setup: Setup, clock: Clock) -> None:
        self.store = store
        self._site = site
        self._setup = setup
        self._clock = clock

    def add(self, batch: Fields, journals: Sequence[Journal], at: datetime) -> str:
        """Store a new batch, unposted unless it says otherwise, and return its id."""
        timing = self._site.timing
        has_rule = batch["SOURCE"] in self._site.autopost_criteria.values()
        seconds = timing.autopost_after_seconds if has_rule else None
        due = "" if seconds is None else instant(at + timedelta(seconds=seconds))
        batch_id = self.new_id()
        defaults = {"STATUS": UNPOSTED, "COMPLETION": "Complete", "POST_DUE": due}
        defaults |= {"CREATED_AT": instant(at), "UPDATED_AT": instant(at)}
        defaults["VISIBLE_AT"] = instant(at + timedelta(seconds=timing.visible_after_seconds))
        with self.store.transaction():
            self.store.insert("JE_BATCH", {**defaults, **batch, "ID": batch_id})
            for header, lines in journals:
                header_id = self.new_id()
                self.store.insert("JE_HEADER", {**header, "ID": header_id, "JE_BATCH_ID": batch_id})
                self._add_lines(batch, header_id, lines)
        return batch_id

    def _add_lines(self, batch: Fields, header_id: str, lines: Sequence[Fields]) -> None:
        ledger = self._site.ledger(int(batch["LEDGER_ID"]))
        assert ledger is not None
        for number, line in enumerate(lines, start=1):
            self._setup.use(ledger, line["ACCOUNT"])
            own = {"ID": self.new_id(), "JE_HEADER_ID": header_id, "NUMBER": str(number)}
            self.store.insert("JE_LINE", {**line, **own})

    def new_id(self) -> str:
        """Return the next object id of the pod."""
        return str(self.store.count_up("object_id", self._site.switches.first_id))

    def batches(self, ledger_ids: Iterable[int] | None = None) -> list[Fields]:
        """Return batches in the order they were created, of some ledgers or of all."""
        rows = self.store.rows("SELECT * FROM JE_BATCH ORDER BY LENGTH(ID), ID")
        wanted = None if ledger_ids is None else {str(one) for one in ledger_ids}
        return [row for row in rows if wanted is None or row["LEDGER_ID"] in wanted]

    def headers(self, batch_id: str) -> list[Fields]:
        """Return the journals of a batch."""
        return self.store.rows("SELECT * FROM JE_HEADER WHERE JE_BATCH_ID = ? ORDER BY LENGTH(ID), ID", [batch_id])

    def lines(self, header_id: str) -> list[Fields]:
        """Return the lines of a journal."""
        return self.store.rows(
            "SELECT * FROM JE_LINE WHERE JE_HEADER_ID = ? ORDER BY CAST(NUMBER AS INTEGER)", [header_id]
        )

    def lines_of_batch(self, batch_id: str) -> list[Fields]:
        """Return all lines of a batch with their journal's name, currency and date."""
        return self.store.rows(_LINES_OF_BATCH, [batch_id])

    def posted_lines(self, ledger_id: int) -> Iterator[Fields]:
        """Yield the lines that stand in a ledger's balances."""
        yield from (row for row in self.store.rows(_LINES_OF_LEDGER, [str(ledger_id)]) if row["STATUS"] == POSTED)

    def expect(self, batch_id: str, *, is_posted: bool) -> Fields:
        """Return a batch that is posted, or is not.

        Raises:
            WrongStatus: It is not there, or the other way round.
        """
        batch = self.store.get("JE_BATCH", batch_id)
        if batch is None or (batch["STATUS"] == POSTED) != is_posted:
            wanted = "posted" if is_posted else "not posted"
            raise WrongStatus(f"Batch {batch_id} should be {wanted}; it is {batch['STATUS'] if batch else 'missing'}.")
        return batch

    def change(self, batch_id: str, **fields: str) -> None:
        """Change fields of a batch; its change indicator is another one afterwards."""
        self.store.change("JE_BATCH", batch_id, UPDATED_AT=instant(self._clock.now()), **fields)

    def delete(self, batch_id: str) -> None:
        """Delete a batch that is not posted, with all that is in it; raises WrongStatus otherwise."""
        with self.store.transaction():
            self.expect(batch_id, is_posted=False)
            for header in self.headers(batch_id):
                self.store.run("DELETE FROM JE_LINE WHERE JE_HEADER_ID = ?", [header["ID"]])
            self.store.run("DELETE FROM JE_HEADER WHERE JE_BATCH_ID = ?", [batch_id])
            self.store.run("DELETE FROM JE_BATCH WHERE ID = ?", [batch_id])

    def post(self, batch_id: str, at: datetime) -> bool:
        """Post a batch, or give it an error status and a sentence; return whether it is posted."""
        with self.store.transaction():
            batch = self.expect(batch_id, is_posted=False)
            wrong = self._unpostable(batch)
            if wrong:
                status = self._site.switches.unpostable_status
                self.change(batch_id, STATUS=status, ERROR_MESSAGE=wrong, POST_DUE="")
            else:
                day = at.date().isoformat()
                self.change(batch_id, STATUS=POSTED, POSTED_DATE=day, ERROR_MESSAGE="", POST_DUE="")
        return not wrong

    def autopost(self) -> None:
        """Post what an AutoPost rule was due to post by now, in the order it was due."""
        now = instant(self._clock.now())
        due = self.store.rows(
            "SELECT * FROM JE_BATCH WHERE STATUS = 'U' AND POST_DUE <> '' AND POST_DUE <= ? ORDER BY POST_DUE, ID",
            [now],
        )
        for batch in due:
            self.post(batch["ID"], datetime.fromisoformat(batch["POST_DUE"]))

    def _unpostable(self, batch: Fields) -> str:
        period = self._setup.period_named(int(batch["LEDGER_ID"]), batch["PERIOD_NAME"])
        if period is None or period.status != "O":
            return f"The period {batch['PERIOD_NAME']} isn't open for posting."
        if batch["COMPLETION"] != "Complete":
            return "The batch isn't complete."
        uneven = [
            header["NAME"]
            for header in self.headers(batch["ID"])
            if not totals_of(self.lines(header["ID"])).is_balanced
        ]
        return f"The journal {uneven[0]} isn't balanced." if uneven else ""
