"""Which account of the mapping takes the money of a bank account, and which mappings are refused."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.accounts import Nature
from ledger.errors import MappingRefused
from ledger.mapping import account_uses, load_mapping

DAY = date(2026, 11, 11)
START = """\
version: 1
owner: {unit: US001, segments: {department: "10000"}}
accounts:
  clearing: "110500"
"""
BANKS = """\
  bank:
    - "100100"
    - {account: "100200", currency: EUR}
    - {account: "100300", account_ending: "43a1"}
    - {account: "100400", account_ending: "43A1", currency: EUR, valid_from: 2026-01-01}
  fx_realised:
    - {account: "690100", valid_to: 2026-06-30}
    - {account: "690200", valid_from: 2026-07-01}
"""


def test_the_account_that_says_more_takes_the_line() -> None:
    """An ending before a currency, both before one; dates are those of the line."""
    mapping = load_mapping(START + BANKS, "m.yaml")
    cases = [
        ("6789", "USD", DAY, "100100"),
        ("6789", "EUR", DAY, "100200"),
        ("43A1", "USD", DAY, "100300"),
        ("43A1", "EUR", DAY, "100400"),
        ("43A1", "EUR", date(2025, 12, 31), "100300"),
    ]
    for tail, currency, day, account in cases:
        found = mapping.bank(tail, currency, None, day)
        assert str(found) == f"US001/account={account};department=10000", (tail, currency, day)
    assert mapping.of_role("fx_realised", None, DAY).account == "690200"
    assert mapping.of_role("card_in_transit", None, DAY) is None


def test_what_no_account_takes_is_nothing() -> None:
    """There is no default."""
    narrow = load_mapping(START + '  bank: {account: "100300", account_ending: "4321"}\n', "m.yaml")
    assert narrow.bank("6789", "USD", None, DAY) is None
    assert load_mapping(START, "m.yaml").bank("6789", "USD", None, DAY) is None


def test_the_erp_is_asked_for_the_right_side_of_the_balance_sheet() -> None:
    """A bank account on it, realised exchange in profit and loss."""
    uses = {one.account.account: one.nature for one in account_uses(load_mapping(START + BANKS, "m.yaml"))}
    assert uses["100400"] is Nature.CASH
    assert uses["690200"] is Nature.EXPENSE
    assert Nature.CASH.is_balance_sheet


@pytest.mark.parametrize(
    ("accounts", "sentence"),
    [
        ('  bank: ["100100", "100200"]\n', "holds on dates on which account 100100 holds too"),
        ('  bank: {account: "100100", unit: US002}\n', "is that of the owner, whose bank is paid: remove the unit"),
        ('  fx_realised: {account: "690100", unit: US002}\n', "is that of the owner"),
        ('  inventory_loss: {account: "690300", unit: US002}\n', "is that of the stock that was lost"),
        ('  bank: {account: "110500"}\n', "which is the clearing account itself"),
        ('  bank: {account: "100100", currency: usd}\n', "accounts.bank"),
        ('  bank: {account: "100100", acount_ending: "1234"}\n', "did you mean account_ending?"),
        ('  bank: {account: "100100", nature: expense}\n', "nature is fixed for bank: remove it"),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_line(accounts: str, sentence: str) -> None:
    """As every other account of the file."""
    with pytest.raises(MappingRefused) as refused:
        load_mapping(START + accounts, "m.yaml")
    assert sentence in str(refused.value)
    assert "m.yaml:5" in str(refused.value)
