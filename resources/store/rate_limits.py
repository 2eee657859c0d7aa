"""Token buckets shared by all processes, so that four backfill runs together still respect one quota.

In: a bucket's key with its rate and burst. Out: how long to wait before using the token just reserved. Tokens may go
below zero: every reservation is taken at once and its wait grows, which is a queue without anybody holding a lock.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from resources.clock import Clock
from resources.store.control import ControlDatabase
from resources.store.schema import rate_buckets
from resources.transport.rate_limit import seconds_to_spare


class SharedBuckets:
    """Token buckets in the control database."""

    def __init__(self, control: ControlDatabase, clock: Clock) -> None:
        self._control = control
        self._clock = clock

    def reserve(self, key: str, rate_per_second: float, burst: int) -> float:
        """Take one token; return the seconds until it exists, 0 for now. A learned rate counts before the given one."""
        if rate_per_second <= 0 or burst < 1:
            raise ValueError(f"bucket {key} needs a rate above zero and a burst of at least one")
        now = self._clock.now()
        with self._control.transaction("traffic") as transaction:
            row = self._row(transaction, key)
            rate = row.rate if row is not None and row.is_learned else rate_per_second
            tokens = float(burst) if row is None else min(float(burst), _refilled(row, now, rate))
            self._write(transaction, key, row, tokens=tokens - 1, at=_later(row, now), rate=rate)
        return max(0.0, (1 - tokens) / rate)

    def take_spare(self, key: str, rate_per_second: float, burst: int, kept: int) -> float:
        """Take one token if `kept` are left then and return 0; else take none and return when to ask again."""
        if rate_per_second <= 0 or not 0 <= kept < burst:
            raise ValueError(f"bucket {key} needs a rate above zero and a burst of more than it keeps")
        now = self._clock.now()
        with self._control.transaction("traffic") as transaction:
            row = self._row(transaction, key)
            rate = row.rate if row is not None and row.is_learned else rate_per_second
            tokens = float(burst) if row is None else min(float(burst), _refilled(row, now, rate))
            wait_seconds = seconds_to_spare(tokens, kept, rate)
            if wait_seconds == 0:
                self._write(transaction, key, row, tokens=tokens - 1, at=_later(row, now), rate=rate)
        return wait_seconds

    def learn(self, key: str, rate_per_second: float) -> None:
        """Remember the rate the other side has stated, from now on."""
        if rate_per_second <= 0:
            return
        now = self._clock.now()
        with self._control.transaction("traffic") as transaction:
            row = self._row(transaction, key)
            if row is None or not row.is_learned or row.rate != rate_per_second:
                # A bucket that nobody has drawn from is full at its first reservation.
                tokens = _FULL if row is None else _refilled(row, now, row.rate)
                values = {"tokens": tokens, "at": _later(row, now), "rate": rate_per_second}
                self._write(transaction, key, row, is_learned=True, **values)

    def drain(self, key: str) -> None:
        """Note that the other side has none left: the bucket is empty now, and reservations already made stay made."""
        now = self._clock.now()
        with self._control.transaction("traffic") as transaction:
            row = self._row(transaction, key)
            tokens = 0.0 if row is None else min(0.0, _refilled(row, now, row.rate))
            self._write(transaction, key, row, tokens=tokens, at=_later(row, now))

    def give_back(self, key: str) -> None:
        """Return one token that was reserved and will not be used; the burst bounds it at the next reservation."""
        now = self._clock.now()
        with self._control.transaction("traffic") as transaction:
            row = self._row(transaction, key)
            if row is not None:
                tokens = _refilled(row, now, row.rate) + 1
                self._write(transaction, key, row, tokens=tokens, at=_later(row, now))

    def _row(self, transaction: Connection, key: str) -> Row | None:
        return transaction.execute(select(rate_buckets).where(rate_buckets.c.key == key)).one_or_none()

    def _write(self, transaction: Connection, key: str, row: Row | None, **values: object) -> None:
        if row is None:
            transaction.execute(insert(rate_buckets), {"key": key, "rate": 0.0, "is_learned": False, **values})
        else:
            transaction.execute(update(rate_buckets).where(rate_buckets.c.key == key).values(values))


_FULL = 1e9  # more than any burst: the first reservation cuts it down to the burst


def _refilled(row: Row, now: datetime, rate: float) -> float:
    """Return the tokens of a bucket by now; a clock that runs back refills nothing."""
    return row.tokens + max(0.0, (now - row.at).total_seconds()) * rate


def _later(row: Row | None, now: datetime) -> datetime:
    """Return the moment up to which a bucket has been refilled, which never moves back."""
    return now if row is None else max(row.at, now)
