"""`connector checks`: every check that does not pass, with its sentence, and the rows behind the one that is named."""

import click

from connector_defs.cli import output
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import opened_project, opened_stores
from connector_defs.cli.options import examples, json_option


@click.command(
    "checks",
    epilog=examples(
        "connector checks", "connector checks 24758260539 -c amazon_us", "connector checks --waiting --json"
    ),
)
@click.argument("partition", required=False, metavar="[SETTLEMENT]")
@click.option("--connection", "-c", "connection_name", metavar="C", help="Only this connection.")
@click.option("--waiting", is_flag=True, help="Also those that only wait: for the ERP, the bank, or a day to be over.")
@json_option
@click.pass_context
def checks(
    ctx: click.Context, partition: str | None, connection_name: str | None, waiting: bool, as_json: bool
) -> None:
    """List checks that do not pass as they were made last; exit 6 when there are any. Nobody outside is asked.

    With a settlement, a day of an asset (balances-2026-11-02) or a month (month_proofs-2026-10): those of it, each with
    the rows behind it.
    """
    from assets.stages.failing_checks import WAITING, failing_checks

    project = opened_project()
    if connection_name is not None:
        project.connection_file(connection_name)
    names = [connection_name] if connection_name is not None else list(project.connection_files())
    stores = opened_stores()
    found = [one for name in names for one in failing_checks(stores, name, partition)]
    shown = [one for one in found if waiting or one.weight != WAITING]
    if as_json:
        output.write_json({"checks": [{**one.row, "rows": list(one.rows)} for one in shown]})
    else:
        waits = "" if len(found) == len(shown) else " Some wait: --waiting."
        output.print_table([one.row for one in shown], nothing=f"No check that was made fails.{waits}")
        for one in shown if partition else ():
            if one.rows:
                output.say(f"Behind {one.check}:")
                output.print_table(one.rows)
    ctx.exit(ExitCode.WAITS if any(one.weight != WAITING for one in shown) else ExitCode.FINE)
