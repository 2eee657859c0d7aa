"""Which leaves of a transaction count, and that their keys are unique and stable."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.event_leaves import DIFFERENCE_PATH, Leaf, line_keys, lines_of


def leaf(path: str, amount: str) -> Leaf:
    """Write a leaf as its path and amount."""
    return Leaf(tuple(path.split("/")), Decimal(amount))


SALE = leaf("ProductCharges/OurPricePrincipal", "100.00")
FEE = leaf("AmazonFees/Commission/Base", "-15.00")
OWN = (leaf("Sales/ProductCharges", "100.00"), leaf("Expenses/AmazonFees", "-15.00"))

CASES = [
    # total, own leaves, items' leaves, paths that count, difference
    ("85.00", OWN, [[SALE, FEE]], ["ProductCharges/OurPricePrincipal", "AmazonFees/Commission/Base"], "0"),
    ("85.00", OWN, [[SALE], [FEE]], ["ProductCharges/OurPricePrincipal", "AmazonFees/Commission/Base"], "0"),
    ("85.00", OWN, [[SALE]], ["Sales/ProductCharges", "Expenses/AmazonFees"], "0"),
    ("85.00", OWN, [], ["Sales/ProductCharges", "Expenses/AmazonFees"], "0"),
    ("85.00", (), [[SALE, FEE]], ["ProductCharges/OurPricePrincipal", "AmazonFees/Commission/Base"], "0"),
    ("-9.99", (), [], [""], "0"),
    ("0.00", (), [[]], [""], "0"),
    ("80.00", OWN, [[SALE, FEE]], ["Sales/ProductCharges", "Expenses/AmazonFees", DIFFERENCE_PATH], "-5.00"),
    ("90.00", (), [[SALE]], ["ProductCharges/OurPricePrincipal", DIFFERENCE_PATH], "-10.00"),
    (None, OWN, [[SALE, FEE]], ["ProductCharges/OurPricePrincipal", "AmazonFees/Commission/Base"], "0"),
    (None, (), [[SALE]], ["ProductCharges/OurPricePrincipal"], "0"),
]


@pytest.mark.parametrize("total, own, items, paths, difference", CASES)
def test_one_level_counts_and_adds_up(total, own, items, paths, difference):
    """Items where they add up, else the transaction, else the total alone; what is left has a line of its own."""
    found = lines_of(None if total is None else Decimal(total), own, items)
    assert found is not None
    assert [line.path for line in found.lines] == paths
    assert found.difference == Decimal(difference)
    assert sum(line.amount for line in found.lines) == found.total


def test_a_transaction_that_says_nothing_of_money_has_no_lines():
    """Missing is not zero."""
    assert lines_of(None, (), [[], []]) is None


def test_a_separator_inside_a_name_does_not_make_another_path():
    """A name is one step, whatever is in it."""
    assert Leaf(("Fees", "Pick/Pack"), Decimal(1)).path_text == "Fees/Pick|Pack"


LEAVES = st.builds(
    Leaf,
    st.lists(st.sampled_from(["Tax", "Base", "Fees", "Sales"]), min_size=1, max_size=3).map(tuple),
    st.decimals(-1000, 1000, places=2),
)
TOTALS = st.none() | st.decimals(-1000, 1000, places=2)


@given(TOTALS, st.lists(LEAVES, max_size=4), st.lists(st.lists(LEAVES, max_size=4), max_size=3))
def test_lines_always_add_up_to_the_total(total, own, items):
    """Whatever is told, nothing counts twice and nothing gets lost."""
    found = lines_of(total, own, items)
    if found is None:
        assert total is None
        assert not own
        assert not any(items)
        return
    assert sum(line.amount for line in found.lines) == found.total
    assert total in (None, found.total)
    assert any(line.path == DIFFERENCE_PATH for line in found.lines) == bool(found.difference)


CONTENTS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["", "a", "b", "1"])), max_size=8)


@given(CONTENTS, st.randoms())
def test_keys_are_unique_and_do_not_depend_on_the_order(contents, draw):
    """The same lines have the same keys, however they are told."""
    keys = line_keys("T1", contents)
    assert len(set(keys)) == len(keys)
    shuffled = list(contents)
    draw.shuffle(shuffled)
    again = line_keys("T1", shuffled)
    assert sorted(again) == sorted(keys)
    assert sorted(zip(shuffled, again, strict=True)) == sorted(zip(contents, keys, strict=True))
    assert not set(keys) & set(line_keys("T2", contents))


def test_keys_tell_fields_apart():
    """Fields are not glued together."""
    assert line_keys("T", [("ab", "c")]) != line_keys("T", [("a", "bc")])
