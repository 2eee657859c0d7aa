"""Two sources held against each other."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.source_match import Difference, added_up, by_category, by_order

ONE, TWO = "111-0000001-0000001", "111-0000002-0000002"
AMOUNTS = st.dictionaries(
    st.tuples(st.sampled_from(["", ONE, TWO]), st.sampled_from(["revenue", "refund", "referral_fee"])),
    st.decimals(-1000, 1000, places=2),
    max_size=6,
)


def test_amounts_are_added_up_by_order_and_category():
    """What settlements carry between them is left out; what nobody classifies keeps its amount."""
    rows = [
        (ONE, "revenue", Decimal("10.00")),
        (ONE, "revenue", Decimal("2.50")),
        ("", "reserve_movement", Decimal("-300.00")),
        ("", None, Decimal("-7.35")),
    ]
    assert added_up(rows) == {(ONE, "revenue"): Decimal("12.50"), ("", "not classified"): Decimal("-7.35")}


def test_what_is_no_order_stands_under_none():
    """A fee for a shipment to a warehouse, a removal: one source names them and the other does not."""
    rows = [
        ("FBA15WVXNXG", "fba_inbound_fee", Decimal("-18.40")),
        ("S01-1234567-7654321", "fba_fulfilment_fee", Decimal(-1)),
    ]
    assert set(added_up(rows)) == {("", "fba_inbound_fee"), ("S01-1234567-7654321", "fba_fulfilment_fee")}


def test_a_difference_names_both_sides():
    """Category first, then the order it comes from."""
    ours = {(ONE, "revenue"): Decimal("12.50"), (TWO, "revenue"): Decimal("5.00")}
    theirs = {(ONE, "revenue"): Decimal("12.50")}
    assert by_category(ours, theirs) == [Difference("revenue", "", Decimal("17.50"), Decimal("12.50"))]
    [order] = by_order(ours, theirs)
    assert (order.order_id, order.amount) == (TWO, Decimal("5.00"))


def test_money_under_another_order_is_a_difference_of_orders_only():
    """The category agrees in sum: nothing is missing, it is told of somebody else."""
    ours, theirs = {(ONE, "revenue"): Decimal("5.00")}, {(TWO, "revenue"): Decimal("5.00")}
    assert by_category(ours, theirs) == []
    assert {one.order_id for one in by_order(ours, theirs)} == {ONE, TWO}


@given(ours=AMOUNTS, theirs=AMOUNTS)
def test_the_differences_are_the_whole_difference(ours, theirs):
    """Whatever the amounts: by category and by order the same sum is left, and nothing where they are equal."""
    left = sum(ours.values(), Decimal(0)) - sum(theirs.values(), Decimal(0))
    assert sum((one.amount for one in by_category(ours, theirs)), Decimal(0)) == left
    assert sum((one.amount for one in by_order(ours, theirs)), Decimal(0)) == left
    assert by_order(ours, dict(ours)) == by_category(ours, dict(ours)) == []
