"""One file is one settlement: its id, its summary, its currency."""

from __future__ import annotations

import pytest

from tests.resources.amazon.settlement_file.texts import Desk, lines_of, v2_text


def test_several_settlements_in_one_file_are_refused(desk: Desk) -> None:
    """Rule: both ids and the row of the second are named."""
    refusal = desk.refused(v2_text(["1.00", {"amount": "1.00", "settlement-id": "24391894961"}]))
    assert "24288684721, and 24391894961 from row 4" in str(refusal)


@pytest.mark.parametrize(
    "settlement_id, row", [("", 2), ("12-34", 2), ("1" * 21, 2), ("../../etc", 2), ("24288684721'", 2), ("２４", 2)]
)
def test_an_id_that_is_no_number_is_refused(desk: Desk, settlement_id: str, row: int) -> None:
    """Rule: an id that comes out of a document is checked before it names anything."""
    text = v2_text([{"amount": "1.00", "settlement-id": settlement_id}], settlement_id=settlement_id)
    refusal = desk.refused(text)
    assert (refusal.row, refusal.column) == (row, "settlement-id")


@pytest.mark.parametrize("settlement_id", ["1", "24288684721", "9" * 20])
def test_an_id_of_one_to_twenty_digits_is_kept_as_text(desk: Desk, settlement_id: str) -> None:
    """Rule: ids are text."""
    text = v2_text([{"amount": "1.00", "settlement-id": settlement_id}], settlement_id=settlement_id)
    assert desk.read(text).settlement_id == settlement_id


def test_a_row_without_id_is_refused(desk: Desk) -> None:
    """Rule: every row says to which settlement it belongs."""
    assert desk.refused(v2_text(["1.00", {"amount": "1.00", "settlement-id": " "}])).row == 4


def test_a_file_without_summary_is_refused(desk: Desk) -> None:
    """Rule: without a total nothing can tie."""
    lines = v2_text(["1.00"]).split("\n")
    refusal = desk.refused("\n".join([lines[0], *lines[2:]]))
    assert "no summary row" in str(refusal)


@pytest.mark.parametrize(
    "row, column",
    [
        ({"total-amount": "2.00"}, "total-amount"),
        ({"currency": "CAD"}, "currency"),
        ({"settlement-end-date": "2026-03-16 10:00:00 UTC"}, "settlement-end-date"),
    ],
)
def test_a_summary_that_contradicts_itself_is_refused(desk: Desk, row: dict[str, str], column: str) -> None:
    """Rule: repeated summary values must all agree."""
    refusal = desk.refused(v2_text(["1.00", {"amount": "0.00", **row}]))
    assert f"two different values of {column}" in str(refusal)
    assert refusal.row == 4


@pytest.mark.parametrize("has_header", [True, False])
def test_two_files_put_together_are_refused(desk: Desk, has_header: bool) -> None:
    """Rule: even two copies of a zero settlement, whose sums tie, are not one settlement."""
    one = v2_text(["1.00", "-1.00"])
    two = one if has_header else one.split("\n", 1)[1]
    assert desk.refused(one + two).row == 5


@pytest.mark.parametrize(
    "currency, words",
    [("", "no currency"), ("XXX", "currency XXX"), ("dollars", "is in a currency that"), ("U$D", "is")],
)
def test_a_missing_or_unknown_currency_is_refused(desk: Desk, currency: str, words: str) -> None:
    """Rule: no amount without its currency."""
    refusal = desk.refused(v2_text(["1.00"], currency=currency))
    assert words in str(refusal)
    assert refusal.column == "currency"


def test_the_summary_may_stand_behind_the_rows(desk: Desk) -> None:
    """Rule: the summary is found by what it holds, not by its place."""
    lines = v2_text(["1.00", "2.00"]).splitlines()
    found = desk.read("\n".join([lines[0], *lines[2:], lines[1]]) + "\n")
    assert (found.lines, str(found.total_amount)) == (2, "3.00")
    assert [row for (row,) in desk.rows("source_row")] == [2, 3, 4]


def test_a_lower_case_currency_is_read(desk: Desk) -> None:
    """Rule: the code counts, not its case."""
    assert desk.read(v2_text(["1.00"], currency="usd")).currency == "USD"


def test_a_file_of_blank_cells_is_refused(desk: Desk) -> None:
    """Rule: rows without any value are no settlement."""
    columns = v2_text([]).split("\n")[0].split("\t")
    assert desk.refused(lines_of(columns, [{}, {"sku": "x"}])).column == "settlement-id"
