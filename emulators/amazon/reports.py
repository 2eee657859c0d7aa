"""Request, follow and open reports: `createReport`, `getReport`, `cancelReport`, `getReportDocument`.

In: requests of one seller. Out: the answers of Amazon's model reports_2021-06-30
(https://github.com/amzn/selling-partner-api-models). Settlement reports cannot be requested: Amazon makes them itself
and `createReport` refuses. Requested ones walk one step per `getReport`: IN_QUEUE, IN_PROGRESS, then what came of it:
DONE, CANCELLED for nothing to report or for asking too soon, FATAL for dates that the type does not take.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from emulators.amazon.answers import Refusal, invalid, read_date_time
from emulators.amazon.report_list import report_json
from emulators.amazon.report_request import Asked
from emulators.amazon.report_types import TYPES, made, refusal_of
from emulators.amazon.settings import SETTLEMENT_TYPE, SETTLEMENT_TYPES_REMOVED, Settings
from emulators.amazon.world import Document, ReportEntry, RequestedReport, World
from emulators.clock import Clock
from emulators.state import State
from emulators.wsgi import Request, Response, json_response

_POLLS_UNTIL_DONE = 2


class Reports:
    """The reports of all sellers: those in the world and those requested since."""

    def __init__(self, world: World, state: State, clock: Clock, settings: Settings) -> None:
        self._world = world
        self._state = state
        self._clock = clock
        self._settings = settings
        # What a report came to, kept from the first time it is looked at: its content does not change afterwards.
        self._kept: dict[tuple[str, str], RequestedReport] = {}

    def create_report(self, request: Request, seller_id: str) -> Response:
        """Take a request for a report.

        Raises:
            Refusal: 415 for a body that is not JSON; 400 for settlement types and for what Amazon does not take.
        """
        body = _body_of(request)
        report_type, marketplaces = body.get("reportType"), body.get("marketplaceIds")
        if not isinstance(report_type, str) or not isinstance(marketplaces, list) or not 1 <= len(marketplaces) <= 25:
            raise invalid("reportType and marketplaceIds (1 to 25) are required.")
        if report_type == SETTLEMENT_TYPE or report_type in SETTLEMENT_TYPES_REMOVED:
            raise invalid("", "Request for report type 1118 is not allowed at this time.")
        if report_type not in self._world.makers and report_type not in TYPES:
            raise invalid("Invalid reportType.")
        options = body.get("reportOptions", {})
        if not isinstance(options, dict) or not all(isinstance(value, str) for value in options.values()):
            raise invalid("reportOptions holds names and texts.")
        now = self._clock.now()
        start, end = _dates_of(body, now)
        record = {"type": report_type, "marketplaces": marketplaces, "polls": 0, "cancelled": False}
        record |= {"created": now.isoformat(), "start": start.isoformat(), "end": end.isoformat(), "options": options}
        if report_type not in self._world.makers:
            record |= self._limits(seller_id, record, start, end, now)
        report_id = str(50_000_000_000 + self._state.count_up("requested_reports"))
        self._state.put("requested", f"{seller_id}|{report_id}", record)
        return json_response(202, {"reportId": report_id})

    def _limits(
        self, seller_id: str, record: dict[str, Any], start: datetime, end: datetime, now: datetime
    ) -> dict[str, str]:
        """Return what is wrong with a request: the sentence against its dates, or the report it came too soon after."""
        why = refusal_of(record["type"], start, end, now, self._settings)
        if why and self._settings.report_dates_refused == "at_once":
            raise invalid(why)
        return {"refusal": why, "too_soon_after": "" if why else self._made_lately(seller_id, record, now)}

    def _made_lately(self, seller_id: str, record: dict[str, Any], now: datetime) -> str:
        """Return the id of a report of this type that FBA will not make anew yet, or nothing."""
        pause = TYPES[record["type"]].made_anew_after
        same = ("type", "marketplaces", "start", "end") if self._settings.fba_limit_per == "dates" else ("type",)
        if pause is None:
            return ""
        for key, other in reversed(self._state.items("requested")):
            owner, _, report_id = key.partition("|")
            is_made = not (other["cancelled"] or other.get("refusal") or other.get("too_soon_after"))
            is_same = owner == seller_id and all(other[name] == record[name] for name in same)
            if is_made and is_same and now - datetime.fromisoformat(other["created"]) < pause:
                return report_id
        return ""

    def get_report(self, request: Request, seller_id: str, reportId: str) -> Response:
        """Answer one report; a requested one moves a step on.

        Raises:
            Refusal: 404, when the seller has no such report.
        """
        key = f"{seller_id}|{reportId}"
        record = self._state.get("requested", key)
        if record is not None:
            self._state.put("requested", key, {**record, "polls": record["polls"] + 1})
            return json_response(200, report_json(self._requested(seller_id, reportId, record), "millis"))
        for entry in self._world.entries.get(seller_id, []):
            if entry.report_id == reportId and not self._is_past(entry.created):
                return json_response(200, report_json(entry, self._settings.time_shape))
        raise Refusal(404)

    def cancel_report(self, request: Request, seller_id: str, reportId: str) -> Response:
        """Cancel a requested report that is still in the queue.

        Raises:
            Refusal: 404 for an unknown one, 400 for one that is under way or done.
        """
        key = f"{seller_id}|{reportId}"
        record = self._state.get("requested", key)
        if record is None:
            raise Refusal(404)
        if record["polls"] > 1:
            raise invalid("Only a report in the queue can be cancelled.")
        self._state.put("requested", key, {**record, "cancelled": True})
        return Response(200)

    def entries(self, seller_id: str) -> list[ReportEntry]:
        """List all reports of a seller, those of the world and those requested."""
        requested = [
            self._requested(seller_id, key.partition("|")[2], record)
            for key, record in self._state.items("requested")
            if key.partition("|")[0] == seller_id
        ]
        return [*self._world.entries.get(seller_id, []), *requested]

    def document(self, seller_id: str, document_id: str) -> Document | None:
        """Return a document of the seller unless there is none or its retention is over."""
        entries = [entry for entry in self.entries(seller_id) if entry.document_id == document_id]
        if not entries or all(self._is_past(entry.created) for entry in entries):
            return None
        found = self._world.documents.get((seller_id, document_id))
        if found is not None:
            return found
        report_id = entries[0].report_id
        outcome = self._outcome(seller_id, report_id, self._state.get("requested", f"{seller_id}|{report_id}"))
        if outcome.content is None:
            return None
        return Document(document_id, outcome.content, content_type=outcome.content_type)

    def _requested(self, seller_id: str, report_id: str, record: dict[str, Any]) -> ReportEntry:
        status, document_id = "IN_QUEUE", None
        if record["cancelled"]:
            status = "CANCELLED"
        elif record["polls"] >= _POLLS_UNTIL_DONE:
            outcome = self._outcome(seller_id, report_id, record)
            # Nothing to report is CANCELLED, and a FATAL report may have a document that says why.
            status = "FATAL" if outcome.is_fatal else "DONE" if outcome.content is not None else "CANCELLED"
            document_id = _document_id(seller_id, report_id) if outcome.content is not None else None
        elif record["polls"]:
            status = "IN_PROGRESS"
        return ReportEntry(
            report_id=report_id,
            report_type=record["type"],
            created=datetime.fromisoformat(record["created"]),
            marketplace_ids=tuple(record["marketplaces"]),
            document_id=document_id,
            data_start=datetime.fromisoformat(record["start"]),
            data_end=datetime.fromisoformat(record["end"]),
            processing_status=status,
        )

    def _outcome(self, seller_id: str, report_id: str, record: dict[str, Any]) -> RequestedReport:
        start, end = datetime.fromisoformat(record["start"]), datetime.fromisoformat(record["end"])
        make = self._world.makers.get(record["type"])
        if make is not None:
            return make(self._world.sellers[seller_id], start, end)
        if (seller_id, report_id) not in self._kept:
            self._kept[seller_id, report_id] = self._made(seller_id, record, start, end)
        return self._kept[seller_id, report_id]

    def _made(self, seller_id: str, record: dict[str, Any], start: datetime, end: datetime) -> RequestedReport:
        earlier = record["too_soon_after"]
        if record["refusal"]:
            why = json.dumps({"errorDetails": record["refusal"]}).encode()
            return RequestedReport(why if self._settings.fatal_has_document else None, is_fatal=True)
        if earlier and self._settings.fba_report_too_soon == "previous":
            return self._outcome(seller_id, earlier, self._state.get("requested", f"{seller_id}|{earlier}"))
        if earlier:
            return RequestedReport(None, is_fatal=self._settings.fba_report_too_soon == "fatal")
        asked = Asked(
            seller=self._world.sellers[seller_id],
            history=self._world.histories[seller_id],
            start=start,
            end=end,
            marketplace_ids=frozenset(record["marketplaces"]),
            as_of=datetime.fromisoformat(record["created"]),
            settings=self._settings,
        )
        return made(record["type"], asked)

    def _is_past(self, created: datetime) -> bool:
        return created < self._clock.now() - timedelta(days=self._settings.retention_days)


def _document_id(seller_id: str, report_id: str) -> str:
    return f"amzn1.spdoc.1.3.{uuid.uuid5(uuid.NAMESPACE_OID, f'{seller_id}/{report_id}')}.T0DEMO.2"


def _dates_of(body: dict[str, Any], now: datetime) -> tuple[datetime, datetime]:
    end = read_date_time(body["dataEndTime"], "dataEndTime") if "dataEndTime" in body else now
    start = read_date_time(body["dataStartTime"], "dataStartTime") if "dataStartTime" in body else end
    if start > end or end > now:
        raise invalid("dataStartTime must be before dataEndTime, and neither in the future.")
    return start, end


def _body_of(request: Request) -> dict[str, Any]:
    if (request.header("content-type") or "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415)
    try:
        body = json.loads(request.body)
    except ValueError:
        raise invalid("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise invalid("The body is not a JSON object.")
    return body
