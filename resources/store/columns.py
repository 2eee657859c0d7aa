"""How moments and facts look as text in the control database, the same on both engines.

A moment is ISO 8601 in UTC with six decimals, so that text order is time order and nothing is rounded or moved to
another time zone. Facts are canonical JSON: sorted keys, no blanks, ASCII, so that a hash over the text can be
computed again anywhere. Amounts are text before they come here.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any

from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


def moment_text(moment: datetime) -> str:
    """Write an aware moment as fixed-width UTC text, for example 2026-10-14T08:30:00.000000Z."""
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone cannot be stored")
    moment = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{moment.isoformat(timespec='microseconds')[:-6]}Z"


def moment_from(text: str) -> datetime:
    """Read the text form back as an aware moment in UTC."""
    if not text.endswith("Z"):
        raise ValueError(f"{text!r} is no moment in UTC")
    return datetime.fromisoformat(text)


class Moment(TypeDecorator[datetime]):
    """A column of moments: aware datetimes in Python, fixed-width UTC text in the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write a moment."""
        return None if value is None else moment_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read a moment."""
        return None if value is None else moment_from(value)


def facts_text(facts: Any) -> str:
    """Write facts as canonical JSON; decimals become text, moments and days ISO 8601; raise TypeError for the rest."""
    return _ENCODER.encode(facts)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"a {type(value).__name__} is no fact that can be stored")


# Made once: json.dumps makes an encoder at every call that differs from its defaults.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)
