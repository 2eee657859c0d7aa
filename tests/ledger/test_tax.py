"""VAT inside gross amounts, exact to the cent."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InputRefused
from ledger.policy import Marketplace
from ledger.tax import model_of_order, pass_through_remainders, rate_on, split_order, vat_in_gross

_RATES = st.sampled_from(
    [Decimal(text) for text in ("0", "5.5", "7", "7.7", "8.1", "16", "19", "20", "25.5", "27", "100")]
)
_CENTS = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    "gross, rate, vat",
    [
        (11900, "19", 1900),
        (10000, "19", 1597),
        (-10000, "19", -1597),
        (1, "19", 0),
        (3, "20", 1),  # 0.5 of a cent rounds away from zero
        (-3, "20", -1),
        (0, "19", 0),
        (10770, "7.7", 770),
        (100, "0", 0),
        (2, "100", 1),
    ],
)
def test_vat_is_the_share_of_the_gross_rounded_half_away_from_zero(gross, rate, vat):
    """VAT = gross x rate / (100 + rate)."""
    assert vat_in_gross(gross, Decimal(rate)) == vat


@given(_CENTS, _RATES)
def test_vat_agrees_with_decimal_arithmetic(gross, rate):
    """Whole-number arithmetic gives what exact decimals give."""
    exact = (Decimal(gross) * rate / (100 + rate)).quantize(Decimal(1), ROUND_HALF_UP)
    assert vat_in_gross(gross, rate) == exact


@given(_CENTS, _RATES)
def test_a_refund_takes_back_exactly_the_vat_of_the_sale(gross, rate):
    """The sign changes nothing but the sign."""
    assert vat_in_gross(-gross, rate) == -vat_in_gross(gross, rate)


@given(st.lists(_CENTS, max_size=12), _RATES)
def test_the_lines_of_an_order_hold_exactly_the_vat_of_the_order(lines, rate):
    """Per order the VAT is exact to the cent, and no line is off by more than one."""
    shares = split_order(lines, rate)
    assert len(shares) == len(lines)
    assert sum(shares) == vat_in_gross(sum(lines), rate)
    for gross, vat in zip(lines, shares, strict=True):
        assert abs(vat - vat_in_gross(gross, rate)) <= 1
        assert (gross - vat) + vat == gross


@pytest.mark.parametrize("rate", [Decimal("-1"), Decimal("101"), Decimal("NaN"), 19, 19.0])
def test_a_rate_out_of_bounds_is_refused(rate):
    """A rate is a decimal in per cent."""
    with pytest.raises(InputRefused):
        vat_in_gross(100, rate)


def test_remainders_stay_with_their_order():
    """What one order leaves is never offset by another; rows without an order stand together."""
    rows = [("B", 500), ("A", 800), ("A", -600), ("B", -700), ("C", 9), ("C", -9), ("", -3)]
    assert [(one.order, one.amount_minor) for one in pass_through_remainders(rows)] == [
        ("", -3),
        ("A", 200),
        ("B", -200),
    ]


@given(st.lists(st.tuples(st.sampled_from("ABC"), _CENTS), max_size=20))
def test_remainders_keep_all_money(rows):
    """Remainders add up to what all rows add up to."""
    left = pass_through_remainders(rows)
    assert sum(one.amount_minor for one in left) == sum(amount for _, amount in rows)
    assert all(one.amount_minor for one in left)


@pytest.mark.parametrize(
    "settings, has_withheld, has_tax, model",
    [
        ({"tax_model": "facilitator"}, False, False, "facilitator"),
        ({"tax_model": "added"}, True, True, "added"),
        ({"tax_model": "mixed", "otherwise": "added"}, True, True, "facilitator"),
        ({"tax_model": "mixed", "otherwise": "added"}, True, False, "facilitator"),
        ({"tax_model": "mixed", "otherwise": "added"}, False, False, "added"),
        ({"tax_model": "mixed", "otherwise": "included", "vat_rates": [{"rate": 20}]}, False, True, "added"),
        ({"tax_model": "mixed", "otherwise": "included", "vat_rates": [{"rate": 20}]}, False, False, "included"),
    ],
)
def test_the_model_of_an_order_follows_its_rows_only_where_mixed(settings, has_withheld, has_tax, model):
    """A stated model holds for every order; `mixed` looks at the rows."""
    assert model_of_order(Marketplace(**settings), has_withheld=has_withheld, has_tax=has_tax) == model


@pytest.mark.parametrize(
    "day, rate",
    [("2025-12-31", None), ("2026-01-01", "19"), ("2026-06-30", "19"), ("2026-07-01", "16"), ("2027-01-01", None)],
)
def test_rates_hold_from_their_first_to_their_last_day(day, rate):
    """Both ends are included; between tables there is no rate."""
    rates = [
        {"rate": "16", "valid_from": "2026-07-01", "valid_to": "2026-12-31"},
        {"rate": "19", "valid_from": "2026-01-01", "valid_to": "2026-06-30"},
    ]
    found = rate_on(Marketplace(tax_model="included", vat_rates=rates), date.fromisoformat(day))
    assert (str(found.rate) if found else None) == rate
