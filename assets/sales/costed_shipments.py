"""What the shipments of one day took out of the stock, and what it cost, as journals to be posted.

In: a road, a day whose transactions are kept, the mapping, and the catalogue. Out: a set of journals per shipment, of
replacements and of what was sold elsewhere as well, as far as Amazon tells a shipment of them. A shipment with a
product whose cost or accounts the catalogue does not say is left out whole and named.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assets.month_end.accrual_events import Place, places_of
from assets.sales.billing_findings import unknown_product
from assets.sales.cost_triggers import left_to_others
from assets.sales.order_choices import dismissed
from assets.sales.shipment_dates import ShipmentDates, shipment_dates
from assets.stages.day_names import start_of
from assets.stages.roadmap import Road
from assets.stages.statements import PARQUET, composed, dicts
from ledger.catalogue import Catalogue
from ledger.cost_documents import REPLACEMENT, Shipment, Units, cost_of, cost_source
from ledger.errors import Finding
from ledger.journal import JournalSet, SourceKey
from ledger.mapping import Mapping
from ledger.mapping_shape import OwnerUnit
from ledger.policy import CostOfGoods
from ledger.posting import MAY_EXIST

QUANTITY_CODE = "units_unknown"
_SHIPMENTS = "lower(trim(events.transaction_type)) = 'shipment'"
_FINDINGS_MAX = 20


@dataclass
class CostedDay:
    """The journals of one day's shipments, and what keeps others from being made.

    `waiting` are settlements that are not posted yet, where cost is booked with them; `elsewhere` are orders whose cost
    was booked at their shipment before it was booked with settlements, or the other way round, and replacements, which
    are booked by their report; `undated` says of shipments why their day is not known yet. `unless_begun` are, by cost,
    the other keys under which it could be booked, `unknown` products whose cost nobody says, with what is lacking and
    the orders that wait for it.
    """

    documents: list[JournalSet] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    shipments: int = 0
    left_out: int = 0
    waiting: list[str] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)
    undated: list[str] = field(default_factory=list)
    unless_begun: dict[SourceKey, tuple[SourceKey, ...]] = field(default_factory=dict)
    unknown: dict[str, tuple[tuple[str, ...], list[str]]] = field(default_factory=dict)


def costed_day(
    road: Road, costs: CostOfGoods, mapping: Mapping, catalogue: Catalogue, day: date, events: Path
) -> CostedDay:
    """Return the cost of what was shipped on a day, since cost is booked."""
    since = datetime.combine(costs.shipped_from, datetime.min.time(), tzinfo=road.policy.zone)
    since = max(since.astimezone(UTC), start_of(day)).replace(tzinfo=None)
    until = start_of(day + timedelta(days=1)).replace(tzinfo=None)
    made = CostedDay()
    if since >= until:
        return made
    places, homeless = places_of(road, mapping, (str(events),), {("", ""): since}, until)
    made.findings += homeless
    elsewhere = left_to_others(road, "shipment", day)
    for place in places:
        owner = mapping.owner_of(place.marketplace)
        units, dates = _units(road, events, place, until, day)
        for _, group in groupby(units, lambda row: row["transaction_id"]):
            rows = list(group)
            if rows[0]["order_id"] in elsewhere:
                made.elsewhere.add(rows[0]["order_id"])
                continue
            made.shipments += 1
            shipment = _dated(road, _shipment(road, rows), dates)
            if shipment is None:
                made.undated.append(dates.waiting[rows[0]["transaction_id"]])
                continue
            take_shipment(road, catalogue, owner, shipment, rows, made)
    return made


def _dated(road: Road, shipment: Shipment, dates: ShipmentDates) -> Shipment | None:
    """Return a shipment on the day that dates its invoice, None while that is still to be told.

    What was sent stays on its day, whatever is learned of it later.
    """
    if not dates.is_by_report:
        return shipment
    stored = road.stores.outbox.documents(
        cost_source(shipment.seller, shipment.ledger, shipment.order_id, shipment.transaction_id)
    )
    if any(one.state in MAY_EXIST for one in stored):
        return replace(shipment, on=stored[0].journal.accounting_date)
    if shipment.transaction_id in dates.waiting:
        return None
    return replace(shipment, on=dates.days.get(shipment.transaction_id, shipment.on))


def told_of(road: Road, catalogue: Catalogue, made: CostedDay, day: date) -> CostedDay:
    """Return a day with its unknown products told, and what people dismissed left out."""
    left_alone = dismissed(road, QUANTITY_CODE)
    made.findings = [one for one in made.findings if one.code != QUANTITY_CODE or one.origin not in left_alone]
    products = (
        unknown_product(catalogue, sku, lacks, orders, day, "carry no cost")
        for sku, (lacks, orders) in sorted(made.unknown.items())
    )
    made.findings += list(products)[:_FINDINGS_MAX]
    return made


def _units(
    road: Road, events: Path, place: Place, until: datetime, day: date
) -> tuple[list[dict[str, Any]], ShipmentDates]:
    """Return the products of each shipment, and on which days those left where another report dates them.

    Where any product of a shipment is named, what names none (shipping) is no unit.
    """
    bound = {"events": [str(events)], "since": place.since, "until": until, "places": place.bound()}
    dates, invoicing = ShipmentDates(), road.policy.invoicing
    with TemporaryDirectory() as folder, road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        lines = Path(folder) / "lines.parquet"
        earned = composed("earned_lines", wanted=_SHIPMENTS)
        duck.execute(f"COPY ({earned}) TO $path ({PARQUET})", bound | {"path": str(lines)})
        sql = composed("shipped_units", earned_lines="SELECT * FROM read_parquet($lines)")
        rows = dicts(duck.sql(sql, params={"lines": str(lines)}))
        if invoicing is not None:
            dates = shipment_dates(road, invoicing, duck, day, lines)
    units: list[dict[str, Any]] = []
    for _, group in groupby(rows, lambda row: row["transaction_id"]):
        found = list(group)
        units += [row for row in found if row["sku"]] or found
    return units, dates


def take_shipment(
    road: Road,
    catalogue: Catalogue,
    owner: OwnerUnit,
    shipment: Shipment,
    rows: list[dict[str, Any]],
    made: CostedDay,
) -> None:
    """Make the journals of one shipment, a row per product, or note what is not known of it."""
    units = []
    for row in rows:
        cost = catalogue.cost(row["sku"], shipment.on, owner)
        if cost is None:
            lacks = catalogue.lacks(row["sku"], shipment.on, with_cost=True, with_revenue=False)
            made.unknown.setdefault(row["sku"], (lacks, []))[1].append(shipment.order_id or shipment.transaction_id)
        elif row["quantity"] is None or row["quantity"] <= 0:
            made.findings.append(_no_quantity(shipment, row["sku"]))
        else:
            units.append(Units(row["sku"], Decimal(row["quantity"]), cost))
    if len(units) < len(rows):
        made.left_out += 1
        return
    found = cost_of(shipment, units, min(road.policy.lines_max, road.target.lines_max))
    if found.journals:
        made.documents.append(found)
        if shipment.transaction_id != REPLACEMENT:
            made.unless_begun[found.source] = (
                cost_source(shipment.seller, shipment.ledger, shipment.order_id, REPLACEMENT),
            )


def _shipment(road: Road, rows: list[dict[str, Any]]) -> Shipment:
    shipped = min(row["posted_at"] for row in rows).replace(tzinfo=UTC)
    return Shipment(
        seller=road.seller,
        ledger=road.ledger,
        order_id=rows[0]["order_id"],
        transaction_id=rows[0]["transaction_id"],
        rate_type=road.policy.rate_type,
        on=shipped.astimezone(road.policy.zone).date(),
        with_quantities=bool(road.policy.quantities),
    )


def _no_quantity(shipment: Shipment, sku: str) -> Finding:
    return Finding(
        QUANTITY_CODE,
        f"Amazon does not tell how many units of {sku or 'a product'} order {shipment.order_id} shipped, so it carries "
        "no cost.",
        "Look at the order in Seller Central and book its cost by hand; then `dismiss` this.",
        origin=f"{shipment.order_id} {shipment.transaction_id} {sku}".strip(),
    )
