"""An old control database, or none at all: the ERP is asked by key first, so nothing is posted twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assets.review.approval import approve
from assets.road import walk
from assets.undo.reposting import repost
from assets.undo.reversals import apply_reversal, plan_reversal
from ledger.four_eyes import Decider
from resources.erp.peoplesoft.client import PeopleSoft
from resources.store.backup import write_backup
from resources.store.restore import restore_backup
from resources.store.verification import verify
from tests.road.conftest import FIRST, of_account, sale
from tests.road.test_posting_road import (
    CHECKER,
    ONE,
    OVER_MONTH_END,
    Unchecking,
    follow_up,
    parted,
    with_mapping,
)

TWO = "24000000002"
SOMEBODY = Decider("somebody")


def undo(road):
    """Reverse the settlement, as far as it goes now."""
    apply_reversal(road, plan_reversal(road, ONE), "wrong account")
    follow_up(road, ONE)


def of_unit(target, unit, clock):
    """Return the target with other units in its settings."""
    broker = target._broker
    return PeopleSoft(target._profile.model_copy(update={"units": (unit,)}), broker._client, broker._credentials, clock)


def backed_up(world):
    """Write a backup beside the home."""
    return write_backup(world.stores, world.home.parent / "backup.tar.gz", "0.1.0", with_files=True).path


def put_back(world, path):
    """Restore over what is there, and open the stores as a later process does."""
    world.stores.close()
    restored = restore_backup(world.urls, world.clock, path, person="tester", replace=True)
    world.reopen()
    assert restored.broken == ()
    assert verify(world.stores.control).is_ok


def test_a_backup_from_before_the_second_posting_posts_nothing_again(world):
    """Two posted, the copy knows of one: walked again, both are found and none is sent."""
    road = world.small()
    world.take_in(road, ONE, sale("100.00"))
    walk(road, ONE)
    path = backed_up(world)
    world.take_in(road, TWO, sale("50.00"), start=FIRST.replace(day=9))
    walk(road, TWO)
    assert world.creates() == 2
    put_back(world, path)
    road = world.small("run-2")
    assert [one.settlement_id for one in world.stores.settlements.all(road.connection)] == [ONE]
    world.take_in(road, TWO, sale("50.00"), start=FIRST.replace(day=9))
    for settlement_id in (ONE, TWO):
        assert walk(road, settlement_id).results["reconciliations"].facts["ties"]
        assert world.states(road, settlement_id) == ["posted"]
    assert world.creates() == 2
    assert world.items() == {}
    world.assert_in_books("100.00", "50.00")


@pytest.mark.parametrize("state", ["planned", "approved"])
def test_a_backup_from_before_the_send_finds_what_was_sent(world, state):
    """Whatever the copy says a document is waiting for, the ERP's own key is looked for before the call."""
    road = world.small(approval="required")
    parted(world, road)
    walk(road, ONE)
    if state == "approved":
        approve(road, ONE, CHECKER, "fine")
    path = backed_up(world)
    if state == "planned":
        approve(road, ONE, CHECKER, "fine")
    walk(road, ONE)
    assert world.creates() == 2
    put_back(world, path)
    road = world.small("run-2", approval="required")
    assert world.states(road, ONE) == [state, state]
    if state == "planned":
        approve(road, ONE, CHECKER, "fine once more")
    assert walk(road, ONE).results["reconciliations"].facts["ties"]
    assert world.states(road, ONE) == ["posted", "posted"]
    assert world.creates() == 2
    world.assert_in_books("60.00", "40.00")


def test_a_control_database_rebuilt_from_nothing_posts_nothing_again(world):
    """Everything imported again into an empty home: found by key, in parts too."""
    road = world.small()
    world.take_in(road, TWO, sale("50.00"), start=OVER_MONTH_END + timedelta(days=7))
    parted(world, road)
    for settlement_id in (ONE, TWO):
        walk(road, settlement_id)
    creates = world.creates()
    world.stores.close()
    world.reopen(world.home.parent / "rebuilt")
    road = world.small("run-2")
    world.take_in(road, TWO, sale("50.00"), start=OVER_MONTH_END + timedelta(days=7))
    parted(world, road)
    for settlement_id in (ONE, TWO):
        assert walk(road, settlement_id).results["reconciliations"].facts["ties"]
    assert world.creates() == creates == 3
    world.assert_in_books("60.00", "40.00", "50.00")


def test_a_second_revision_ends_in_review_when_everything_is_lost(world):
    """The first revision's key is free, but the ERP holds a document of this source: a person decides, none is sent."""
    road = world.small()
    world.take_in(road, ONE, sale())
    bad = with_mapping(road, 'revenue: "400100"', 'revenue: "499999"')
    walk(replace(bad, target=Unchecking(bad.target)), ONE)
    assert world.states(road, ONE) == ["refused"]
    walk(road, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "posted")]
    creates = world.creates()
    world.stores.close()
    world.reopen(world.home.parent / "rebuilt")
    road = world.small("run-2")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(1, "review")]
    assert "posting_unknown_document" in world.items()
    assert world.creates() == creates
    world.assert_in_books("100.00")


def test_what_was_reversed_and_posted_again_since_the_backup_is_named_and_taken_in(world):
    """The open item looks as if nothing had happened; both documents are named, taken in by key, and none is sent."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    path = backed_up(world)
    undo(road)
    repost(road, ONE, SOMEBODY, "corrected")
    walk(road, ONE)
    put_back(world, path)
    road = world.small("run-2")
    walk(road, ONE)
    assert (
        "`connector reverse --even-if-closed` takes it in, and then `connector repost`"
        in world.items()["not_once"].sentence
    )
    undo(road)
    repost(road, ONE, SOMEBODY, "it stands there already")
    assert walk(road, ONE).results["reconciliations"].facts["ties"]
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "posted")]
    assert (world.creates(), world.items()) == (3, {})
    world.assert_in_books("100.00", "-100.00", "100.00")


def test_a_reversed_settlement_of_nothing_is_seen_by_an_old_copy(world):
    """Its open item is zero with and without the reversal: it is looked for all the same."""
    road = world.small()
    world.take_in(road, ONE, sale("100.00"), of_account("Current Reserve Amount", "-100.00"))
    assert walk(road, ONE).results["reconciliations"].facts["ties"]
    path = backed_up(world)
    undo(road)
    put_back(world, path)
    walk(world.small("run-2"), ONE)
    assert "undoes it and is not in our records" in world.items()["not_once"].sentence


def test_a_unit_that_was_moved_since_the_backup_is_looked_into(world):
    """The copy knows the journal as planned in another unit; it was sent there, and is not sent again in a new one."""
    road = world.small(approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    path = backed_up(world)
    approve(road, ONE, CHECKER, "fine")
    walk(road, ONE)
    put_back(world, path)
    road = world.small("run-2")
    road = replace(road, target=of_unit(road.target, "UK001", world.clock))
    walk(with_mapping(road, "unit: US001", "unit: UK001"), ONE)
    assert (world.creates(), list(world.items())) == (1, ["posting_unknown_document"])
    world.assert_in_books("100.00")
