"""The parts of a settlement by month and their dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InputRefused
from ledger.parts import last_day, part_of, parts
from ledger.policy import Policy


def policy(**settings) -> Policy:
    return Policy(**{"time_zone": "America/New_York", **settings})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(*arguments, **settings) -> list[str]:
    chosen = parts(*arguments, policy(**settings))
    return [
        f"{one.number}: {one.from_utc:%m-%d %H:%M} to {one.to_utc:%m-%d %H:%M} on {one.accounting_date}"
        for one in chosen
    ]


def test_a_month_end_inside_cuts_at_local_midnight():
    """Both sides of the month end are booked in their own month; midnight is that of the ledger's time zone."""
    assert shown(at("2026-10-25T12:00"), at("2026-11-08T12:00"), None) == [
        "1: 10-25 12:00 to 11-01 04:00 on 2026-10-31",
        "2: 11-01 04:00 to 11-08 12:00 on 2026-11-08",
    ]


def test_boundaries_follow_daylight_saving_time():
    """Midnight in Berlin is 23:00 UTC in winter and 22:00 UTC in summer."""
    chosen = parts(at("2026-02-20T00:00"), at("2026-04-10T00:00"), None, policy(time_zone="Europe/Berlin"))
    assert [one.to_utc.isoformat() for one in chosen] == [
        "2026-02-28T23:00:00+00:00",
        "2026-03-31T22:00:00+00:00",
        "2026-04-10T00:00:00+00:00",
    ]


def test_a_midnight_that_does_not_exist_still_begins_a_month():
    """Clocks that skip midnight on the first of a month (Paraguay, 1 October 1989) leave one boundary, no gap."""
    chosen = parts(at("1989-09-20T00:00"), at("1989-10-10T00:00"), None, policy(time_zone="America/Asuncion"))
    assert chosen[0].to_utc.isoformat() == "1989-10-01T04:00:00+00:00"
    assert chosen[0].to_utc == chosen[1].from_utc


@pytest.mark.parametrize(
    "end, rule, month_end, expected",
    [
        ("2026-03-15T12:00", "settlement_end", "split", "2026-03-15"),
        ("2026-03-15T02:00", "settlement_end", "split", "2026-03-14"),  # still the 14th in New York
        ("2026-03-15T12:00", "month_last_day", "split", "2026-03-31"),
        ("2026-03-30T12:00", "deposit_date", "none", "2026-04-01"),
        ("2026-03-30T12:00", "deposit_date", "split", "2026-03-31"),  # stays within its own month
        ("2026-03-15T12:00", "deposit_date", "split", "2026-03-17"),
    ],
)
def test_the_last_part_is_dated_by_the_rule(end, rule, month_end, expected):
    """Settlement end, deposit date or last day of the month, in the ledger's time zone."""
    until = at(end)
    chosen = parts(
        at("2026-03-02T12:00"), until, until + timedelta(days=2), policy(accounting_date=rule, month_end=month_end)
    )
    assert [one.accounting_date.isoformat() for one in chosen] == [expected]


def test_without_a_split_the_settlement_is_one_part():
    """`none` books the whole settlement on one date."""
    assert shown(at("2026-10-25T12:00"), at("2026-11-08T12:00"), None, month_end="none") == [
        "1: 10-25 12:00 to 11-08 12:00 on 2026-11-08"
    ]


def test_a_settlement_that_ends_at_midnight_belongs_to_the_old_month():
    """No part of zero length: its end rows stay with the month in which it ran."""
    assert shown(at("2026-10-20T12:00"), at("2026-11-01T04:00"), None) == [
        "1: 10-20 12:00 to 11-01 04:00 on 2026-10-31"
    ]


def test_lines_outside_the_window_go_to_the_nearest_part():
    """Reserve rows are posted at the very end, a few rows may be dated before the start."""
    chosen = parts(at("2026-10-25T12:00"), at("2026-11-08T12:00"), None, policy())
    moments = ("2026-10-01T00:00", "2026-11-01T03:59", "2026-11-01T04:00", "2026-11-08T12:00", "2026-12-24T00:00")
    assert [part_of(chosen, at(moment)).number for moment in moments] == [1, 1, 2, 2, 2]


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta(0), timedelta(days=100)),
    st.sampled_from(
        ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]
    ),
    st.sampled_from(["settlement_end", "deposit_date", "month_last_day"]),
)
def test_parts_tile_the_window_one_month_each(start, length, zone, rule):
    """No moment is lost or booked twice, every date lies in the month of its part."""
    settings = policy(time_zone=zone, accounting_date=rule)
    chosen = parts(start, start + length, start + length + timedelta(days=2), settings)
    assert (chosen[0].from_utc, chosen[-1].to_utc) == (start, start + length)
    assert [one.number for one in chosen] == list(range(1, len(chosen) + 1))
    for earlier, later in pairwise(chosen):
        assert earlier.to_utc == later.from_utc
        assert earlier.accounting_date == last_day(earlier.accounting_date) < later.accounting_date
    for one in chosen:
        assert one.from_utc <= one.to_utc
        local = one.from_utc.astimezone(settings.zone)
        assert (one.accounting_date.year, one.accounting_date.month) == (local.year, local.month)
        assert part_of(chosen, one.from_utc) == one or one.from_utc == one.to_utc


def test_a_deposit_date_may_be_a_plain_date():
    """Then no time zone is needed."""
    settings = policy(accounting_date="deposit_date", month_end="none")
    (one,) = parts(at("2026-03-01T00:00"), at("2026-03-15T00:00"), date(2026, 3, 17), settings)
    assert one.accounting_date == date(2026, 3, 17)


@pytest.mark.parametrize(
    "start, end, deposit, words",
    [
        (datetime(2026, 3, 1), at("2026-03-15T00:00"), None, "time zone"),  # noqa: DTZ001
        (at("2026-03-15T00:00"), at("2026-03-01T00:00"), None, "cannot end"),
        (at("2026-03-01T00:00"), at("2026-03-15T00:00"), None, "choose settlement_end"),
        (at("2026-03-01T00:00"), at("2026-03-15T00:00"), datetime(2026, 3, 17), "deposit date must say"),  # noqa: DTZ001
    ],
)
def test_moments_that_cannot_be_dated_are_refused(start, end, deposit, words):
    """A sentence, never a guess."""
    with pytest.raises(InputRefused, match=words):
        parts(start, end, deposit, policy(accounting_date="deposit_date"))
