"""`connector statement`: the marketplace's account over one month, from the opening balance to what Amazon states.

In: what `month_proofs` has kept; nothing is computed anew and nobody is asked. Out: a table per account for people, one
JSON document, or a workbook or CSV for a spreadsheet program.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector_defs.cli import output, spreadsheet
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import opened_road
from connector_defs.cli.options import connection_option, examples, json_option
from ledger.errors import InputRefused
from ledger.month import Month

if TYPE_CHECKING:
    from assets.month_proofs import KeptStatement
    from assets.roadmap import Road

COLUMNS = ("marketplace", "currency", "kind", "part", "line", "amount", "deferred")


@click.command(
    "statement",
    epilog=examples(
        "connector statement --month 2026-10 -c amazon_us",
        "connector statement --month 2026-10 -c amazon_us --to exports --format csv",
    ),
)
@connection_option
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
    """Show the marketplace's account rolled forward over a month. Exit 6 when an account is not proved."""
    from assets.month_proofs import kept_statement

    month = Month.read(text)
    road = opened_road(connection_name)
    kept = kept_statement(road, month)
    if kept is None:
        raise InputRefused(f"{month} of {road.connection} was not proved yet. {_what_is_missing(road, month)}")
    files = [str(path) for path in _written(road, month, kept, folder, kind)] if folder else []
    if as_json:
        lines = [{name: row[name] for name in COLUMNS} for row in kept.rows]
        told = {"connection": road.connection, "month": str(month), "accounts": list(kept.accounts), "lines": lines}
        output.write_json({**told, "files": files})
    elif files:
        output.say("\n".join(files))
    else:
        _print(month, kept)
    ctx.exit(ExitCode.FINE if all(one["is_proved"] for one in kept.accounts) else ExitCode.WAITS)


def _what_is_missing(road: "Road", month: Month) -> str:
    """Say what keeps a month from being proved, or how it is."""
    from assets.marketplace_account import NotYet, accounts_of_month

    found = accounts_of_month(road, month)
    then = f"connector month-end {month} -c {road.connection}"
    return f"{found.sentence} Then: {then}" if isinstance(found, NotYet) else f"First: {then}"


def _written(road: "Road", month: Month, kept: "KeptStatement", folder: Path, kind: str) -> list[Path]:
    name = f"{road.connection}-{month}"
    tables = {"statement": (COLUMNS, kept.rows)}
    if kind == "xlsx":
        return [spreadsheet.write_xlsx(folder / f"{name}.xlsx", tables)]
    return spreadsheet.write_csv(folder / name, tables)


def _print(month: Month, kept: "KeptStatement") -> None:
    proved = {(one["marketplace"], one["currency"]): one["is_proved"] for one in kept.accounts}
    for account, rows in groupby(kept.rows, key=lambda row: (row["marketplace"], row["currency"])):
        words = "proved" if proved[account] else "NOT PROVED"
        title = f"{account[0]} in {account[1]}, {month}: {words}"
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
