"""A clearing item is closed by a bank receipt or by a later settlement; what stays open is told with its age."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ledger.closing import Moved, closing

DUE = date(2026, 11, 3)


def moved(text: str) -> Moved:
    """Read an entry: `ours 80.00` or `US001 0000000007 -80.00`."""
    document, _, amount = text.rpartition(" ")
    return Moved(document, DUE, Decimal(amount), document.startswith("ours"))


@pytest.mark.parametrize(
    ("entries", "total", "days", "is_carried", "passed", "said"),
    [
        (["ours 80.00", "BNK7 -80.00"], "80.00", 2, False, True, "closed by BNK7 of 2026-11-03 (-80.00)."),
        (["ours 80.00", "BNK7 -50.00", "BNK8 -30.00"], "80.00", 2, False, True, "closed by BNK7"),
        (["ours 80.00"], "80.00", 10, False, True, "open with 80.00 USD, 10 days"),
        (["ours 80.00"], "80.00", 11, False, False, "open with 80.00 USD, 11 days"),
        (["ours 80.00"], "80.00", 11, False, False, "Look whether the bank has it"),
        (["ours 80.00", "BNK7 -79.00"], "80.00", 11, False, False, "BNK7 of 2026-11-03 (-79.00) stands on it."),
        (["ours 80.00", "BNK7 -81.00"], "80.00", 11, False, False, "open with -1.00 USD"),
        (["ours 80.00", "BNK7 -81.00"], "80.00", 2, False, False, "not a part of the settlement's 80.00 USD"),
        (["ours 80.00", "COPY 80.00"], "80.00", 2, False, False, "open with 160.00 USD"),
        (["ours -57.92", "COPY -57.92"], "-57.92", 2, False, False, "not a part of the settlement's -57.92 USD"),
        (["ours -321.69"], "-321.69", 44, False, True, "open with -321.69 USD"),
        (["ours -321.69"], "-321.69", 46, False, False, "open with -321.69 USD"),
        (["ours -321.69"], "-321.69", 46, False, False, "Look for the settlement that carries it in"),
        (["ours -321.69", "ours next 321.69"], "-321.69", 46, True, True, "by a later settlement that carries it in"),
        ([], "0.00", 99, False, True, "The clearing item is closed."),
    ],
)  # fmt: skip
def test_how_an_item_stands(
    entries: list[str], total: str, days: int, is_carried: bool, passed: bool, said: str
) -> None:
    """Ten days for a receipt, forty-five for a debt; the entries of others are named."""
    today = DUE + timedelta(days=days)
    found = closing(map(moved, entries), Decimal(total), "USD", DUE, today, 10, is_carried=is_carried)
    assert found.compared.passed is passed
    assert said in found.compared.sentence
    assert found.left == sum((Decimal(one.rpartition(" ")[2]) for one in entries), Decimal(0))
    assert [row["document"] for row in found.compared.rows] == [one.document for one in found.by_others]
