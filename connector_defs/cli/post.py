"""`connector post`: settlements down the whole road without Dagster, as far as they go now."""

from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.bank_days import look_again
from connector_defs.cli.exit_codes import first_failure
from connector_defs.cli.opened import chosen_settlements, opened_road
from connector_defs.cli.options import connection_option, examples, json_option
from connector_defs.cli.standing import Standing, standing
from ledger.errors import ConnectorError, InputRefused

if TYPE_CHECKING:
    from assets.stages.roadmap import Road


@click.command(
    "post",
    epilog=examples("connector post 24758260539 --connection amazon_us", "connector post --all -c amazon_us --json"),
)
@click.argument("settlements", nargs=-1)
@connection_option
@click.option("--all", "is_all", is_flag=True, help="Every registered settlement, oldest first.")
@json_option
@click.pass_context
def post(
    ctx: click.Context, settlements: tuple[str, ...], connection_name: str | None, is_all: bool, as_json: bool
) -> None:
    """Post settlements: read, map, make journals, send each exactly once, read the books back.

    Safe to repeat: what is posted stays as it is. Settlements before go-live are shown and left alone.
    """
    if bool(settlements) == is_all:
        raise InputRefused("Name the settlements to post, or say --all.")
    road = opened_road(connection_name)
    standings = [posted(road, one) for one in chosen_settlements(road, settlements)]
    look_again(road, connection_name)
    if as_json:
        output.write_json({"connection": road.connection, "settlements": [one.row for one in standings]})
    else:
        output.print_table([one.row for one in standings], nothing=f"{road.connection} has no settlement yet.")
    ctx.exit(first_failure(one.exit_code for one in standings))


def posted(road: "Road", settlement_id: str) -> Standing:
    """Take one settlement down the road and say where it stands; an error of one does not stop the others."""
    from assets.road import walk
    from assets.settlements.series import placed

    is_before = placed(road)[settlement_id].is_before_go_live
    try:
        walked = walk(road, settlement_id)
    except ConnectorError as error:
        return standing(road, settlement_id, is_before_go_live=is_before, error=str(error), code=error.exit_code)
    verdicts = walked.results["erp_postings"].verdicts if "erp_postings" in walked.results else ()
    told = " ".join(one.sentence for one in verdicts if one.check == "accepted_by_erp" and one.is_waiting)
    return standing(road, settlement_id, is_before_go_live=is_before, told=told)
