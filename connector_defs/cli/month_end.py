"""`connector month-end`: what closes a month, made without Dagster; the same stages as its schedule runs."""

from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import opened_connection, opened_road
from connector_defs.cli.options import connection_option, examples, json_option
from ledger.errors import InputRefused
from ledger.month import Month

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assets.stages.months import MonthStage
    from assets.stages.verdicts import StageResult
    from connector_defs.connections import Connection
    from ledger.policy import Policy


@click.command(
    "month-end",
    epilog=examples(
        "connector month-end 2026-10 -c amazon_us", "connector month-end 2026-10 --only month_proofs --json"
    ),
)
@click.argument("month")
@click.option("--only", "only", multiple=True, metavar="ASSET", help="Make this one alone; may be given again.")
@connection_option
@json_option
@click.pass_context
def month_end(
    ctx: click.Context, month: str, only: tuple[str, ...], connection_name: str | None, as_json: bool
) -> None:
    """Make what closes MONTH (such as 2026-10). Exit 6 when a check of it fails."""
    from assets.stages.months import run_month

    wanted = Month.read(month)
    connection = opened_connection(connection_name)
    stages = list(_stages(only, connection.settings.books))
    road = opened_road(connection_name)
    require_kept(connection, wanted, road.clock.now())
    rows = [row for stage in stages for row in _rows(stage, run_month(road, stage, wanted))]
    if as_json:
        output.write_json({"connection": road.connection, "month": month, "checks": rows})
    else:
        output.print_table(rows, ("asset", "check", "outcome", "sentence"), nothing="Nothing is made of a month.")
    ctx.exit(ExitCode.WAITS if any(row["outcome"] == "fails" for row in rows) else ExitCode.FINE)


def _stages(only: tuple[str, ...], books: "Policy") -> "Iterator[MonthStage]":
    from assets.stages.month_stages import month_stages

    stages = month_stages(books)
    for asset in only:
        if asset not in stages:
            there = ", ".join(stages) or "nothing with these settings"
            raise InputRefused(f"Nothing named {asset!r} is made by month. There is {there}.")
    yield from (stage for asset, stage in stages.items() if not only or asset in only)


def require_kept(connection: "Connection", month: Month, now) -> None:
    """Refuse a month before the first one; partitions of it do not exist."""
    from connector_defs.day_sources import first_day

    first = Month.of(first_day(connection.settings.by_day, connection.settings.books, now))
    if month < first:
        raise InputRefused(
            f"Months of {connection.name} begin with {first}. To close earlier ones, set `by_day.events_from` in its"
            " settings."
        )


def _rows(stage: "MonthStage", result: "StageResult") -> "Iterator[dict[str, object]]":
    for verdict in result.verdicts:
        yield {
            "asset": stage.asset,
            "check": verdict.check,
            "outcome": verdict.outcome,
            "sentence": verdict.sentence,
            "rows": list(verdict.rows),
        }
