"""Closed periods, found before sending or told late: held, asked for, or moved to the first open day, never twice."""

from dataclasses import replace
from datetime import date

import pytest

from assets.road import STAGES, run_stage, walk
from assets.settlement_reports import discover
from assets.undo.reversals import apply_reversal, plan_reversal
from emulators import faults as general
from emulators.peoplesoft.site import Timing
from ledger.policy import Policy
from tests.road.conftest import sale
from tests.road.test_posting_road import ONE, close_november, follow_up, open_november, parted

DECEMBER = date(2026, 12, 1)
LATE = "late: belongs to 2026-11"


def only_december(world):
    """Close everything before December."""
    world.books.set_periods("US001", (2026, 12), (2027, 1))


def dates(world, road, settlement_id=ONE):
    """Return date and month of origin of each part."""
    return [(one.journal.accounting_date, one.journal.original_period) for one in world.documents(road, settlement_id)]


class Believing:
    """A target that says every period is open, so that PeopleSoft itself has to say no."""

    def __init__(self, target):
        self._target = target

    def __getattr__(self, name):
        return getattr(self._target, name)

    def check_accounts(self, uses, journals=()):
        return [one for one in self._target.check_accounts(uses, journals) if one.code != "period_closed"]

    def open_day(self, unit, day):
        return day


def test_hold_waits_and_offers_no_move(world):
    """The date stays; the item takes `retry` alone."""
    road = world.small()
    world.take_in(road, ONE, sale())
    only_december(world)
    assert walk(road, ONE).stopped_at == "journals"
    item = world.items()["period_closed"]
    assert item.actions == ("retry",)
    assert "next_open or ask" in item.cure
    assert world.creates() == 0


def test_what_is_held_goes_on_when_the_period_is_open(world):
    """Every discovery asks for it again; nobody tells us when the ERP opens a period."""
    road = world.small()
    world.take_in(road, ONE, sale())
    only_december(world)
    walk(road, ONE)

    def asked():
        rows = world.stores.due.ready(road.connection, world.clock.now())
        return [row.kind for row in rows if row.partition == ONE]

    assert asked() == []
    discover(road, road.clock.now())
    assert asked() == ["arrival"]
    assert walk(road, ONE).stopped_at == "journals"
    assert asked() == []
    open_november(world)
    discover(road, road.clock.now())
    assert asked() == ["arrival"]
    assert walk(road, ONE).stopped_at == ""
    assert (world.items(), world.states(road, ONE)) == ({}, ["posted"])
    discover(road, road.clock.now())
    assert asked() == []


def test_next_open_books_on_the_first_open_day_and_says_late(world):
    """Kept in the journal, in its description, in the facts; proved like any other."""
    road = world.small(closed_period="next_open")
    world.take_in(road, ONE, sale())
    only_december(world)
    walked = walk(road, ONE)
    assert walked.stopped_at == ""
    assert dates(world, road) == [(DECEMBER, "2026-11")]
    for asset in ("journals", "erp_postings"):
        assert walked.results[asset].facts["late"] == LATE
    assert walked.results["reconciliations"].rows[0]["late"] == LATE
    assert walked.results["reconciliations"].facts["ties"]
    (booked,) = (one for one in world.books.journals() if one.source == "AMZ")
    assert LATE in booked.description
    assert world.items() == {}
    world.assert_in_books("100.00")


def test_what_moved_stays_where_it_is_when_the_period_opens_again(world):
    """Re-materialized, it is the same journal: no alarm, no second post."""
    road = world.small(closed_period="next_open")
    world.take_in(road, ONE, sale())
    only_december(world)
    walk(road, ONE)
    open_november(world)
    for policy in ("next_open", "hold", "ask"):
        assert walk(world.small("run-2", closed_period=policy), ONE).stopped_at == ""
    assert dates(world, road) == [(DECEMBER, "2026-11")]
    assert (world.items(), world.creates()) == ({}, 1)
    world.assert_in_books("100.00")


def test_what_is_posted_stays_when_its_period_is_closed_afterwards(world):
    """A backfill of old settlements neither moves nor stops anything."""
    road = world.small(closed_period="next_open")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    only_december(world)
    assert walk(road, ONE).stopped_at == ""
    assert dates(world, road) == [(date(2026, 11, 9), "")]
    assert (world.items(), world.creates()) == ({}, 1)


def test_each_part_moves_by_itself(world):
    """October is closed and November open: part 1 is late, part 2 is not."""
    road = world.small(closed_period="next_open")
    parted(world, road)
    world.books.set_periods("US001", (2026, 11), (2027, 1))
    assert walk(road, ONE).stopped_at == ""
    assert dates(world, road) == [(date(2026, 11, 1), "2026-10"), (date(2026, 11, 4), "")]
    world.assert_in_books("60.00", "40.00")


def test_no_open_period_within_reach_is_held(world):
    """Nothing is invented: the item says that none was found."""
    road = world.small(closed_period="next_open")
    world.take_in(road, ONE, sale())
    world.books.set_periods("US001", (2026, 1), (2026, 1))
    assert walk(road, ONE).stopped_at == "journals"
    assert "no open period was found" in world.items()["period_closed"].cure


def test_ask_moves_this_settlement_once_a_person_says_so(world):
    """`retry` looks again, `move` moves; the next settlement is asked for anew."""
    road = world.small(closed_period="ask")
    world.take_in(road, ONE, sale())
    only_december(world)
    assert walk(road, ONE).stopped_at == "journals"
    assert world.items()["period_closed"].actions == ("retry", "move")
    world.resolve("period_closed", "retry")
    assert walk(road, ONE).stopped_at == "journals"
    world.resolve("period_closed", "move", "November is reported")
    assert walk(road, ONE).stopped_at == ""
    assert dates(world, road) == [(DECEMBER, "2026-11")]
    assert world.items() == {}
    world.assert_in_books("100.00")


def test_a_person_who_opens_the_period_needs_no_move(world):
    """Asked, opened, retried: booked on its own date."""
    road = world.small(closed_period="ask")
    world.take_in(road, ONE, sale())
    close_november(world)
    walk(road, ONE)
    open_november(world)
    world.resolve("period_closed", "retry")
    assert walk(road, ONE).stopped_at == ""
    assert dates(world, road) == [(date(2026, 11, 9), "")]


def test_a_period_closed_between_gate_and_create_is_refused_and_then_moved(world):
    """The refused key stays dead; the moved journal is the next revision, asked for by itself."""
    road = world.small(closed_period="next_open")
    world.demo.site.switches = replace(world.demo.site.switches, is_period_checked_at_create=True)
    world.take_in(road, ONE, sale())
    only_december(world)
    walk(replace(road, target=Believing(road.target)), ONE)
    assert (world.states(road, ONE), world.creates()) == (["refused"], 1)
    assert "Accounting period is not open" in world.items()["posting_refused"].sentence
    result = follow_up(road, ONE)[0]
    assert result.facts["posting"] == "posted"
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "posted")]
    assert dates(world, road) == [(DECEMBER, "2026-11")]
    assert world.items() == {}
    world.assert_in_books("100.00")


def test_a_refusal_for_a_closed_period_asks_for_its_settlement_at_once(world):
    """The gate saw it open, Create did not: the next run comes by itself."""
    road = world.small(closed_period="next_open")
    world.demo.site.switches = replace(world.demo.site.switches, is_period_checked_at_create=True)
    world.take_in(road, ONE, sale())

    class Closing(Believing):
        def submit(self, journal):
            only_december(world)
            return self._target.submit(journal)

        def open_day(self, unit, day):
            return self._target.open_day(unit, day)

    walk(replace(road, target=Closing(road.target)), ONE)
    assert world.states(road, ONE) == ["refused"]
    assert "closed meanwhile" in world.stores.due.open_row(road.connection, "settlement", ONE).reason
    assert walk(road, ONE).stopped_at == ""
    assert dates(world, road) == [(DECEMBER, "2026-11")]
    world.assert_in_books("100.00")


def test_a_period_closed_at_the_edit_holds_its_source_until_the_journal_is_deleted(world):
    """In error it still exists: no second journal beside it; deleted and given up, the next one is late."""
    road = world.small(closed_period="next_open")
    world.demo.site.timing = Timing(edit_after_seconds=60, post_after_seconds=120)
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    only_december(world)
    world.clock.advance(200)
    follow_up(road, ONE)
    assert walk(road, ONE).stopped_at == "erp_postings"
    assert (world.states(road, ONE), world.creates()) == (["review"], 1)
    assert "Accounting period is not open" in world.items()["posting_error"].sentence
    world.books.people.delete(next(one.key for one in world.books.journals() if one.source == "AMZ"))
    world.clock.advance(400)
    world.give_up(road, ONE)
    world.resolve("posting_error", "deleted")
    walk(road, ONE)
    world.clock.advance(200)
    follow_up(road, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "posted")]
    assert dates(world, road) == [(DECEMBER, "2026-11")]
    world.assert_in_books("100.00")


def test_a_date_never_moves_out_of_unclear(world):
    """Nobody knows whether it stands on its old date; provably absent, it moves."""
    road = world.small(closed_period="next_open")
    world.take_in(road, ONE, sale())
    world.erp_faults.next("Create", general.dropped())
    walk(road, ONE)
    only_december(world)
    walk(road, ONE)
    assert (world.states(road, ONE), dates(world, road)) == (["unclear"], [(date(2026, 11, 9), "")])
    world.clock.advance(400)
    follow_up(road, ONE)
    walk(road, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "posted")]
    assert dates(world, road) == [(DECEMBER, "2026-11")]
    world.assert_in_books("100.00")


def test_a_moved_journal_is_approved_anew(world):
    """What was approved is exactly what is sent: another date is another content."""
    road = world.small(closed_period="next_open", approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    assert dates(world, road) == [(date(2026, 11, 9), "")]
    only_december(world)
    walk(road, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "planned")]
    assert dates(world, road) == [(DECEMBER, "2026-11")]


@pytest.mark.parametrize("policy", ["hold", "next_open", "ask"])
def test_a_reversal_follows_the_same_policy(world, policy):
    """Dated as what it undoes while that is open, else held, moved, or asked for."""
    road = world.small(closed_period=policy)
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    only_december(world)
    plan = plan_reversal(road, ONE)
    apply_reversal(road, plan, "wrong unit")
    follow_up(road, ONE)
    if policy != "next_open":
        assert any("is closed" in one for one in plan.warnings)
        assert world.creates() == 1
        item = world.items()["period_closed"]
        assert ("move" in item.actions) is (policy == "ask")
        if policy == "ask":
            world.resolve("period_closed", "move", "November is reported")
        else:
            open_november(world)
        follow_up(road, ONE)
    assert world.states(road, ONE) == ["reversed"]
    (undoing,) = (one for one in world.books.journals() if "reversal" in one.description)
    assert (undoing.key.date, LATE in undoing.description) == (
        ("2026-11-09", False) if policy == "hold" else ("2026-12-01", True)
    )
    world.assert_in_books("100.00", "-100.00")


def test_a_reversal_refused_for_a_closed_period_moves_by_itself(world):
    """The gate saw it open, Create did not: the settlement is asked for, and the next run books it on an open day."""
    road = world.small(closed_period="next_open")
    world.demo.site.switches = replace(world.demo.site.switches, is_period_checked_at_create=True)
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    apply_reversal(road, plan_reversal(road, ONE), "wrong unit")

    class Closing(Believing):
        def submit(self, journal):
            only_december(world)
            return self._target.submit(journal)

        def open_day(self, unit, day):
            return self._target.open_day(unit, day)

    follow_up(replace(road, target=Closing(road.target)), ONE)
    assert "reversal_refused" in world.items()
    assert "closed meanwhile" in world.stores.due.open_row(road.connection, "posting", ONE).reason
    follow_up(road, ONE)
    assert (world.states(road, ONE), list(world.items())) == (["reversed"], ["settlement_reversed"])
    (undoing,) = (one for one in world.books.journals() if "reversal" in one.description)
    assert undoing.key.date == "2026-12-01"
    world.assert_in_books("100.00", "-100.00")


def test_only_three_answers_to_a_closed_period_exist():
    """Anything else is refused where the file is read."""
    assert Policy(time_zone="UTC").closed_period == "hold"
    with pytest.raises(ValueError, match="next_open"):
        Policy(time_zone="UTC", closed_period="move")


def test_the_follow_up_run_alone_moves_what_is_not_sent(world):
    """Planned on its own date, closed before it is sent: the posting step asks again and moves it."""
    road = world.small(closed_period="next_open", approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    only_december(world)
    run_stage(road, STAGES[4], ONE)
    assert dates(world, road) == [(DECEMBER, "2026-11")]
    open_november(world)
    run_stage(road, STAGES[4], ONE)
    assert dates(world, road) == [(DECEMBER, "2026-11")]
