"""The reports that can be requested: what each holds, how often Amazon makes it anew, which dates it takes.

In: a type and what was asked for. Out: what the report comes to, or the sentence that says why it ends FATAL. Limits
are those of https://developer-docs.amazon.com/sp-api/docs/fba-sales-reports-attributes and
https://developer-docs.amazon.com/sp-api/docs/report-type-values-order; the four reports of all orders have none of FBA.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from emulators.amazon import order_reports, reimbursement_report, replacement_report, return_report, vat_report
from emulators.amazon.report_request import Asked
from emulators.amazon.settings import Settings
from emulators.amazon.tab_file import tab_file
from emulators.amazon.vat_columns import VAT_COLUMNS
from emulators.amazon.world import RequestedReport

VAT_TYPE = "GET_VAT_TRANSACTION_DATA"

_NEAR_REAL_TIME, _DAILY = timedelta(minutes=30), timedelta(hours=4)
_TWO_YEARS, _EIGHTEEN_MONTHS = timedelta(days=730), timedelta(days=548)
Rows = Iterable[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ReportType:
    """One type: columns and rows, how soon Amazon makes it anew (None: at once), how long and how old its dates are."""

    columns: Callable[[Asked], Sequence[str]]
    rows: Callable[[Asked], Rows]
    made_anew_after: timedelta | None = None
    dates_max: timedelta | None = None
    dates_age_max: timedelta = _TWO_YEARS


TYPES: dict[str, ReportType] = {
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": ReportType(
        order_reports.all_orders_columns, order_reports.orders_by_update
    ),
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL": ReportType(
        order_reports.all_orders_columns, order_reports.orders_by_purchase
    ),
    "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL": ReportType(
        lambda asked: order_reports.SHIPMENT_COLUMNS,
        order_reports.shipments,
        made_anew_after=_NEAR_REAL_TIME,
        dates_max=timedelta(days=31),
        dates_age_max=_EIGHTEEN_MONTHS,
    ),
    "GET_FBA_REIMBURSEMENTS_DATA": ReportType(
        lambda asked: reimbursement_report.COLUMNS, reimbursement_report.reimbursements, made_anew_after=_DAILY
    ),
    "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA": ReportType(
        lambda asked: return_report.COLUMNS, return_report.returns, made_anew_after=_DAILY
    ),
    "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_REPLACEMENT_DATA": ReportType(
        lambda asked: replacement_report.COLUMNS, replacement_report.replacements, made_anew_after=_DAILY
    ),
    VAT_TYPE: ReportType(lambda asked: VAT_COLUMNS, vat_report.vat_transactions),
}


def refusal_of(report_type: str, start: datetime, end: datetime, now: datetime, settings: Settings) -> str:
    """Say why a report of these dates cannot be made; empty when it can."""
    kind = TYPES[report_type]
    longest = kind.dates_max
    if "_ALL_ORDERS_" in report_type and settings.all_orders_days_max is not None:
        longest = timedelta(days=settings.all_orders_days_max)
    if longest is not None and end - start > longest:
        return f"The date range may span at most {longest.days} days."
    if start < now - kind.dates_age_max:
        return f"The start date may lie at most {kind.dates_age_max.days} days in the past."
    # https://developer-docs.amazon.com/sp-api/changelog: since 2024 the report is there from the third of each month.
    if report_type == VAT_TYPE and now.day < settings.vat_report_first_day:
        return f"The report is available from day {settings.vat_report_first_day} of the month."
    return ""


def made(report_type: str, asked: Asked) -> RequestedReport:
    """Make a report; one without rows has no content."""
    kind = TYPES[report_type]
    rows = list(kind.rows(asked))
    if not rows:
        return RequestedReport(None)
    # European reports come in Windows' Western code page and say so.
    encoding, charset = ("cp1252", "Cp1252") if asked.seller.region == "eu" else ("utf-8", "UTF-8")
    content = tab_file(kind.columns(asked), rows, encoding)
    return RequestedReport(content, content_type=f"text/plain;charset={charset}")
