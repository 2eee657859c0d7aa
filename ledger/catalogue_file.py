"""From the text of a catalogue file to a checked catalogue, or to all its problems at once.

In: text of a YAML file, or of a CSV file whose columns are named like the keys (`revenue.account`), and the name to
call it by. Out: the shape, and the line of every key. Problems are told as the mapping's are: file, line, key, cure.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from ledger import money
from ledger.catalogue_shape import CatalogueShape, Product, RuleShape
from ledger.categories import categories
from ledger.errors import UnknownCurrency
from ledger.glob import covers, is_pattern, takes
from ledger.mapping_shape import SEGMENTS, Booking
from ledger.strict_file import Path, Problems, Tree, refused

# A line of a large seller's file has about a hundred characters.
_TEXT_MAX = 20_000_000
_GUIDE = "the catalogue guide"
_ANSWERS = ("revenue", "cogs", "unit_cost")
_BOOKINGS = ("revenue", "cogs", "inventory")
# Unit costs with more decimals are a mistake of the export; cents are rounded once per line of a shipment.
_DECIMALS_MAX = 6


def sale_categories() -> tuple[str, ...]:
    """Return the categories of what a shipment brings: prices, and the discounts on them."""
    of_sales = (one for one in categories().values() if one.is_revenue_split)
    return tuple(one.name for one in of_sales if one.nature == "revenue" or one.name == "promo_rebate")


@dataclass(frozen=True)
class CsvForm:
    """How a CSV file is laid out, so that a line to paste fits it."""

    columns: tuple[str, ...]
    separator: str

    def line_of(self, sku: str) -> str:
        """Return a line of the file that names a product and says nothing of it yet."""
        return self._written([sku if name == "sku" else "" for name in self.columns])

    def head(self) -> str:
        """Return the line of columns, as a comment over lines to paste."""
        return f"# {self._written(self.columns)}"

    def _written(self, cells: Sequence[str]) -> str:
        written = io.StringIO()
        csv.writer(written, delimiter=self.separator, lineterminator="").writerow(cells)
        return written.getvalue()


def read_catalogue(text: str, file: str) -> tuple[CatalogueShape, dict[Path, int], CsvForm | None]:
    """Return the shape, the line of every key, and the form of the file where it is a CSV.

    Raises MappingRefused whose sentence lists every problem, one line each, in the order of the file.
    """
    form: CsvForm | None = None
    read: Problems
    if file.lower().endswith(".csv"):
        read = table = _Table(file, text)
        values, form = table.values, CsvForm(tuple(table.columns), table.separator)
    else:
        read = tree = Tree(file, text, _TEXT_MAX)
        values = tree.values()
        if not isinstance(values, dict):
            raise refused(file, [(1, "", "must be keys with values: start with version and products")])
    shape: CatalogueShape | None = None
    try:
        shape = CatalogueShape.model_validate(values)
    except ValidationError as error:
        read.add_shape(error, values, _allowed, _GUIDE)
    if shape is not None and not read.found:
        for path, sentence in _problems(shape):
            read.add(path, sentence)
    if read.found or shape is None:
        raise read.refusal()
    return shape, read.lines, form


class _Table(Problems):
    """The rows of a CSV file as plain values; empty cells say nothing."""

    def __init__(self, file: str, text: str) -> None:
        super().__init__(file, hidden=2)
        if len(text) > _TEXT_MAX:
            raise refused(file, [(1, "", f"is longer than {_TEXT_MAX:,} characters: split it")])
        text = text.removeprefix("\ufeff")
        first = text.partition("\n")[0]
        self.separator = max((",", ";", "\t"), key=first.count)
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=self.separator, strict=True)
        self.columns: list[str] = []
        self.values: dict[str, Any] = {"version": 1, "products": []}
        self.lines["products",] = 1
        begin = 1
        try:
            for row in rows:
                if any(cell.strip() for cell in row):
                    self._take(begin, [cell.strip() for cell in row])
                begin = rows.line_num + 1
        except csv.Error as error:
            raise refused(file, [(begin, "", f"is no CSV ({error}): look at the quotes in it")]) from None
        if not self.columns:
            raise refused(file, [(1, "", "is empty: start with a line of columns, sku among them")])

    def _take(self, line: int, cells: list[str]) -> None:
        if not self.columns:
            self._head(line, cells)
            return
        if len(cells) > len(self.columns):
            self.note(line, "", f"has {len(cells)} cells and the head {len(self.columns)}: quote what has a comma")
            return
        index = len(self.values["products"])
        product: dict[str, Any] = {}
        self.lines["products", index] = line
        for column, cell in zip(self.columns, cells, strict=False):
            if cell:
                *parents, key = column.split(".")
                at = product
                for place, parent in enumerate(parents, start=1):
                    at = at.setdefault(parent, {})
                    self.lines["products", index, *parents[:place]] = line
                at[key] = cell
                self.lines["products", index, *parents, key] = line
        self.values["products"].append(product)

    def _head(self, line: int, cells: list[str]) -> None:
        self.columns = cells
        for column in cells:
            if column not in _columns() and not _is_site_segment(column):
                close = get_close_matches(column, _columns(), n=1)
                hint = f"did you mean {close[0]}?" if close else f"allowed are {', '.join(_columns())}"
                self.note(line, column, f"is no column here: {hint}")
            elif cells.count(column) > 1 and (line, column) not in self.places:
                self.note(line, column, "stands here twice: keep one")
        if "sku" not in cells:
            self.note(line, "sku", "is missing: add the column")
        if self.found:
            raise self.refusal()


def _columns() -> list[str]:
    """Return the columns a CSV may have, as the keys of the YAML are written."""
    plain = ("sku", "category", "name", "unit_cost", "currency", "valid_from", "valid_to")
    booked = (f"{booking}.{key}" for booking in _BOOKINGS for key in ("account", *SEGMENTS))
    return [*plain, *(f"accounting_rule.{key}" for key in RuleShape.model_fields), *booked]


def _is_site_segment(column: str) -> bool:
    booking, _, rest = column.partition(".")
    return booking in _BOOKINGS and rest.startswith("segments.") and rest.count(".") == 1 and rest[-1] != "."


def _allowed(parent: Path) -> list[str]:
    """Return the keys that may stand under a path."""
    names = [part for part in parent if isinstance(part, str)]
    if not names:
        return list(CatalogueShape.model_fields)
    if names[-1] == "accounting_rule":
        return list(RuleShape.model_fields)
    return list(Product.model_fields if names == ["products"] else Booking.model_fields)


def _problems(shape: CatalogueShape) -> Iterator[tuple[Path, str]]:
    """Yield what no single key can know."""
    for index, product in enumerate(shape.products):
        for path, sentence in _of_product(product):
            yield ("products", index, *path), sentence
    yield from _unreachable(shape)


def _of_product(product: Product) -> Iterator[tuple[Path, str]]:
    if not any(product.says(answer) for answer in _ANSWERS) and product.inventory is None:
        yield ("sku",), "says nothing of these products: give revenue, cogs with inventory, or unit_cost"
    if (product.cogs is None) != (product.inventory is None):
        given, missing = ("cogs", "inventory") if product.cogs else ("inventory", "cogs")
        yield (missing,), f"is missing beside {given}: cost moves from one to the other"
    for key in ("category", "accounting_rule"):
        if getattr(product, key) is not None and product.revenue is None:
            yield (key,), "belongs beside revenue: give the account, or remove it"
    for pattern in product.categories:
        if not any(takes(pattern, name) for name in sale_categories()):
            yield ("category",), f"{pattern!r} is none of {', '.join(sale_categories())}"
    for key, booking in product.bookings():
        if booking.valid_from or booking.valid_to:
            yield (key,), "cannot have dates of its own: valid_from and valid_to belong beside sku"
        if booking.unit:
            yield (key, "unit"), "is that of the owner of the marketplace, in the mapping: remove it"
        if booking.nature:
            yield (key, "nature"), f"is fixed for {key}: remove it"
    if product.cogs and product.inventory and product.cogs == product.inventory:
        yield ("inventory",), "is the account of cogs itself: choose the one the stock stands on"
    yield from _of_cost(product)


def _of_cost(product: Product) -> Iterator[tuple[Path, str]]:
    cost, currency = product.unit_cost, product.currency
    if cost is None:
        if currency:
            yield ("currency",), "belongs beside unit_cost: give the cost, or remove it"
        return
    if cost < 0 or cost > 10**12 or round(cost, _DECIMALS_MAX) != cost:
        yield ("unit_cost",), f"must be zero or more, of at most {_DECIMALS_MAX} decimals"
    if currency is None:
        yield ("currency",), "is missing beside unit_cost: add it, for example USD"
        return
    try:
        money.minor_units(currency)
    except UnknownCurrency as error:
        yield ("currency",), str(error)


def _unreachable(shape: CatalogueShape) -> Iterator[tuple[Path, str]]:
    """Yield what an earlier entry takes before; exact SKUs are looked up, so that a long file is read in no time."""
    for answer in _ANSWERS:
        exact: dict[str, list[int]] = defaultdict(list)
        wild: list[int] = []
        for index, product in enumerate(shape.products):
            if not product.says(answer):
                continue
            earlier = {one for pattern in product.sku for one in exact.get(pattern, ())} | set(wild)
            taker = next((one for one in sorted(earlier) if _covers(shape.products[one], product, answer)), None)
            if taker is not None:
                path: Path = ("products", index, answer)
                yield path, f"can never be reached: entry {taker + 1} takes all of it. Move it up or remove it"
            for pattern in product.sku:
                exact[pattern].append(index)
            if any(is_pattern(pattern) for pattern in product.sku):
                wild.append(index)


def _covers(general: Product, specific: Product, answer: str) -> bool:
    """Tell whether an entry takes all SKUs, categories and dates of a later one."""
    pairs = [(general.sku, specific.sku)]
    if answer == "revenue":
        pairs.append((general.categories, specific.categories))
    return general.spans(specific) and all(
        all(any(covers(wide, narrow) for wide in wides) for narrow in narrows) for wides, narrows in pairs
    )
