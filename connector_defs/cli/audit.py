"""`connector audit`: what was done for a settlement, and whether the trail is as it was written."""

import click

from connector_defs.cli import output
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import chosen_name, opened_project, opened_stores
from connector_defs.cli.options import connection_option, examples, json_option

_PAGE = 1000


@click.group("audit", epilog=examples("connector audit show 24758260539 -c amazon_us", "connector audit verify"))
def audit() -> None:
    """Read and verify the audit trail."""


@audit.command(
    "show",
    epilog=examples(
        "connector audit show 24758260539 -c amazon_us", "connector audit show 24758260539 -c amazon_us --json"
    ),
)
@click.argument("settlement")
@connection_option
@json_option
def show(settlement: str, connection_name: str | None, as_json: bool) -> None:
    """Show every event of a settlement, in order."""
    name = chosen_name(opened_project(), connection_name)
    rows = [_row(event) for event in _events(opened_stores(), name, settlement)]
    if as_json:
        output.write_json({"connection": name, "settlement_id": settlement, "events": rows})
    else:
        columns = ("sequence", "at", "kind", "person", "run", "facts")
        output.print_table(rows, columns, nothing=f"{name} has no event of settlement {settlement}.")


@audit.command("verify", epilog=examples("connector audit verify", "connector audit verify --json"))
@json_option
@click.pass_context
def verify(ctx: click.Context, as_json: bool) -> None:
    """Recompute every chain from its first event; exit 5 names the first event that was changed."""
    trail = opened_stores().audit
    verdicts = {name: trail.verify(name) for name in trail.connections()}
    rows = [{"connection": name, **vars(verdict)} for name, verdict in verdicts.items()]
    if as_json:
        output.write_json({"ok": all(one.ok for one in verdicts.values()), "chains": rows})
    else:
        output.print_table(rows, ("connection", "ok", "events", "sentence"), nothing="There is no event yet.")
    for verdict in verdicts.values():
        if not verdict.ok:
            output.complain(f"{verdict.sentence} Compare with a backup before anything else is posted.")
    ctx.exit(ExitCode.FINE if all(one.ok for one in verdicts.values()) else ExitCode.STORES)


def _events(stores, connection: str, settlement: str):
    after = 0
    while True:
        page = stores.audit.events(connection, partition=settlement, after=after, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].sequence


def _row(event) -> dict[str, object]:
    facts = event.facts
    return {
        "sequence": event.sequence,
        "at": output.utc_text(event.at),
        "kind": event.kind,
        "person": event.person,
        "run": event.run,
        "document": event.document_key,
        "exchange": event.exchange,
        "facts": facts,
    }
