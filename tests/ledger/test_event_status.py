"""A deferred sale is told twice: once it counts as a sale, once as cash."""

from __future__ import annotations

import pytest

from ledger.event_status import standing_of

X, Y = "transaction-x", "transaction-y"

CASES = [
    # status, DEFERRED_TRANSACTION_ID, RELEASE_TRANSACTION_ID, cash, accrual
    ("RELEASED", "", "", True, True),
    ("DEFERRED", "", "", False, True),
    ("DEFERRED_RELEASED", "", Y, False, True),
    ("DEFERRED_RELEASED", Y, "", False, True),
    ("RELEASED", X, "", True, False),
    ("RELEASED", "", X, True, False),
    ("RELEASED", X, Y, True, False),
    ("Released", "", "", True, True),
    ("Deferred Released", "", Y, False, True),
    (None, "", "", True, True),
    ("  ", X, "", False, False),
    (None, "", Y, False, False),
    ("ON_HOLD", "", "", False, False),
]


@pytest.mark.parametrize("status, deferred, release, is_cash, is_accrual", CASES)
def test_what_a_status_counts_for(status, deferred, release, is_cash, is_accrual):
    """Cash is what is released; a sale is what was not told before, whichever of the two carries which id."""
    found = standing_of(status, deferred, release)
    assert (found.is_cash, found.is_accrual) == (is_cash, is_accrual)


@pytest.mark.parametrize("x_has, y_has", [(("", Y), (X, "")), ((Y, ""), ("", X)), (("", ""), (X, Y)), ((X, Y), (X, Y))])
def test_over_its_life_a_deferred_sale_counts_once_in_each_view(x_has, y_has):
    """Before its release it is a sale and no cash; afterwards each exactly once."""
    before = [standing_of("DEFERRED", *x_has)]
    after = [standing_of("DEFERRED_RELEASED", *x_has), standing_of("RELEASED", *y_has)]
    assert [sum(one.is_accrual for one in life) for life in (before, after)] == [1, 1]
    assert [sum(one.is_cash for one in life) for life in (before, after)] == [0, 1]


def test_what_nobody_told_and_what_nobody_knows_is_seen():
    """A missing status counts as released, an unknown one for nothing; both show."""
    assert (standing_of(None, "", "").is_told, standing_of(None, "", "").is_known) == (False, True)
    assert (standing_of(None, "", Y).is_told, standing_of(None, "", Y).is_known) == (False, False)
    assert (standing_of("ON HOLD", "", "").is_told, standing_of("ON HOLD", "", "").is_known) == (True, False)
