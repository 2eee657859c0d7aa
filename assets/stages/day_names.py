"""How a day of an asset is named in our own stores, where verdicts, review items and due rows lie side by side.

In: an asset that is kept by day, and a day of UTC. Out: a name such as `financial_events-2026-11-18`, and back. The
warehouse and Dagster name the day alone, `2026-11-18`: there the asset is known.
"""

import re
from datetime import UTC, date, datetime

from assets.stages.checks import BY_DAY
from resources.clock import Clock

_NAME = re.compile(r"([a-z_]+)-(\d{4}-\d{2}-\d{2})")


def day_name(asset: str, day: date) -> str:
    """Return the name of an asset's day."""
    return f"{asset}-{day.isoformat()}"


def day_of_name(name: str) -> tuple[str, date] | None:
    """Return asset and day of a name; None for what names no day of an asset."""
    found = _NAME.fullmatch(name)
    if found is None or found[1] not in BY_DAY:
        return None
    try:
        return found[1], date.fromisoformat(found[2])
    except ValueError:
        return None


def is_of_day_asset(name: str) -> bool:
    """Tell whether a name is that of an asset kept by day, or of one of its days."""
    return name in BY_DAY or day_of_name(name) is not None


def today(clock: Clock) -> date:
    """Return the day it is in UTC."""
    return clock.now().astimezone(UTC).date()


def start_of(day: date) -> datetime:
    """Return the moment a day of UTC begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
