"""Ask PS Queries through the Query Access Service and read their rows: the only dependable way to read journals back.

In: what a query is for (`by_key`, `lines`, ...) and its values by our names. Out: parameters of `ExecuteQuery`, and
rows read from its JSON with numbers as Decimal. Pure. There is no paging, so an answer that reaches its row limit, or
counts other rows than it holds, is never taken as complete. Source: PeopleTools Reporting Web Services, "ExecuteQuery"
(the key `queryname=` really carries its equals sign at some sites).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.errors import InputRefused, TargetMisconfigured, TargetUnavailable
from resources.erp.peoplesoft.profile import PeopleSoftProfile, QuerySettings

_NUMBER = re.compile(r"[-+]?\d{1,30}(\.\d{1,15})?([eE][-+]?\d{1,2})?|[-+]?\.\d{1,15}")

# Fields that header and line both have, as we name those of the line -> where they are looked for.
_LINE_FIELDS = {
    "LINE_BUSINESS_UNIT": ("B.BUSINESS_UNIT",),
    "LINE_FOREIGN_CURRENCY": ("B.FOREIGN_CURRENCY", "FOREIGN_CURRENCY"),
    "LINE_LEDGER": ("B.LEDGER",),
    "LINE_CURRENCY_CD": ("B.CURRENCY_CD",),
}


@dataclass(frozen=True)
class Row:
    """One row of a query, read by record field names; blank text (one space) reads as ""."""

    query: QuerySettings
    cells: Mapping[str, object]

    def text(self, field: str, default: str | None = None) -> str:
        """Return a text; raise TargetMisconfigured when the query has no such column and there is no default."""
        value = self._value(field, default)
        if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
            return format(value, "f") if isinstance(value, Decimal) else str(value)
        return str(value or "").strip()

    def amount(self, field: str, default: Decimal | None = None) -> Decimal:
        """Return a number exactly; a blank is zero."""
        value = self._value(field, default)
        text = "" if value is None else str(value).strip()
        if not _NUMBER.fullmatch(text or "0"):
            raise self._unreadable(field, "number")
        return Decimal(text or "0")

    def number(self, field: str, default: int | None = None) -> int:
        """Return a whole number; a blank is zero."""
        amount = self.amount(field, None if default is None else Decimal(default))
        if amount != int(amount):
            raise self._unreadable(field, "whole number")
        return int(amount)

    def day(self, field: str) -> date:
        """Return a date; accepts hyphens and slashes, year first."""
        text = self.text(field)[:10].replace("/", "-")
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self._unreadable(field, "date of the form YYYY-MM-DD") from None

    def has(self, field: str) -> bool:
        """Tell whether the query shows a field."""
        return any(name in self.cells for name in _names(self.query, field))

    def content(self) -> dict[str, object]:
        """Return the cells without those that only number the row."""
        return {name: value for name, value in self.cells.items() if not name.startswith("attr:")}

    def _value(self, field: str, default: object) -> object:
        for name in _names(self.query, field):
            if name in self.cells:
                return self.cells[name]
        if default is None:
            raise TargetMisconfigured(
                f"Query {self.query.name} answers without the column {_names(self.query, field)[0]}. Add the column to "
                "the query, or say under queries, columns of the PeopleSoft settings what the site calls it."
            )
        return default

    def _unreadable(self, field: str, kind: str) -> TargetUnavailable:
        return TargetUnavailable(f"Query {self.query.name} answers a {field} that is no {kind}.")


def parameters(profile: PeopleSoftProfile, purpose: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return the query string of one call.

    Prompts and values are two lists with commas, so a comma in a value would shift all that follow: refused.
    """
    query = profile.queries[purpose]
    for name, value in values.items():
        if "," in value or not value.strip() or value != value.strip():
            raise InputRefused(
                f"Query {query.name} cannot be asked for {name} {value!r}: a prompt takes no comma, no blank at its "
                "ends and no empty value."
            )
    return {
        "isconnectedquery": "N",
        "maxrows": str(profile.rows_max),
        "prompt_uniquepromptname": ",".join(query.prompts[name] for name in values),
        "prompt_fieldvalue": ",".join(values.values()),
        "json_resp": "true",
    }


class Truncated(TargetUnavailable):
    """An answer that reached its row limit: narrow the question."""


def read_rows(profile: PeopleSoftProfile, purpose: str, body: bytes) -> list[Row]:
    """Read the JSON of one answer.

    Raises Truncated at the row limit, TargetMisconfigured when the service says no (the query is missing or not
    granted), TargetUnavailable for anything that cannot be read as an answer to this query.
    """
    query = profile.queries[purpose]
    content = _content(query, _json(query, body))
    rows = content.get("rows") or []
    rows = [rows] if isinstance(rows, dict) else rows
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TargetUnavailable(f"Query {query.name} answered JSON without a list of rows.")
    if len(rows) >= profile.rows_max:
        raise Truncated(
            f"Query {query.name} answered {len(rows)} rows, which is its limit: more may exist. Raise rows_max of the "
            "PeopleSoft settings."
        )
    counted = content.get("numrows")
    if counted is not None and str(counted) != str(len(rows)):
        raise TargetUnavailable(f"Query {query.name} counts {counted} rows but answered {len(rows)}.")
    return [Row(query, row) for row in rows]


def once_each(rows: list[Row], ledger: str = "") -> list[Row]:
    """Return line rows by their key, each once; with `ledger` only the lines of that ledger.

    A join too many in the site's query shows every row several times, and a ledger group may keep each line once per
    ledger. Raises TargetUnavailable when two rows of one key differ, because then neither can be believed, and
    TargetMisconfigured when a line stands in several ledgers and none was named.
    """
    seen: dict[tuple[object, ...], Row] = {}
    for row in rows:
        if ledger and row.text("LINE_LEDGER") != ledger:
            continue
        key: tuple[object, ...] = tuple(row.text(field) for field in ("BUSINESS_UNIT", "JOURNAL_ID", "JOURNAL_DATE"))
        key += (row.number("UNPOST_SEQ"), row.number("JOURNAL_LINE"))
        first = seen.setdefault(key, row)
        if row.content() == first.content():
            continue
        name = f"Query {row.query.name} answers line {key[-1]} of journal {key[1]}"
        if row.text("LINE_LEDGER", "") != first.text("LINE_LEDGER", ""):
            raise TargetMisconfigured(f"{name} in several ledgers: set ledger in the PeopleSoft settings to ours.")
        raise TargetUnavailable(f"{name} in two ways.")
    return list(seen.values())


def _json(query: QuerySettings, body: bytes) -> object:
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, ArithmeticError):
        start = body[:200].lstrip().lower()
        kind = "an HTML or XML page" if start.startswith(b"<") else "no JSON" if body.strip() else "nothing"
        raise TargetUnavailable(f"Query {query.name} answered {kind} instead of rows.") from None


def _content(query: QuerySettings, answer: object) -> dict:
    if not isinstance(answer, dict):
        raise TargetUnavailable(f"Query {query.name} answered JSON that is no object.")
    if str(answer.get("status", "")).lower() != "success":
        data = answer.get("data")
        words = data.get("message") if isinstance(data, dict) else answer.get("message") or answer.get("error")
        said = " ".join(re.findall(r"[\w .,:()/'-]+", str(words or "")))[:200]
        raise TargetMisconfigured(
            f"Query {query.name} was not run{f' ({said.strip()})' if said.strip() else ''}. Check that it exists, is "
            "public, has the prompts named in the settings, and that the user's permission list may run it."
        )
    data = answer.get("data")
    content = data.get("query") if isinstance(data, dict) else None
    if not isinstance(content, dict):
        raise TargetUnavailable(f"Query {query.name} answered JSON without data.query.")
    name = content.get("queryname=", content.get("queryname", query.name))
    if str(name).upper() != query.name.upper():
        raise TargetUnavailable(f"Query {query.name} was asked, but the answer is of another query.")
    return content


def _names(query: QuerySettings, field: str) -> tuple[str, ...]:
    if field in query.columns:
        return (query.columns[field],)
    if field in _LINE_FIELDS:
        return (*_LINE_FIELDS[field], field)
    return (f"A.{field}", f"B.{field}", field)


def _refuse_constant(_: str) -> None:
    raise ValueError("no number")
