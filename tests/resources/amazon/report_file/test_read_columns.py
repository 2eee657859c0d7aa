"""What is read of a report and nothing else is written: buyers stay behind, rows and columns stay where they were."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ledger.errors import ReportFileRefused
from resources.amazon.report_file import VAT_TRANSACTIONS, read_report
from resources.amazon.report_file.read_columns import write_read_columns
from tests.resources.amazon.report_file.texts import minimal_file, rows_of

CELLS = {
    "transaction_type": "SALE",
    "order_id": "302-1",
    "completed_on": "30-04-2026",
    "total_net": "100.00",
    "total_vat": "19.00",
    "total_gross": "119.00",
    "currency": "EUR",
    "depart_country": "DE",
    "arrival_country": "AT",
}
PEOPLE = {"BUYER_NAME": "Jörg Müller", "ARRIVAL_ADDRESS": "Gasse 1", "BUYER_VAT_NUMBER": "ATU1", "SHOE_SIZE": "44"}


def with_people(content: bytes) -> bytes:
    """Put columns of people, and one that nobody knows, between those that are read."""
    lines = []
    for number, line in enumerate(content.decode().removesuffix("\n").split("\n")):
        first, _, rest = line.partition("\t")
        lines.append("\t".join([first, *(PEOPLE if number == 0 else PEOPLE.values()), rest]))
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture
def report() -> bytes:
    """Return a VAT report with a sale to somebody."""
    return with_people(minimal_file(VAT_TRANSACTIONS, **CELLS))


@pytest.mark.parametrize(
    ("pack", "charset"),
    [
        (lambda text: text, "UTF-8"),
        (gzip.compress, None),
        (lambda text: text.decode().encode("cp1252"), "Cp1252"),
        (lambda text: text.replace(b"\n", b"\r\n"), None),
    ],
    ids=["plain", "packed", "western", "returns"],
)
def test_nobody_who_bought_is_written(report: bytes, tmp_path: Path, pack, charset: str | None):
    """However the file comes; not even what a column that nobody knows holds."""
    source, target = tmp_path / "report", tmp_path / "read"
    source.write_bytes(pack(report))
    assert write_read_columns(VAT_TRANSACTIONS, source, target, charset) == target
    written = target.read_bytes()
    assert not [value for value in PEOPLE.values() if value.encode() in written]
    header, row = (line.split(b"\t") for line in written.splitlines())
    assert (len(header), header[1:5]) == (len(row), [name.encode() for name in PEOPLE])
    read_report(VAT_TRANSACTIONS, target, tmp_path / "rows.parquet", charset="utf-8")
    assert rows_of(tmp_path / "rows.parquet")[0]["arrival_country"] == "AT"


def test_a_file_that_is_cut_off_stays_cut_off(report: bytes, tmp_path: Path):
    """What is read next must see it as it came."""
    source, target = tmp_path / "report", tmp_path / "read"
    source.write_bytes(report + b"302-2\tJ")
    write_read_columns(VAT_TRANSACTIONS, source, target)
    with pytest.raises(ReportFileRefused, match="cut off"):
        read_report(VAT_TRANSACTIONS, target, None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"amazon-order-id\tbuyer-name\n302-1\tJ\n", "is not a report of VAT transactions: it lacks the columns"),
        (b"", "empty"),
        (b"\x00\x01\x02", "."),
    ],
)
def test_what_is_not_the_report_is_refused_and_nothing_written(content: bytes, words: str, tmp_path: Path):
    """It could hold anything."""
    source, target = tmp_path / "report", tmp_path / "read"
    source.write_bytes(content)
    with pytest.raises(ReportFileRefused, match=words):
        write_read_columns(VAT_TRANSACTIONS, source, target)
    assert not target.exists()
