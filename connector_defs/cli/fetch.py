"""`connector fetch`: what is kept by day, fetched without Dagster; the same stages as its schedule runs."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.bank_days import look_again
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import opened_connection, opened_road
from connector_defs.cli.options import connection_option, examples, json_option
from ledger.errors import InputRefused

if TYPE_CHECKING:
    from assets.stages.days import DayOutcome, DayStage
    from assets.stages.roadmap import Road
    from connector_defs.connections import Connection

_DATE = click.DateTime(["%Y-%m-%d"])
_ORDER_ID_MAX = 100


@click.command(
    "fetch",
    epilog=examples(
        "connector fetch financial_events -c amazon_us",
        "connector fetch financial_events --from 2026-11-01 --to 2026-11-18 -c amazon_us --json",
        "connector fetch orders --order 113-0000000-0000000 -c amazon_us",
    ),
)
@click.argument("asset")
@click.option(
    "--from", "first", metavar="DAY", type=_DATE, help="First day, in UTC; what the schedule would fetch if not given."
)
@click.option("--to", "last", metavar="DAY", type=_DATE, help="Last day, included; today if not given.")
@click.option("--order", "order_ids", multiple=True, metavar="ID", help="Read single orders anew; only of orders.")
@connection_option
@json_option
@click.pass_context
def fetch(
    ctx: click.Context,
    asset: str,
    first: datetime | None,
    last: datetime | None,
    order_ids: tuple[str, ...],
    connection_name: str | None,
    as_json: bool,
) -> None:
    """Fetch days of what is kept by day, such as financial_events. Exit 6 when a day, or a part of
    one, is left for a person.
    """
    from assets.stages.days import fetch_days

    connection = opened_connection(connection_name)
    road, stage = opened_road(connection_name), _stage(connection, asset)
    if order_ids:
        if asset != "orders" or first or last:
            raise InputRefused("--order reads single orders of the asset orders, and takes neither --from nor --to.")
        rows = _repaired(road, stage, order_ids)
    else:
        days = _days(connection, road, stage, first and first.date(), last and last.date())
        rows = [_row(day, outcome) for day, outcome in fetch_days(road, stage, days)]
    look_again(road, connection_name)
    rows = [{**row, "left": codes} for row, codes in zip(rows, _left(road, asset, rows), strict=True)]
    if as_json:
        output.write_json({"connection": road.connection, "asset": asset, "days": rows})
    else:
        shown = [{**row, "to look at": ", ".join(row["to_look_at"])} for row in rows]
        output.print_table(
            shown, ("day", "outcome", "rows", "to look at", "sentence"), nothing="There is no day to fetch."
        )
    ctx.exit(ExitCode.WAITS if any(row["outcome"] != "kept" or row["left"] for row in rows) else ExitCode.FINE)


def _stage(connection: "Connection", asset: str) -> "DayStage":
    from connector_defs.day_sources import day_stages

    stages = day_stages(connection.settings.by_day, connection.settings.books)
    if asset not in stages:
        offered = ", ".join(stages) or "nothing"
        raise InputRefused(
            f"{connection.name} keeps no {asset!r} by day. It keeps {offered}; see `by_day` in its settings."
        )
    return stages[asset]


def _days(
    connection: "Connection", road: "Road", stage: "DayStage", first: date | None, last: date | None
) -> Iterable[date]:
    """Return the days that are asked for; without a first one those that the schedule would fetch."""
    from assets.stages.day_names import today
    from assets.stages.days import days_between, span_to_fetch
    from connector_defs.day_sources import first_day

    end = last or stage.told_until(today(road.clock))
    begin = first_day(connection.settings.by_day, connection.settings.books, road.clock.now())
    if first is None:
        span = span_to_fetch(road.stores, road.connection, stage, begin, end, connection.settings.amazon.marketplaces)
        return days_between(*span) if span else []
    if first > end:
        raise InputRefused(f"--from {first} lies behind --to {end}.")
    if first < begin:
        raise InputRefused(
            f"Days of {road.connection} begin with {begin}. To fetch earlier ones, set `by_day.events_from` in its"
            " settings."
        )
    return days_between(first, end)


def _repaired(road: "Road", stage: "DayStage", order_ids: Iterable[str]) -> list[dict]:
    """Read single orders anew; one row for each with the day it was laid into."""
    from assets.sales.searched_orders import repair_order
    from assets.stages.days import keep_outcome

    rows = []
    for order_id in order_ids:
        if not order_id.strip(". ") or len(order_id) > _ORDER_ID_MAX:
            raise InputRefused(f"{order_id[:40]!r} is no order id: one looks like 113-0000000-0000000.")
        day, result = repair_order(road, order_id)
        keep_outcome(road, stage, day, result)
        rows.append({"order": order_id, **_row(day, result)})
    return rows


def _left(road: "Road", asset: str, rows: list[dict]) -> list[list[str]]:
    """Return for each row what of its day is left for a person: the codes of its open review items."""
    from assets.stages.day_names import day_name

    items = road.stores.review.listing(road.connection)
    names = [day_name(asset, row["day"]) for row in rows]
    return [sorted({one.code for one in items if one.partition == name}) for name in names]


def _row(day: date, outcome: "DayOutcome") -> dict:
    from assets.stages.days import RefusedDay

    if isinstance(outcome, RefusedDay):
        word = "gone" if outcome.is_gone else "refused"
        return {"day": day, "outcome": word, "rows": None, "to_look_at": [], "sentence": outcome.sentence}
    failing = [verdict for verdict in outcome.verdicts if not verdict.passed]
    return {
        "day": day,
        "outcome": "kept",
        "rows": outcome.rows_total,
        "to_look_at": [verdict.check for verdict in failing],
        "sentence": " ".join(verdict.sentence for verdict in failing),
        "version": outcome.version,
        "facts": outcome.facts,
    }
