"""Orders taken in as they change: searched every few minutes by last update, or opened one by one as repair.

In: the Orders API. Out: the same day versions that the report of all orders makes, with the same columns. How far a day
is known stands in the facts of its version (`until`), written with the rows in one step: a process that dies between
two of them loses nothing, the next one asks again from there and a little before. The report stays the better road for
volume and has the last word of a day: a long gap, many pages and a day that is over go to it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import duckdb

from assets.orders import ORDERS
from assets.sales.order_lines import rows_of_order
from assets.stages.day_names import start_of, today
from assets.stages.days import DayOutcome, Kept, days_between, windows
from assets.stages.report_days import (
    describe,
    end_of,
    fetch_report_days,
    keep_day,
    newest,
    no_rows,
    rows_of_version,
    scratch,
    until_of,
)
from assets.stages.roadmap import Road
from assets.stages.statements import statement, write_lines
from assets.stages.verdicts import StageResult
from ledger.errors import InputRefused
from resources.amazon.order import Order
from resources.amazon.orders import TooManyPages, kept_since, kept_words
from resources.store.warehouse import Version

# Asked for once more each time: what Amazon's search shows late.
OVERLAP = timedelta(minutes=30)
# A longer gap is the report's: it costs four calls however many orders it holds.
GAP_MAX = timedelta(hours=24)
# As many pages as the bucket of searchOrders holds; more changed orders are the report's.
PAGES_MAX = 20
# When a day has been over for so long, its report is made, which has the columns that no search tells.
SETTLED_AFTER = timedelta(hours=3)
# One report covers a month of orders.
DAYS_PER_REPORT = 30
_DAY = timedelta(days=1)


def fetch_orders(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Fetch the orders of a span on the road that the connection chose, and stage each day.

    On the road `search` what is not known yet is searched; days that are known whole and named all the same are made
    anew by the report. Raises as `fetch_report_days`.
    """
    begin = _unknown_since(road, first, last) if road.orders_road == "search" else None
    if begin is None or road.clock.now() - begin > GAP_MAX:
        return fetch_report_days(road, ORDERS, first, last)
    polled = days_between(max(first, begin.date() - _DAY), last)
    found = _searched(road, begin - OVERLAP)
    if found is None:
        return fetch_report_days(road, ORDERS, first, last)
    outcomes: dict[date, DayOutcome] = {**_laid_in(road, polled, *found)}
    settled = [day for day in days_between(first, last) if day not in outcomes or _wants_report(road, day)]
    for begin_day, end_day in windows(settled, DAYS_PER_REPORT):
        outcomes |= fetch_report_days(road, ORDERS, begin_day, end_day)
    return {day: outcomes[day] for day in days_between(first, last)}


def orders_kept(marketplace_ids: Sequence[str], day: date) -> Kept:
    """Return from which day on Amazon still has orders, looked at on a day."""
    return Kept(kept_since(marketplace_ids, day), kept_words(marketplace_ids, day))


def repair_order(road: Road, order_id: str) -> tuple[date, StageResult]:
    """Read one order and lay it into the day of its last change; return the day and what it holds now.

    Raises InputRefused where Amazon has no such order, or where that day was never fetched: a version with one order
    alone would look like a whole day. Raises as the Orders API does.
    """
    order = road.source.orders.get(order_id)
    if order is None:
        words = kept_words(road.source.marketplace_ids, today(road.clock))
        raise InputRefused(
            f"Amazon has no order {order_id} of connection {road.connection}. {words} Look at the number in the"
            " settlement, and whether it is another connection's."
        )
    day = order.updated.astimezone(UTC).date()
    if _current(road, day) is None:
        raise InputRefused(
            f"Order {order_id} was last changed on {day}, and that day was never fetched. Fetch it whole: connector"
            f" fetch orders --from {day} --to {day} -c {road.connection}"
        )
    return day, _laid_in(road, [day], [order], None)[day]


def _unknown_since(road: Road, first: date, last: date) -> datetime | None:
    """Return the first moment of a span of which nothing is known; None when all of it is."""
    for day in days_between(first, last):
        version = _current(road, day)
        if version is None:
            return start_of(day)
        if until_of(version) < end_of(day):
            return until_of(version)
    return None


def _searched(road: Road, begin: datetime) -> tuple[list[Order], datetime] | None:
    """Return the orders that were changed since a moment and up to which one; None when the report is the better road.

    An order that changed while it was paged comes out as it was last.
    """
    until = road.source.orders.told_until()
    newest: dict[str, Order] = {}
    try:
        for order in road.source.orders.search(updated_after=begin, before=until, pages_max=PAGES_MAX):
            known = newest.get(order.order_id)
            if known is None or known.updated <= order.updated:
                newest[order.order_id] = order
    except TooManyPages:
        return None
    return list(newest.values()), until


def _laid_in(
    road: Road, days: Iterable[date], orders: Iterable[Order], until: datetime | None
) -> dict[date, StageResult]:
    """Lay orders into their days, the oldest day first; what is known of a day reaches up to `until` then.

    A day that is told again in the same words stays as it is, and is known no further: the next poll asks a longer
    span, which costs no more where nothing happens.
    """
    with scratch() as folder, road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        lines = write_lines((row for order in orders for row in rows_of_order(order)), folder / "orders.json")
        duck.execute("CREATE OR REPLACE TEMP TABLE found AS " + statement("searched_orders"), {"lines": lines})
        return {day: _day(duck, road, day, until) for day in days}


def _day(duck: duckdb.DuckDBPyConnection, road: Road, day: date, until: datetime | None) -> StageResult:
    rows = f"(SELECT * FROM found WHERE CAST(updated_at AS DATE) = DATE '{day.isoformat()}')"
    [(count,)] = duck.sql(f"SELECT count(*) FROM {rows}").fetchall()
    known = _current(road, day)
    if known is not None and not count and (until is None or until_of(known) >= min(until, end_of(day))):
        return describe(duck, ORDERS, rows_of_version(road, known), known, {})
    return keep_day(duck, road, ORDERS, day, _composed(road, rows, day, until), {})


def _composed(road: Road, rows: str, day: date, until: datetime | None) -> Callable[[Version | None], tuple[str, dict]]:
    def compose(before: Version | None) -> tuple[str, dict]:
        reach = max(one for one in (until, until_of(before) if before else None) if one is not None)
        kept = rows_of_version(road, before) if before else no_rows(ORDERS)
        made = {
            "report": before.facts["report"] if before else "",
            "document": before.facts["document"] if before else "",
            "is_complete": end_of(day) <= reach,
            "until": reach.isoformat(),
            "is_searched": True,
        }
        return newest(rows, kept), made

    return compose


def _wants_report(road: Road, day: date) -> bool:
    """Tell whether a day that was searched has been over for a while."""
    version = _current(road, day)
    is_searched = version is not None and version.facts.get("is_searched", False)
    return is_searched and road.clock.now() >= end_of(day) + SETTLED_AFTER


def _current(road: Road, day: date) -> Version | None:
    """Return the version of a day that counts; None as well when its file is gone, so that the day is read anew."""
    version = road.stores.warehouse.current(road.connection, ORDERS.asset, day.isoformat())
    return version if version is not None and road.stores.warehouse.holds(version) else None
