"""Where approval is required: one plans, another approves; and decisions that change what is posted take two."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assets.review.approval import approve, reject
from assets.review.decisions import resolve
from assets.road import walk
from assets.settlements.series import placed
from assets.undo.reversals import apply_reversal, plan_reversal
from ledger.errors import InputRefused
from ledger.four_eyes import Decider, NeedsAnotherPerson
from resources.store.configuration import ConfigurationFile
from tests.road.conftest import FIRST, of_account, sale
from tests.road.test_posting_road import with_mapping

ONE, TWO, THREE = "24000000001", "24000000002", "24000000003"
ANN, CAROL = Decider("ann"), Decider("carol")


def strict(world, *files: ConfigurationFile, **changes):
    """Return a road on which approval is required, with configuration files as given."""
    return replace(world.small(approval="required", **changes), configuration=lambda: files)


def mapping_of(owner: str, text: str = "a: 1") -> ConfigurationFile:
    return ConfigurationFile("mapping", "mappings/amazon_us.yaml", text.encode(), owner)


def test_whoever_planned_does_not_approve(world):
    """The planner may take the plan back, and nobody else's word is needed for that."""
    road = strict(world)
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    with pytest.raises(NeedsAnotherPerson, match="tester planned these journals"):
        approve(road, ONE, Decider("tester"), "fine")
    assert world.states(road, ONE) == ["planned"]
    reject(road, ONE, Decider("tester"), "not yet")
    assert world.states(road, ONE) == ["refused"]


def test_whoever_changed_the_mapping_does_not_approve_until_another_person_has(world):
    """Once somebody else has approved journals made with it, the change is confirmed; the next change asks again."""
    road = strict(world, mapping_of("ann"))
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    with pytest.raises(NeedsAnotherPerson, match=r"ann owns mappings/amazon_us.yaml as it is since 2026-11-20"):
        approve(road, ONE, ANN, "fine")
    approve(road, ONE, CAROL, "fine")
    world.take_in(road, TWO, sale(), start=FIRST + timedelta(days=7))
    walk(road, TWO)
    approve(road, TWO, ANN, "fine")
    assert world.states(road, TWO) == ["approved"]


@pytest.mark.parametrize(("person", "counts"), [("tester", False), ("bob", False), ("carol", True)])
def test_a_word_given_by_other_settings_counts_only_if_it_would_have_been_taken(world, person, counts):
    """Who planned, or changed the mapping, may approve in a copy of the project that asks for nobody: nothing is sent.

    The step that sends asks again whose word it is.
    """
    road = strict(world, mapping_of("bob"))
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    lax = replace(road, policy=road.policy.model_copy(update={"approval": "automatic"}))
    approve(lax, ONE, Decider(person), "in a copy of the project")
    walk(road, ONE)
    assert (world.states(road, ONE), world.creates()) == ((["posted"], 1) if counts else (["planned"], 0))
    if not counts:
        assert list(world.items()) == ["approval_needed"]
        approve(road, ONE, CAROL, "fine")
        walk(road, ONE)
        assert world.creates() == 1


def test_a_file_changed_after_planning_counts_too(world):
    """Changing it between plan and approval is a hand in it, although no run has used it yet."""
    road = strict(world, mapping_of("bob"))
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    later = replace(road, configuration=lambda: (mapping_of("ann", "a: 2"),))
    with pytest.raises(NeedsAnotherPerson, match="ann owns"):
        approve(later, ONE, ANN, "fine")


def test_only_the_very_set_that_was_shown_is_approved(world):
    """A fingerprint of other content approves nothing."""
    road = strict(world)
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    for fingerprint in ("0" * 64, "ab"):
        with pytest.raises(InputRefused, match="nothing was approved"):
            approve(road, ONE, CAROL, "fine", fingerprint)
    approve(road, ONE, CAROL, "fine", world.documents(road, ONE)[0].set_fingerprint[:12])
    assert world.states(road, ONE) == ["approved"]


def gap(world, road):
    """Take in two settlements with a hole between them; return the review item."""
    world.take_in(road, ONE, sale())
    world.take_in(road, TWO, sale(), start=FIRST + timedelta(days=10))
    walk(road, TWO)
    return world.items()["series_gap"]


def test_an_accepted_gap_takes_two_persons(world):
    """The first proposes, the item stays open; the same person does not confirm; another does."""
    road = strict(world)
    item = resolve(road, gap(world, road), "accept", ANN, "the account was closed")
    assert (item.state, item.proposed_by) == ("open", "ann")
    with pytest.raises(NeedsAnotherPerson, match="ann proposed `accept`"):
        resolve(road, item, "accept", ANN, "again")
    done = resolve(road, item, "accept", CAROL, "seen in Seller Central")
    assert (done.state, done.person) == ("resolved", "carol")
    assert done.resolution_reason.startswith("the account was closed (proposed by ann; confirmed:")
    assert walk(road, TWO).results["settlement_lines"].stops is False
    kinds = [one.kind for one in world.stores.audit.events(road.connection, partition=TWO)]
    assert kinds.index("review_proposed") < kinds.index("review_resolved")


def test_a_match_made_by_hand_takes_two_persons_who_choose_the_same(world):
    """Two payouts of one amount, one came back: who says which is confirmed by somebody who says the same one."""
    road = strict(world)
    moments = [FIRST + timedelta(days=7 * number) for number in range(3)]
    for settlement_id, start in zip((ONE, TWO), moments, strict=False):
        world.take_in(road, settlement_id, sale("500.00", start), start=start)
    returned = of_account("Transfer of funds unsuccessful: account closed", "500.00", moments[2])
    world.take_in(road, THREE, returned, start=moments[2])
    assert walk(road, THREE).stopped_at == "settlement_lines"
    [item] = [one for one in world.stores.review.listing(road.connection, partition=THREE)]
    assert item.code == "transfer_origin"
    item = resolve(road, item, "choose", ANN, f"{ONE}: the bank statement says so")
    other = resolve(road, item, "choose", CAROL, f"{TWO}: I read it otherwise")
    assert (other.state, other.proposed_by) == ("open", "carol")
    done = resolve(road, other, "choose", ANN, f"{TWO}: right, it was that one")
    assert (done.state, done.person) == ("resolved", "ann")
    [carried] = placed(road)[THREE].carried
    assert carried.from_settlement_id == TWO


def test_one_person_alone_may_ask_again(world):
    """`retry` changes nothing that is posted."""
    road = strict(world)
    assert resolve(road, gap(world, road), "retry", ANN, "the file was imported").state == "resolved"


def test_where_approval_is_off_one_person_decides(world):
    """The decision is kept with the person all the same."""
    road = world.small()
    done = resolve(road, gap(world, road), "accept", ANN, "the account was closed")
    assert (done.state, done.person) == ("resolved", "ann")


def test_what_was_proposed_on_another_finding_does_not_count(world):
    """The gap became another one before the second person looked: both decide anew."""
    road = strict(world)
    item = resolve(road, gap(world, road), "accept", ANN, "the account was closed")
    found = replace_finding(item)
    world.stores.review.open(road.connection, TWO, found, actions=item.actions)
    fresh = world.stores.review.get(item.id)
    assert (fresh.proposed_action, fresh.sentence) == ("", "another gap")
    assert resolve(road, fresh, "accept", CAROL, "seen").state == "open"


def replace_finding(item):
    """Return the item's finding with another sentence."""
    from ledger.errors import Finding

    return Finding(item.code, "another gap", item.cure, origin=item.origin)


@pytest.mark.parametrize("action", ["deleted", "nonsense"])
def test_an_action_the_item_does_not_take_is_refused(world, action):
    """Before anything is proposed."""
    road = strict(world)
    with pytest.raises(InputRefused, match="cannot be resolved with"):
        resolve(road, gap(world, road), action, ANN, "x")


def test_approving_older_journals_does_not_confirm_what_changed_after_them(world):
    """The mapping changed between two plans: an approval of the first says nothing about it."""
    road = strict(world, mapping_of("bob"))
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    world.clock.advance(60)
    later = replace(road, configuration=lambda: (mapping_of("ann", "a: 2"),))
    world.take_in(later, TWO, sale(), start=FIRST + timedelta(days=7))
    walk(later, TWO)
    approve(later, ONE, CAROL, "fine")
    with pytest.raises(NeedsAnotherPerson, match="ann owns"):
        approve(later, TWO, ANN, "my own mapping")
    approve(later, TWO, CAROL, "fine")


def test_looking_at_a_changed_file_is_no_hand_in_it(world):
    """An approval that comes before the next run is refused to the owner only; two persons can always go on."""
    road = strict(world, mapping_of("bob"))
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    later = replace(road, configuration=lambda: (mapping_of("ann", "a: 2"),))
    with pytest.raises(NeedsAnotherPerson, match="ann owns"):
        approve(replace(later, person="ann"), ONE, ANN, "fine")
    approve(replace(later, person="carol"), ONE, CAROL, "fine")
    walk(with_mapping(later, 'revenue: "400100"', 'revenue: "400200"'), ONE)
    assert world.states(road, ONE) == ["planned"]
    approve(replace(later, person="carol"), ONE, CAROL, "fine now")


def test_whoever_made_a_key_does_not_confirm_what_it_proposed(world):
    """The maker may know its passphrase: the two would be one person."""
    road = strict(world)
    world.stores.people.add("maria", "key", "bob")
    item = resolve(road, gap(world, road), "accept", Decider("maria", vouched_by="bob"), "the account was closed")
    with pytest.raises(NeedsAnotherPerson, match="bob made the key of maria, who proposed `accept`"):
        resolve(road, item, "accept", Decider("bob"), "seen")
    assert resolve(road, item, "accept", CAROL, "seen").state == "resolved"


def test_whoever_wanted_it_posted_again_does_not_approve_it(world):
    """A run of the service planned it, yet it was one person's wish."""
    road = strict(world)
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    approve(road, ONE, CAROL, "fine")
    walk(road, ONE)
    apply_reversal(road, plan_reversal(road, ONE), "wrong account")
    approve(road, ONE, CAROL, "fine")
    walk(road, ONE)
    resolve(road, world.items()["settlement_reversed"], "repost", CAROL, "the mapping is right now")
    walk(road, ONE)
    with pytest.raises(NeedsAnotherPerson, match="carol wanted it posted once more"):
        approve(road, ONE, CAROL, "fine")
    approve(road, ONE, ANN, "fine")
