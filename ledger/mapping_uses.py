"""What a mapping looks at and what it names: for grouping lines, for coverage, and for asking the ERP.

In: a mapping. Out: the line columns its rules depend on (SQL groups by no more than these), the categories without an
account, every account with what it is used for, and things worth a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.accounts import AccountKey, Nature
from ledger.categories import ROLE_OF_CATEGORY, TAX_COLLECTED, TAX_WITHHELD, categories
from ledger.classification import label
from ledger.glob import is_pattern, takes
from ledger.mapping_book import Mapping
from ledger.mapping_rules import bookings
from ledger.mapping_shape import Booking, OwnerUnit, Rule

_ALWAYS = ("transaction_type", "amount_type", "amount_description", "marketplace")
_NATURE_OF_ROLE = {
    "pass_through_tax": Nature.LIABILITY,
    "tax_liability": Nature.LIABILITY,
    "input_tax": Nature.RECEIVABLE,
    "input_tax_waiting": Nature.RECEIVABLE,
    "card_in_transit": Nature.CASH_IN_TRANSIT,
    "accrued": Nature.RECEIVABLE,
    "opening_debt": Nature.LIABILITY,
    "opening_receivable": Nature.RECEIVABLE,
    "order_receivable": Nature.RECEIVABLE,
    "inventory_loss": Nature.EXPENSE,
    "bank": Nature.CASH,
    "fx_realised": Nature.EXPENSE,
}


@dataclass(frozen=True)
class AccountUsed:
    """An account a mapping names: as what, for which category or role, and from when to when (both included)."""

    account: AccountKey
    nature: Nature
    category: str
    rule: str
    needs_open_item: bool = False
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether the mapping uses it on an accounting date."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


def dimensions(mapping: Mapping) -> tuple[str, ...]:
    """Return the fields of a Combination that lines must be grouped by; SKU and fulfilment only where a rule asks."""
    whens = [rule.when for rule in mapping.shape.rules]
    asked = tuple(name for name in ("sku", "fulfilment") if any(getattr(when, name) for when in whens))
    return (*_ALWAYS, *asked)


def sku_patterns(mapping: Mapping) -> tuple[str, ...]:
    """Return the distinct SKU patterns of the rules: SKUs that fit the same ones need to be resolved only once."""
    found = (pattern for rule in mapping.shape.rules for pattern in rule.when.sku or ())
    return tuple(dict.fromkeys(found))


def coverage(mapping: Mapping) -> tuple[str, ...]:
    """Return the categories that have no account of their own, in the order of the shipped table.

    A category that only rules with conditions name counts as uncovered: lines that fit none of them would stop.
    """
    shape = mapping.shape
    covered = set(shape.categories)
    covered |= {category for category, role in ROLE_OF_CATEGORY.items() if getattr(shape.accounts, role)}
    if shape.accounts.pass_through_tax and shape.accounts.tax_liability:
        covered |= {TAX_COLLECTED, TAX_WITHHELD}
    for rule in shape.rules:
        if rule.when.model_fields_set == {"category"}:
            covered |= set(rule.when.category)
    return tuple(name for name, category in categories().items() if name not in covered and not category.is_carried)


def account_uses(mapping: Mapping) -> tuple[AccountUsed, ...]:
    """Return every account the mapping names, with what the ERP must know it as, each once."""
    return tuple(dict.fromkeys(_uses(mapping)))


def warnings(mapping: Mapping) -> tuple[str, ...]:
    """Return what may be meant but deserves a second look."""
    found = []
    collected, withheld = (_accounts_of(mapping, name) for name in (TAX_COLLECTED, TAX_WITHHELD))
    if collected and withheld and collected != withheld:
        found.append(
            f"{mapping.file}: tax_collected and marketplace_tax_withheld go to different accounts, so that neither "
            "comes to zero where the marketplace remits the tax. Use accounts.pass_through_tax for both."
        )
    return tuple(found)


def _accounts_of(mapping: Mapping, category: str) -> set[str]:
    """Return the accounts of a tax category where the marketplace remits: of rules, its own, else those of the role."""
    own = mapping.shape.categories.get(category) or mapping.shape.accounts.pass_through_tax or ()
    rules = (one for one in mapping.shape.rules if any(takes(pattern, category) for pattern in one.when.category))
    bookings_of = [*own, *(one.book for one in rules)]
    return {str(booking.key(mapping.shape.owner.unit, {})) for booking in bookings_of}


def _uses(mapping: Mapping) -> Iterator[AccountUsed]:
    shape = mapping.shape
    for owner in mapping.owners():
        clearing = shape.accounts.clearing.key(owner.unit, owner.segments)
        yield AccountUsed(clearing, Nature.RECEIVABLE, "clearing", mapping.where("accounts", "clearing"), True)
    for path, name, booking in bookings(shape):
        dated = shape.rules[path[1]] if path[0] == "rules" and isinstance(path[1], int) else booking
        category = categories().get(name)
        nature = booking.nature or (category.nature if category else _NATURE_OF_ROLE.get(name))
        if nature is None:
            continue
        for owner in _owners(mapping, dated):
            account = booking.key(owner.unit, owner.segments)
            where = mapping.where(*path)
            yield AccountUsed(account, nature, name, where, False, dated.valid_from, dated.valid_to)
    yield from _between_units(mapping)


def _between_units(mapping: Mapping) -> Iterator[AccountUsed]:
    for owner in mapping.owners():
        for index, pair in enumerate(mapping.shape.accounts.inter_unit):
            if owner.unit not in pair.units:
                continue
            partner = next(unit for unit in pair.units if unit != owner.unit)
            found = mapping.between(owner, partner)
            assert found is not None, "the pair was just seen"
            where = mapping.where("accounts", "inter_unit", index)
            for account in (found.owner_due_from, found.partner_due_from):
                yield AccountUsed(account, Nature.RECEIVABLE, "due_from", where)
            for account in (found.owner_due_to, found.partner_due_to):
                yield AccountUsed(account, Nature.LIABILITY, "due_to", where)


def _owners(mapping: Mapping, dated: Booking | Rule) -> list[OwnerUnit]:
    """Return the owners whose settlements a booking can meet; a rule for named marketplaces meets only theirs."""
    names = dated.when.marketplace if isinstance(dated, Rule) else None
    if names is None or any(is_pattern(name) or label(name).startswith("non-amazon") for name in names):
        return list(mapping.owners())
    return [mapping.owner_of(name) for name in names]
