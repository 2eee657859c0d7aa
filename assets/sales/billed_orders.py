"""What the orders of one day sold and took back, mapped and gathered into invoices and credit memos.

In: a road, a day whose transactions are kept, and one marketplace and currency. Out: an invoice for each shipment of
that day and credit memos for each refund of an order that was billed; orders that stay revenue, and transactions with a
line that cannot be mapped, are told and left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from assets.events.event_books import EventBooks
from assets.mapped_lines import (
    Mapped,
    bound_values,
    lines_statement,
    plain_movements,
    resolve_combinations,
    resolved_statement,
)
from assets.month_end.accrual_events import Place
from assets.posting.document_sets import is_withheld
from assets.sales.adjusted_invoices import adjusted_invoice
from assets.sales.billing_findings import (
    BEYOND_CODE,
    NO_SALE_CODE,
    UNCLEAR_CODE,
    beyond,
    no_account,
    no_customer,
    no_product,
    not_billable,
    unclear,
    unmapped,
)
from assets.sales.order_choices import (
    Billed,
    billed_before,
    dismissed,
    invoices_by_order,
    orders_in,
    sent_invoices,
)
from assets.sales.reported_shipments import Reported
from assets.sales.shipment_dates import DATED_CODE, ShipmentDates, dated_otherwise, shipment_dates
from assets.stages.day_names import start_of
from assets.stages.roadmap import Road
from assets.stages.statements import PARQUET, composed, dicts, statement
from ledger import money
from ledger.accounts import AccountKey
from ledger.catalogue import GOODS, Catalogue
from ledger.categories import categories
from ledger.errors import Finding, InputRefused
from ledger.journal import Journal, JournalSet, SourceKey
from ledger.mapping import Context, Mapping, Treatment, category_of
from ledger.order_documents import Order, Sold, credits_of, dated_as, invoice_of, invoice_source, is_of_report
from ledger.parts import Part
from ledger.policy import Invoicing
from resources.store.outbox import OutboxDocument

# Which of them take a sale back is said by the rules that map them: whatever is of a billed order comes in.
_OF_ORDERS = (
    "coalesce(events.order_id, '') <> '' AND events.order_id NOT IN (SELECT unnest($is_revenue)) "
    "AND (lower(trim(events.transaction_type)) = 'shipment' OR events.order_id IN (SELECT unnest($billed)))"
)
_FINDINGS_MAX = 20
_NOBODY = "(none)"


@dataclass(frozen=True)
class BilledDay:
    """The order documents of one day in one marketplace and currency, and what keeps others from being made."""

    place: Place
    customer: str
    documents: tuple[JournalSet, ...] = ()
    findings: tuple[Finding, ...] = ()
    left_out: tuple[str, ...] = ()  # transactions with a line that is not mapped, or a product nobody knows
    undated: tuple[str, ...] = ()  # why shipments wait for the day they left, one each
    dated_otherwise: tuple[Finding, ...] = ()  # invoices that were sent for a day of another month
    shipments: int = 0
    others: dict[SourceKey, tuple[SourceKey, ...]] = field(default_factory=dict)  # other names of the same invoice


def billed_day(
    road: Road,
    invoicing: Invoicing,
    mapping: Mapping,
    day: date,
    events: Sequence[Path],
    reported: Reported,
    place: Place,
    is_revenue: set[str],
    catalogue: Catalogue | None = None,
) -> BilledDay:
    """Return the order documents of one day.

    `events` are the day's transactions, and what is `reported` in their place; `is_revenue` are orders that a
    settlement has booked as revenue; `catalogue` says where products are booked, where the connection names one.
    """
    customer = invoicing.customer(place.marketplace)
    receivable = mapping.order_receivable(place.marketplace)
    nothing = BilledDay(place, customer)
    if not customer:
        return replace(nothing, findings=(no_customer(place),))
    if receivable is None:
        return replace(nothing, findings=(no_account(place, mapping),))
    with TemporaryDirectory() as folder, road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        lines = Path(folder) / "lines.parquet"
        count, rows_count = _write_lines(duck, road, day, events, place, is_revenue, lines)
        if not rows_count:
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
        dates = shipment_dates(road, invoicing, duck, day, lines)
    made = _Made(road, books, customer, catalogue, invoicing, dates, reported)
    documents = tuple(made.documents(rows))
    codes = (NO_SALE_CODE, BEYOND_CODE, DATED_CODE, UNCLEAR_CODE)
    left_alone = {(code, origin) for code in codes for origin in dismissed(road, code)}
    refused = tuple(one for one in made.refused if (one.code, one.origin) not in left_alone)
    otherwise = tuple(one for one in made.dated_otherwise if (one.code, one.origin) not in left_alone)
    findings = tuple(unmapped(answer.finding, row, day, place) for answer, row in mapped.unmapped)
    products = tuple(no_product(road, sku, orders, day, catalogue) for sku, orders in sorted(made.unknown.items()))
    waiting = (*left_out, *sorted(one for orders in made.unknown.values() for _, one in orders))
    told = (*findings[:_FINDINGS_MAX], *products[:_FINDINGS_MAX], *refused)
    left = tuple(dict.fromkeys(waiting))
    return BilledDay(place, customer, documents, told, left, tuple(made.undated), otherwise, count, made.others)


def _write_lines(
    duck: duckdb.DuckDBPyConnection,
    road: Road,
    day: date,
    events: Sequence[Path],
    place: Place,
    is_revenue: set[str],
    path: Path,
) -> tuple[int, int]:
    """Write the lines of the orders' transactions, and return how many shipments and rows there are."""
    sql = composed("earned_lines", wanted=_OF_ORDERS)
    since = max(place.since, start_of(day).replace(tzinfo=None))
    bound: dict[str, Any] = {
        "events": [str(one) for one in events],
        "since": since,
        "until": start_of(day + timedelta(days=1)).replace(tzinfo=None),
        "places": place.bound(),
        "is_revenue": sorted(is_revenue) or [_NOBODY],
        "billed": sorted(invoices_by_order(road, orders_in(road, *events))) or [_NOBODY],
    }
    duck.execute(f"COPY ({sql}) TO $path ({PARQUET})", bound | {"path": str(path)})
    shipments = "count(DISTINCT transaction_id) FILTER (lower(trim(transaction_type)) = 'shipment')"
    counted = duck.sql(f"SELECT {shipments}, count(*) FROM read_parquet($path)", params={"path": str(path)})
    found: tuple[int, int] = counted.fetchall()[0]
    return found


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
    """Documents out of gathered rows; what cannot be billed or credited is kept as a finding.

    `unknown` are the products that the catalogue does not have, each with the order and transaction that wait for it.
    `dates` say when shipments left, `sent` are the invoices that may be in the ERP, `standing` all
    documents of their orders.
    """

    road: Road
    books: EventBooks
    customer: str
    catalogue: Catalogue | None
    invoicing: Invoicing
    dates: ShipmentDates
    reported: Reported
    sent: dict[SourceKey, OutboxDocument] = field(default_factory=dict)
    standing: dict[str, Billed] = field(default_factory=dict)
    refused: list[Finding] = field(default_factory=list)
    dated_otherwise: list[Finding] = field(default_factory=list)
    undated: list[str] = field(default_factory=list)
    unknown: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    others: dict[SourceKey, tuple[SourceKey, ...]] = field(default_factory=dict)

    def documents(self, rows: list[dict[str, Any]]) -> Iterator[JournalSet]:
        """Yield one invoice a shipment, then a credit memo for each invoice that a refund takes something back of."""
        known = billed_before(self.road, {row["order_id"] for row in rows if row["is_refund"]})
        if self.dates.is_by_report or self.invoicing.tolerance or self.reported.known_as:
            shipped = {row["order_id"] for row in rows if not row["is_refund"]}
            self.sent = sent_invoices(self.road, shipped)
            self.standing = billed_before(self.road, {one.belongs_to for one in self.sent})
        by_key = ("is_refund", "order_id", "transaction_id")
        for (is_refund, order_id, _), group in groupby(rows, lambda row: tuple(row[name] for name in by_key)):
            found = list(group)
            made = self._credits(found, known.get(order_id, Billed())) if is_refund else self._invoices(found)
            for one in made:
                known[order_id] = known.get(order_id, Billed()).with_document(self._as_planned(one))
                yield one

    def _as_planned(self, one: JournalSet) -> Journal:
        """Return a document of this day under the key that it will have: billed again it is the next revision."""
        newest = self.road.stores.outbox.documents(one.source)
        revision = newest[0].revision + 1 if newest and is_withheld(newest) else 1
        return one.with_revision(revision).journals[0]

    def _invoices(self, rows: list[dict[str, Any]]) -> tuple[JournalSet, ...]:
        """Return the invoice of a shipment, with what adjusts it where it was sent and is told otherwise now."""
        told_by, order = rows[0]["transaction_id"], self._order(rows[0])
        if told_by in self.reported.unclear:
            self.refused.append(unclear(order))
            return ()
        source = invoice_source(order.seller, order.ledger, order.order_id, order.transaction_id)
        document = self.sent.get(source)
        if document is None and told_by in self.dates.waiting:
            self.undated.append(self.dates.waiting[told_by])
            return ()
        self._note_others(order, source)
        keeps_date = self.dates.is_by_report or is_of_report(source.source_id)
        if document is not None and keeps_date:
            is_told = self.dates.is_by_report and told_by not in self.dates.waiting
            otherwise = dated_otherwise(order, document.journal) if is_told else None
            self.dated_otherwise += [otherwise] if otherwise else []
            order = replace(order, on=document.journal.accounting_date)
        made = self._invoice(order, rows)
        if document is None or not made:
            return made
        if keeps_date:
            made = tuple(dated_as(one, document.journal) for one in made)
        if not self.invoicing.tolerance:
            return made
        billed = self.standing.get(order.order_id, Billed())
        return adjusted_invoice(self.road, order, made[0], document, billed, self.invoicing.tolerance)

    def _note_others(self, order: Order, source: SourceKey) -> None:
        """Note under which other names the same shipment may have been billed."""
        names = self.reported.others.get(order.transaction_id, ())
        if names:
            self.others[source] = tuple(
                invoice_source(order.seller, order.ledger, order.order_id, one) for one in names
            )

    def _invoice(self, order: Order, rows: list[dict[str, Any]]) -> tuple[JournalSet, ...]:
        told = [_sold(row, self.books.currency) for row in rows]
        sold = [self._placed(one, order.on) for one in told]
        if None in sold:
            for sku in {one.sku for one, placed in zip(told, sold, strict=True) if placed is None}:
                self.unknown.setdefault(sku, []).append((order.order_id, order.transaction_id))
            return ()
        try:
            made = invoice_of(order, [one for one in sold if one is not None])
        except InputRefused as error:
            self.refused.append(not_billable(order, error))
            return ()
        return (made,) if made.journals else ()

    def _placed(self, one: Sold, on: date) -> Sold | None:
        """Return an amount on the account of its product; None for a price of goods that the catalogue does not know.

        Amounts that the catalogue is not asked to take (shipping, promotions, tax) stay where the mapping has them.
        """
        if self.catalogue is None:
            return one
        owner = self.books.mapping.owner_of(self.books.place.marketplace)
        found = self.catalogue.sale(one.sku, one.category, on, owner)
        if found is None:
            return None if one.category == GOODS else one
        return replace(one, account=found.account, rule=found.rule)

    def _credits(self, rows: list[dict[str, Any]], billed: Billed) -> tuple[JournalSet, ...]:
        """Return what a refund takes back; of an order that was never billed nothing is, its settlement books it."""
        order = self._order(rows[0])
        if not billed.invoices:
            return ()
        back = [_sold(row, self.books.currency) for row in rows]
        found = credits_of(order, back, billed.invoices, billed.credits_before(order.on, order.transaction_id))
        if found.beyond:
            self.refused.append(beyond(order, found.beyond))
            return ()
        return found.memos

    def _order(self, row: dict[str, Any]) -> Order:
        return Order(
            seller=self.road.seller,
            ledger=self.road.ledger,
            order_id=row["order_id"],
            transaction_id=self.reported.known_as.get(row["transaction_id"], row["transaction_id"]),
            customer=self.customer,
            receivable=self.books.clearing,
            currency=self.books.currency,
            rate_type=self.road.policy.rate_type,
            on=self.dates.days.get(row["transaction_id"], self.books.parts[row["part"] - 1].accounting_date),
            refund_id=row["refund_id"],
            clear_by=self.invoicing.clear_by,
        )


def _sold(row: dict[str, Any], currency: str) -> Sold:
    return Sold(
        AccountKey.parse(row["account"]),
        money.exact(row["amount"], currency),
        row["category"],
        row["sku"] or "",
        None if row["quantity"] is None else Decimal(row["quantity"]),
    )
