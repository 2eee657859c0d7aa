"""Decimal sign and order of day and month of a CSV file: inferred from all cells, or refused."""

from datetime import date
from decimal import Decimal

import pytest

from ledger.errors import BankFileRefused
from resources.bank.settings import CsvLayout
from resources.bank.values import amounts, dates
from tests.resources.bank.files import CSV_LAYOUT


def cells(*texts: str) -> list[tuple[int, str]]:
    """Return cells with their rows."""
    return list(enumerate(texts, start=2))


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        (("1,250.00", "-3.10"), ("1250.00", "-3.10")),
        (("1.250,00", "-3,10"), ("1250.00", "-3.10")),
        (("1,250", "2.50"), ("1250", "2.50")),  # the second cell decides for the first
        (("1 250,50", "7"), ("1250.50", "7")),
        (("1'250.50", "7"), ("1250.50", "7")),
        (("3.10-", "(4.00)"), ("-3.10", "-4.00")),
        (("\u22123.10", "+4.00"), ("-3.10", "4.00")),
        (("5", "7"), ("5", "7")),
        (("1,234,567", "0"), ("1234567", "0")),  # two groups: never a decimal sign
    ],
)  # fmt: skip
def test_the_whole_file_decides(texts: tuple[str, ...], read: tuple[str, ...]) -> None:
    """One reading is left."""
    assert amounts("f", cells(*texts), "infer") == tuple(map(Decimal, read))


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("1,250", "7"), "1,250 is a thousand or has decimals"),
        (("1.250", "3.100"), "1.250 is a thousand or has decimals"),
        (("1.50", "1,50"), "uses both decimal signs: 1.50 (row 2) and 1,50 (row 3)"),
        (("1e3",), "where an amount is expected"),
        (("",), "(nothing) where an amount is expected"),
        (("1,2,3",), "where an amount is expected"),
        (("--1",), "where an amount is expected"),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_refused(texts: tuple[str, ...], said: str) -> None:
    """Never guessed."""
    with pytest.raises(BankFileRefused) as refused:
        amounts("f", cells(*texts), "infer")
    assert said in str(refused.value)


def test_the_settings_decide_where_the_file_does_not() -> None:
    """1,250 with a decimal comma is one and a quarter."""
    assert amounts("f", cells("1,250"), ",") == (Decimal("1.250"),)
    assert amounts("f", cells("1,250"), ".") == (Decimal(1250),)


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        (("2026-11-03",), (date(2026, 11, 3),)),
        (("20261103",), (date(2026, 11, 3),)),
        (("03.11.2026", "04.11.26"), (date(2026, 11, 3), date(2026, 11, 4))),
        (("03/11/2026", "13/11/2026"), (date(2026, 11, 3), date(2026, 11, 13))),
        (("11/03/2026", "11/13/2026"), (date(2026, 11, 3), date(2026, 11, 13))),
        (("11/11/2026",), (date(2026, 11, 11),)),  # the same under both orders
        (("2026-11-03 17:00:01",), (date(2026, 11, 3),)),
    ],
)  # fmt: skip
def test_the_order_of_day_and_month_is_that_under_which_all_dates_exist(
    texts: tuple[str, ...], read: tuple[date, ...]
) -> None:
    """A 13 is no month."""
    assert dates("f", [cells(*texts)], "infer") == (read,)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("03/04/2026", "05/06/2026"), "a date that can be read in two ways: 03/04/2026"),
        (("31/02/2026",), "row 2 has"),
        (("soon",), "(text, not shown here) where a date is expected"),
        (("13/11/2026", "11/13/2026"), "row 3 has"),
    ],
)  # fmt: skip
def test_a_date_that_cannot_be_decided_is_refused(texts: tuple[str, ...], said: str) -> None:
    """Never guessed; `date_order` in the settings decides."""
    with pytest.raises(BankFileRefused) as refused:
        dates("f", [cells(*texts)], "infer")
    assert said in str(refused.value)
    assert dates("f", [cells("03/04/2026")], "mdy") == ((date(2026, 3, 4),),)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"amount": ""}, "either amount, or both debit and credit"),
        ({"debit": "Out"}, "either amount, or both debit and credit"),
        ({"currency": "", "in_currency": ""}, "either currency"),
        ({"account_tail": "6789"}, "either account"),
        ({"amounts": "x"}, "Extra inputs"),
    ],
)  # fmt: skip
def test_a_layout_that_leaves_something_open_is_refused(changed: dict, said: str) -> None:
    """Each of amount, currency and account comes from exactly one place."""
    with pytest.raises(ValueError) as refused:
        CsvLayout(**{**CSV_LAYOUT, **changed})
    assert said in str(refused.value)
