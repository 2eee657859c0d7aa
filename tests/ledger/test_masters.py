"""Which item a product is: exactly, nearly, several or none; and nothing near is ever taken for a match."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.masters import Item, Items, Likeness, Product, folded, spellings

MUG = Item("CAMP-MUG", references=("B0MUG",))
LAMP = Item("00123-L")
OLD = Item("OLD", is_active=False)
BY_ASIN = Item("B0TENT")
TWINS = (Item("T-1", references=("B0TWIN",)), Item("T-2", references=("B0TWIN",)))
ITEMS = Items((MUG, LAMP, OLD, BY_ASIN, *TWINS))


@pytest.mark.parametrize(
    "sku, asin, likeness, by, numbers",
    [
        ("CAMP-MUG", "", Likeness.MATCH, "item number", ["CAMP-MUG"]),
        ("CAMP-MUG", "B0TENT", Likeness.MATCH, "item number", ["CAMP-MUG"]),
        ("OTHER", "B0MUG", Likeness.MATCH, "ASIN as reference", ["CAMP-MUG"]),
        ("B0MUG", "", Likeness.MATCH, "SKU as reference", ["CAMP-MUG"]),
        ("TENT", "B0TENT", Likeness.MATCH, "ASIN as item number", ["B0TENT"]),
        ("TWIN", "B0TWIN", Likeness.SEVERAL, "ASIN as reference", ["T-1", "T-2"]),
        ("camp-mug", "", Likeness.NEAR, "number, nearly", ["CAMP-MUG"]),
        ("CAMP MUG", "", Likeness.NEAR, "number, nearly", ["CAMP-MUG"]),
        ("CAMP–MUG", "", Likeness.NEAR, "number, nearly", ["CAMP-MUG"]),
        ("123L", "", Likeness.NEAR, "number, nearly", ["00123-L"]),
        ("CAMP-MUGS", "", Likeness.MISS, "", []),
        ("CAMP_MUG", "", Likeness.MISS, "", []),
        ("--", "", Likeness.MISS, "", []),
        ("OLD", "", Likeness.MATCH, "item number", ["OLD"]),
    ],
)
def test_a_product_is_matched(sku, asin, likeness, by, numbers):
    """Number before reference, SKU before ASIN, near last; an underscore is no hyphen."""
    found = ITEMS.match(Product(sku, asin))
    assert (found.likeness, found.by, [one.number for one in found.items]) == (likeness, by, numbers)


def test_only_one_active_item_is_usable():
    """An inactive item is a match that nobody can sell; several are none."""
    skus = ("CAMP-MUG", "OLD", "camp-mug", "NOTHING")
    assert [ITEMS.match(Product(one)).is_usable for one in skus] == [True, False, False, False]
    assert not ITEMS.match(Product("TWIN", "B0TWIN")).is_usable


def test_the_same_number_twice_is_several():
    """Nobody could say which."""
    found = Items((Item("A"), Item("A"))).match(Product("A"))
    assert (found.likeness, len(found.items)) == (Likeness.SEVERAL, 2)


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_near_match_is_never_a_match(sku, number):
    """Whatever the names: a match by number is the very same text, and near ones fold to the same."""
    found = Items((Item(number),)).match(Product(sku))
    assert (found.likeness is Likeness.MATCH) == (sku == number)
    if found.likeness is Likeness.NEAR:
        assert folded(sku) == folded(number) != ""


@given(st.text(max_size=12))
def test_other_spellings_fold_to_the_same_or_to_nothing(name):
    """They are asked for where an ERP answers exact names only."""
    assert name not in spellings(name)
    assert {folded(one) for one in spellings(name) if one.isascii()} <= {folded(name)}


def test_spellings_of_a_customer_number():
    """Leading zeros, case and hyphens."""
    assert set(spellings("00ab-1")) >= {"00ab1", "ab1", "00AB1", "00AB-1", "AB1"}
