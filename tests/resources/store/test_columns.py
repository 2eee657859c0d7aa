"""How moments and facts look as text."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.posting import PostingState
from resources.store.columns import facts_text, moment_from, moment_text

zones = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 2), datetime(9998, 1, 1), timezones=zones)  # noqa: DTZ001


@given(moments)
def test_a_moment_comes_back_exactly(moment):
    """To the microsecond, whatever zone it was written in."""
    assert moment_from(moment_text(moment)) == moment


@given(moments, moments)
def test_text_order_is_time_order(first, second):
    """Queries compare the text."""
    assert (moment_text(first) < moment_text(second)) == (first < second)


def test_a_moment_is_fixed_width_utc():
    """Whole seconds are padded, other zones converted."""
    moment = datetime(2026, 10, 14, 10, 30, tzinfo=timezone(timedelta(hours=2)))
    assert moment_text(moment) == "2026-10-14T08:30:00.000000Z"


def test_a_moment_without_zone_is_refused():
    """Nobody can say when it was."""
    with pytest.raises(ValueError, match="without time zone"):
        moment_text(datetime(2026, 10, 14))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no moment in UTC"):
        moment_from("2026-10-14T08:30:00")


def test_facts_are_canonical():
    """Sorted, without blanks, ASCII, amounts and moments as text."""
    facts = {"b": Decimal("1.50"), "a": datetime(2026, 1, 2, tzinfo=UTC), "d": date(2026, 1, 3), "c": PostingState.SENT}
    assert facts_text(facts | {"e": {"ü"}}) == (
        '{"a":"2026-01-02T00:00:00.000000Z","b":"1.50","c":"sent","d":"2026-01-03","e":["\\u00fc"]}'
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"bytes"])
def test_what_json_cannot_hold_exactly_is_refused(value):
    """A fact that would be read back as something else is none."""
    with pytest.raises((TypeError, ValueError)):
        facts_text({"value": value})
