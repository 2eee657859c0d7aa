"""What is due."""

from datetime import timedelta

import pytest

from tests.resources.store.samples import START

LATER = START + timedelta(hours=1)


def test_what_is_due_comes_oldest_first(due):
    """What lies in the future waits."""
    due.ask("amazon_us", "settlement", "2", START, "found")
    due.ask("amazon_us", "settlement", "1", START - timedelta(minutes=1), "found")
    due.ask("amazon_us", "posting", "3", LATER, "importing")
    due.ask("amazon_uk", "settlement", "4", START, "found")
    assert [row.partition for row in due.ready("amazon_us", START)] == ["1", "2"]
    assert [row.partition for row in due.ready("amazon_us", LATER)] == ["1", "2", "3"]
    assert [row.partition for row in due.ready("amazon_us", LATER, kinds=["posting"])] == ["3"]
    assert [row.partition for row in due.ready("amazon_us", LATER, limit=1)] == ["1"]
    assert [row.partition for row in due.listing("amazon_us")] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "at, reason, version", [(START, "found", 1), (LATER, "found", 2), (START, "resolved", 2), (LATER, "resolved", 2)]
)
def test_a_new_ask_is_a_new_version_and_the_same_is_not(due, at, reason, version):
    """One ask is one run."""
    due.ask("amazon_us", "settlement", "1", START, "found")
    due.ask("amazon_us", "settlement", "1", at, reason)
    (row,) = due.listing("amazon_us")
    assert (row.at, row.reason, row.version) == (at, reason, version)


def test_what_is_done_is_gone_until_asked_again(due):
    """Even with the same words."""
    due.ask("amazon_us", "settlement", "1", START, "found")
    (row,) = due.ready("amazon_us", START)
    assert due.done(row)
    assert due.listing("amazon_us") == []
    assert not due.done(row)
    due.ask("amazon_us", "settlement", "1", START, "found")
    assert [again.version for again in due.ready("amazon_us", START)] == [2]


def test_an_ask_that_comes_while_a_run_works_is_not_lost(due):
    """The run closes only what it has taken up."""
    due.ask("amazon_us", "settlement", "1", START, "found")
    (row,) = due.ready("amazon_us", START)
    due.ask("amazon_us", "settlement", "1", START, "resolved")
    assert not due.done(row)
    assert [open_row.reason for open_row in due.listing("amazon_us")] == ["resolved"]
