"""The shapes of Amazon's Reports API 2021-06-30 that this connector reads, and the list of settlement reports.

In: a function that calls `getReports` with parameters. Out: entries of finished settlement reports, each once, oldest
first. A settlement report cannot be requested: Amazon makes it, we find it
(https://developer-docs.amazon.com/sp-api/docs/report-type-values-settlement). Entries come for all marketplaces of a
region at once and a settlement may come under several report ids: only the id inside the document tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from ledger.errors import SourceUnavailable
from resources.amazon.answers import misshapen, moment_of, utc, written

SETTLEMENT_TYPE = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
# Amazon keeps entries for 90 days and refuses an older start; a day less leaves room for clocks.
LOOK_BACK = timedelta(days=89)
PAGE_SIZE = 100
PAGES_MAX = 200
# getReports takes at most ten marketplace ids.
MARKETPLACES_MAX = 10


class Listed(Protocol):
    """What every entry of a report list has."""

    @property
    def report_id(self) -> str: ...

    @property
    def created(self) -> datetime: ...


Entry = TypeVar("Entry", bound=Listed)


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
    since = earliest if created_since is None else max(utc(created_since), earliest)
    parameters = {
        "reportTypes": SETTLEMENT_TYPE,
        "processingStatuses": "DONE",
        "pageSize": str(PAGE_SIZE),
        "createdSince": written(since),
    }
    if 0 < len(marketplace_ids) <= MARKETPLACES_MAX:
        parameters["marketplaceIds"] = ",".join(marketplace_ids)
    if created_until is not None:
        if utc(created_until) <= since:
            return None
        parameters["createdUntil"] = written(created_until)
    return parameters


def all_entries(
    connection: str, parameters: Mapping[str, str], get_page: Callable[[Mapping[str, str]], Mapping[str, Any]]
) -> list[ReportEntry]:
    """Read every page and return the entries of finished settlement reports, oldest first.

    Raises as `all_listed`.
    """
    return all_listed(connection, "settlement reports", parameters, get_page, _entry_if_wanted)


def all_listed(
    connection: str,
    what: str,
    parameters: Mapping[str, str],
    get_page: Callable[[Mapping[str, str]], Mapping[str, Any]],
    read: Callable[[str, Mapping[str, Any]], Entry | None],
) -> list[Entry]:
    """Read every page of a report list and return what `read` makes of its entries, oldest first.

    Pages may be empty and still lead on; a page may come twice. nextToken goes alone: with any other parameter Amazon
    answers 400.

    Raises:
        SourceRefused: An answer is not of the documented shape.
        SourceUnavailable: The pages go round in a circle or do not end.
    """
    entries: dict[str, Entry] = {}
    tokens_seen: set[str] = set()
    for _ in range(PAGES_MAX):
        count_before = len(entries)
        page = get_page(parameters)
        for report in _reports_of(connection, page):
            entry = read(connection, report)
            if entry is not None:
                entries.setdefault(entry.report_id, entry)
        token = page.get("nextToken")
        if not token:
            return sorted(entries.values(), key=lambda entry: (entry.created, entry.report_id))
        if not isinstance(token, str):
            raise misshapen(connection, "nextToken is no text")
        if token in tokens_seen and len(entries) == count_before:
            break
        tokens_seen.add(token)
        parameters = {"nextToken": token}
    raise SourceUnavailable(
        f"Amazon's list of {what} for connection {connection} does not come to an end: {len(entries)}"
        f" entries on {len(tokens_seen) + 1} pages, and still a further page. Nothing was taken from it; run it again"
        " later."
    )


def _reports_of(connection: str, page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    reports = page.get("reports")
    if not isinstance(reports, list):
        raise misshapen(connection, "reports is no list")
    if not all(isinstance(report, dict) for report in reports):
        raise misshapen(connection, "a report is no object")
    return reports


def _entry_if_wanted(connection: str, report: Mapping[str, Any]) -> ReportEntry | None:
    is_wanted = report.get("reportType") == SETTLEMENT_TYPE and report.get("processingStatus") == "DONE"
    # A finished report without a document has nothing to read; the chain of settlements shows if one is missing.
    return _entry_of(connection, report) if is_wanted and report.get("reportDocumentId") else None


def _entry_of(connection: str, report: Mapping[str, Any]) -> ReportEntry:
    report_id, document_id = report.get("reportId"), report["reportDocumentId"]
    if not isinstance(report_id, str) or not report_id or not isinstance(document_id, str):
        raise misshapen(connection, "an id is no text")
    created = moment_of(connection, report, "createdTime")
    if created is None:
        raise misshapen(connection, "a report has no createdTime")
    marketplaces = report.get("marketplaceIds") or []
    return ReportEntry(
        report_id=report_id,
        report_document_id=document_id,
        created=created,
        marketplace_ids=tuple(str(one) for one in marketplaces) if isinstance(marketplaces, list) else (),
        data_start=moment_of(connection, report, "dataStartTime"),
        data_end=moment_of(connection, report, "dataEndTime"),
    )


def link_of(connection: str, document_id: str, body: Mapping[str, Any]) -> DocumentLink:
    """Read the answer of getReportDocument; raises SourceRefused when it is not of the documented shape."""
    url, compression = body.get("url"), body.get("compressionAlgorithm") or ""
    if not isinstance(url, str) or not url:
        raise misshapen(connection, "getReportDocument gives no url")
    if compression not in ("", "GZIP"):
        raise misshapen(connection, "the document is compressed in a way that is not documented")
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
        raise misshapen(connection, "a participation lacks a documented field") from None
