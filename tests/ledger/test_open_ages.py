"""Open items by age: which are open at a period's end, since when, and which are late."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.open_ages import ItemMove, bracket_of, by_bracket, open_items

END = date(2026, 11, 30)


def move(document: str, amount: str, settlement_id: str = "", day: date = date(2026, 11, 10)) -> ItemMove:
    """Return one entry on clearing."""
    return ItemMove(document, day, Decimal(amount), settlement_id)


@pytest.mark.parametrize(
    "days, bracket",
    [
        *((0, "0-14 days"), (14, "0-14 days"), (15, "15-30 days"), (30, "15-30 days")),
        *((31, "31-60 days"), (60, "31-60 days"), (61, "over 60 days"), (900, "over 60 days")),
    ],
)
def test_an_age_falls_into_one_bracket(days: int, bracket: str) -> None:
    """Both ends of each are included."""
    assert bracket_of(days) == bracket


def test_an_item_is_what_is_left_of_all_its_entries() -> None:
    """A closed one is none; the age runs from the day the money was due, not from the entry."""
    moves = [
        move("J1", "700.00", "S1"),
        move("BANK1", "-700.00", "S1"),
        move("J2.1", "60.00", "S2"),
        move("J2.2", "40.00", "S2"),
    ]
    [item] = open_items(moves, {"S1": date(2026, 11, 1), "S2": date(2026, 11, 14)}, END, 10)
    assert (item.name, item.amount, item.days, item.bracket) == ("S2", Decimal("100.00"), 16, "15-30 days")
    assert item.is_late


def test_a_receipt_may_take_its_days_and_a_debt_its_settlement() -> None:
    """A debt waits for the settlement that carries it in: 45 days, or longer where receipts may take longer."""
    due = {"S1": date(2026, 11, 20), "S2": date(2026, 11, 19), "S3": date(2026, 10, 16), "S4": date(2026, 10, 15)}
    moves = [move("J1", "1.00", "S1"), move("J2", "1.00", "S2"), move("J3", "-1.00", "S3"), move("J4", "-1.00", "S4")]
    late = {one.name: one.is_late for one in open_items(moves, due, END, 10)}
    assert late == {"S1": False, "S2": True, "S3": False, "S4": True}


def test_what_is_not_due_yet_is_no_day_old() -> None:
    """The first part of a settlement that is open at the period's end, and one whose date is not known."""
    items = open_items([move("J1", "5.00", "S1"), move("J2", "6.00", "S2")], {"S1": date(2026, 12, 4)}, END, 10)
    assert {(one.name, one.days, one.is_late) for one in items} == {("S1", 0, False), ("S2", 0, False)}


def test_an_entry_on_no_item_is_an_item_of_its_own() -> None:
    """Named by its document and as old as it is; whether it is right is another question than its age."""
    items = open_items([move("MANUAL", "-9.00", day=date(2026, 9, 1)), move("OTHER", "4.00")], {}, END, 10)
    assert [(one.name, one.amount, one.bracket) for one in items] == [
        ("MANUAL", Decimal("-9.00"), "over 60 days"),
        ("OTHER", Decimal("4.00"), "15-30 days"),
    ]
    assert not any(one.is_late for one in items)


def test_every_bracket_has_its_sum() -> None:
    """Those without an item as well, so that tables of two months look alike."""
    sums = by_bracket(open_items([move("A", "9.00"), move("B", "-2.50")], {}, END, 10))
    assert list(sums) == ["0-14 days", "15-30 days", "31-60 days", "over 60 days"]
    assert sums["15-30 days"] == Decimal("6.50")
    assert sums["over 60 days"] == 0
