"""The product catalogue of a connection: where a product is booked, what it costs, and what the file lacks.

In: the text of the file; then a SKU, a category and a date. Out: an account with the accounting rule, or the two
accounts of cost with what one unit costs; None where the file does not say, for nothing has a default.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from typing import Any

from ledger import money
from ledger.accounts import AccountKey, Nature
from ledger.billing import LineRule
from ledger.catalogue_file import CsvForm, read_catalogue
from ledger.catalogue_shape import CatalogueShape, Product
from ledger.glob import is_pattern, takes
from ledger.mapping_book import Mapping
from ledger.mapping_shape import Booking, OwnerUnit
from ledger.mapping_uses import AccountUsed
from ledger.strict_file import Path
from ledger.suggestion import quoted

_ENTRY = re.compile(r"( *)- ")
GOODS = "revenue"  # the category of the price of the goods themselves
_NATURES = {"revenue": Nature.REVENUE, "cogs": Nature.EXPENSE, "inventory": Nature.RECEIVABLE}


@dataclass(frozen=True)
class Sale:
    """Where an amount of a product is booked, and the rule by which its revenue is earned, if any."""

    account: AccountKey
    rule: LineRule | None


@dataclass(frozen=True)
class Cost:
    """What one unit of a product costs on a date, and the accounts its cost moves between."""

    cogs: AccountKey
    inventory: AccountKey
    unit_cost: Decimal
    currency: str

    def of(self, quantity: Decimal) -> Decimal:
        """Return what units cost, rounded half up to the currency's minor unit."""
        step = Decimal(1).scaleb(-money.minor_units(self.currency))
        return money.exact((self.unit_cost * quantity).quantize(step, ROUND_HALF_UP), self.currency)


@dataclass(frozen=True)
class Catalogue:
    """The user's products; entries are looked at in the order of the file, each thing they say by itself."""

    file: str
    shape: CatalogueShape
    lines: dict[Path, int]
    form: CsvForm | None = None
    indent: str = "  "  # what stands before the dash of an entry, in YAML

    @cached_property
    def content_hash(self) -> str:
        """Return a SHA-256 over everything the file decides."""
        content = self.shape.model_dump(mode="json", exclude_unset=True)
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @property
    def earns_by_rule(self) -> bool:
        """Tell whether any product's revenue is earned by an accounting rule."""
        return any(product.accounting_rule for product in self.shape.products)

    @cached_property
    def _exact(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for index, product in enumerate(self.shape.products):
            for pattern in product.sku:
                if not is_pattern(pattern):
                    found[pattern].append(index)
        return dict(found)

    @cached_property
    def _wild(self) -> list[tuple[str, int]]:
        entries = enumerate(self.shape.products)
        return [(pattern, index) for index, product in entries for pattern in product.sku if is_pattern(pattern)]

    def fitting(self, sku: str, day: date) -> Iterator[Product]:
        """Yield the entries that take a SKU on a date, the first of the file first."""
        indexes = {*self._exact.get(sku, ()), *(index for pattern, index in self._wild if takes(pattern, sku))}
        return (one for one in (self.shape.products[index] for index in sorted(indexes)) if one.holds_on(day))

    def sale(self, sku: str, category: str, day: date, owner: OwnerUnit) -> Sale | None:
        """Return where a product's amount of a category is booked in an owner's books; None where nothing says."""
        for product in self.fitting(sku, day):
            if product.revenue and any(takes(pattern, category) for pattern in product.categories):
                rule = product.accounting_rule
                told = LineRule(rule.name, rule.starts(day), rule.periods) if rule else None
                return Sale(product.revenue.key(owner.unit, owner.segments), told)
        return None

    def cost(self, sku: str, day: date, owner: OwnerUnit) -> Cost | None:
        """Return what a unit costs and where its cost is booked in an owner's books; None where either is not said."""
        entries = list(self.fitting(sku, day))
        booked = next((one for one in entries if one.cogs and one.inventory), None)
        priced = next((one for one in entries if one.unit_cost is not None), None)
        if booked is None or priced is None:
            return None
        accounts = {key: booking.key(owner.unit, owner.segments) for key, booking in booked.bookings()}
        unit_cost, currency = priced.unit_cost, priced.currency
        assert unit_cost is not None
        assert currency is not None
        return Cost(accounts["cogs"], accounts["inventory"], unit_cost, currency)

    def lacks(self, sku: str, day: date, *, with_cost: bool, with_revenue: bool = True) -> tuple[str, ...]:
        """Return the keys that the file does not say of a product on a date."""
        entries = list(self.fitting(sku, day))
        missing = []
        if with_revenue and not any(
            one.revenue and any(takes(pattern, GOODS) for pattern in one.categories) for one in entries
        ):
            missing.append("revenue")
        if with_cost:
            missing += [] if any(one.cogs for one in entries) else ["cogs", "inventory"]
            missing += [] if any(one.says("unit_cost") for one in entries) else ["unit_cost", "currency"]
        return tuple(missing)

    def lines_for(self, missing: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
        """Return what to paste for products with the keys they lack: one line each in the form of the file.

        The values stay empty: a file into which it was pasted without being filled in is refused. A line of YAML is
        indented as the entries of the file are.
        """
        return tuple(
            self.form.line_of(sku) if self.form else f"{self.indent}{_yaml_line(sku, keys)}" for sku, keys in missing
        )

    def account_uses(self, mapping: Mapping) -> tuple[AccountUsed, ...]:
        """Return every account the file names, with what the ERP must know it as, each once."""
        uses: dict[tuple[AccountKey, Nature, date | None, date | None], AccountUsed] = {}
        for index, product in enumerate(self.shape.products):
            for key, booking in product.bookings():
                for owner in mapping.owners():
                    use = self._use(product, index, key, booking, owner)
                    uses.setdefault((use.account, use.nature, use.valid_from, use.valid_to), use)
        return tuple(uses.values())

    def _use(self, product: Product, index: int, key: str, booking: Booking, owner: OwnerUnit) -> AccountUsed:
        is_discount = key == "revenue" and all(not takes(pattern, GOODS) for pattern in product.categories)
        nature = Nature.CONTRA_REVENUE if is_discount else _NATURES[key]
        where = f"{self.file} line {self.lines.get(('products', index), 1)}"
        account = booking.key(owner.unit, owner.segments)
        return AccountUsed(account, nature, key, where, False, product.valid_from, product.valid_to)


def _yaml_line(sku: str, keys: tuple[str, ...]) -> str:
    return f"- {{sku: {quoted(sku)}, {', '.join(f'{key}: {chr(34) * 2}' for key in keys)}}}"


@lru_cache(maxsize=8)
def load_catalogue(text: str, file: str) -> Catalogue:
    """Return the catalogue of a file's text; raise MappingRefused with every problem as file, line, key and cure."""
    shape, lines, form = read_catalogue(text, file)
    return Catalogue(file, shape, lines, form, _indent_of(text, lines))


def _indent_of(text: str, lines: dict[Path, int]) -> str:
    """Return what stands before the dash of the first product; two blanks where it has no line of its own."""
    first = lines.get(("products", 0))
    begun = _ENTRY.match(text.splitlines()[first - 1]) if first else None
    return begun[1] if begun else "  "


def catalogue_schema() -> dict[str, Any]:
    """Return the JSON schema of a catalogue file, as people may write it."""
    return CatalogueShape.model_json_schema(mode="validation")
