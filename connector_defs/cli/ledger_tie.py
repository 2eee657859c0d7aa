"""`connector ledger-tie`: the tie to the general ledger of one month, with open items by age and entries of others.

It makes the month's tie, as the schedule of the month's end does, and shows it as tables or writes it as a workbook.
"""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector_defs.cli import output, spreadsheet
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.month_end import require_kept
from connector_defs.cli.opened import opened_connection, opened_road
from connector_defs.cli.options import connection_option, examples, json_option
from ledger.month import Month

if TYPE_CHECKING:
    from assets.stages.verdicts import StageResult, Verdict

_COLUMNS = {
    "tie": ("of", "line", "amount", "detail"),
    "open items": ("of", "item", "amount", "since", "days", "age", "late"),
    "entries of others": ("document", "date", "amount", "currency", "settlement", "says"),
}


@click.command(
    "ledger-tie",
    epilog=examples("connector ledger-tie 2026-10 -c amazon_us", "connector ledger-tie 2026-10 --to exports"),
)
@click.argument("month")
@connection_option
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
def ledger_tie(
    ctx: click.Context, month: str, connection_name: str | None, folder: Path | None, kind: str, as_json: bool
) -> None:
    """Tie the general ledger to Amazon's balance at the end of MONTH. Exit 6 when a check of it fails."""
    from assets.ledger_ties import ASSET
    from assets.stages.month_stages import MONTH_STAGES
    from assets.stages.months import run_month

    wanted, road = Month.read(month), opened_road(connection_name)
    require_kept(opened_connection(connection_name), wanted, road.clock.now())
    result = run_month(road, MONTH_STAGES[ASSET], wanted)
    tables, checks = _tables(result), [_check(one) for one in result.verdicts]
    written = _written(folder, f"{road.connection}-ledger-tie-{wanted}", tables, kind) if folder else []
    if as_json:
        told = {"connection": road.connection, "month": str(wanted), "checks": checks, **tables}
        output.write_json({**told, "files": [str(path) for path in written]})
    else:
        for name, rows in tables.items():
            if rows:
                output.print_table(rows, _COLUMNS[name], title=name)
        output.print_table(checks, ("check", "outcome", "sentence"))
        for path in written:
            output.say(str(path))
    ctx.exit(ExitCode.WAITS if any(one["outcome"] == "fails" for one in checks) else ExitCode.FINE)


def _tables(result: "StageResult") -> dict[str, list[dict[str, object]]]:
    """Return the three tables by name, amounts as amounts."""
    from assets.ledger_ties import AGES, OTHERS

    of_check = {one.check: one.rows for one in result.verdicts}
    return {
        name: [{**row, "amount": Decimal(row["amount"]) if row["amount"] else None} for row in rows]
        for name, rows in zip(_COLUMNS, (result.rows, of_check[AGES], of_check[OTHERS]), strict=True)
    }


def _check(verdict: "Verdict") -> dict[str, str]:
    return {"check": verdict.check, "outcome": verdict.outcome, "sentence": verdict.sentence}


def _written(folder: Path, name: str, tables: dict[str, list[dict[str, object]]], kind: str) -> list[Path]:
    sheets = {sheet: (_COLUMNS[sheet], rows) for sheet, rows in tables.items()}
    if kind == "xlsx":
        return [spreadsheet.write_xlsx(folder / f"{name}.xlsx", sheets)]
    return spreadsheet.write_csv(folder / name, sheets)
