"""`connector bank`: statement files of the bank, taken in by hand; the folder does the same by itself."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector_defs.cli.bank_days import look_again
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.intake import each_file, report_files
from connector_defs.cli.opened import opened_connection, opened_road
from connector_defs.cli.options import connection_option, examples, json_option
from ledger.bank_line import clean_file_name
from ledger.errors import InputRefused

if TYPE_CHECKING:
    from datetime import date

    from assets.stages.roadmap import Road


@click.group("bank", epilog=examples("connector bank import statement.xml -c amazon_us"))
def bank() -> None:
    """Take in what the bank says: statements in CSV, OFX, MT940 or CAMT.053."""


@bank.command(
    "import",
    epilog=examples("connector bank import november.sta -c amazon_us", "connector bank import statements/ --json"),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@connection_option
@json_option
@click.pass_context
def import_files(ctx: click.Context, files: tuple[Path, ...], connection_name: str | None, as_json: bool) -> None:
    """Take in statement files (or folders of them), and stage the days they tell of.

    Each file is reported; one that is refused does not keep the others out.
    """
    road = opened_road(connection_name)
    rows, days = [], set()
    for path in each_file(files):
        row, told = _imported(road, path)
        rows.append(row)
        days |= told
    _stage(road, connection_name, days)
    look_again(road, connection_name)
    columns = ("file", "outcome", "format", "lines", "new_lines", "sentence")
    report_files(ctx, road.connection, rows, columns, as_json)


def _imported(road: "Road", path: Path) -> tuple[dict, set["date"]]:
    from assets.bank.statement_files import import_statement
    from assets.settlements.import_folder import hold, taken_in

    name = clean_file_name(path.name)
    row = {"file": name, "outcome": "refused", "format": "", "lines": 0, "new_lines": 0}
    try:
        taken = import_statement(road, path)
    except InputRefused as error:
        # Said at once, and to everybody who looks into the queue; nothing of the file is kept: it is not known where
        # account numbers stand in it.
        hold(road, name, str(error), "Correct the file and hand it in again, under its name: this item ends then.")
        return {**row, "sentence": str(error), "exit_code": error.exit_code}, set()
    taken_in(road, name)
    row |= {"outcome": taken.outcome, "format": taken.format, "lines": taken.lines, "new_lines": taken.lines_new}
    span = f"{taken.days[0]} to {taken.days[-1]}" if taken.days else "no day"
    words = "Taken in" if taken.outcome == "new" else "Taken in before, the same to the byte"
    return {**row, "sentence": f"{words}: {span}.", "exit_code": int(ExitCode.FINE)}, set(taken.days)


def _stage(road: "Road", connection_name: str | None, days: set["date"]) -> None:
    """Write the days anew, as far as the connection keeps them; what lies before them is in its file alone."""
    from assets.bank.statement_files import DEPOSITS
    from assets.stages.day_names import today
    from assets.stages.days import fetch_days
    from connector_defs.day_sources import day_stages, first_day

    settings = opened_connection(connection_name).settings
    stage = day_stages(settings.by_day, settings.books).get(DEPOSITS)
    begin = first_day(settings.by_day, settings.books, road.clock.now())
    kept = _within(days, begin, today(road.clock))
    if stage is not None and kept:
        list(fetch_days(road, stage, kept))


def _within(days: set["date"], begin: "date", end: "date") -> list["date"]:
    """Return the days of a span that are kept; a bank may book ahead, and that day comes by itself."""
    return sorted(day for day in days if begin <= day <= end)
