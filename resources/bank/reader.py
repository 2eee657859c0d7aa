"""Read a bank's statement file: which format it is, its lines, and what may be archived of it.

In: a file. Out: `BankFile`, or one sentence that refuses it whole; and the bytes that may be archived, in which every
account number shows its last four characters only: the stores never see a whole one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ledger.account_numbers import without_account_numbers
from ledger.bank_line import BankLine, clean_file_name
from ledger.errors import BankFileRefused
from resources.bank.camt_file import read_camt, refuse_other_camt
from resources.bank.csv_file import fits_layout, read_csv
from resources.bank.kinds import bank_format, is_camt, is_mt940, is_ofx
from resources.bank.library_logs import silence_libraries
from resources.bank.mt940_file import read_mt940
from resources.bank.ofx_file import read_ofx
from resources.bank.settings import FILE_BYTES_MAX, CsvLayout
from resources.bank.statement import BankFile, refuse_impossible_days, refused

_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


def content_of(path: Path) -> bytes:
    """Return the bytes of a statement file; raise BankFileRefused, before any is read, when it is too large for one."""
    source, size = clean_file_name(path.name), path.stat().st_size
    if size > FILE_BYTES_MAX:
        cure = "download it for a shorter time."
        raise refused(source, f"has {size:,} bytes, more than a statement of {FILE_BYTES_MAX:,} may have", cure=cure)
    return path.read_bytes()


def read_bank_file(source: str, content: bytes, layouts: Mapping[str, CsvLayout]) -> BankFile:
    """Return what a statement file holds; `source` is its name, for sentences.

    Raises:
        BankFileRefused: It is none that can be read with certainty; nothing of it may be taken over.
    """
    if not content.strip():
        raise refused(source, "is empty")
    silence_libraries()
    file = _read(source, content, layouts)
    refuse_impossible_days(source, file)
    return _without_accounts(file)


def statement_format(source: str, content: bytes, layouts: Mapping[str, CsvLayout]) -> str:
    """Return the format of what begins like a bank's statement, "" for anything else; nothing of it is read."""
    found = bank_format(content)
    if found or not layouts:
        return found
    try:
        text = as_text(source, content)
    except BankFileRefused:
        return ""
    return "CSV" if fits_layout(source, text, layouts) else ""


def _without_accounts(file: BankFile) -> BankFile:
    """Hide the account's own number where the bank repeats it in its words."""

    def hidden(line: BankLine) -> BankLine:
        words = {name: without_account_numbers(getattr(line, name), file.accounts) for name in ("text", "reference")}
        return replace(line, **words)

    statements = tuple(replace(one, lines=tuple(map(hidden, one.lines))) for one in file.statements)
    return replace(file, statements=statements)


def _read(source: str, content: bytes, layouts: Mapping[str, CsvLayout]) -> BankFile:
    text = as_text(source, content)
    if is_camt(text):
        return read_camt(source, content)
    refuse_other_camt(source, text)
    if is_ofx(text):
        return read_ofx(source, content)
    if is_mt940(text):
        return read_mt940(source, text)
    return read_csv(source, text, layouts)


def as_text(source: str, content: bytes) -> str:
    """Return the bytes as text: by their mark, else UTF-8, else the Windows set that contains Latin-1."""
    mark = next((codec for mark, codec in _MARKS.items() if content.startswith(mark)), "")
    for codec in (mark, "utf-8", "cp1252"):
        try:
            text = content.decode(codec) if codec else None
        except UnicodeDecodeError:
            continue
        if text is not None:
            if "\x00" in text:
                raise refused(source, "holds zero bytes, so it is no text file")
            return text
    raise refused(source, "is neither UTF-8 nor cp1252 text")


def archivable(source: str, content: bytes, file: BankFile) -> bytes:
    """Return what is kept of a file: its text with every account number hidden but for four characters."""
    return without_account_numbers(as_text(source, content), file.accounts).encode()
