"""A settlement down the whole road, again and again, through refusals, corrections and decisions: booked once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from assets.review.approval import approve
from assets.road import STAGES, run_stage, walk
from assets.stages.resumption import POSTING_KIND
from connector_defs.project import PACKAGE
from emulators.peoplesoft.site import ChartFieldValue, Timing
from ledger.errors import TargetRefused, TargetUnavailable
from ledger.four_eyes import Decider
from ledger.mapping import load_mapping
from tests.road.conftest import FIRST, of_account, sale

ONE = "24000000001"
CHECKER = Decider("checker")
OVER_MONTH_END = datetime(2026, 10, 28, 12, tzinfo=UTC)
OPEN_PERIODS = ((2026, 4), (2027, 1))


class Unchecking:
    """A target that lets every account pass the gate, so that PeopleSoft itself has to refuse."""

    def __init__(self, target):
        self._target = target

    def __getattr__(self, name):
        return getattr(self._target, name)

    def check_accounts(self, uses, journals=()):
        return []


def with_mapping(road, old: str, new: str):
    """Return the road with one text of its mapping file replaced."""
    text = (PACKAGE / "mappings/amazon_us.yaml").read_text()
    assert old in text
    return replace(road, load_mapping=lambda: load_mapping(text.replace(old, new), "mapping.yaml"))


def parted(world, road):
    """Take in a settlement over a month end: two parts of 60 and 40."""
    rows = (sale("60.00", OVER_MONTH_END), sale("40.00", datetime(2026, 11, 2, 12, tzinfo=UTC), "111-0000002-0000002"))
    return world.take_in(road, ONE, *rows, start=OVER_MONTH_END)


def follow_up(road, settlement_id):
    """Run what the due row of a posting asks for; return what the postings and the reconciliations say."""
    posted, _, reconciled = [run_stage(road, stage, settlement_id) for stage in STAGES[-3:]]
    return posted, reconciled


def test_walking_retrying_and_starting_over_post_once(world):
    """Walked twice, stages repeated, another process, a lost control database: found, not sent."""
    road = world.small()
    world.take_in(road, ONE, sale())
    assert walk(road, ONE).stopped_at == ""
    assert walk(road, ONE).results["reconciliations"].facts["ties"]
    follow_up(world.small("run-2"), ONE)
    world.reopen(world.home.parent / "home-2")
    road = world.small("run-3")
    world.take_in(road, ONE, sale())
    walked = walk(road, ONE)
    assert walked.results["reconciliations"].facts["ties"]
    assert world.states(road, ONE) == ["posted"]
    assert world.creates() == 1
    world.assert_in_books("100.00")


def test_a_renamed_connection_posts_nothing_again(world):
    """Seller and ledger make the key, not the name."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    renamed = replace(road, connection="amazon_other")
    world.take_in(renamed, ONE, sale())
    walk(renamed, ONE)
    assert world.creates() == 1
    world.assert_in_books("100.00")


def test_a_mapping_changed_after_posting_is_an_alarm_with_the_differences(world):
    """Nothing is sent; `keep` ends it for this content; the old mapping ends it by itself."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    changed = with_mapping(road, 'revenue: "400100"', 'revenue: "400200"')
    walk(changed, ONE)
    item = world.items()["changed_after_posting"]
    assert len(item.details["differences"]) == 2
    walk(road, ONE)
    assert world.items() == {}
    walk(changed, ONE)
    world.resolve("changed_after_posting", "keep", "booked as agreed")
    walked = walk(changed, ONE)
    assert world.items() == {}
    assert walked.results["reconciliations"].facts["ties"]
    assert world.creates() == 1
    world.assert_in_books("100.00")


def test_a_mapping_changed_before_sending_makes_the_next_revision(world):
    """Approval is asked anew for what changed; the old revision is dead."""
    road = world.small(approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    assert world.states(road, ONE) == ["planned"]
    approve(road, ONE, CHECKER, "fine")
    assert world.states(road, ONE) == ["approved"]
    changed = with_mapping(road, 'revenue: "400100"', 'revenue: "400200"')
    walk(changed, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "planned")]
    assert world.creates() == 0
    approve(changed, ONE, CHECKER, "fine now")
    walk(changed, ONE)
    assert world.states(road, ONE) == ["posted"]
    assert "400100" not in {line.account for line in world.books.lines()}
    world.assert_in_books("100.00")


def test_a_refused_journal_is_corrected_by_a_new_revision(world):
    """The key stays dead; the item ends by itself when the corrected journal goes through."""
    road = world.small()
    world.take_in(road, ONE, sale())
    wrong = with_mapping(replace(road, target=Unchecking(road.target)), 'revenue: "400100"', 'revenue: "499999"')
    walk(wrong, ONE)
    assert (world.states(road, ONE), list(world.items())) == (["refused"], ["posting_refused"])
    walk(wrong, ONE)
    assert (world.creates(), list(world.items())) == (1, ["posting_refused"])
    walk(road, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "posted")]
    assert world.items() == {}
    world.assert_in_books("100.00")


def test_the_same_refused_journal_is_sent_again_only_by_a_decision_on_it(world):
    """One `retry`, one more revision; a refusal of that one needs a decision of its own."""
    road = world.small()
    world.take_in(road, ONE, sale())
    wrong = with_mapping(replace(road, target=Unchecking(road.target)), 'revenue: "400100"', 'revenue: "499999"')
    walk(wrong, ONE)
    world.resolve("posting_refused", "retry")
    walk(wrong, ONE)
    walk(wrong, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "refused")]
    assert world.creates() == 2
    world.demo.site.replace_value(ChartFieldValue("ACCOUNT", "499999", "Sales", account_type="R"))
    walk(wrong, ONE)
    assert world.creates() == 2
    world.resolve("posting_refused", "retry")
    walk(wrong, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(3, "posted")]
    world.assert_in_books("100.00")


def test_a_refused_part_holds_its_set_and_names_the_part_in_the_books(world):
    """Never part 2 of a new revision beside part 1 of the old; undone in the ERP, the whole set goes anew."""
    road = world.small()
    parted(world, road)
    road = replace(road, target=Unchecking(road.target))
    world.demo.site.replace_value(
        ChartFieldValue("ACCOUNT", "400100", "Sales", "I", date(2026, 11, 1), account_type="R")
    )
    walk(road, ONE)
    assert world.states(road, ONE) == ["posted", "refused"]
    assert f"part 1 as {world.documents(road, ONE)[0].erp_id}" in world.items()["posting_refused"].sentence
    changed = with_mapping(road, 'revenue: "400100"', 'revenue: "400200"')
    walk(changed, ONE)
    assert world.states(road, ONE) == ["posted", "refused"]
    world.assert_in_books("60.00")
    part = next(one for one in world.books.journals() if one.status == "P" and one.source == "AMZ")
    world.books.people.unpost(part.key)
    walk(changed, ONE)
    assert world.states(road, ONE) == ["review", "refused"]
    world.give_up(road, ONE)
    world.resolve("posting_removed", "deleted")
    walk(changed, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "posted"), (2, "posted")]
    assert world.items() == {}
    world.assert_in_books("60.00", "40.00")


def test_a_refused_first_part_leaves_the_others_unsent(world):
    """So the set can be corrected whole."""
    road = world.small()
    parted(world, road)
    wrong = with_mapping(replace(road, target=Unchecking(road.target)), 'revenue: "400100"', 'revenue: "499999"')
    walk(wrong, ONE)
    assert (world.states(road, ONE), world.creates()) == (["refused", "approved"], 1)
    walk(road, ONE)
    assert world.states(road, ONE) == ["posted", "posted"]
    world.assert_in_books("60.00", "40.00")


def close_november(world):
    """Close what is after October."""
    world.books.set_periods("US001", OPEN_PERIODS[0], (2026, 10))


def open_november(world):
    """Open it again."""
    world.books.set_periods("US001", *OPEN_PERIODS)


def test_a_closed_period_is_found_before_anything_is_sent(world):
    """Held with the period named; reopened, it goes on and the item ends by itself."""
    road = world.small()
    world.take_in(road, ONE, sale())
    close_november(world)
    assert walk(road, ONE).stopped_at == "journals"
    assert list(world.items()) == ["period_closed"]
    assert world.creates() == 0
    open_november(world)
    assert walk(road, ONE).stopped_at == ""
    assert world.items() == {}
    world.assert_in_books("100.00")


def test_the_gate_asks_again_in_the_posting_step_itself(world):
    """A check guards only the run it was in."""
    road = world.small(approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    approve(road, ONE, CHECKER, "fine")
    close_november(world)
    assert follow_up(road, ONE)[0].stops
    assert (world.states(road, ONE), world.creates()) == (["approved"], 0)
    open_november(world)
    follow_up(road, ONE)
    assert (world.states(road, ONE), world.items()) == (["posted"], {})
    world.assert_in_books("100.00")


def in_error(world, road):
    """Let the edit find a closed period: status E, the source is held."""
    world.take_in(road, ONE, sale())
    world.demo.site.timing = Timing(edit_after_seconds=60, post_after_seconds=120)
    walk(road, ONE)
    assert world.states(road, ONE) == ["importing"]
    close_november(world)
    world.clock.advance(200)
    follow_up(road, ONE)
    assert world.states(road, ONE) == ["review"]
    open_november(world)
    return next(one.key for one in world.books.journals() if one.source == "AMZ")


def test_an_edit_error_comes_home_and_holds_its_source(world):
    """The ERP's own words; a changed mapping sends nothing while E stands there."""
    road = world.small()
    in_error(world, road)
    assert "Accounting period is not open" in world.items()["posting_error"].sentence
    walk(with_mapping(road, 'revenue: "400100"', 'revenue: "400200"'), ONE)
    assert (world.states(road, ONE), world.creates()) == (["review"], 1)
    # Nothing to reverse: the journal is not posted, and the item that holds it says what to do.
    assert set(world.items()) == {"posting_error"}


def test_a_journal_corrected_in_the_erp_goes_on_after_recheck(world):
    """Edited and posted there: posted here, and the item ends."""
    road = world.small()
    key = in_error(world, road)
    world.resolve("posting_error", "recheck")
    world.books.run_edit(key)
    world.books.run_post(key)
    walk(road, ONE)
    assert (world.states(road, ONE), world.items(), world.creates()) == (["posted"], {}, 1)
    world.assert_in_books("100.00")


@pytest.mark.parametrize("is_row_removed", [False, True])
def test_a_journal_deleted_in_the_erp_is_given_up_and_booked_anew_by_decision(world, is_row_removed):
    """Not before it is gone there; the corrected content becomes a new revision, the same needs a `retry`."""
    road = world.small()
    key = in_error(world, road)
    with pytest.raises(TargetRefused, match="Delete it there first"):
        world.give_up(road, ONE)
    world.books.people.delete(key, is_row_removed=is_row_removed)
    world.clock.advance(400)
    follow_up(road, ONE)
    assert list(world.items()) == ["posting_removed"]
    world.give_up(road, ONE)
    world.resolve("posting_removed", "deleted")
    walk(road, ONE)
    assert (world.states(road, ONE), list(world.items()), world.creates()) == (["refused"], ["posting_refused"], 1)
    world.resolve("posting_refused", "retry")
    walk(road, ONE)
    world.clock.advance(200)
    follow_up(road, ONE)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "posted")]
    assert world.items() == {}
    world.assert_in_books("100.00")


def test_a_journal_unposted_after_posting_is_found_and_never_created_again(world):
    """Materializing reconciliations sees it; nothing happens without a person."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    world.books.people.unpost(next(one.key for one in world.books.journals() if one.source == "AMZ"))
    follow_up(road, ONE)
    for _ in range(3):
        walk(road, ONE)
        world.clock.advance(4000)
    assert (world.states(road, ONE), list(world.items()), world.creates()) == (["review"], ["posting_removed"], 1)
    world.assert_in_books()


def test_a_line_corrected_in_the_erp_is_a_difference_that_a_person_may_accept(world):
    """This very difference, and no other."""
    road = world.small()
    key = in_error(world, road)
    lines = [{"JOURNAL_LINE": "2", "ACCOUNT": "400200"}]
    assert world.books.update(key, {}, lines, is_replacing=False).is_saved
    world.books.run_edit(key)
    world.books.run_post(key)
    walk(road, ONE)
    assert list(world.items()) == ["books_differ"]
    world.resolve("books_differ", "accept", "shipping it is")
    assert walk(road, ONE).stopped_at == ""
    assert world.items() == {}
    world.assert_in_books("100.00")


# What a settlement is -> state in the proof, review codes, clearing amounts in the books.
STANDING = [
    ("before go-live", {"books_from": "2026-11-10"}, (sale(),), "before go-live", [], []),
    ("nothing in it", {}, (), "nothing to post", [], []),
    ("sums to zero", {}, (sale("5.00"), of_account("Subscription Fee", "-5.00")), "posted", [], ["0.00"]),
    ("opening differs", {"opening": [{"marketplace": "Amazon.com", "currency": "USD", "reserve": "7.00"}]}, (sale(),),
     "", ["opening_balance"], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "rows", "state", "codes", "books"), [r[1:] for r in STANDING], ids=[r[0] for r in STANDING]
)
def test_what_is_not_to_be_posted_is_not(world, settings, rows, state, codes, books):
    """Before go-live, without amounts, held: shown, and nothing sent."""
    road = world.small(**settings)
    world.take_in(road, ONE, *rows)
    walked = walk(road, ONE)
    assert walk(road, ONE).stopped_at == walked.stopped_at
    proof = walked.results.get("reconciliations")
    assert (proof.facts["state"] if proof else "") == state
    assert list(world.items()) == codes
    world.assert_in_books(*books)


def gap(world, road):
    """Post one settlement and hold the one after next."""
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    later = FIRST + timedelta(days=10)
    world.take_in(road, "24000000003", sale("30.00", later + timedelta(hours=1), "111-0000003-0000003"), start=later)
    assert walk(road, "24000000003").stopped_at == "settlement_lines"
    assert list(world.items()) == ["series_gap"]


def test_a_gap_is_ended_by_the_missing_file(world):
    """Its import asks for the held settlement by itself."""
    road = world.small()
    gap(world, road)
    for row in world.stores.due.listing(road.connection):
        world.stores.due.done(row)
    middle = FIRST + timedelta(days=7)
    world.take_in(road, "24000000002", sale("20.00", middle, "111-0000002-0000002"), start=middle, days=3)
    due = {row.partition for row in world.stores.due.ready(road.connection, world.clock.now())}
    assert due == {"24000000002", "24000000003"}
    for settlement_id in sorted(due):
        assert walk(road, settlement_id).stopped_at == ""
    assert world.items() == {}
    world.assert_in_books("100.00", "20.00", "30.00")


def test_a_gap_is_ended_by_a_reasoned_decision(world):
    """Accepted: it goes on, and the reason stays."""
    road = world.small()
    gap(world, road)
    world.resolve("series_gap", "accept", "the account was closed for three days")
    assert walk(road, "24000000003").stopped_at == ""
    assert world.items() == {}
    world.assert_in_books("100.00", "30.00")


def test_a_changed_mapping_found_by_a_follow_up_run_asks_for_the_whole_road(world):
    """The posting step does not send what is out of date."""
    road = world.small(approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    approve(road, ONE, CHECKER, "fine")
    walked_due = {row.version for row in world.stores.due.listing(road.connection)}
    changed = with_mapping(road, 'revenue: "400100"', 'revenue: "400200"')
    assert follow_up(changed, ONE)[0].stops
    assert list(world.items()) == ["changed_meanwhile"]
    assert {row.version for row in world.stores.due.listing(road.connection)} != walked_due
    walk(changed, ONE)
    assert (list(world.items()), world.states(road, ONE), world.creates()) == (["approval_needed"], ["planned"], 0)


class AwayOncePosted:
    """A target that answers nothing from the moment a first document is posted, until it `is_back`."""

    def __init__(self, target, states):
        self._target, self._states, self.is_back = target, states, False

    def __getattr__(self, name):
        return getattr(self._target, name)

    def _answer(self, name, *asked):
        if not self.is_back and "posted" in self._states():
            raise TargetUnavailable("PeopleSoft does not answer.")
        return getattr(self._target, name)(*asked)

    def find(self, journals):
        return self._answer("find", journals)

    def check_accounts(self, uses, journals=()):
        return self._answer("check_accounts", uses, journals)


def test_a_part_that_cannot_be_gated_is_asked_for_until_it_is_posted(world):
    """The ERP goes away between two parts, for longer than a run: never half posted with nobody to look again."""
    road = world.small()
    parted(world, road)
    target = AwayOncePosted(road.target, lambda: world.states(road, ONE))
    road = replace(road, target=target)
    walk(road, ONE)
    waits = []
    for _ in range(8):
        assert world.states(road, ONE) == ["posted", "approved"]
        [row] = [one for one in world.stores.due.listing(road.connection) if one.kind == POSTING_KIND]
        waits.append((row.at - world.clock.now()).total_seconds())
        world.clock.advance(waits[-1])
        follow_up(road, ONE)
    assert waits == sorted(waits)
    assert waits[-1] > waits[0]
    target.is_back = True
    follow_up(road, ONE)
    assert (world.states(road, ONE), world.items()) == (["posted", "posted"], {})
    world.assert_in_books("60.00", "40.00")
