"""`connector check`: what must be true before the first settlement is posted, with a cure per failing row."""

from collections.abc import Iterable

import click

from connector_defs.cli import output
from connector_defs.cli.checkups import Checked, checked_connection, checked_stores
from connector_defs.cli.exit_codes import ExitCode, first_failure
from connector_defs.cli.opened import opened_project
from connector_defs.cli.options import examples, json_option


@click.command("check", epilog=examples("connector check", "connector check --connection amazon_us --json"))
@click.option("--connection", "-c", "connection_name", metavar="C", help="Only this connection.")
@json_option
@click.pass_context
def check(ctx: click.Context, connection_name: str | None, as_json: bool) -> None:
    """Check settings, secrets, marketplace, ERP, mapping and accounts; nothing is written anywhere outside.

    The exit code is that of the first failing row; 6 when only a person's decision is missing.
    """
    project = opened_project()
    names = (
        [project.connection_file(connection_name).connection] if connection_name else list(project.connection_files())
    )
    stores, row = checked_stores(project)
    rows = [row]
    for name in names:
        rows += checked_connection(project, name, stores)
    if not names:
        rows.append(Checked("", "connections", False, "There is none.", "connector new NAME", ExitCode.WAITS))
    if as_json:
        output.write_json({"ok": all(one.ok for one in rows), "rows": [_as_row(one) for one in rows]})
    else:
        _show(rows)
    ctx.exit(first_failure(one.code for one in rows if not one.ok))


def _as_row(one: Checked) -> dict[str, object]:
    return {**vars(one), "cure": _cure(one), "code": int(one.code) if not one.ok else 0}


def _cure(one: Checked) -> str:
    """Return what to do about a row; nothing about one that is fine, whatever its cure would be."""
    return "" if one.ok else one.cure


def _show(rows: Iterable[Checked]) -> None:
    shown = [
        {
            "connection": one.connection,
            "what": one.what,
            "": "ok" if one.ok else "WAITS" if one.code == ExitCode.WAITS else "FAILS",
            "found": one.sentence,
            "cure": _cure(one),
        }
        for one in rows
    ]
    output.print_table(shown, style=lambda row: {"ok": "", "WAITS": "yellow", "FAILS": "red"}[row[""]])
