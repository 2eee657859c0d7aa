"""Returns by day: units with their condition, kept by the day of return, without what the buyer wrote."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from assets.fba_returns import FBA_RETURNS
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import span_to_fetch
from emulators.amazon.history import ReturnRecord
from ledger.policy import Policy
from tests.assets.test_report_days import Daily, daily  # noqa: F401
from tests.resources.amazon.client.order_rig import add_order
from tests.resources.amazon.client.rig import SELLER, US


def came_back(daily: Daily, days_ago: int, **changes) -> ReturnRecord:  # noqa: F811
    """Let a unit come back so many days ago."""
    moment = datetime.combine(daily.today - timedelta(days=days_ago), time(15), UTC)
    order = add_order(daily.rig, len(daily.rig.world.histories[SELLER].orders) + 1, days_ago=days_ago + 20)
    plain = ReturnRecord(order, US, moment, "MUG", "B0MUG", "Mug", "SELLABLE", license_plate=f"LPN{days_ago}")
    record = replace(plain, **changes)
    daily.rig.world.histories[SELLER].returns.append(record)
    return record


def test_returns_come_by_day_of_return(daily: Daily):  # noqa: F811
    """One report for the span; a day without any is kept as such."""
    one, other = came_back(daily, 9), came_back(daily, 7, disposition="DEFECTIVE", license_plate="")
    first, last = daily.today - timedelta(days=9), daily.today - timedelta(days=7)
    outcomes = daily.fetch(first, last, FBA_RETURNS)
    assert [outcomes[day].rows_total for day in outcomes] == [1, 0, 1]
    assert daily.asked() == 1
    [row], [lost] = daily.rows(first, FBA_RETURNS), daily.rows(last, FBA_RETURNS)
    assert (row["order_id"], row["license_plate"], row["disposition"]) == (one.order_id, "LPN9", "SELLABLE")
    assert (lost["order_id"], lost["license_plate"], lost["quantity"]) == (other.order_id, None, 1)
    assert all(verdict.passed for outcome in outcomes.values() for verdict in outcome.verdicts)


def test_what_the_buyer_wrote_is_kept_nowhere(daily: Daily):  # noqa: F811
    """Neither in the rows nor in the archived document: the column is there, its cells are empty."""
    came_back(daily, 5, comments="It was for Jane Demo")
    day = daily.today - timedelta(days=5)
    outcome = daily.fetch(day, day, FBA_RETURNS)[day]
    kept = daily.road.stores.documents.read_bytes(outcome.links["document"])
    assert b"customer-comments" in kept
    assert b"LPN5" in kept
    assert b"Jane" not in kept
    version = daily.road.stores.warehouse.current(daily.road.connection, "fba_returns", day.isoformat())
    assert b"Jane" not in daily.road.stores.warehouse.path(version).read_bytes()


def test_a_unit_told_twice_and_a_condition_nobody_knows_are_told(daily: Daily):  # noqa: F811
    """Neither stops anything: the second is counted once, the other is not taken for sellable."""
    twice = came_back(daily, 5)
    daily.rig.world.histories[SELLER].returns.append(twice)
    came_back(daily, 5, disposition="Moon Dust", license_plate="LPN-B")
    came_back(daily, 5, disposition="Customer Damaged", license_plate="LPN-C")
    day = daily.today - timedelta(days=5)
    once, known = daily.fetch(day, day, FBA_RETURNS)[day].verdicts
    assert (once.passed, once.is_blocking, once.rows[0]["license plate"]) == (False, False, "LPN5")
    assert (known.passed, known.is_blocking, [row["condition"] for row in known.rows]) == (False, False, ["MOON_DUST"])


def test_a_schedule_reads_the_last_weeks_again(daily: Daily):  # noqa: F811
    """Amazon adds to days that are long over."""
    days = [daily.today - timedelta(days=ago) for ago in range(60)]
    daily.fetch(days[-1], days[0], FBA_RETURNS)
    stage, road = DAY_STAGES["fba_returns"], daily.road
    span = span_to_fetch(road.stores, road.connection, stage, days[-1], daily.today, ())
    assert span == (daily.today - timedelta(days=35), daily.today)


def test_they_are_read_where_cost_is_booked_only():
    """Nothing else here needs to know what came back."""
    stage, since = DAY_STAGES["fba_returns"], {"shipped_from": date(2026, 9, 1)}
    plain = Policy(time_zone="UTC", month_end="accrue")
    assert not stage.is_wanted(plain)
    assert stage.is_wanted(Policy(time_zone="UTC", month_end="accrue", catalogue="p.csv", cost_of_goods=since))
