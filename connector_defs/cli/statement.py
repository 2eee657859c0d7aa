"""`connector statement`: the marketplace's account over one month, from the opening balance to what Amazon states.

In: what `month_proofs` has kept; nothing is computed anew and nobody is asked. Out: a table per account for people,
after a summary where there are several connections, one JSON document, or a workbook or CSV for a spreadsheet program.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector_defs.cli import output, spreadsheet
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import opened_roads
from connector_defs.cli.options import examples, json_option
from ledger.errors import InputRefused
from ledger.month import Month

if TYPE_CHECKING:
    from assets.month_proofs import KeptStatement
    from assets.stages.roadmap import Road

COLUMNS = ("marketplace", "currency", "kind", "part", "line", "amount", "deferred")
SUMMARY = (
    "month",
    "connection",
    "marketplace",
    "currency",
    "opening",
    "movements",
    "paid_out",
    "explained",
    "unexplained",
    "closing",
    "state",
)


@click.command(
    "statement",
    epilog=examples(
        "connector statement --month 2026-10",
        "connector statement --month 2026-10 -c amazon_us",
        "connector statement --month 2026-10 -c amazon_us --to exports --format csv",
    ),
)
@click.option("--connection", "-c", "connection_name", metavar="C", help="Only this connection.")
@click.option("--month", "text", required=True, metavar="YYYY-MM", help="A month that was proved.")
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write files.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["xlsx", "csv"]),
    default="xlsx",
    show_default=True,
    help="One workbook, or a file per table.",
)
@json_option
@click.pass_context
def statement(
    ctx: click.Context, connection_name: str | None, text: str, folder: Path | None, kind: str, as_json: bool
) -> None:
    """Show the marketplace's account rolled forward over a month. Exit 6 when an account is not proved.

    Without a connection all of them, after a summary; amounts are never added across currencies.
    """
    month = Month.read(text)
    found = [_told(road, month) for road in opened_roads(connection_name)]
    if len(found) == 1 and found[0].kept is None:
        raise InputRefused(found[0].missing)
    name = found[0].connection if len(found) == 1 else "all_connections"
    files = [str(path) for path in _written(name, month, found, folder, kind)] if folder else []
    if as_json:
        output.write_json({**_document(month, found), "files": files})
    elif files:
        output.say("\n".join(files))
    else:
        _print_all(month, found)
    ctx.exit(ExitCode.FINE if all(one.is_proved for one in found) else ExitCode.WAITS)


@dataclass(frozen=True)
class _Told:
    """What is kept of a connection's month, or what is `missing` for it."""

    connection: str
    kept: "KeptStatement | None"
    missing: str = ""

    @property
    def is_proved(self) -> bool:
        return self.kept is not None and all(one["is_proved"] for one in self.kept.accounts)


def _told(road: "Road", month: Month) -> _Told:
    from assets.month_proofs import kept_statement

    kept = kept_statement(road, month)
    if kept is not None:
        return _Told(road.connection, kept)
    return _Told(
        road.connection, None, f"{month} of {road.connection} was not proved yet. {_what_is_missing(road, month)}"
    )


def _what_is_missing(road: "Road", month: Month) -> str:
    """Say what keeps a month from being proved, or how it is."""
    from assets.month_end.marketplace_account import NotYet, accounts_of_month
    from assets.stages.month_names import is_over

    if not is_over(month, road.clock.now()):
        return f"It is not over: it can be proved from {month.following.first} on."
    found = accounts_of_month(road, month)
    then = f"connector month-end {month} -c {road.connection}"
    return f"{found.sentence} Then: {then}" if isinstance(found, NotYet) else f"First: {then}"


def _document(month: Month, found: list[_Told]) -> dict[str, object]:
    """Return the month of one connection, or of each with the summary before it."""
    if len(found) == 1:
        return {"connection": found[0].connection, "month": str(month), **_accounts_and_lines(found[0])}
    each = [{"connection": one.connection, **_accounts_and_lines(one), "missing": one.missing} for one in found]
    return {"month": str(month), "summary": _summary(month, found), "connections": each}


def _accounts_and_lines(told: _Told) -> dict[str, list[dict]]:
    if told.kept is None:
        return {"accounts": [], "lines": []}
    lines = [{name: row[name] for name in COLUMNS} for row in told.kept.rows]
    return {"accounts": list(told.kept.accounts), "lines": lines}


def _summary(month: Month, found: list[_Told]) -> list[dict]:
    """Return a row per connection, marketplace and currency; of a month that was not proved yet no amount is known."""
    rows = []
    for one in found:
        named = {"month": str(month), "connection": one.connection}
        if one.kept is None:
            unknown = dict.fromkeys(SUMMARY[2:-1], "unknown")
            rows.append({**named, **unknown, "state": "not proved yet"})
            continue
        for account in one.kept.accounts:
            place = {name: account[name] for name in ("marketplace", "currency")}
            rows.append({**named, **place, **_sums(one.kept, place), "state": _state(account["is_proved"])})
    return rows


def _sums(kept: "KeptStatement", account: dict) -> dict[str, Decimal]:
    """Return the sums of an account; from the opening balance to what is unexplained they come to the closing one."""
    from assets.month_end.month_statement import BANK, EVENTS, OPENING, REASON, REST, STATED

    rows = [row for row in kept.rows if account.items() <= row.items()]
    kinds = {
        "opening": OPENING,
        "movements": EVENTS,
        "paid_out": BANK,
        "explained": REASON,
        "unexplained": REST,
        "closing": STATED,
    }
    zero = next(row["amount"] for row in rows if row["kind"] == OPENING) * 0
    return {name: sum((row["amount"] for row in rows if row["kind"] == kind), zero) for name, kind in kinds.items()}


def _state(is_proved: bool) -> str:
    return "proved" if is_proved else "NOT PROVED"


def _written(name: str, month: Month, found: list[_Told], folder: Path, kind: str) -> list[Path]:
    """Write the summary, which names month and connection and says what is proved, and all lines."""
    several = len(found) > 1
    lines = [{"connection": one.connection, **row} for one in found if one.kept for row in one.kept.rows]
    columns = ("connection", *COLUMNS) if several else COLUMNS
    tables = {"summary": (SUMMARY, _summary(month, found)), "statement": (columns, lines)}
    stem = f"{name}-{month}"
    if kind == "xlsx":
        return [spreadsheet.write_xlsx(folder / f"{stem}.xlsx", tables)]
    return spreadsheet.write_csv(folder / stem, tables)


def _print_all(month: Month, found: list[_Told]) -> None:
    several = len(found) > 1
    if several:
        # What explains a rest stands in each statement below; without it the summary fits 120 columns.
        columns = [name for name in SUMMARY if name not in ("month", "explained")]
        output.print_table(_summary(month, found), columns, title=f"All connections, {month}")
    for one in found:
        if several:
            output.say(one.connection if one.kept else one.missing)
        if one.kept is not None:
            _print(month, one.kept)


def _print(month: Month, kept: "KeptStatement") -> None:
    proved = {(one["marketplace"], one["currency"]): one["is_proved"] for one in kept.accounts}
    for account, rows in groupby(kept.rows, key=lambda row: (row["marketplace"], row["currency"])):
        title = f"{account[0]} in {account[1]}, {month}: {_state(proved[account])}"
        output.print_table(_table(list(rows)), ("line", "amount", "of it deferred"), title=title)
    if not kept.rows:
        output.say(f"No account held or moved anything in {month}.")


def _table(rows: list[dict]) -> Iterator[dict]:
    """Yield the lines of an account, those of one part under their sum."""
    for part, some in groupby(rows, key=lambda row: row["part"]):
        lines = list(some)
        if part:
            deferred = [row["deferred"] for row in lines if row["deferred"] is not None]
            yield _line(part, sum(row["amount"] for row in lines), sum(deferred) if deferred else None)
        for row in lines:
            yield _line(f"  {row['line']}" if part else row["line"], row["amount"], row["deferred"])


def _line(line: str, amount: object, deferred: object) -> dict:
    return {"line": line, "amount": amount, "of it deferred": deferred}
