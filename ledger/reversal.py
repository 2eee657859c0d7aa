"""Reversing journals: what undoes the posted documents of one revision, line by line.

In: posted journals with what the ERP calls them. Out: one set of its own source, a reversing journal per document in
the same order: same unit, currency, rate type, accounts and open-item references, opposite signs. So the settlement's
clearing item goes back to zero, and what it had carried in from an older item is open there again. Of an invoice that
credit memos took a part back of, what is left is undone: invoice, memos and that rest together come to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ledger.credited import left_of
from ledger.errors import InputRefused
from ledger.journal import SETTLEMENT, Journal, JournalLine, JournalSet, SourceKey

KIND = "reversal"
# `24758260539.3` undoes revision 3 of a settlement, `24758260539.cash.1` revision 1 of its cash entry.
_SOURCE_ID = re.compile(r"(.+?)(?:\.([a-z_]+))?\.(\d+)")


class Undone(NamedTuple):
    """What a reversal undoes: the id in the source, the revision, the kind of document."""

    source_id: str
    revision: int
    kind: str


@dataclass(frozen=True)
class Posted:
    """One document in the books: what was posted, and the ERP's own key for it.

    `credits` are the credit memos in the books that took a part of it back, of an invoice only.
    """

    journal: Journal
    erp_id: str
    credits: tuple[Posted, ...] = ()


def reversal_source(source: SourceKey, revision: int) -> SourceKey:
    """Return the source of the reversal of one revision, the same for ever."""
    if source.kind == KIND:
        raise InputRefused(
            f"{source.source_id} is a reversal itself: what it undid is posted again, not reversed twice."
        )
    kind = "" if source.kind == SETTLEMENT else f".{source.kind}"
    return SourceKey(source.seller, source.ledger, KIND, f"{source.source_id}{kind}.{revision}")


def undone_by(source: SourceKey) -> Undone:
    """Return what a reversal's source undoes; raise InputRefused for another source."""
    found = _SOURCE_ID.fullmatch(source.source_id) if source.kind == KIND else None
    if found is None:
        raise InputRefused(f"{source.source_id} of kind {source.kind} is no reversal.")
    return Undone(found[1], int(found[3]), found[2] or SETTLEMENT)


def reversal_of(posted: Sequence[Posted]) -> JournalSet:
    """Return the reversing documents of one revision, numbered anew and dated as what they undo.

    Receipts go before the journals of their settlement: what they close is open again when the rest is undone. Raises
    InputRefused for nothing, for documents of several revisions, for reversals; for an invoice of which more was
    credited than there is.
    """
    if not posted or len({(one.journal.source, one.journal.revision) for one in posted}) > 1:
        raise InputRefused("A reversal undoes documents of one revision of one source, and at least one.")
    source = reversal_source(posted[0].journal.source, posted[0].journal.revision)
    ordered = sorted(posted, key=lambda one: (one.journal.applied is None, one.journal.part))
    journals = tuple(_reversed(one, source, number, len(ordered)) for number, one in enumerate(ordered, start=1))
    return JournalSet(source, 1, journals)


def _reversed(posted: Posted, source: SourceKey, part: int, parts: int) -> Journal:
    journal = posted.journal
    whole = replace(
        journal,
        source=source,
        revision=1,
        part=part,
        parts=parts,
        description=f"Reverses {posted.erp_id} of {journal.source.kind} {journal.source.source_id}",
        lines=tuple(_opposite(line) for line in journal.lines),
        original_period="",
        reverses=journal.key,
        billing=journal.billing.undone(journal.key) if journal.billing else None,
    )
    if not posted.credits:
        return whole
    left = left_of(whole, [one.journal for one in posted.credits])
    names = ", ".join(one.erp_id for one in posted.credits)
    what = f"{posted.erp_id} of {journal.source.kind} {journal.source.source_id}"
    return replace(left, description=f"Reverses what {names} left of {what}")


def _opposite(line: JournalLine) -> JournalLine:
    """Return the line with the other sign; a quantity and a base amount go back as well."""
    quantity = None if line.quantity is None else -line.quantity
    base_amount = None if line.base_amount is None else -line.base_amount
    return replace(line, amount=-line.amount, quantity=quantity, base_amount=base_amount)
