"""A statement as its reader hands it over, and what must be true of it: it ends where its lines lead to.

In: account, balances and lines of one statement. Out: a checked `Statement`, or the refusal that names both figures.
Refusals name the file, the row and the cure, and never show a text or an account number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ledger import money
from ledger.account_numbers import without_long_numbers
from ledger.bank_line import BankLine, keyed
from ledger.errors import BankFileRefused, InputRefused

FIRST_YEAR, LAST_YEAR = 1990, 2100
# More digits in a row than a date or most amounts have.
LONG_DIGITS = 9
_NUMBER_OR_DATE = re.compile(r"[0-9.,:/+()\-\u2212 \u00a0\u202f'\u2019]{1,40}")


@dataclass(frozen=True)
class Statement:
    """One statement of one account; `opening` and `closing` are None where the format does not state them."""

    statement_id: str
    account_tail: str
    currency: str
    opening: Decimal | None
    closing: Decimal | None
    lines: tuple[BankLine, ...]


@dataclass(frozen=True)
class BankFile:
    """One file, read whole; `format` is csv, ofx, mt940 or camt053.

    `accounts` are the whole account numbers in it, our own and others', so that they can be hidden in its words and in
    what is archived; they are never kept.
    """

    format: str
    statements: tuple[Statement, ...]
    accounts: tuple[str, ...] = field(default=(), repr=False)

    @property
    def lines(self) -> tuple[BankLine, ...]:
        """Return the lines of all statements, in file order."""
        return tuple(line for one in self.statements for line in one.lines)


def checked(source: str, one: Statement) -> Statement:
    """Return the statement; raise BankFileRefused where its balances do not say what its lines do."""
    if one.opening is None or one.closing is None:
        return one
    moved = sum((line.amount for line in one.lines), Decimal(0))
    reached = one.opening + moved
    if reached != one.closing:
        told = [money.text(amount, one.currency) for amount in (one.opening, moved, reached, one.closing)]
        raise refused(
            source,
            f"says of account ...{one.account_tail} that it opens with {told[0]} {one.currency}; its lines come to "
            f"{told[1]}, which makes {told[2]}, but it closes with {told[3]}",
        )
    return one


def numbered_on(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Return statements whose equal lines are told apart over all pages that follow each other.

    A page goes on where the one before ended: it has another number and opens with what that one closed with. Two fees
    of one day, one on each page, are two; a statement that is in the file twice begins anew, with the same lines.
    """
    made: list[Statement] = []
    ends: dict[tuple[str, str], tuple[Statement, Counter[str]]] = {}
    for one in statements:
        account = (one.account_tail, one.currency)
        last, seen = ends.get(account, (None, Counter[str]()))
        if last is None or last.closing is None or last.closing != one.opening or last.statement_id == one.statement_id:
            seen = Counter()
        ends[account] = (one, seen)
        made.append(replace(one, lines=keyed(one.lines, seen)))
    return tuple(made)


def refused(source: str, what: str, row: int | None = None, cure: str = "") -> BankFileRefused:
    """Return the refusal of a file: what is wrong with it, where, and what to do."""
    where = f"{source}: row {row} " if row else f"{source} "
    cure = cure or "download the statement from the bank again, whole and unchanged."
    return BankFileRefused(f"{where}{what}. Nothing was taken over; {cure}", source=source, row=row)


def refuse_impossible_days(source: str, file: BankFile) -> None:
    """Refuse a file with a day on which no bank has booked: one misread would lie out of every span for ever."""
    for line in file.lines:
        for name, day in (("booking day", line.booking_date), ("value date", line.value_date)):
            if not FIRST_YEAR <= day.year <= LAST_YEAR:
                where = f"entry {line.source_row}" if file.format != "csv" else f"row {line.source_row}"
                raise refused(source, f"has {day} as {name} of {where}, on which no bank has booked")


def shown(text: str) -> str:
    """Return a value in quotes when it is like a number or a date, else a hint that it is not shown.

    Where columns are mixed up it may be an account number: of long ones four digits are shown.
    """
    if _NUMBER_OR_DATE.fullmatch(text) and re.search("[0-9]", text):
        return f'"{without_long_numbers(text, LONG_DIGITS)}"'
    return "(text, not shown here)" if text else "(nothing)"


def exact(source: str, row: int | None, value: object, currency: str) -> Decimal:
    """Return an amount with the currency's decimals; raise BankFileRefused for what is none."""
    try:
        return money.exact(value, currency)
    except InputRefused as error:
        raise refused(source, f"has an amount that cannot be booked: {error}".rstrip("."), row) from None


def known_currency(source: str, row: int | None, code: str) -> str:
    """Return a currency code that the books know."""
    try:
        money.minor_units(code)
    except InputRefused:
        told = code if re.fullmatch("[A-Z]{3}", code) else shown(code)
        raise refused(source, f"is in currency {told}, which the books do not know", row) from None
    return code


def refuse_unlike_accounts(source: str, accounts: Sequence[tuple[str, str]]) -> None:
    """Refuse a file with two accounts that end alike: four characters could not tell their lines apart.

    `accounts` are (number, tail).
    """
    numbers: dict[str, set[str]] = {}
    for number, end in accounts:
        numbers.setdefault(end, set()).add("".join(number.split()).upper())
    for end, found in numbers.items():
        if len(found) > 1:
            what = f"holds {len(found)} accounts whose numbers end in {end}, so that their lines cannot be told apart"
            raise refused(source, what, cure="hand in one file per account, each in a connection of its own.")
