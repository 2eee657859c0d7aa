"""`connector audit`: what was done for a settlement, and whether the trail is as it was written."""

from pathlib import Path

import click

from connector_defs.cli import output
from connector_defs.cli.audit_export import export
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import opened_connection, opened_project, opened_road, opened_stores
from connector_defs.cli.options import connection_option, examples, json_option


@click.group("audit", epilog=examples("connector audit show 24758260539 -c amazon_us", "connector audit verify"))
def audit() -> None:
    """Read and verify the audit trail."""


@audit.command(
    "show",
    epilog=examples(
        "connector audit show 24758260539 -c amazon_us",
        "connector audit show 111-2223334-5556667 -c amazon_us",
        'connector audit show "US001 AQ6D7D7S3O 2026-11-04" -c amazon_us --exchanges',
        "connector audit show 24758260539 -c amazon_us --json",
    ),
)
@click.argument("name", metavar="SETTLEMENT|ORDER|REFUND|DOCUMENT")
@connection_option
@click.option("--exchanges", is_flag=True, help="Show address and archived bodies of each exchange with the ERP.")
@click.option("--bodies", is_flag=True, help="Print these bodies, redacted as they were kept.")
@json_option
def show(name: str, connection_name: str | None, exchanges: bool, bodies: bool, as_json: bool) -> None:
    """Tell what happened, in order: when, what, by whom, in which run, decided on which exchange.

    Takes a settlement, an order, a refund by the marketplace's id, or a document by posting key, journal id or natural
    key of the ERP.
    """
    from assets.audit.story import tell
    from connector_defs.cli import audit_story

    opened, stores = opened_connection(connection_name), opened_stores()
    stories = tell(stores, opened.name, name, opened.settings.books)
    if as_json:
        output.write_json(audit_story.as_document(stores, stories, bodies=bodies))
    else:
        audit_story.show(stores, stories, exchanges=exchanges, bodies=bodies)


@audit.command(
    "pack",
    epilog=examples(
        "connector audit pack --period 2026-10 -c amazon_us",
        "connector audit pack --period 2026-10 -c amazon_us --out packs/october --json",
    ),
)
@click.option("--period", required=True, metavar="YYYY-MM", help="The month, in the ledger's time zone.")
@connection_option
@click.option("--out", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="A new folder.")
@json_option
@click.pass_context
def pack(ctx: click.Context, period: str, connection_name: str | None, folder: Path | None, as_json: bool) -> None:
    """Write what an auditor asks for of one month: a workbook, the same as CSV and JSON lines, hashes of all.

    Without --out the folder is `packs/CONNECTION-PERIOD` in the home folder. Exit 6 when the settlements do not add up
    or the chain of the audit trail does not verify: the pack is written all the same and says so.
    """
    from assets.audit.pack import audit_pack
    from connector_defs import __version__
    from connector_defs.cli.audit_pack import write_pack

    road = opened_road(connection_name)
    made = audit_pack(road, period, __version__)
    target = (folder or opened_project().home / "packs" / f"{road.connection}-{period}").absolute()
    files = write_pack(made, target)
    if as_json:
        output.write_json({"folder": str(target), "sentence": made.sentence, "ok": made.is_complete, "files": files})
    else:
        output.say(made.sentence)
        output.print_table([{"file": name, **facts} for name, facts in files.items()])
        output.say(str(target))
    ctx.exit(ExitCode.FINE if made.is_complete else ExitCode.WAITS)


@audit.command("verify", epilog=examples("connector audit verify", "connector audit verify --json"))
@json_option
@click.pass_context
def verify(ctx: click.Context, as_json: bool) -> None:
    """Recompute every chain and balance, and where each document stands; exit 5 names the first row that is wrong."""
    from resources.store.verification import verify as recomputed

    verification = recomputed(opened_stores().control)
    chains = [{"connection": name, **vars(verdict)} for name, verdict in verification.chains.items()]
    bad = verification.first_bad
    if as_json:
        told = None if bad is None else {**vars(bad), "sentence": bad.sentence}
        output.write_json(
            {
                "ok": bad is None,
                "chains": chains,
                "rows": verification.rows,
                "older": verification.older,
                "first_bad": told,
            }
        )
    else:
        output.print_table(chains, ("connection", "ok", "events", "sentence"), nothing="There is no event yet.")
        if bad is None:
            _say_rows(verification.rows, verification.older)
    if bad is not None:
        output.complain(f"{bad.sentence} {bad.cure}")
    ctx.exit(ExitCode.FINE if bad is None else ExitCode.STORES)


def _say_rows(rows: dict[str, int], older: dict[str, int]) -> None:
    shown = [{"table": name, "rows": str(count), "older": str(older.get(name, 0))} for name, count in rows.items()]
    output.print_table(shown, ("table", "rows", "older"), title="Rows that are what the events tell")
    if older:
        output.say(
            "Older rows are not proved whole: version 0.1.0 wrote them before their events told everything. Exchanges "
            "and verdicts among them are proved as they stood when the control database was brought to version 0005."
        )


audit.add_command(export)
