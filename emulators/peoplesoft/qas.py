"""Query Access Service: ExecuteQuery over REST, with HTTP Basic and the JSON shape of live sites.

What comes in: the path after the connector, the query parameters, the operator. What goes out: rows as JSON, numbers
as JSON numbers with every digit; or a body whose `status` is not `success` (its shape is unverified).
Source: PeopleTools Reporting Web Services, QAS_EXECUTEQRY_REST_GET; live shape from public ExecuteQuery clients.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from emulators.faults import Fault
from emulators.peoplesoft.books import Books
from emulators.peoplesoft.mischief import BACKWARDS, BLIND, REPEATED
from emulators.peoplesoft.prompts import PromptError, Row
from emulators.peoplesoft.queries import QUERIES, Query
from emulators.peoplesoft.records import plain
from emulators.peoplesoft.site import Site, User
from emulators.wsgi import Request, Response, text_response

JSON_TYPE = "application/json; charset=UTF-8"


class QueryFailure(Exception):
    """ExecuteQuery cannot run; the text says why."""


def query_named(site: Site, name: str) -> Query | None:
    """Return the query that the site published under a name, or None."""
    return next((query for query in QUERIES if site.query_names.get(query.name, query.name) == name), None)


def execute_query(
    books: Books, parts: Sequence[str], request: Request, operator: User, fault: Fault | None
) -> Response:
    """Answer one ExecuteQuery; `parts` is owner type, query name, result type, file mode."""
    try:
        rows = _rows(books, parts, request, operator)
    except (QueryFailure, PromptError) as failure:
        return failure_answer(books.site, str(failure))
    if fault is not None:
        rows = _spoiled(rows, fault)
    maxrows = int(request.first("maxrows") or 0)
    return _answer(books.site, parts[1], rows[:maxrows])


def failure_answer(site: Site, text: str, http_status: int | None = None) -> Response:
    """Answer a failure in JSON."""
    body = json.dumps({"status": "error", "data": {"message": text}})
    return text_response(http_status or site.switches.query_failure_http_status, body, JSON_TYPE)


def _rows(books: Books, parts: Sequence[str], request: Request, operator: User) -> list[Row]:
    if len(parts) != 4 or parts[0].lower() not in ("public", "private") or parts[3].upper() != "NONFILE":
        raise QueryFailure("The URI does not match the template of ExecuteQuery.")
    if parts[2].upper() != "JSON" or (request.first("json_resp") or "").lower() != "true":
        raise QueryFailure("Only JSON with json_resp=true is offered here.")
    query = query_named(books.site, parts[1])
    if query is None or not operator.is_query_allowed:
        raise QueryFailure(f"Query {parts[1]} does not exist or you are not authorized to run it.")
    maxrows = request.first("maxrows") or ""
    if not maxrows.isdigit() or int(maxrows) == 0:
        raise QueryFailure("MaxRow is required and must be a number above zero.")
    rows = query.select(books, _prompts(query, request))
    shown = [name for name in (request.first("filterfields") or "").split(",") if name]
    return [{name: row[name] for name in row if name in shown} for row in rows] if shown else rows


def _prompts(query: Query, request: Request) -> dict[str, str]:
    names = (request.first("prompt_uniquepromptname") or "").split(",")
    values = (request.first("prompt_fieldvalue") or "").split(",")
    if len(names) != len(values):
        raise QueryFailure(f"{len(names)} prompt names but {len(values)} prompt values were given.")
    given = dict(zip(names, values, strict=True))
    missing = [name for name in query.prompts if name not in given]
    unknown = [name for name in given if name not in query.prompts]
    if missing or unknown:
        raise QueryFailure(f"Prompts of {query.name} do not match: missing {missing}, unknown {unknown}.")
    return given


def _spoiled(rows: list[Row], fault: Fault) -> list[Row]:
    if fault.kind == BLIND:
        return []
    if fault.kind == BACKWARDS:
        return rows[::-1]
    assert fault.kind == REPEATED, fault.kind
    return [row for row in rows for _ in range(2)]


def _answer(site: Site, name: str, rows: list[Row]) -> Response:
    switches = site.switches
    numbered = [{"attr:rownumber": number, **row} for number, row in enumerate(rows, start=1)]
    query: dict[str, object] = {"numrows": len(rows), switches.query_name_key: name}
    if rows or switches.are_empty_rows_present:
        query["rows"] = numbered
    body = {"status": "success", "data": {"query": query}}
    has_amounts = any(isinstance(value, Decimal) for row in rows for value in row.values())
    text = _json(body, switches.are_query_numbers_text) if has_amounts else json.dumps(body)
    return text_response(200, text, JSON_TYPE)


@lru_cache(10_000)
def _text(value: str) -> str:
    return json.dumps(value)


def _json(value: object, are_numbers_text: bool) -> str:
    """Return JSON in which a Decimal is a number with all its digits; the json module knows floats only."""
    if isinstance(value, dict):
        pairs = (f"{_text(str(name))}:{_json(part, are_numbers_text)}" for name, part in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json(part, are_numbers_text) for part in value) + "]"
    if isinstance(value, Decimal):
        return json.dumps(plain(value)) if are_numbers_text else plain(value)
    return _text(value) if isinstance(value, str) else json.dumps(value)
