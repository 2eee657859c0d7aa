"""Read one settlement file: bytes as archived in, one Parquet file of typed lines and a description out.

The road: plain text (bytes checked, unpacked, UTF-8) → header → lines, either self-evident row by row in one scan or
with formats inferred from the whole file → proof that the rows add up to the total. A file is taken whole or refused
whole with one sentence; nothing is guessed, dropped or deduplicated.
"""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from ledger.errors import SettlementFileRefused
from resources.amazon.settlement_file.content_hash import ContentHash
from resources.amazon.settlement_file.description import dated_outside
from resources.amazon.settlement_file.header import Header, read_header
from resources.amazon.settlement_file.inference import read_by_inference
from resources.amazon.settlement_file.plain_text import PlainText, as_plain_text
from resources.amazon.settlement_file.reading import Reading
from resources.amazon.settlement_file.refusals import file_refused
from resources.amazon.settlement_file.scan import open_scanner
from resources.amazon.settlement_file.self_evident import read_self_evident
from resources.amazon.settlement_file.settlement import SettlementFile

# What is posted so far from its settlement was dated wrongly.
_OUTSIDE = timedelta(days=366)


def read_settlement(
    source: Path,
    lines_to: Path | None,
    *,
    charset: str | None = None,
    document_sha256: str | None = None,
    memory_limit_mb: int = 512,
    scratch: Path | None = None,
) -> SettlementFile:
    """Check and describe a settlement file, and write its lines.

    Args:
        source: The file as archived: Flat File V2 or V1, plain or packed with gzip.
        lines_to: The Parquet file to write (columns: `lines.COLUMN_TYPES`, one row per source row in file order, the
            summary row included; read it with `lines_relation`). It appears whole or not at all. None: only check.
        charset: Character set announced with the download, if any.
        document_sha256: SHA-256 of the bytes at `source` as the archive knows it; spares hashing a plain file again.
        memory_limit_mb: What DuckDB may hold before it spills to `scratch`.
        scratch: Folder for temporary copies; the system's by default.

    Raises:
        SettlementFileRefused: The file is no settlement, not whole, or cannot be read with certainty.
    """
    with TemporaryDirectory(prefix="settlement-", dir=scratch) as name, ContentHash() as hashing:
        folder = Path(name)
        text = as_plain_text(source, folder, charset, hashing, document_sha256)
        target = folder / "lines.parquet" if lines_to is None else _beside(lines_to)
        try:
            answer = _read(text, folder, target, memory_limit_mb, is_describing=lines_to is None)
            if lines_to is not None:
                os.replace(target, lines_to)
        except SettlementFileRefused as refusal:
            raise _as_cut_off(refusal, text) from None
        finally:
            target.unlink(missing_ok=True)
        return answer


def _read(text: PlainText, folder: Path, target: Path, memory_limit_mb: int, *, is_describing: bool) -> SettlementFile:
    header = read_header(text.first_lines[0], text.source)
    if text.data_lines < 1:
        raise file_refused(text.source, "has a header but no rows", 1)
    if text.is_cut_off:
        row = text.data_lines + 1
        raise file_refused(text.source, f"is cut off: row {row} has no line end and fewer fields than the others", row)
    with open_scanner(folder, memory_limit_mb) as scanner:
        reading = read_self_evident(scanner, text, header, target, is_describing=is_describing)
        if reading is None:
            reading = read_by_inference(scanner, text, header, folder, target, is_describing=is_describing)
        dates = _odd_dates(scanner, reading, target)
    _prove(reading, text.source)
    return _answer(text, header, reading, dates)


def _prove(reading: Reading, source: str) -> None:
    total, found = reading.facts.total_amount, reading.description.sum_amount
    if total != found:
        currency = reading.facts.currency
        raise file_refused(
            source,
            f"does not tie: its rows add up to {found} {currency}, its total-amount is {total} {currency} "
            f"(difference {found - total})",
        )


def _answer(text: PlainText, header: Header, reading: Reading, dates: list[str]) -> SettlementFile:
    facts, found = reading.facts, reading.description
    return SettlementFile(
        settlement_id=facts.settlement_id,
        layout=header.layout,
        currency=facts.currency,
        start=facts.start,
        end=facts.end,
        deposit_date=facts.deposit_date,
        total_amount=facts.total_amount,
        sum_amount=found.sum_amount,
        lines=reading.lines,
        amounts=found.amounts,
        date_format=reading.date_format,
        decimal_sign=reading.decimal_sign,
        charset=text.charset,
        columns_unknown=header.unknown,
        warnings=(*text.warnings, *_warnings(header, reading), *dates),
        by_triple=found.by_triple,
        marketplaces=found.marketplaces,
        posted_min=found.posted_min,
        posted_max=found.posted_max,
        carry=found.carry,
        content_hash=text.content_hash.result(),
    )


def _warnings(header: Header, reading: Reading) -> list[str]:
    warnings = []
    if header.unknown:
        warnings.append(f"Columns that are not known were left out: {', '.join(header.unknown)}.")
    if reading.description.undated:
        warnings.append(f"{reading.description.undated} amounts have no posted date.")
    return warnings


def _odd_dates(scanner: duckdb.DuckDBPyConnection, reading: Reading, lines: Path) -> list[str]:
    """Return what is odd about dates: nothing is wrong with the money, so none of it refuses a file."""
    facts, found, other = reading.facts, reading.description, reading.other_days
    warnings = []
    if facts.deposit_date is not None and facts.deposit_date.date() < facts.end.date():
        warnings.append(
            f"The deposit date {facts.deposit_date:%Y-%m-%d} lies before the end of the period, {facts.end:%Y-%m-%d}."
        )
    first, last = facts.start - _OUTSIDE, facts.end + _OUTSIDE
    if (
        found.posted_min is not None
        and found.posted_max is not None
        and not first <= found.posted_min <= found.posted_max <= last
    ):
        outside = dated_outside(scanner, lines, first, last)
        assert outside is not None, "the first or the last moment is one of them"
        count, row, moment = outside
        warnings.append(
            f"{count} amounts are posted more than a year outside the period, the first of them in row {row} "
            f"({moment:%Y-%m-%d})."
        )
    if other is not None:
        warnings.append(
            f"In {other.rows} of {other.of} rows posted-date is another day than posted-date-time, first in row "
            f"{other.first_row}; posted-date-time counts."
        )
    return warnings


def _as_cut_off(refusal: SettlementFileRefused, text: PlainText) -> SettlementFileRefused:
    """Return the refusal of a file that ends inside its last row; any other refusal unchanged."""
    last_row = text.data_lines + 1
    points_elsewhere = refusal.row is not None and refusal.row != last_row
    if text.is_last_line_ended or text.is_cut_off or points_elsewhere or text.data_lines < 1:
        return refusal
    return SettlementFileRefused(
        f"{text.source} is cut off in row {last_row}, which has no line end. Download the document again. ({refusal})",
        source=text.source,
        row=last_row,
        column=refusal.column,
    )


def _beside(lines_to: Path) -> Path:
    return lines_to.with_name(f".{lines_to.name}.{secrets.token_hex(4)}.partial")
