"""By what the cost of orders was booked: their shipment, their settlement, or the report of replacements.

In: the costs that are stored, and the report's days. Out: orders. An order costs by one of them alone: which one, the
key of its cost says, and a connection may change from one to another.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Literal

from assets.fba_replacements import ASSET as REPLACEMENTS
from assets.stages.kept_days import kept_days
from assets.stages.roadmap import Road
from ledger.cost_documents import KIND, REPLACEMENT, cost_source
from ledger.posting import MAY_EXIST

Trigger = Literal["shipment", "settlement", "replacement"]
_BEFORE, _AFTER = timedelta(days=45), timedelta(days=7)


def costed_orders(road: Road) -> dict[Trigger, set[str]]:
    """Return the orders whose cost may be in the ERP, by what it was booked by."""
    settled = {_mark(road, one.settlement_id) for one in road.stores.settlements.all(road.connection)}
    replaced = _mark(road, REPLACEMENT)
    found: dict[Trigger, set[str]] = {"shipment": set(), "settlement": set(), "replacement": set()}
    for one in road.stores.outbox.of_kind(road.seller, road.ledger, KIND):
        order, _, mark = one.source_id.partition(".")
        if one.state in MAY_EXIST:
            trigger: Trigger = "replacement" if mark == replaced else "settlement" if mark in settled else "shipment"
            found[trigger].add(order)
    return found


def left_to_others(road: Road, own: Trigger, day: date) -> Collection[str]:
    """Return the orders that are not costed by this trigger on a day: others have, or the report of replacements will.

    An order that is told as a replacement only after its cost was booked otherwise stays as it is.
    """
    costed = costed_orders(road)
    others = set().union(*(orders for trigger, orders in costed.items() if trigger != own))
    return others if own == "replacement" else others | (_replacements(road, day) - costed[own])


def _replacements(road: Road, day: date) -> set[str]:
    """Return the orders that are replacements, as far as the report's days around a day tell."""
    kept = kept_days(road, REPLACEMENTS)
    if not kept:
        return set()
    sql = "SELECT DISTINCT order_id FROM read_parquet($files) WHERE coalesce(order_id, '') <> ''"
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        found = duck.sql(sql, params={"files": kept.files(day - _BEFORE, day + _AFTER)}).fetchall()
    return {order for (order,) in found}


def _mark(road: Road, transaction: str) -> str:
    return cost_source(road.seller, road.ledger, "", transaction).source_id.partition(".")[2]
