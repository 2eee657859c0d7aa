"""Match what is sold to the items of an ERP: by number, by a reference the ERP keeps, or nearly, or not at all.

In: products (SKU and ASIN) and items. Out: for each product what it is matched to and by what. Pure. A match is exact;
what differs in case, blanks, hyphens or leading zeros only is a near match: it is proposed to people, and never taken,
because A-10 and A1-0 may be two things.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# Blanks, and every hyphen or dash of Unicode that a spreadsheet puts in place of one.
_SKIPPED = re.compile(r"[\s\u00ad\u2010-\u2015\u2212-]+")


class Likeness(StrEnum):
    """How well a name of the marketplace is known in the ERP."""

    MATCH = "match"
    SEVERAL = "several"
    NEAR = "near match"
    MISS = "miss"


@dataclass(frozen=True)
class Product:
    """One product as it is sold; the ASIN is "" where nobody has told it."""

    sku: str
    asin: str = ""
    title: str = ""


@dataclass(frozen=True)
class Item:
    """One item of the ERP; `references` are other names that the ERP keeps of it. Inactive ones match as well."""

    number: str
    is_active: bool = True
    references: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class NewItem:
    """An item that the ERP is to have; `attributes` are what it is told of it by name, number and organization too."""

    number: str
    attributes: tuple[tuple[str, str], ...]

    def content(self) -> dict:
        """Return all of it as plain JSON values."""
        return {"number": self.number, "attributes": [list(one) for one in self.attributes]}

    @classmethod
    def from_content(cls, content: dict) -> NewItem:
        """Rebuild it from `content()`."""
        return cls(content["number"], tuple((name, value) for name, value in content["attributes"]))


@dataclass(frozen=True)
class Match:
    """What one product is matched to: one item when it is a match, several or those nearby otherwise, or none."""

    product: Product
    likeness: Likeness
    items: tuple[Item, ...] = ()
    by: str = ""

    @property
    def is_usable(self) -> bool:
        """Tell whether it is one item, and that active."""
        return self.likeness is Likeness.MATCH and self.items[0].is_active


def folded(name: str) -> str:
    """Return a name without what people write differently: case, blanks, hyphens, leading zeros."""
    return _SKIPPED.sub("", name).casefold().lstrip("0")


def spellings(name: str) -> tuple[str, ...]:
    """Return other spellings of a name that fold to the same, for whoever can only ask by exact name."""
    bare = _SKIPPED.sub("", name)
    found = (name.strip(), bare, bare.lstrip("0"), bare.upper(), name.upper(), name.lower(), bare.lstrip("0").upper())
    return tuple(one for one in dict.fromkeys(found) if one and one != name)


class Items:
    """The items of an ERP, to be looked up by every name they have."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._by_number: defaultdict[str, list[Item]] = defaultdict(list)
        self._by_reference: defaultdict[str, list[Item]] = defaultdict(list)
        self._by_fold: defaultdict[str, list[Item]] = defaultdict(list)
        for item in items:
            self._by_number[item.number].append(item)
            self._by_fold[folded(item.number)].append(item)
            for reference in dict.fromkeys(item.references):
                self._by_reference[reference].append(item)

    def match(self, product: Product) -> Match:
        """Return what a product is; the number counts first, then references, and what is only near comes last."""
        for by, found in self._exactly(product):
            if found:
                likeness = Likeness.MATCH if len(found) == 1 else Likeness.SEVERAL
                return Match(product, likeness, tuple(found), by)
        fold = folded(product.sku)
        near = self._by_fold.get(fold, []) if fold else []
        return Match(product, Likeness.NEAR if near else Likeness.MISS, tuple(near), "number, nearly" if near else "")

    def _exactly(self, product: Product) -> Iterable[tuple[str, list[Item]]]:
        yield "item number", self._by_number.get(product.sku, [])
        yield "SKU as reference", self._by_reference.get(product.sku, [])
        if product.asin:
            yield "ASIN as item number", self._by_number.get(product.asin, [])
            yield "ASIN as reference", self._by_reference.get(product.asin, [])
