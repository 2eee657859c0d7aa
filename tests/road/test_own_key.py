"""The setting that makes a document's key in the ERP is changed after it was sent: nothing is asked, nothing sent."""

from dataclasses import replace

import pytest

from assets.posting.protocol import give_up
from assets.reconciliations import reconcile
from assets.road import walk
from emulators import faults as general
from emulators.peoplesoft import mischief
from emulators.peoplesoft.site import Timing
from ledger.errors import TargetMisconfigured
from ledger.posting import PostingState
from resources.erp.peoplesoft.client import PeopleSoft
from tests.road.conftest import sale
from tests.road.rig import Rig, journals
from tests.road.test_posting_road import ONE

OTHER = {"journal_id_letter": "Z", "reference_word": "ELSE"}
SETTINGS = [{"journal_id_letter": "Z"}, OTHER]

# How the first Create goes wrong, each leaving open whether anything was saved.
FAULTS = {
    "saved 200 s later behind a proxy page": mischief.commits_later(200, code=504),
    "never saved": general.dropped(),
    "saved 340 s later": mischief.commits_later(340),
}


def set_to(rig, settings):
    """Change the settings, as a deployment does: clients are made anew."""
    rig.settings = settings
    rig._targets.clear()


def is_held(driven):
    """One document is held by a sentence that names both keys and the setting."""
    (one,) = driven
    assert one.finding is not None
    assert one.finding.code == "target_misconfigured"
    assert one.document.erp_id in one.finding.sentence
    assert "journal_id_letter" in one.finding.sentence
    assert one.again_at is not None, "and goes on by itself when the setting is put back"


def sent_unclear(rig, fault):
    """Send once; whether it was saved is not known."""
    rig.plan(journals("100.00"))
    rig.faults.next("Create", fault)
    assert rig.run()[0].document.state is PostingState.UNCLEAR


@pytest.mark.parametrize("settings", SETTINGS, ids=["letter", "letter and word"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_is_unclear_is_not_looked_for_under_another_key(tmp_path, fault, settings):
    """Held through the quiet period and beyond; the old setting ends it in one journal."""
    rig = Rig(tmp_path)
    sent_unclear(rig, fault)
    set_to(rig, settings)
    for _ in range(3):
        rig.clock.advance(2000)
        is_held(rig.run())
    assert rig.faults.calls("Create") == 1
    set_to(rig, {})
    rig.until_rest()
    rig.clock.advance(2000)
    rig.assert_in_books("100.00")


def test_what_seems_absent_keeps_the_key_it_was_sent_with(tmp_path):
    """Approved again after the quiet period, and the first one lands after all: only its key could hold the second."""
    rig = Rig(tmp_path)
    sent_unclear(rig, mischief.commits_later(4000))
    rig.clock.advance(400)
    assert rig.run(rig.desk(may_send=False))[0].document.state is PostingState.APPROVED
    set_to(rig, OTHER)
    is_held(rig.run())
    assert rig.faults.calls("Create") == 1
    set_to(rig, {})
    rig.until_rest()
    rig.clock.advance(5000)
    rig.assert_in_books("100.00")


def test_what_was_never_sent_takes_the_key_of_today(tmp_path):
    """Planned under one letter, posted under the other."""
    rig = Rig(tmp_path)
    rig.plan(journals("100.00"))
    set_to(rig, OTHER)
    assert rig.until_rest() == ["posted"]
    assert rig.documents()[0].erp_id.split()[1].startswith("Z")
    rig.assert_in_books("100.00")


def test_nothing_is_given_up_under_another_key(tmp_path):
    """An empty answer about another key would close what stands in the books as refused."""
    rig = Rig(tmp_path)
    rig.plan(journals("100.00"))
    rig.faults.next("Create", general.dropped(after=True))
    (document,) = rig.documents()
    rig.run()
    rig.stores.outbox.step(
        document.key, PostingState.REVIEW, "looked at by a person", lease=None, run="run-1", person="tester"
    )
    set_to(rig, OTHER)
    rig.clock.advance(2000)
    with pytest.raises(TargetMisconfigured, match="was sent as"):
        give_up(rig.desk(), document.key, [document.journal], "deleted")
    assert rig.documents()[0].state is PostingState.REVIEW


def lettered(road, letter="Z"):
    """Return the road's target with another letter in its settings."""
    target = road.target
    broker = target._broker
    profile = target._profile.model_copy(update={"journal_id_letter": letter})
    return PeopleSoft(profile, broker._client, broker._credentials, road.clock)


def test_what_is_posted_is_not_reported_as_removed(world):
    """Reading back under another key would show nothing; the settlement stays posted and the sentence says why."""
    road = world.small()
    world.demo.site.timing = Timing(edit_after_seconds=0, post_after_seconds=0)
    world.take_in(road, ONE, sale())
    assert walk(road, ONE).results["reconciliations"].facts["ties"]
    changed = replace(road, target=lettered(road))
    with pytest.raises(TargetMisconfigured, match="journal_id_letter"):
        reconcile(changed, ONE)
    assert world.states(road, ONE) == ["posted"]
    assert world.items() == {}
    assert reconcile(road, ONE).facts["ties"]
    assert world.creates() == 1
