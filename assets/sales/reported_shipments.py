"""Shipments that only the report of fulfilled shipments tells, and under which names all of a day are billed.

In: a day, the transactions and reports around it, and the invoices that were planned. Out: the shipments of the day
that no transaction told in time, as their transactions would tell them; the name of each transaction's invoice, the
same whoever told of the shipment first; and what waits, in sentences. Where orders are never billed by the report, and
none was, nothing is read and everything is known as ever.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.fulfilled_shipments import FULFILLED_SHIPMENTS
from assets.sales.order_choices import billing_begins
from assets.sales.planned_names import PlannedInvoice, is_any_of_a_report, planned_invoices
from assets.stages.kept_days import KeptDays, kept_days
from assets.stages.report_days import no_rows
from assets.stages.roadmap import Road
from assets.stages.statements import PARQUET, composed, dicts
from ledger.policy import Invoicing
from ledger.reported_amounts import Reading, reading_of
from ledger.shipment_names import Names, Parcel, Told, names_of, shipment_name, shipment_of
from resources.amazon.marketplaces import is_multi_channel, marketplace_named

# So long after a shipment left, and so long before, what tells of it is looked for.
AROUND = timedelta(days=30)
_LOOKS_MAX = 5
REPORT = FULFILLED_SHIPMENTS.asset
_SHIPMENTS = (
    "SELECT order_id, transaction_id, shipment_id, network AS fulfillment_id, coalesce(sku, '') AS sku, "
    "leaf_path AS amount_description, posted_at, quantity FROM read_parquet($events, union_by_name = true) "
    "WHERE lower(trim(transaction_type)) = 'shipment' AND is_accrual AND order_id IN (SELECT unnest($orders))"
)


@dataclass(frozen=True)
class Snapshot:
    """The days of transactions and of the report as both stood at one moment."""

    events: KeptDays
    report: KeptDays


@dataclass(frozen=True)
class Reported:
    """What the report adds to a day's transactions.

    `path` holds its shipments in the columns of transactions, None where there is none, and `names` what their invoices
    are known as. `known_as` names the invoices of transactions; `others` are, by such a name, those under which the
    same shipment may have been billed. `unclear` are transactions of which it is not known whether they were billed
    already. `waiting` are sentences on shipments that wait for their transactions.
    """

    path: Path | None = None
    names: frozenset[str] = frozenset()
    known_as: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unclear: frozenset[str] = frozenset()
    waiting: tuple[str, ...] = ()


def snapshot(road: Road, invoicing: Invoicing) -> Snapshot | None:
    """Return both as they stood at one moment, without the report where it bills nothing.

    None while the report is written anew again and again. Two workers then never see each what the other does not: of a
    transaction and its shipment in the report, whoever looks later sees what whoever looked earlier did. So no shipment
    is billed by both.
    """
    if not invoicing.bills_by_report:
        return Snapshot(kept_days(road, EVENTS_TABLE), KeptDays(road.stores.warehouse, {}))
    for _ in range(_LOOKS_MAX):
        before = kept_days(road, REPORT)
        events = kept_days(road, EVENTS_TABLE)
        after = kept_days(road, REPORT)
        if _ids(before) == _ids(after):
            return Snapshot(events, after)
    return None


def reported_shipments(road: Road, invoicing: Invoicing, day: date, seen: Snapshot, to: Path) -> Reported:
    """Return what the report adds to the transactions of a day; its shipments are written to a path."""
    if not invoicing.bills_by_report and not is_any_of_a_report(road):
        return Reported()
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        look = _Look(road, invoicing, day, seen, duck)
        orders = look.orders()
        if not orders:
            return Reported()
        look.gather(orders)
        chosen = look.chosen()
        if chosen:
            look.write(chosen, to)
        known_as, others, unclear = look.told()
    names = frozenset(one["name"] for one in chosen)
    return Reported(to if chosen else None, names, known_as, others, unclear, tuple(look.waiting))


class _Look:
    """One look at a day: its orders, all that tells of them, and what is decided of each."""

    def __init__(
        self, road: Road, invoicing: Invoicing, day: date, seen: Snapshot, duck: duckdb.DuckDBPyConnection
    ) -> None:
        self._road, self._invoicing, self._day, self._seen, self._duck = road, invoicing, day, seen, duck
        self._parcels: dict[str, list[dict[str, Any]]] = {}
        self._names: dict[str, Names] = {}
        self._planned: dict[str, dict[str, PlannedInvoice]] = {}
        self.waiting: list[str] = []
        files = _files(seen.report, day) if invoicing.bills_by_report else []
        self._bound: dict[str, Any] = {"shipments": files} if files else {}
        self._rows = "read_parquet($shipments, union_by_name = true)" if files else no_rows(FULFILLED_SHIPMENTS)

    def orders(self) -> list[str]:
        """Return the orders that were shipped on the day, as transactions or the report tell it."""
        found: set[str] = set()
        version = self._seen.events.versions.get(self._day)
        if version is not None and version.rows:
            wanted = "lower(trim(transaction_type)) = 'shipment' AND is_accrual"
            files = self._seen.events.files(self._day, self._day)
            found |= self._orders("read_parquet($files)", wanted, {"files": files})
        if self._bound:
            found |= self._orders(self._rows, "CAST(shipped_at AS DATE) = $day", {**self._bound, "day": self._day})
        return sorted(found)

    def _orders(self, rows: str, wanted: str, bound: dict[str, Any]) -> set[str]:
        sql = f"SELECT DISTINCT order_id FROM {rows} WHERE coalesce(order_id, '') <> '' AND {wanted}"
        return {order for (order,) in self._duck.sql(sql, params=bound).fetchall()}

    def gather(self, orders: list[str]) -> None:
        """Read what tells of some orders, and name the invoices of each."""
        sql = composed("reported_parcels", shipments=self._rows)
        for row in dicts(self._duck.sql(sql, params={**self._bound, "orders": orders})):
            self._parcels.setdefault(row["order_id"], []).append(row)
        told: dict[str, list[Told]] = {}
        if self._seen.events:
            files = _files(self._seen.events, self._day)
            sql = composed(
                "told_shipments", shipped_units=composed("shipped_units", earned_lines=_SHIPMENTS), lines=_SHIPMENTS
            )
            for row in dicts(self._duck.sql(sql, params={"events": files, "orders": orders})):
                one = Told(row["transaction_id"], row["shipment_id"], tuple(row["content"]), row["is_by_merchant"])
                told.setdefault(row["order_id"], []).append(one)
        self._planned = planned_invoices(self._road, orders)
        for order in orders:
            known = self._planned.get(order, {})
            parcels = [Parcel(row["shipment_id"], tuple(row["content"])) for row in self._parcels.get(order, [])]
            parcels = [one for one in parcels if one.shipment_id]
            parcels += _billed_alone(known, {one.shipment_id for one in parcels})
            billed = {name: one.may_exist for name, one in known.items()}
            self._names[order] = names_of(told.get(order, []), parcels, billed)

    def told(self) -> tuple[dict[str, str], dict[str, tuple[str, ...]], frozenset[str]]:
        """Return the names of transactions' invoices, the other names of each, and what is unclear."""
        known_as: dict[str, str] = {}
        others: dict[str, tuple[str, ...]] = {}
        unclear: set[str] = set()
        for names in self._names.values():
            known_as |= names.known_as
            others |= {names.known_as[one]: told for one, told in names.others.items() if told}
            unclear |= names.unclear
        return known_as, others, frozenset(unclear)

    def chosen(self) -> list[dict[str, Any]]:
        """Return the shipments of the day that are billed by the report, and note what waits."""
        hours = self._invoicing.amounts_from_report_after
        if hours is None:
            return []
        found = []
        for order, rows in sorted(self._parcels.items()):
            if min(row["first_shipped_at"] for row in rows) < billing_begins(self._road, self._invoicing):
                continue  # Whether such an order is billed is told by its first transaction alone.
            for row in rows:
                is_due = self._road.clock.now() >= row["shipped_at"].replace(tzinfo=UTC) + timedelta(hours=hours)
                if row["shipped_at"].date() != self._day or not is_due or not _is_sold(row):
                    continue
                is_billed = shipment_name(row["shipment_id"]) in self._planned.get(order, {})
                if row["shipment_id"] in self._names[order].unsure and not is_billed:
                    self._wait(row, "it cannot be told apart from what transactions or invoices of the order tell")
                elif row["shipment_id"] in self._names[order].untold:
                    found += self._as_told(row, hours)
        return found

    def _as_told(self, row: dict[str, Any], hours: int) -> Iterator[dict[str, Any]]:
        """Yield how a shipment is told in its transaction's place; nothing where that cannot be said."""
        reading = self._reading(row)
        missing = self._missing(row["shipped_at"], hours)
        if missing or isinstance(reading, str):
            self._wait(row, missing or str(reading))
            return
        place = marketplace_named(row["channel"])
        assert place is not None, "an unknown marketplace has no reading"
        yield {
            "name": shipment_name(row["shipment_id"]),
            "order_id": row["order_id"],
            "shipment_id": row["shipment_id"],
            "marketplace_id": place.marketplace_id,
            "marketplace_name": place.settlement_name,
            "posted_at": row["shipped_at"].isoformat(sep=" "),
            "without_tax": reading.without_tax,
            "bills_tax": reading.bills_tax,
        }

    def _reading(self, row: dict[str, Any]) -> Reading | str:
        if not row["is_told"]:
            return "the report does not tell its product, price, currency and marketplace"
        place = marketplace_named(row["channel"])
        if place is None:
            return f"{row['channel']} is no marketplace that is known"
        settings = self._road.policy.marketplace(place.settlement_name)
        return reading_of(settings, place.country, has_tax=row["has_tax"], has_promotion=row["has_promotion"])

    def _missing(self, shipped_at: datetime, hours: int) -> str:
        """Say which days were not fetched whole that could tell of a shipment; "" where all were."""
        last = (shipped_at + timedelta(hours=hours)).date()
        days = [shipped_at.date() + timedelta(days=number) for number in range((last - shipped_at.date()).days + 1)]
        today = self._road.clock.now().astimezone(UTC).date()
        for asset, kept, wanted in (
            (EVENTS_TABLE, self._seen.events, days),
            (REPORT, self._seen.report, days[:1]),
        ):
            short = [day for day in wanted if not _is_whole(kept, day, today)]
            if short:
                fetch = f"connector fetch {asset} --from {short[0]} --to {short[-1]} -c {self._road.connection}"
                return f"{asset.replace('_', ' ')} of {short[0]} are not here whole: {fetch}"
        return ""

    def _wait(self, row: dict[str, Any], why: str) -> None:
        self.waiting.append(
            f"Shipment {row['shipment_id']} of order {row['order_id']} waits for its transaction: {why}."
        )

    def write(self, chosen: Sequence[dict[str, Any]], to: Path) -> None:
        """Write the shipments that are billed by the report in the columns of transactions."""
        sql = composed("reported_events", shipments=self._rows)
        self._duck.execute(
            f"COPY ({sql}) TO $path ({PARQUET})", {**self._bound, "chosen": list(chosen), "path": str(to)}
        )


def reported_since(
    road: Road, invoicing: Invoicing, orders: Sequence[str], days: Sequence[date]
) -> tuple[dict[str, date], list[date]]:
    """Return which orders the report says were shipped since orders are billed, each with its day, and days not here.

    Only where the report may bill them; what was sold elsewhere, or for nothing, is billed nowhere.
    """
    if not invoicing.bills_by_report or not orders or not days:
        return {}, []
    kept = kept_days(road, REPORT)
    absent = [day for day in days if day not in kept.versions]
    if not kept:
        return {}, absent
    sql = composed("reported_parcels", shipments="read_parquet($shipments, union_by_name = true)")
    bound = {"shipments": kept.files(days[0] - timedelta(days=1), days[-1]), "orders": sorted(orders)}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        rows = dicts(duck.sql(sql, params=bound))
    begins = billing_begins(road, invoicing)
    early = {row["order_id"] for row in rows if row["first_shipped_at"] < begins}
    found: dict[str, date] = {}
    for row in rows:
        if row["order_id"] not in early and _is_sold(row):
            day = row["shipped_at"].date()
            found[row["order_id"]] = min(day, found.get(row["order_id"], day))
    return found, absent


def waiting_for_transactions(told: Sequence[str]) -> str:
    """Say of shipments that wait for their transactions why; "" where none does."""
    more = f" And {len(told) - 1} more wait." if len(told) > 1 else ""
    return f"{told[0]}{more}" if told else ""


def _ids(kept: KeptDays) -> list[str]:
    return [one.id for one in kept.versions.values()]


def _files(kept: KeptDays, day: date) -> list[str]:
    return kept.files(day - AROUND, day + AROUND) if kept else []


def _is_sold(row: Mapping[str, Any]) -> bool:
    """Tell whether a shipment sold anything on a marketplace: replacements, and orders from elsewhere, did not."""
    return not row["is_for_nothing"] and not is_multi_channel(row["channel"] or "")


def _is_whole(kept: KeptDays, day: date, today: date) -> bool:
    version = kept.versions.get(day)
    return version is not None and (day >= today or bool(version.facts.get("is_complete", False)))


def _billed_alone(planned: Mapping[str, PlannedInvoice], told: set[str]) -> Iterator[Parcel]:
    """Yield the shipments that were billed by the report, and that none of the reports here tells."""
    for name, one in planned.items():
        shipment_id = shipment_of(name)
        if shipment_id and shipment_id not in told:
            yield Parcel(shipment_id, one.content)
