"""Read what a caller sends to change something: a JSON object in a media type the framework knows, and the tag it saw.

What comes in: the request. What goes out: its attributes, numbers as Decimal; or a Refusal 400, 412 or 415. Source:
https://docs.oracle.com/en/cloud/saas/financials/25d/farfa/op-receivablesinvoices-post.html.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

from emulators.fusion.answers import ITEM_TYPE, Refusal
from emulators.fusion.books import Books
from emulators.fusion.collection import etag
from emulators.fusion.resource import Row
from emulators.fusion.site import Client
from emulators.wsgi import Request


def json_object(request: Request, types: Collection[str] = ("application/json", ITEM_TYPE)) -> dict[str, Any]:
    """Return the attributes of a body; raises Refusal 415 for another media type, 400 for what is no object."""
    kind = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    if kind not in types:
        raise Refusal(415, f"The media type {kind[:60]!r} isn't supported.")
    try:
        body = json.loads(request.body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refusal(400, "The request body isn't well-formed JSON.") from None
    if not isinstance(body, dict):
        raise Refusal(400, "The request body isn't an object.")
    try:
        # Half a surrogate pair can be written in JSON, and stored nowhere.
        json.dumps(body, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeEncodeError:
        raise Refusal(400, "The request body holds text that isn't Unicode.") from None
    return body


def late_post(
    books: Books, store: Callable[[dict[str, Any], Client, datetime], object]
) -> Callable[[str, str, datetime], None]:
    """Return what takes the late JSON body of a POST: nobody waits for the answer any more, whatever it would be."""

    def submit(client_id: str, body: str, at: datetime) -> None:
        client = books.site.client(client_id)
        if client is not None:
            with suppress(Refusal, ValueError):
                store(json.loads(body, parse_float=Decimal), client, at)

    return submit


def check_tag(row: Row, request: Request) -> None:
    """Refuse with 412 when the caller names another change indicator than the row has now."""
    given = request.header("If-Match")
    if given is not None and given.strip().removeprefix("W/").strip('"') not in ("*", etag(row)):
        raise Refusal(412, "The item was changed since it was read.")


def _no_number(name: str) -> None:
    raise ValueError(name)
