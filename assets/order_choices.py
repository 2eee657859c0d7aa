"""Which orders are invoiced and which are revenue of their settlement: one of the two, for ever.

An order is invoiced once an invoice of it was planned; it is revenue once a settlement that may be in the books booked
its sale as revenue. Both are read from what is stored of the documents themselves, so that no list of choices can say
otherwise than the books.
"""

from collections.abc import Iterable
from pathlib import Path

from assets.document_sets import DEAD
from assets.roadmap import Road
from assets.statements import dicts, statement
from ledger.journal import SETTLEMENT
from ledger.order_documents import INVOICE
from ledger.posting import MAY_EXIST, PostingState
from resources.store.outbox_reading import Standing
from resources.store.warehouse import Version

_MAPPED_TABLE = "mapped_lines"


def invoices_by_order(road: Road, orders: Iterable[str] | None = None) -> dict[str, list[Standing]]:
    """Return the invoices of each order that has any, of these orders or of all; what was given up is none."""
    wanted = None if orders is None else set(orders)
    found: dict[str, list[Standing]] = {}
    for one in road.stores.outbox.of_kind(road.seller, road.ledger, INVOICE):
        order = one.source_id.partition(".")[0]
        if one.state not in DEAD and (wanted is None or order in wanted):
            found.setdefault(order, []).append(one)
    return found


def orders_in(road: Road, lines: Version) -> set[str]:
    """Return the orders of a settlement's staged lines."""
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        sql = "SELECT DISTINCT order_id FROM read_parquet($lines) WHERE coalesce(order_id, '') <> ''"
        rows = duck.sql(sql, params={"lines": str(road.stores.warehouse.path(lines))}).fetchall()
    return {order_id for (order_id,) in rows}


def revenue_orders(road: Road, events: Path) -> dict[str, str]:
    """Return the orders of a day's transactions whose sale a settlement has booked as revenue, with that settlement."""
    held = {
        one.source_id
        for one in road.stores.outbox.of_kind(road.seller, road.ledger, SETTLEMENT)
        if one.state in MAY_EXIST or one.state in (PostingState.PLANNED, PostingState.APPROVED)
    }
    versions = road.stores.warehouse.currents(road.connection, _MAPPED_TABLE)
    files = {str(road.stores.warehouse.path(one)): one.partition for one in versions if one.partition in held}
    if not files:
        return {}
    bound = {"movements": list(files), "events": str(events)}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        rows = dicts(duck.sql(statement("revenue_orders"), params=bound))
    return {row["order_id"]: files[row["filename"]] for row in rows}
