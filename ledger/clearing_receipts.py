"""Receipts that close the invoices a settlement pays: one for each customer, applied to invoices and credit memos.

In: what a settlement brought of each order, and what of these orders is open. Out: balanced documents that debit
clearing and credit the account that the invoices stand on; what they hold is no part of the settlement's journal, so
that both together are its total. What is applied is never more than is left of an invoice or a credit memo, and no
receipt is of nothing or below: money that was given back is no money received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from ledger import money
from ledger.accounts import AccountKey
from ledger.applied import Applied
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalLine, JournalSet, SourceKey


@dataclass(frozen=True)
class OpenItem:
    """An invoice, or a credit memo, that receipts close: its posting key, and what is left of it.

    `left` is debit positive, so that it is below zero on a credit memo; `account` is the one it stands on, `on` its
    date.
    """

    key: str
    order_id: str
    customer: str
    account: AccountKey
    left: Decimal
    on: date


@dataclass(frozen=True)
class Brought:
    """What a settlement brought of one order that receipts clear: of its sale, and of what was given back (below 0)."""

    order_id: str
    sold: Decimal
    refunded: Decimal


@dataclass(frozen=True)
class Share:
    """What a receipt is applied to, and by how much; below zero on a credit memo."""

    item: OpenItem
    amount: Decimal


@dataclass(frozen=True)
class Shares:
    """What a settlement closes; `beyond` is by order what nothing that is open takes, signed."""

    shares: tuple[Share, ...] = ()
    beyond: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class ReceiptFrame:
    """What all receipts of a settlement share; `applied_to_max` is to how many items one is applied."""

    source: SourceKey
    clearing: AccountKey
    reference: str
    currency: str
    rate_type: str
    on: date
    applied_to_max: int


@dataclass(frozen=True)
class Receipts:
    """The receipts of a settlement, and what customers come to of whom one would be of zero or less."""

    journals: tuple[Journal, ...] = ()
    not_above_zero: Mapping[str, Decimal] = field(default_factory=dict)


def shares_of(brought: Iterable[Brought], items: Iterable[OpenItem]) -> Shares:
    """Return what of each open item a settlement closes: the one of just that amount, else the oldest first."""
    open_items: dict[str, list[OpenItem]] = {}
    for item in sorted(items, key=lambda one: (one.on, one.key)):
        open_items.setdefault(item.order_id, []).append(item)
    shares: list[Share] = []
    beyond: dict[str, Decimal] = {}
    for one in sorted(brought, key=lambda one: one.order_id):
        for amount, is_credit in ((one.sold, False), (one.refunded, True)):
            of_kind = [item for item in open_items.get(one.order_id, ()) if (item.left < 0) == is_credit]
            taken = _taken(amount, of_kind)
            shares += taken
            rest = amount - sum((share.amount for share in taken), Decimal(0))
            if rest:
                beyond[one.order_id] = beyond.get(one.order_id, Decimal(0)) + rest
    return Shares(tuple(shares), beyond)


def _taken(amount: Decimal, items: Sequence[OpenItem]) -> list[Share]:
    """Return how an amount lies on items of its sign, each by at most what is left of it."""
    just_that = [item for item in items if item.left == amount]
    taken, rest = [], amount
    for item in just_that[:1] or items:
        part = min(rest, item.left, key=abs) if rest and (rest < 0) == (item.left < 0) else Decimal(0)
        if part:
            taken.append(Share(item, part))
            rest -= part
    return taken


def receipts_of(shares: Iterable[Share], frame: ReceiptFrame) -> Receipts:
    """Return the receipts of a settlement, several of a customer where one would be applied to too much.

    Raises InputRefused for invoices of another unit than clearing: a receipt is of one.
    """
    by_customer: dict[str, list[Share]] = {}
    for one in shares:
        if one.item.account.unit != frame.clearing.unit:
            raise InputRefused(
                f"The invoice of order {one.item.order_id} stands in unit {one.item.account.unit}, and clearing in "
                f"{frame.clearing.unit}: no receipt is of two units."
            )
        by_customer.setdefault(one.item.customer, []).append(one)
    journals: list[Journal] = []
    not_above_zero: dict[str, Decimal] = {}
    for customer, of_customer in sorted(by_customer.items()):
        piles = _dealt(of_customer, frame.applied_to_max)
        totals = [money.total((one.amount for one in pile), frame.currency) for pile in piles]
        if min(totals) <= 0:
            not_above_zero[customer] = money.total(totals, frame.currency)
            continue
        journals += [_receipt(customer, *one, frame) for one in zip(piles, totals, strict=True)]
    return Receipts(tuple(journals), not_above_zero)


def _dealt(shares: Sequence[Share], at_most: int) -> list[list[Share]]:
    """Return shares in as few piles as hold so many each, of about the same amount."""
    count = -(-len(shares) // at_most)
    piles: list[list[Share]] = [[] for _ in range(count)]
    sums = [Decimal(0)] * count
    # Money goes where there is least of it, then what is given back where there is most: each pile ends above zero.
    for one in sorted(shares, key=lambda one: (one.amount < 0, -abs(one.amount), one.item.key)):
        free = [place for place in range(count) if len(piles[place]) < at_most]
        chosen = (min if one.amount > 0 else max)(free, key=lambda place: sums[place])
        piles[chosen].append(one)
        sums[chosen] += one.amount
    return [sorted(pile, key=lambda one: (one.item.order_id, one.item.on, one.item.key)) for pile in piles]


def _receipt(customer: str, shares: Sequence[Share], total: Decimal, frame: ReceiptFrame) -> Journal:
    lines = [JournalLine(1, frame.clearing, total, frame.reference)]
    lines += [
        JournalLine(number, one.item.account, -one.amount, one.item.order_id)
        for number, one in enumerate(shares, start=2)
    ]
    return Journal(
        source=frame.source,
        revision=1,
        part=1,
        parts=1,
        unit=frame.clearing.unit,
        accounting_date=frame.on,
        currency=frame.currency,
        rate_type=frame.rate_type,
        description=f"Amazon settlement {frame.source.belongs_to}, paid for customer {customer}",
        lines=tuple(lines),
        document_reference=frame.reference,
        applied=Applied(customer, ("", *(one.item.key for one in shares))),
    )


def with_receipts(journals: JournalSet, receipts: Sequence[Journal]) -> JournalSet:
    """Return a settlement's journals and receipts as one set, numbered through: the journals go first."""
    everything = (*journals.journals, *receipts)
    if not receipts:
        return journals
    numbered = (
        replace(one, revision=journals.revision, part=part, parts=len(everything))
        for part, one in enumerate(everything, start=1)
    )
    return replace(journals, journals=tuple(numbered))


def applied_by(documents: Iterable[Journal]) -> dict[str, Decimal]:
    """Return what receipts among some documents take off each item, by its posting key, debit positive."""
    sums: dict[str, Decimal] = {}
    for one in (each for each in documents if each.applied):
        for line, key in zip(one.lines, one.applied.to, strict=True):
            if key:
                sums[key] = sums.get(key, Decimal(0)) - line.amount
    return sums
