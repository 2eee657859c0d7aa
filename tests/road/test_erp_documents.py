"""Documents in PeopleSoft under our source that nothing here has sent: listed every day, one item each."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from assets.erp_documents import CHECK, CODE, ask_first, list_documents
from assets.road import STAGES, run_stage, walk
from assets.stages.resumption import LISTING, LISTING_KIND
from emulators import faults as general
from ledger.errors import TargetUnavailable
from tests.road.conftest import sale

ONE, TWO = "24000000001", "24000000002"
DAY = date(2026, 11, 18)


def posted(world):
    """Post one settlement; return road and key in the books."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    return road, next(one.key for one in world.books.journals() if one.source == "AMZ")


def unknown(world) -> list:
    """Return the open items of unknown documents."""
    return [one for one in world.stores.review.listing() if one.code == CODE]


def test_what_was_posted_from_here_is_known(world):
    """Every revision and every connection of the ledger counts; nothing waits."""
    road, _ = posted(world)
    result = list_documents(road)
    assert (result.verdicts[0].check, result.verdicts[0].passed, result.rows_total) == (CHECK, True, 1)
    assert result.rows[0]["known here"] == "posted"
    other = replace(world.road("amazon_eu"), ledger=road.ledger)
    assert all(row["known here"] == "posted" for row in list_documents(other).rows)
    assert unknown(world) == []


class Meanwhile:
    """A target that is listed while something else goes on."""

    def __init__(self, target, act) -> None:
        self._target, self._act = target, act

    def listing(self, units, since):
        """Act first, then list."""
        self._act()
        return self._target.listing(units, since)

    def __getattr__(self, name: str):
        return getattr(self._target, name)


def test_what_another_worker_posts_while_the_erp_is_listed_is_known(world):
    """It stands in the books and was not in the outbox when the listing began."""
    road, _ = posted(world)
    world.take_in(road, TWO, sale("20.00", order="111-0000002-0000002"), start=world_start(7))
    result = list_documents(replace(road, target=Meanwhile(road.target, lambda: walk(road, TWO))))
    world.assert_in_books("100.00", "20.00")
    assert [row["known here"] for row in result.rows] == ["posted", "posted"]
    assert unknown(world) == []


# Words of a person's journal, its journal source -> whether it is told, and the settlement it names.
STRANGERS = [
    ("AMZ 24999999999 r1 p1/1 Amazon settlement", "AMZ", True, "24999999999"),
    ("AMZ 24999999999 r1 p1/1 Amazon settlement", "ONL", True, "24999999999"),
    ("AMZ by hand", "AMZ", True, ""),
    ("AMZ accrual of October", "ONL", False, ""),
    ("AMZN gift cards", "AMZ", True, ""),
    ("AMZN gift cards", "ONL", False, ""),
    ("Manual thing", "AMZ", True, ""),
]


@pytest.mark.parametrize(("words", "source", "is_told", "settlement"), STRANGERS)
def test_what_stands_under_our_source_and_is_not_ours_is_one_item(world, words, source, is_told, settlement):
    """Our word and our journal source, or a settlement named as we name one; other people's journals are theirs."""
    road, key = posted(world)
    entered = world.books.people.enter(key, DAY, words, source)
    list_documents(road)
    says = list_documents(road).verdicts[0].sentence
    assert says.startswith("1 document under our source is unknown here: US001 ") == is_told
    items = unknown(world)
    assert len(items) == int(is_told)
    for item in items:
        assert (item.origin, item.amount, item.is_blocking) == (f"US001 {entered.id} 2026-11-18", 100, False)
        assert (item.details["settlement"], item.details["currency"]) == (settlement, "USD")
        assert item.actions == ("retry", "dismiss")
        assert f"US001 {entered.id} 2026-11-18" in item.sentence


def test_an_item_ends_when_the_document_is_taken_out_or_dismissed(world):
    """Unposted in the ERP: gone with the next listing. Dismissed: shown, and never told again."""
    road, key = posted(world)
    entered = [world.books.people.enter(key, DAY, f"AMZ by hand {number}", "AMZ") for number in (1, 2)]
    list_documents(road)
    first, second = unknown(world)
    world.books.people.unpost(entered[0])
    world.stores.review.resolve(second.id, "dismiss", "tester", "a correction of ours")
    result = list_documents(road)
    assert unknown(world) == []
    assert world.stores.review.get(first.id).state == "cleared"
    assert result.verdicts[0].passed
    assert "dismissed by tester: a correction of ours" in {row["known here"] for row in result.rows}


def test_it_blocks_only_a_settlement_of_ours_that_is_not_posted(world):
    """What would stand beside it is not sent, and the item says so; another settlement goes on."""
    road, key = posted(world)
    world.take_in(road, TWO, sale("20.00", order="111-0000002-0000002"), start=world_start(7))
    world.books.people.enter(key, DAY, f"AMZ {TWO} r1 p1/1 by another installation", "AMZ")
    list_documents(road)
    [item] = unknown(world)
    assert (item.partition, item.is_blocking) == (TWO, True)
    assert "not posted yet" in item.sentence
    walk(road, TWO)
    assert {one.code for one in world.stores.review.listing()} == {CODE, "posting_unknown_document"}
    list_documents(road)
    assert unknown(world) == [], "its settlement says it now"
    world.assert_in_books("100.00", "100.00")


def world_start(days: int):
    """Return the moment a settlement begins that follows the first one."""
    from tests.road.conftest import FIRST

    return FIRST + timedelta(days=days)


def test_what_a_finding_of_its_settlement_names_is_not_told_twice(world):
    """A copy beside ours is a finding of the read-back first."""
    road, key = posted(world)
    copied = world.books.people.reverse(key, DAY)
    run_stage(road, STAGES[-1], ONE)
    result = list_documents(road)
    assert list(world.items()) == ["not_once"]
    row = next(one for one in result.rows if copied.id in one["ERP document"])
    assert row["known here"] == f"see item {world.items()['not_once'].id}"


def test_after_the_control_database_was_lost_everything_is_unknown_until_it_is_found(world):
    """Told, then found by walking the road again, then known."""
    posted(world)
    world.reopen(world.home.parent / "home-2")
    road = world.small("run-2")
    list_documents(road)
    assert [item.is_blocking for item in unknown(world)] == [False]
    world.take_in(road, ONE, sale())
    list_documents(road)
    assert [(item.partition, item.is_blocking) for item in unknown(world)] == [(ONE, True)]
    walk(road, ONE)
    list_documents(road)
    assert (unknown(world), world.creates()) == ([], 1)


def test_a_document_that_was_given_up_and_stands_there_again_is_told(world):
    """Deleted and given up here; somebody posts it again."""
    road, key = posted(world)
    world.books.people.unpost(key)
    run_stage(road, STAGES[-1], ONE)
    world.give_up(road, ONE)
    world.resolve("posting_removed", "deleted")
    world.books.people.post_again(key)
    list_documents(road)
    [item] = unknown(world)
    assert "was given up here" in item.sentence


def test_only_open_periods_and_the_last_closed_one_are_listed(world):
    """What is older was looked at when it was young."""
    road, key = posted(world)
    world.books.people.enter(key, date(2026, 9, 30), "AMZ in September", "AMZ")
    world.books.people.enter(key, date(2026, 10, 1), "AMZ in October", "AMZ")
    world.books.set_periods("US001", (2026, 11), (2027, 1))
    assert list_documents(road).facts["dated since"] == "2026-10-01"
    assert [item.origin.split()[-1] for item in unknown(world)] == ["2026-10-01"]


def test_more_documents_than_one_answer_holds_are_read_in_narrower_pieces(world):
    """Reaching the row limit is never taken as complete: letters first, then digits; nothing is lost."""
    road, key = posted(world)
    for number in range(60):
        world.books.people.enter(key, DAY, f"AMZ 2499999{number:04d} r1 p1/1 elsewhere", "AMZ")
    world.books.people.enter(key, DAY, "AMZ by hand", "AMZ")
    profile = road.target._profile.model_copy(update={"rows_max": 100})
    road.target._search._profile = road.target._broker._profile = profile
    result = list_documents(road)
    assert result.facts["unknown"] == 61
    assert result.rows_total == 62


def test_the_next_listing_is_asked_for_at_night_and_an_outage_is_asked_again(world):
    """Like everything that is due; the first one is asked for once."""
    road, _ = posted(world)
    ask_first(road)
    ask_first(road)
    row = world.stores.due.open_row(road.connection, LISTING_KIND, LISTING)
    assert (row.at, row.version) == (world.clock.now(), 1)
    list_documents(road)
    row = world.stores.due.open_row(road.connection, LISTING_KIND, LISTING)
    assert 7 <= row.at.hour < 10
    world.clock.advance((row.at - world.clock.now()).total_seconds())
    world.erp_faults.always("ExecuteQuery", general.html(503))
    with pytest.raises(TargetUnavailable):
        list_documents(road)
    row = world.stores.due.open_row(road.connection, LISTING_KIND, LISTING)
    assert row.reason.startswith("failure 1 of erp_documents")
    assert row.at - world.clock.now() == timedelta(seconds=60)
    for _ in range(11):
        assert world.items() == {}
        with pytest.raises(TargetUnavailable):
            list_documents(road)
    assert list(world.items()) == ["erp_documents_failed"]
    world.erp_faults.clear()
    list_documents(road)
    assert world.items() == {}
