"""Items that are missing in a pod: created once each by number, and only what has surely none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assets.audit.story import tell
from assets.item_postings import CREATED, post_items
from assets.master_data import match_masters
from assets.review.approval import approve
from assets.stages.day_names import today
from emulators import faults as general
from emulators.fusion import mischief
from emulators.fusion.inventory import Item
from ledger.errors import ConfigurationRefused
from ledger.four_eyes import Decider
from resources.store.verification import verify
from tests.road.billing_rig import INVOICING, verdict
from tests.road.fusion_rig import Pod
from tests.road.masters.test_master_data import MASTERS
from tests.road.test_fusion_receivables import RECEIVABLES

NEW_ITEM = {"ItemClass": "Root Item Class", "PrimaryUOMValue": "Each", "ItemStatusValue": "Active"}
MISSING = "TENT-PEG-SET-12"
CREATE = "createItem"


def road(pod: Pod, run: str = "run-1", new_item: dict | None = None, **books):
    """Return a road that creates items."""
    masters = {**MASTERS, "new_item": NEW_ITEM if new_item is None else new_item}
    fusion = {"receivables": RECEIVABLES, "master_data": masters}
    told = {"invoicing": INVOICING, "create_missing_items": True, "approval": "automatic", **books}
    return pod.road(run, fusion=fusion, **told)


def run_today(pod: Pod, run: str = "run-1", **settings):
    """Look at today once and return what came of it."""
    found = road(pod, run, **settings)
    day = today(found.clock)
    return post_items(found, day, day)[day]


def created(pod: Pod) -> list[str]:
    """Return the numbers of the items that the pod holds beside those it began with."""
    began = {one.id for one in pod.app.site.inventory.items}
    return [one.number for one in pod.app.items.items(None) if one.id not in began]


def test_what_is_missing_is_created_once(world, pod):
    """One item under the SKU, with the catalog's title and what the settings give it; the near match is left alone."""
    result = run_today(pod)
    assert created(pod) == [MISSING]
    assert all(one.passed for one in result.verdicts), [one.sentence for one in result.verdicts]
    [row] = result.rows
    assert (row["item"], row["ERP document"], row["state"]) == (MISSING, MISSING, "posted")
    assert row["description"].startswith("Tent Peg Set")
    [made] = [one for one in pod.app.items.items(None) if (one.number, one.organization) == (MISSING, "V1")]
    assert (made.status, made.unit, made.organization) == ("Active", "Each", "V1")
    again = run_today(pod, "run-2")
    assert created(pod) == [MISSING]
    assert again.facts == {"items": 1, "of these posted": 1}
    rows = {one["name"]: one["result"] for one in match_masters(road(pod)).rows}
    assert rows[MISSING] == "match"
    assert rows["CAMP-MUG-350-GREY"] == "near match"


def test_another_day_creates_nothing_again(world, pod):
    """The item stays with the day it was planned on, also while nobody sees it yet."""
    run_today(pod)
    first = today(world.clock)
    world.clock.sleep(26 * 3600)
    result = run_today(pod, "run-2")
    assert (result.facts, created(pod)) == ({"items": 0}, [MISSING])
    followed = road(pod, "run-3")
    assert post_items(followed, first, first)[first].facts["items"] == 1


def test_it_is_off_unless_it_is_set(pod):
    """Without the switch nothing is looked at, and the sentence names it."""
    with pytest.raises(ConfigurationRefused, match="create_missing_items is not set"):
        run_today(pod, create_missing_items=False)
    assert created(pod) == []


def test_an_item_that_a_person_made_meanwhile_is_taken(world, pod):
    """It waits for approval; somebody creates it by hand; approved, it is not sent."""
    result = run_today(pod, approval="required")
    assert created(pod) == []
    assert "1 items are planned and wait for approval" in verdict(result, "accepted_by_erp").findings[0].sentence
    pod.app.site.inventory.put(Item(77, MISSING, "By hand", world.clock.now()))
    approve(road(pod, "run-2", approval="required"), f"item_postings-{today(world.clock)}", Decider("second"), "right")
    result = run_today(pod, "run-2", approval="required")
    assert pod.faults.calls(CREATE) == 0
    assert created(pod) == []
    [row] = result.rows
    assert (row["state"], row["why"]) == ("posted", "found in the ERP before the first send")


def test_approval_comes_first(world, pod):
    """A second person says yes, then it is created."""
    run_today(pod, approval="required")
    approve(road(pod, "run-2", approval="required"), f"item_postings-{today(world.clock)}", Decider("second"), "right")
    result = run_today(pod, "run-3", approval="required")
    assert created(pod) == [MISSING]
    assert verdict(result, "accepted_by_erp").passed


FAULTS = {
    "answer lost": general.dropped(after=True),
    "request lost": general.dropped(),
    "committed late": mischief.commits_later(900),
    "delivered twice": mischief.delivered_twice(),
    "page of a gateway": general.html(502, after=True),
    "busy": mischief.throttled("30"),
    "token revoked": mischief.token_revoked(),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_whatever_becomes_of_the_call_it_is_created_once(world, pod, fault):
    """The answer is lost, or the call: it is looked for by number before anything is sent again."""
    pod.faults.next(CREATE, fault)
    run_today(pod)
    for turn in range(8):
        world.clock.sleep(1800)
        run_today(pod, f"run-{turn + 2}")
    assert created(pod) == [MISSING]
    [document] = world.stores.outbox.listing("amazon_us")
    assert str(document.state) == "posted"
    assert pod.faults.calls(CREATE) <= 2


def test_a_refusal_says_what_fusion_said(world, pod):
    """An attribute that this pod requires is not set: refused, and with it set it is created as the next revision."""
    result = run_today(pod, new_item={"ItemClass": "Root Item Class"})
    assert created(pod) == []
    told = verdict(result, "accepted_by_erp")
    assert not told.passed
    assert "PrimaryUOMValue is required" in told.findings[0].sentence
    run_today(pod, "run-2")
    assert created(pod) == [MISSING]


def test_an_erp_that_shows_nothing_creates_nothing(world, pod):
    """A blind user is no ERP without items, from the first look and from the look before the send."""
    pod.app.site.inventory.items = ()
    result = run_today(pod)
    assert verdict(result, CREATED).is_waiting
    assert created(pod) == []


def test_a_look_that_proves_nothing_sends_nothing(world, pod):
    """The items come back blind just before the send: nothing goes, and it goes when they show again."""
    run_today(pod, approval="required")
    approve(road(pod, "run-2", approval="required"), f"item_postings-{today(world.clock)}", Decider("second"), "right")
    pod.faults.always("itemsV2", mischief.named(mischief.BLIND))
    run_today(pod, "run-3", approval="required")
    assert created(pod) == []
    pod.faults.clear()
    run_today(pod, "run-4", approval="required")
    assert created(pod) == [MISSING]


def test_what_is_inactive_is_told(world, pod):
    """The site creates items as inactive: it is there, and read back as such."""
    result = run_today(pod, new_item={**NEW_ITEM, "ItemStatusValue": "Inactive"})
    told = verdict(result, "read_back_equals_item")
    assert not told.passed
    assert f"Item {MISSING} was created and is Inactive" in told.sentence


def test_the_trail_holds_it_and_proves_it(world, pod):
    """The story of the item is told in order, and the records verify."""
    run_today(pod)
    [story] = tell(world.stores, "amazon_us", MISSING).stories
    assert story
    assert verify(world.stores.control).first_bad is None


def test_two_connections_make_one_item(world, pod):
    """The key is the organization's and the number's, whoever sells it."""
    run_today(pod)
    other = replace(road(pod, "run-2"), connection="amazon_other", seller="another seller")
    day = today(other.clock)
    post_items(other, day, day)
    assert created(pod) == [MISSING]
