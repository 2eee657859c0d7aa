"""Answer as the REST framework does: JSON with exact numbers, and the three shapes of an error.

What comes in: typed values (Decimal amounts, whole ids, text, None) or a `Refusal`. What goes out: a `Response`.
Which error shape a caller gets depends on the framework version and on what it accepts:
https://docs.oracle.com/en/cloud/saas/public-sector-compliance-regulation-common/20c/psrst/Setting_the_REST_Framework_Version.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from emulators.fusion.switches import Switches
from emulators.wsgi import Request, Response, text_response

ITEM_TYPE = "application/vnd.oracle.adf.resourceitem+json"
ACTION_TYPE = "application/vnd.oracle.adf.action+json"
ACTION_RESULT_TYPE = "application/vnd.oracle.adf.actionresult+json"
COLLECTION_TYPE = "application/vnd.oracle.adf.resourcecollection+json"
ERROR_TYPE = "application/vnd.oracle.adf.error+json"


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of an error: sentence, code (JBO number or product prefix), path of the attribute."""

    text: str
    code: str = ""
    path: str = ""


class Refusal(Exception):
    """The service refuses a request with an HTTP status and one or more details."""

    def __init__(self, status: int, *details: Detail | str) -> None:
        self.status = status
        self.details = tuple(Detail(one) if isinstance(one, str) else one for one in details)
        super().__init__(status, self.details)


def framework_version(request: Request, allowed: Sequence[int]) -> int:
    """Return the REST framework version of a request; 1 when it names none.

    Raises:
        Refusal: 400, a version this pod does not have.
    """
    given = request.header("REST-Framework-Version")
    if given is None:
        return 1
    if given.strip() not in {str(one) for one in allowed}:
        raise Refusal(400, f"The REST-Framework-Version {given[:20]!r} isn't supported.")
    return int(given)


def error_response(refusal: Refusal, request: Request, switches: Switches) -> Response:
    """Answer a refusal: structured from a version on or where that type is accepted, else flat or plain text."""
    version = request.header("REST-Framework-Version") or "1"
    is_structured = ERROR_TYPE in (request.header("Accept") or "")
    is_structured = is_structured or bool(
        re.fullmatch(r"\s*[0-9]{1,4}\s*", version) and int(version) >= switches.structured_errors_from
    )
    title = HTTPStatus(refusal.status).phrase
    details = refusal.details or (Detail(title),)
    if is_structured:
        body = {"title": title, "status": str(refusal.status), "o:errorDetails": [_entry(one) for one in details]}
        return json_answer(refusal.status, body, ERROR_TYPE)
    first = details[0]
    if switches.old_error_shape == "flat":
        flat = {"title": title, "status": str(refusal.status), "detail": first.text}
        return json_answer(refusal.status, flat | ({"o:errorCode": first.code} if first.code else {}))
    return text_response(refusal.status, first.text)


def _entry(detail: Detail) -> dict[str, str]:
    entry = {"detail": detail.text}
    if detail.code:
        entry["o:errorCode"] = detail.code
    if detail.path:
        entry["o:errorPath"] = detail.path
    return entry


def json_answer(status: int, value: Any, content_type: str = "application/json") -> Response:
    """Answer a JSON document; a Decimal becomes a number with exactly its digits."""
    return Response(status, written(value).encode("utf-8"), (("Content-Type", content_type),))


def written(value: Any) -> str:
    """Write a value as JSON. Python's own writer knows no exact numbers with a fraction."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(key))}:{written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(written(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def plain(value: Decimal) -> str:
    """Write an amount without exponent and without zeros at the end of its fraction."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
