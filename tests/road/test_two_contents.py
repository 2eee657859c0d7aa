"""A settlement of which two contents are known: nothing is sent until a person has compared them, line by line."""

import pytest

from assets.review.decisions import resolve
from assets.road import walk
from assets.settlement_reports import import_file
from ledger.four_eyes import Decider
from tests.road.conftest import of_account, sale

ONE = "24000000001"


@pytest.mark.parametrize("decision, booked", [("keep", "100.00"), ("accept", "101.00")])
def test_nothing_is_sent_of_a_settlement_of_which_two_contents_are_known(world, decision, booked):
    """Not before a person has said which one counts; then that one is posted, once."""
    road = world.small()
    world.take_in(road, ONE, sale())
    assert import_file(road, world.settlement(ONE, sale("101.00")))[1] == "changed"
    walked = walk(road, ONE)
    said = next(one for one in walked.results["settlement_lines"].verdicts if one.check == "one_content")
    assert (said.passed, said.is_blocking) == (False, False)
    gone, new = sorted(said.rows, key=lambda row: row["change"])
    assert [(row["change"], row["row"], row["amount"]) for row in (gone, new)] == [
        ("gone", "3 of the first", "100.00"),
        ("new", "3 of the newer", "101.00"),
    ]
    assert list(said.rows[0])[:5] == ["change", "row", "posted", "transaction type", "amount type"]  # as it is read
    item = world.items()["settlement_changed"]
    assert item.details["differences"] == [gone, new]
    assert "total-amount was 100.00, is 101.00; lines gone: 1, lines new: 1." in item.sentence
    assert walked.stopped_at == "erp_postings"
    assert "came with two contents" in walked.results["erp_postings"].verdicts[0].sentence
    assert (world.creates(), world.documents(road, ONE)) == (0, [])
    resolve(road, world.items()["settlement_changed"], decision, Decider("ann"), "compared")
    assert walk(road, ONE).stopped_at == ""
    assert world.items() == {}
    assert world.creates() == 1
    world.assert_in_books(booked)


def test_what_differs_between_two_contents_is_counted_line_by_line(world):
    """Identical lines are counted, others named; where a line stood is no difference."""
    road = world.small()
    fee = of_account("Storage Fee", "-1.00")
    world.take_in(road, ONE, sale(), fee, fee, sale("7.00", order="111-0000002-0000002"))
    other = world.settlement(ONE, sale("7.00", order="111-0000002-0000002"), fee, fee, fee, sale())
    assert import_file(road, other)[1] == "changed"
    item = world.items()["settlement_changed"]
    [row] = item.details["differences"]
    assert (row["change"], row["description"], row["amount"]) == ("2 times, now 3", "Storage Fee", "-1.00")
    words = "total-amount was 105.00, is 104.00; number of lines was 4, is 5; lines gone: 0, lines new: 1"
    assert words in item.sentence


def test_a_second_content_is_an_alarm_where_the_first_cannot_be_read_any_more(world):
    """Without the lines, and saying why."""
    road = world.small()
    world.take_in(road, ONE, sale())
    first = road.stores.settlements.get(road.connection, ONE).document_sha
    kept = road.stores.documents.local_path(first)
    kept.chmod(0o600)
    kept.unlink()
    assert import_file(road, world.settlement(ONE, sale("101.00")))[1] == "changed"
    item = world.items()["settlement_changed"]
    assert item.details["differences"] == []
    assert "total-amount was 100.00, is 101.00; its lines could not be compared (" in item.sentence


@pytest.mark.parametrize("decision", ["keep", "accept"])
def test_the_same_id_with_other_content_is_an_alarm(world, decision):
    """Kept: never asked again for this document. Accepted: the newer one counts, what is posted stays posted."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    other = world.settlement(ONE, sale("101.00"))
    assert import_file(road, other) == (ONE, "changed")
    walk(road, ONE)
    assert list(world.items()) == ["settlement_changed"]
    if decision == "accept":
        world.stores.settlements.accept(
            road.connection, ONE, world.items()["settlement_changed"].origin, "t", "restated"
        )
    world.resolve("settlement_changed", decision)
    import_file(road, other)
    walk(road, ONE)
    # The books tie to the content that was posted, not to the one that counts now: both are told.
    assert set(world.items()) == ({"changed_after_posting", "clearing_differs"} if decision == "accept" else set())
    assert world.creates() == 1
    world.assert_in_books("100.00")
