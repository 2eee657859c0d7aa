"""Tie to the general ledger: what the books say Amazon owes, held against what Amazon says, at a period's end.

In, for one currency and the marketplaces that share its accounts: the ledger's balance of clearing, reserve and what
else is due from Amazon, every entry behind it with who made it, Amazon's stated balance, and what our own records say
of each settlement. Out: the difference taken apart into lines, each explained or not, which together are the
difference to the cent (ACCOUNTING, "Tie to the general ledger").

Why every line can be told: the books are what was held at go-live, our documents, and entries of others; Amazon's
balance is what was held at go-live and what happened since, without what was paid out. Settlement by settlement both
are known, so nothing is left but what is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

_ZERO = Decimal(0)


class By(StrEnum):
    """Whose entry it is, as our records say."""

    SETTLEMENT = "settlement"  # a document of ours that books a settlement or takes it back
    CASH = "cash"  # a document of ours that books a receipt
    ACCRUAL = "accrual"  # a document of ours that accrues a period, or takes that back
    ELSEWHERE = "elsewhere"  # of another connection that is kept beside this one
    RECEIVABLES = "receivables"  # what the ERP's receivables brought into the ledger, in sums without a document
    OTHERS = "others"


class Part(StrEnum):
    """What a line of the difference is; the first eight explain, the others want a person."""

    ON_THE_WAY = "payouts not yet in the bank"
    NOT_SETTLED = "not settled yet"
    OTHER_PERIOD = "booked in another period"
    DEFERRED = "deferred by Amazon"
    ACCRUED = "accrued in the books"
    BILLED = "billed, not cleared by a settlement"
    ACCEPTED = "entries of others, accepted"
    ELSEWHERE = "entries of other connections"
    OPENING = "books at go-live beside the opening stated"
    OTHERS = "entries of others"
    CHANGED = "our documents beside our records"
    SUBLEDGER = "receivables in the ledger beside our documents"
    UNLISTED = "ledger balance beside its entries"
    UNEXPLAINED = "unexplained"


EXPLAINS = frozenset(
    {
        Part.ON_THE_WAY,
        Part.NOT_SETTLED,
        Part.OTHER_PERIOD,
        Part.DEFERRED,
        Part.ACCRUED,
        Part.BILLED,
        Part.ACCEPTED,
        Part.ELSEWHERE,
    }
)


@dataclass(frozen=True)
class Entry:
    """One entry on one of the accounts, debit positive, dated in or before the period.

    `settlement_id` is the settlement that a document of ours books, or whose item another entry stands on; "" none.
    `accepted` is a person's reason why an entry of others is right; `account` says where one of the receivables stands.
    """

    document: str
    day: date
    amount: Decimal
    by: By
    settlement_id: str = ""
    accepted: str = ""
    words: str = ""
    account: str = ""


@dataclass(frozen=True)
class Settled:
    """What our records say of one settlement at a period's end.

    `earned` is what happened in it by the end of Amazon's day, without what it carries between settlements; `paid` what
    had left Amazon's balance by then, `payable` what is paid out of it, whenever it leaves; `returned` how much of that
    came back and is carried in by a later settlement that is in the books, which has not earned it then. `documents`
    are ours of it that are in the books by the period's end, with what each should move on the accounts. `is_open`
    marks one that ends after the period.
    """

    settlement_id: str
    earned: Decimal
    paid: Decimal = _ZERO
    payable: Decimal = _ZERO
    returned: Decimal = _ZERO
    documents: tuple[tuple[str, Decimal], ...] = ()
    is_open: bool = False
    words: str = ""

    @property
    def is_not_settled(self) -> bool:
        """Tell whether it was open at the period's end, with nothing of it in the books."""
        return self.is_open and not self.documents

    @property
    def planned(self) -> Decimal:
        """Return what our documents in the books should move."""
        return sum((amount for _, amount in self.documents), _ZERO)


@dataclass(frozen=True)
class AtGoLive:
    """What the books are said to have held: what Amazon owed (reserve less debt), and payouts not yet in the bank."""

    day: date
    owed: Decimal = _ZERO
    unpaid: Decimal = _ZERO


@dataclass(frozen=True)
class Billed:
    """What our records say of the order receivable at a period's end, where orders are billed.

    `billed` is what invoices and credit memos put there, `cleared` what each document of a settlement takes off it.
    `in_sums` are documents that reach the ledger by the ERP's receivables, never under their own name; `expected` is
    what all of these should have moved, by account; `elsewhere` the part of it that is other connections'.
    """

    billed: Decimal = _ZERO
    cleared: tuple[tuple[str, Decimal], ...] = ()
    in_sums: frozenset[str] = frozenset()
    expected: tuple[tuple[str, Decimal], ...] = ()
    elsewhere: Decimal = _ZERO


NOTHING_BILLED = Billed()


@dataclass(frozen=True)
class Line:
    """One line of the difference, with what it is made of: (name, amount, words)."""

    part: Part
    amount: Decimal
    rows: tuple[tuple[str, Decimal, str], ...] = ()

    @property
    def is_explained(self) -> bool:
        """Tell whether it needs nobody."""
        return self.part in EXPLAINS


@dataclass(frozen=True)
class LedgerTie:
    """Both balances and the difference taken apart, with the entries of others that nobody has accepted."""

    books: Decimal
    stated: Decimal
    lines: tuple[Line, ...]
    others: tuple[Entry, ...]

    @property
    def difference(self) -> Decimal:
        """Return by how much the books are more than Amazon says."""
        return self.books - self.stated

    @property
    def open_lines(self) -> tuple[Line, ...]:
        """Return the lines that explain nothing."""
        return tuple(one for one in self.lines if not one.is_explained)

    @property
    def ties(self) -> bool:
        """Tell whether every cent of the difference is explained."""
        return not self.open_lines


def tie(
    books: Decimal,
    books_before: Decimal,
    entries: Sequence[Entry],
    at_go_live: AtGoLive,
    settled: Sequence[Settled],
    stated: Decimal,
    deferred: Decimal,
    not_settled: Decimal,
    billed: Billed = NOTHING_BILLED,
) -> LedgerTie:
    """Take the difference between books and Amazon apart.

    Args:
        books: The ledger's balance of all the accounts at the period's end.
        books_before: The same before the first of `entries`.
        entries: Everything posted on the accounts since then and up to the period's end.
        at_go_live: What the books are said to have held, and since when they are ours.
        settled: Every settlement of ours since go-live.
        stated: What Amazon says it owes at the period's end, the deferred part included.
        deferred: That part.
        not_settled: What was released by then and is in no settlement that is known. What of it is not known is left
            over as unexplained: only the caller can tell.
        billed: What is billed of orders, where any are: then the accounts hold the order receivable as well, and
            documents of settlements are told in `settled` without what they move on it.
    """
    by_hand = tuple(one for one in entries if _is_of_go_live(one, at_go_live))
    received, others, accepted = _sorted_out(entries, by_hand, at_go_live, settled)
    accrued = _sum(one for one in entries if one.by is By.ACCRUAL)
    elsewhere = tuple(one for one in entries if one.by is By.ELSEWHERE)
    lines = [
        _line(Part.ON_THE_WAY, _on_the_way(settled, received, at_go_live)),
        _line(Part.NOT_SETTLED, _not_settled(settled, not_settled)),
        _line(Part.OTHER_PERIOD, _timing(one for one in settled if not one.is_not_settled)),
        Line(Part.DEFERRED, -deferred),
        Line(Part.ACCRUED, accrued),
        _line(Part.BILLED, _billed(billed)),
        _line(Part.ACCEPTED, ((one.document, one.amount, one.accepted) for one in accepted)),
        _line(Part.ELSEWHERE, (*_told_apart(elsewhere), ("receivables", billed.elsewhere, "their orders"))),
        _opening(books_before, by_hand, at_go_live),
        _line(Part.OTHERS, ((one.document, one.amount, _told(one)) for one in others)),
        _line(Part.CHANGED, _changed(settled, entries, billed)),
        _line(Part.SUBLEDGER, _subledger(entries, billed)),
        Line(Part.UNLISTED, books - books_before - _sum(entries)),
    ]
    rest = books - stated - sum((one.amount for one in lines), _ZERO)
    kept = [one for one in (*lines, Line(Part.UNEXPLAINED, rest)) if one.amount or one.rows]
    return LedgerTie(books, stated, tuple(kept), others)


def _is_of_go_live(entry: Entry, at_go_live: AtGoLive) -> bool:
    """Tell whether an entry of others is what the books held at go-live: dated by then, on no item of ours."""
    return entry.by is By.OTHERS and not entry.settlement_id and entry.day <= at_go_live.day


def _sorted_out(
    entries: Sequence[Entry], by_hand: Sequence[Entry], at_go_live: AtGoLive, settled: Sequence[Settled]
) -> tuple[dict[str, Decimal], tuple[Entry, ...], tuple[Entry, ...]]:
    """Return what was received of each settlement's payout, what others booked beside that, and what was accepted.

    An entry of others on the item of a settlement is its receipt as far as Amazon pays so much out of it. What the
    books held of payouts at go-live (under no settlement) is received by an entry of exactly that amount.
    """
    left = {one.settlement_id: one.payable - one.returned for one in settled}
    left[""] = at_go_live.unpaid
    received: dict[str, Decimal] = defaultdict(Decimal)
    others, accepted = [], []
    for one in entries:
        if one.by is By.CASH or (one.by is By.OTHERS and one not in by_hand and _is_receipt(one, left)):
            received[one.settlement_id] += one.amount
            left[one.settlement_id] = left.get(one.settlement_id, _ZERO) + one.amount
        elif one.by is By.OTHERS and one not in by_hand:
            (accepted if one.accepted else others).append(one)
    return received, tuple(others), tuple(accepted)


def _is_receipt(entry: Entry, left: dict[str, Decimal]) -> bool:
    open_amount = left.get(entry.settlement_id, _ZERO)
    if entry.accepted or entry.amount >= 0:
        return False
    return -entry.amount <= open_amount if entry.settlement_id else -entry.amount == open_amount


def _opening(books_before: Decimal, by_hand: Iterable[Entry], at_go_live: AtGoLive) -> Line:
    """Return by how much the books held more at go-live than is stated, with everything that was held and stated."""
    rows = (
        ("held before that month", books_before, ""),
        *((one.document, one.amount, _told(one)) for one in by_hand),
        ("opening stated", -at_go_live.owed, "reserve less debt"),
        ("opening stated", -at_go_live.unpaid, "unpaid payouts"),
    )
    line = _line(Part.OPENING, rows)
    return line if line.amount else Line(Part.OPENING, _ZERO)


def _on_the_way(
    settled: Iterable[Settled], received: dict[str, Decimal], at_go_live: AtGoLive
) -> Iterator[tuple[str, Decimal, str]]:
    known = set()
    for one in settled:
        known.add(one.settlement_id)
        yield one.settlement_id, one.paid - one.returned + received.get(one.settlement_id, _ZERO), one.words
    before = at_go_live.unpaid + sum((amount for name, amount in received.items() if name not in known), _ZERO)
    yield "before go-live", before, "payouts that the books held at go-live"


def _not_settled(settled: Iterable[Settled], not_settled: Decimal) -> Iterator[tuple[str, Decimal, str]]:
    yield from _timing(one for one in settled if one.is_not_settled)
    yield "no settlement", -not_settled, "released, and in no settlement that is known"


def _timing(settled: Iterable[Settled]) -> Iterator[tuple[str, Decimal, str]]:
    """Yield by how much the books have more of a settlement than had happened in it by then."""
    for one in settled:
        yield one.settlement_id, one.planned - one.earned, one.words


def _billed(billed: Billed) -> Iterator[tuple[str, Decimal, str]]:
    """Yield what stands on the order receivable by our records, where it is not what settlements have cleared."""
    cleared = sum((amount for _, amount in billed.cleared), _ZERO)
    if billed.billed + cleared:
        yield "billed", billed.billed, "invoices and credit memos of orders"
        yield "cleared", cleared, "by settlements in the books"


def _subledger(entries: Iterable[Entry], billed: Billed) -> Iterator[tuple[str, Decimal, str]]:
    """Yield by account what the receivables have moved beside what our documents should have: sums, no documents."""
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        if entry.by is By.RECEIVABLES:
            moved[entry.account] += entry.amount
    expected = dict(billed.expected)
    for account in sorted(expected.keys() | moved.keys()):
        held, planned = moved.get(account, _ZERO), expected.get(account, _ZERO)
        yield account, held - planned, f"the ledger has {held} of the receivables, our documents come to {planned}"


def _told_apart(entries: Iterable[Entry]) -> Iterator[tuple[str, Decimal, str]]:
    yield from ((one.document, one.amount, one.words) for one in entries)


def _changed(
    settled: Iterable[Settled], entries: Iterable[Entry], billed: Billed
) -> Iterator[tuple[str, Decimal, str]]:
    """Yield documents of ours that move another amount than our records say, or are not in the books at all."""
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        if entry.by is By.SETTLEMENT:
            moved[entry.document] += entry.amount
    planned: dict[str, Decimal] = defaultdict(Decimal)
    for document, amount in (*(row for one in settled for row in one.documents), *billed.cleared):
        if document not in billed.in_sums:
            planned[document] += amount
    for document in sorted(planned.keys() | moved.keys()):
        held = moved.get(document)
        words = "not in the ledger" if held is None else f"the ledger has {held}, our records {planned[document]}"
        yield document, (held or _ZERO) - planned[document], words


def _line(part: Part, rows: Iterable[tuple[str, Decimal, str]]) -> Line:
    """Return a line of the rows that come to something."""
    kept = tuple(row for row in rows if row[1])
    return Line(part, sum((amount for _, amount, _ in kept), _ZERO), kept)


def _told(entry: Entry) -> str:
    return ", ".join(word for word in (entry.day.isoformat(), entry.words) if word)


def _sum(entries: Iterable[Entry]) -> Decimal:
    return sum((one.amount for one in entries), _ZERO)
