"""Read single values out of Fusion's rows, exactly, or say which resource answered what.

In: one object of an answer and the resource it came from. Out: text, whole numbers, amounts as Decimal, dates. Pure.
Ids have up to 18 digits and come as numbers or text; amounts come as numbers or text (Oracle's own samples show both);
a float has no place here, so answers are parsed with `parse_float=Decimal`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ledger.errors import TargetUnavailable

_NUMBER = re.compile(r"[-+]?\d{1,30}(\.\d{1,15})?([eE][-+]?\d{1,2})?|[-+]?\.\d{1,15}")
_ID = re.compile(r"\d{1,18}")


@dataclass(frozen=True)
class Row:
    """One row of a resource."""

    resource: str
    values: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return a text, "" when it is missing or null."""
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, (dict, list)):
            raise self._unreadable(name, "text")
        return (format(value, "f") if isinstance(value, Decimal) else str(value)).strip()

    def identifier(self, name: str) -> str:
        """Return an id as its digits; raise TargetUnavailable when there is none."""
        value = self.values.get(name)
        text = "" if isinstance(value, (bool, float)) else str(value).strip()
        if not _ID.fullmatch(text):
            raise self._unreadable(name, "id")
        return text

    def amount(self, name: str) -> Decimal:
        """Return a number exactly; null and missing are zero, as on the empty side of a journal line."""
        value = self.values.get(name)
        if value is None or value == "":
            return Decimal(0)
        text = "" if isinstance(value, (bool, float)) else str(value).strip()
        if not _NUMBER.fullmatch(text):
            raise self._unreadable(name, "number")
        return Decimal(text)

    def day(self, name: str) -> date | None:
        """Return a date, also of a date-time; None when it is missing."""
        text = self.text(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            raise self._unreadable(name, "date of the form YYYY-MM-DD") from None

    def flag(self, name: str) -> bool | None:
        """Return a yes or no that comes as Y, N, true or false; None when the resource does not show it."""
        return {"Y": True, "TRUE": True, "N": False, "FALSE": False}.get(self.text(name).upper())

    def below(self, child: str) -> list[Row]:
        """Return the rows of a child that came with this one, as an object with items or as a bare list."""
        value = self.values.get(child)
        items = value.get("items") if isinstance(value, dict) else value
        if items is None:
            return []
        if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
            raise self._unreadable(child, "list of rows")
        return [Row(f"{self.resource}/{child}", one) for one in items]

    def child_key(self, child: str) -> str:
        """Return the opaque key of this row from its links; the host of a link is never followed."""
        links = self.values.get("links")
        for link in links if isinstance(links, list) else ():
            address = str(link.get("href")) if isinstance(link, dict) else ""
            found = re.search(rf"/{re.escape(child)}/([^/?#]+)", address)
            if found:
                return found[1]
        raise TargetUnavailable(f"Fusion's {self.resource} answers a row of {child} without a link to itself.")

    def _unreadable(self, name: str, kind: str) -> TargetUnavailable:
        return TargetUnavailable(f"Fusion's {self.resource} answers a {name} that is no {kind}.")


def read_object(resource: str, body: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer; raise TargetUnavailable for anything else."""
    try:
        content = json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, ArithmeticError):
        content = None
    if not isinstance(content, dict):
        start = body[:200].lstrip().lower()
        kind = "an HTML page" if start.startswith(b"<") else "no JSON object" if start else "nothing"
        raise TargetUnavailable(f"Fusion's {resource} answered {kind} instead of rows.")
    return content


def _refuse_constant(_: str) -> None:
    raise ValueError("no number")
