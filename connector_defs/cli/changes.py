"""`connector changes`: what changed in the files that decide what is booked, and whose hand it was."""

import click

from connector_defs.cli import output
from connector_defs.cli.opened import opened_project, opened_stores
from connector_defs.cli.options import examples, json_option


@click.command("changes", epilog=examples("connector changes -c amazon_us", "connector changes --json"))
@click.option("--connection", "-c", "connection_name", metavar="C", help="Only this connection.")
@click.option("--show", "number", type=int, metavar="N", help="Print the file as it was from change N on.")
@json_option
def changes(connection_name: str | None, number: int | None, as_json: bool) -> None:
    """List every content of mapping and connection files that a run has used: since when, whose, confirmed by whom."""
    if connection_name is not None:
        opened_project().connection_file(connection_name)
    stores = opened_stores()
    known = stores.configuration.changes(connection_name)
    if number is not None:
        output.say(stores.configuration.content(_numbered(known, number).sha256).decode("utf-8", "replace"))
        return
    rows = [_row(one) for one in known]
    if as_json:
        output.write_json({"changes": rows})
    else:
        output.print_table(rows, nothing="No run has used a mapping or connection file yet.")


def _numbered(known: list, number: int):
    from ledger.errors import InputRefused

    found = next((one for one in known if one.id == number), None)
    if found is None:
        raise InputRefused(f"There is no change {number}. List them: connector changes")
    return found


def _row(change) -> dict[str, object]:
    return {
        "change": change.id,
        "connection": change.connection,
        "file": change.name,
        "since": output.utc_text(change.seen_at),
        "owner": change.owner,
        "first_used_by": change.person,
        "run": change.run,
        "confirmed_by": change.confirmed_by,
        "sha256": change.sha256[:12],
        "before": change.previous_sha256[:12],
    }
