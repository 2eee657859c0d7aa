"""Spreadsheet cells: text is never a formula, amounts stay exact."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_defs.cli import spreadsheet
from ledger.errors import InputRefused

DANGEROUS = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "%0A=1", "|calc"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_that_a_spreadsheet_would_run_is_marked_as_text(text: str, tmp_path: Path) -> None:
    """In CSV by an apostrophe, in a workbook by the cell's type."""
    assert spreadsheet.csv_cell(text) == f"'{text}"
    path = spreadsheet.write_xlsx(tmp_path / "a.xlsx", {"sheet": (("text",), [{"text": text}])})
    cell = openpyxl.load_workbook(path)["sheet"]["A2"]
    assert cell.data_type == "s"


@given(st.text(max_size=40))
def test_no_text_cell_ever_begins_like_a_formula(text: str) -> None:
    """Whatever a marketplace writes."""
    assert not spreadsheet.csv_cell(text).startswith(spreadsheet.FORMULA_SIGNS)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_amounts_are_numbers_with_all_their_digits(amount: Decimal) -> None:
    """A negative amount begins with a minus and is no formula."""
    assert Decimal(spreadsheet.csv_cell(amount)) == amount


@pytest.mark.parametrize(
    "value, shown, number_format",
    [
        (Decimal("-1250.37"), -1250.37, "#,##0.00"),
        (Decimal("1000"), 1000, "#,##0"),
        (Decimal("0.125"), 0.125, "#,##0.000"),
        (Decimal("1234567890123456.78"), "1234567890123456.78", "@"),
        (7, 7, "General"),
    ],
)
def test_a_workbook_shows_amounts_with_their_decimals(
    value: object, shown: object, number_format: str, tmp_path: Path
) -> None:
    """An amount with more digits than a spreadsheet number holds is written as text rather than rounded."""
    path = spreadsheet.write_xlsx(tmp_path / "a.xlsx", {"sheet": (("amount",), [{"amount": value}])})
    cell = openpyxl.load_workbook(path)["sheet"]["A2"]
    assert (cell.value, cell.number_format) == (shown, number_format)


def test_dates_and_missing_values_keep_their_kind(tmp_path: Path) -> None:
    """A missing amount is an empty cell, never zero."""
    rows = [{"day": date(2026, 1, 15), "amount": None}]
    path = spreadsheet.write_xlsx(tmp_path / "a.xlsx", {"sheet": (("day", "amount"), rows)})
    sheet = openpyxl.load_workbook(path)["sheet"]
    assert sheet["A2"].value.date() == date(2026, 1, 15)
    assert sheet["B2"].value in (None, "")


def test_characters_that_a_workbook_cannot_hold_are_replaced(tmp_path: Path) -> None:
    """Control characters would make the file unreadable."""
    path = spreadsheet.write_xlsx(tmp_path / "a.xlsx", {"sheet": (("text",), [{"text": "a\x00b\x1bc"}])})
    assert openpyxl.load_workbook(path)["sheet"]["A2"].value == "a b c"


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the way out."""
    monkeypatch.setattr(spreadsheet, "ROWS_MAX", 2)
    rows = [{"n": number} for number in range(3)]
    with pytest.raises(InputRefused, match="--format csv"):
        spreadsheet.write_xlsx(tmp_path / "a.xlsx", {"lines": (("n",), rows)})


def test_csv_comes_back_as_it_was(tmp_path: Path) -> None:
    """Quotes, commas and line ends inside a cell survive."""
    rows = [{"text": 'a "quoted", line\nwith break', "amount": Decimal("-2.50")}]
    (path,) = spreadsheet.write_csv(tmp_path, {"sheet": (("text", "amount"), rows)})
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == [{"text": 'a "quoted", line\nwith break', "amount": "-2.50"}]
