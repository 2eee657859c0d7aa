"""Orders that the books held as receivables at go-live: shipped before, settled after.

A settlement file does not say when an order was shipped, so the connection names the orders: a file exported from the
books, or from the marketplace's order report cut at go-live. In: its text. Out: the orders by id, or one refusal with
every problem of the file. What clears them is decided in `ledger/resolution.py`; here only the list is known.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledger import money
from ledger.errors import ConfigurationRefused
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
    """The listed orders; `books_to_receivable` tells whether their sales clear the receivable or stay revenue."""

    orders: dict[str, OpeningOrder] = field(default_factory=dict)
    books_to_receivable: bool = False
    content_hash: str = ""

    def __bool__(self) -> bool:
        return bool(self.orders)


@dataclass(frozen=True)
class Cleared:
    """One listed order in one settlement: what its sale brought, and what the books had stated, if they had."""

    order: OpeningOrder
    amount: Decimal
    account: str

    @property
    def difference(self) -> Decimal:
        """Return what was cleared beyond the stated amount; zero where none was stated."""
        return Decimal(0) if self.order.amount is None else self.amount - self.order.amount

    def row(self, currency: str) -> dict[str, str]:
        """Return it as a row of a table."""
        stated = self.order.amount
        return {
            "order": self.order.order_id,
            "shipped": self.order.shipped.isoformat() if self.order.shipped else "",
            "settled": money.text(self.amount, currency),
            "in the books": "" if stated is None else money.text(money.exact(stated, currency), currency),
            "difference": money.text(self.difference, currency) if self.difference else "",
            "booked to": self.account,
        }


def read_opening_orders(text: str, file: str, policy: Policy) -> OpeningOrders:
    """Return the orders of a comma-separated file with a header line; columns besides `order_id` may be left out.

    `shipped` is an ISO date, before `books_from` where that is a date; `amount` what the books held, in the currency
    the order was sold in. An order that stands twice with the same values counts once. Raises ConfigurationRefused
    with every line that cannot be used.
    """
    chosen = policy.orders_before_go_live
    assert chosen is not None, "read only where the connection names a file"
    rows = list(csv.reader(text.removeprefix("\ufeff").splitlines()))
    if len(rows) > _LINES_MAX:
        raise ConfigurationRefused(f"{file}: more than {_LINES_MAX:,} lines are no list of open orders.")
    names = [name.strip().casefold() for name in rows[0]] if rows else []
    if "order_id" not in names:
        raise ConfigurationRefused(
            f"{file}:1: the first line must name the columns, order_id among them: {', '.join(_COLUMNS)}."
        )
    orders: dict[str, OpeningOrder] = {}
    problems = list(_read(rows, names, orders, policy))
    if problems:
        shown = [f"{file}:{line}: {said}" for line, said in problems[:_PROBLEMS_SHOWN_MAX]]
        more = [f"and {len(problems) - len(shown)} more"] if len(problems) > len(shown) else []
        raise ConfigurationRefused("\n".join([*shown, *more]))
    content = sorted((one.order_id, str(one.shipped), str(one.amount)) for one in orders.values())
    digest = hashlib.sha256(repr((chosen.book_to, content)).encode()).hexdigest()
    return OpeningOrders(orders, chosen.book_to == "opening_receivable", digest)


def _read(
    rows: list[list[str]], names: list[str], orders: dict[str, OpeningOrder], policy: Policy
) -> Iterator[tuple[int, str]]:
    """Fill `orders`; yield line and sentence of everything that cannot be used."""
    for line, cells in enumerate(rows[1:], start=2):
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
