"""Rows that carry money between settlements are found whatever their spelling."""

from __future__ import annotations

import pytest

from tests.resources.amazon.settlement_file.texts import Desk, v2_text

OTHER = {"transaction-type": "other-transaction", "amount-type": "other-transaction", "amount": "1.00"}


@pytest.mark.parametrize(
    "label, is_carried",
    [
        ("Current Reserve Amount", True),
        ("current_reserve_amount", True),
        ("Previous  Reserve Amount Balance", True),
        ("Payable to Amazon", True),
        ("Successful charge", True),
        ("Failed Disbursement", True),
        ("Transfer of funds unsuccessful: the bank account is closed", True),
        ("Transfer of funds", False),
        ("Subscription Fee", False),
    ],
)
@pytest.mark.parametrize("amount_type", ["other-transaction", "Other-Transaction"])
def test_carried_rows_are_found_by_their_label(desk: Desk, amount_type: str, label: str, is_carried: bool) -> None:
    """Rule: case, blanks and underscores do not hide a reserve or a debt; the label is kept as written."""
    found = desk.read(v2_text(["5.00", {**OTHER, "amount-type": amount_type, "amount-description": label}]))
    assert [(each.description, str(each.amount), each.source_row) for each in found.carry] == (
        [(label, "1.00", 4)] if is_carried else []
    )


def test_a_reserve_label_under_another_type_is_not_carried(desk: Desk) -> None:
    """Rule: the same words on an order are something else."""
    assert desk.read(v2_text([{"amount": "1.00", "amount-description": "Current Reserve Amount"}])).carry == ()


def test_marketplaces_come_in_the_order_of_their_rows(desk: Desk) -> None:
    """Rule: the selling marketplace first; rows without one are not counted."""
    rows = [{"amount": "1.00", "marketplace-name": name} for name in ("B", "A", "C", "C", "", "")]
    assert desk.read(v2_text(rows)).marketplaces == ("C", "A", "B")


def test_amounts_have_the_decimals_of_the_currency(desk: Desk) -> None:
    """Rule: yen have none, dinars three."""
    yen = desk.read(v2_text([{**OTHER, "amount": "5"}], currency="JPY", total_amount="5"))
    dinar = desk.read(v2_text(["1.500", "0.1"], currency="KWD", total_amount="1.600"))
    assert [str(yen.total_amount), str(yen.by_triple[0].amount)] == ["5", "5"]
    assert [str(dinar.total_amount), str(dinar.sum_amount)] == ["1.600", "1.600"]
