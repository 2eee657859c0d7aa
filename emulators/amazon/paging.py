"""Pages of the finance operations: tokens that want the arguments they were given for, empty pages, repeated pages.

In: a request and what was found. Out: the part for this page and the token for the next. A token remembers the moment
of the first page: what happens between two pages moves nothing from one to the other.
"""

from __future__ import annotations

import base64
import hashlib
import json
from binascii import Error as BinasciiError
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from emulators.amazon.settings import Settings
from emulators.wsgi import Request

_Found = TypeVar("_Found")


class WrongToken(Exception):
    """The token is none of ours, or was given for other arguments."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the answer a page begins: the moment of the first page, how many were shown, the page's number."""

    asked: datetime
    offset: int = 0
    page: int = 1


def place_of(request: Request, seller_id: str, now: datetime, token_name: str = "nextToken") -> Place:
    """Return where the asked page begins.

    Raises:
        WrongToken: When there is a token and it does not belong to these arguments.
    """
    text = request.first(token_name)
    if text is None:
        return Place(now)
    try:
        token = json.loads(base64.b64decode(text, validate=True))
        is_same = token["arguments"] == _arguments(request, seller_id, token_name)
        place = Place(datetime.fromisoformat(token["asked"]), int(token["offset"]), int(token["page"]))
    except (BinasciiError, ValueError, KeyError, TypeError):
        raise WrongToken from None
    if not is_same:
        raise WrongToken
    return place


def page_of(
    request: Request,
    seller_id: str,
    place: Place,
    found: Sequence[_Found],
    size: int,
    settings: Settings,
    token_name: str = "nextToken",
) -> tuple[Sequence[_Found], str | None]:
    """Return what a page shows, and the token for the next one or None."""
    taken = 0 if place.page in settings.empty_pages else size
    moved = 0 if place.page in settings.repeated_pages else taken
    shown = found[place.offset : place.offset + taken]
    if moved and place.offset + moved >= len(found):
        return shown, None
    content = {
        "arguments": _arguments(request, seller_id, token_name),
        "asked": place.asked.isoformat(),
        "offset": place.offset + moved,
        "page": place.page + 1,
    }
    return shown, base64.b64encode(json.dumps(content).encode()).decode()


def _arguments(request: Request, seller_id: str, token_name: str) -> str:
    fixed = {name: sorted(values) for name, values in request.query.items() if name != token_name}
    return hashlib.sha256(json.dumps([seller_id, request.path, fixed], sort_keys=True).encode()).hexdigest()
