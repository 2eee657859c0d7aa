"""What the ERP holds on another date or as a later revision is taken over by a person's word, and nothing else is."""

from dataclasses import replace
from datetime import date

import pytest

from assets.review.approval import approve
from assets.review.decisions import resolve
from assets.road import walk
from assets.undo.reversals import apply_reversal, plan_reversal
from emulators import faults as general
from emulators.peoplesoft.site import Timing
from ledger.errors import InputRefused
from ledger.four_eyes import Decider, NeedsAnotherPerson
from ledger.periods import moved
from ledger.posting import PostingState
from resources.store.verification import verify
from tests.road.conftest import sale
from tests.road.test_closed_period import DECEMBER, LATE, dates, only_december
from tests.road.test_posting_road import ONE, Unchecking, follow_up, open_november, parted, with_mapping

CODE = "posting_unknown_document"
ANN, CAROL = Decider("ann"), Decider("carol")


def rebuilt(world, take_in=None, **changes):
    """Lose the control database, import again and walk; return the road."""
    world.stores.close()
    world.reopen(world.home.parent / "rebuilt")
    road = world.small("run-2", **changes)
    (take_in or (lambda: world.take_in(road, ONE, sale())))()
    walk(road, ONE)
    return road


def moved_and_lost(world, **changes):
    """Post in December what belongs to a closed November; open that again and lose all records."""
    road = world.small(closed_period="next_open")
    world.take_in(road, ONE, sale())
    only_december(world)
    walk(road, ONE)
    open_november(world)
    return rebuilt(world, **changes)


def accept(world, road, decider=ANN, reason="it is this settlement, moved to December"):
    """Decide as `connector review resolve --action accept` does."""
    return resolve(road, world.items()[CODE], "accept", decider, reason)


def assert_proved(world, road, *states):
    """The settlement ties, nothing waits, the trail verifies."""
    assert walk(road, ONE).results["reconciliations"].facts["ties"]
    assert world.states(road, ONE) == list(states)
    assert world.items() == {}
    assert verify(world.stores.control).is_ok


def test_a_moved_document_is_taken_over_on_its_own_date_and_nothing_is_sent(world):
    """Moved, lost, in review; taken over it is posted at once, late, proved, and stays so."""
    road = moved_and_lost(world)
    assert (world.states(road, ONE), dates(world, road)) == (["review"], [(date(2026, 11, 9), "")])
    assert accept(world, road).state == "resolved"
    assert (world.states(road, ONE), dates(world, road)) == (["posted"], [(DECEMBER, "2026-11")])
    walked = walk(road, ONE)
    assert walked.results["erp_postings"].facts["late"] == LATE
    assert walked.results["reconciliations"].rows[0]["late"] == LATE
    assert_proved(world, road, "posted")
    assert world.creates() == 1
    world.assert_in_books("100.00")


def test_the_trail_tells_who_took_over_what(world):
    """One event with the ERP's document, the date, the person's reason and the queries it rests on."""
    road = moved_and_lost(world)
    accept(world, road)
    (document,) = world.documents(road, ONE)
    events = world.stores.audit.events(road.connection, document_key=document.key)
    (told,) = (one for one in events if one.kind == "document_redated")
    assert told.person == "ann"
    assert told.facts["accounting_date"] == "2026-12-01"
    assert told.facts["details"]["taken_over"] == [document.erp_id]
    assert told.facts["details"]["reason"] == "it is this settlement, moved to December"
    assert told.exchange
    kinds = [one.kind for one in events]
    assert kinds.index("document_redated") < kinds.index("document_posted") < kinds.index("review_resolved")


def test_what_was_taken_over_is_reversed_like_any_other(world):
    """The reversal undoes the ERP's document, on the ERP's date."""
    road = moved_and_lost(world)
    accept(world, road)
    apply_reversal(road, plan_reversal(road, ONE), "wrong account")
    assert follow_up(road, ONE)[1].facts["state"] == "reversed"
    (undoing,) = (one for one in world.books.journals() if "reversal" in one.description)
    assert undoing.key.date == "2026-12-01"
    world.assert_in_books("100.00", "-100.00")


def test_what_was_posted_on_its_own_date_is_taken_over_when_its_period_is_closed_by_now(world):
    """The records would book it in December now; the books have it in November, where it is not late."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    only_december(world)
    road = rebuilt(world, closed_period="next_open")
    assert (world.states(road, ONE), dates(world, road)) == (["review"], [(DECEMBER, "2026-11")])
    accept(world, road)
    assert dates(world, road) == [(date(2026, 11, 9), "")]
    assert_proved(world, road, "posted")
    assert world.creates() == 1


def test_a_corrected_document_is_taken_over_as_the_revision_it_is(world):
    """Revision 1 was refused, revision 2 posted; lost, revision 1 gives way and nothing is sent."""
    road = world.small()
    world.take_in(road, ONE, sale())
    bad = with_mapping(road, 'revenue: "400100"', 'revenue: "499999"')
    walk(replace(bad, target=Unchecking(bad.target)), ONE)
    walk(road, ONE)
    creates = world.creates()
    road = rebuilt(world)
    accept(world, road)
    assert [(one.revision, str(one.state)) for one in world.documents(road, ONE)] == [(2, "posted")]
    assert_proved(world, road, "posted")
    assert world.creates() == creates


def test_parts_are_taken_over_one_by_one_where_their_dates_moved(world):
    """October was closed: part 1 stands in November; taken over, part 2 is found by its own key."""
    road = world.small(closed_period="next_open")
    parted(world, road)
    world.books.set_periods("US001", (2026, 11), (2027, 1))
    walk(road, ONE)
    world.books.set_periods("US001", (2026, 10), (2027, 1))
    road = rebuilt(world, lambda: parted(world, world.small("run-2")))
    assert world.states(road, ONE) == ["review", "approved"]
    accept(world, road)
    assert_proved(world, road, "posted", "posted")
    assert dates(world, road)[0] == (date(2026, 11, 1), "2026-10")
    assert world.creates() == 2
    world.assert_in_books("60.00", "40.00")


def test_what_the_erp_has_not_posted_yet_is_followed(world):
    """Taken over while it waits there: importing, and posted when the books say so."""
    world.demo.site.timing = Timing(edit_after_seconds=60, post_after_seconds=86400)
    road = moved_and_lost(world)
    accept(world, road)
    assert world.states(road, ONE) == ["importing"]
    world.clock.advance(2 * 86400)
    follow_up(road, ONE)
    assert_proved(world, road, "posted")


def test_taking_over_needs_two_persons_where_approval_is_required(world):
    """One proposes, another confirms; until then the document stays in review."""
    road = moved_and_lost(world, approval="required")
    assert world.states(road, ONE) == ["planned"]
    approve(road, ONE, CAROL, "fine")
    walk(road, ONE)
    assert accept(world, road, ANN).state == "open"
    assert world.states(road, ONE) == ["review"]
    with pytest.raises(NeedsAnotherPerson, match="ann proposed `accept`"):
        accept(world, road, ANN)
    assert accept(world, road, CAROL).state == "resolved"
    assert_proved(world, road, "posted")
    assert world.creates() == 1


def booked(world):
    return next(one for one in world.books.journals() if one.source == "AMZ").key


def other_account(world, road):
    """A person has corrected a line in the books."""
    number = next(one.number for one in world.books.lines(booked(world)) if one.account == "400100")
    world.books.people.change_line(booked(world), number, ACCOUNT="400200")


def twice(world, road):
    """A copy under the same id on another date, both posted."""
    first = booked(world)
    world.books.people.move(first, date(2026, 12, 2))
    world.books.people.post_again(first)


def beside(world, road):
    """A document with our words under a number of the site's own."""
    world.books.people.enter(booked(world), DECEMBER, f"AMZ {ONE} r1 p1/1 by hand", "AMZ")


def taken_out(world, road):
    """Unposted between the finding and the decision."""
    world.books.people.unpost(booked(world))


def other_total(world, road):
    """Amazon has restated the settlement since."""
    world.take_in(road, ONE, sale("120.00"))
    resolve(road, world.items()["settlement_changed"], "accept", ANN, "restated")


# What has become of the ERP's document, or of the settlement -> what the refusal names.
REFUSED = [
    (other_account, r"its lines differ: .*400100.* is not there and -100.00 here; .*400200.* is -100.00 there"),
    (twice, r"2026-12-01 and .* 2026-12-02 for part 1, which is one too many"),
    (beside, r"US001 \d+ 2026-12-01 does not have the key of any document that is planned"),
    (taken_out, "shows no document of it that is not known here"),
    (other_total, r"the documents come to 100.00 on .*, and settlement 24000000001 to 120.00 USD"),
]


@pytest.mark.parametrize(("changed", "words"), REFUSED, ids=[one[0].__name__ for one in REFUSED])
def test_what_is_not_the_very_document_that_was_planned_is_not_taken_over(world, changed, words):
    """Refused with what differs: the item stays open, the document in review, the trail without a word of it."""
    road = moved_and_lost(world)
    changed(world, road)
    with pytest.raises(InputRefused, match=words):
        accept(world, road)
    assert CODE in world.items()
    assert world.states(road, ONE) == ["review"]
    assert dates(world, road) == [(date(2026, 11, 9), "")]
    assert not [one for one in world.stores.audit.events(road.connection) if one.kind == "document_redated"]
    assert world.creates() == 1


def test_a_document_with_other_words_is_not_taken_over(world):
    """Moved by hand in PeopleSoft, so it does not say that it is late: these records would tell another story."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    first = booked(world)
    world.books.people.move(first, DECEMBER)
    world.books.people.delete(first, is_row_removed=True)
    road = rebuilt(world)
    with pytest.raises(InputRefused, match=r"lines are those planned, but it says 'AMZ 24000000001 r1 p1/1 .*not ours"):
        accept(world, road)


def test_a_date_that_a_person_changed_in_the_erp_is_taken_over_as_it_stands(world):
    """From one day of December to another: still late, and the same document."""
    road = moved_and_lost(world)
    world.books.people.move(booked(world), date(2026, 12, 2))
    accept(world, road)
    assert dates(world, road) == [(date(2026, 12, 2), "2026-11")]
    assert_proved(world, road, "posted")


def test_a_document_in_error_is_not_taken_over(world):
    """It is not in the books, and may be corrected or deleted there: first that, then this."""
    world.demo.site.timing = Timing(edit_after_seconds=60, post_after_seconds=120)
    road = world.small(closed_period="next_open")
    world.take_in(road, ONE, sale())
    only_december(world)
    walk(road, ONE)
    world.books.set_periods("US001", (2027, 1), (2027, 1))
    world.clock.advance(200)
    world.books.settle()
    open_november(world)
    road = rebuilt(world)
    with pytest.raises(InputRefused, match=r"it is not in the books \(status E\)"):
        accept(world, road)


def test_a_document_that_was_unposted_before_the_records_were_lost_is_named(world):
    """The new records have no id of it yet; the one that its key makes in the ERP is said."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    world.books.people.unpost(booked(world))
    road = rebuilt(world)
    [document] = world.documents(road, ONE)
    name = road.target.erp_id(document.journal)
    sentence = f"Journal 1 of 1 of settlement {ONE}, {name}, was unposted in the ERP (status U)."
    assert world.items()["posting_removed"].sentence == sentence
    walk(road, ONE)
    assert world.items()["posting_removed"].sentence == sentence
    assert world.creates() == 1


def test_a_revision_that_was_given_up_here_is_not_taken_over(world):
    """An old copy has planned a late revision since: a refused document stays dead, whatever the books hold."""
    road = world.small(closed_period="next_open", approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    road.target.submit(world.documents(road, ONE)[0].journal)
    only_december(world)
    walk(road, ONE)
    approve(road, ONE, CAROL, "fine")
    walk(road, ONE)
    with pytest.raises(InputRefused, match="is revision 2, and the ERP holds revision 1, which was given up here"):
        accept(world, road)
    assert world.creates() == 1


def test_a_later_revision_of_which_a_part_is_missing_is_not_taken_over(world):
    """Whole or not at all: no part ever joins a revision."""
    road = world.small()
    parted(world, road)
    bad = with_mapping(road, 'revenue: "400100"', 'revenue: "499999"')
    walk(replace(bad, target=Unchecking(bad.target)), ONE)
    walk(road, ONE)
    assert [one.revision for one in world.documents(road, ONE)] == [2, 2]
    key = next(one.key for one in world.books.journals() if one.source == "AMZ" and " p2/2" in one.description)
    world.books.people.unpost(key)
    road = rebuilt(world, lambda: parted(world, world.small("run-2")))
    with pytest.raises(InputRefused, match="taken over whole or not at all: part 2 is not there"):
        accept(world, road)


def test_a_document_that_was_sent_from_here_is_not_exchanged_for_another(world):
    """It was lost on the way, and another one stands there by now: ours may still arrive."""
    road = world.small()
    world.take_in(road, ONE, sale())
    world.erp_faults.next("Create", general.dropped())
    walk(road, ONE)
    document = world.documents(road, ONE)[0]
    road.target.submit(moved(document.journal, date(2026, 11, 12)))
    world.clock.advance(10)
    world.stores.outbox.step(document.key, PostingState.REVIEW, "posting_unclear: nobody knows", lease=None)
    walk(road, ONE)
    with pytest.raises(InputRefused, match="was sent 1 times from here"):
        accept(world, road)
