"""Name what is not a settlement file (or the report that was wanted), from its first bytes.

A download link that has expired answers with XML, a proxy with an HTML page, an API with JSON, a person with a
workbook or the bank's statement. Each is refused by its own name, so that the reader of the sentence knows what to do.
In: the head of the file. Out: nothing, or SettlementFileRefused. Nothing of the content is shown but an error code.
"""

from __future__ import annotations

import json
import re

from ledger.errors import SettlementFileRefused
from resources.bank.kinds import BANK_DOOR, bank_format

_BINARY_KINDS = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\xff\xfe", "UTF-16 text, as a spreadsheet saves it"),
    (b"\xfe\xff", "UTF-16 text, as a spreadsheet saves it"),
)
_UTF8_BOM = b"\xef\xbb\xbf"
_CODE = re.compile(rb"<Code>\s*([A-Za-z0-9._-]{1,60})\s*</Code>")
_JSON_CODE = re.compile(r'"code"\s*:\s*"([A-Za-z0-9._-]{1,60})"', re.IGNORECASE)
_ORIGINAL = "Hand in the flat file as Amazon delivered it."


def refuse_stranger(head: bytes, source: str, wanted: str = "a settlement") -> None:
    """Raise SettlementFileRefused when the head belongs to something that is no tab-separated text.

    `wanted` names, with its article, what the file should be.
    """
    bank = bank_format(head)
    if bank:
        raise SettlementFileRefused(
            f"{source} is a bank statement ({bank}), not {wanted} file: {BANK_DOOR}", source=source
        )
    for magic, kind in _BINARY_KINDS:
        if head.startswith(magic):
            raise SettlementFileRefused(f"{source} is {kind}, not {wanted} file. {_ORIGINAL}", source=source)
    text = head.removeprefix(_UTF8_BOM).lstrip()
    if not text:
        raise SettlementFileRefused(f"{source} is empty: there is nothing to read. {_ORIGINAL}", source=source)
    if text.startswith(b"<"):
        _refuse_markup(text, source, wanted)
    if text.startswith((b"{", b"[")):
        _refuse_json(text, source, wanted)


def refuse_nul(source: str, row: int, wanted: str = "a settlement") -> None:
    """Raise SettlementFileRefused for a file that holds a zero byte, which no text does."""
    raise SettlementFileRefused(
        f"{source} is binary: a zero byte stands in row {row}, so it is not the text of {wanted}. {_ORIGINAL}",
        source=source,
        row=row,
    )


def _refuse_markup(text: bytes, source: str, wanted: str) -> None:
    start = text[:2000].lower()
    if start.startswith(b"<!doctype html") or b"<html" in start:
        raise SettlementFileRefused(
            f"{source} is an HTML page (a login, proxy or error page), not {wanted} file. {_ORIGINAL}",
            source=source,
        )
    if b"<amazonenvelope" in start:
        withdrawn = "the XML settlement report, which Amazon has withdrawn" if wanted == "a settlement" else "in XML"
        raise SettlementFileRefused(
            f"{source} is {withdrawn}. Hand in the flat file instead.",
            source=source,
        )
    found = _CODE.search(text)
    code = f" with code {found.group(1).decode()}" if found else ""
    raise SettlementFileRefused(
        f"{source} is an XML error{code}, not {wanted} file: a download link dies after five minutes. "
        "Ask Amazon for a fresh link and download at once.",
        source=source,
    )


def _refuse_json(text: bytes, source: str, wanted: str) -> None:
    content = text.decode("utf-8", "replace")
    found = _JSON_CODE.search(content)
    try:
        json.loads(content)
        is_json = True
    except ValueError:
        is_json = found is not None or content[1:].lstrip().startswith(('"', "{", "}"))
    if is_json:
        code = f" with code {found.group(1)}" if found else ""
        raise SettlementFileRefused(
            f"{source} is a JSON answer{code}, not {wanted} file. Download the report document itself.",
            source=source,
        )
