"""A settlement down the whole road into Fusion: loaded, imported, posted, read back; booked once whatever happens."""

from datetime import date

import pytest

from assets.review.decisions import resolve as decide
from assets.road import STAGES, walk
from assets.undo.reversals import apply_reversal, plan_reversal
from emulators import faults as general
from emulators.fusion import mischief
from emulators.fusion.demo_site import AUTOPOST_CRITERIA, DEMO_SECRET, SOURCE, US_LEDGER
from emulators.fusion.site import Timing
from ledger.errors import TargetRefused
from ledger.four_eyes import Decider
from resources.erp.fusion import natural_key
from tests.emulators.fusion.bench import JOB, Caller
from tests.road.conftest import sale
from tests.road.fusion_rig import Pod
from tests.road.test_posting_road import ONE, follow_up, parted

QUIET = 3600


@pytest.fixture
def pod(world) -> Pod:
    """The demo pod on the world's clock, where AutoPost runs by itself."""
    return Pod(world)


def sent(world, pod, **given):
    """Take one settlement in and walk it once; return its road."""
    road = pod.road(**given)
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    return road


def later(world, road, seconds: float = 60):
    """Let time pass and do what the due row of a posting asks for."""
    world.clock.advance(seconds)
    return follow_up(road, ONE)


def revisions(world, road) -> list[tuple[int, str]]:
    """Return revision and state of each part."""
    return [(one.revision, str(one.state)) for one in world.documents(road, ONE)]


def test_a_settlement_is_posted_and_every_check_passes(world, pod):
    """Imported by a job, posted by AutoPost, read back line by line, its clearing item as it should be."""
    road = sent(world, pod)
    assert world.states(road, ONE) == ["importing"]
    world.clock.advance(60)
    walked = walk(road, ONE)
    assert (walked.stopped_at, list(walked.results)) == ("", [stage.asset for stage in STAGES])
    assert [one.check for result in walked.results.values() for one in result.verdicts if not one.passed] == []
    assert walked.results["reconciliations"].facts["ties"]
    assert (world.states(road, ONE), world.items(), pod.loads()) == (["posted"], {}, 1)
    pod.assert_in_books("100.00")


def test_people_are_linked_to_what_was_posted(world, pod):
    """By name as soon as it is sent, to the batch itself once it is read back."""
    road = sent(world, pod)
    posted, proved = later(world, road)
    (document,), (batch,) = world.documents(road, ONE), pod.batches()
    token = document.erp_id.rpartition(" ")[2]
    assert posted.links == {"ERP document 1": f"https://pod.example/fscmUI/journals?named={token}"}
    assert proved.links["ERP document 1"] == f"https://pod.example/fscmUI/batch/{batch.id}"


def test_over_a_month_end_each_part_stands_in_its_own_period(world, pod):
    """Two batches, two groups, two periods, one settlement."""
    road = pod.road()
    parted(world, road)
    walk(road, ONE)
    _, proved = later(world, road)
    assert (world.states(road, ONE), proved.facts["ties"], pod.loads()) == (["posted", "posted"], True, 2)
    assert sorted(batch.period for batch in pod.batches()) == ["Nov-26", "Oct-26"]
    assert len({batch.group_id for batch in pod.batches()}) == 2
    pod.assert_in_books("60.00", "40.00")


def test_posting_again_does_nothing(world, pod):
    """Walked again, by another process, with a lost control database, and by a renamed host of the pod: found."""
    road = sent(world, pod)
    later(world, road)
    walk(pod.road("run-2"), ONE)
    world.reopen(world.home.parent / "home-2")
    road = pod.road("run-3", fusion={"base_url": "https://pod-moved.example"})
    world.take_in(road, ONE, sale())
    walked = walk(road, ONE)
    assert walked.results["reconciliations"].facts["ties"]
    assert (world.states(road, ONE), pod.loads()) == (["posted"], 1)
    pod.assert_in_books("100.00")


def test_an_answer_lost_before_the_file_arrived_is_sent_again_once_absence_is_proved(world, pod):
    """Not before the quiet period has passed."""
    pod.faults.next("importBulkData", general.dropped())
    road = sent(world, pod)
    assert (world.states(road, ONE), pod.loads()) == (["unclear"], 1)
    later(world, road, QUIET / 2)
    assert (world.states(road, ONE), pod.loads()) == (["unclear"], 1)
    later(world, road, QUIET)
    later(world, road)
    assert (revisions(world, road), pod.loads()) == ([(1, "posted")], 2)
    pod.assert_in_books("100.00")


@pytest.mark.parametrize("fault", [general.dropped(after=True), mischief.commits_later(90)], ids=["after", "later"])
def test_an_answer_lost_after_the_file_arrived_is_found_and_never_sent_again(world, pod, fault):
    """The batch is there soon, or only when a slow server has come to it."""
    pod.faults.next("importBulkData", fault)
    road = sent(world, pod)
    assert world.states(road, ONE) == ["unclear"]
    later(world, road, 200)
    _, proved = later(world, road)
    assert proved.facts["ties"]
    assert (revisions(world, road), pod.loads()) == ([(1, "posted")], 1)
    pod.assert_in_books("100.00")


def test_a_restarted_process_knows_the_job_of_what_was_sent(world, pod):
    """The job's number outlives the process: a journal on its way is waited for under that number."""
    pod.faults.next("importBulkData", mischief.job_stands())
    road = sent(world, pod)
    job = world.stores.jobs.recall(world.documents(road, ONE)[0].key)
    world.reopen()
    walked = walk(pod.road("run-2"), ONE)
    waits = next(one for one in walked.results["erp_postings"].verdicts if one.check == "accepted_by_erp")
    assert f"import job {job.request_id}" in waits.sentence
    assert pod.loads() == 1


def waiting_sentence(walked):
    """Return what is said of a settlement that waits for the ERP."""
    verdicts = walked.results["erp_postings"].verdicts
    return next(one.sentence for one in verdicts if one.check == "accepted_by_erp" and one.is_waiting)


@pytest.mark.parametrize(
    "fault, said",
    [
        (mischief.job_lost(), "is not known to Fusion; its rows may stand in the interface under group"),
        (mischief.import_lost(), "succeeded and made no batch; its rows may stand in the interface under group"),
        (general.dropped(), "the quiet period, which is over at"),
    ],
    ids=["job lost", "no batch", "answer lost"],
)
def test_what_nobody_can_tell_yet_says_what_it_waits_for(world, pod, fault, said):
    """A person who looks hours before it goes to review sees why it stands still, and what may be done."""
    pod.faults.next("importBulkData", fault)
    road = sent(world, pod)
    world.clock.advance(60)
    assert said in waiting_sentence(walk(road, ONE))
    assert pod.loads() == 1


BROKEN = {"mapping": ('revenue: "400100"', 'revenue: {account: "400100", department: "20000"}')}
LENIENT = {"new_combination_check": "warn"}


def in_error(world, pod):
    """Let an import end in error; return the road and the group that its rows lie under."""
    road = sent(world, pod, fusion=LENIENT, **BROKEN)
    later(world, road)
    assert world.states(road, ONE) == ["review"]
    return road, natural_key.group_id(world.documents(road, ONE)[0].key)


@pytest.mark.parametrize("is_walked_before", [False, True])
def test_an_import_that_ends_in_error_comes_home_and_is_cured_by_a_new_revision(world, pod, is_walked_before):
    """Fusion's own words; held while its rows may still be imported; then the corrected journal is revision 2."""
    road, group = in_error(world, pod)
    item = world.items()["posting_error"]
    assert "breaks the cross-validation rule REVENUE DEPARTMENTS" in item.sentence
    assert f"under group {group}" in item.sentence
    somebody = Decider("somebody")
    world.clock.advance(QUIET)
    with pytest.raises(TargetRefused, match="Delete it there first"):
        decide(road, item, "deleted", somebody, "rows deleted in the interface")
    cured = pod.road("run-2", fusion={"groups_confirmed_gone": [group]})
    if is_walked_before:
        walk(cured, ONE)
        item = world.items()["posting_removed"]
    assert (revisions(world, cured), pod.loads()) == ([(1, "review")], 1)
    decide(cured, item, "deleted", somebody, "rows deleted in the interface")
    walk(cured, ONE)
    _, proved = later(world, cured)
    assert proved.facts["ties"]
    assert (revisions(world, cured), world.items(), pod.loads()) == ([(2, "posted")], {}, 2)
    pod.assert_in_books("100.00")


def test_rows_that_a_person_imports_in_fusion_end_the_error(world, pod):
    """The rule was wrong, not the journal: imported there, it is ours, posted and proved, and nothing is sent again."""
    road, group = in_error(world, pod)
    pod.app.site.rules = ()
    person = Caller(pod.app, world.clock, pod.faults)
    assert person.login().status_code == 200
    package, _, name = JOB.rpartition(",")
    person.job(f"{package}/", name, f"#NULL,{SOURCE},{US_LEDGER},{group},N,N,N")
    world.clock.advance(60)
    walk(road, ONE)
    _, proved = later(world, road)
    assert proved.facts["ties"]
    assert (revisions(world, road), world.items(), pod.loads()) == ([(1, "posted")], {}, 1)
    pod.assert_in_books("100.00")


def test_a_combination_that_does_not_exist_is_found_before_anything_is_sent(world, pod):
    """The gate asks for the very combination."""
    road = sent(world, pod, **BROKEN)
    assert "01-20000-400100-000 does not exist" in world.items()["account_unknown"].sentence
    assert pod.loads() == 0
    walk(pod.road(), ONE)
    later(world, road)
    pod.assert_in_books("100.00")


def test_a_closed_period_holds_until_it_is_opened(world, pod):
    """Found before anything is sent; `next_open` would move it instead."""
    pod.period("Nov-26", "C")
    road = sent(world, pod)
    assert "Nov-26 is closed" in world.items()["period_closed"].sentence
    assert pod.loads() == 0
    pod.period("Nov-26", "O")
    walk(road, ONE)
    later(world, road)
    assert (world.states(road, ONE), world.items()) == (["posted"], {})
    pod.assert_in_books("100.00")


def test_a_closed_period_moves_the_journal_where_the_connection_says_so(world, pod):
    """The first open day after it, in the next period."""
    pod.period("Nov-26", "C")
    pod.period("Dec-26", "O")
    road = sent(world, pod, closed_period="next_open")
    later(world, road)
    assert [one.journal.accounting_date for one in world.documents(road, ONE)] == [date(2026, 12, 1)]
    assert [batch.period for batch in pod.batches()] == ["Dec-26"]
    pod.assert_in_books("100.00")


def test_a_reversal_stands_beside_what_it_undoes(world, pod):
    """Two batches of ours with opposite signs; the clearing item is empty, and nothing is posted again by itself."""
    road = sent(world, pod)
    later(world, road)
    apply_reversal(road, plan_reversal(road, ONE), "booked to the wrong account")
    follow_up(road, ONE)
    _, proved = later(world, road)
    assert (world.states(road, ONE), str(proved.facts["open item now"])) == (["reversed"], "0.00")
    assert proved.facts["ties"]
    walk(road, ONE)
    assert (list(world.items()), pod.loads()) == (["settlement_reversed"], 2)
    pod.assert_in_books("100.00", "-100.00")


def test_where_the_site_does_not_post_the_connector_asks_for_it(world):
    """Once the batch holds exactly what was sent, and by one request."""
    pod = Pod(world, timing=Timing())
    asks = {"posting": "client", "posting_criteria_set": AUTOPOST_CRITERIA}
    road = sent(world, pod, fusion=asks)
    later(world, road)
    _, proved = later(world, road)
    assert proved.facts["ties"]
    assert (world.states(road, ONE), pod.faults.calls("submitESSJobRequest")) == (["posted"], 1)
    pod.assert_in_books("100.00")


def test_no_secret_of_the_pod_is_kept_in_clear(world, pod):
    """Tokens are sealed, exchanges redacted, settings name secrets only."""
    road = sent(world, pod)
    later(world, road)
    for path in (one for one in world.home.rglob("*") if one.is_file()):
        assert DEMO_SECRET.encode() not in path.read_bytes(), path
