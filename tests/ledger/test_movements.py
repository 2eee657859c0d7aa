"""Properties of movements; the examples stand in test_accounting_examples."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import InputRefused
from ledger.journal import build_journals
from ledger.movements import Item, movements_of, remainder_of
from ledger.reconciliation import journal_equals_settlement

_NAMES = ["principal", "shipping", "refund", "commission", "reserve held", "payable", "returned", "tax", "withheld"]
_LINES = st.lists(
    st.tuples(
        st.sampled_from(_NAMES),
        st.integers(-(10**9), 10**9),
        st.sampled_from(["Amazon.com", "Amazon.de"]),
        st.sampled_from(["SKU", "US2-1"]),
    ),
    max_size=25,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_LINES)
def test_any_settlement_balances_and_its_clearing_is_its_total(resolved, books, frame, clearing, lines):
    """Whatever the lines, every document balances per unit and the clearing lines sum to the settlement's total."""
    movements, total = [], Decimal(0)
    for name, cents, marketplace, sku in lines:
        if marketplace == "Amazon.de" and name in ("tax", "withheld"):
            continue
        amount = Decimal(cents) / 100
        row = resolved(name, str(amount or 1), marketplace=marketplace, sku=sku)
        vat = (amount / 6).quantize(Decimal("0.01"))
        earlier = Item(clearing, "S0")
        movements += movements_of(amount, row, books("S1"), vat=vat, earlier=earlier)
        total += amount
    journals = build_journals(movements, frame, date(2026, 3, 31))
    compared = journal_equals_settlement(journals, clearing, "S1", total, "USD")
    assert compared.passed, compared.sentence


def test_what_a_treatment_needs_is_asked_for(resolved, books):
    """VAT without its amount, a remainder without an account: refused, not guessed."""
    with pytest.raises(InputRefused, match="VAT"):
        movements_of(Decimal("5"), resolved("principal", marketplace="Amazon.de"), books("S1"))
    with pytest.raises(InputRefused, match="tax liability"):
        remainder_of(Decimal("5"), resolved("principal"), books("S1"), "A")


def test_an_amount_that_is_all_vat_moves_no_net(resolved, books, shown):
    """A cent of gross can be a cent of VAT; no movement of zero is made."""
    row = resolved("principal", marketplace="Amazon.de")
    movements = movements_of(Decimal("0.01"), row, books("S1"), vat=Decimal("0.01"))
    assert shown(movements) == ["Dr clearing[S1] 0.01 / Cr tax liability"]


def test_labels_and_grain_travel_with_the_movement(resolved, books):
    """The category's label and the grain's value stand on each movement."""
    (movement,) = movements_of(Decimal("1"), resolved("principal"), books("S1"), label="revenue", detail="SKU-1")
    assert (movement.label, movement.detail) == ("revenue", "SKU-1")
