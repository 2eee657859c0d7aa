"""Read single values out of Amazon's JSON answers, or say that they are not of the documented shape.

In: an object of an answer and the name of a field. Out: text, an aware UTC instant, a list of objects, or None where
the field is missing; `SourceRefused` where it is something else. Instants were seen with +00:00 and with .sssZ.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ledger.errors import SourceRefused

Answer = Mapping[str, Any]
# What reading JSON raises; an exponent that Decimal cannot hold is among it.
NOT_JSON = (ValueError, RecursionError, ArithmeticError)
NOT_YET = timedelta(seconds=150)
# The marketplace was founded in 1994.
EARLIEST, LATEST = datetime(1994, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def misshapen(connection: str, what: str) -> SourceRefused:
    """Return the refusal of an answer: what of it is not as documented."""
    what = what.removesuffix(".")  # sentences of ours end with one
    return SourceRefused(
        f"An answer of Amazon's for connection {connection} is not of the documented shape: {what}. Check `api_url` in"
        " the connection's settings; if it is right, please report this as a fault of the connector."
    )


def json_of(connection: str, operation: str, content: bytes) -> Any:
    """Return what an answer's bytes say, its numbers exact."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_number)
    except NOT_JSON:
        page = ", but a page of a proxy or of maintenance, most likely" if content.lstrip()[:1] == b"<" else ""
        raise misshapen(connection, f"the page of {operation} is no JSON{page}") from None


def moment_of(connection: str, answer: Answer, name: str) -> datetime | None:
    """Return an instant; None when the field is missing."""
    value = answer.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        # An offset at either end of the calendar leads out of it.
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        raise misshapen(connection, f"{name} is no date-time") from None


def possible_moment_of(connection: str, answer: Answer, name: str) -> datetime | None:
    """Return an instant at which a seller can have had an account; None when the field is missing."""
    moment = moment_of(connection, answer, name)
    if moment is not None and not EARLIEST <= moment < LATEST:
        raise misshapen(connection, f"{name} is {moment.date()}, which no marketplace has seen")
    return moment


def text_of(connection: str, answer: Answer, name: str) -> str | None:
    """Return a text; None when the field is missing or empty."""
    value = answer.get(name)
    if value is not None and not _is_text(value):
        raise misshapen(connection, f"{name} is no text")
    return value or None


def needed_text(connection: str, answer: Answer, name: str) -> str:
    """Return a text that the answer must have."""
    value = text_of(connection, answer, name)
    if value is None:
        raise misshapen(connection, f"{name} is missing")
    return value


def count_of(connection: str, answer: Answer, name: str) -> int | None:
    """Return a whole number from zero on; None when the field is missing."""
    value = answer.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise misshapen(connection, f"{name} is no whole number")
    return value


def object_of(connection: str, answer: Answer, name: str) -> Answer:
    """Return an object; an empty one when the field is missing."""
    value = answer.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise misshapen(connection, f"{name} is no object")
    return value


def objects_of(connection: str, answer: Answer, name: str) -> list[Answer]:
    """Return a list of objects; an empty one when the field is missing."""
    value = answer.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise misshapen(connection, f"{name} is no list of objects")
    return value


def texts_of(connection: str, answer: Answer, name: str) -> tuple[str, ...]:
    """Return a list of texts; an empty one when the field is missing."""
    value = answer.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(map(_is_text, value)):
        raise misshapen(connection, f"{name} is no list of texts")
    return tuple(value)


def utc(moment: datetime) -> datetime:
    """Return an aware moment in UTC."""
    assert moment.tzinfo is not None, "a moment without a zone is no moment"
    return moment.astimezone(UTC)


def told_until(now: datetime, before: datetime | None = None) -> datetime:
    """Return up to which moment Amazon can be asked, `before` at the latest.

    Both ends of a span must lie more than two minutes back; half a minute more leaves room for clocks.
    """
    latest = now - NOT_YET
    return latest if before is None else min(utc(before), latest)


def written(moment: datetime) -> str:
    """Write a moment as Amazon takes it in parameters, to the second."""
    return utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_text(value: object) -> bool:
    """Tell whether a value is text that can be kept; half a character (a lone surrogate) is JSON and no Unicode."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _no_number(word: str) -> Decimal:
    raise ValueError(f"{word} is no number")
