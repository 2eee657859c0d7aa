"""The one door for numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import money
from ledger.errors import InputRefused, UnknownCurrency


@pytest.mark.parametrize(
    "value, currency, expected",
    [
        ("12.30", "USD", "12.30"),
        ("12.3", "USD", "12.30"),
        ("12.300", "USD", "12.30"),
        (" -5 ", "EUR", "-5.00"),
        (7, "GBP", "7.00"),
        (Decimal("1200"), "JPY", "1200"),
        ("0.125", "KWD", "0.125"),
        ("-0.00", "USD", "0.00"),
        (Decimal("-0"), "JPY", "0"),
    ],
)
def test_an_amount_has_exactly_the_decimals_of_its_currency(value, currency, expected):
    """Amounts come as text, whole numbers or decimals and leave with the currency's decimals."""
    assert money.text(money.exact(value, currency), currency) == expected


@pytest.mark.parametrize(
    "value, currency",
    [
        (1.5, "USD"),
        (True, "USD"),
        (None, "USD"),
        ("", "USD"),
        ("1e3", "USD"),
        ("1_000", "USD"),
        ("1,000.00", "USD"),
        ("(5.00)", "USD"),
        ("NaN", "USD"),
        ("٣.00", "USD"),
        (Decimal("NaN"), "USD"),
        (Decimal("Infinity"), "USD"),
        (Decimal("1E+40"), "USD"),
        (Decimal("1E9999999999"), "USD"),
        (Decimal("-1E+999999999999"), "USD"),
        (Decimal("1E-9999999999"), "USD"),
        (10**40, "USD"),
        ("0.001", "USD"),
        ("0.5", "JPY"),
        (Decimal("1.2345"), "KWD"),
    ],
)
def test_what_would_lose_money_is_refused(value, currency):
    """Floats, scientific notation, separators, too many decimals and numbers without end are refused."""
    with pytest.raises(InputRefused):
        money.exact(value, currency)


def test_an_unknown_currency_is_refused_by_name():
    """A code that no books know is named in the sentence."""
    with pytest.raises(UnknownCurrency, match="'usd'"):
        money.minor_units("usd")


def test_an_empty_sum_is_zero_with_decimals():
    """No amounts add up to zero, not to nothing."""
    assert money.text(money.total([], "USD"), "USD") == "0.00"


@given(st.integers(min_value=-(10**15), max_value=10**15), st.sampled_from(sorted(money.MINOR_UNITS)))
def test_minor_units_lead_there_and_back(units, currency):
    """Whole minor units and amounts are the same thing in two forms."""
    amount = money.from_minor(units, currency)
    assert money.in_minor(amount, currency) == units
    assert money.exact(money.text(amount, currency), currency) == amount
