"""Since when a source gives nothing, where nobody keeps count: what a schedule asks for has no due row of its own.

In: an attempt that failed for what passes by itself, or one that came through. Out: since when it lasts, once that is
so long that a person should know. It is kept as a due row of a kind that no sensor takes up: when people are told.
"""

from datetime import datetime, timedelta

from assets.stages.roadmap import Road

OUTAGE_KIND = "outage"  # kind of a due row: from this moment on, people are told that a source gives nothing
# Longer than a system is usually maintained; as long as `FAILURES_UNTOLD_MAX` failures of a due row take.
UNTOLD = timedelta(hours=6)


def lasts_since(road: Road, name: str, sentence: str) -> datetime | None:
    """Note that an attempt failed; return since when all have, None while that is no person's concern yet."""
    now = road.clock.now()
    row = road.stores.due.open_row(road.connection, OUTAGE_KIND, name)
    if row is None:
        road.stores.due.ask(road.connection, OUTAGE_KIND, name, now + UNTOLD, f"out of order: {sentence[:300]}")
        return None
    return row.at - UNTOLD if row.at <= now else None


def is_over(road: Road, name: str) -> None:
    """Note that an attempt came through."""
    row = road.stores.due.open_row(road.connection, OUTAGE_KIND, name)
    if row is not None:
        road.stores.due.done(row)


def since_words(since: datetime | None) -> str:
    """Return how long it has lasted, as the end of a clause; nothing for what is told at once."""
    return f", as at every attempt since {since:%Y-%m-%d %H:%M} UTC" if since else ""
