"""What may still be sent is judged again: unclear journals, changed mappings, broken files, a moved go-live."""

from dataclasses import replace

from assets.road import STAGES, run_stage, walk
from emulators import faults as general
from emulators.peoplesoft.site import Timing
from ledger.errors import MappingRefused
from tests.road.conftest import sale
from tests.road.test_posting_road import ONE, close_november, follow_up, open_november, parted, with_mapping


def unclear(world, road):
    """Lose the first Create on its way, so that nobody knows."""
    world.take_in(road, ONE, sale())
    world.erp_faults.next("Create", general.dropped())
    walk(road, ONE)
    assert (world.states(road, ONE), world.creates()) == (["unclear"], 1)


def test_an_unclear_journal_is_not_sent_again_into_a_closed_period(world):
    """Looked for all the same; sent when the gate is open again."""
    road = world.small()
    unclear(world, road)
    close_november(world)
    world.clock.advance(400)
    follow_up(road, ONE)
    assert (world.states(road, ONE), list(world.items()), world.creates()) == (["approved"], ["period_closed"], 1)
    open_november(world)
    walk(road, ONE)
    assert (world.states(road, ONE), world.items(), world.creates()) == (["posted"], {}, 2)
    world.assert_in_books("100.00")


def test_a_mapping_corrected_while_unclear_sends_the_corrected_journal_alone(world):
    """Nothing while nobody knows; once the old one is provably absent, the whole road is asked for."""
    road = world.small()
    unclear(world, road)
    changed = with_mapping(road, 'revenue: "400100"', 'revenue: "400200"')
    walk(changed, ONE)
    assert (world.states(road, ONE), list(world.items())) == (["unclear"], ["changed_after_posting"])
    world.clock.advance(400)
    follow_up(changed, ONE)
    assert (world.states(road, ONE), world.creates()) == (["approved"], 1)
    assert "settlement" in {row.kind for row in world.stores.due.ready(road.connection, world.clock.now())}
    walk(changed, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "posted")]
    assert (world.items(), world.creates()) == ({}, 2)
    assert "400100" not in {line.account for line in world.books.lines()}
    world.assert_in_books("100.00")


def test_an_unclear_journal_that_a_person_keeps_is_sent_again_as_it_was(world):
    """`keep` means the stored journal, through the gate."""
    road = world.small()
    unclear(world, road)
    changed = with_mapping(road, 'revenue: "400100"', 'revenue: "400200"')
    walk(changed, ONE)
    world.resolve("changed_after_posting", "keep", "as agreed")
    world.clock.advance(400)
    walk(changed, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(1, "posted")]
    assert (world.items(), world.creates()) == ({}, 2)
    world.assert_in_books("100.00")


def test_a_broken_mapping_holds_what_is_unsent_and_follows_the_rest(world):
    """The part in the ERP comes to its end; the other waits for the file to be mended."""
    road = world.small()
    parted(world, road)
    world.demo.site.timing = Timing(edit_after_seconds=60, post_after_seconds=120)
    world.erp_faults.at("Create", 2, general.dropped())
    walk(road, ONE)
    assert world.states(road, ONE) == ["importing", "unclear"]
    world.clock.advance(400)

    def broken():
        raise MappingRefused("mapping.yaml, line 3: this is no YAML.", file="mapping.yaml")

    result = run_stage(replace(road, load_mapping=broken), STAGES[4], ONE)
    assert result.stops
    assert (world.states(road, ONE), world.creates()) == (["posted", "approved"], 2)
    assert "mapping.yaml, line 3" in world.items()["changed_meanwhile"].sentence
    walk(road, ONE)
    world.clock.advance(400)
    follow_up(road, ONE)
    assert (world.states(road, ONE), world.items(), world.creates()) == (["posted", "posted"], {}, 3)
    world.assert_in_books("60.00", "40.00")


def test_a_posted_settlement_is_proved_even_when_go_live_is_moved_behind_it(world):
    """What was posted stays ours to watch."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    later = world.small(books_from="2026-11-10")
    assert follow_up(later, ONE)[1].facts["state"] == "posted"
    world.books.people.unpost(next(one.key for one in world.books.journals() if one.source == "AMZ"))
    assert follow_up(later, ONE)[1].stops
    assert list(world.items()) == ["posting_removed"]
