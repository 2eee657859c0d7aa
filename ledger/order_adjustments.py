"""What makes up for a shipment that is told otherwise after its invoice was sent: one more invoice, or a credit memo.

In: the invoice as it would be made now, as it was sent, and what adjusted it since. Out: a document of the difference
by line, where it is small enough and of amounts alone. It has a key of its own, made of the invoice's and a number, so
that it happens once; and it never takes more off a line than is left of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledger.accounts import AccountKey
from ledger.journal import Journal, JournalSet, SourceKey
from ledger.order_documents import CREDIT_MEMO, INVOICE, Order, Sold, billed_lines, credits_of, invoice_of
from ledger.periods import belongs_to, is_late, period_of

_SOURCE_ID = re.compile(r"(.+\..+)\.A(\d+)")
# account, category, SKU: what tells one line of an invoice from another.
_Line = tuple[str, str, str]


@dataclass(frozen=True)
class Adjusted:
    """An invoice as it was sent, the documents that adjusted it, and every credit memo of its order."""

    sent: Journal
    adjustments: tuple[Journal, ...] = ()
    credits: tuple[Journal, ...] = ()


def adjustment_source(invoice: SourceKey, kind: str, number: int) -> SourceKey:
    """Return what makes the posting key of the so many-th document that adjusts an invoice."""
    return replace(invoice, kind=kind, source_id=f"{invoice.source_id}.A{number}")


def adjusts(source_id: str) -> str:
    """Return the id of the invoice that a document of this id adjusts; "" for what adjusts none."""
    found = _SOURCE_ID.fullmatch(source_id)
    return found[1] if found else ""


def is_made_up_for(source: SourceKey) -> bool:
    """Tell whether a document is a credit memo of what was billed too much: no refund asked for it."""
    return source.kind == CREDIT_MEMO and bool(adjusts(source.source_id))


def number_of(source_id: str) -> int:
    """Return which adjustment of its invoice a document of this id is, from 1; 0 for what adjusts none."""
    found = _SOURCE_ID.fullmatch(source_id)
    return int(found[2]) if found else 0


def adjustment_of(order: Order, now: Journal, known: Adjusted, tolerance: Decimal, on: date) -> JournalSet | None:
    """Return the document of what an invoice and its adjustments lack of what it would be now, dated on a day.

    Empty where they lack nothing. None where a person has to look: the whole difference is above the tolerance, is of
    more than amounts, moves money between lines only, or takes more off a line than is left of it; so does any that a
    receipt would have to close, or that is earned by a rule.
    """
    if not _differs_in_amounts_only(now, known.sent) or _size(_lacking(now, [known.sent])) > tolerance:
        return None
    lacking = _lacking(now, [known.sent, *known.adjustments])
    owed = sum((one.amount for one in lacking), Decimal(0))
    order = replace(order, on=on)
    if not lacking:
        return JournalSet(known.sent.source, 1, ())
    if owed > 0:
        return _named(order, known, INVOICE, invoice_of(order, lacking).journals)
    if owed == 0 or order.clear_by == "receipts":
        return None
    taken = credits_of(order, lacking, [known.sent], known.credits)
    return None if taken.beyond else _named(order, known, CREDIT_MEMO, taken.memos[0].journals)


def _named(order: Order, known: Adjusted, kind: str, made: Sequence[Journal]) -> JournalSet:
    """Return a document under the key of the next adjustment."""
    number = max((number_of(one.source.source_id) for one in known.adjustments), default=0) + 1
    source = adjustment_source(known.sent.source, kind, number)
    words = f"Amazon order {order.order_id}, difference"
    return JournalSet(source, 1, tuple(replace(one, source=source, description=words) for one in made))


def _differs_in_amounts_only(now: Journal, sent: Journal) -> bool:
    """Tell whether customer, accounts, currency, day and units are those that were sent, and no line has a rule."""
    ours, theirs = now.billing, sent.billing
    assert ours is not None, "every invoice has its billing"
    assert theirs is not None, "every invoice has its billing"
    if ours.rules or theirs.rules:
        return False
    of_billing = ("order_id", "customer", "receivable", "clear_by", "transaction_id")
    of_journal = ("unit", "currency", "rate_type")
    is_same_day = (
        belongs_to(sent) == period_of(now.accounting_date)
        if is_late(sent) and not is_late(now)
        else (sent.accounting_date, belongs_to(sent)) == (now.accounting_date, belongs_to(now))
    )
    return (
        is_same_day
        and all(getattr(ours, name) == getattr(theirs, name) for name in of_billing)
        and all(getattr(now, name) == getattr(sent, name) for name in of_journal)
        and _units(now) == _units(sent)
        and _is_on_the_same_accounts(now, sent)
    )


def _units(invoice: Journal) -> dict[_Line, Decimal]:
    counted = ((one, one.quantity) for one in billed_lines(invoice) if one.quantity is not None)
    return {_line(one): quantity for one, quantity in counted}


def _is_on_the_same_accounts(now: Journal, sent: Journal) -> bool:
    """Tell whether what both have of a category and product stands on the same accounts."""
    ours, theirs = _accounts(now), _accounts(sent)
    return all(ours[one] == theirs[one] for one in ours.keys() & theirs.keys())


def _accounts(invoice: Journal) -> dict[tuple[str, str], set[AccountKey]]:
    found: dict[tuple[str, str], set[AccountKey]] = {}
    for one in billed_lines(invoice):
        found.setdefault((one.category, one.sku), set()).add(one.account)
    return found


def _lacking(now: Journal, standing: Iterable[Journal]) -> list[Sold]:
    """Return by line what documents that stand lack of an invoice, in favour of the seller; below zero is too much."""
    sums: dict[_Line, Decimal] = {}
    for one in billed_lines(now):
        sums[_line(one)] = sums.get(_line(one), Decimal(0)) + one.amount
    for document in standing:
        for one in billed_lines(document):
            sums[_line(one)] = sums.get(_line(one), Decimal(0)) - one.amount
    return [
        Sold(AccountKey.parse(account), amount, category, sku)
        for (account, category, sku), amount in sorted(sums.items())
        if amount
    ]


def _line(one: Sold) -> _Line:
    return str(one.account), one.category, one.sku


def _size(lacking: Iterable[Sold]) -> Decimal:
    """Return how large a difference is: what is added or what is taken off, whichever is more."""
    amounts = [one.amount for one in lacking]
    more = sum((one for one in amounts if one > 0), Decimal(0))
    less = -sum((one for one in amounts if one < 0), Decimal(0))
    return max(more, less)
