"""A month is its days, its neighbours and its end; nothing else is read as one."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InputRefused
from ledger.month import Month

MONTHS = st.dates(date(1900, 1, 1), date(2200, 12, 31)).map(Month.of)


@given(MONTHS)
def test_months_follow_each_other_without_a_gap(month: Month) -> None:
    """The day after the last is the first of the following; written and read back it is the same."""
    assert month.last + timedelta(days=1) == month.following.first
    assert month.following.before == month
    assert month < month.following
    assert Month.of(month.first) == Month.of(month.last) == Month.read(str(month)) == month


def test_a_month_ends_where_its_time_zone_says() -> None:
    """Eight hours later on the Pacific coast than in UTC; across a year's end."""
    month = Month(2025, 12)
    assert month.end(UTC) == datetime(2026, 1, 1, tzinfo=UTC)
    assert month.end(ZoneInfo("America/Los_Angeles")) == datetime(2026, 1, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "2026-1", "10-2026", "2026-10-01", "0000-01", "9999-12"]
)
def test_what_is_no_month_is_refused_in_a_sentence(text: str) -> None:
    """It says how a month is written."""
    with pytest.raises(InputRefused, match=r"is no month\. Write year and month, such as 2026-10"):
        Month.read(text)
