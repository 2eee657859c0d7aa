"""Whole days among what is to be undone or posted again: which documents a day means, and what it takes along.

In: a day such as `cost_postings-2026-11-14`. Out: the documents that it means, each planned by itself as if it had been
named; and before that, in one sentence, everything outside of the day that goes before it or with it, with the command
that names it all.
"""

from collections.abc import Collection, Iterable

from assets.posting.document_sets import (
    COST_POSTINGS,
    INPUT_TAX_POSTINGS,
    INVOICE_POSTINGS,
    RETURN_POSTINGS,
    called,
    documents_of_day,
    invoice_of_memo,
    is_reversal,
    is_withheld,
    undoing_of,
)
from assets.stages.commands import deciding
from assets.stages.day_names import day_of_name
from assets.stages.roadmap import Road
from assets.undo.order_dependents import clearing_of, further_invoices, returns_on
from assets.undo.order_reversals import UNDONE_BY_COMMAND, was_sent
from assets.undo.reposting import was_undone
from ledger.cost_documents import KIND as COST
from ledger.errors import InputRefused
from ledger.journal import SourceKey
from ledger.order_documents import CREDIT_MEMO, INVOICE
from resources.store.outbox import OutboxDocument

_UNDONE_DAYS = frozenset({INVOICE_POSTINGS, COST_POSTINGS, RETURN_POSTINGS, INPUT_TAX_POSTINGS})
_NAMED_MAX = 20


def is_undone_as_day(road: Road, name: str) -> bool:
    """Tell whether a name is that of a day whose documents are undone by command, and it has any."""
    found = day_of_name(name)
    return found is not None and found[0] in _UNDONE_DAYS and bool(documents_of_day(road, name))


def sent_on(road: Road, name: str) -> list[SourceKey]:
    """Return the documents of a day that are undone with it: all that ever reached the ERP, credit memos aside.

    Those are undone with their invoices. Raises InputRefused where nothing of the day was ever sent.
    """
    sources = [source for source in _by_source(road, name) if was_sent(road, source)]
    if not sources:
        raise InputRefused(
            f"{called(name)} of {road.connection} has nothing to reverse: nothing of that day was ever sent. What is "
            f"planned is rejected: {deciding('reject', road.connection, name)}"
        )
    return [one for one in sources if one.kind in UNDONE_BY_COMMAND]


def undone_on(road: Road, name: str) -> list[SourceKey]:
    """Return the documents of a day that were ever undone, whatever became of them since.

    Raises InputRefused where none was, and where all that was are credit memos: their invoices are named instead.
    """
    found, invoices = [], []
    for source, newest in _by_source(road, name).items():
        against = invoice_of_memo(road, newest[0]) if source.kind == CREDIT_MEMO and is_withheld(newest) else None
        invoices += [against.source.source_id] if against is not None else []
        if source.kind in UNDONE_BY_COMMAND and (_is_undone(road, newest) or was_undone(road, newest)):
            found.append(source)
    if invoices and not found:
        raise InputRefused(
            f"{called(name)} of {road.connection}: only credit memos of that day are reversed, and they are made again "
            f"with their invoices. Name those: {deciding('repost', road.connection, *dict.fromkeys(invoices))}"
        )
    if not found:
        raise InputRefused(
            f"{called(name)} of {road.connection}: nothing of that day is reversed, so nothing is posted again. "
            f"Reverse it first: {deciding('reverse', road.connection, name)}"
        )
    return found


def require_nothing_beside(road: Road, names: Iterable[str], together: Collection[str]) -> None:
    """Raise InputRefused for what goes before a day of these, or with it, and is not among `together`.

    That is settlements that cleared its invoices, invoices that adjusted them, the invoices of its credit memos, and
    what returns took back of its cost. Nothing is asked of the ERP.
    """
    for name in names:
        beside = {one: why for one, why in _beside(road, name).items() if one not in together}
        if beside:
            shown = [f"{one}, {why}" for one, why in list(beside.items())[:_NAMED_MAX]]
            more = f"; and {len(beside) - len(shown)} more" if len(beside) > len(shown) else ""
            raise InputRefused(
                f"{called(name)} of {road.connection} cannot be reversed without {'; '.join(shown)}{more}. Nothing was "
                "done. Reverse them together, in the right order by itself: "
                f"{deciding('reverse', road.connection, *beside, name)}"
            )


def _beside(road: Road, name: str) -> dict[str, str]:
    """Return what has to be undone before a day or with it, each with the reason; but for what is undone already."""
    found: dict[str, str] = {}
    standing = {source: own for source, own in _by_source(road, name).items() if not _is_undone(road, own)}
    documents = [one for source, own in standing.items() if was_sent(road, source) for one in own]
    billed = [one.journal for one in documents if one.source.kind == INVOICE]
    for settlements in clearing_of(road, {one.source.belongs_to for one in billed}).values():
        found |= dict.fromkeys(settlements, "which cleared its invoices")
    for invoice in billed:
        for one in further_invoices(road, invoice):
            found[one.source.source_id] = "which adjusted one of its invoices"
    for document in documents:
        against = invoice_of_memo(road, document) if document.source.kind == CREDIT_MEMO else None
        if against is not None:
            found[against.source.source_id] = "the invoice of one of its credit memos"
        for one in returns_on(road, document.source) if document.source.kind == COST else ():
            found[one.source.source_id] = "which took back some of its cost"
    return found


def _by_source(road: Road, name: str) -> dict[SourceKey, list[OutboxDocument]]:
    """Return the newest documents of a day by source, without what undoes them."""
    found: dict[SourceKey, list[OutboxDocument]] = {}
    for one in documents_of_day(road, name):
        if not is_reversal(one):
            found.setdefault(one.source, []).append(one)
    return found


def _is_undone(road: Road, documents: list[OutboxDocument]) -> bool:
    """Tell whether documents are reversed, or on their way there."""
    undoing = undoing_of(road, documents)
    return is_withheld(documents) or (undoing is not None and undoing.is_under_way)
