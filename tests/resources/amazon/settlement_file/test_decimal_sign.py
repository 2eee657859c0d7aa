"""The decimal sign comes from all amounts of a file; what can be read in two ways is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.resources.amazon.settlement_file.texts import Desk, v2_text


@pytest.mark.parametrize(
    "amounts, total, currency, sign, read",
    [
        # Thousands beside decimals leave one reading.
        (["1,100.00", "-15.00"], "1,085.00", "USD", ".", ["1100.000", "-15.000"]),
        (["1.100,00", "-15,00"], "1.085,00", "EUR", ",", ["1100.000", "-15.000"]),
        (["1 100,00", "-15,00"], "1\u00a0085,00", "EUR", ",", ["1100.000", "-15.000"]),
        (["1\u202f100,00"], "1100,00", "EUR", ",", ["1100.000"]),
        (["1'100.00", "1\u2019000.00"], "2100.00", "CHF", ".", ["1100.000", "1000.000"]),
        (["12,34,567.89"], "1234567.89", "INR", ".", ["1234567.890"]),
        # Minus and blanks as they occur.
        (
            ["(15.00)", "\u22123.00", "-1.00", "32.09    "],
            "13.09",
            "USD",
            ".",
            ["-15.000", "-3.000", "-1.000", "32.090"],
        ),
        (["\u00a05.00\u00a0"], "5.00", "USD", ".", ["5.000"]),
        # Whole numbers and fewer decimals mean the same under both signs.
        (["5", "-2"], "3", "USD", ".", ["5.000", "-2.000"]),
        (["5.5", "1"], "6.5", "USD", ".", ["5.500", "1.000"]),
        # Zeros behind the currency's decimals change nothing.
        (["1.5000"], "1.50", "USD", ".", ["1.500"]),
        # The tie decides: only as thousands do the rows add up.
        (["1,234", "15"], "1,249", "USD", ".", ["1234.000", "15.000"]),
        (["1.234", "-15.000", "14.001"], "235", "EUR", ",", ["1234.000", "-15000.000", "14001.000"]),
        # Where both readings tie, only a currency without decimals decides: nobody pays tenths of a yen.
        (["1,234"], "1,234", "JPY", ".", ["1234.000"]),
        # The tie decides: only as decimals do the rows add up.
        (["1.234", "2"], "3.234", "KWD", ".", ["1.234", "2.000"]),
        (["1,234", "2"], "3,234", "KWD", ",", ["1.234", "2.000"]),
        (["1,234", "2"], "1,236", "KWD", ".", ["1234.000", "2.000"]),
    ],
)
def test_the_decimal_sign_is_inferred_from_the_whole_file(
    desk: Desk, amounts: list[str], total: str, currency: str, sign: str, read: list[str]
) -> None:
    """Rule: readable, then fitting the currency, then tying; the sign is independent of the dates."""
    found = desk.read(v2_text(amounts, total_amount=total, currency=currency))
    assert found.decimal_sign == sign
    assert desk.amounts() == read


@pytest.mark.parametrize(
    "amounts, total, currency",
    [
        (["1,234", "2,345"], "3,579", "KWD"),
        (["1.234"], "1.234", "KWD"),
        (["1,230", "2,340"], "3,570", "USD"),
        (["1,234", "2,345"], "3,579", "USD"),
        (["1.234"], "1.234", "EUR"),
        (["0.125"], "0.125", "USD"),
        (["1,000"], "1,000", "JPY"),
    ],
)
def test_a_thousand_or_three_decimals_is_not_guessed(desk: Desk, amounts: list[str], total: str, currency: str) -> None:
    """Rule: when both readings stand and both tie, the file is refused."""
    assert "can be read in two ways" in str(desk.refused(v2_text(amounts, total_amount=total, currency=currency)))


@pytest.mark.parametrize(
    "text, shown",
    [
        ("1e3", '"1e3"'),
        ("1_000", '"1_000"'),
        ("1.2.3", '"1.2.3"'),
        ("0,125", '"0,125"'),
        ("(00,125.00)", '"(00,125.00)"'),
        ("--5.00", '"--5.00"'),
        ("5.00-", '"5.00-"'),
        ("1,23,4.00", '"1,23,4.00"'),
        ("1,100 000.00", '"1,100 000.00"'),
        ("(-5.00)", '"(-5.00)"'),
        ("5.", '"5."'),
        ("9999999999999999.00", '"9999999999999999.00"'),
        ("1." + "0" * 45, "not shown"),
        ("NaN", "not shown"),
        ("inf", "not shown"),
        ("Jane Doe", "not shown"),
        ("USD 5.00", "not shown"),
    ],
)
def test_a_number_that_cannot_be_read_names_row_and_column(desk: Desk, text: str, shown: str) -> None:
    """Rule: no cast is trusted with it, and free text is never repeated."""
    refusal = desk.refused(v2_text(["1.00", text], total_amount="1.00"))
    assert (refusal.row, refusal.column) == (4, "amount")
    assert "row 4, column amount" in str(refusal)
    assert shown in str(refusal)
    assert "Jane" not in str(refusal)


def test_an_unreadable_total_names_its_row(desk: Desk) -> None:
    """Rule: the total is an amount like the others."""
    refusal = desk.refused(v2_text(["1.00"], total_amount="1.00 or so"))
    assert (refusal.row, refusal.column) == (2, "total-amount")


def test_two_decimal_signs_in_one_file_are_refused(desk: Desk) -> None:
    """Rule: one file has one sign; the sentence shows one amount of each."""
    refusal = desk.refused(v2_text(["1.23", "2,34"], total_amount="3.57"))
    assert "1.23" in str(refusal) or "3.57" in str(refusal)
    assert "2,34 in row 4" in str(refusal)


@pytest.mark.parametrize("amount, currency", [("1.234", "USD"), ("1.5", "JPY"), ("1.2345", "KWD")])
def test_more_decimals_than_the_currency_has_are_refused(desk: Desk, amount: str, currency: str) -> None:
    """Rule: nothing is rounded."""
    refusal = desk.refused(v2_text(["1", "2.0", amount], total_amount="3", currency=currency))
    assert (refusal.row, refusal.column) == (5, "amount")
    assert f"more decimals than {currency}" in str(refusal)


@pytest.mark.parametrize("text, quantity", [("3", 3), ("1,000", 1000), ("2.00", 2), ("-1", -1), ("", None), (" 4 ", 4)])
def test_quantities_are_whole_numbers(desk: Desk, text: str, quantity: int | None) -> None:
    """Rule: a quantity follows the file's number format and has no fraction."""
    desk.read(v2_text([{"amount": "1.00", "quantity-purchased": text}]))
    assert desk.rows("quantity")[1] == (quantity,)


@pytest.mark.parametrize("text", ["1.5", "two", "99999999999"])
def test_a_quantity_that_is_no_whole_number_is_refused(desk: Desk, text: str) -> None:
    """Rule: a quantity that cannot be read names row and column."""
    refusal = desk.refused(v2_text(["1.00", {"amount": "1.00", "quantity-purchased": text}]))
    assert (refusal.row, refusal.column) == (4, "quantity-purchased")


GROUPS = {".": [",", " ", "\u00a0", "'"], ",": [".", " ", "\u00a0", "'"]}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_amounts_of_any_locale_come_back_exactly(desk: Desk, data: st.DataObject) -> None:
    """Rule: sign, groups, minus and brackets are notation; the amount is the same to the cent."""
    sign = data.draw(st.sampled_from(".,"))
    group = data.draw(st.sampled_from(GROUPS[sign]))
    is_bracketed = data.draw(st.booleans())
    amounts = data.draw(st.lists(st.decimals("-9999999.99", "9999999.99", places=2), min_size=1, max_size=6))

    def written(amount: Decimal) -> str:
        digits = f"{abs(amount):,.2f}".replace(",", "G").replace(".", sign).replace("G", group)
        return digits if amount >= 0 else f"({digits})" if is_bracketed else f"-{digits}"

    found = desk.read(v2_text([written(amount) for amount in amounts], total_amount=written(sum(amounts, Decimal(0)))))
    assert found.total_amount == found.sum_amount == sum(amounts)
    assert [amount for (amount,) in desk.rows("amount")[1:]] == amounts
