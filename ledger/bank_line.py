"""One booked line of a bank account, as every format of statement comes to, and what makes it the same line again.

In: what a reader found. Out: `BankLine`, with a key that an overlapping statement gives the same line again: the bank's
own id where there is one, else all that the line says, and which of several equal ones it is. Account numbers are
personal: four characters of them are kept, in the text as well. The text is somebody else's and never trusted.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledger.account_numbers import KEPT, without_account_numbers

TEXT_LENGTH_MAX = 500
_TRACE_LENGTH_MIN = 8
# How a marketplace calls itself at banks; upper case, letters only.
_PAYERS = ("AMAZON", "AMZN")
_DIGITS = re.compile(r"\d{9,}")
_WORDS = re.compile(r"[^0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class BankLine:
    """One line: what was credited (positive) or debited (negative), when, and what the bank says of it.

    `bank_id` is the bank's own name of the line, "" where it gives none; `source_row` is its row in a CSV file, and
    which entry it is, counted from 1, in the others.
    """

    account_tail: str
    booking_date: date
    value_date: date
    amount: Decimal
    currency: str
    text: str
    reference: str
    bank_id: str
    statement_id: str
    source_row: int
    key: str = ""

    def words(self) -> tuple[str, ...]:
        """Return all that the line says, letters and digits alone: banks break words wherever a row of theirs ends."""
        return tuple(_run(words) for words in (self.reference, self.text, self.bank_id))

    def names_marketplace(self, payers: Iterable[str] = ()) -> bool:
        """Tell whether the line says that it comes from, or goes to, a marketplace or who else pays out for it."""
        names = (*_PAYERS, *filter(None, map(_run, payers)))
        return any(payer in word for word in self.words() for payer in names)

    def names(self, trace: str) -> bool:
        """Tell whether the line names a transfer."""
        return is_named(trace, self.words())


def is_named(trace: str, words: tuple[str, ...]) -> bool:
    """Tell whether a transfer is named among the words of a line.

    A trace of fewer than eight letters and digits is too short to be found in free text.
    """
    wanted = _run(trace)
    return len(wanted) >= _TRACE_LENGTH_MIN and any(wanted in one for one in words)


def tail(account: str) -> str:
    """Return what is kept of an account number."""
    return _run(account)[-KEPT:]


def clean(words: str) -> str:
    """Return somebody else's words on one line: no control characters, no account numbers, no novels."""
    plain = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in words)
    return without_account_numbers(" ".join(plain.split()))[:TEXT_LENGTH_MAX].rstrip()


def clean_file_name(name: str) -> str:
    """Return the name of a bank's file on one line; a long run of digits is an account number there, IBAN or not."""
    return _DIGITS.sub(lambda found: f"{'*' * (len(found[0]) - KEPT)}{found[0][-KEPT:]}", clean(name))


def keyed(lines: Iterable[BankLine], before: Counter[str] | None = None) -> tuple[BankLine, ...]:
    """Give the lines of one statement their keys; equal ones are told apart by their order within the day.

    `before` counts what stood on the pages before, if the statement goes on from there; it is counted up.
    """
    seen = Counter[str]() if before is None else before
    made = []
    for line in lines:
        said = _identity(line)
        seen[said] += 1
        made.append(replace(line, key=hashlib.sha256(f"{said}#{seen[said]}".encode()).hexdigest()[:32]))
    return tuple(made)


def _identity(line: BankLine) -> str:
    """Return what makes a line itself; a bank may use one id for several lines, never for equal ones by mistake."""
    where = [line.account_tail, line.currency, line.booking_date.isoformat(), format(line.amount.normalize(), "f")]
    words = [line.bank_id] if line.bank_id else [line.value_date.isoformat(), line.reference, line.text]
    return json.dumps([*where, bool(line.bank_id), *words])


def _run(words: str) -> str:
    """Return letters and digits alone, in capitals."""
    return _WORDS.sub("", words).upper()
