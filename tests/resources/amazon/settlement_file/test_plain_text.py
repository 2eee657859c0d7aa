"""Bytes as archived become plain text: packing, encodings, line ends, blank lines, zero bytes."""

from __future__ import annotations

import gzip

import pytest

from tests.resources.amazon.settlement_file.texts import V2_COLUMNS, Desk, v2_text

TEXT = v2_text(["1.00", {"amount": "-0.50", "promotion-id": "Coupon – été"}])
PLAIN = v2_text(["1.00", "-0.50"])


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        gzip.compress(TEXT.encode()),
        gzip.compress(TEXT[:100].encode()) + gzip.compress(TEXT[100:].encode()),
        gzip.compress(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode("utf-8")),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r\n", 1).encode(),
        TEXT.replace("\n", "\r").encode(),
        (TEXT + "\n").encode(),
        (TEXT + "\n\n \t\n\t\t").encode(),
        TEXT.replace("\n", "\r\n").encode() + b"\r\n\r\n",
        TEXT.encode("cp1252"),
    ],
)
def test_every_packing_gives_the_same_lines(desk: Desk, content: bytes) -> None:
    """Rule: gzip, BOM, CRLF, CR, mixed line ends and blank last lines are wrapping, not content."""
    desk.read(TEXT)
    wanted = desk.rows()
    found = desk.read(content)
    assert desk.rows() == wanted
    assert (found.lines, found.warnings) == (2, ())


@pytest.mark.parametrize(
    "charset, encoded, codec, warns",
    [
        (None, "utf-8", "utf-8", False),
        (None, "cp1252", "cp1252", False),
        ("UTF-8", "utf-8", "utf-8", False),
        ("Cp1252", "cp1252", "cp1252", False),
        ("ISO-8859-1", "cp1252", "cp1252", False),
        ("windows-1252", "cp1252", "cp1252", False),
        ("UTF-8", "cp1252", "cp1252", True),
        ("ISO-8859-1", "utf-8", "utf-8", True),
        ("Cp1252", "utf-8", "utf-8", True),
        ("klingon", "utf-8", "utf-8", True),
        ("utf-16", "utf-8", "utf-8", True),
    ],
)
def test_the_charset_is_the_announced_one_or_the_one_that_fits(
    desk: Desk, charset: str | None, encoded: str, codec: str, warns: bool
) -> None:
    """Rule: announced, then UTF-8, then cp1252; a wrong announcement is warned of, not followed."""
    found = desk.read(v2_text([{"amount": "1.00", "sku": "Früh–stück"}]).encode(encoded), charset=charset)
    assert found.charset == codec
    assert bool(found.warnings) == warns
    assert desk.rows("sku")[1] == ("Früh–stück",)


@pytest.mark.parametrize("charset", [None, "Shift_JIS", "cp932", "windows-31j"])
def test_japanese_files_are_read_as_cp932(desk: Desk, charset: str | None) -> None:
    """Rule: cp932 when announced or when the settlement is in yen."""
    text = v2_text([{"amount": "100", "sku": "商品－①"}], currency="JPY", total_amount="100")
    assert desk.read(text.encode("cp932"), charset=charset).charset == "cp932"
    assert desk.rows("sku")[1] == ("商品－①",)


def test_a_byte_order_mark_wins_over_the_announcement(desk: Desk) -> None:
    """Rule: a file that says it is UTF-8 and is, is UTF-8."""
    text = v2_text([{"amount": "1.00", "sku": "Café"}])
    assert desk.read(b"\xef\xbb\xbf" + text.encode(), charset="Cp1252").charset == "utf-8"
    assert desk.rows("sku")[1] == ("Café",)


def test_text_across_chunk_borders_is_decoded(desk: Desk) -> None:
    """Rule: a character may be split by any chunk border of the byte check and of the copy."""
    rows = [{"amount": "1.00", "promotion-id": "é" * 400} for _ in range(1500)]
    text = v2_text(rows)
    for content in (text.encode(), text.replace("\n", "\r\n").encode(), text.encode("cp1252")):
        assert desk.read(content).lines == 1500
        assert set(desk.rows("promotion_id")[1:]) == {("é" * 400,)}


def test_bytes_of_no_charset_are_refused(desk: Desk) -> None:
    """Rule: no byte is replaced silently."""
    refusal = desk.refused(PLAIN.encode().replace(b"SKU-1", b"\x81\xff\x8d"))
    assert "neither UTF-8 nor cp1252 nor cp932" in str(refusal)


def test_a_carriage_return_inside_a_row_is_a_blank(desk: Desk) -> None:
    """Rule: free text may hold one; it does not end the row, and the change is said."""
    found = desk.read(v2_text([{"amount": "1.00", "promotion-id": "two\rlines"}]))
    assert found.warnings == ("Carriage returns inside rows were read as blanks.",)
    assert desk.rows("promotion_id")[1] == ("two lines",)


@pytest.mark.parametrize("text", ['"', '""', 'say ""hi""', '"open', "back\\slash\\", "'", "a,b;c", "#x", "\\N", "NULL"])
def test_quotes_and_backslashes_are_ordinary_characters(desk: Desk, text: str) -> None:
    """Rule: Amazon does not quote, so nothing is unquoted."""
    desk.read(v2_text([{"amount": "1.00", "promotion-id": text, "sku": text}, "2.00"]))
    assert desk.rows("promotion_id, sku")[1] == (text, text)
    assert desk.amounts() == ["1.000", "2.000"]


def test_rows_shorter_than_the_header_are_read(desk: Desk) -> None:
    """Rule: missing last fields are blank."""
    short = "\n".join(line.rstrip("\t") for line in PLAIN.split("\n"))
    assert desk.read(short).lines == 2
    assert desk.amounts() == ["1.000", "-0.500"]


def test_blank_fields_behind_the_last_column_are_harmless(desk: Desk) -> None:
    """Rule: tabs at the end of a row or of the header say nothing."""
    for text in (
        PLAIN.replace("\t\n", "\t\t\t \n"),
        PLAIN.replace("\t\n", "\t" * 30 + "\n"),
        PLAIN.replace("promotion-id\n", "promotion-id\t\n"),
    ):
        found = desk.read(text)
        assert (found.lines, found.columns_unknown) == (2, ())


@pytest.mark.parametrize("surplus", ["\tx", "\t\t\tx", "\tx" * 30])
def test_a_row_with_more_fields_than_the_header_is_refused_by_row(desk: Desk, surplus: str) -> None:
    """Rule: a tab inside free text shifts nothing silently."""
    lines = PLAIN.split("\n")
    lines[3] += surplus
    refusal = desk.refused("\n".join(lines))
    assert refusal.row == 4
    assert f"more fields in row 4 than the {len(V2_COLUMNS)} columns" in str(refusal)


@pytest.mark.parametrize("row", [1, 2, 3])
def test_a_blank_line_in_the_middle_is_refused_by_row(desk: Desk, row: int) -> None:
    """Rule: it would shift the row numbers of all lines behind it."""
    lines = PLAIN.split("\n")
    lines.insert(row, "")
    assert desk.refused("\n".join(lines)).row == row + 1


def test_a_line_feed_inside_a_row_is_refused(desk: Desk) -> None:
    """Rule: half a row is no row."""
    refusal = desk.refused(v2_text(["1.00", {"amount": "2.00", "promotion-id": "two\nlines"}]))
    assert (refusal.row, refusal.column) == (5, "settlement-id")


def test_a_very_long_row_is_read_and_an_endless_one_is_refused(desk: Desk) -> None:
    """Rule: the length of a line is bounded."""
    assert desk.read(v2_text([{"amount": "1.00", "promotion-id": "x" * 500_000}, "2.00"])).lines == 2
    desk.lines.unlink()
    refusal = desk.refused(v2_text(["2.00", {"amount": "1.00", "promotion-id": "x" * 1_100_000}]))
    assert (refusal.row, "1,000,000 bytes" in str(refusal)) == (4, True)


def test_a_zero_byte_is_refused_by_row(desk: Desk) -> None:
    """Rule: text has none."""
    refusal = desk.refused(PLAIN.replace("SKU-1", "SKU\0", 1))
    assert refusal.row == 3
    assert "binary" in str(refusal)


@pytest.mark.parametrize(
    "content, words",
    [
        (gzip.compress(TEXT.encode())[:-20], "cut off"),
        (gzip.compress(TEXT.encode())[:15], "cut off"),
        (gzip.compress(TEXT.encode())[:40] + b"\0" * 20 + gzip.compress(TEXT.encode())[60:], "damaged"),
        (gzip.compress(b""), "empty"),
        (gzip.compress(b"<html>"), "HTML"),
    ],
    # A package holds the moment it was made, which must not name a test: two workers would not find the same ones.
    ids=["cut off at its end", "cut off at its start", "damaged", "empty", "HTML"],
)
def test_a_damaged_package_is_refused_as_such(desk: Desk, content: bytes, words: str) -> None:
    """Rule: a truncated body is not an empty settlement."""
    assert words in str(desk.refused(content))


def test_unpacking_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule: a small package cannot fill the disk."""
    monkeypatch.setattr("resources.amazon.settlement_file.plain_text.UNPACKED_BYTES_MAX", 1000)
    assert "more than 1,000 bytes" in str(desk.refused(gzip.compress(TEXT.encode() * 100)))
