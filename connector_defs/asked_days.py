"""Days that somebody asked to be made again: which rows ask for days that a connection keeps.

In: due rows. Out: each with its asset and day; rows for what is not kept here any more are closed. The sensor starts a
run for each, and a command makes those of the bank itself, so that both do the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from assets.stages.day_names import day_of_name, is_of_day_asset, today
from assets.stages.day_stages import DAY_STAGES
from resources.clock import Clock
from resources.store.due import DueRow
from resources.store.stores import Stores


def asked_days(
    rows: Iterable[DueRow], stores: Stores, clock: Clock, first_days: Mapping[str, date]
) -> Iterator[tuple[DueRow, str, date]]:
    """Yield the rows that ask for days; `first_days` are those of the assets that the connection keeps by day.

    Of an asset as a whole a single day is asked for: when that comes through, its schedule does the rest.
    """
    for row in rows:
        if not is_of_day_asset(row.partition):
            continue
        asset, day = day_of_name(row.partition) or (row.partition, _newest_day(row.partition, clock))
        if asset not in first_days or not first_days[asset] <= day <= today(clock):
            stores.due.done(row)
            continue
        yield row, asset, day


def _newest_day(asset: str, clock: Clock) -> date:
    """Return the newest day of an asset that can be fetched now."""
    return DAY_STAGES[asset].told_until(today(clock))
