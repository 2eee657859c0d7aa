"""What the orders of one day sold, mapped and gathered into the invoices that are to be made of it.

In: a road, a day whose transactions are kept, and one marketplace and currency. Out: the invoices of the shipments of
that day; shipments of orders that stay revenue, and those with a line that cannot be mapped, are told and left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from assets.accrual_events import Place
from assets.day_names import start_of
from assets.event_books import EventBooks
from assets.mapped_lines import (
    Mapped,
    bound_values,
    lines_statement,
    plain_movements,
    resolve_combinations,
    resolved_statement,
)
from assets.roadmap import Road
from assets.statements import PARQUET, composed, dicts, statement
from ledger import money
from ledger.accounts import AccountKey
from ledger.categories import categories
from ledger.errors import Finding, InputRefused
from ledger.journal import JournalSet
from ledger.mapping import Context, Mapping, Treatment, category_of
from ledger.order_documents import Order, Sold, invoice_of
from ledger.parts import Part
from ledger.policy import Invoicing

SHIPMENT = "lower(trim(events.transaction_type)) = 'shipment' AND coalesce(events.order_id, '') <> ''"
CUSTOMER_CODE, ACCOUNT_CODE, NO_SALE_CODE = "no_bill_to", "unmapped_category", "order_not_billable"
_FINDINGS_MAX = 20
_NOBODY = "(none)"


@dataclass(frozen=True)
class BilledDay:
    """The invoices of one day in one marketplace and currency, and what keeps others from being made."""

    place: Place
    customer: str
    invoices: tuple[JournalSet, ...] = ()
    findings: tuple[Finding, ...] = ()
    left_out: tuple[str, ...] = ()  # transactions with a line that is not mapped
    shipments: int = 0


def billed_day(
    road: Road, invoicing: Invoicing, mapping: Mapping, day: date, events: Path, place: Place, is_revenue: set[str]
) -> BilledDay:
    """Return the invoices of one day; `is_revenue` are orders whose sale a settlement has booked as revenue already."""
    customer = invoicing.customer(place.marketplace)
    receivable = mapping.order_receivable(place.marketplace)
    nothing = BilledDay(place, customer)
    if not customer:
        return replace(nothing, findings=(_no_customer(place),))
    if receivable is None:
        return replace(nothing, findings=(_no_account(place, mapping),))
    with TemporaryDirectory() as folder, road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        lines = Path(folder) / "lines.parquet"
        count = _write_lines(duck, road, day, events, place, is_revenue, lines)
        if not count:
            return nothing
        books = EventBooks(
            place,
            mapping,
            Context(place.currency, (place.marketplace,)),
            _parts(road, day),
            receivable,
            lines_path=lines,
        )
        mapped = _sales_only(resolve_combinations(duck, books, road), mapping)
        left_out = _left_out(duck, road, books, mapped)
        movements = Path(folder) / "movements.parquet"
        _write_movements(duck, road, books, mapped, movements)
        bound = {"movements": str(movements), "lines": str(lines), "left_out": sorted(left_out) or [_NOBODY]}
        rows = dicts(duck.sql(statement("billed_groups"), params=bound))
    made = _Made(road, books, customer)
    invoices = tuple(made.invoices(rows))
    findings = tuple(_unmapped(answer.finding, row, day, place) for answer, row in mapped.unmapped)
    return BilledDay(place, customer, invoices, (*findings[:_FINDINGS_MAX], *made.refused), tuple(left_out), count)


def _write_lines(
    duck: duckdb.DuckDBPyConnection,
    road: Road,
    day: date,
    events: Path,
    place: Place,
    is_revenue: set[str],
    path: Path,
) -> int:
    """Write the lines of the shipments to bill, and return how many shipments they are of."""
    unless = " AND events.order_id NOT IN (SELECT unnest($is_revenue))"
    sql = composed("earned_lines", wanted=SHIPMENT + unless)
    since = max(place.since, start_of(day).replace(tzinfo=None))
    bound: dict[str, Any] = {
        "events": [str(events)],
        "since": since,
        "until": start_of(day + timedelta(days=1)).replace(tzinfo=None),
        "places": place.bound(),
        "is_revenue": sorted(is_revenue) or [_NOBODY],
    }
    duck.execute(f"COPY ({sql}) TO $path ({PARQUET})", bound | {"path": str(path)})
    counted = duck.sql("SELECT count(DISTINCT transaction_id) FROM read_parquet($path)", params={"path": str(path)})
    return counted.fetchall()[0][0]


def _parts(road: Road, day: date) -> tuple[Part, ...]:
    """Return the days of the ledger's time zone that a day of UTC touches: a shipment is dated where it was shipped."""
    begin, end = start_of(day), start_of(day + timedelta(days=1))
    first, last = (moment.astimezone(road.policy.zone).date() for moment in (begin, end - timedelta(microseconds=1)))
    if first == last:
        return (Part(1, begin, end, first),)
    midnight = datetime(last.year, last.month, last.day, tzinfo=road.policy.zone).astimezone(UTC)
    return Part(1, begin, midnight, first), Part(2, midnight, end, last)


def _sales_only(mapped: Mapped, mapping: Mapping) -> Mapped:
    """Leave out what stops a settlement and no invoice: lines without an account that are surely no part of a sale."""
    return Mapped(mapped.resolved, [one for one in mapped.unmapped if _may_be_sale(one[1], mapping)])


def _may_be_sale(row: dict[str, Any], mapping: Mapping) -> bool:
    labels = (row["transaction_type"], row["amount_type"], row["amount_description"])
    name = category_of(*labels, mapping=mapping, is_event=True)
    found = categories().get(name or "")
    return found is None or found.is_sales_tax or found.is_revenue_split


def _left_out(duck: duckdb.DuckDBPyConnection, road: Road, books: EventBooks, mapped: Mapped) -> set[str]:
    """Return the transactions that a line without an account keeps from being billed."""
    if not mapped.unmapped:
        return set()
    sql = composed(
        "unmapped_transactions", lines=lines_statement(road, books), resolved_lines=resolved_statement(road, books)
    )
    values: dict[str, Any] = bound_values(duck, books, road, ("by_sku", "resolutions"), mapped)
    values["leaves"] = sorted({row["amount_description"] for _, row in mapped.unmapped})
    return {row["transaction_id"] for row in dicts(duck.sql(sql, params=values))}


def _write_movements(
    duck: duckdb.DuckDBPyConnection, road: Road, books: EventBooks, mapped: Mapped, path: Path
) -> None:
    """Write the movements of the mapped lines; those that no sale is are sorted out when they are gathered."""
    resolved = resolved_statement(road, books)
    branches = [plain_movements(books, resolved)]
    bound = ["by_sku", "resolutions"]
    if Treatment.SPLIT_VAT in {answer.treatment for answer, _ in mapped.resolved}:
        branches.append(composed("vat_movements", resolved_lines=resolved, quantity="NULL::INTEGER", country=""))
        bound += ["minor_factor", "minor_unit", "clearing", "reference"]
    sql = "\nUNION ALL BY NAME\n".join(f"({one})" for one in branches)
    values = bound_values(duck, books, road, tuple(bound), mapped)
    duck.execute(f"COPY ({sql}) TO $path ({PARQUET})", values | {"path": str(path)})


@dataclass
class _Made:
    """Invoices out of gathered rows; what cannot be billed is kept as a finding."""

    road: Road
    books: EventBooks
    customer: str
    refused: list[Finding] = field(default_factory=list)

    def invoices(self, rows: list[dict[str, Any]]) -> Iterator[JournalSet]:
        """Yield one invoice a shipment."""
        for (order_id, transaction_id), group in groupby(rows, lambda row: (row["order_id"], row["transaction_id"])):
            sold = list(group)
            day = self.books.parts[sold[0]["part"] - 1].accounting_date
            order = self._order(order_id, transaction_id, day)
            try:
                made = invoice_of(order, [_sold(row, self.books.currency) for row in sold])
            except InputRefused as error:
                self.refused.append(_not_billable(order, error))
                continue
            if made.journals:
                yield made

    def _order(self, order_id: str, transaction_id: str, day: date) -> Order:
        return Order(
            seller=self.road.seller,
            ledger=self.road.ledger,
            order_id=order_id,
            transaction_id=transaction_id,
            customer=self.customer,
            receivable=self.books.clearing,
            currency=self.books.currency,
            rate_type=self.road.policy.rate_type,
            shipped_on=day,
        )


def _sold(row: dict[str, Any], currency: str) -> Sold:
    return Sold(
        AccountKey.parse(row["account"]),
        money.exact(row["amount"], currency),
        row["category"],
        row["sku"] or "",
        None if row["quantity"] is None else Decimal(row["quantity"]),
    )


def _no_customer(place: Place) -> Finding:
    return Finding(
        CUSTOMER_CODE,
        f"Orders of {place.marketplace} have no customer to be billed to.",
        f"Name one under books, invoicing, bill_to, {place.marketplace} in the connection.",
        origin=f"invoicing, {place.marketplace}",
    )


def _no_account(place: Place, mapping: Mapping) -> Finding:
    return Finding(
        ACCOUNT_CODE,
        f"Invoices of orders of {place.marketplace} have no account to stand on until they are settled.",
        f"Add one under accounts, order_receivable in {mapping.file}.",
        origin="accounts, order_receivable",
    )


def _unmapped(finding: Finding, row: dict[str, Any], day: date, place: Place) -> Finding:
    amount = money.exact(row["amount"], place.currency)
    sentence = f"{finding.sentence} {row['lines']} lines of shipments of {day} wait for it."
    return replace(finding, sentence=sentence, amount=amount, details={"currency": place.currency})


def _not_billable(order: Order, error: InputRefused) -> Finding:
    return Finding(
        NO_SALE_CODE,
        f"Order {order.order_id} is not billed: {error}",
        "Look at the transaction in Seller Central; its settlement books what it brought. `dismiss` this when that is "
        "right.",
        origin=f"{order.order_id} {order.transaction_id}",
        details={"currency": order.currency},
    )
