"""Fee invoices: what Amazon invoiced for its services, with the tax in it, one version per day of issue.

In: Amazon's invoices of a span of days, every answer archived first. Out: one Parquet file per day of UTC, a row per
line. The table of a day is what input tax is claimed with: number, date, country, rate, net and tax. A day whose
invoices are not what settlements charged, or not yet, is asked for again every morning for a while.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

from assets.proofs.fee_invoice_checks import INVOICED, input_tax, verdicts_of
from assets.stages.day_answers import Archiving, by_halves
from assets.stages.day_files import write_day
from assets.stages.day_names import day_name, start_of
from assets.stages.days import DayOutcome, RefusedDay, days_between
from assets.stages.resumption import SETTLEMENT_KIND
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult
from ledger import money
from resources.amazon.fee_invoices import FeeInvoice, FeeInvoiceLine
from resources.store.warehouse import Version

TABLE = "fee_invoices"
# After that a difference is not expected to end by itself.
WATCHED = timedelta(days=60)
_AGAIN = timedelta(hours=24)
_DAY = timedelta(days=1)
_TAX_CODE = re.compile(r"([A-Z]{2})\s+(\d{1,3}(?:\.\d{1,3})?)")

Row = dict[str, object]


@dataclass(frozen=True)
class _Told:
    """What was told of one day: its invoices, and the answers of the span it was told in."""

    invoices: tuple[FeeInvoice, ...]
    documents: Sequence[str]


def fetch_fee_invoices(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Fetch the invoices issued from a first to a last day, both included, and stage each day.

    Raises SourceRefused or SourceUnavailable when Amazon does not answer, or no day of several can be used; an invoice
    that cannot be used refuses its day, and the days beside it go on.
    """
    told = by_halves(partial(_gathered, road), first, last)
    # All are kept before any is looked at: invoices of several days may be for the same time.
    kept = {day: one if isinstance(one, RefusedDay) else _keep(road, day, one) for day, one in told.items()}
    return {day: one if isinstance(one, RefusedDay) else _result(road, day, *one) for day, one in kept.items()}


def _gathered(road: Road, first: date, last: date) -> dict[date, _Told]:
    """Ask for a span, and lay its invoices under the days they were issued on."""
    archive = Archiving(road)
    end = min(start_of(last + _DAY), road.clock.now().astimezone(UTC))
    by_day: dict[date, list[FeeInvoice]] = defaultdict(list)
    for one in road.source.fee_invoices.issued(start_of(first), end, archive):
        by_day[one.issued.date()].append(one)
    return {day: _Told(tuple(by_day[day]), archive.documents) for day in days_between(first, last)}


def _keep(road: Road, day: date, told: _Told) -> tuple[list[Row], Version]:
    rows = [row for one in told.invoices for row in rows_of(one)]
    held = sorted({one.document for one in told.invoices}) or list(dict.fromkeys(told.documents[:1]))
    facts = {"documents": held, "invoices": len(told.invoices)}
    return rows, write_day(road, TABLE, day, rows, facts)


def _result(road: Road, day: date, rows: list[Row], version: Version) -> StageResult:
    verdicts = verdicts_of(road, TABLE, rows)
    is_settled = all(one.passed and not one.is_waiting for one in verdicts if one.check == INVOICED)
    if not is_settled and start_of(day) >= road.clock.now() - WATCHED:
        name, reason = day_name(TABLE, day), "invoices are not what settlements charged, or not yet"
        road.stores.due.ask(road.connection, SETTLEMENT_KIND, name, road.clock.now() + _AGAIN, reason)
    facts: dict[str, str | int | Decimal | bool] = {"invoices": version.facts["invoices"]}
    shown = input_tax(rows)
    for currency in sorted({one["currency"] for one in shown}):
        taxes = (money.exact(one["tax"] or "0", currency) for one in shown if one["currency"] == currency)
        facts[f"input tax {currency}"] = money.total(taxes, currency)
    held = version.facts["documents"]
    return StageResult(
        facts=facts,
        rows=tuple(shown),
        rows_total=version.rows,
        verdicts=verdicts,
        links={"document": held[0]} if held else {},
        version=version.id,
    )


def rows_of(invoice: FeeInvoice) -> Iterator[Row]:
    """Yield a row per line of an invoice; one that has none yields a row without a line."""
    head: Row = {
        "invoice_number": invoice.number,
        "identifier": invoice.identifier,
        "status": invoice.status,
        "kind": invoice.kind,
        "is_fee": invoice.is_fee,
        "marketplace_id": invoice.marketplace_id,
        "issued_at": _moment(invoice.issued),
        "period_start": _moment(invoice.period_start),
        "period_end": _moment(invoice.period_end),
        "issuer": invoice.issuer,
        "issuer_registration": invoice.issuer_registration,
        "currency": invoice.currency,
        "invoice_net": _text(invoice.net, invoice.currency),
        "invoice_tax": _text(invoice.tax, invoice.currency),
        "invoice_total": _text(invoice.total, invoice.currency),
        "document": invoice.document,
    }
    for line in invoice.lines or (None,):
        yield head | _line(line, invoice.currency)


def _line(line: FeeInvoiceLine | None, currency: str) -> Row:
    if line is None:
        names = ("line_id", "description", "service", "tax_country", "tax_rate", "net", "tax", "total")
        return dict.fromkeys(names)
    country, rate = tax_code(line.tax_codes)
    return {
        "line_id": line.line_id,
        "description": line.description,
        "service": line.service,
        "tax_country": country,
        "tax_rate": rate,
        "net": _text(line.net, currency),
        "tax": _text(line.tax, currency),
        "total": _text(line.total, currency),
    }


def tax_code(codes: Sequence[str]) -> tuple[str | None, str | None]:
    """Return country and rate in per cent of a line's only tax code, such as `DE 19`; None for none or several."""
    found = [_TAX_CODE.fullmatch(code.strip()) for code in codes]
    if len(found) != 1 or found[0] is None:
        return None, None
    return found[0][1], found[0][2]


def _text(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else money.text(amount, currency)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None).isoformat()
