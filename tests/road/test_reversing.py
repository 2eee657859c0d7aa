"""A posted settlement undone and posted again: every document stands in the books once, and the clearing item ties."""

from datetime import date, timedelta

import pytest

from assets.posting.document_sets import revisions_of, undoing_of
from assets.posting.driving import drive_all
from assets.review.approval import approve, reject
from assets.road import walk
from assets.settlements.series import placed
from assets.undo.reposting import origins_first, repost, require_reversed, reversed_origins
from assets.undo.reversals import apply_reversal, dependents_first, plan_reversal
from emulators import faults as general
from emulators.peoplesoft.site import ChartFieldValue, Timing
from ledger.errors import InputRefused
from ledger.four_eyes import Decider, NeedsAnotherPerson
from ledger.reversal import reversal_source
from tests.road.conftest import FIRST, of_account, sale
from tests.road.test_posting_road import (
    ONE,
    follow_up,
    parted,
    with_mapping,
)

TWO, THREE = "24000000002", "24000000003"
SOMEBODY = Decider("somebody")


def posted(world, road, settlement_id=ONE, *rows):
    """Take in one settlement and post it."""
    world.take_in(road, settlement_id, *(rows or (sale(),)))
    assert walk(road, settlement_id).stopped_at == ""
    return road


def reverse(road, settlement_id=ONE, **given):
    """Do what `connector reverse --apply` does."""
    apply_reversal(road, plan_reversal(road, settlement_id), "booked to the wrong account", **given)
    return follow_up(road, settlement_id)


def reversing(world, road, settlement_id=ONE, revision=1):
    """Return the reversing documents of a revision, of all revisions of their own."""
    source = reversal_source(world.documents(road, settlement_id)[0].source, revision)
    return revisions_of(road, source)


def reversing_states(world, road, settlement_id=ONE, revision=1):
    """Return revision and state of each reversing document."""
    return [(one.revision, str(one.state)) for one in reversing(world, road, settlement_id, revision)]


def sales(world, status, since=date(2026, 11, 1)):
    """Make the sales account inactive or active from a day on."""
    value = ChartFieldValue("ACCOUNT", "400100", "Sales", status, since, account_type="R")
    world.demo.site.replace_value(value)


def proof(result):
    """Return state, clearing lines, open item and whether it ties."""
    facts = result.facts
    return facts["state"], str(facts["clearing lines in the books"]), str(facts["open item now"]), facts["ties"]


def test_a_reversed_settlement_is_zero_in_the_books_and_stays_so(world):
    """Both documents stand, linked both ways; no run, backfill or new mapping posts it again by itself."""
    road = posted(world, world.small())
    _, proved = reverse(road)
    assert proof(proved) == ("reversed", "0.00", "0.00", True)
    (original,), (undoing,) = world.documents(road, ONE), reversing(world, road)
    assert (str(original.state), original.reason) == ("reversed", f"undone by {undoing.erp_id}")
    assert (str(undoing.state), undoing.journal.reverses) == ("posted", original.key)
    assert original.erp_id in undoing.journal.description
    told = world.stores.audit.events(road.connection, document_key=original.key)[-1].facts["details"]
    assert told == {"reversed_by": undoing.key, "reversing_document": undoing.erp_id}
    assert list(world.items()) == ["settlement_reversed"]
    for again in (road, world.small("run-2"), with_mapping(road, 'revenue: "400100"', 'revenue: "400200"')):
        assert walk(again, ONE).stopped_at == ""
    assert (world.states(road, ONE), world.creates()) == (["reversed"], 2)
    world.assert_in_books("100.00", "-100.00")


def test_reversing_twice_does_nothing(world):
    """Under way it is resumed; done it says by what, and how it is posted again."""
    road = posted(world, world.small())
    world.demo.site.timing = Timing(edit_after_seconds=60, post_after_seconds=120)
    reverse(road)
    plan = plan_reversal(road, ONE)
    assert plan.is_resumed
    apply_reversal(road, plan, "again")
    follow_up(road, ONE)
    assert (world.states(road, ONE), reversing_states(world, road)) == (["posted"], [(1, "importing")])
    world.clock.advance(200)
    follow_up(road, ONE)
    assert world.states(road, ONE) == ["reversed"]
    with pytest.raises(InputRefused, match=r"is reversed already.*connector repost"):
        plan_reversal(road, ONE)
    assert world.creates() == 2
    world.assert_in_books("100.00", "-100.00")


@pytest.mark.parametrize("account", ["400100", "400200"])
def test_posted_again_it_ties_over_all_its_documents(world, account):
    """The same content or another mapping's: a new revision, three documents, total-amount over all of them."""
    road = posted(world, world.small())
    reverse(road)
    road = with_mapping(road, 'revenue: "400100"', f'revenue: "{account}"')
    repost(road, ONE, SOMEBODY, "corrected")
    proved = walk(road, ONE).results["reconciliations"]
    assert proof(proved) == ("posted", "100.00", "100.00", True)
    assert len(proved.rows) == 3
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "posted")]
    assert world.items() == {}
    walk(road, ONE)
    assert world.creates() == 3
    assert [line.amount for line in world.books.lines() if line.account == "400200"] == (
        [-100] if account == "400200" else []
    )
    world.assert_in_books("100.00", "-100.00", "100.00")


def test_posted_again_it_may_be_reversed_again(world):
    """Each revision has a reversal of its own."""
    road = posted(world, world.small())
    for revision in (1, 2):
        assert proof(reverse(road)[1]) == ("reversed", "0.00", "0.00", True)
        assert reversing_states(world, road, ONE, revision) == [(1, "posted")]
        repost(road, ONE, SOMEBODY, "corrected")
        assert proof(walk(road, ONE).results["reconciliations"]) == ("posted", "100.00", "100.00", True)
    world.assert_in_books("100.00", "-100.00", "100.00", "-100.00", "100.00")


def test_all_parts_are_undone_in_their_order(world):
    """One reversing document per part, dated as the part it undoes."""
    road = world.small()
    parted(world, road)
    walk(road, ONE)
    assert proof(reverse(road)[1]) == ("reversed", "0.00", "0.00", True)
    pairs = zip(world.documents(road, ONE), reversing(world, road), strict=True)
    for original, undoing in pairs:
        assert undoing.journal.reverses == original.key
        assert undoing.journal.accounting_date == original.journal.accounting_date
    world.assert_in_books("60.00", "40.00", "-60.00", "-40.00")


def test_a_reversed_settlement_left_out_on_purpose_asks_no_more(world):
    """`keep` ends the item; posting it again stays possible."""
    road = posted(world, world.small())
    reverse(road)
    world.resolve("settlement_reversed", "keep", "booked by hand")
    walk(road, ONE)
    assert world.items() == {}
    repost(road, ONE, SOMEBODY, "after all")
    walk(road, ONE)
    assert world.states(road, ONE) == ["posted"]
    world.assert_in_books("100.00", "-100.00", "100.00")


def debt(world, road):
    """Post a settlement of -50.00, and the next one, which carries that debt in."""
    world.take_in(road, ONE, sale("10.00"), of_account("Subscription Fee", "-60.00"))
    later = FIRST + timedelta(days=7)
    rows = (of_account("Payable to Amazon", "-50.00", later), sale("80.00", later + timedelta(hours=1)))
    world.take_in(road, TWO, *rows, start=later)
    for settlement_id in (ONE, TWO):
        assert walk(road, settlement_id).stopped_at == "", world.items()


def test_what_a_later_settlement_carries_is_not_undone_before_it(world):
    """Refused with its name; both together go in the right order, and are posted again in the other one."""
    road = world.small()
    debt(world, road)
    with pytest.raises(InputRefused, match=f"cannot be reversed before {TWO}"):
        plan_reversal(road, ONE)
    assert dependents_first(road, [ONE, TWO]) == [TWO, ONE]
    both = frozenset({ONE, TWO})
    for plan in [plan_reversal(road, one, both) for one in (TWO, ONE)]:
        assert not plan.is_closed_elsewhere
        apply_reversal(road, plan, "wrong unit")
    follow_up(road, ONE)
    assert reversing_states(world, road, ONE) == [(1, "approved")]
    assert reversed_origins(road, placed(road)[TWO]) == [ONE]
    sentences = {one.check: one.facts["sentence"] for one in world.stores.verdicts.latest(road.connection, ONE)}
    assert f"waits until {TWO} is reversed" in sentences["gate"]
    for settlement_id in (TWO, ONE):
        assert follow_up(road, settlement_id)[1].facts["state"] == "reversed"
    with pytest.raises(InputRefused, match=f"carries in the open item of {ONE}, which is reversed"):
        repost(road, TWO, SOMEBODY, "corrected")
    assert origins_first(road, [TWO, ONE]) == [ONE, TWO]
    for settlement_id in (ONE, TWO):
        repost(road, settlement_id, SOMEBODY, "corrected", both)
        assert walk(road, settlement_id).results["reconciliations"].facts["ties"]
    assert world.items() == {}


def test_what_is_undone_after_the_gate_has_asked_is_not_carried_in(world, monkeypatch):
    """The step that sends asks in its own transaction: of two at the same instant one sees the other."""
    road = world.small()
    world.take_in(road, ONE, sale("10.00"), of_account("Subscription Fee", "-60.00"))
    assert walk(road, ONE).stopped_at == ""
    later = FIRST + timedelta(days=7)
    world.take_in(road, TWO, of_account("Payable to Amazon", "-50.00", later), sale("80.00", later), start=later)

    def undone_in_between(road, settlement_id, documents, **given):
        if settlement_id == TWO and not reversing_states(world, road, ONE):
            assert [str(one.state) for one in documents] == ["approved"]
            apply_reversal(road, planned, "at the same instant")
        return drive_all(road, settlement_id, documents, **given)

    planned = plan_reversal(road, ONE)
    monkeypatch.setattr("assets.posting.sets.drive_all", undone_in_between)
    walk(road, TWO)
    assert [str(one.state) for one in world.documents(road, TWO)] == ["approved"]
    assert follow_up(road, ONE)[1].facts["state"] == "reversed"
    follow_up(road, TWO)
    assert "carried_item_reversed" in world.items()
    repost(road, ONE, SOMEBODY, "corrected")
    for settlement_id in (ONE, TWO):
        assert walk(road, settlement_id).results["reconciliations"].facts["ties"]
    assert world.items() == {}


def test_what_is_carried_in_and_sent_after_the_reversal_was_planned_holds_the_reversal(world):
    """The other one came first: the reversal is stored and waits, until what carries the item in is undone as well."""
    road = world.small()
    world.take_in(road, ONE, sale("10.00"), of_account("Subscription Fee", "-60.00"))
    assert walk(road, ONE).stopped_at == ""
    planned = plan_reversal(road, ONE)
    later = FIRST + timedelta(days=7)
    world.take_in(road, TWO, of_account("Payable to Amazon", "-50.00", later), sale("80.00", later), start=later)
    assert walk(road, TWO).stopped_at == ""
    apply_reversal(road, planned, "at the same instant")
    follow_up(road, ONE)
    assert (world.states(road, ONE), reversing_states(world, road)) == (["posted"], [(1, "approved")])
    assert world.creates() == 2
    assert reverse(road, TWO)[1].facts["state"] == "reversed"
    assert follow_up(road, ONE)[1].facts["state"] == "reversed"
    assert world.creates() == 4


def test_a_lost_control_database_undoes_nothing_twice(world):
    """The proof names the reversal it does not know; reversing again finds it by key and sends nothing."""
    road = posted(world, world.small())
    reverse(road)
    world.reopen(world.home.parent / "home-2")
    road = world.small("run-2")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    assert world.states(road, ONE) == ["posted"]
    assert "`connector reverse --even-if-closed` takes it in" in world.items()["not_once"].sentence
    reverse(road, even_if_closed=True)
    assert (world.states(road, ONE), reversing_states(world, road)) == (["reversed"], [(1, "posted")])
    assert list(world.items()) == ["settlement_reversed"]
    assert world.creates() == 2
    world.assert_in_books("100.00", "-100.00")


UNFIT = [
    ("never planned", lambda world, road: None, "no journal was ever planned"),
    ("waits for approval", lambda world, road: walk(road, ONE), "has nothing to reverse: part 1 planned"),
    ("rejected", lambda world, road: (walk(road, ONE), reject(road, ONE, SOMEBODY, "no")), "part 1 refused"),
]


@pytest.mark.parametrize("begin, words", [one[1:] for one in UNFIT], ids=[one[0] for one in UNFIT])
def test_what_is_not_posted_is_not_reversed(world, begin, words):
    """Refused with the state of its parts."""
    road = world.small(approval="required")
    world.take_in(road, ONE, sale())
    begin(world, road)
    with pytest.raises(InputRefused, match=words):
        plan_reversal(road, ONE)
    with pytest.raises(InputRefused, match="is not reversed, so it is not posted again"):
        require_reversed(road, ONE)


def test_nothing_is_reversed_while_nobody_knows_what_stands_there(world):
    """Unclear or importing: first it has to come to its end."""
    road = world.small()
    world.take_in(road, ONE, sale())
    world.erp_faults.next("Create", general.dropped())
    walk(road, ONE)
    with pytest.raises(InputRefused, match="while part 1 is unclear"):
        plan_reversal(road, ONE)
    world.demo.site.timing = Timing(edit_after_seconds=60, post_after_seconds=120)
    world.clock.advance(400)
    walk(road, ONE)
    with pytest.raises(InputRefused, match="while part 1 is importing"):
        plan_reversal(road, ONE)


def test_an_item_that_a_bank_receipt_closed_is_reopened_only_on_purpose(world):
    """The plan says what stands there; without the word for it nothing is stored."""
    road = posted(world, world.small())
    account = next(line for line in world.books.lines() if line.account == "110500")
    receipt(world, account.reference, "-100.00")
    plan = plan_reversal(road, ONE)
    assert "stands at 0.00 USD, and our journals booked 100.00" in plan.warnings[-1]
    with pytest.raises(InputRefused, match="--even-if-closed"):
        apply_reversal(road, plan, "wrong unit")
    assert undoing_of(road, world.documents(road, ONE)).documents == ()
    _, proved = reverse(road, even_if_closed=True)
    assert proof(proved) == ("reversed", "0.00", "-100.00", True)


def receipt(world, reference, amount):
    """Book a bank receipt as the cash process does: somebody else's journal on the same open item."""
    header = {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "BANK000001", "JOURNAL_DATE": "2026-11-12"}
    header |= {"LEDGER_GROUP": "ACTUALS", "SOURCE": "ONL", "FOREIGN_CURRENCY": "USD", "DESCR254": "bank statement"}
    common = {"BUSINESS_UNIT": "US001", "FOREIGN_CURRENCY": "USD", "DEPTID": "10000"}
    lines = [
        {**common, "JOURNAL_LINE": "1", "ACCOUNT": "110500", "FOREIGN_AMOUNT": amount, "JRNL_LN_REF": reference},
        {**common, "JOURNAL_LINE": "2", "ACCOUNT": "110600", "FOREIGN_AMOUNT": amount.lstrip("-"), "JRNL_LN_REF": "B"},
    ]
    saved = world.books.create(header, lines, None)
    assert saved.is_saved, saved
    world.books.run_edit(saved.key)
    world.books.run_post(saved.key)
    assert next(one for one in world.books.journals() if one.key == saved.key).status == "P"


def test_under_approval_another_person_approves_the_reversal_and_what_is_posted_again(world):
    """Planned, approved, sent; whoever wanted it does not approve it."""
    road = world.small(approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    approve(road, ONE, SOMEBODY, "fine")
    walk(road, ONE)
    reverse(road)
    assert (world.states(road, ONE), reversing_states(world, road)) == (["posted"], [(1, "planned")])
    with pytest.raises(NeedsAnotherPerson, match="tester planned these journals"):
        approve(road, ONE, Decider("tester"), "fine")
    reject(road, ONE, Decider("tester"), "not yet")
    follow_up(road, ONE)
    assert (world.states(road, ONE), world.items()) == (["posted"], {})
    reverse(road)
    approve(road, ONE, SOMEBODY, "fine")
    follow_up(road, ONE)
    assert (world.states(road, ONE), reversing_states(world, road)) == (["reversed"], [(1, "refused"), (2, "posted")])
    assert repost(road, ONE, Decider("tester"), "corrected").state == "resolved"
    walk(road, ONE)
    assert world.states(road, ONE) == ["planned"]
    with pytest.raises(NeedsAnotherPerson, match="tester planned these journals"):
        approve(road, ONE, Decider("tester"), "fine")
    approve(road, ONE, SOMEBODY, "fine")
    walk(road, ONE)
    assert world.states(road, ONE) == ["posted"]
    world.assert_in_books("100.00", "-100.00", "100.00")


def test_a_document_taken_out_by_hand_is_not_reversed_as_well(world):
    """Unposted in the ERP after the reversal was planned: nothing is sent, and a person decides."""
    road = posted(world, world.small())
    apply_reversal(road, plan_reversal(road, ONE), "wrong unit")
    world.books.people.unpost(next(one.key for one in world.books.journals() if one.source == "AMZ"))
    result = follow_up(road, ONE)[0]
    assert result.stops
    assert "reversal_of_nothing" in world.items()
    assert (world.states(road, ONE), world.creates()) == (["posted"], 1)
    world.assert_in_books()


def test_a_reversal_taken_out_by_hand_keeps_its_settlement_from_being_posted_again(world):
    """The reversing journal is unposted: the first one counts again in the books, and a second must not join it."""
    road = posted(world, world.small())
    reverse(road)
    repost(road, ONE, SOMEBODY, "corrected")
    world.books.people.unpost(next(one.key for one in world.books.journals() if "reversal" in one.description))
    walk(road, ONE)
    assert "reversal_of_nothing" in world.items()
    assert (world.states(road, ONE), world.creates()) == (["reversed"], 2)
    follow_up(road, ONE)
    assert "posting_removed" in world.items()
    world.assert_in_books("100.00")


def test_a_reversal_put_right_by_hand_ends_its_item_though_the_settlement_is_posted_again(world):
    """Of an earlier revision too: held in sight while it is unposted, and back where it was once it is posted again."""
    road = posted(world, world.small())
    reverse(road)
    repost(road, ONE, SOMEBODY, "corrected")
    walk(road, ONE)
    theirs = next(one.key for one in world.books.journals() if "reversal" in one.description)
    world.books.people.unpost(theirs)
    for _ in range(2):
        walk(road, ONE)
        assert list(world.items()) == ["posting_removed"]
        assert reversing_states(world, road) == [(1, "review")]
    world.books.people.post_again(theirs)
    assert proof(walk(road, ONE).results["reconciliations"]) == ("posted", "100.00", "100.00", True)
    assert (reversing_states(world, road), world.items()) == ([(1, "posted")], {})
    assert world.creates() == 3
