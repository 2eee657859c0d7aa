"""`connector masters`: the ERP's customers and items read now and matched to what is sold, as its schedule does."""

from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import opened_road
from connector_defs.cli.options import connection_option, examples, json_option

if TYPE_CHECKING:
    from assets.stages.verdicts import Verdict

_COLUMNS = ("master", "name", "asked_for", "result", "erp_number", "matched_by", "status", "advice")


@click.command(
    "masters",
    epilog=examples("connector masters -c fusion_us", "connector masters -c fusion_us --all --json"),
)
@connection_option
@click.option("--all", "is_whole", is_flag=True, help="Show what matches as well.")
@json_option
@click.pass_context
def masters(ctx: click.Context, connection_name: str | None, is_whole: bool, as_json: bool) -> None:
    """Match customers and items of the ERP to what is sold; show what does not match. Exit 6 when a check fails."""
    from assets.master_data import match_masters

    road = opened_road(connection_name)
    result = match_masters(road)
    rows = [row for row in result.rows if is_whole or row["result"] != "match"]
    checks = [_check(one) for one in result.verdicts]
    if as_json:
        told = {"connection": road.connection, "version": result.version, "facts": result.facts}
        output.write_json({**told, "checks": checks, "rows": rows})
    else:
        output.print_table(rows, _COLUMNS, nothing="Everything matches.")
        output.print_table(checks, ("check", "outcome", "sentence"))
    ctx.exit(ExitCode.FINE if all(one.passed for one in result.verdicts) else ExitCode.WAITS)


def _check(verdict: "Verdict") -> dict[str, str]:
    return {"check": verdict.check, "outcome": verdict.outcome, "sentence": verdict.sentence}
