"""Statement files of the bank: read, archived without account numbers, kept one version per file, never twice.

In: a file that a person hands in. Out: its lines as a table of their own, and a due row for every day it tells of. The
same file again is known by its bytes; a line in an overlapping statement is known by its key. One account is read in
one format: two formats give one line two names, and money would be seen twice.
"""

import gzip
import hashlib
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assets.bank.payout_days import ask_for_unexplained_days
from assets.stages.day_names import day_name
from assets.stages.resumption import SETTLEMENT_KIND
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement, write_parquet
from ledger import money
from ledger.bank_line import BankLine, clean_file_name
from resources.bank.kinds import BANK_DOOR, HEAD_BYTES
from resources.bank.reader import archivable, content_of, read_bank_file, statement_format
from resources.bank.statement import BankFile, Statement, refused
from resources.store.warehouse import Version

TABLE = "bank_statements"
DEPOSITS = "bank_deposits"
_NAME_LENGTH = 32


@dataclass(frozen=True)
class Taken:
    """What became of a file: `new` or `known`, in which format, its days, and how many lines nobody had seen."""

    outcome: str
    format: str
    days: tuple[date, ...]
    lines: int
    lines_new: int


def import_statement(road: Road, path: Path) -> Taken:
    """Take one statement file in.

    Raises BankFileRefused, and nothing of it is taken over, when it cannot be read with certainty.
    """
    source, content = clean_file_name(path.name), content_of(path)
    name = hashlib.sha256(content).hexdigest()[:_NAME_LENGTH]
    known = road.stores.warehouse.current(road.connection, TABLE, name)
    if known is not None:
        days = tuple(date.fromisoformat(one) for one in known.facts["days"])
        _ask_for(road, days)
        return Taken("known", known.facts["format"], days, known.rows, 0)
    file = _of_our_accounts(road, source, read_bank_file(source, content, road.bank.csv))
    before = road.stores.warehouse.currents(road.connection, TABLE)
    _refuse_another_format(source, file, before)
    seen = {line.key for line in bank_lines(road)} if before else set()
    document = road.stores.documents.put_bytes(archivable(source, content, file)).sha256
    days = tuple(sorted({line.booking_date for line in file.lines}))
    # Asked for before it is kept: a process that dies in between leaves a row too many, never one too few.
    _ask_for(road, days)
    ask_for_unexplained_days(road, "a bank statement came in")
    version = _keep(road, name, file, document, days)
    new = sum(line.key not in seen for line in file.lines)
    return Taken("new", file.format, days, version.rows, new)


def refuse_statement(road: Road, path: Path) -> None:
    """Raise BankFileRefused for a bank statement that is handed in as something else, before its bytes are archived.

    A whole account number stands in it, and only its own door hides that.
    """
    source = clean_file_name(path.name)
    kind = statement_format(source, _head(path), road.bank.csv)
    if kind:
        raise refused(source, f"is a bank statement ({kind}), not a settlement file", cure=BANK_DOOR)


def _head(path: Path) -> bytes:
    """Return the first bytes of a file, packed with gzip or not; what is damaged is for its own reader to say."""
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    with suppress(EOFError, gzip.BadGzipFile, zlib.error), (gzip.open if is_packed else open)(path, "rb") as file:
        return file.read(HEAD_BYTES)
    return b""


def _of_our_accounts(road: Road, source: str, file: BankFile) -> BankFile:
    """Leave out accounts that the connection does not read."""
    wanted = road.bank.accounts
    if not wanted:
        return file
    kept = tuple(one for one in file.statements if one.account_tail.endswith(wanted))
    if not kept:
        found = ", ".join(sorted({f"...{one.account_tail}" for one in file.statements}))
        cure = "hand it in to its own connection, or add the account under `bank.accounts` in the settings."
        raise refused(source, f"is of account {found}, which this connection does not read", cure=cure)
    return BankFile(file.format, kept, file.accounts)


def _refuse_another_format(source: str, file: BankFile, before: Sequence[Version]) -> None:
    """Refuse days of an account that came in another format already: the same line would have two keys."""
    for one in file.statements:
        for version in before:
            for account in version.facts["accounts"]:
                is_same = (account["tail"], account["currency"]) == (one.account_tail, one.currency)
                if is_same and version.facts["format"] != file.format and _overlap(one, account):
                    raise refused(
                        source,
                        f"tells of days of account ...{one.account_tail} ({one.currency}) that came in format "
                        f"{version.facts['format']} already, and is {file.format}",
                        cure="use one format per account.",
                    )


def _overlap(one: Statement, account: dict) -> bool:
    days = [line.booking_date.isoformat() for line in one.lines]
    return bool(days) and bool(account["first"]) and min(days) <= account["last"] and account["first"] <= max(days)


def _ask_for(road: Road, days: Sequence[date]) -> None:
    for day in days:
        name, reason = day_name(DEPOSITS, day), "a bank statement came in"
        road.stores.due.ask(road.connection, SETTLEMENT_KIND, name, road.clock.now(), reason)


def _keep(road: Road, name: str, file: BankFile, document: str, days: Sequence[date]) -> Version:
    facts = {
        "format": file.format,
        "document": document,
        "days": [day.isoformat() for day in days],
        "accounts": [_account(one) for one in file.statements],
    }

    def produce(path: Path) -> None:
        with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
            write_parquet(duck, "bank_lines", (row_of_line(line, document) for line in file.lines), path)

    return road.stores.warehouse.write(road.connection, TABLE, name, produce, facts)


def _account(one: Statement) -> dict:
    days = [line.booking_date.isoformat() for line in one.lines]
    balances = {"opening": one.opening, "closing": one.closing}
    return {
        "tail": one.account_tail,
        "currency": one.currency,
        "first": min(days, default=""),
        "last": max(days, default=""),
        **{name: None if amount is None else money.text(amount, one.currency) for name, amount in balances.items()},
    }


def row_of_line(line: BankLine, document: str) -> dict:
    """Return a line as a row, with the document it came in."""
    return {
        "key": line.key,
        "account_tail": line.account_tail,
        "booking_date": line.booking_date.isoformat(),
        "value_date": line.value_date.isoformat(),
        "amount": money.text(line.amount, line.currency),
        "currency": line.currency,
        "text": line.text,
        "reference": line.reference,
        "bank_id": line.bank_id,
        "statement_id": line.statement_id,
        "source_row": line.source_row,
        "document": document,
    }


def bank_lines(road: Road, first: date = date.min, last: date = date.max) -> list[BankLine]:
    """Return the lines of a span of days over all statements, each once."""
    return [line for line, _ in lines_with_documents(road, first, last)]


def lines_with_documents(road: Road, first: date, last: date) -> list[tuple[BankLine, str]]:
    """Return the lines of a span of days with the documents they came in first."""
    versions = road.stores.warehouse.currents(road.connection, TABLE)
    versions = sorted((one for one in versions if one.rows), key=lambda one: (one.created_at, one.partition))
    if not versions:
        return []
    paths = [str(road.stores.warehouse.path(one)) for one in versions]
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        bound = {"statements": paths, "first": first, "last": last}
        found = dicts(duck.sql(statement("bank_lines_of_days"), params=bound))
    return [(_line(row), row["document"]) for row in found]


def _line(row: dict) -> BankLine:
    amount = money.exact(row["amount"], row["currency"])
    return BankLine(**{**{name: value for name, value in row.items() if name != "document"}, "amount": amount})
