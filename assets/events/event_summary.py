"""A day's financial events in figures: what a person sees of it without opening the file.

In: the day's transactions as rows. Out: totals per currency and status, the cash and the accrual view side by side, and
a short table by type. Amounts stay exact.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal

from assets.events.event_rows import EventRows
from assets.stages.verdicts import Row
from ledger import money

ROWS_MAX = 25
NO_STATUS = "no status"


def facts_of(
    events: Sequence[EventRows], *, foreign: int, is_complete: bool, is_final: bool, documents: int
) -> dict[str, str | int | Decimal | bool]:
    """Return the figures of a day, in the order to be shown."""
    facts: dict[str, str | int | Decimal | bool] = {"transactions": len(events)}
    facts |= _totals("total", events, lambda one: _status(one))
    facts |= _totals("cash view", [one for one in events if one.standing.is_cash])
    facts |= _totals("accrual view", [one for one in events if one.standing.is_accrual])
    facts["of marketplaces not listed here"] = foreign
    facts["the day is over"] = is_complete
    facts["and nothing more is expected of it"] = is_final
    facts["answers that hold it"] = documents
    return facts


def _totals(
    name: str, events: Sequence[EventRows], word: Callable[[EventRows], str] | None = None
) -> dict[str, str | int | Decimal | bool]:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for one in events:
        sums[one.transaction.currency, word(one) if word else ""] += one.total
    return {
        ", ".join(filter(None, (name, status, currency))): total for (currency, status), total in sorted(sums.items())
    }


def rows_by_type(events: Sequence[EventRows]) -> tuple[Row, ...]:
    """Return how many transactions of each type and status there are, and what they come to."""
    counts: Counter[tuple[str, str, str]] = Counter()
    lines: Counter[tuple[str, str, str]] = Counter()
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for one in events:
        key = one.transaction.kind or "(no type)", _status(one), one.transaction.currency
        counts[key] += 1
        lines[key] += len(one.rows)
        sums[key] += one.total
    return tuple(
        {
            "type": key[0],
            "status": key[1],
            "transactions": str(counts[key]),
            "lines": str(lines[key]),
            "amount": money.text(sums[key], key[2]),
            "currency": key[2],
        }
        for key in sorted(counts)
    )[:ROWS_MAX]


def _status(event: EventRows) -> str:
    return event.standing.status if event.standing.is_told else NO_STATUS
