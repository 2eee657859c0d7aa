"""What the people of a Fusion site do when the trouble is over, as their guide says (`docs/guides/fusion-setup.md`).

In: the pod's books. Out: sentences about what was done, and the groups that somebody has said are gone. Rows
that an import left behind are imported again or deleted, both in turn, so that both ways out are gone; a batch that was
loaded twice is reversed, or deleted while it is unposted; one that nobody posted is posted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from emulators.clock import Clock
from emulators.fusion.books import Batch, Books
from emulators.fusion.demo_site import SOURCE, US_LEDGER
from emulators.fusion.jobs import BULK, IMPORT
from emulators.fusion.journals import POSTED
from resources.erp.fusion import natural_key

# What a person answers where neither batch nor rows nor a job of a document are left: its group is gone for good.
_GONE = {
    "posting_error": "deleted",
    "posting_unclear": "deleted",
    "posting_removed": "deleted",
    "posting_blind": "retry",
}


class FusionPeople:
    """The people of one pod; `groups_gone` are what they have written into the connection's settings."""

    def __init__(self, books: Books, clock: Clock) -> None:
        self.groups_gone: set[int] = set()
        self._books = books
        self._clock = clock

    def put_books_right(self) -> list[str]:
        """Look at rows that were left behind and at batches that do not stand as they should."""
        return [*self._left_behind(), *self._batches_put_right()]

    def answer(self, code: str, document_key: str) -> str:
        """Return what is answered for a document, its group named as gone where nothing of it is left."""
        if code not in _GONE or not document_key:
            return ""
        group = str(natural_key.group_id(document_key))
        if group in self._groups_held():
            return "" if code == "posting_blind" else "recheck"
        self.groups_gone.add(int(group))
        return _GONE[code]

    def _groups_held(self) -> set[str]:
        """Return the groups of which a batch, a row or a job on its way is left."""
        batches = {one.group_id for one in self._ours()}
        rows = {row["GROUP_ID"] for row in self._books.interface()}
        return batches | rows | {_group_of(row) for row in self._jobs() if not row["STATUS"]}

    def _left_behind(self) -> Iterator[str]:
        """Import again or delete what lies in the interface and no job is at work on."""
        rows = self._books.interface()
        busy = {_group_of(row) for row in self._jobs() if not row["STATUS"]}
        counts = Counter((row["GROUP_ID"], row["SEGMENTS"], row["ENTERED_DR"], row["ENTERED_CR"]) for row in rows)
        twice = {key[0] for key, count in counts.items() if count > 1}
        for group in sorted({row["GROUP_ID"] for row in rows} - busy):
            if int(group) % 2 and group not in twice and group not in {one.group_id for one in self._ours()}:
                yield self._import(group)
            else:
                self._books.store.run("DELETE FROM GL_INTERFACE WHERE GROUP_ID = ?", [group])
                yield f"the rows of group {group} are deleted"

    def _import(self, group: str) -> str:
        parameters = f"#NULL,{SOURCE},{US_LEDGER},{group},N,N,N"
        fields = {"OPERATION": "submitESSJobRequest", "JOB": IMPORT, "PARAMETERS": parameters, "CLIENT_ID": "PERSON"}
        self._books.jobs.add(fields, 0, self._clock.now())
        return f"the rows of group {group} are imported again"

    def _batches_put_right(self) -> Iterator[str]:
        every = self._ours()
        reversed_ids = {one.reverses for one in every}
        seen: set[str] = set()
        for batch in every:
            if batch.reverses or batch.id in reversed_ids:
                continue
            is_wrong = batch.reference in seen or self._is_doubled(batch)
            seen.add(batch.reference)
            if is_wrong and batch.status == POSTED:
                self._books.people.reverse(batch.id, self._clock.now().date())
                yield f"batch {batch.id} is reversed"
            elif is_wrong:
                self._books.people.delete(batch.id)
                yield f"batch {batch.id} is deleted"
            elif batch.status != POSTED:
                self._books.people.post(batch.id)
                yield f"batch {batch.id} is posted"

    def _is_doubled(self, batch: Batch) -> bool:
        """Tell whether every line of a batch stands in it more than once."""
        counts = Counter((one.account, one.amount) for one in self._books.lines(batch.id))
        return all(count > 1 for count in counts.values())

    def _ours(self) -> list[Batch]:
        return [one for one in self._books.batches(US_LEDGER) if one.source == SOURCE]

    def _jobs(self) -> list[dict[str, str]]:
        return self._books.store.rows("SELECT * FROM ESS_REQUEST WHERE JOB IN (?, ?)", [BULK, IMPORT])


def _group_of(job: dict[str, str]) -> str:
    return job["PARAMETERS"].split(",")[3]
