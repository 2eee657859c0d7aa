"""Replacements that Amazon sent: orders without a sale, whose cost is booked on the day they were shipped.

In: a road, the report of a day, the transactions that are kept. Out: a set of journals per replacement. A Shipment
transaction or a settlement may tell of it as well, or neither. It costs once: whoever would book it by those leaves out
what the report tells, and looks at this key when it sends; this one looks at theirs. Who did not know of the report yet
worked with transactions that were kept before it, so they are seen here.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, timedelta
from itertools import groupby

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.fba_replacements import ASSET
from assets.posting.document_sets import COST_POSTINGS
from assets.sales.cost_triggers import left_to_others
from assets.sales.costed_shipments import QUANTITY_CODE, CostedDay, take_shipment
from assets.stages.day_names import day_name
from assets.stages.kept_days import kept_days
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from ledger.catalogue import Catalogue
from ledger.cost_documents import REPLACEMENT, Shipment, cost_source
from ledger.errors import Finding
from ledger.journal import SourceKey
from ledger.mapping import Mapping
from ledger.policy import CostOfGoods

# Amazon posts what it has to say of a shipment near the day it left.
_BEFORE, _AFTER = timedelta(days=7), timedelta(days=30)
# A replacement is an order of the weeks before it is shipped.
_ORDERED = timedelta(days=60)


def add_replacements(
    road: Road, costs: CostOfGoods, mapping: Mapping, catalogue: Catalogue, day: date, made: CostedDay
) -> None:
    """Add the cost of the replacements that were shipped on a day, as far as no other document carries it."""
    version = road.stores.warehouse.current(road.connection, ASSET, day.isoformat())
    if version is None or not version.rows:
        return
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        bound = {"replacements": str(road.stores.warehouse.path(version))}
        rows = dicts(duck.sql(statement("replaced_units"), params=bound))
    orders, own = {row["order_id"] for row in rows}, day_name(COST_POSTINGS, day)
    elsewhere = left_to_others(road, "replacement", day)
    channels = _channels(road, day, orders) if mapping.shape.owner.marketplaces else {}
    told = _told(road, day, orders)
    for order, group in groupby(rows, lambda row: row["order_id"]):
        found = list(group)
        if order in elsewhere:
            made.elsewhere.add(order)
            continue
        on = min(row["shipped_at"] for row in found).replace(tzinfo=UTC).astimezone(road.policy.zone).date()
        if on < costs.shipped_from:
            continue
        made.shipments += 1
        source = cost_source(road.seller, road.ledger, order, REPLACEMENT)
        stored = road.stores.outbox.documents(source)
        if stored and stored[0].partition != own:
            made.findings.append(_second_parcel(order, day, stored[0].partition))
            made.left_out += 1
            continue
        if mapping.shape.owner.marketplaces and order not in channels:
            made.findings.append(_homeless(order))
            made.left_out += 1
            continue
        shipment = Shipment(
            seller=road.seller,
            ledger=road.ledger,
            order_id=order,
            transaction_id=REPLACEMENT,
            rate_type=road.policy.rate_type,
            on=on,
            with_quantities=bool(road.policy.quantities),
        )
        take_shipment(road, catalogue, mapping.owner_of(channels.get(order)), shipment, found, made)
        made.unless_begun[source] = tuple(_sources(road, order, told.get(order, ())))


def _told(road: Road, day: date, orders: Iterable[str]) -> dict[str, set[str]]:
    """Return the transactions of these orders that are kept, of which their cost could be made as well."""
    kept = kept_days(road, EVENTS_TABLE)
    if not kept:
        return {}
    sql = (
        "SELECT DISTINCT order_id, transaction_id FROM read_parquet($files, union_by_name = true) "
        "WHERE order_id IN (SELECT unnest($orders)) AND lower(trim(transaction_type)) = 'shipment'"
    )
    bound = {"files": kept.files(day - _BEFORE, day + _AFTER), "orders": sorted(orders)}
    found: dict[str, set[str]] = {}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        for order, transaction in duck.sql(sql, params=bound).fetchall():
            found.setdefault(order, set()).add(transaction)
    return found


def _sources(road: Road, order: str, transactions: Iterable[str]) -> Iterator[SourceKey]:
    """Yield under which other keys the cost of an order could be booked: its transactions, and the settlements."""
    for name in (*sorted(transactions), *(one.settlement_id for one in road.stores.settlements.all(road.connection))):
        yield cost_source(road.seller, road.ledger, order, name)


def _channels(road: Road, day: date, orders: Iterable[str]) -> dict[str, str]:
    """Return in which marketplace these orders stand, as far as the orders that are kept tell."""
    kept = kept_days(road, "orders")
    if not kept:
        return {}
    sql = (
        "SELECT order_id, any_value(sales_channel) AS channel FROM read_parquet($files, union_by_name = true) "
        "WHERE order_id IN (SELECT unnest($orders)) AND coalesce(sales_channel, '') <> '' GROUP BY order_id"
    )
    bound = {"files": kept.files(day - _ORDERED, day + _AFTER), "orders": sorted(orders)}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        return dict(duck.sql(sql, params=bound).fetchall())


def _second_parcel(order: str, day: date, booked: str) -> Finding:
    return Finding(
        QUANTITY_CODE,
        f"Replacement {order} left in several parcels: its cost is booked as {booked}, and what was shipped on {day} "
        "carries none.",
        "Book the cost of that parcel by hand; then `dismiss` this.",
        origin=f"{order} replacement of {day}",
    )


def _homeless(order: str) -> Finding:
    return Finding(
        "no_marketplace",
        f"Replacement {order} was shipped, and no order that is kept says in which marketplace: it carries no cost.",
        "Fetch the orders of the days before it: connector fetch orders. The next look books it.",
        origin=f"replacement {order}",
    )
