"""On which day shipments left: by Amazon's report of fulfilled shipments where the connection dates invoices by it.

In: the lines of a day's shipments, the report's days around it, and the invoices that were sent already. Out: a day for
each shipment that the report tells, those that wait for it, and those that were sent on a day of another month. What
Amazon did not ship, and what the report does not tell within a day, is dated by its transaction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from assets.fulfilled_shipments import FULFILLED_SHIPMENTS
from assets.stages.kept_days import kept_days
from assets.stages.report_days import no_rows
from assets.stages.roadmap import Road
from assets.stages.statements import composed, dicts
from ledger.errors import Finding
from ledger.journal import Journal
from ledger.order_documents import Order
from ledger.periods import belongs_to, period_of
from ledger.policy import Invoicing

# Amazon tells a shipment in the report within hours, rarely after a day.
WAITS_FOR_REPORT = timedelta(hours=24)
DATED_CODE = "invoice_dated_otherwise"
# A transaction is posted when its shipment leaves, or days after it where Amazon was late.
_LOOK_BACK = timedelta(days=10)
_SHIPMENTS = "SELECT * FROM read_parquet($lines) WHERE lower(trim(transaction_type)) = 'shipment'"


@dataclass(frozen=True)
class ShipmentDates:
    """The days of shipments by transaction, and the transactions whose day is still to be told, with what is missing.

    Nothing of either where invoices are dated by their transactions.
    """

    days: Mapping[str, date] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)
    is_by_report: bool = False


def shipment_dates(
    road: Road, invoicing: Invoicing, duck: duckdb.DuckDBPyConnection, day: date, lines: Path
) -> ShipmentDates:
    """Return on which days the shipments among a day's lines left, as far as the report tells it now."""
    if not invoicing.dates_by_report:
        return ShipmentDates()
    kept = kept_days(road, FULFILLED_SHIPMENTS.asset)
    bound: dict[str, object] = {"lines": str(lines)}
    if kept:
        bound["shipments"] = kept.files(day - _LOOK_BACK, day + timedelta(days=1))
    sql = composed(
        "shipment_dates",
        shipped_units=composed("shipped_units", earned_lines=_SHIPMENTS),
        lines=_SHIPMENTS,
        shipments="read_parquet($shipments, union_by_name = true)" if kept else no_rows(FULFILLED_SHIPMENTS),
    )
    version = kept.versions.get(day)
    is_over = version is not None and version.facts["is_complete"]
    days: dict[str, date] = {}
    waiting: dict[str, str] = {}
    for row in dicts(duck.sql(sql, params=bound)):
        left = {_day_of(road, moment) for moment in row["shipped_at"]}
        posted = row["posted_at"].replace(tzinfo=UTC)
        if len(left) == 1:
            # An order that is billed is billed since then: no invoice lies before.
            days[row["transaction_id"]] = max(*left, invoicing.shipped_from)
        elif row["is_by_amazon"] and not (is_over and road.clock.now() >= posted + WAITS_FOR_REPORT):
            waiting[row["transaction_id"]] = _missing(road, day, is_over=is_over)
    return ShipmentDates(days, waiting, is_by_report=True)


def dated_otherwise(order: Order, sent: Journal) -> Finding | None:
    """Return that an invoice was sent for a day of another month than its shipment's, None where it was not."""
    if belongs_to(sent) == period_of(order.on):
        return None
    return Finding(
        "invoice_dated_otherwise",
        f"The invoice of order {order.order_id} was sent for {sent.accounting_date}, and it was shipped on {order.on}: "
        "in another month. It stays where it is.",
        "Where the month matters, move it in the ERP's books. `dismiss` this when it may stay.",
        origin=f"{order.order_id} {order.transaction_id}",
        details={"currency": order.currency},
    )


def waiting_words(reasons: Iterable[str]) -> str:
    """Say of shipments that wait for the report what is missing; "" where none waits."""
    told = list(reasons)
    return f"{len(told)} shipments wait for the day they left. {told[0]}" if told else ""


def _missing(road: Road, day: date, *, is_over: bool) -> str:
    if is_over:
        return "The report of fulfilled shipments does not tell them yet; after a day they go without it."
    asset = FULFILLED_SHIPMENTS.asset
    fetch = f"connector fetch {asset} --from {day} --to {day} -c {road.connection}"
    return f"The report of fulfilled shipments of {day} is not here whole yet: {fetch}"


def _day_of(road: Road, moment: datetime) -> date:
    return moment.replace(tzinfo=UTC).astimezone(road.policy.zone).date()
