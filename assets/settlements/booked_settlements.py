"""What the books hold of settlements on a day: documents with their dates, what was undone since counted back.

In: the outbox. Out: per settlement its entries, and which settlements a month end finds in the books. A settlement that
was posted in October and reversed in November stood in the books at the end of October.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from assets.posting.document_sets import IN_BOOKS, settlement_source, undoing_of
from assets.stages.roadmap import Road
from ledger.month import Month
from ledger.periods import belongs_to
from ledger.posting import MAY_EXIST
from resources.store.outbox import OutboxDocument


@dataclass(frozen=True)
class Entry:
    """One document of a settlement that stands in the books, or may: `sign` is -1 for what undoes another.

    `belongs_to` is the month whose lines it holds, whenever it is booked; `original` is the document that these lines
    were booked by, which is itself unless it undoes another.
    """

    document: OutboxDocument
    sign: int
    belongs_to: str
    original: OutboxDocument

    @property
    def day(self) -> date:
        """Return the day it is booked on."""
        return self.document.journal.accounting_date

    @property
    def is_certain(self) -> bool:
        """Tell whether the books were seen to hold it."""
        return self.document.state in IN_BOOKS


def entries_of(road: Road, settlement_id: str) -> list[Entry]:
    """Return the entries of a settlement over all its revisions."""
    source = settlement_source(road, settlement_id)
    newest = road.stores.outbox.documents(source)
    entries: list[Entry] = []
    for number in range(1, newest[0].revision + 1 if newest else 1):
        is_newest = number == newest[0].revision
        entries += _of_revision(road, newest if is_newest else road.stores.outbox.documents(source, number))
    return entries


def _of_revision(road: Road, documents: list[OutboxDocument]) -> Iterator[Entry]:
    standing = [one for one in documents if one.state in MAY_EXIST | IN_BOOKS]
    undoing = undoing_of(road, standing)
    for one in standing:
        month = belongs_to(one.journal)
        yield Entry(one, 1, month, one)
        undone_by = undoing.by_original.get(one.key) if undoing else None
        if undone_by is not None and undone_by.state in MAY_EXIST | IN_BOOKS:
            yield Entry(undone_by, -1, month, one)


def is_held(entries: Iterable[Entry], month: Month) -> bool:
    """Tell whether the books hold anything of a settlement on the last day of a month."""
    return sum(one.sign for one in entries if one.day <= month.last) > 0


def is_in_doubt(entries: Iterable[Entry], month: Month) -> bool:
    """Tell whether it is not certain yet what the books hold of a settlement on the last day of a month."""
    return any(not one.is_certain for one in entries if one.day <= month.last)
