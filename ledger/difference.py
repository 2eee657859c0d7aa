"""Line by line what would be booked otherwise: documents that were sent, held against those that would be sent now.

In: two lists of documents of one source. Out: the documents and lines that differ, each added, removed or changed, in
the order of the books. Documents are paired by unit and date, then by part; lines within a pair by account, reference
and text, so that a changed amount is one line and not two. Nothing here decides what becomes of a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from ledger import money
from ledger.accounts import AccountKey
from ledger.journal import Journal, JournalLine

Thing = TypeVar("Thing")


class Change(StrEnum):
    """What became of a line since it was sent."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class PlacedLine:
    """A line with the document it stands in; the amount is signed, debit positive."""

    part: int
    accounting_date: date
    currency: str
    account: AccountKey
    reference: str
    text: str
    amount: Decimal
    quantity: Decimal | None = None

    @property
    def is_debit(self) -> bool:
        """Tell the side; debits and credits of one account are lines of their own."""
        return self.amount > 0


@dataclass(frozen=True)
class LineDifference:
    """One line that differs: `sent` is None for an added one, `now` for a removed one."""

    sent: PlacedLine | None
    now: PlacedLine | None

    @property
    def change(self) -> Change:
        """Return what became of the line."""
        if self.sent is None:
            return Change.ADDED
        return Change.REMOVED if self.now is None else Change.CHANGED

    def row(self) -> dict[str, str]:
        """Return it as a row for a table; what differs within a cell stands as `before → after`."""
        pair = [one for one in (self.sent, self.now) if one is not None]
        return {
            "part": _both(str(one.part) for one in pair),
            "what": str(self.change),
            "account": _both(str(one.account) for one in pair),
            "reference": _both(one.reference for one in pair),
            "text": _both(_text(one) for one in pair),
            "date": pair[0].accounting_date.isoformat(),
            "sent": _amount(self.sent),
            "now": _amount(self.now),
        }


@dataclass(frozen=True)
class DocumentDifference:
    """One fact of a document's head that differs."""

    part: int
    name: str
    sent: str
    now: str
    accounting_date: date

    def row(self) -> dict[str, str]:
        """Return it as a row of the same table as the lines."""
        return {
            "part": str(self.part),
            "what": str(Change.CHANGED),
            "account": "(whole document)",
            "reference": "",
            "text": f"{self.name} {self.sent or 'none'} → {self.now or 'none'}",
            "date": self.accounting_date.isoformat(),
            "sent": "",
            "now": "",
        }


@dataclass(frozen=True)
class Difference:
    """Everything that differs between what was sent and what would be sent now."""

    documents: tuple[DocumentDifference, ...] = ()
    lines: tuple[LineDifference, ...] = ()

    @property
    def amount(self) -> Decimal:
        """Return the money in question: of both sides before and now, the largest sum of lines that differ."""
        sides: dict[tuple[str, bool], Decimal] = {}
        for one in self.lines:
            for when, line in (("sent", one.sent), ("now", one.now)):
                if line is not None:
                    side = (when, line.is_debit)
                    sides[side] = sides.get(side, Decimal(0)) + abs(line.amount)
        return max(sides.values(), default=Decimal(0))

    def sentence(self) -> str:
        """Say how many lines differ, and how."""
        counted = [(change, sum(one.change is change for one in self.lines)) for change in Change]
        words = [f"{count} {change}" for change, count in counted if count]
        if self.documents:
            words.append(f"{len(self.documents)} facts of whole documents")
        lines = "1 line differs" if len(self.lines) == 1 else f"{len(self.lines)} lines differ"
        return f"{lines} from what was sent ({', '.join(words) or 'nothing a person sees'})."

    def rows(self) -> list[dict[str, str]]:
        """Return the rows of a table, whole documents first."""
        return [one.row() for one in (*self.documents, *self.lines)]


def difference(sent: Sequence[Journal], now: Sequence[Journal]) -> Difference:
    """Return what differs between two lists of documents of one source."""
    documents: list[DocumentDifference] = []
    lines: list[LineDifference] = []
    for before, after in _pairs(_places(sent), _places(now), (_by_place, _by_part)):
        if before and after:
            documents += _heads(before[0], after[0])
        lines += _lines(before or (), after or ())
    return Difference(tuple(documents), tuple(sorted(lines, key=_order)))


def _places(journals: Sequence[Journal]) -> list[tuple[Journal, ...]]:
    """Return the documents of one unit and date together: a line may stand in any part of them."""
    grouped: dict[Hashable, list[Journal]] = {}
    for journal in sorted(journals, key=lambda one: one.part):
        grouped.setdefault((journal.unit, journal.accounting_date, journal.currency), []).append(journal)
    return [tuple(group) for group in grouped.values()]


def _by_place(group: Sequence[Journal]) -> Hashable:
    return group[0].unit, group[0].accounting_date, group[0].currency


def _by_part(group: Sequence[Journal]) -> Hashable:
    return group[0].part


def _heads(before: Journal, after: Journal) -> Iterator[DocumentDifference]:
    """Yield the facts of two paired documents that differ; a number of parts alone is not worth a row."""
    names = ("unit", "accounting_date", "currency", "rate_type", "description", "document_reference")
    for name in (*names, "original_period"):
        was, will_be = str(getattr(before, name)), str(getattr(after, name))
        if was != will_be:
            yield DocumentDifference(before.part, name.replace("_", " "), was, will_be, before.accounting_date)
    for name, told in (("customer", _customer), ("accounting rules", _rules), ("cleared by", _cleared_by)):
        was, will_be = told(before), told(after)
        if was != will_be:
            yield DocumentDifference(before.part, name, was, will_be, before.accounting_date)


def _customer(journal: Journal) -> str:
    told = journal.billing or journal.applied
    return told.customer if told else ""


def _cleared_by(journal: Journal) -> str:
    return journal.billing.clear_by if journal.billing else ""


def _rules(journal: Journal) -> str:
    """Return by which rules the lines of an invoice are earned, "" where all are earned at once."""
    billing = journal.billing
    ruled = ((line, billing.rule_of(line.number)) for line in journal.lines) if billing else ()
    return "; ".join(
        f"{line.description}: {rule.name} from {rule.start}" + (f" over {rule.periods} periods" if rule.periods else "")
        for line, rule in ruled
        if rule
    )


def _lines(before: Sequence[Journal], after: Sequence[Journal]) -> Iterator[LineDifference]:
    """Yield the lines of paired documents that differ; a date that differs is told once, not on each line."""
    day = before[0].accounting_date if before else after[0].accounting_date
    was = [_placed(journal, line, day) for journal in before for line in journal.lines]
    will_be = [_placed(journal, line, day) for journal in after for line in journal.lines]
    for one, other in _pairs(was, will_be, (_whole, _by_name, _by_amount)):
        if one is None or other is None or _whole(one) != _whole(other):
            yield LineDifference(one, other)


def _placed(journal: Journal, line: JournalLine, day: date) -> PlacedLine:
    return PlacedLine(
        part=journal.part,
        accounting_date=day,
        currency=journal.currency,
        account=line.account,
        reference=line.reference,
        text=line.description,
        amount=line.amount,
        quantity=line.quantity,
    )


def _whole(line: PlacedLine) -> Hashable:
    return line.account, line.reference, line.text, line.amount, line.quantity


def _by_name(line: PlacedLine) -> Hashable:
    return line.account, line.reference, line.text, line.is_debit


def _by_amount(line: PlacedLine) -> Hashable:
    return line.account, line.reference, line.amount


def _pairs(
    before: Sequence[Thing], after: Sequence[Thing], keys: Iterable[Callable[[Thing], Hashable]]
) -> list[tuple[Thing | None, Thing | None]]:
    """Pair things by the first key that fits, each once; what is left over stands alone."""
    paired: list[tuple[Thing | None, Thing | None]] = []
    left, right = list(before), list(after)
    for key in keys:
        waiting: dict[Hashable, list[Thing]] = {}
        for one in right:
            waiting.setdefault(key(one), []).append(one)
        alone = []
        for one in left:
            partners = waiting.get(key(one))
            if partners:
                paired.append((one, partners.pop(0)))
            else:
                alone.append(one)
        left, right = alone, [one for partners in waiting.values() for one in partners]
    return [*paired, *((one, None) for one in left), *((None, one) for one in right)]


def _order(one: LineDifference) -> tuple:
    line = one.sent or one.now
    assert line is not None, "a difference has a line on one side"
    return line.part, str(line.account), line.reference, line.text, not line.is_debit


def _both(values: Iterable[str]) -> str:
    """Return one value, or before and after where they differ."""
    return " → ".join(dict.fromkeys(values))


def _text(line: PlacedLine) -> str:
    return line.text if line.quantity is None else f"{line.text} ({line.quantity:f} units)".strip()


def _amount(line: PlacedLine | None) -> str:
    return "" if line is None else money.text(line.amount, line.currency)
