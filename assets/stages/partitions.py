"""Partitions: one dynamic partition per settlement id and connection, a day of what is fetched by day, or a month.

Keys use only letters, digits, `_` and `-` (a comma breaks a backfill of failed partitions), and an id that came out of
a document is checked before it names anything. Days and months are those of UTC.
"""

import re
from datetime import date

import dagster as dg

from ledger.errors import InputRefused
from ledger.month import Month

_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")


def settlement_partitions(connection: str) -> dg.DynamicPartitionsDefinition:
    """Return the partitions of a connection's settlements."""
    return dg.DynamicPartitionsDefinition(name=f"{connection}_settlements")


def require_settlement_key(key: str) -> str:
    """Return the key if it can be a settlement id; raise InputRefused with a sentence when it cannot."""
    if not _KEY.fullmatch(key):
        raise InputRefused(f"{key!r} is no settlement id: use the 1 to 20 digits that the report itself carries.")
    return key


def day_partitions(first_day: date) -> dg.DailyPartitionsDefinition:
    """Return the partitions of an asset that is kept by day, from its first day to today."""
    return dg.DailyPartitionsDefinition(start_date=first_day.isoformat(), timezone="UTC", end_offset=1)


def month_partitions(first_month: Month) -> dg.MonthlyPartitionsDefinition:
    """Return the partitions of an asset that is made by month, from its first month to the last one that is over."""
    return dg.MonthlyPartitionsDefinition(start_date=str(first_month), fmt="%Y-%m", timezone="UTC")
