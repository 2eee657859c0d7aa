"""Parameters that an operation does not know: passed over, as clients in wide use show, or refused."""

from __future__ import annotations

import pytest

from tests.emulators.amazon.finance_bench import UK, finance_bench

LONG_AGO = "2026-10-01T00:00:00Z"
QUESTIONS = [
    ("/finances/2024-06-19/transactions", {"postedAfter": LONG_AGO}),
    ("/finances/2024-06-19/balances", {}),
    ("/finances/2024-06-19/summary", {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": "901"}),
    ("/finances/v0/financialEventGroups", {}),
    ("/finances/v0/financialEvents", {"PostedAfter": LONG_AGO}),
    ("/finances/transfers/2024-06-01/payouts", {}),
    ("/finances/transfers/2024-06-01/payouts/expected", {}),
    ("/finances/invoices/2026-06-25/invoices", {"marketplaceId": UK}),
    ("/orders/2026-01-01/orders", {"createdAfter": LONG_AGO}),
]


@pytest.mark.parametrize("path, params", QUESTIONS)
def test_a_parameter_that_is_not_known_is_passed_over(path: str, params: dict[str, str]) -> None:
    """The answer is that of the same question without it; in the other position of the switch it is a 400."""
    with_more = params | {"SomethingElse": "1"}
    plain = finance_bench().call(path, params=params)
    assert plain.status_code == 200, plain.text
    assert finance_bench().call(path, params=with_more).json() == plain.json()
    assert finance_bench(unknown_parameters="refused").call(path, params=with_more).status_code == 400
