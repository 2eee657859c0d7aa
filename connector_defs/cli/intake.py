"""`connector import` and `connector discover`: settlements onto the road, from files or from the marketplace."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from connector_defs.cli import output
from connector_defs.cli.bank_days import look_again
from connector_defs.cli.exit_codes import ExitCode, first_failure
from connector_defs.cli.opened import opened_road
from connector_defs.cli.options import connection_option, examples, json_option
from ledger.errors import BankFileRefused, InputRefused

if TYPE_CHECKING:
    from assets.stages.roadmap import Road

_SENTENCES = {
    "new": "Registered; it is due for the road.",
    "known": "Already registered with the same content.",
    "changed": "Already registered with other content: see `connector review list`.",
}


@click.command(
    "import",
    epilog=examples(
        "connector import settlement.txt --connection amazon_us", "connector import archive/2024 -c amazon_us --json"
    ),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@connection_option
@json_option
@click.pass_context
def import_files(ctx: click.Context, files: tuple[Path, ...], connection_name: str | None, as_json: bool) -> None:
    """Drop settlement files (or folders of them) onto a connection's road.

    Each file is reported; one that is refused goes into the review queue and does not keep the others out.
    """
    road = opened_road(connection_name)
    rows = [_imported(road, path) for path in each_file(files)]
    look_again(road, connection_name)
    report_files(ctx, road.connection, rows, ("file", "settlement_id", "outcome", "sentence"), as_json)


def report_files(
    ctx: click.Context, connection: str, rows: list[dict], columns: tuple[str, ...], as_json: bool
) -> NoReturn:
    """Say what became of each file, complain of those refused, and end with the first failure's exit code."""
    if as_json:
        output.write_json({"connection": connection, "files": rows})
    else:
        output.print_table(rows, columns, nothing="There is no file in it.")
    for row in rows:
        if row["outcome"] == "refused":
            output.complain(f"{row['file']}: {row['sentence']}")
    ctx.exit(first_failure(row["exit_code"] for row in rows))


def each_file(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Yield files as given, and those directly inside folders in order of name; hidden ones are left out."""
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
        elif path.is_file():
            yield path
        else:
            raise InputRefused(f"{path}: there is no such file or folder; nothing was imported.")


def _imported(road: "Road", path: Path) -> dict[str, str | int]:
    from assets.settlement_reports import import_file
    from assets.settlements.import_folder import hold, shown_name, taken_in
    from ledger.bank_line import clean

    name = clean(path.name)
    try:
        settlement_id, outcome = import_file(road, path)
    except InputRefused as error:
        # Said at once, and to everybody who looks into the queue: who started this may be a script.
        name = shown_name(path.name, error)
        is_bank = isinstance(error, BankFileRefused)
        again = "Hand it in as the bank statement it is" if is_bank else "Correct the file and import it again"
        hold(road, name, str(error), f"{again}, under its name: this item ends then.")
        refused = {
            "file": name if is_bank else str(path),
            "settlement_id": "",
            "outcome": "refused",
            "sentence": str(error),
        }
        return {**refused, "exit_code": error.exit_code}
    taken_in(road, name)
    code = ExitCode.WAITS if outcome == "changed" else ExitCode.FINE
    return {
        "file": str(path),
        "settlement_id": settlement_id,
        "outcome": outcome,
        "sentence": _SENTENCES[outcome],
        "exit_code": int(code),
    }


@click.command("discover", epilog=examples("connector discover --connection amazon_us", "connector discover --json"))
@connection_option
@json_option
@click.pass_context
def discover(ctx: click.Context, connection_name: str | None, as_json: bool) -> None:
    """Ask the marketplace for new settlements, archive and register them."""
    from assets.discovery import told
    from assets.settlement_reports import discover as discover_settlements

    road = opened_road(connection_name)
    found = told(road, discover_settlements)
    look_again(road, connection_name)
    document = {
        "connection": road.connection,
        "new": found.new,
        "known": found.known,
        "changed": found.changed,
        "refused": found.refused,
        "damaged": found.damaged,
        "elsewhere": found.elsewhere,
        "foreign": found.foreign,
        "interrupted": found.interrupted,
    }
    if as_json:
        output.write_json(document)
    else:
        output.print_facts({name: _listed(value) for name, value in document.items()})
    if found.interrupted:
        output.complain(f"{road.connection}: discovery was interrupted and will go on next time. {found.interrupted}")
        ctx.exit(ExitCode.MARKETPLACE)
    ctx.exit(ExitCode.WAITS if found.waits else ExitCode.FINE)


def _listed(value: str | list[str]) -> str:
    return value if isinstance(value, str) else f"{len(value)}  {' '.join(value)}".strip()
