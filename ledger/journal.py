"""Journals that cannot be out of balance: movements in, numbered documents out.

A movement names a debit account, a credit account and one positive amount, so every set of movements sums to zero.
Movements come in grouped by the grain of the connection (account, day, SKU or order); lines of one account and one
side are added up, debits and credits of an account are never netted (gross sales and refunds stay visible). More lines
than the ERP takes in one journal are split into numbered parts, each of whole movements and therefore balanced.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from ledger import money
from ledger.accounts import AccountKey
from ledger.applied import Applied
from ledger.billing import Billing
from ledger.errors import InputRefused
from ledger.masters import NewItem


@dataclass(frozen=True)
class Movement:
    """One amount from a credit account to a debit account; references name open items, `detail` the grain.

    `amount` is positive; `quantity` is a statistical amount that stays with the side that is not an open item.
    """

    debit: AccountKey
    credit: AccountKey
    amount: Decimal
    currency: str
    debit_reference: str = ""
    credit_reference: str = ""
    label: str = ""
    detail: str = ""
    quantity: Decimal | None = None
    part_date: date | None = None

    def __post_init__(self) -> None:
        money.exact(self.amount, self.currency)
        if self.amount <= 0:
            raise InputRefused("A movement has a positive amount; a negative line swaps its sides.")
        if self.debit == self.credit and self.debit_reference == self.credit_reference:
            raise InputRefused(f"A movement from {self.debit} to itself moves nothing.")


Form = Literal["journal", "order document", "receipt", "item"]
SETTLEMENT = "settlement"  # the plain kind of a document: journals of a settlement


@dataclass(frozen=True)
class SourceKey:
    """What a document is made from: seller account, ERP ledger, kind of document, id in the source.

    Seller and ledger are their own ids, never a connection's name: renaming a connection posts nothing again. An id
    begins with what the document belongs to; what tells several of one kind apart stands behind a dot.
    """

    seller: str
    ledger: str
    kind: str
    source_id: str

    def __str__(self) -> str:
        return json.dumps([self.seller, self.ledger, self.kind, self.source_id], separators=(",", ":"))

    @property
    def belongs_to(self) -> str:
        """Return the settlement, or month, that a document belongs to."""
        return self.source_id.partition(".")[0]


@dataclass(frozen=True)
class JournalLine:
    """One line: signed amount in the entered currency, debit positive.

    `base_amount` is what it comes to in the base currency of the ledger, where that is known already: an item is closed
    by what it was carried at, never by the rate of the day. None leaves the conversion to the ERP.
    """

    number: int
    account: AccountKey
    amount: Decimal
    reference: str = ""
    description: str = ""
    quantity: Decimal | None = None
    base_amount: Decimal | None = None


@dataclass(frozen=True)
class Journal:
    """One document of a set, as the ERP will hold it.

    `part` counts from 1 to `parts` over the whole set; `source` + `revision` + `part` is the posting key.
    `original_period` (2026-10) is the month a late document belongs to; `reverses` the posting key of the document that
    a reversing one undoes, `takes_along` those of the credit memos that took a part of it back before and are undone
    with it, `base_currency` the currency of the lines' base amounts, `billing` what makes it an invoice or a credit
    memo, `applied` what makes it a receipt, `item` what makes it an item of the master data, which has no lines. All
    are empty otherwise.
    """

    source: SourceKey
    revision: int
    part: int
    parts: int
    unit: str
    accounting_date: date
    currency: str
    rate_type: str
    description: str
    lines: tuple[JournalLine, ...]
    document_reference: str = ""
    original_period: str = ""
    reverses: str = ""
    takes_along: tuple[str, ...] = ()
    base_currency: str = ""
    billing: Billing | None = None
    applied: Applied | None = None
    item: NewItem | None = None

    @cached_property
    def key(self) -> str:
        """Return the posting key as text, the same for ever."""
        return f"{self.source}#{self.revision}.{self.part}"

    @property
    def is_on_record(self) -> bool:
        """Tell whether it moves nothing, so that it stands in our records alone: no ERP ever takes it.

        An item moves nothing as well, and is taken.
        """
        return not self.lines and self.item is None

    @property
    def form(self) -> Form:
        """Return as what the ERP takes it; each form is looked for in books of its own."""
        if self.item is not None:
            return "item"
        if self.applied is not None:
            return "receipt"
        return "journal" if self.billing is None else "order document"

    @cached_property
    def debits(self) -> Decimal:
        """Return the sum of the debit lines."""
        return money.total((line.amount for line in self.lines if line.amount > 0), self.currency)

    @cached_property
    def credits(self) -> Decimal:
        """Return the sum of the credit lines as a positive amount."""
        return -money.total((line.amount for line in self.lines if line.amount < 0), self.currency)

    @property
    def is_balanced(self) -> bool:
        """Tell whether debits equal credits, in base amounts as well where they are stated: of all lines or of none."""
        stated = [line.base_amount for line in self.lines if line.base_amount is not None]
        is_whole = len(stated) in (0, len(self.lines)) and bool(stated) == bool(self.base_currency)
        return self.debits == self.credits and is_whole and not sum(stated, Decimal(0))

    def reference_total(self, account: AccountKey, reference: str) -> Decimal:
        """Return what this document moves on one open item of one account, debit positive."""
        chosen = (line.amount for line in self.lines if line.account == account and line.reference == reference)
        return money.total(chosen, self.currency)

    def content(self) -> dict:
        """Return the whole document as plain JSON values, amounts as text."""
        return {
            "seller": self.source.seller,
            "ledger": self.source.ledger,
            "kind": self.source.kind,
            "source_id": self.source.source_id,
            "revision": self.revision,
            "part": self.part,
            "parts": self.parts,
            "unit": self.unit,
            "accounting_date": self.accounting_date.isoformat(),
            "currency": self.currency,
            "rate_type": self.rate_type,
            "description": self.description,
            "document_reference": self.document_reference,
            "original_period": self.original_period,
            # Left out where there is none, so that the fingerprints of ordinary documents stay what they were.
            **({"reverses": self.reverses} if self.reverses else {}),
            **({"takes_along": list(self.takes_along)} if self.takes_along else {}),
            **({"base_currency": self.base_currency} if self.base_currency else {}),
            **({"billing": self.billing.content()} if self.billing else {}),
            **({"applied": self.applied.content()} if self.applied else {}),
            **({"item": self.item.content()} if self.item else {}),
            "lines": [
                {
                    "number": line.number,
                    "account": str(line.account),
                    "amount": money.text(line.amount, self.currency),
                    "reference": line.reference,
                    "description": line.description,
                    "quantity": None if line.quantity is None else format(line.quantity, "f"),
                    **self._base_of(line),
                }
                for line in self.lines
            ],
        }

    def _base_of(self, line: JournalLine) -> dict[str, str]:
        return {} if line.base_amount is None else {"base_amount": money.text(line.base_amount, self.base_currency)}

    @classmethod
    def from_content(cls, content: dict) -> Journal:
        """Rebuild a document from `content()`; amounts come back exact."""
        plain = {name: content[name] for name in ("revision", "part", "parts", "unit", "currency", "rate_type")}
        lines = tuple(
            JournalLine(
                row["number"],
                AccountKey.parse(row["account"]),
                money.exact(row["amount"], content["currency"]),
                row["reference"],
                row["description"],
                None if row["quantity"] is None else Decimal(row["quantity"]),
                money.exact(row["base_amount"], content["base_currency"]) if "base_amount" in row else None,
            )
            for row in content["lines"]
        )
        return cls(
            SourceKey(*(content[name] for name in ("seller", "ledger", "kind", "source_id"))),
            accounting_date=date.fromisoformat(content["accounting_date"]),
            description=content["description"],
            document_reference=content["document_reference"],
            original_period=content["original_period"],
            reverses=content.get("reverses", ""),
            takes_along=tuple(content.get("takes_along", ())),
            base_currency=content.get("base_currency", ""),
            billing=Billing.from_content(content["billing"]) if "billing" in content else None,
            applied=Applied.from_content(content["applied"]) if "applied" in content else None,
            item=NewItem.from_content(content["item"]) if "item" in content else None,
            lines=lines,
            **plain,
        )

    @cached_property
    def fingerprint(self) -> str:
        """Return a SHA-256 over what would be booked: every field but the revision and the count of parts."""
        content = {name: value for name, value in self.content().items() if name not in ("revision", "parts")}
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class JournalSet:
    """All documents of one source and revision; stored as a whole before the first byte leaves."""

    source: SourceKey
    revision: int
    journals: tuple[Journal, ...]

    @cached_property
    def fingerprint(self) -> str:
        """Return a SHA-256 over count and fingerprints of all parts."""
        text = json.dumps([len(self.journals), *(journal.fingerprint for journal in self.journals)])
        return hashlib.sha256(text.encode()).hexdigest()

    def reference_total(self, account: AccountKey, reference: str) -> Decimal:
        """Return what the whole set moves on one open item, debit positive."""
        return sum((journal.reference_total(account, reference) for journal in self.journals), Decimal(0))

    def with_revision(self, revision: int) -> JournalSet:
        """Return the same content as another revision."""
        if all(one.revision == revision for one in self.journals) and self.revision == revision:
            return self
        return JournalSet(self.source, revision, tuple(replace(one, revision=revision) for one in self.journals))


@dataclass(frozen=True)
class JournalFrame:
    """What all documents of a set share.

    `lines_max` is the ERP's limit of lines in one document; `one_unit_each` makes one document per unit (movements
    between units are then already two movements), otherwise the owner's document holds lines of several units.
    `netted` are accounts of which a document shows the balance only, such as the one that accruals stand on.
    """

    source: SourceKey
    revision: int
    owner_unit: str
    currency: str
    rate_type: str
    description: str
    document_reference: str
    lines_max: int = 300
    one_unit_each: bool = True
    open_item_accounts: frozenset[AccountKey] = field(default_factory=frozenset)
    netted: frozenset[AccountKey] = field(default_factory=frozenset)


def build_journals(movements: Iterable[Movement], frame: JournalFrame, default_date: date) -> JournalSet:
    """Turn movements into balanced, numbered documents; no movements give an empty set.

    Movements are taken in the order given, grouped by accounting date (`part_date`, else `default_date`) and unit.
    Raises InputRefused for a movement of another currency, or one that crosses units where that is not allowed.
    """
    groups: dict[tuple[date, str], list[Movement]] = {}
    for movement in movements:
        if movement.currency != frame.currency:
            raise InputRefused(f"A movement in {movement.currency} does not belong in a journal in {frame.currency}.")
        groups.setdefault((movement.part_date or default_date, _unit(movement, frame)), []).append(movement)
    chunks = [
        (accounting_date, unit, chunk)
        for (accounting_date, unit), group in sorted(groups.items(), key=lambda pair: pair[0])
        for chunk in _chunks(group, frame)
    ]
    journals = tuple(
        Journal(
            source=frame.source,
            revision=frame.revision,
            part=number,
            parts=len(chunks),
            unit=unit,
            accounting_date=accounting_date,
            currency=frame.currency,
            rate_type=frame.rate_type,
            description=frame.description,
            document_reference=frame.document_reference,
            lines=chunk,
        )
        for number, (accounting_date, unit, chunk) in enumerate(chunks, start=1)
    )
    return JournalSet(frame.source, frame.revision, journals)


def _unit(movement: Movement, frame: JournalFrame) -> str:
    if not frame.one_unit_each:
        return frame.owner_unit
    if movement.debit.unit != movement.credit.unit:
        raise InputRefused(
            f"A movement from {movement.credit.unit} to {movement.debit.unit} needs inter-unit accounts: set "
            "inter_unit in the mapping, or leave it to the ERP with inter_unit: erp."
        )
    return movement.debit.unit


def _chunks(movements: Sequence[Movement], frame: JournalFrame) -> Iterator[tuple[JournalLine, ...]]:
    """Yield the lines of one document after the other, whole movements only, at most `lines_max` lines each."""
    if frame.lines_max < 2:
        raise InputRefused("A journal needs room for at least two lines: set lines_max to 2 or more.")
    lines: dict[tuple, JournalLine] = {}
    for movement in movements:
        added = _merged(lines, movement, frame)
        if len(added) > frame.lines_max:
            yield _numbered(lines)
            added = _merged({}, movement, frame)
        lines = added
    if lines:
        yield _numbered(lines)


def _merged(lines: dict[tuple, JournalLine], movement: Movement, frame: JournalFrame) -> dict[tuple, JournalLine]:
    """Return the lines with both sides of a movement added; open-item lines carry no grain and no quantity."""
    merged = dict(lines) if len(lines) + 2 > frame.lines_max else lines
    sides = (
        (movement.debit, movement.debit_reference, movement.amount),
        (movement.credit, movement.credit_reference, -movement.amount),
    )
    for account, reference, amount in sides:
        is_netted = account in frame.netted
        is_open_item = is_netted or account in frame.open_item_accounts
        detail = "" if is_open_item else movement.detail
        label = "" if is_open_item else movement.label
        quantity = None if is_open_item else movement.quantity
        key = (account, reference, not is_netted and amount > 0, label, detail)
        known = merged.get(key)
        if known is None:
            words = " ".join(word for word in (label, detail) if word)
            merged[key] = JournalLine(0, account, amount, reference, words, quantity)
        else:
            both = None if quantity is None else quantity + (known.quantity or Decimal(0))
            merged[key] = replace(
                known, amount=known.amount + amount, quantity=both if both is not None else known.quantity
            )
    return merged


def _numbered(lines: dict[tuple, JournalLine]) -> tuple[JournalLine, ...]:
    kept = (line for line in lines.values() if line.amount)
    return tuple(replace(line, number=number) for number, line in enumerate(kept, start=1))
