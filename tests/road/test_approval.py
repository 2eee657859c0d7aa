"""A plan that waits for a person: told in the review queue, approved once, rejected without falling out of sight."""

import sys

import pytest

from assets.review.approval import approve, reject
from assets.review.decisions import resolve as decide
from assets.road import walk
from ledger.errors import InputRefused
from ledger.four_eyes import Decider, NeedsAnotherPerson
from resources.store.verification import verify
from tests.road.conftest import sale
from tests.road.test_posting_road import CHECKER, ONE, follow_up, with_mapping


def test_approval_is_asked_once_and_asks_for_its_settlement(world):
    """Stops at planned; approved goes on; a due row brings the run; nothing can be approved twice."""
    road = world.small(approval="required")
    world.take_in(road, ONE, sale())
    assert walk(road, ONE).results["erp_postings"].verdicts[-1].is_waiting
    follow_up(road, ONE)
    assert world.creates() == 0
    approve(road, ONE, CHECKER, "fine")
    assert [row.partition for row in world.stores.due.ready(road.connection, world.clock.now())] == [ONE]
    with pytest.raises(InputRefused, match="cannot be approved"):
        approve(road, ONE, CHECKER, "twice")
    walk(road, ONE)
    world.assert_in_books("100.00")


def test_what_waits_for_approval_is_in_the_review_queue_until_somebody_decides(world):
    """One item per set with the settlement's money; changed content asks anew; approved there, it is sent."""
    road = world.small(approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    first = world.items()["approval_needed"]
    assert (first.amount, first.details["currency"], first.actions) == (100, "USD", ("approve", "reject"))
    assert f"connector approve {ONE}" in first.cure
    walk(road, ONE)
    assert [one.id for one in world.items().values()] == [first.id]
    changed = with_mapping(road, 'revenue: "400100"', 'revenue: "400200"')
    walk(changed, ONE)
    second = world.items()["approval_needed"]
    assert second.origin != first.origin
    with pytest.raises(InputRefused, match="has other journals planned"):
        decide(changed, first, "approve", CHECKER, "fine")
    with pytest.raises(NeedsAnotherPerson):
        decide(changed, second, "approve", Decider(changed.person), "my own")
    assert list(world.items()) == ["approval_needed"]
    ended = decide(changed, second, "approve", CHECKER, "fine")
    assert (ended.state, ended.resolution, ended.person) == ("resolved", "approve", CHECKER.name)
    walk(changed, ONE)
    assert (world.items(), world.states(road, ONE)) == ({}, ["posted"])
    world.assert_in_books("100.00")


def test_what_was_rejected_is_asked_for_and_waits_for_a_person(world):
    """Nothing falls out of sight: the queue tells at once who rejected it, and why; the next run adds nothing."""
    road = world.small(approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    decide(road, world.items()["approval_needed"], "reject", CHECKER, "wrong department")
    assert [row.partition for row in world.stores.due.ready(road.connection, world.clock.now())] == [ONE]
    told = world.items()["posting_refused"]
    assert (told.amount, told.details["currency"], told.actions) == (100, "USD", ("retry",))
    assert "wrong department" in told.sentence
    walk(road, ONE)
    assert list(world.items().values()) == [told]
    assert (world.creates(), verify(world.stores.control).is_ok) == (0, True)


def test_rejected_journals_stay_away_until_a_person_or_the_mapping_changes(world):
    """The same content needs `retry`; changed content is a new revision."""
    road = world.small(approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    reject(road, ONE, CHECKER, "wrong department")
    with pytest.raises(InputRefused, match="without the person"):
        approve(road, ONE, Decider(""), "")
    walk(road, ONE)
    assert "wrong department" in world.items()["posting_refused"].sentence
    world.resolve("posting_refused", "retry")
    walk(road, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "planned")]
    assert list(world.items()) == ["approval_needed"]
    approve(road, ONE, CHECKER, "fine")
    assert world.items() == {}
    walk(road, ONE)
    with pytest.raises(InputRefused, match="cannot be rejected"):
        reject(road, ONE, CHECKER, "too late")
    world.assert_in_books("100.00")


def test_what_the_connection_approved_by_itself_waits_once_approval_is_required(world, monkeypatch):
    """Nothing goes out that nobody approved, however long it rested in `approved`; a person's word stays one."""
    road = world.small(approval="automatic")
    world.take_in(road, ONE, sale())
    with monkeypatch.context() as patch:
        patch.setattr("assets.posting.driving.drive", lambda *_: sys.exit("the run died before it sent anything"))
        with pytest.raises(SystemExit):
            walk(road, ONE)
    assert (world.states(road, ONE), world.creates()) == (["approved"], 0)
    strict = world.small("run-2", approval="required")
    walk(strict, ONE)
    assert (world.states(strict, ONE), world.creates()) == (["planned"], 0)
    assert "the connection requires approval by now" in world.documents(strict, ONE)[0].reason
    assert world.stores.audit.events(strict.connection, document_key=world.documents(strict, ONE)[0].key)[-1].kind == (
        "document_unapproved"
    )
    assert verify(world.stores.control).is_ok
    assert list(world.items()) == ["approval_needed"]
    approve(strict, ONE, CHECKER, "fine")
    walk(strict, ONE)
    assert world.creates() == 1
    world.assert_in_books("100.00")
