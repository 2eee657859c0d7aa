"""Reports that are asked for: request one, look how it stands, find it again after a crash.

In: a type, dates, marketplaces. Out: a report id, then `RequestedReport` until it has ended; its document is fetched
like any other. Nothing waits here and nothing is remembered here: each step can be taken again by another process. A
request is sent once, and who does not know whether Amazon took it looks for it with `find` before asking again
(https://developer-docs.amazon.com/sp-api/docs/reports-api-v2021-06-30-use-case-guide). CANCELLED means that there is
nothing to report, or that a report of FBA was asked for again too soon: the two are told apart here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ledger.errors import DocumentDamaged, SourceError, SourceRefused, SourceUnavailable
from resources.amazon.answers import Answer, misshapen, moment_of, needed_text, text_of, texts_of, utc, written
from resources.amazon.door import Door
from resources.amazon.download import Download
from resources.amazon.report_words import words_of
from resources.amazon.reports import LOOK_BACK, PAGE_SIZE, SETTLEMENT_TYPE, all_listed
from resources.clock import Clock

ALL_ORDERS_BY_UPDATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
ALL_ORDERS_BY_DATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
FULFILLED_SHIPMENTS = "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL"
REIMBURSEMENTS = "GET_FBA_REIMBURSEMENTS_DATA"
REPLACEMENTS = "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_REPLACEMENT_DATA"
CUSTOMER_RETURNS = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
VAT_TRANSACTIONS = "GET_VAT_TRANSACTION_DATA"

# Amazon counts from the moment a report was made, the list names the moment it was asked for: a quarter of an hour
# between the two is plenty.
_MAKING = timedelta(minutes=15)
# How soon FBA makes a report anew (30 minutes, 4 hours); the reports of all orders are not subject to it.
# https://developer-docs.amazon.com/sp-api/docs/fba-sales-reports-attributes
MADE_ANEW_AFTER: Mapping[str, timedelta] = {
    FULFILLED_SHIPMENTS: timedelta(minutes=30) + _MAKING,
    REIMBURSEMENTS: timedelta(hours=4) + _MAKING,
    CUSTOMER_RETURNS: timedelta(hours=4) + _MAKING,
    REPLACEMENTS: timedelta(hours=4) + _MAKING,
}
# How many days one report may span, where Amazon says so.
DAYS_MAX: Mapping[str, int] = {FULFILLED_SHIPMENTS: 31}

_REPORTS = "/reports/2021-06-30/reports"
_ENDED = frozenset({"DONE", "CANCELLED", "FATAL"})
_STATUSES = _ENDED | {"IN_QUEUE", "IN_PROGRESS"}
_ID_LENGTH_MAX = 200


@dataclass(frozen=True)
class RequestedReport:
    """One requested report as it stands: IN_QUEUE, IN_PROGRESS, DONE, CANCELLED or FATAL.

    Dates are those Amazon lists, None where it lists none.
    """

    report_id: str
    report_type: str
    status: str
    created: datetime
    document_id: str | None = None
    marketplace_ids: tuple[str, ...] = ()
    data_start: datetime | None = None
    data_end: datetime | None = None

    @property
    def is_ended(self) -> bool:
        """Tell whether it will not change any more."""
        return self.status in _ENDED

    @property
    def has_no_data(self) -> bool:
        """Tell whether it ended because there is nothing to report."""
        return self.status == "CANCELLED"


class RequestedReports:
    """The reports one connection asks for.

    Args:
        door: Calls the operations.
        clock: Tells how far back the list goes.
        download: Fetches a document into a file, for the reason of a FATAL report.
    """

    def __init__(self, door: Door, clock: Clock, download: Callable[[str, Path], Download]) -> None:
        self._door = door
        self._clock = clock
        self._download = download

    def request(
        self,
        report_type: str,
        start: datetime,
        end: datetime,
        marketplace_ids: Iterable[str],
        options: Mapping[str, str] | None = None,
    ) -> str:
        """Ask for a report and return its id; sent once.

        Dates count to the second. A report that FBA does not make anew yet is not asked for: Amazon would cancel it, or
        answer with the old one.

        Raises:
            SourceUnavailable: Too soon, throttled, or nobody knows whether Amazon took it: look for it with `find`.
            SourceRefused: Amazon does not make this report.
        """
        _assert_can_be_asked(report_type, start, end)
        self._refuse_too_soon(report_type)
        ids = list(marketplace_ids)
        body: dict[str, Any] = {
            "reportType": report_type,
            "marketplaceIds": ids,
            "dataStartTime": written(start),
            "dataEndTime": written(end),
        }
        if options:
            body["reportOptions"] = dict(options)
        answer = self._door.post(
            "createReport",
            _REPORTS,
            body,
            status=202,
            if_unclear="It is not known whether Amazon took the request: it is looked for in the list before the next.",
        )
        return needed_text(self._door.connection, answer, "reportId")

    def find(
        self,
        report_type: str,
        start: datetime,
        end: datetime,
        marketplace_ids: Iterable[str],
        created_since: datetime | None = None,
    ) -> RequestedReport | None:
        """Return the newest report that was asked for with these dates and marketplaces and did not end FATAL, or None.

        A CANCELLED one counts when there was nothing to report, not when it came too soon. To ask for the same dates
        once more, name the moment since when a report is new enough.

        Raises:
            SourceRefused, SourceUnavailable: As reading any list.
        """
        wanted = (written(start), written(end), frozenset(marketplace_ids))
        pause = MADE_ANEW_AFTER.get(report_type, timedelta(0))
        since = None if created_since is None else utc(created_since)
        # The list begins earlier than what may be found: it shows what another report came too soon after.
        listed = self.listed(report_type, None if since is None else since - pause)
        found = [
            report
            for report in listed
            if _asked_for(report) == wanted
            and report.status != "FATAL"
            and (since is None or report.created >= since)
            and not (report.has_no_data and _made_before(report, listed))
        ]
        return found[-1] if found else None

    def listed(self, report_type: str, created_since: datetime | None = None) -> list[RequestedReport]:
        """Return the reports of a type that Amazon lists, oldest first; 90 days back at most."""
        now = self._clock.now()
        since = max(now - LOOK_BACK, now - LOOK_BACK if created_since is None else utc(created_since))
        if since > now:
            return []
        parameters = {"reportTypes": report_type, "pageSize": str(PAGE_SIZE), "createdSince": written(since)}

        def read(connection: str, report: Answer) -> RequestedReport | None:
            return _report_of(connection, report) if report.get("reportType") == report_type else None

        return all_listed(self._door.connection, f"reports {report_type}", parameters, self._page, read)

    def state(self, report_id: str) -> RequestedReport:
        """Return a report as it stands.

        Raises:
            SourceRefused: It ended FATAL, with Amazon's reason where Amazon gives one; or a status nobody knows.
            SourceUnavailable: It was cancelled because it was asked for too soon; ask again later.
        """
        assert 0 < len(report_id) <= _ID_LENGTH_MAX, "ids come from Amazon and are short"
        answer = self._door.get("getReport", f"{_REPORTS}/{quote(report_id, safe='')}", {})
        report = _report_of(self._door.connection, answer)
        if report.report_id != report_id:
            raise misshapen(self._door.connection, "getReport answers with another report")
        if report.status == "FATAL":
            raise self._fatal(report)
        if report.has_no_data:
            self._refuse_cancelled_too_soon(report)
        if report.status == "DONE" and report.document_id is None:
            raise misshapen(self._door.connection, f"report {report_id[:80]} is DONE and has no document")
        return report

    def _page(self, parameters: Mapping[str, str]) -> Mapping[str, Any]:
        return self._door.get("getReports", _REPORTS, parameters)

    def _refuse_too_soon(self, report_type: str) -> None:
        pause, now = MADE_ANEW_AFTER.get(report_type), self._clock.now()
        if pause is None:
            return
        listed = self.listed(report_type, now - pause)
        made = [one.created for one in listed if one.status not in ("CANCELLED", "FATAL") and one.created + pause > now]
        if made:
            raise self._too_soon(report_type, made[-1] + pause)

    def _refuse_cancelled_too_soon(self, report: RequestedReport) -> None:
        pause = MADE_ANEW_AFTER.get(report.report_type)
        if pause is None:
            return
        made = _made_before(report, self.listed(report.report_type, report.created - pause))
        if made is not None:
            raise self._too_soon(report.report_type, made.created + pause)

    def _too_soon(self, report_type: str, again_at: datetime) -> SourceUnavailable:
        minutes = int((MADE_ANEW_AFTER[report_type] - _MAKING).total_seconds() // 60)
        return SourceUnavailable(
            f"Report {report_type} for connection {self._door.connection} is made anew every {minutes} minutes at most,"
            f" and one was asked for before that. Ask again after {again_at:%Y-%m-%d %H:%M} UTC."
        )

    def _fatal(self, report: RequestedReport) -> SourceRefused:
        said = self._reason(report)
        reason = f"Amazon says: {said}." if said else "Amazon gives no reason; asking too often is a frequent one."
        return SourceRefused(
            f"Report {report.report_type} for connection {self._door.connection} (id {report.report_id}) could not be"
            f" made and ended FATAL. {reason} Check the dates and the marketplaces, then ask for it again.",
            code="FATAL",
        )

    def _reason(self, report: RequestedReport) -> str:
        """Return the words of a FATAL report's document; nothing when it has none or they cannot be had."""
        if report.document_id is None:
            return ""
        with tempfile.TemporaryDirectory(prefix="report-") as folder:
            try:
                document = self._download(report.document_id, Path(folder) / "reason")
            except (SourceError, DocumentDamaged, OSError):
                return ""
            return words_of(document)


def _assert_can_be_asked(report_type: str, start: datetime, end: datetime) -> None:
    assert report_type != SETTLEMENT_TYPE, "a settlement cannot be requested"
    assert start <= end, "dates run forwards"
    days = DAYS_MAX.get(report_type)
    assert days is None or end - start <= timedelta(days=days), f"{report_type} spans at most {days} days"


def _asked_for(report: RequestedReport) -> tuple[str, str, frozenset[str]] | None:
    if report.data_start is None or report.data_end is None:
        return None
    return written(report.data_start), written(report.data_end), frozenset(report.marketplace_ids)


def _made_before(report: RequestedReport, listed: Iterable[RequestedReport]) -> RequestedReport | None:
    """Return the report of the same type after which this one came too soon, or None."""
    pause = MADE_ANEW_AFTER.get(report.report_type)
    if pause is None:
        return None
    for other in listed:
        is_before = other.report_id != report.report_id and timedelta(0) <= report.created - other.created < pause
        if is_before and other.status not in ("CANCELLED", "FATAL"):
            return other
    return None


def _report_of(connection: str, report: Answer) -> RequestedReport:
    status = needed_text(connection, report, "processingStatus")
    if status not in _STATUSES:
        raise misshapen(connection, f"a report has a status that is not known ({_shown(status)})")
    created = moment_of(connection, report, "createdTime")
    if created is None:
        raise misshapen(connection, "a report has no createdTime")
    return RequestedReport(
        report_id=needed_text(connection, report, "reportId"),
        report_type=needed_text(connection, report, "reportType"),
        status=status,
        created=created,
        document_id=text_of(connection, report, "reportDocumentId"),
        marketplace_ids=texts_of(connection, report, "marketplaceIds"),
        data_start=moment_of(connection, report, "dataStartTime"),
        data_end=moment_of(connection, report, "dataEndTime"),
    )


def _shown(status: str) -> str:
    return status[:40] if status.isascii() and status.isprintable() else "not printable"
