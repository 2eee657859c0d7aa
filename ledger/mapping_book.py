"""A mapping that can be used: its shape, the lines its keys stand on, and the accounts it names.

In: the text of one connection's mapping file. Out: a frozen `Mapping` whose `content_hash` is kept with every journal
made by it; comments and layout do not change the hash, an account does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from ledger.accounts import AccountKey
from ledger.classification import Labels, Triple, triple
from ledger.event_classification import pair
from ledger.glob import is_pattern
from ledger.mapping_file import Path, read_mapping
from ledger.mapping_shape import Booking, InterUnit, MappingShape, OwnerUnit


@dataclass(frozen=True)
class InterUnitAccounts:
    """The four accounts through which an owner's clearing reaches an account of a partner unit."""

    owner_due_from: AccountKey
    owner_due_to: AccountKey
    partner_due_from: AccountKey
    partner_due_to: AccountKey


@dataclass(frozen=True)
class Mapping:
    """The user's half of the mapping: category (and marketplace, SKU, fulfilment, date) to account."""

    file: str
    shape: MappingShape
    lines: dict[Path, int]

    @cached_property
    def content_hash(self) -> str:
        """Return a SHA-256 over everything the file decides."""
        content = self.shape.model_dump(mode="json", exclude_unset=True)
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @cached_property
    def own_triples(self) -> tuple[tuple[Triple, bool, str], ...]:
        """Return the user's own classification in comparable form: labels, is exact, category."""
        rows = (
            (triple(row.transaction_type, row.amount_type, row.amount_description), row) for row in self.shape.triples
        )
        return tuple((labels, not any(is_pattern(one, "*") for one in labels), row.category) for labels, row in rows)

    @cached_property
    def own_leaves(self) -> tuple[tuple[Labels, bool, str], ...]:
        """Return the user's own classification of event lines in comparable form: type and path, is exact, category."""
        rows = ((pair(row.transaction_type, row.leaf_path), row) for row in self.shape.event_leaves)
        return tuple((labels, not any(is_pattern(one, "*") for one in labels), row.category) for labels, row in rows)

    def where(self, *path: str | int) -> str:
        """Say where a key stands: `categories.revenue line 14`."""
        shown = path if path in self.lines else path[:-1]
        text = ".".join(str(part + 1) if isinstance(part, int) else part for part in shown)
        return f"{text} line {self.lines.get(shown, 1)}"

    def owner_of(self, marketplace: str | None) -> OwnerUnit:
        """Return the unit that owns the settlements of a marketplace, with the segments of its lines."""
        wanted = (marketplace or "").strip().casefold()
        others = self.shape.owner.marketplaces.items()
        return next((unit for name, unit in others if name.strip().casefold() == wanted), self.shape.owner)

    def owners(self) -> Iterator[OwnerUnit]:
        """Yield every unit that can own a settlement."""
        yield self.shape.owner
        yield from self.shape.owner.marketplaces.values()

    def clearing(self, marketplace: str | None) -> AccountKey:
        """Return the clearing account of a marketplace's settlements."""
        owner = self.owner_of(marketplace)
        return self.shape.accounts.clearing.key(owner.unit, owner.segments)

    def accrued(self, marketplace: str | None) -> AccountKey | None:
        """Return the counter-account of a marketplace's accruals; None where the file names none."""
        owner, booking = self.owner_of(marketplace), self.shape.accounts.accrued
        return booking.key(owner.unit, owner.segments) if booking else None

    def order_receivable(self, marketplace: str | None) -> AccountKey | None:
        """Return where invoices of a marketplace's orders stand until they are settled; None where none is named."""
        owner, booking = self.owner_of(marketplace), self.shape.accounts.order_receivable
        return booking.key(owner.unit, owner.segments) if booking else None

    def owner_unit(self, unit: str) -> OwnerUnit:
        """Return an owner by its unit, with the segments of its lines."""
        return next((owner for owner in self.owners() if owner.unit == unit), self.shape.owner)

    def opening_debt(self, marketplace: str | None) -> AccountKey:
        """Return the account on which the books held a debt to Amazon at go-live; clearing unless stated."""
        owner = self.owner_of(marketplace)
        booking = self.shape.accounts.opening_debt or self.shape.accounts.clearing
        return booking.key(owner.unit, owner.segments)

    def marketplace_for_blank(self, currency: str) -> str | None:
        """Return what the file says of lines without marketplace in settlements that do not tell; None if nothing."""
        named = self.shape.marketplace_for_blank
        return named.get(currency, named.get("*"))

    def role(self, name: str, day: date) -> tuple[Booking, str] | None:
        """Return the booking of a role (`tax_liability`, ...) on an accounting date and where it stands."""
        given: Any = getattr(self.shape.accounts, name)
        for index, booking in enumerate((given,) if isinstance(given, Booking) else given or ()):
            if booking.holds_on(day):
                return booking, self.where("accounts", name, index)
        return None

    def bank(self, account_tail: str, currency: str, marketplace: str | None, day: date) -> AccountKey | None:
        """Return the account of a bank account on a date, by what is known of its number; None when none takes it."""
        owner = self.owner_of(marketplace)
        fitting = [
            one for one in self.shape.accounts.bank or () if one.holds_on(day) and one.takes(account_tail, currency)
        ]
        best = max(fitting, key=lambda one: one.narrowness, default=None)
        return None if best is None else best.key(owner.unit, owner.segments)

    def of_role(self, name: str, marketplace: str | None, day: date) -> AccountKey | None:
        """Return the account of a role in the books of a marketplace's owner on a date; None when there is none."""
        owner, found = self.owner_of(marketplace), self.role(name, day)
        return None if found is None else found[0].key(owner.unit, owner.segments)

    def of_category(self, name: str, day: date) -> tuple[Booking, str] | None:
        """Return the booking of a category on an accounting date and where it stands."""
        for index, booking in enumerate(self.shape.categories.get(name, ())):
            if booking.holds_on(day):
                return booking, self.where("categories", name, index)
        return None

    def between(self, owner: OwnerUnit, partner: str) -> InterUnitAccounts | None:
        """Return the accounts between an owner and another unit; None when the file has no such pair."""
        wanted = {owner.unit, partner}
        pair = next((one for one in self.shape.accounts.inter_unit if set(one.units) == wanted), None)
        if pair is None:
            return None
        return InterUnitAccounts(
            _between(pair, pair.due_from, owner.unit, partner, owner.segments),
            _between(pair, pair.due_to, owner.unit, partner, owner.segments),
            _between(pair, pair.due_from, partner, owner.unit, owner.segments),
            _between(pair, pair.due_to, partner, owner.unit, owner.segments),
        )


@lru_cache(maxsize=16)
def load_mapping(text: str, file: str) -> Mapping:
    """Return the mapping of a file's text; raise MappingRefused with every problem as file, line, key and cure.

    The same text gives the same mapping, so a run that asks once per stage reads it once.
    """
    shape, lines = read_mapping(text, file)
    return Mapping(file, shape, lines)


def mapping_schema() -> dict[str, Any]:
    """Return the JSON schema of a mapping file, as people may write it."""
    return MappingShape.model_json_schema(mode="validation")


def _between(pair: InterUnit, booking: Booking, unit: str, partner: str, defaults: dict[str, str | None]) -> AccountKey:
    partner_segment = {pair.partner_segment: partner} if pair.partner_segment else {}
    return booking.key(unit, {**defaults, **partner_segment})
