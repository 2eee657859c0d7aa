"""Orders that the books held as receivables at go-live: shipped before, settled after.

A settlement file does not say when an order was shipped, so the connection names the orders: a file exported from the
books, or from the marketplace's order report cut at go-live. In: its text. Out: the orders by id, or one refusal with
every problem of the file. What clears them is decided in `ledger/resolution.py`; here only the list is known.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledger import money
from ledger.errors import ConfigurationRefused, InputRefused
from ledger.mapping_book import Mapping
from ledger.policy import Policy, exact_number, iso_date

_COLUMNS = ("order_id", "shipped", "amount")
_LINES_MAX = 1_000_000
_PROBLEMS_SHOWN_MAX = 20


@dataclass(frozen=True)
class OpeningOrder:
    """One order: when it was shipped and what the books held for it, each where the file says so."""

    order_id: str
    shipped: date | None = None
    amount: Decimal | None = None


@dataclass(frozen=True)
class OpeningOrders:
    """The listed orders; `books_to_receivable` tells whether their sales clear the receivable or stay revenue.

    `ignored` are columns of the file that say nothing here; a misspelt one would be among them.
    """

    orders: dict[str, OpeningOrder] = field(default_factory=dict)
    books_to_receivable: bool = False
    content_hash: str = ""
    ignored: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.orders)


@dataclass(frozen=True)
class Cleared:
    """What a sale brought in one settlement, what it brought in `earlier` ones, and what the books had stated.

    An order that was shipped in parts is paid in parts: only all of them together can equal what the books held.
    """

    order: OpeningOrder
    amount: Decimal
    account: str
    earlier: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """Return what has been cleared so far beyond the stated amount; zero where none was stated."""
        return Decimal(0) if self.order.amount is None else self.earlier + self.amount - self.order.amount

    def row(self, currency: str) -> dict[str, str]:
        """Return it as a row of a table."""
        stated = self.order.amount
        return {
            "order": self.order.order_id,
            "shipped": self.order.shipped.isoformat() if self.order.shipped else "",
            "settled": amount_text(self.amount, currency),
            "settled earlier": amount_text(self.earlier, currency) if self.earlier else "",
            "in the books": "" if stated is None else amount_text(stated, currency),
            "difference": amount_text(self.difference, currency) if self.difference else "",
            "booked to": self.account,
        }


def amount_text(amount: Decimal, currency: str) -> str:
    """Write an amount with the currency's decimals; one that has more of them, as somebody wrote it in the file."""
    try:
        return money.text(amount, currency)
    except InputRefused:
        return format(amount, "f")


def without_account(orders: OpeningOrders, mapping: Mapping) -> str:
    """Say that the listed orders clear a receivable for which the mapping names no account, or return nothing."""
    if not orders.books_to_receivable or mapping.shape.accounts.opening_receivable is not None:
        return ""
    return (
        f"{mapping.file}: accounts.opening_receivable is missing, and books.orders_before_go_live of the connection "
        "books to it."
    )


def read_opening_orders(text: str, file: str, policy: Policy) -> OpeningOrders:
    """Return the orders of a comma-separated file with a header line; columns besides `order_id` may be left out.

    `shipped` is an ISO date, before `books_from` where that is a date; `amount` what the books held, in the currency
    the order was sold in. An order that stands twice with the same values counts once. Raises ConfigurationRefused
    with every line that cannot be used.
    """
    chosen = policy.orders_before_go_live
    assert chosen is not None, "read only where the connection names a file"
    rows = _rows(text, file)
    header = [name.strip() for name in rows[0][1]] if rows else []
    names = [name.casefold() for name in header]
    if "order_id" not in names:
        raise ConfigurationRefused(
            f"{file}:1: the first line must name the columns, separated by commas, order_id among them: "
            f"{', '.join(_COLUMNS)}."
        )
    twice = [name for name in _COLUMNS if names.count(name) > 1]
    if twice:
        raise ConfigurationRefused(f"{file}:1: column {twice[0]} stands twice: leave the right one.")
    orders: dict[str, OpeningOrder] = {}
    problems = list(_read(rows[1:], names, orders, policy))
    if problems:
        shown = [f"{file}:{line}: {said}" for line, said in problems[:_PROBLEMS_SHOWN_MAX]]
        more = [f"and {len(problems) - len(shown)} more"] if len(problems) > len(shown) else []
        raise ConfigurationRefused("\n".join([*shown, *more]))
    content = sorted((one.order_id, str(one.shipped), str(one.amount)) for one in orders.values())
    digest = hashlib.sha256(repr((chosen.book_to, content)).encode()).hexdigest()
    ignored = tuple(name for name in header if name and name.casefold() not in _COLUMNS)
    return OpeningOrders(orders, chosen.book_to == "opening_receivable", digest, ignored)


def _rows(text: str, file: str) -> list[tuple[int, list[str]]]:
    """Return the fields of each row with the line it ends on; a quote left open is refused, it would hide orders."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            rows.append((reader.line_num, cells))
            if len(rows) > _LINES_MAX:
                raise ConfigurationRefused(f"{file}: more than {_LINES_MAX:,} lines are no list of open orders.")
    except csv.Error as error:
        began = rows[-1][0] + 1 if rows else 1
        raise ConfigurationRefused(
            f"{file}:{began}: what begins here is no row of a comma-separated file ({error}): close the quotes."
        ) from None
    return rows


def _read(
    rows: list[tuple[int, list[str]]], names: list[str], orders: dict[str, OpeningOrder], policy: Policy
) -> Iterator[tuple[int, str]]:
    """Fill `orders`; yield line and sentence of everything that cannot be used."""
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(names):
            yield line, f"has {len(cells)} fields, the header {len(names)}: put fields that hold a comma in quotes"
            continue
        given = dict(zip(names, (cell.strip() for cell in cells), strict=False))
        try:
            order = _order(given, policy)
        except ValueError as error:
            yield line, str(error)
            continue
        if orders.setdefault(order.order_id, order) != order:
            yield line, f"order {order.order_id} stands twice with other values: leave the right line"


def _order(given: dict[str, str], policy: Policy) -> OpeningOrder:
    order_id = given["order_id"] if given.get("order_id") else ""
    if not order_id:
        raise ValueError("order_id is empty: fill it in or delete the line")
    shipped = _named("shipped", iso_date, given)
    if shipped is not None and isinstance(policy.books_from, date) and shipped >= policy.books_from:
        raise ValueError(
            f"order {order_id} was shipped on {shipped}, not before go-live ({policy.books_from}): its sale belongs to "
            "revenue, delete the line"
        )
    return OpeningOrder(order_id, shipped, _named("amount", exact_number, given))


def _named(name, read, given: dict[str, str]):
    """Return a value that may be left out; raise ValueError that names its column."""
    text = given.get(name, "")
    if not text:
        return None
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"{name} {text[:40]!r} {error}") from None
