"""Read what a Fusion answer says when it says no, in each of the shapes it comes in, as one sentence.

In: status, content type and body of an answer that is no success. Out: a `Fault` with the words a person may read and
whether they were Fusion's own. Pure. The shapes are the structured body (`o:errorDetails`), the flat body of older
framework versions, plain text, and a page of the front end in HTML, which says nothing about what happened behind it.
Source: docs.oracle.com/en/cloud/saas/financials/25c/farfa/Error_Messages_for_Receivables_Invoices.html (error codes).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal

_TEXT_MAX = 300
_DETAILS_MAX = 10
_PAGE = re.compile(r"<\s*(!doctype|html|\?xml|head|body)", re.IGNORECASE)


@dataclass(frozen=True)
class Fault:
    """An answer that is no success; `code` is Fusion's own or "", `is_parsed` tells that Fusion itself said it."""

    status: int
    sentence: str
    code: str = ""
    is_parsed: bool = False

    def __str__(self) -> str:
        return f"{self.sentence} (HTTP {self.status})"


def read_fault(status: int, content_type: str, body: bytes) -> Fault:
    """Return what the answer says."""
    text = body[:65_536].decode("utf-8", "replace").strip()
    if not text:
        return Fault(status, "no words with it")
    if _PAGE.match(text) or "html" in content_type.lower():
        return Fault(status, "a page of the front end instead of an answer")
    try:
        content = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        content = None
    if isinstance(content, dict):
        return _of_object(status, content)
    if content is not None or text[:1] in "{[":
        return Fault(status, "JSON that is no error of Fusion's")
    return Fault(status, words(text))


def words(value: object) -> str:
    """Return a text of the outside world on one line, cut, without what it could do to a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in str(value)).split())[:_TEXT_MAX]


def _of_object(status: int, content: dict) -> Fault:
    details = content.get("o:errorDetails")
    found = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    said = [sentence for one in found[:_DETAILS_MAX] if (sentence := _detail(one))]
    code = next((_code(one) for one in found if _code(one)), _code(content))
    if not said:
        flat = words(content.get("detail") or content.get("title") or "")
        said = [flat] if flat else []
    if not said:
        return Fault(status, "JSON that is no error of Fusion's")
    rest = len(found) - _DETAILS_MAX
    return Fault(status, "; ".join(said) + (f"; and {rest} more" if rest > 0 else ""), code, is_parsed=True)


def _detail(one: dict) -> str:
    text = words(one.get("detail") or one.get("title") or "")
    where = words(one.get("o:errorPath") or "").strip("/")
    code = _code(one)
    return " ".join(part for part in (f"{where}:" if where and text else "", text, f"({code})" if code else "") if part)


def _code(one: dict) -> str:
    code = one.get("o:errorCode")
    return words(code) if isinstance(code, (str, int)) and not isinstance(code, bool) else ""
