"""Bring home why an import job failed: sentences out of the logs that its execution details hold.

In: the ZIP of logs that Fusion answers, one entry per job of the tree. Out: sentences, each once, the first twenty.
Pure. A hostile or broken ZIP gives none: what is read is bounded in entries and bytes. The codes are those of Journal
Import as published for E-Business Suite (rpforacle.blogspot.com/2018/09/gl-interface-errors-in-oracle-apps-r12.html).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from resources.erp.fusion.faults import words

SENTENCES_MAX = 20
# A closed period is told by every row of a file; so many of them show what is meant.
ROWS_OF_A_CODE = 3
_ENTRIES_MAX = 50
_BYTES_MAX = 2_000_000

CODES: dict[str, str] = {
    "EP01": "the date lies in no period that is open or future enterable",
    "EP02": "the ledger has no period for the date",
    "EP03": "the date lies in no open encumbrance year",
    "EP04": "the date is no business day",
    "EP05": "there are no business days in the period",
    "EU02": "the journal is out of balance and suspense posting is not allowed",
    "EU03": "the encumbrance journal is out of balance",
    "EF01": "the account is not active on the date",
    "EF02": "the account allows no detail posting",
    "EF03": "the account is disabled",
    "EF04": "the account is invalid: a segment value or a cross-validation rule",
    "EF05": "there is no such account combination",
    "EC01": "the rate type User comes without a rate",
    "EC02": "the conversion date is missing",
    "EC03": "a foreign line has neither rate type nor accounted amount",
    "EC06": "there is no conversion rate for the date",
    "EC08": "the currency is invalid",
    "EC11": "the conversion rate type is invalid",
    "EC12": "entered and accounted amounts differ in the ledger's own currency",
    "EC13": "an amount is too large",
    **{f"EB0{number}": "a budget check failed" for number in range(1, 7)},
}
_CODE = re.compile(rf"\b({'|'.join(CODES)})\b")
# A code of the same make that the published list lacks: what stands beside it is the reason all the same.
_UNLISTED_CODE = re.compile(r"\bE[A-Z]\d{2}\b")
# Not a reason of its own: another row of the same group failed.
_FOLLOWER = re.compile(r"\s*P\b")
_TROUBLE = re.compile(r"\b(error|errors|ORA-\d{5}|invalid|failed|rejected)\b", re.IGNORECASE)
_NO_TROUBLE = re.compile(r"\b(no|0|without|zero)\s+(\w+\s+)?errors?\b|errors?\s*[:=]\s*0\b", re.IGNORECASE)


def reasons(packed: bytes) -> tuple[str, ...]:
    """Return why rows did not become a journal, codes first; () when the logs say nothing.

    Rows that stay out only because of another row are told where no other reason is.
    """
    coded: dict[str, dict[str, None]] = {}
    said: list[str] = []
    followers: list[str] = []
    for line in lines(packed):
        code = _CODE.search(line) or _UNLISTED_CODE.search(line)
        if code:
            coded.setdefault(code[0], {})[_sentence(code[0], words(line))] = None
        elif is_trouble(line):
            (followers if _FOLLOWER.match(line) else said).append(words(line))
    told = [one for code, rows in coded.items() for one in _first_rows(code, list(rows))]
    return tuple(dict.fromkeys((*told, *said) or followers))[:SENTENCES_MAX]


def _first_rows(code: str, rows: list[str]) -> list[str]:
    rest = len(rows) - ROWS_OF_A_CODE
    return [*rows[:ROWS_OF_A_CODE], f"{code}: {rest} more row{'s' if rest > 1 else ''}"] if rest > 0 else rows


def lines(packed: bytes) -> Iterator[str]:
    """Yield every line of the logs, as it stands there."""
    return (line for text in _texts(packed) for line in text.splitlines())


def is_trouble(line: str) -> bool:
    """Tell whether a line of a log says that something went wrong."""
    return bool(_TROUBLE.search(line)) and not _NO_TROUBLE.search(line)


def _sentence(code: str, line: str) -> str:
    if code not in CODES:
        return line
    return f"{code}, {CODES[code]}" + (f": {line}" if line != code else "")


def _texts(packed: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as opened:
            for entry in opened.infolist()[:_ENTRIES_MAX]:
                with opened.open(entry) as file:
                    yield file.read(_BYTES_MAX).decode("utf-8", "replace")
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError, ValueError):
        return
