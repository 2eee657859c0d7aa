"""Write what is read of a report and nothing else: for reports whose files may say who bought what.

In: a report as downloaded. Out: the same rows as UTF-8, where every cell that no column of its table reads is empty. So
names, addresses and VAT numbers of buyers are never kept, nor what Amazon may add tomorrow; rows and columns stay where
they were, and a sentence about row 17 is true of both files.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.errors import SettlementFileRefused
from resources.amazon.report_file.reader import header_of
from resources.amazon.report_file.refusal import of_report
from resources.amazon.report_file.table import ReportTable
from resources.amazon.settlement_file.content_hash import ContentHash
from resources.amazon.settlement_file.plain_text import as_plain_text


def write_read_columns(table: ReportTable, source: Path, target: Path, charset: str | None = None) -> Path:
    """Write the columns of a report that its table reads; return `target`.

    Raises:
        ReportFileRefused: The file is not this report, or no text.
    """
    with TemporaryDirectory(prefix="report-", dir=target.parent) as folder, ContentHash() as hashing:
        try:
            text = as_plain_text(source, Path(folder), charset, hashing, wanted=table.called)
            kept = frozenset(header_of(table, text).positions.values())
        except SettlementFileRefused as refused:
            raise of_report(refused) from None
        with text.path.open("rb") as reading, target.open("wb") as writing:
            writing.write(reading.readline())
            for line in reading:
                end = b"\n" if line.endswith(b"\n") else b""
                cells = line.removesuffix(b"\n").split(b"\t")
                writing.write(b"\t".join(cell if at in kept else b"" for at, cell in enumerate(cells)) + end)
    return target
