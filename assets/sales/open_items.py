"""What receipts can close: the open invoices and credit memos of some orders, and what of each is left.

In: orders that a settlement holds. Out: open items, less what other settlements have applied to them; and the orders of
which nobody can say how they are cleared, because one of their invoices is closed by a journal and another by a
receipt. Only documents that were billed as open count, whatever the connection says by now.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from assets.posting.document_sets import DEAD, settlement_source
from assets.sales.order_choices import Billed, billed_before, owed, settled_files
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from ledger.clearing_receipts import OpenItem, applied_by
from ledger.journal import Journal


@dataclass(frozen=True)
class OpenOrders:
    """The orders that receipts clear, what is open of them, and those that are billed in both ways."""

    orders: frozenset[str] = frozenset()
    items: tuple[OpenItem, ...] = ()
    in_both_ways: frozenset[str] = frozenset()

    def mark(self) -> list[list[str]]:
        """Return what decides what is applied to what, as plain values."""
        return [[one.key, str(one.left)] for one in self.items] + [[one, "both"] for one in sorted(self.in_both_ways)]


def open_orders(road: Road, orders: Iterable[str], settlement_id: str) -> OpenOrders:
    """Return what of some orders receipts of a settlement can close; nothing where its journal clears all of them."""
    if road.policy.invoicing is None or road.policy.invoicing.clear_by != "receipts":
        return OpenOrders()
    billed = {order: one for order, one in billed_before(road, orders).items() if one.invoices}
    ways = {order: {_is_open(one) for one in found.invoices} for order, found in billed.items()}
    ours = frozenset(order for order, found in ways.items() if found == {True})
    taken = _applied_elsewhere(road, ours, settlement_id)
    items = (_item(one, taken) for order in sorted(ours) for one in _documents(billed[order]))
    return OpenOrders(ours, tuple(items), frozenset(order for order, found in ways.items() if len(found) > 1))


def _documents(billed: Billed) -> Iterable[Journal]:
    return (one for one in (*billed.invoices, *billed.credits) if owed(one))


def _is_open(journal: Journal) -> bool:
    return journal.billing is not None and journal.billing.is_open


def _item(document: Journal, taken: dict) -> OpenItem:
    billing = document.billing
    assert billing is not None, "every order document has its billing"
    left = owed(document) - taken.get(document.key, 0)
    return OpenItem(
        document.key, billing.order_id, billing.customer, billing.receivable, left, document.accounting_date
    )


def _applied_elsewhere(road: Road, orders: frozenset[str], settlement_id: str) -> dict:
    """Return what the receipts of other settlements, posted or to be, take off the documents of some orders."""
    files = {path: one for path, one in settled_files(road).items() if one != settlement_id}
    if not files or not orders:
        return {}
    bound = {"movements": list(files), "orders": sorted(orders)}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        rows = dicts(duck.sql(statement("settlements_of_orders"), params=bound))
    found = (road.stores.outbox.documents(settlement_source(road, files[row["filename"]])) for row in rows)
    return applied_by(one.journal for documents in found for one in documents if one.state not in DEAD)
