"""Find reports: the operation `getReports`, with its filters, its pages and its traps.

In: a request of one seller. Out: `GetReportsResponse` of Amazon's model reports_2021-06-30
(https://github.com/amzn/selling-partner-api-models). The marketplace filter means "matches at least one" of the entry's
marketplaces, which for a settlement are all of the region: it does not separate settlements by marketplace.
"""

from __future__ import annotations

import base64
import json
import random
from binascii import Error as BinasciiError
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from emulators.amazon.answers import date_time, invalid, read_date_time
from emulators.amazon.settings import SETTLEMENT_TYPES_REMOVED, Settings
from emulators.amazon.world import ReportEntry
from emulators.clock import Clock
from emulators.wsgi import Request, Response, json_response

STATUSES = ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE")

# Begins every token, so that its base64 form holds "+" and "/" and breaks when it is not percent-encoded.
_TOKEN_START = b"\xfb\xef\xff"


@dataclass(frozen=True, slots=True)
class _Search:
    seller_id: str
    types: tuple[str, ...]
    statuses: tuple[str, ...]
    marketplaces: tuple[str, ...]
    since: str
    until: str
    page_size: int
    offset: int = 0
    page: int = 1


class ReportList:
    """The operation `getReports`.

    Args:
        entries: Returns all entries of a seller.
    """

    def __init__(self, entries: Callable[[str], list[ReportEntry]], clock: Clock, settings: Settings) -> None:
        self._entries = entries
        self._clock = clock
        self._settings = settings

    def get_reports(self, request: Request, seller_id: str) -> Response:
        """Answer one page of the seller's reports.

        Raises:
            Refusal: 400 for parameters Amazon does not take.
        """
        search = self._continued(request, seller_id) or self._started(request, seller_id)
        if search is None:
            return json_response(200, {"reports": []})
        found = self._found(search)
        # An empty page in the middle still carries a token: it is no end.
        taken = 0 if search.page in self._settings.empty_pages else search.page_size
        shown = found[search.offset : search.offset + taken]
        moved = 0 if search.page in self._settings.repeated_pages else taken
        body: dict[str, Any] = {"reports": [report_json(entry, self._settings.time_shape) for entry in shown]}
        if not moved or search.offset + moved < len(found):
            following = {**asdict(search), "offset": search.offset + moved, "page": search.page + 1}
            body["nextToken"] = _token_of(following)
        return json_response(200, body)

    def _continued(self, request: Request, seller_id: str) -> _Search | None:
        token = request.first("nextToken")
        if token is None:
            return None
        others = sorted(name for name in request.query if name != "nextToken")
        if others:
            raise invalid(";".join(others), "NextToken cannot be specified with other input parameters")
        search = _search_of(token)
        if search is None or search.seller_id != seller_id:
            raise invalid("Invalid parameter nextToken.")
        return search

    def _started(self, request: Request, seller_id: str) -> _Search | None:
        types = _list_of(request, "reportTypes", count_max=10)
        if not types:
            raise invalid("Missing required parameter: reportTypes or nextToken.")
        if SETTLEMENT_TYPES_REMOVED.intersection(types):
            if self._settings.removed_types == "refused":
                raise invalid("Report type is no longer supported.")
            types = tuple(name for name in types if name not in SETTLEMENT_TYPES_REMOVED)
        statuses = _list_of(request, "processingStatuses", count_max=len(STATUSES))
        if any(status not in STATUSES for status in statuses):
            raise invalid("Invalid parameter processingStatuses.")
        marketplaces = _list_of(request, "marketplaceIds", count_max=10)
        since, until = self._window(request)
        search = _Search(seller_id, types, statuses, marketplaces, since, until, _page_size_of(request))
        return search if types else None

    def _window(self, request: Request) -> tuple[str, str]:
        now = self._clock.now()
        oldest = now - timedelta(days=self._settings.retention_days)
        since_text, until_text = request.first("createdSince"), request.first("createdUntil")
        since = oldest if since_text is None else read_date_time(since_text, "createdSince")
        until = now if until_text is None else read_date_time(until_text, "createdUntil")
        if since < oldest and self._settings.created_since_too_old == "refused":
            raise invalid(f"createdSince must be within the last {self._settings.retention_days} days.")
        if since > until:
            raise invalid("createdSince must be before createdUntil.")
        return max(since, oldest).isoformat(), until.isoformat()

    def _found(self, search: _Search) -> list[ReportEntry]:
        since, until = datetime.fromisoformat(search.since), datetime.fromisoformat(search.until)
        oldest = self._clock.now() - timedelta(days=self._settings.retention_days)
        found = [
            entry
            for entry in self._entries(search.seller_id)
            if entry.report_type in search.types
            and (not search.statuses or entry.processing_status in search.statuses)
            and (not search.marketplaces or set(search.marketplaces) & set(entry.marketplace_ids))
            and max(since, oldest) <= entry.created <= until
        ]
        return self._ordered(found)

    def _ordered(self, found: list[ReportEntry]) -> list[ReportEntry]:
        by_time = sorted(found, key=lambda entry: (entry.created, entry.report_id))
        if self._settings.reports_order == "oldest_first":
            return by_time
        if self._settings.reports_order == "newest_first":
            return by_time[::-1]
        # Shuffled by a fixed seed: out of order, but the same on every page of one search.
        random.Random(len(by_time)).shuffle(by_time)
        return by_time


def report_json(entry: ReportEntry, time_shape: str) -> dict[str, Any]:
    """Return an entry as `Report` of Amazon's model; `mixed` gives every second report the other date-time shape."""
    shape = time_shape
    if shape == "mixed":
        shape = "millis" if entry.report_id[-1:] in "13579" else "offset"
    report: dict[str, Any] = {
        "reportType": entry.report_type,
        "processingStatus": entry.processing_status,
        "marketplaceIds": list(entry.marketplace_ids),
        "reportId": entry.report_id,
        "createdTime": date_time(entry.created, shape),
    }
    for name, instant in (("dataStartTime", entry.data_start), ("dataEndTime", entry.data_end)):
        if instant is not None:
            report[name] = date_time(instant, shape)
    if entry.processing_status in ("DONE", "FATAL", "CANCELLED"):
        report["processingStartTime"] = date_time(entry.created + timedelta(seconds=12), shape)
        report["processingEndTime"] = date_time(entry.created + timedelta(seconds=41), shape)
    if entry.document_id is not None:
        report["reportDocumentId"] = entry.document_id
    return report


def _list_of(request: Request, name: str, *, count_max: int) -> tuple[str, ...]:
    values = [part for value in request.query.get(name, []) for part in value.split(",") if part]
    if name in request.query and not 1 <= len(values) <= count_max:
        raise invalid(f"Parameter {name} takes 1 to {count_max} values.")
    return tuple(values)


def _page_size_of(request: Request) -> int:
    text = request.first("pageSize")
    if text is None:
        return 10
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100:
        raise invalid("Parameter pageSize must be from 1 to 100.")
    return int(text)


def _token_of(search: dict[str, Any]) -> str:
    return base64.b64encode(_TOKEN_START + json.dumps(search).encode()).decode()


def _search_of(token: str) -> _Search | None:
    try:
        raw = base64.b64decode(token, validate=True)
        fields = json.loads(raw.removeprefix(_TOKEN_START))
        lists = {name: tuple(fields[name]) for name in ("types", "statuses", "marketplaces")}
        return _Search(**{**fields, **lists})
    except (BinasciiError, ValueError, KeyError, TypeError):
        return None
