"""The road from archived bytes to lines: golden files, legal oddities, ties, cut-off files, no half results."""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import SettlementFileRefused
from resources.amazon.settlement_file import COLUMN_TYPES, CarriedAmount, TripleTotal, lines_relation, read_settlement
from tests.resources.amazon.settlement_file.texts import Desk, v1_text, v2_text

GOLDEN = Path(__file__).parent / "golden"
GOLDEN_FILES = sorted(path.stem.removesuffix(".lines") for path in GOLDEN.glob("*.lines.txt"))
GOLDEN_COLUMNS = [
    "source_row", "leg", "transaction_type", "amount_type", "amount_description", "amount", "posted_at",
    "marketplace_name", "order_id", "merchant_order_id", "adjustment_id", "shipment_id", "fulfillment_id",
    "order_item_code", "merchant_order_item_id", "merchant_adjustment_item_id", "sku", "quantity",
    "promotion_id",
]  # fmt: skip
RESERVE = {
    "transaction-type": "other-transaction",
    "amount-type": "other-transaction",
    "amount-description": "Current Reserve Amount",
}


@pytest.mark.parametrize("name", GOLDEN_FILES)
def test_a_golden_file_gives_the_lines_written_beside_it(name: str, tmp_path: Path) -> None:
    """Rule: every row of the file, in order, under its V2 labels, with the row it stands in."""
    lines = tmp_path / "lines.parquet"
    read_settlement(GOLDEN / f"{name}.txt", lines)
    found = duckdb.sql(f"SELECT {', '.join(GOLDEN_COLUMNS)} FROM {lines_relation(lines)}").fetchall()
    written = [" | ".join(GOLDEN_COLUMNS)]
    written += [" | ".join("" if cell is None else str(cell) for cell in row).rstrip() for row in found]
    assert "\n".join(written) + "\n" == (GOLDEN / f"{name}.lines.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name, layout, currency, total, lines, amounts, date_format, sign",
    [
        ("v2_us", "v2", "USD", "28.16", 11, 11, "ISO", "."),
        ("v2_uk_negative", "v2", "GBP", "-5.50", 2, 2, "dd.mm.yyyy", "."),
        ("v2_eur_zero", "v2", "EUR", "0.00", 3, 3, "dd.mm.yyyy", ","),
        ("v2_user_dd_mm_yy", "v2", "USD", "18.00", 2, 2, "ISO", "."),
        ("v1_33_columns", "v1", "CAD", "30.74", 9, 9, "ISO with offset", "."),
        ("v1_36_columns", "v1", "CAD", "46.87", 4, 3, "ISO with offset", "."),
    ],
)
def test_a_golden_file_is_described(
    name: str, layout: str, currency: str, total: str, lines: int, amounts: int, date_format: str, sign: str
) -> None:
    """Rule: dates and numbers follow two independent locales, and the rows add up to the total."""
    found = read_settlement(GOLDEN / f"{name}.txt", None)
    assert (found.settlement_id, found.layout, found.currency) == ("24288684721", layout, currency)
    assert str(found.total_amount) == str(found.sum_amount) == total
    assert (found.lines, found.amounts, found.date_format, found.decimal_sign) == (lines, amounts, date_format, sign)
    assert (found.columns_unknown, found.warnings, found.charset) == ((), (), "utf-8")


@pytest.mark.parametrize("name", GOLDEN_FILES)
def test_describing_alone_says_the_same_as_writing(name: str, tmp_path: Path) -> None:
    """Rule: a check without lines refuses and describes exactly as the reading itself."""
    described = read_settlement(GOLDEN / f"{name}.txt", None)
    assert described == read_settlement(GOLDEN / f"{name}.txt", tmp_path / "lines.parquet")


def test_the_description_names_labels_marketplaces_period_and_carried_rows(tmp_path: Path) -> None:
    """Rule: what moves between settlements is named with its row; instants are aware UTC."""
    found = read_settlement(GOLDEN / "v2_us.txt", tmp_path / "lines.parquet")
    assert found.start == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert found.end == datetime(2026, 3, 15, 10, tzinfo=UTC)
    assert found.deposit_date == datetime(2026, 3, 17, 10, tzinfo=UTC)
    assert found.posted_min == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert found.posted_max == datetime(2026, 3, 15, 9, 59, 59, tzinfo=UTC)
    assert found.marketplaces == ("Amazon.com", "Non-Amazon US")
    assert TripleTotal("Order", "ItemPrice", "Principal", Decimal("100.00"), 2) in found.by_triple
    assert sum(each.amount for each in found.by_triple) == found.total_amount
    assert sum(each.lines for each in found.by_triple) == found.amounts
    assert found.carry == (
        CarriedAmount("Previous Reserve Amount Balance", Decimal("12.50"), 12),
        CarriedAmount("Current Reserve Amount", Decimal("-9.70"), 13),
    )


@pytest.mark.parametrize("name", ["v2_us", "v1_33_columns", "v2_user_dd_mm_yy"])
def test_lines_have_their_columns_and_types(name: str, tmp_path: Path) -> None:
    """Rule: whatever the layout, later stages find the same columns, money as DECIMAL, time as TIMESTAMP."""
    read_settlement(GOLDEN / f"{name}.txt", tmp_path / "lines.parquet")
    described = duckdb.sql(f"DESCRIBE SELECT * FROM {lines_relation(tmp_path / 'lines.parquet')}").fetchall()
    assert {row[0]: row[1] for row in described} == COLUMN_TYPES


def test_identical_lines_are_all_kept(desk: Desk) -> None:
    """Rule: nothing is deduplicated inside a file."""
    assert desk.read(v2_text(["5.00"] * 3)).sum_amount == Decimal("15.00")
    assert desk.amounts() == ["5.000"] * 3


@pytest.mark.parametrize(
    "rows, total, lines, amounts",
    [
        ([], "0.00", 0, 0),
        (["1.00", "-1.00"], "0.00", 2, 2),
        (["-321.69"], "-321.69", 1, 1),
        (["0.00"], "0.00", 1, 1),
        (["1.00", {"amount": ""}], "1.00", 2, 1),
    ],
)
def test_empty_zero_and_negative_settlements_are_legal(
    desk: Desk, rows: list[str | dict[str, str]], total: str, lines: int, amounts: int
) -> None:
    """Rule: no deposit is no error, and a row without an amount stays a row: missing is not zero."""
    found = desk.read(v2_text(rows))
    assert (str(found.total_amount), found.lines, found.amounts) == (total, lines, amounts)
    assert len(desk.rows()) == lines + 1
    assert desk.amounts().count(None) == lines - amounts


def test_a_tool_may_repeat_the_summary_on_every_row(desk: Desk) -> None:
    """Rule: exports that repeat id, period, total and currency are read, without a summary row of their own."""
    whole = v2_text(["1.00", "2.00"]).splitlines()
    summary = whole[1].split("\t")[:6]
    rows = ["\t".join([*summary, *line.split("\t")[6:]]) for line in whole[2:]]
    found = desk.read("\n".join([whole[0], *rows]) + "\n")
    assert (found.lines, found.amounts, str(found.total_amount)) == (2, 2, "3.00")
    assert [row for (row,) in desk.rows("source_row")] == [2, 3]


@pytest.mark.parametrize("deposit", ["", None])
def test_a_settlement_without_deposit_date_is_read(desk: Desk, deposit: str | None) -> None:
    """Rule: the deposit date is nominal; without it, or without its column, the settlement is whole."""
    text = v2_text(["1.00"], deposit_date="")
    if deposit is None:
        text = "\n".join("\t".join(cells[:3] + cells[4:]) for cells in (line.split("\t") for line in text.split("\n")))
    assert desk.read(text).deposit_date is None


def test_every_row_keeps_its_place(desk: Desk) -> None:
    """Rule: the position in the Parquet file is the row of the source, whatever rows repeat or lack an amount."""
    rows = [{"amount": f"{number % 7}.00", "order-id": f"111-{number:07d}"} for number in range(3, 5000)]
    for text in (v2_text(rows), v2_text([*rows, {"amount": "", "order-id": "111-0005000"}])):
        desk.read(text)
        assert all(order_id == f"111-{row:07d}" for row, order_id in desk.rows("source_row, order_id")[1:])


@pytest.mark.parametrize("layout", ["v2", "v1"])
def test_rows_that_do_not_add_up_are_refused_with_both_figures(desk: Desk, layout: str) -> None:
    """Rule: sum(amount) equals total-amount to the cent, else the file is refused whole."""
    v1_row = {"price-type": "Principal", "price-amount": "99.99"}
    text = v2_text(["99.99"], total_amount="100.00") if layout == "v2" else v1_text([v1_row], total_amount="100.00")
    sentence = str(desk.refused(text))
    assert "99.99 USD" in sentence
    assert "100.00 USD" in sentence
    assert "-0.01" in sentence


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_digit_of_an_amount_is_refused(desk: Desk, data: st.DataObject) -> None:
    """Rule: a file with one digit of one amount changed never gets through."""
    amounts = data.draw(st.lists(st.decimals("-999.99", "999.99", places=2), min_size=1, max_size=5))
    at = data.draw(st.integers(0, len(amounts) - 1))
    texts = [f"{amount:.2f}" for amount in amounts]
    total = f"{sum(amounts):.2f}"
    digits = [place for place, letter in enumerate(texts[at]) if letter.isdigit()]
    place = data.draw(st.sampled_from(digits))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != texts[at][place]]))
    changed = texts[at][:place] + other + texts[at][place + 1 :]
    assert "does not tie" in str(desk.refused(v2_text([*texts[:at], changed, *texts[at + 1 :]], total_amount=total)))


@pytest.mark.parametrize("bytes_lost", [1, 3, 40, 120])
def test_a_file_cut_off_inside_its_last_row_is_refused_as_such(desk: Desk, bytes_lost: int) -> None:
    """Rule: a truncated download is named as truncated, with the row where it ends, even when a date broke first."""
    refusal = desk.refused(v2_text(["1.00", "2.00", "3.00"]).rstrip("\n")[:-bytes_lost])
    assert "is cut off" in str(refusal)
    assert refusal.row == 5


def test_a_file_cut_off_inside_its_last_amount_is_refused_as_such(desk: Desk) -> None:
    """Rule: without a line end, a broken last value is a cut, not a typing error."""
    columns = ["settlement-id", "settlement-start-date", "settlement-end-date", "total-amount", "currency"]
    columns += ["transaction-type", "order-id", "marketplace-name", "sku", "quantity-purchased", "amount-type"]
    columns += ["amount-description", "posted-date-time", "amount"]
    text = v2_text(["1.00", "12.34"], columns=columns)
    refusal = desk.refused(text[:-2])
    assert "is cut off in row 4" in str(refusal)
    assert refusal.row == 4


def test_a_file_without_a_last_line_end_is_read_when_it_is_whole(desk: Desk) -> None:
    """Rule: an editor may drop the last line end; the fields are all there and the sum ties."""
    whole = desk.read(v2_text(["1.00", "2.00"]))
    assert desk.read(v2_text(["1.00", "2.00"]).rstrip("\n")) == whole


def test_a_file_cut_off_at_a_line_end_is_refused_by_its_sum(desk: Desk) -> None:
    """Rule: a missing last row breaks the tie."""
    whole = v2_text(["1.00", "2.00"])
    shorter = whole[: whole.rstrip("\n").rindex("\n") + 1]
    assert "1.00 USD" in str(desk.refused(shorter))


def test_the_same_content_has_the_same_hash_however_it_is_packed(desk: Desk) -> None:
    """Rule: the same settlement under two report ids is recognised whatever gzip, BOM, line ends and charset."""
    text = v2_text([{"amount": "1.00", "sku": "Café"}])
    wanted = hashlib.sha256(text.encode()).hexdigest()
    forms = [
        text.encode(),
        gzip.compress(text.encode()),
        b"\xef\xbb\xbf" + text.encode(),
        text.replace("\n", "\r\n").encode(),
        text.encode("cp1252"),
        (text + "\n \n").encode(),
        text.rstrip("\n").encode(),
    ]
    assert [desk.read(form).content_hash for form in forms] == [wanted] * len(forms)
    assert desk.read(v2_text([{"amount": "1.00", "sku": "Cafe"}])).content_hash != wanted


def test_a_known_document_hash_is_taken_only_for_a_plain_file(desk: Desk) -> None:
    """Rule: hashing is spared when the archive knows the hash of exactly these bytes, never otherwise."""
    text = v2_text(["1.00"])
    known = "f" * 64
    assert desk.read(text, document_sha256=known).content_hash == known
    wanted = hashlib.sha256(text.encode()).hexdigest()
    for form in (gzip.compress(text.encode()), text.replace("\n", "\r\n").encode(), text.rstrip("\n").encode()):
        assert desk.read(form, document_sha256=known).content_hash == wanted


def test_a_refusal_leaves_the_file_of_lines_as_it_was(desk: Desk) -> None:
    """Rule: lines appear whole or not at all, and an earlier version stays."""
    desk.read(v2_text(["1.00"]))
    before = desk.lines.read_bytes()
    with pytest.raises(SettlementFileRefused):
        desk.read(v2_text(["1.00"], total_amount="2.00"))
    assert desk.lines.read_bytes() == before
    assert sorted(path.name for path in desk.folder.iterdir()) == ["lines.parquet", "report.txt"]


@pytest.mark.parametrize(
    "text",
    [
        v2_text(["1.00"], total_amount="2.00"),
        v2_text(["1.00", "many"], total_amount="2.00"),
        v2_text(["1.00", {"amount": "1.00", "posted-date-time": "2026-13-01 00:00:00 UTC"}]),
        v2_text(["1.00", {"amount": "1.00", "quantity-purchased": "two"}]),
        "no settlement",
    ],
)
def test_describing_alone_refuses_what_writing_refuses(desk: Desk, text: str) -> None:
    """Rule: `lines_to=None` saves work, not checks."""
    written = desk.refused(text)
    with pytest.raises(SettlementFileRefused) as described:
        read_settlement(desk.folder / "report.txt", None)
    assert (str(described.value), described.value.row) == (str(written), written.row)


def test_paths_with_wildcards_and_quotes_are_plain_names(tmp_path: Path) -> None:
    """Rule: a path is never read as a pattern."""
    folder = tmp_path / "it's [1] *?"
    folder.mkdir()
    source = folder / "re[p]ort*.txt"
    source.write_text(v2_text([{"amount": "1.00", **RESERVE}]))
    found = read_settlement(source, folder / "li*nes[0].parquet", scratch=folder)
    assert found.carry == (CarriedAmount("Current Reserve Amount", Decimal("1.00"), 3),)


def test_undated_amounts_and_unknown_columns_are_warned_of(desk: Desk) -> None:
    """Rule: what is left out or missing without harm to the sum is said."""
    text = v2_text([{"amount": "1.00", "posted-date": "", "posted-date-time": ""}])
    lines = [f"{line}\t{extra}" for line, extra in zip(text.splitlines(), ["Buyer Mood", "", "good"], strict=True)]
    found = desk.read("\n".join(lines) + "\n")
    assert found.columns_unknown == ("buyer-mood",)
    assert found.warnings == (
        "Columns that are not known were left out: buyer-mood.",
        "1 amounts have no posted date.",
    )
    assert desk.rows("posted_at")[1] == (None,)


OTHER = {"amount": "1.00", "posted-date": "2026-03-04"}
ODD_DATES = [
    ([{"amount": "1.00"}], {}, []),
    ([{"amount": "1.00"}, OTHER], {}, ["In 1 of 2 rows posted-date is another day", "first in row 4"]),
    # The same where formats have to be inferred.
    (
        [{"amount": "1.00", "posted-date": "05/03/26"}, {"amount": "1.00", "posted-date": "14/03/26"}],
        {},
        ["In 1 of 2 rows posted-date is another day", "first in row 4"],
    ),
    (
        [{"amount": "1.00", "posted-date": "", "posted-date-time": "2026-03-05T23:30:00-08:00"}, {"amount": "1.00"}],
        {},
        [],
    ),
    (
        [{"amount": "1.00"}, {"amount": "1.00", "posted-date": "", "posted-date-time": "2019-03-05 09:00:00 UTC"}],
        {},
        ["1 amounts are posted more than a year outside the period", "row 4 (2019-03-05)"],
    ),
    (
        [{"amount": "1.00", "posted-date": "", "posted-date-time": "2031-03-05 09:00:00 UTC"}],
        {},
        ["row 3 (2031-03-05)"],
    ),
    (
        [{"amount": "1.00"}],
        {"deposit_date": "2026-03-10 10:00:00 UTC"},
        ["deposit date 2026-03-10 lies before the end of the period, 2026-03-15"],
    ),
    ([{"amount": "1.00"}], {"deposit_date": "2026-03-15 02:00:00 UTC"}, []),
]


@pytest.mark.parametrize("rows, summary, said", ODD_DATES)
def test_odd_dates_are_told_and_refuse_nothing(desk: Desk, rows, summary, said) -> None:
    """Rule: dates that cannot be meant so are worth a look; the money is what it is."""
    read = desk.read(v2_text(rows, **summary))
    told = " ".join(read.warnings)
    assert [one for one in said if one not in told] == []
    assert bool(told) is bool(said)
    assert read_settlement(desk.file(v2_text(rows, **summary)), None).warnings == read.warnings


def test_odd_dates_of_a_wide_file_are_told_as_well(desk: Desk) -> None:
    """Rule: V1 has one posted date, which may lie anywhere."""
    rows = [{"price-type": "Principal", "price-amount": "1.00", "posted-date": "2019-03-05T09:00:00+00:00"}]
    [told] = desk.read(v1_text(rows, total_amount="1.00")).warnings
    assert "in row 3 (2019-03-05)" in told
