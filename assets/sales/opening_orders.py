"""Orders that were shipped before go-live: what settlements have brought of them, and which are still to come.

In: the orders that the connection lists, and mapped lines. Out: a verdict per settlement that lists those it pays for,
and one table of all of them. Nothing here decides where money goes: that is `ledger/resolution.py`.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from assets.settlements.series import places_in
from assets.settlements.settlement_books import Books, mapped_up_to
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from assets.stages.verdicts import Verdict
from ledger import money
from ledger.opening_orders import Cleared, OpeningOrder, OpeningOrders, amount_text
from ledger.policy import Policy
from resources.store.stores import Stores
from resources.store.warehouse import Version

CHECK = "orders_before_go_live"


def opening_verdict(road: Road, duck: duckdb.DuckDBPyConnection, books: Books) -> Verdict:
    """List the orders that were shipped before go-live and are settled here, with where their sales went."""
    listed, own = books.opening_orders, books.record.settlement_id
    if not listed:
        return Verdict(CHECK, True, "None are listed.", is_blocking=False)
    stores, orders = road.stores, list(listed.orders)
    here = _sales(stores, duck, [stores.warehouse.current(road.connection, "mapped_lines", own)], orders)
    if not here:
        said = "It settles none of the orders listed as shipped before go-live."
        return Verdict(CHECK, True, said, is_blocking=False)
    if books.place.is_before_go_live:
        return _paid_before(here, books)
    before = [one for one in mapped_up_to(road, books) if one.partition != own]
    earlier: dict[str, Decimal] = {}
    for sale in _sales(stores, duck, before, [one["order_id"] for one in here]):
        earlier[sale["order_id"]] = earlier.get(sale["order_id"], Decimal(0)) + sale["amount"]
    return _listed([_cleared(sale, books, earlier.get(sale["order_id"], Decimal(0))) for sale in here], books)


def _cleared(sale: dict[str, Any], books: Books, earlier: Decimal = Decimal(0)) -> Cleared:
    order = books.opening_orders.orders[sale["order_id"]]
    here = money.exact(sale["amount"], books.currency)
    return Cleared(order, here, ", ".join(sale["accounts"]), money.exact(earlier, books.currency))


def _listed(cleared: list[Cleared], books: Books) -> Verdict:
    """Say what they bring and where it goes; an order of which not just what the books held is paid so far warns."""
    odd = [one for one in cleared if one.difference]
    total = money.text(sum((one.amount for one in cleared), Decimal(0)), books.currency)
    where = "clear the receivable of go-live" if books.clears_receivable else "are booked as revenue"
    sentence = f"{len(cleared)} orders shipped before go-live are settled here; {total} {books.currency} {where}."
    if odd:
        rest = amount_text(sum((one.difference for one in odd), Decimal(0)), books.currency)
        sentence += (
            f" {len(odd)} differ so far from what the books held, by {rest} in all: correct by hand what no later "
            "settlement brings."
        )
    rows = tuple(one.row(books.currency) for one in cleared)
    return Verdict(CHECK, not odd, sentence, is_blocking=False, rows=rows)


def _paid_before(here: list[dict[str, Any]], books: Books) -> Verdict:
    """Warn of listed orders that a settlement before go-live has paid for: the books may hold them no more."""
    sentence = (
        f"{len(here)} orders listed as open at go-live are paid for here, before go-live. Take them off the list, "
        "unless another part of the order was still open."
    )
    rows = tuple(_cleared(sale, books).row(books.currency) for sale in here)
    return Verdict(CHECK, False, sentence, is_blocking=False, rows=rows)


@dataclass(frozen=True)
class Standing:
    """One listed order as it stands now: what all settlements since go-live brought of it, nothing so far if none."""

    cleared: Cleared
    currency: str
    settlements: tuple[str, ...]

    @property
    def order(self) -> OpeningOrder:
        """Return the order as it is listed."""
        return self.cleared.order

    @property
    def is_settled(self) -> bool:
        """Tell whether any settlement has paid for it."""
        return bool(self.settlements)

    def row(self) -> dict[str, object]:
        """Return it as a row of plain values; of an order that is still open only what the books held is known."""
        order, cleared = self.cleared.order, self.cleared
        return {
            "order": order.order_id,
            "shipped": order.shipped,
            "in the books": order.amount,
            "settled": cleared.amount if self.is_settled else None,
            "difference": cleared.difference if self.is_settled and order.amount is not None else None,
            "currency": self.currency,
            "booked to": cleared.account,
            "settlements": ", ".join(self.settlements),
        }


def standings(stores: Stores, connection: str, policy: Policy, listed: OpeningOrders) -> list[Standing]:
    """Return every listed order in the order of its id, with what was settled of it from go-live on."""
    places = places_in(stores, connection, policy)
    since = {one for one, place in places.items() if not place.is_before_go_live}
    versions = [one for one in stores.warehouse.currents(connection, "mapped_lines") if one.partition in since]
    currencies = {one.settlement_id: one.facts["currency"] for one in stores.settlements.all(connection)}
    sales: dict[str, list[dict[str, Any]]] = {}
    if listed and versions:
        with stores.warehouse.connect() as duck:
            for sale in _sales(stores, duck, versions, list(listed.orders)):
                sales.setdefault(sale["order_id"], []).append(sale)
    return [_standing(order, sales.get(name, []), currencies) for name, order in sorted(listed.orders.items())]


def _standing(order: OpeningOrder, sales: list[dict[str, Any]], currencies: dict[str, str]) -> Standing:
    accounts = sorted({account for sale in sales for account in sale["accounts"]})
    settlements = tuple(sorted(sale["settlement"] for sale in sales))
    currency = currencies[settlements[0]] if settlements else ""
    amount = money.total((sale["amount"] for sale in sales), currency) if sales else Decimal(0)
    return Standing(Cleared(order, amount, ", ".join(accounts)), currency, settlements)


def _sales(
    stores: Stores, duck: duckdb.DuckDBPyConnection, versions: list[Version | None], orders: list[str]
) -> list[dict[str, Any]]:
    """Return what each of some settlements brought of some orders."""
    files = {str(stores.warehouse.path(one)): one.partition for one in versions if one is not None}
    if not files or not orders:
        return []
    found = dicts(duck.sql(statement("opening_sales"), params={"files": list(files), "orders": orders}))
    return [{**sale, "settlement": files[sale["filename"]]} for sale in found]
