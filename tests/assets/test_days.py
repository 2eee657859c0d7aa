"""Days fetched by spans: what a schedule wants, what a person asked for, what a failure leaves behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.review_queue import subject
from assets.stages.day_files import write_day
from assets.stages.day_names import day_name, day_of_name, is_of_day_asset
from assets.stages.days import DAYS_PER_RUN_MAX, DayStage, RefusedDay, days_between, fetch_days, span_to_fetch, windows
from assets.stages.outages import OUTAGE_KIND
from assets.stages.resumption import SETTLEMENT_KIND, sweep
from ledger.errors import DocumentDamaged, InputRefused, SourceRefused, SourceUnavailable
from tests.assets.event_rig import DAYS, STAGE, TODAY, Events, at
from tests.resources.amazon.client.transactions import sale

FIRST = TODAY - timedelta(days=40)


def ago(days: int) -> date:
    """Return a day, counted back from today."""
    return TODAY - timedelta(days=days)


@pytest.fixture
def events(stores) -> Events:
    """Return a connection that has read nothing yet."""
    return Events(stores, f"c{uuid4().hex}")


@given(st.sets(st.integers(0, 60)), st.integers(1, 9))
def test_spans_hold_every_day_once_and_break_where_days_are_missing(numbers, length_max):
    """In order, unbroken, of bounded length."""
    days = sorted(map(ago, numbers))
    spans = list(windows(days, length_max))
    assert [day for span in spans for day in days_between(*span)] == days
    assert all((last - first).days < length_max for first, last in spans)


def wanted(events: Events, first: date = FIRST, last: date = TODAY) -> tuple[int, int]:
    """Return the span a schedule would fetch, counted back from today."""
    span = span_to_fetch(events.stores, events.connection, STAGE, first, last, ())
    assert span is not None
    return (TODAY - span[0]).days, (TODAY - span[1]).days


CASES: list[tuple[Iterable[int], tuple[int, int]]] = [
    # days ago that were fetched, span that is wanted
    ((), (40, 0)),
    (range(41), (4, 0)),
    (range(1, 41), (5, 0)),
    (range(10, 41), (14, 0)),
    ((*range(20), *range(21, 41)), (20, 0)),
    ((0,), (40, 0)),
    (range(38, 41), (40, 0)),
]


@pytest.mark.parametrize("fetched, span", CASES)
def test_a_schedule_fetches_from_what_is_missing_or_the_overlap(events, fetched, span):
    """Five days each time; after an outage from five days before the last; a gap in between is caught up."""
    events.fetch(map(ago, fetched))
    assert wanted(events) == span


def test_a_long_history_is_taken_in_several_runs(events):
    """So that a run ends, and the next one goes on where it stopped."""
    first = ago(300)
    assert wanted(events, first) == (300, 300 - DAYS_PER_RUN_MAX + 1)
    events.fetch(days_between(first, ago(250)))
    assert wanted(events, first) == (254, 254 - DAYS_PER_RUN_MAX + 1)


def test_nothing_is_wanted_before_the_first_day(events):
    """It lies ahead."""
    assert span_to_fetch(events.stores, events.connection, STAGE, ago(-1), TODAY, ()) is None


@pytest.mark.parametrize(
    "told, made, span",
    [
        ((), (), None),
        (range(3, 21), (), (20, 3)),
        (range(3, 21), range(3, 21), (7, 3)),
        (range(21), range(3, 21), (7, 0)),
        (range(31), range(3, 21), (30, 0)),
    ],
)
def test_what_is_made_of_other_days_waits_until_they_are_there(events, told, made, span):
    """A schedule does not ask for the days before or after them, which would only be refused."""
    events.fetch(map(ago, told))
    made_of = replace(STAGE, asset="made_of_events", reads=(STAGE.asset,))
    for day in map(ago, made):
        write_day(events.road, made_of.asset, day, (), {}, typed_by="receivable_invoices")
    found = span_to_fetch(events.stores, events.connection, made_of, FIRST, TODAY, ())
    assert found == (None if span is None else (ago(span[0]), ago(span[1])))


def test_a_refused_day_waits_for_a_person_and_is_not_asked_for_for_ever(events):
    """It is fetched again with the overlap while it is young, and when somebody resolves its item."""
    events.told = [sale(None, at(ago(20)))]
    events.fetch(days_between(FIRST, TODAY))
    assert wanted(events) == (4, 0)
    [item] = events.items()
    events.stores.review.resolve(item.id, "retry", "kim", "corrected")
    assert wanted(events) == (20, 0)
    [row] = events.stores.due.listing(events.connection)
    assert (row.kind, row.partition) == (SETTLEMENT_KIND, day_name("financial_events", ago(20)))
    events.told = []
    events.fetch([ago(20)])
    assert events.stores.due.listing(events.connection) == []


def test_a_day_that_was_asked_for_and_cannot_be_fetched_is_asked_for_again(events):
    """A minute later first; what was asked for by nobody asks for nothing."""
    name = day_name("financial_events", ago(1))
    events.stores.due.ask(events.connection, SETTLEMENT_KIND, name, events.clock.now(), "review item 7 resolved: retry")
    events.broken = lambda after, before: httpx.Response(503)
    with pytest.raises(SourceUnavailable):
        events.fetch([ago(2), ago(1)])
    [row] = [one for one in events.stores.due.listing(events.connection) if one.kind != OUTAGE_KIND]
    assert row.partition == name
    assert row.reason.startswith("failure 1 of financial_events")
    assert (row.at - events.clock.now()).total_seconds() == pytest.approx(60, abs=1)
    events.broken = lambda after, before: None
    events.fetch([ago(1)])
    assert events.stores.due.listing(events.connection) == []


def test_what_came_before_a_failure_is_kept(events):
    """A span at a time: the first of three is there, the others are fetched by the next run."""
    short = replace(STAGE, days_per_window=2)
    border = at(ago(2), 0)
    events.broken = lambda after, before: httpx.Response(503) if after.isoformat() >= border[:10] else None
    done = []
    with pytest.raises(SourceUnavailable):
        done += fetch_days(events.road, short, days_between(ago(4), TODAY))
    assert events.versions(ago(4)) == events.versions(ago(3)) == 1
    assert events.versions(ago(2)) == 0
    assert wanted(events, ago(4)) == (4, 0)


def test_a_span_that_is_refused_for_what_it_holds_keeps_no_later_one_out(events):
    """A report of one month that cannot be made would otherwise end the news for good: that month is always missing."""
    months = [(ago(39), ago(30)), (ago(29), ago(20)), (ago(19), ago(10)), (ago(9), ago(0))]
    bad = {ago(39), ago(19)}

    def fetch(road, first, last):
        if first in bad:
            raise SourceRefused(f"The report of {first} could not be made and ended FATAL.", code="FATAL")
        return STAGE.fetch(road, first, last)

    stage, done = replace(STAGE, days_per_window=10, fetch=fetch), []
    with pytest.raises(SourceRefused, match=f"of {ago(39)} could not be made"):
        done += fetch_days(events.road, stage, days_between(ago(39), TODAY))
    assert [events.versions(first) for first, _ in months] == [0, 1, 0, 1]
    assert sorted(item.origin for item in events.items()) == [f"financial_events {day}" for day in sorted(bad)]
    # The schedule leaves them alone and fetches what is new; a day of each is tried on the day after.
    assert wanted(events, ago(39)) == (4, 0)
    list(fetch_days(events.road, stage, days_between(ago(4), TODAY)))
    assert len(events.items()) == 2
    asked = {row.partition: row.at for row in events.stores.due.listing(events.connection)}
    tomorrow = events.clock.now() + timedelta(days=1)
    assert asked == {day_name("financial_events", day): tomorrow for day in bad}
    with pytest.raises(SourceRefused):
        list(fetch_days(events.road, stage, [ago(19)]))
    assert {row.at for row in events.stores.due.listing(events.connection)} == {tomorrow}
    bad.clear()
    list(fetch_days(events.road, stage, [ago(19)]))
    assert [item.origin for item in events.items()] == [f"financial_events {ago(39)}"]
    assert wanted(events, ago(39)) == (18, 0)
    list(fetch_days(events.road, stage, days_between(ago(39), TODAY)))
    assert events.items() == []


def test_a_span_that_fails_over_days_that_are_kept_stays_in_sight_until_it_comes_through(events):
    """The earlier version of a day says nothing of the fetch that failed, however often it failed before."""
    is_broken = [False]

    def fetch(road, first, last):
        if is_broken[0]:
            raise SourceRefused(f"The report of {first} could not be made and ended FATAL.", code="FATAL")
        return STAGE.fetch(road, first, last)

    stage, days = replace(STAGE, fetch=fetch), days_between(ago(2), TODAY)
    for _ in range(2):
        is_broken[0] = False
        list(fetch_days(events.road, stage, days))
        assert (events.versions(ago(2)) >= 1, events.items()) == (True, [])
        is_broken[0] = True
        with pytest.raises(SourceRefused):
            list(fetch_days(events.road, stage, days))
        assert [item.origin for item in events.items()] == [f"financial_events {ago(2)}"]


def test_a_document_that_comes_damaged_is_told_until_it_comes_whole(events):
    """Asked for again by itself, and in sight meanwhile."""

    def fetch(road, first, last):
        raise DocumentDamaged("Report 5 came damaged 2 times: its gzip stream breaks off.")

    with pytest.raises(DocumentDamaged):
        list(fetch_days(events.road, replace(STAGE, fetch=fetch), DAYS))
    [item] = events.items()
    assert (item.code, "breaks off" in item.sentence) == ("fetch_failed", True)
    list(fetch_days(events.road, STAGE, DAYS))
    assert events.items() == []


def test_an_outage_that_only_schedules_meet_is_told_when_it_lasts(events):
    """Nobody counts failures of what no due row asks for: hours are counted, and whole fetches, not attempts."""
    is_out = [True]

    def fetch(road, first, last):
        if is_out[0] and last == TODAY:
            raise SourceUnavailable("Amazon does not answer.")
        return STAGE.fetch(road, first, last)

    stage, begun = replace(STAGE, days_per_window=2, fetch=fetch), events.clock.now()

    def attempt() -> list[str]:
        if is_out[0]:
            with pytest.raises(SourceUnavailable):
                list(fetch_days(events.road, stage, DAYS))
        else:
            list(fetch_days(events.road, stage, DAYS))
        return [item.code for item in events.items()]

    for _ in range(12):
        assert attempt() == []
        events.clock.advance(timedelta(minutes=29).total_seconds())
    events.clock.advance(timedelta(minutes=13).total_seconds())
    assert attempt() == ["fetch_failed"]
    [item] = events.items()
    assert (item.partition, item.origin) == ("financial_events", "financial_events")
    assert f"as at every attempt since {begun:%Y-%m-%d %H:%M} UTC: Amazon does not answer." in item.sentence
    opened = item.id
    assert attempt() == ["fetch_failed"]
    assert [item.id for item in events.items()] == [opened]
    is_out[0] = False
    assert attempt() == []
    # The next outage is counted from its own beginning.
    is_out[0] = True
    events.clock.advance(timedelta(hours=7).total_seconds())
    assert attempt() == []


def test_a_refusal_of_who_asks_ends_the_fetch(events):
    """Every further span would be refused in the same words, and nobody needs an item for each."""
    asked = []

    def fetch(road, first, last):
        asked.append(first)
        raise SourceRefused("the grant was revoked", status=400, code="invalid_grant")

    stage = replace(STAGE, days_per_window=10, fetch=fetch)
    with pytest.raises(SourceRefused):
        list(fetch_days(events.road, stage, days_between(ago(39), TODAY)))
    assert asked == [ago(39)]
    assert [item.origin for item in events.items()] == ["financial_events"]


def test_a_day_that_lies_ahead_is_refused(events):
    """Nothing can be told of it."""
    with pytest.raises(InputRefused, match="lies ahead"):
        events.fetch([ago(-1)])
    assert events.asked == []


def test_a_fault_of_the_program_is_a_review_item_and_no_secret(events):
    """Only the kind of what nobody foresaw is told."""

    def broken(road, first, last):
        raise KeyError("Atzr|secret")

    stage = DayStage("financial_events", broken, "")
    with pytest.raises(KeyError):
        list(fetch_days(events.road, stage, DAYS))
    [item] = events.items()
    assert item.code == "fetch_failed"
    assert "a fault of the program (KeyError)" in item.sentence
    assert "secret" not in repr(item)


def test_discovery_does_not_sweep_days_away(events):
    """A day is no settlement, and its due row stays."""
    for partition in (day_name("financial_events", TODAY), "financial_events", "report-9"):
        events.stores.due.ask(events.connection, SETTLEMENT_KIND, partition, events.clock.now(), "asked")
    sweep(events.road, set())
    left = {row.partition for row in events.stores.due.listing(events.connection)}
    assert left == {day_name("financial_events", TODAY), "financial_events"}


def test_days_have_names_that_lead_back():
    """And nothing else is taken for a day."""
    assert day_of_name(day_name("financial_events", TODAY)) == ("financial_events", TODAY)
    for other in ("financial_events", "financial_events-2026-02-30", "report-2026-11-18", "24758260539", ""):
        assert day_of_name(other) is None
    assert is_of_day_asset("financial_events")
    assert not is_of_day_asset("journals")


def test_the_review_queue_says_which_day_is_meant(events):
    """In words, not as a key."""
    events.told = [sale(None, at(TODAY))]
    events.fetch([TODAY])
    [item] = events.items()
    assert subject(item) == f"financial_events of {TODAY}"
    assert f"connector fetch financial_events --from {TODAY} --to {TODAY} -c {events.connection}" in item.cure


def test_many_reasons_are_told_in_short():
    """A sentence stays one."""
    refused = RefusedDay(tuple((str(number), f"Reason {number}.") for number in range(5)))
    assert refused.sentence == "Reason 0. Reason 1. Reason 2. And 2 more."
