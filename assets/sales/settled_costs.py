"""What the settlements that ended on one day were paid for, and what it cost, as journals to be posted.

Where revenue is booked when it is settled, cost is booked with it. In: a road, a day, the mapping, and the catalogue.
Out: a set of journals per order of each settlement that stands posted, on the date of the part its sale is in. A
settlement that is not posted yet keeps its cost waiting, and one before go-live carries none.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from assets.month_end.accrued_months import settlement_place
from assets.posting.document_sets import COST_POSTINGS, settlement_source
from assets.sales.cost_triggers import left_to_others
from assets.sales.costed_shipments import CostedDay, take_shipment
from assets.settlement_lines import TABLE as LINES_TABLE
from assets.settlements.series import placed
from assets.stages.day_names import day_name
from assets.stages.resumption import follow_up_kind
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from ledger.catalogue import Catalogue
from ledger.cost_documents import Shipment
from ledger.mapping import Mapping
from ledger.parts import part_of, parts
from ledger.policy import CostOfGoods
from ledger.posting import PostingState
from resources.store.settlements import SettlementRecord
from resources.store.warehouse import Version


def settled_day(road: Road, costs: CostOfGoods, mapping: Mapping, catalogue: Catalogue, day: date) -> CostedDay:
    """Return the cost of what the settlements that ended on a day were paid for, since cost is booked."""
    made = CostedDay()
    places, elsewhere = placed(road), left_to_others(road, "settlement", day)
    for record in _ended_on(road, day):
        if places[record.settlement_id].is_before_go_live:
            continue
        lines = road.stores.warehouse.current(road.connection, LINES_TABLE, record.settlement_id)
        sold = list(_sold(road, costs, record, lines)) if lines else []
        if (sold or lines is None) and not _is_posted(road, record):
            made.waiting.append(record.settlement_id)
            continue
        owner = mapping.owner_of(settlement_place(road, record)[0])
        for shipment, rows in sold:
            if shipment.order_id in elsewhere:
                made.elsewhere.add(shipment.order_id)
                continue
            made.shipments += 1
            take_shipment(road, catalogue, owner, shipment, rows, made)
    return made


def ask_for_costs(road: Road, record: SettlementRecord) -> None:
    """Ask for the cost of a settlement that was posted just now, where cost is booked with it."""
    if road.policy.costs_at_settlement:
        name = day_name(COST_POSTINGS, _day_of(record))
        road.stores.due.ask(
            road.connection, follow_up_kind(name), name, road.clock.now(), "a settlement was posted, its cost follows"
        )


def _ended_on(road: Road, day: date) -> Iterator[SettlementRecord]:
    yield from (one for one in road.stores.settlements.all(road.connection) if _day_of(one) == day)


def _day_of(record: SettlementRecord) -> date:
    """Return the day of UTC on which a settlement ended; the moment of its end is not part of it."""
    start, end = (datetime.fromisoformat(record.facts[name]).astimezone(UTC) for name in ("start", "end"))
    return max(start, end - timedelta(microseconds=1)).date()


def _is_posted(road: Road, record: SettlementRecord) -> bool:
    documents = road.stores.outbox.documents(settlement_source(road, record.settlement_id))
    return bool(documents) and all(one.state is PostingState.POSTED for one in documents)


def _sold(
    road: Road, costs: CostOfGoods, record: SettlementRecord, lines: Version
) -> Iterator[tuple[Shipment, list[dict[str, Any]]]]:
    """Yield the orders that a settlement was paid for, each with its products, but for what was sold before."""
    start, end = (datetime.fromisoformat(record.facts[name]) for name in ("start", "end"))
    deposit = record.facts.get("deposit_date")
    chosen = parts(start, end, datetime.fromisoformat(deposit) if deposit else None, road.policy)
    before = road.load_opening_orders().orders
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        path = str(road.stores.warehouse.path(lines))
        rows = dicts(duck.sql(statement("settled_units"), params={"lines": path}))
    for order, group in groupby(rows, lambda row: row["order_id"]):
        found = list(group)
        posted = min((row["posted_at"] for row in found if row["posted_at"]), default=None)
        moment = posted.replace(tzinfo=UTC) if posted else end
        if order in before or moment.astimezone(road.policy.zone).date() < costs.shipped_from:
            continue
        yield (
            Shipment(
                seller=road.seller,
                ledger=road.ledger,
                order_id=order,
                transaction_id=record.settlement_id,
                rate_type=road.policy.rate_type,
                on=part_of(chosen, moment).accounting_date,
                with_quantities=bool(road.policy.quantities),
            ),
            found,
        )
