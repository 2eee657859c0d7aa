"""The review queue."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from ledger.errors import InputRefused
from resources.store.audit import Audit
from resources.store.review import Review
from tests.resources.store.samples import finding

AT = ("amazon_us", "11111111111")


def kinds(audit):
    return [event.kind for event in audit.events("amazon_us")]


def test_a_finding_becomes_an_item(review, audit, clock):
    """With everything a person needs to end it."""
    item = review.get(review.open(*AT, finding(), document_key="d", actions=("retry", "accept"), run="r"))
    assert (item.connection, item.partition, item.document_key, item.state) == (*AT, "d", "open")
    assert (item.code, item.sentence, item.cure, item.origin) == (
        "unmapped",
        "Row 7 has no account.",
        "Map it.",
        "row 7",
    )
    assert (item.amount, item.is_blocking, item.details) == (Decimal("12.30"), True, {"rows": [7]})
    assert (item.actions, item.opened_at, item.opened_run) == (("retry", "accept"), clock.now(), "r")
    assert (item.ended_at, item.person, item.resolution, item.resolution_reason) == (None, "", "", "")
    (event,) = audit.events("amazon_us", document_key="d")
    assert (event.kind, event.facts["item"], event.facts["amount"]) == ("review_opened", item.id, "12.30")


def test_the_same_finding_is_one_item_however_often_it_is_found(review, audit):
    """Told better, it is brought up to date; another origin is another item."""
    first = review.open(*AT, finding())
    assert review.open(*AT, finding(sentence="Row 7 (Refund) has no account.")) == first
    assert review.get(first).sentence == "Row 7 (Refund) has no account."
    assert review.open(*AT, finding(origin="row 8")) != first
    assert review.open(*AT, finding(), document_key="d") != first
    assert review.open("amazon_us", "2", finding()) != first
    assert kinds(audit) == ["review_opened", "review_updated", *["review_opened"] * 3]


def test_an_item_may_open_again_after_it_ended(review):
    """A new item; the old one stays as it ended."""
    first = review.open(*AT, finding())
    review.resolve(first, "retry", "ann", "mapped it")
    second = review.open(*AT, finding())
    assert second != first
    assert [review.get(one).state for one in (first, second)] == ["resolved", "open"]


def test_resolving_is_a_decision_and_resumes_the_road(review, audit, due, clock):
    """Person, action and reason are kept, and the settlement is due at once."""
    number = review.open(*AT, finding(), actions=("retry", "accept"))
    clock.advance(60)
    item = review.resolve(number, "accept", "ann", "agreed with the bank")
    assert item == review.get(number)
    assert (item.state, item.resolution, item.resolution_reason) == ("resolved", "accept", "agreed with the bank")
    assert (item.person, item.ended_at) == ("ann", clock.now())
    event = audit.events("amazon_us")[-1]
    assert (event.kind, event.person, event.facts["action"]) == ("review_resolved", "ann", "accept")
    (row,) = due.ready("amazon_us", clock.now())
    assert (row.kind, row.partition, row.at) == ("settlement", "11111111111", clock.now())


@pytest.mark.parametrize(
    "action, person, reason, sentence",
    [
        ("post anyway", "ann", "why", "it takes: retry"),
        ("retry", " ", "why", "needs the person"),
        ("retry", "ann", "", "needs the person"),
    ],
)
def test_a_decision_that_is_none_is_refused(review, due, action, person, reason, sentence):
    """An action the item does not have, or nobody who answers for it."""
    number = review.open(*AT, finding())
    with pytest.raises(InputRefused, match=sentence):
        review.resolve(number, action, person, reason)
    assert review.get(number).state == "open"
    assert due.listing("amazon_us") == []


def test_an_unknown_or_ended_item_is_refused(review):
    """With how it ended."""
    with pytest.raises(InputRefused, match="no review item 7"):
        review.resolve(7, "retry", "ann", "why")
    number = review.open(*AT, finding())
    review.resolve(number, "retry", "ann", "why")
    with pytest.raises(InputRefused, match=r"ended already \(resolved: retry\)"):
        review.resolve(number, "retry", "bob", "why")
    assert (review.get(number).person, review.get(8)) == ("ann", None)


def test_sync_opens_the_new_and_closes_what_is_gone(review, audit):
    """Of the codes that were looked for, and no others."""
    gone, other = review.open(*AT, finding()), review.open(*AT, finding("series_gap"))
    stays = review.open(*AT, finding(origin="row 8"))
    review.sync(*AT, [finding(origin="row 8"), finding(origin="row 9")], {"unmapped"}, "r2")
    assert [item.origin for item in review.listing("amazon_us")] == ["row 7", "row 8", "row 9"]
    assert [review.get(one).state for one in (gone, other, stays)] == ["cleared", "open", "open"]
    assert (review.get(gone).resolution_reason, review.get(gone).ended_run) == ("cleared by itself", "r2")
    assert kinds(audit)[-1] == "review_cleared"


def test_sync_of_all_codes_closes_everything_of_its_partition(review):
    """But nothing of another partition or document."""
    review.open(*AT, finding())
    review.open(*AT, finding("series_gap"))
    document, elsewhere = review.open(*AT, finding(), document_key="d"), review.open("amazon_us", "2", finding())
    review.sync(*AT, [], None, "r")
    assert [item.id for item in review.listing()] == [document, elsewhere]
    review.sync(*AT, [], None, "r", document_key="d")
    assert [item.id for item in review.listing()] == [elsewhere]


def test_sync_takes_findings_that_say_the_same_once(review):
    """Two findings of one code and origin are one item."""
    review.sync(*AT, [finding(), finding(sentence="Row 7 again.")], {"unmapped"}, "r")
    assert [item.sentence for item in review.listing()] == ["Row 7 again."]


def test_decisions_are_found_by_code(review):
    """Of one partition or of all; what cleared by itself is no decision."""
    for partition in ("1", "2", "3"):
        review.open("amazon_us", partition, finding("series_gap"), actions=("accept",))
    for number in (1, 2):
        review.resolve(number, "accept", "ann", f"gap {number}")
    review.sync("amazon_us", "3", [], None, "r")
    decided = review.decisions("amazon_us", None, "series_gap")
    assert [(item.partition, item.resolution_reason) for item in decided] == [("1", "gap 1"), ("2", "gap 2")]
    assert [item.id for item in review.decisions("amazon_us", "2", "series_gap")] == [2]
    assert review.decisions("amazon_us", None, "unmapped") == []


def test_items_are_listed_by_connection_and_state(review):
    """The oldest first."""
    review.open(*AT, finding())
    review.open("amazon_uk", "1", finding())
    review.resolve(1, "retry", "ann", "why")
    assert [item.id for item in review.listing()] == [2]
    assert [item.id for item in review.listing("amazon_us", state=None)] == [1]
    assert [item.id for item in review.listing(state="resolved", partition="11111111111")] == [1]


def test_two_workers_with_the_same_finding_open_one_item(control_url, open_control, clock):
    """Both get its number."""
    controls = [open_control(control_url) for _ in range(2)]
    queues = [Review(control, Audit(control), clock) for control in controls]
    with ThreadPoolExecutor(2) as pool:
        numbers = set(pool.map(lambda queue: queue.open(*AT, finding()), queues))
    assert len(numbers) == 1
