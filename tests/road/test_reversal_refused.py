"""A reversal that the ERP refuses, whole or in part: what is undone is named, the rest is sent again or given up."""

from dataclasses import replace
from datetime import date

import pytest

from assets.review.approval import approve
from assets.review.decisions import resolve
from assets.road import walk
from assets.undo.reposting import repost
from ledger.errors import InputRefused
from ledger.four_eyes import Decider
from tests.road.conftest import sale
from tests.road.test_posting_road import (
    ONE,
    Unchecking,
    follow_up,
    parted,
    with_mapping,
)
from tests.road.test_reversing import SOMEBODY, proof, reverse, reversing, reversing_states, sales


def test_a_refused_reversing_part_names_the_parts_that_are_undone(world):
    """The rest waits with the ERP's words; put right there and retried, only the rest is sent."""
    road = world.small()
    parted(world, road)
    walk(road, ONE)
    unchecked = replace(road, target=Unchecking(road.target))
    sales(world, "I")
    reverse(unchecked)
    assert (world.states(road, ONE), reversing_states(world, road)) == (
        ["reversed", "posted"],
        [(1, "posted"), (1, "refused")],
    )
    first = reversing(world, road)[0]
    assert f"part 1 as {first.erp_id}" in world.items()["reversal_refused"].sentence
    assert "What it undoes stands in the books" in world.items()["reversal_refused"].cure
    for _ in range(3):
        follow_up(unchecked, ONE)
    assert world.creates() == 4
    sales(world, "A")
    with pytest.raises(InputRefused, match=rf"cannot be given up: undone already.* part 1 by {first.erp_id}"):
        resolve(road, world.items()["reversal_refused"], "keep", SOMEBODY, "leave it")
    world.resolve("reversal_refused", "retry")
    assert follow_up(road, ONE)[1].facts["state"] == "reversed"
    assert reversing_states(world, road) == [(1, "posted"), (1, "refused"), (2, "posted")]
    assert world.creates() == 5
    world.assert_in_books("60.00", "40.00", "-60.00", "-40.00")


def test_a_refused_reversal_of_which_nothing_stands_in_the_books_may_be_given_up(world):
    """`keep`: the settlement stays posted, nothing waits any more, and a later reversal starts anew."""
    road = world.small()
    parted(world, road)
    walk(road, ONE)
    sales(world, "I", date(2026, 10, 1))
    reverse(replace(road, target=Unchecking(road.target)))
    assert reversing_states(world, road) == [(1, "refused"), (1, "approved")]
    assert world.items()["reversal_refused"].actions == ("retry", "keep")
    resolve(road, world.items()["reversal_refused"], "keep", SOMEBODY, "it was right after all")
    assert reversing_states(world, road) == [(1, "refused"), (1, "refused")]
    assert walk(road, ONE).results["reconciliations"].facts["ties"]
    assert (world.states(road, ONE), world.items()) == (["posted", "posted"], {})
    sales(world, "A", date(2026, 10, 1))
    assert proof(reverse(road)[1]) == ("reversed", "0.00", "0.00", True)
    world.assert_in_books("60.00", "40.00", "-60.00", "-40.00")


def test_giving_a_reversal_up_takes_two_persons_where_approval_is_required(world):
    """What stays in the books is a decision about the books; until then the reversal is held."""
    road = world.small(approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    approve(road, ONE, SOMEBODY, "fine")
    walk(road, ONE)
    sales(world, "I")
    unchecked = replace(road, target=Unchecking(road.target))
    reverse(unchecked)
    approve(road, ONE, SOMEBODY, "fine")
    follow_up(unchecked, ONE)
    item = resolve(road, world.items()["reversal_refused"], "keep", Decider("ann"), "it was right after all")
    assert item.state == "open"
    follow_up(unchecked, ONE)
    assert "reversal_refused" in world.items()
    assert resolve(road, item, "keep", Decider("carol"), "so it was").state == "resolved"
    assert walk(road, ONE).results["reconciliations"].facts["ties"]
    assert world.items() == {}


def test_a_held_set_is_ended_by_undoing_what_is_posted_of_it(world):
    """Part 2 was refused: part 1 is reversed, and the corrected whole is posted as a new revision."""
    road = world.small()
    parted(world, road)
    unchecked = replace(road, target=Unchecking(road.target))
    sales(world, "I")
    walk(unchecked, ONE)
    assert world.states(road, ONE) == ["posted", "refused"]
    reverse(unchecked)
    assert world.states(road, ONE) == ["reversed", "refused"]
    corrected = with_mapping(road, 'revenue: "400100"', 'revenue: "400200"')
    repost(corrected, ONE, SOMEBODY, "other account")
    walk(corrected, ONE)
    assert world.states(road, ONE) == ["posted", "posted"]
    assert world.items() == {}
    world.assert_in_books("60.00", "-60.00", "60.00", "40.00")


# What a settlement is before somebody wants it reversed -> what the refusal says.
