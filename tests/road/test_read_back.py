"""Posted documents are looked at every day: what a person does to one in PeopleSoft is told, never done over."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from assets.posting.read_back import QUIET_SECONDS, is_young
from assets.road import STAGES, run_stage, walk
from assets.stages.resumption import POSTING_KIND, READ_BACK_KIND
from emulators import faults as general
from ledger.errors import TargetUnavailable
from resources.store.due import DueRow
from tests.road.conftest import sale

ONE = "24000000001"
LATER = date(2026, 12, 1)


def posted(world):
    """Post one settlement; return road and key in the books."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    return road, next(one.key for one in world.books.journals() if one.source == "AMZ")


def next_look(world, road) -> DueRow | None:
    """Return the row of the next read-back."""
    return world.stores.due.open_row(road.connection, READ_BACK_KIND, ONE)


def read_back(world, road):
    """Do what the row asks for when it is due: reconciliations, and nothing else."""
    row = next_look(world, road)
    assert row is not None, "nobody looks any more"
    world.clock.advance((row.at - world.clock.now()).total_seconds())
    return run_stage(road, STAGES[-1], ONE)


def unpost(books, key):
    """Unpost it; posted again it is right."""
    books.people.unpost(key)
    return lambda: books.people.post_again(key)


def delete(books, key):
    """Unpost and delete it; nothing brings it back."""
    books.people.unpost(key)
    books.people.delete(key)


def wipe(books, key):
    """Remove its very rows."""
    books.people.unpost(key)
    books.people.delete(key, is_row_removed=True)


def reverse(books, key):
    """Copy it with opposite signs; the copy unposted, it is right."""
    copied = books.people.reverse(key, LATER)
    return lambda: books.people.unpost(copied)


def alter(books, key):
    """Book its revenue to another account; booked back, it is right."""
    books.people.change_line(key, 2, ACCOUNT="400200")
    return lambda: books.people.change_line(key, 2, ACCOUNT="400100")


def move(books, key):
    """Put it on another date; the copy unposted and the first one posted again, it is right."""
    copied = books.people.move(key, LATER)

    def back():
        books.people.unpost(copied)
        books.people.post_again(key)

    return back


def shift(books, key):
    """Put it into the adjusting period of its year; put back, it is right."""
    books.people.move_to_period(key, 998)
    return lambda: books.people.move_to_period(key, 11)


# What a person does -> code of the item, words of its sentence, actions.
DEEDS = [
    (unpost, "posting_removed", "was unposted in the ERP (status U)", ("recheck", "deleted")),
    (delete, "posting_removed", "was deleted in the ERP (status D)", ("recheck", "deleted")),
    (wipe, "posting_removed", "is not in the ERP any more: it was deleted there", ("recheck", "deleted")),
    (reverse, "not_once", "with opposite signs: a person reversed it", ("retry", "accept")),
    (alter, "books_differ", "kinds of line differ between our 2 lines and the books", ("retry", "accept")),
    (move, "posting_removed", "2026-12-01 (status P) holds the very lines of Journal 1 of 1", ("recheck", "deleted")),
    (shift, "books_differ", "stands in accounting period 998/2026, and its date in 11/2026", ("retry", "accept")),
]


@pytest.mark.parametrize(("deed", "code", "words", "actions"), DEEDS, ids=[deed[0].__name__ for deed in DEEDS])
def test_what_a_person_does_in_the_erp_is_told_and_ends_when_it_is_put_right(world, deed, code, words, actions):
    """One item by the next daily read-back; nothing is created; put right in the ERP, the item ends by itself."""
    road, key = posted(world)
    put_right = deed(world.books, key)
    read_back(world, road)
    item = world.items()[code]
    assert words in item.sentence
    assert (item.actions, item.amount, list(world.items())) == (actions, 100, [code])
    assert world.creates() == 1
    if put_right is None:
        read_back(world, road)
        assert list(world.items()) == [code]
        return
    put_right()
    assert read_back(world, road).facts["ties"]
    assert (world.items(), world.states(road, ONE), world.creates()) == ({}, ["posted"], 1)
    world.assert_in_books("100.00")


def test_what_happens_to_it_meanwhile_is_said_when_it_is_moved_and_deleted(world):
    """A whole road in between says the same as the read-back, and creates nothing."""
    road, key = posted(world)
    world.books.people.unpost(key)
    read_back(world, road)
    walk(road, ONE)
    assert "was unposted in the ERP (status U)" in world.items()["posting_removed"].sentence
    assert world.creates() == 1


def test_lines_altered_and_posted_again_while_in_review_are_told_line_by_line(world):
    """Taken out, changed and posted again: the difference is shown, and may be accepted."""
    road, key = posted(world)
    world.books.people.unpost(key)
    read_back(world, road)
    world.books.people.post_again(key)
    world.books.people.change_line(key, 2, ACCOUNT="400200")
    read_back(world, road)
    assert list(world.items()) == ["books_differ"]
    world.resolve("books_differ", "accept", "shipping it is")
    assert read_back(world, road).facts["ties"]
    assert world.items() == {}


def test_a_reversal_made_on_purpose_may_be_accepted(world):
    """This very document beside ours, and no other."""
    road, key = posted(world)
    world.books.people.reverse(key, LATER)
    read_back(world, road)
    world.resolve("not_once", "accept", "reversed by the controller")
    read_back(world, road)
    assert world.items() == {}
    world.books.people.reverse(key, LATER + timedelta(days=1))
    read_back(world, road)
    assert list(world.items()) == ["not_once"]


# --- when it is looked at --------------------------------------------------------------------------------------------


def test_the_next_look_comes_in_the_next_night_of_the_ledger(world):
    """Between two and five at night in New York, at the settlement's own moment, day after day."""
    road, _ = posted(world)
    seen = []
    for _ in range(3):
        row = next_look(world, road)
        local = row.at - timedelta(hours=5)
        night = local.replace(hour=2, minute=0, second=0, microsecond=0)
        assert 0 <= (local - night).total_seconds() < QUIET_SECONDS
        seen.append(row.at)
        read_back(world, road)
    assert [later - earlier for earlier, later in pairwise(seen)] == [timedelta(days=1)] * 2


def test_not_all_settlements_are_read_at_once(world):
    """Each has its own moment of the night."""
    from assets.posting.read_back import next_quiet_moment

    road = world.small()
    moments = {next_quiet_moment(road, f"2400000{number:04d}") for number in range(50)}
    assert len(moments) > 45


def test_a_settlement_is_read_while_its_period_is_open_or_the_last_closed_one(world):
    """November open, then closed, then December closed as well: that is the end of it."""
    road, _ = posted(world)
    for last_closed, goes_on in (((2026, 10), True), ((2026, 11), True), ((2026, 12), False)):
        first = (last_closed[0] + last_closed[1] // 12, last_closed[1] % 12 + 1)
        world.books.set_periods("US001", first, (2027, 6))
        assert is_young(road, "US001", date(2026, 11, 9)) is goes_on
    read_back(world, road)
    assert next_look(world, road) is None


def test_calendar_months_decide_where_the_erp_cannot_be_asked(world):
    """This month and the one before."""
    road = world.small()
    world.erp_faults.always("X_PERIOD_OPEN", general.html(503))
    days = [date(2026, 11, 1), date(2026, 10, 1), date(2026, 9, 30)]
    assert [is_young(road, "US001", day) for day in days] == [True, True, False]


def test_periods_that_nobody_closes_do_not_mean_reading_for_ever(world):
    """After a good year it ends."""
    road = world.small()
    world.books.set_periods("US001", (2020, 1), (2030, 12))
    assert is_young(road, "US001", date(2025, 12, 1))
    assert not is_young(road, "US001", date(2025, 10, 1))


def test_a_read_back_that_fails_is_taken_up_by_the_retries_and_comes_again_the_next_night(world):
    """One row for the outage, later each time; the daily one goes on when it is over."""
    road, _ = posted(world)
    world.erp_faults.always("ExecuteQuery", general.html(503))
    with pytest.raises(TargetUnavailable):
        read_back(world, road)
    kinds = {row.kind: row for row in world.stores.due.listing(road.connection)}
    assert kinds[POSTING_KIND].reason.startswith("failure 1 of reconciliations")
    world.erp_faults.clear()
    world.clock.advance(60)
    for stage in STAGES[-3:]:
        run_stage(road, stage, ONE)
    assert [row.kind for row in world.stores.due.listing(road.connection)] == [READ_BACK_KIND]
    assert next_look(world, road).at > world.clock.now()


def test_nothing_is_read_back_daily_that_was_never_posted(world):
    """Held before it was sent: nothing is there to change."""
    road = world.small(approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    assert next_look(world, road) is None


def test_a_dead_run_leaves_its_read_back_to_another(world):
    """Marked when taken up; not at its end after half an hour, it is asked for again."""
    road, _ = posted(world)
    row = next_look(world, road)
    world.clock.advance((row.at - world.clock.now()).total_seconds())

    def killed(*_):
        raise KeyboardInterrupt

    stage = replace(STAGES[-1], run=killed)
    with pytest.raises(KeyboardInterrupt):
        run_stage(road, stage, ONE)
    row = next_look(world, road)
    assert (row.reason, row.at - world.clock.now()) == ("run run-1 is on its way", timedelta(seconds=1800))


def test_the_night_of_the_ledger_follows_its_clock_changes(world):
    """Two at night in New York is seven in winter and six in summer, in UTC."""
    from assets.posting.read_back import next_quiet_moment

    road = world.small()
    hours = set()
    for day in (datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2027, 3, 20, 9, tzinfo=UTC)):
        world.clock.advance(max(0, (day - world.clock.now()).total_seconds()))
        moment = next_quiet_moment(road, ONE)
        hours.add(moment.hour)
    winter, summer = sorted(hours, reverse=True)
    assert winter - summer == 1
