"""A Fusion that answers from a few lists, written from the published samples.

It keeps batches with their journals and lines, and pages, filters and orders as a site does. What a test wants
otherwise it answers itself, by operation, finder or path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import httpx

ROOT = "https://fusion.example"
Answer = Callable[[httpx.Request], httpx.Response | None]


def answer(content: object, status: int = 200) -> httpx.Response:
    """Return a JSON answer; Decimal and int go out as written."""
    return httpx.Response(status, content=json.dumps(content, default=float).encode(), headers=_JSON)


_JSON = {"content-type": "application/vnd.oracle.adf.resourcecollection+json"}


def fault(status: int, detail: str, code: str = "", path: str = "") -> httpx.Response:
    """Return a structured error."""
    one = {"detail": detail, "o:errorCode": code, "o:errorPath": path}
    return answer({"title": "Bad Request", "status": str(status), "o:errorDetails": [one]}, status)


@dataclass
class Script:
    """A Fusion that answers from a few lists; `answers` are asked first, by path or operation, and may say None."""

    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    tables: dict[str, list[dict]] = field(default_factory=dict)
    page_max: int = 499

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        name = self.name_of(request)
        own = self.answers.get(name)
        given = own(request) if own else None
        if given is not None:
            return given
        if name == "token":
            return answer({"access_token": f"token-{self.calls('token')}", "token_type": "Bearer", "expires_in": 3600})
        if request.method == "GET" and name in self.tables:
            return self.page(request, self.tables[name])
        return fault(404, f"nothing here answers {name}")

    def name_of(self, request: httpx.Request) -> str:
        """Return the operation of a POST, the finder of an erpintegrations GET, else the path below the version."""
        if request.url.path.endswith("/token"):
            return "token"
        if request.method == "POST":
            return json.loads(request.content)["OperationName"]
        finder = request.url.params.get("finder", "").partition(";")[0]
        path = request.url.path.partition("/fscmRestApi/resources/")[2].partition("/")[2]
        return finder if path == "erpintegrations" else path

    def calls(self, name: str) -> int:
        """Return how often something was called."""
        return sum(1 for one in self.requests if self.name_of(one) == name)

    def last(self, name: str) -> httpx.Request:
        """Return the newest request of that name."""
        return next(one for one in reversed(self.requests) if self.name_of(one) == name)

    def book(self, name: str, lines: list[dict], *, batch_id: int = 1715986, status: str = "U", **changes) -> dict:
        """Put a batch of one journal into the books, as Journal Import leaves it; return its row."""
        header = {
            "JournalName": changes.pop("journal_name", "A1 Marketplace USD"),
            "LedgerName": changes.pop("ledger", "US Primary Ledger"),
            "CurrencyCode": changes.pop("currency", "USD"),
            "PeriodName": changes.get("DefaultPeriodName", "Nov-26"),
            "DefaultEffectiveDate": changes.pop("day", "2026-11-14"),
        }
        path = f"journalBatches/{batch_id}/child/journalHeaders"
        href = f"{ROOT}/fscmRestApi/resources/11.13.18.05/{path}/00HASH{batch_id}"
        header["links"] = [{"rel": "self", "href": href}, {"rel": "child", "href": f"{href}/child/journalLines"}]
        row = {
            "JeBatchId": batch_id,
            "BatchName": name,
            "BatchDescription": "",
            "Status": status,
            "DefaultPeriodName": "Nov-26",
            "UserJeSourceName": "ZB Connector",
            **changes,
        }
        self.tables.setdefault("journalBatches", []).append(row)
        self.tables[path] = [header]
        self.tables[f"{path}/00HASH{batch_id}/child/journalLines"] = lines
        self.tables[f"journalBatches/{batch_id}/child/journalErrors"] = []
        return row

    def page(self, request: httpx.Request, rows: list[dict]) -> httpx.Response:
        """Answer one page of rows that satisfy `q`, clamped as the site clamps."""
        wanted = [one for one in rows if satisfies(one, request.url.params.get("q", ""))]
        key, _, way = request.url.params.get("orderBy", "").partition(":")
        if key:
            wanted.sort(key=lambda one: one[key], reverse=way == "desc")
        offset, limit = int(request.url.params.get("offset", 0)), min(int(request.url.params["limit"]), self.page_max)
        items = wanted[offset : offset + limit]
        has_more = offset + len(items) < len(wanted)
        return answer({"items": items, "count": len(items), "hasMore": has_more, "limit": limit, "offset": offset})


def satisfies(row: dict, expression: str) -> bool:
    """Tell whether a row satisfies a filter in either grammar; both kinds of quotes are read."""
    for part in re.split(r"\s+and\s+|;", expression) if expression else ():
        found = re.fullmatch(r"(\w+)\s*(=|>=|<=|like|LIKE)\s*(?:'([^']*)'|\"([^\"]*)\"|([^'\"]*))", part)
        assert found, f"no condition: {part}"
        value = next(one for one in found.groups()[2:] if one is not None)
        held = str(row.get(found[1], ""))
        compared = {
            "like": re.fullmatch(re.escape(value).replace("%", ".*"), held) is not None,
            "=": held == value,
            ">=": held >= value,
            "<=": held <= value,
        }
        if not compared[found[2].lower()]:
            return False
    return True


def book_line(number: int, combination: str, amount: str, *, ref: str = "", text: str = "", **changes) -> dict:
    """Return a row of journalLines; debits positive, the other side null."""
    value = Decimal(amount)
    side = {"EnteredDr": value, "EnteredCr": None} if value > 0 else {"EnteredDr": None, "EnteredCr": -value}
    accounted = {name.replace("Entered", "Accounted"): held for name, held in side.items()}
    words = {"Description": text, "ReconciliationReference": ref or None, "CurrencyCode": "USD", "StatAmount": None}
    return {"JeLineNumber": number, "AccountCombination": combination, **side, **accounted, **words, **changes}


def found(*rows: dict) -> httpx.Response:
    """Return the answer of a finder."""
    return answer({"items": list(rows), "count": len(rows), "hasMore": False})


def job_at(word: str) -> Answer:
    """Return an answer that says where a job stands."""
    return lambda _: found({"OperationName": "getESSJobStatus", "RequestStatus": word, "ReqstId": "10073567"})
