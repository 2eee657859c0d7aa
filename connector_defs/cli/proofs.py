"""`connector proofs`: settlements held against the other sources, and every row of what differs."""

import click

from connector_defs.cli import output
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import opened_project, opened_stores
from connector_defs.cli.options import examples, json_option
from ledger.errors import InputRefused


@click.command(
    "proofs",
    epilog=examples(
        "connector proofs",
        "connector proofs 24758260539 -c amazon_us",
        "connector proofs 24758260539 --check orders_equal_settlement --json",
    ),
)
@click.argument("settlement", required=False, metavar="[SETTLEMENT]")
@click.option("--connection", "-c", "connection_name", metavar="C", help="Only this connection.")
@click.option("--check", "check_name", metavar="NAME", help="Only this proof, for example events_equal_settlement.")
@click.option("--all", "show_all", is_flag=True, help="Also what agrees, waits, or had nothing to be compared with.")
@json_option
@click.pass_context
def proofs(
    ctx: click.Context,
    settlement: str | None,
    connection_name: str | None,
    check_name: str | None,
    show_all: bool,
    as_json: bool,
) -> None:
    """List source proofs that differ as they were made last; exit 6 when there are any. Nobody outside is asked.

    With a settlement: all its proofs, and each row that differs with the rows of the settlement and what stands
    against them, however many there are.
    """
    from assets.proofs.kept_proofs import DIFFERS, counted_proofs, kept_proofs, proof_rows
    from assets.stages.checks import CHECKS

    known = [one.name for one in CHECKS["source_proofs"]]
    if check_name is not None and check_name not in known:
        raise InputRefused(f"There is no proof {check_name}; there are {', '.join(known)}.")
    project = opened_project()
    if connection_name is not None:
        project.connection_file(connection_name)
    names = [connection_name] if connection_name is not None else list(project.connection_files())
    stores = opened_stores()
    found = [one for name in names for one in kept_proofs(stores, name, settlement)]
    found = [one for one in found if check_name in (None, one.check)]
    shown = [one for one in found if show_all or settlement is not None or one.result == DIFFERS]
    rows = [
        {"connection": name, **row}
        for name in names
        if settlement is not None
        for row in proof_rows(stores, name, settlement)
        if check_name in (None, row["proof"])
    ]
    if as_json:
        behind = {"rows": rows} if settlement is not None else {}
        output.write_json({"proofs": [one.row for one in shown], **behind})
    else:
        if found:
            output.print_table([one.row for one in shown], nothing="No proof that was made differs.")
        output.say(f"Of {len(found)} proofs, {counted_proofs(found)}." if found else "No settlement was proved yet.")
        if rows:
            output.print_table(rows, title="What differs")
    ctx.exit(ExitCode.WAITS if any(one.result == DIFFERS for one in shown) else ExitCode.FINE)
