"""`connector audit export`: the audit trail of a connection as JSON lines, so that anybody can recompute its chain.

In: a connection, and from which event on. Out: one line per event, each column as it was hashed, `facts` as its text.
docs/guides/audit.md has the recipe that recomputes the chain without the connector.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from connector_defs.cli import output
from connector_defs.cli.opened import chosen_name, opened_project, opened_stores
from connector_defs.cli.options import connection_option, examples
from ledger.errors import InputRefused


@click.command(
    "export",
    epilog=examples(
        "connector audit export -c amazon_us --out trail.jsonl",
        "connector audit export -c amazon_us --after 1200 --out more.jsonl",
        "connector audit export -c amazon_us | tail -1",
    ),
)
@connection_option
@click.option("--after", type=click.IntRange(min=0), default=0, metavar="N", help="Only events after number N.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="A file that is new.")
def export(connection_name: str | None, after: int, out: Path | None) -> None:
    """Write every event as one line of JSON, with its hash and the hash before it."""
    name = chosen_name(opened_project(), connection_name)
    lines = _lines(name, after)
    if out is None:
        for line in lines:
            click.echo(line)
        return
    written = 0
    try:
        with out.open("x", encoding="ascii", newline="\n") as file:
            for line in lines:
                file.write(f"{line}\n")
                written += 1
    except OSError as error:
        raise InputRefused(f"{out} cannot be written: {error.strerror}. Name a file that does not exist yet.") from None
    output.say(f"{written} events of {name} are in {out}.")


def _lines(connection: str, after: int) -> Iterator[str]:
    for event in opened_stores().audit.as_stored(connection, after):
        yield json.dumps(event, separators=(",", ":"))
