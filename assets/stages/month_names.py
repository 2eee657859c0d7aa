"""How a month of an asset is named in our own stores, beside settlements and days; which months are over, and young.

In: an asset that is kept by month, and a month. Out: a name such as `month_proofs-2026-10`, and back. The warehouse and
Dagster name the month alone, `2026-10`: there the asset is known.
"""

import re
from datetime import UTC, datetime, timedelta

from assets.stages.checks import BY_MONTH
from ledger.accrual import month_of_accrual
from ledger.errors import InputRefused
from ledger.month import Month

# So long after its end a month is looked at every day: payouts arrive, Amazon tells late, people close the books.
YOUNG = timedelta(days=20)
_NAME = re.compile(r"([a-z_]+)-(\d{4}-\d{2})")


def month_name(asset: str, month: Month) -> str:
    """Return the name of an asset's month."""
    return f"{asset}-{month}"


def month_of_name(name: str) -> tuple[str, Month] | None:
    """Return asset and month of a name; None for what names no month of an asset.

    What is accrued in one marketplace and currency has a name of its own, `US-USD-2026-10`, which leads there as well.
    """
    accrued = month_of_accrual(name)
    if accrued is not None:
        return "accruals", accrued
    found = _NAME.fullmatch(name)
    if found is None or found[1] not in BY_MONTH:
        return None
    try:
        return found[1], Month.read(found[2])
    except InputRefused:
        return None


def is_over(month: Month, now: datetime) -> bool:
    """Tell whether a month is over, in UTC as Dagster's partitions are."""
    return month.end(UTC) <= now


def young_months(first: Month, now: datetime) -> list[Month]:
    """Return the months from a first one on that are over, and since no longer than `YOUNG`; oldest first."""
    months = []
    month = Month.of(now.astimezone(UTC)).before
    while month >= first and now - month.end(UTC) <= YOUNG:
        months.append(month)
        month = month.before
    return months[::-1]
