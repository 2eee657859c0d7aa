"""One scan for files whose values are evident; the inference must come to the same on every one of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.amazon.settlement_file import reader, self_evident
from tests.resources.amazon.settlement_file.texts import Desk, v2_text

DOTTED_SUMMARY = {
    "settlement_start_date": "01.03.2026 10:00:00 UTC",
    "settlement_end_date": "15.03.2026 10:00:00 UTC",
    "deposit_date": "17.03.2026 10:00:00 UTC",
}
DOTTED = {"posted-date": "05.03.2026", "posted-date-time": "05.03.2026 09:00:00 UTC"}
EVIDENT = {
    "us": v2_text(["100.00", "-15.00", {"amount": "-0.01", "promotion-id": 'a "b" \\ c'}]),
    "uk": v2_text([{"amount": "1.50", **DOTTED}], currency="GBP", **DOTTED_SUMMARY),
    "eur": v2_text([{"amount": "-1234,50", **DOTTED}], currency="EUR", total_amount="-1234,50", **DOTTED_SUMMARY),
    "yen": v2_text(["1200", "-200"], currency="JPY", total_amount="1000"),
    "other day": v2_text([{"amount": "1.00", "posted-date": "2026-03-04"}]),
    "reserve": v2_text([{"amount": "-1.00", "transaction-type": "x", "amount-type": "other-transaction"}]),
}
DOUBTFUL = {
    "padded amount": v2_text(["1.00", " 2.00 "]),
    "padded label": v2_text(["1.00", {"amount": "2.00", "amount-type": "ItemPrice "}]),
    "padded order": v2_text(["1.00", {"amount": "2.00", "order-id": "111-1111111-1111111 "}]),
    "thousands": v2_text(["1.00", "1,002.00"], total_amount="1003.00"),
    "no instant": v2_text(["1.00", {"amount": "2.00", "posted-date-time": ""}]),
    "other date": v2_text(["1.00", {"amount": "2.00", "posted-date": "05/03/26"}]),
    "no amount": v2_text(["1.00", {"amount": ""}]),
    "whole quantity": v2_text(["1.00", {"amount": "2.00", "quantity-purchased": "1.0"}]),
    "total on a row": v2_text(["1.00", {"amount": "2.00", "total-amount": "3.00"}]),
}


def _without_shortcut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "read_self_evident", lambda *_, **__: None)


def _without_inference(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the inference was asked")

    monkeypatch.setattr(reader, "read_by_inference", refuse)


@pytest.mark.parametrize("name", EVIDENT)
def test_an_evident_file_needs_no_inference_and_the_inference_agrees(
    desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule: the short way decides nothing that the whole file would not decide in the same way."""
    with monkeypatch.context() as short:
        _without_inference(short)
        answer, rows = desk.read(EVIDENT[name]), desk.rows()
    _without_shortcut(monkeypatch)
    assert desk.read(EVIDENT[name]) == answer
    assert desk.rows() == rows


@pytest.mark.parametrize("name", DOUBTFUL)
def test_one_row_that_differs_sends_the_file_to_the_inference(
    desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule: the first rows only suggest; a later row in another form is never read by their formats."""
    with monkeypatch.context() as short:
        _without_inference(short)
        with pytest.raises(AssertionError, match="inference was asked"):
            desk.read(DOUBTFUL[name])
    assert desk.read(DOUBTFUL[name]).sum_amount in (Decimal("1.00"), Decimal("3.00"), Decimal("1003.00"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amounts=st.lists(st.decimals("-99999.99", "99999.99", places=2), min_size=1, max_size=6),
    sign=st.sampled_from(".,"),
)
def test_evident_amounts_come_back_exactly(desk: Desk, amounts: list[Decimal], sign: str) -> None:
    """Rule: money is exact from text to DECIMAL, and the sum ties."""
    texts = [f"{amount:.2f}".replace(".", sign) for amount in amounts]
    found = desk.read(v2_text(texts, total_amount=f"{sum(amounts):.2f}".replace(".", sign)))
    assert found.sum_amount == sum(amounts)
    assert [amount for (amount,) in desk.rows("amount")[1:]] == amounts


def test_of_a_large_file_the_first_rows_say_whether_the_posted_dates_agree(desk: Desk, monkeypatch) -> None:
    """Rule: another pass over the whole text would take a fifth of the reading; the sentence says how far it went."""
    monkeypatch.setattr(self_evident, "_COMPARED_ROWS_MAX", 3)
    other = {"amount": "1.00", "posted-date": "2026-03-04"}
    assert desk.read(v2_text(["1.00", "1.00", other])).warnings == ()
    [told] = desk.read(v2_text(["1.00", other, other])).warnings
    assert told.startswith("In 1 of the first 2 rows posted-date is another day than posted-date-time, first in row 4")
