"""A bank's CSV file is read by the layout that fits its header, and by no other."""

from decimal import Decimal

import pytest

from ledger.errors import BankFileRefused
from resources.bank.csv_file import read_csv
from resources.bank.settings import CsvLayout
from tests.resources.bank.files import CSV, CSV_LAYOUT

ONE = CsvLayout(**CSV_LAYOUT)
TWO = CsvLayout(
    booking_date="Date", debit="Out", credit="In", in_currency="USD", account_tail="4321", text=["What", "Who"]
)
TWO_COLUMNS = 'Date,Out,In,What,Who\n2026-11-03,,"1,000.00",Deposit,Amazon\n2026-11-04,12.50,,Fee,Bank\n'


def amounts_of(text: str, **layouts: CsvLayout) -> list[Decimal]:
    """Return the amounts in file order."""
    return [line.amount for line in read_csv("f.csv", text, layouts).lines]


def refusal(text: str, **layouts: CsvLayout) -> str:
    """Return the sentence that refuses a file."""
    with pytest.raises(BankFileRefused) as refused:
        read_csv("f.csv", text, layouts)
    return str(refused.value)


def test_debit_and_credit_in_two_columns() -> None:
    """A credit is positive, a debit negative, written with or without a minus."""
    assert amounts_of(TWO_COLUMNS, two=TWO) == [Decimal("1000.00"), Decimal("-12.50")]
    assert amounts_of(TWO_COLUMNS.replace(",12.50", ",-12.50"), two=TWO) == [Decimal("1000.00"), Decimal("-12.50")]
    assert read_csv("f.csv", TWO_COLUMNS, {"two": TWO}).lines[0].text == "Deposit Amazon"


def test_the_layout_is_chosen_by_the_header() -> None:
    """Both layouts are known; each file fits one."""
    assert amounts_of(TWO_COLUMNS, one=ONE, two=TWO) == [Decimal("1000.00"), Decimal("-12.50")]
    assert amounts_of(CSV, one=ONE, two=TWO) == [Decimal("250.75"), Decimal("-50.00")]


def test_a_file_that_fits_several_layouts_is_refused() -> None:
    """Two layouts may read one column in two ways."""
    assert "fits several of the layouts" in refusal(CSV, one=ONE, other=ONE.model_copy(update={"text": ()}))


def test_no_layout_at_all() -> None:
    """The sentence says where the columns are named."""
    assert "`bank.csv`" in refusal(CSV)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TWO_COLUMNS.replace('"1,000.00"', "5.00").replace(",,5", ",5.00,5"), "row 2 has an amount in both"),
        (TWO_COLUMNS.replace(",12.50,", ",,"), "row 3 has an amount in both or in neither"),
        (TWO_COLUMNS.replace('"1,000.00"', "-5.00"), "row 2 has a negative credit"),
        (TWO_COLUMNS + "2026-11-05,-1.00,,Return,Bank\n", "row 4 has a negative debit beside positive ones"),
        (TWO_COLUMNS.replace("Fee,Bank", "Fee"), "row 3 has 4 cells under a header of 5 columns"),
        (TWO_COLUMNS.replace("Fee,Bank", "Fee, big,Bank"), "row 3 has 6 cells"),
        (TWO_COLUMNS.replace("Fee,Bank", '"Fee,Bank'), "breaks off inside a quoted cell"),
        (TWO_COLUMNS.replace("What,Who", "What,Who,In"), "has the column In twice"),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit_refuse_the_file(text: str, said: str) -> None:
    """A shifted cell would be a wrong amount."""
    assert said in refusal(text, two=TWO)


def test_the_order_of_a_file_does_not_change_the_keys() -> None:
    """Banks export newest first or oldest first."""
    head, *rows = TWO_COLUMNS.splitlines()
    turned = "\n".join([head, *reversed(rows)]) + "\n"
    keys = [{line.key for line in read_csv("f.csv", text, {"two": TWO}).lines} for text in (TWO_COLUMNS, turned)]
    assert keys[0] == keys[1]
