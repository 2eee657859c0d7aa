"""The shapes of Amazon's Reports API 2021-06-30 that this connector reads, and the list of settlement reports.

In: a function that calls `getReports` with parameters. Out: entries of finished settlement reports, each once, oldest
first. A settlement report cannot be requested: Amazon makes it, we find it
(https://developer-docs.amazon.com/sp-api/docs/report-type-values-settlement). Entries come for all marketplaces of a
region at once and a settlement may come under several report ids: only the id inside the document tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.errors import SourceRefused, SourceUnavailable

SETTLEMENT_TYPE = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
# Amazon keeps entries for 90 days and refuses an older start; a day less leaves room for clocks.
LOOK_BACK = timedelta(days=89)
PAGE_SIZE = 100
PAGES_MAX = 200
# getReports takes at most ten marketplace ids.
MARKETPLACES_MAX = 10


@dataclass(frozen=True)
class ReportEntry:
    """One finished settlement report in the list. Ids are opaque; `data_start` and `data_end` may be missing."""

    report_id: str
    report_document_id: str
    created: datetime
    marketplace_ids: tuple[str, ...] = ()
    data_start: datetime | None = None
    data_end: datetime | None = None


@dataclass(frozen=True)
class DocumentLink:
    """A presigned link that lives for five minutes; it is as good as a secret, so it is never shown."""

    report_document_id: str
    url: str
    compression: str

    def __repr__(self) -> str:
        return f"DocumentLink({self.report_document_id!r}, url='***', compression={self.compression!r})"


@dataclass(frozen=True)
class Participation:
    """One marketplace of the seller, as Amazon tells it."""

    marketplace_id: str
    country: str
    name: str
    currency: str
    is_participating: bool
    has_suspended_listings: bool


def first_parameters(
    marketplace_ids: tuple[str, ...], now: datetime, created_since: datetime | None, created_until: datetime | None
) -> dict[str, str] | None:
    """Return the parameters of the first page; None when the span lies wholly before what Amazon keeps.

    Times must be aware. With more marketplaces than the filter takes, none is named: the list is the same, because a
    settlement comes back for any marketplace of its region.
    """
    earliest = now - LOOK_BACK
    since = earliest if created_since is None else max(_utc(created_since), earliest)
    parameters = {
        "reportTypes": SETTLEMENT_TYPE,
        "processingStatuses": "DONE",
        "pageSize": str(PAGE_SIZE),
        "createdSince": _written(since),
    }
    if 0 < len(marketplace_ids) <= MARKETPLACES_MAX:
        parameters["marketplaceIds"] = ",".join(marketplace_ids)
    if created_until is not None:
        if _utc(created_until) <= since:
            return None
        parameters["createdUntil"] = _written(_utc(created_until))
    return parameters


def all_entries(
    connection: str, parameters: Mapping[str, str], get_page: Callable[[Mapping[str, str]], Mapping[str, Any]]
) -> list[ReportEntry]:
    """Read every page and return the entries, oldest first.

    Pages may be empty and still lead on; a page may come twice. nextToken goes alone: with any other parameter Amazon
    answers 400.

    Raises:
        SourceRefused: An answer is not of the documented shape.
        SourceUnavailable: The pages go round in a circle or do not end.
    """
    entries: dict[str, ReportEntry] = {}
    tokens_seen: set[str] = set()
    for _ in range(PAGES_MAX):
        count_before = len(entries)
        page = get_page(parameters)
        for entry in _entries_of(connection, page):
            entries.setdefault(entry.report_id, entry)
        token = page.get("nextToken")
        if not token:
            return sorted(entries.values(), key=lambda entry: (entry.created, entry.report_id))
        if not isinstance(token, str):
            raise _misshapen(connection, "nextToken is no text")
        if token in tokens_seen and len(entries) == count_before:
            break
        tokens_seen.add(token)
        parameters = {"nextToken": token}
    raise SourceUnavailable(
        f"Amazon's list of settlement reports for connection {connection} does not come to an end: {len(entries)}"
        f" entries on {len(tokens_seen) + 1} pages, and still a further page. Nothing was taken from it; run it again"
        " later."
    )


def _entries_of(connection: str, page: Mapping[str, Any]) -> list[ReportEntry]:
    reports = page.get("reports")
    if not isinstance(reports, list):
        raise _misshapen(connection, "reports is no list")
    found = []
    for report in reports:
        if not isinstance(report, dict):
            raise _misshapen(connection, "a report is no object")
        is_wanted = report.get("reportType") == SETTLEMENT_TYPE and report.get("processingStatus") == "DONE"
        # A finished report without a document has nothing to read; the chain of settlements shows if one is missing.
        if is_wanted and report.get("reportDocumentId"):
            found.append(_entry_of(connection, report))
    return found


def _entry_of(connection: str, report: Mapping[str, Any]) -> ReportEntry:
    report_id, document_id = report.get("reportId"), report["reportDocumentId"]
    if not isinstance(report_id, str) or not report_id or not isinstance(document_id, str):
        raise _misshapen(connection, "an id is no text")
    created = _read(connection, report, "createdTime")
    if created is None:
        raise _misshapen(connection, "a report has no createdTime")
    marketplaces = report.get("marketplaceIds") or []
    return ReportEntry(
        report_id=report_id,
        report_document_id=document_id,
        created=created,
        marketplace_ids=tuple(str(one) for one in marketplaces) if isinstance(marketplaces, list) else (),
        data_start=_read(connection, report, "dataStartTime"),
        data_end=_read(connection, report, "dataEndTime"),
    )


def link_of(connection: str, document_id: str, body: Mapping[str, Any]) -> DocumentLink:
    """Read the answer of getReportDocument; raises SourceRefused when it is not of the documented shape."""
    url, compression = body.get("url"), body.get("compressionAlgorithm") or ""
    if not isinstance(url, str) or not url:
        raise _misshapen(connection, "getReportDocument gives no url")
    if compression not in ("", "GZIP"):
        raise _misshapen(connection, "the document is compressed in a way that is not documented")
    return DocumentLink(document_id, url, compression)


def participations_of(connection: str, body: Mapping[str, Any]) -> tuple[Participation, ...]:
    """Read the answer of getMarketplaceParticipations; raises SourceRefused when it is not of the documented shape."""
    try:
        return tuple(
            Participation(
                marketplace_id=str(one["marketplace"]["id"]),
                country=str(one["marketplace"]["countryCode"]),
                name=str(one["marketplace"]["name"]),
                currency=str(one["marketplace"]["defaultCurrencyCode"]),
                is_participating=one["participation"]["isParticipating"] is True,
                has_suspended_listings=one["participation"]["hasSuspendedListings"] is True,
            )
            for one in body["payload"]
        )
    except (LookupError, TypeError):
        raise _misshapen(connection, "a participation lacks a documented field") from None


def _read(connection: str, report: Mapping[str, Any], name: str) -> datetime | None:
    # Seen with +00:00 and with .sssZ; both are ISO 8601.
    value = report.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise _misshapen(connection, f"{name} is no date-time") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _utc(moment: datetime) -> datetime:
    assert moment.tzinfo is not None, "a moment without a zone is no moment"
    return moment.astimezone(UTC)


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _misshapen(connection: str, what: str) -> SourceRefused:
    return SourceRefused(
        f"An answer of Amazon's for connection {connection} is not of the documented shape: {what}. Check `api_url` in"
        " the connection's settings; if it is right, please report this as a fault of the connector."
    )
