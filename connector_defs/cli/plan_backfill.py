"""`connector plan backfill`: what it takes to read a span of days from Amazon, before anything is asked."""

import math
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.opened import opened_connection, opened_stores
from connector_defs.cli.options import connection_option, examples, json_option
from ledger.errors import InputRefused

if TYPE_CHECKING:
    from connector_defs.connections import Connection
    from resources.amazon.backfill_plan import Road

_DAY = click.DateTime(["%Y-%m-%d"])
# Where nothing is staged that tells how many orders there are.
_ORDERS_PER_DAY = 100.0


@click.command(
    "backfill",
    epilog=examples(
        "connector plan backfill --from 2026-01-01 --to 2026-10-31 -c amazon_us",
        "connector plan backfill --from 2026-01-01 --to 2026-10-31 --orders-per-day 300 -c amazon_us --json",
    ),
)
@click.option("--from", "first", type=_DAY, required=True, metavar="YYYY-MM-DD", help="The first day.")
@click.option("--to", "last", type=_DAY, required=True, metavar="YYYY-MM-DD", help="The last day.")
@click.option("--orders-per-day", type=click.FloatRange(0, 1e7), help="Expect so many; else what is staged tells.")
@connection_option
@json_option
def backfill(
    first: datetime, last: datetime, orders_per_day: float | None, connection_name: str | None, as_json: bool
) -> None:
    """Say how many calls and minutes a backfill takes, on which road, and why; nothing is asked.

    Other roads to the same data are shown beside the one that is taken.
    """
    from assets.stages.day_stages import DAY_STAGES
    from connector_defs.day_sources import day_stages
    from resources.amazon.backfill_plan import ROADS_TO, Road, Span, roads

    begin, end = first.date(), last.date()
    if orders_per_day is not None and math.isnan(orders_per_day):
        raise InputRefused("--orders-per-day must be a number of orders, such as 300.")
    if end < begin:
        raise InputRefused(f"--to {end} lies before --from {begin}: swap them.")
    opened = opened_connection(connection_name)
    since = _first_day(opened, end)
    expected = orders_per_day if orders_per_day is not None else _seen(opened.name)
    days, sources = (end - begin).days + 1, opened.settings.by_day
    gone = _gone(opened, begin, end)
    windows = {name: stage.days_per_window for name, stage in DAY_STAGES.items()}
    marketplaces, is_old = len(opened.settings.amazon.marketplaces), sources.events_source == "v0"

    def of(asset: str) -> list[Road]:
        """Return the roads to an asset for the days of it that can be had."""
        left = days - sum(one["days"] for one in gone if one["asset"] == asset)
        return roads(Span(left, expected, windows, marketplaces, is_old))[asset] if left else []

    kept = day_stages(sources, opened.settings.books)
    found = {asset: of(asset) for asset in ROADS_TO if asset in kept}
    rows = [
        {
            "asset": asset,
            "road": road.name,
            "taken": road is taken,
            "calls": road.calls_total,
            "minutes": round(road.minutes, 1),
            "why": road.why,
        }
        for asset, options in found.items()
        for taken in [_taken(options, is_searching=sources.orders_road == "search" and days == 1) if options else None]
        for road in sorted(options, key=lambda one: one is not taken)
    ]
    gone = [one for one in gone if one["asset"] in found]
    if as_json:
        output.write_json(
            {"days": days, "begins": since, "orders_per_day": expected, "roads": rows, "cannot_be_had": gone}
        )
        return
    output.say(f"{days} days, about {expected:,.0f} orders a day. Minutes are at the published quotas, buckets full.")
    output.print_table([{**row, "taken": "yes" if row["taken"] else "no"} for row in rows])
    for one in gone:
        output.say(f"{one['asset']}: {one['days']} of these days cannot be had. {one['sentence']}")
    if any(row["asset"] == "orders" and not row["taken"] and row["minutes"] < _minutes_taken(rows) for row in rows):
        output.say(
            "A search of orders would take less, and is no road to the same data: it tells no country of the parcel, so"
            " the report has the last word. With `orders_road: search` the schedule searches between reports."
        )
    if begin < _documented_since():
        output.say(
            f"Of days before {_documented_since()} Amazon documents for most sources nothing: one that comes back "
            "empty may be one that it keeps no more."
        )
    if begin < since:
        output.say(
            f"Days of {opened.name} begin with {since}: to fetch earlier ones, first set `by_day.events_from: {begin}` "
            "in its settings."
        )
    for asset in dict.fromkeys(row["asset"] for row in rows):
        output.say(f"connector fetch {asset} --from {begin} --to {end} -c {opened.name}")


def _first_day(opened: "Connection", end: date) -> date:
    """Return the day that days of the connection begin with; raise InputRefused for days that lie ahead."""
    from connector_defs.day_sources import first_day
    from resources.clock import SystemClock

    now = SystemClock().now()
    if end > now.date():
        raise InputRefused(f"--to {end} lies ahead: the last day that can be fetched is today, {now.date()}.")
    return first_day(opened.settings.by_day, opened.settings.books, now)


def _documented_since() -> date:
    """Return the first day of which Amazon documents that it keeps something, but for orders of some marketplaces."""
    from resources.amazon.old_events import KEPT_DAYS
    from resources.clock import SystemClock

    return SystemClock().now().date() - timedelta(days=KEPT_DAYS - 1)


def _minutes_taken(rows: list[dict]) -> float:
    return next((row["minutes"] for row in rows if row["asset"] == "orders" and row["taken"]), 0.0)


def _taken(options: list["Road"], *, is_searching: bool) -> "Road":
    """Return the road that a fetch goes: the cheapest for volume; a day that is not known yet is searched if so set."""
    if is_searching:
        return options[0]
    return next(one for one in options if one.is_for_volume)


def _gone(opened: "Connection", begin: date, end: date) -> list[dict]:
    """Return what Amazon does not keep any more, by asset: how many of the days, and the sentence that says so."""
    from connector_defs.day_sources import day_stages
    from resources.clock import SystemClock

    ids, today = opened.settings.amazon.marketplaces, SystemClock().now().date()
    found = []
    for asset, stage in day_stages(opened.settings.by_day, opened.settings.books).items():
        kept = stage.kept(ids, today) if stage.kept else None
        if kept is not None and begin < kept.since:
            days = (min(end + timedelta(days=1), kept.since) - begin).days
            found.append({"asset": asset, "days": days, "since": kept.since, "sentence": kept.sentence})
    return found


def _seen(connection: str) -> float:
    """Return how many orders a day the staged orders, else the staged settlements, tell of."""
    warehouse = opened_stores().warehouse
    for table in ("orders", "settlement_lines"):
        versions = warehouse.currents(connection, table)
        if not versions:
            continue
        files = [str(warehouse.path(one)) for one in versions]
        moment = "updated_at" if table == "orders" else "posted_at"
        query = (
            f"SELECT count(DISTINCT order_id), max({moment})::DATE - min({moment})::DATE + 1 "
            "FROM read_parquet($files, union_by_name = true) WHERE order_id <> ''"
        )
        with warehouse.connect() as duck:
            [(orders, days)] = duck.sql(query, params={"files": files}).fetchall()
        if orders and days:
            return orders / days
    return _ORDERS_PER_DAY
