"""Where the orders of a settlement were sent, for marketplaces whose VAT is split by country.

In: what a person says of single orders, the orders and the VAT transactions that are kept by day. Out: a table of
order and country beside the lines, and a mark of it, so that a later stage sees when a country has changed. Orders come
first: they are there within minutes, the VAT report only after the month; it fills in what was sold before orders were
read, and proves the rest (`vat_equals_report`). A connection that does not split by country pays nothing of it.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from assets.stages.resumption import comes_again
from assets.stages.roadmap import Road
from assets.stages.statements import composed, dicts, statement
from assets.stages.verdicts import StageResult
from ledger.tax import NO_COUNTRY
from resources.store.warehouse import Version

ORDERS, VAT_TRANSACTIONS = "orders", "vat_transactions"
# What the country column holds of a line that belongs to no order.
NO_ORDER = "-"
# The VAT report of the month in which a settlement ends is there after 34 days at most.
TOLD_WITHIN = timedelta(days=45)
_AGAIN = timedelta(hours=6)
# What tells combinations apart whose orders are named.
_KEYS = ("transaction_type", "amount_type", "amount_description", "marketplace_name", "part", "direction", "country")
_ORDERS_SHOWN = 10
_TOLD_BY = {ORDERS: "countries_of_orders", VAT_TRANSACTIONS: "countries_of_vat_report"}
TELLING_COUNTRIES = frozenset(_TOLD_BY)


def note_countries(duck: duckdb.DuckDBPyConnection, road: Road, lines: Path) -> None:
    """Make the table `order_countries` of a settlement's staged lines in an open DuckDB."""
    said = [
        {"order_id": order_id, "country": country}
        for one in road.policy.marketplaces.values()
        for order_id, country in one.vat_order_countries.items()
    ]
    values: dict[str, object] = {
        "lines": str(lines),
        # Never empty: SQL takes names and types of the columns from the values.
        "said": said or [{"order_id": "", "country": ""}],
    }
    told = ""
    for asset, name in _TOLD_BY.items():
        files = [str(road.stores.warehouse.path(one)) for one in _kept(road, asset)]
        if files:
            told += f"UNION ALL BY NAME ({statement(name)})\n"
            values[asset] = files
    duck.execute(f"CREATE OR REPLACE TEMP TABLE order_countries AS {composed('order_countries', told=told)}", values)


def countries_mark(road: Road, lines: Path) -> str:
    """Return a hash of the countries of the orders in a settlement's staged lines, as they are known now."""
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        note_countries(duck, road, lines)
        rows = duck.execute("SELECT order_id, country FROM order_countries ORDER BY order_id")
        digest = hashlib.sha256()
        while found := rows.fetchmany(10_000):
            digest.update("".join(f"{order_id}\t{country}\n" for order_id, country in found).encode())
    return digest.hexdigest()


def orders_behind(
    duck: duckdb.DuckDBPyConnection, lines: str, values: Mapping[str, Any], stopped: Sequence[Mapping[str, Any]]
) -> Callable[[Mapping[str, Any]], str]:
    """Return what names the orders of a combination that stopped: the first few, and how many more.

    `lines` is the statement of the lines, `values` what it binds, `stopped` the combinations.
    """
    keys = [{name: row[name] for name in _KEYS} for row in stopped]
    sql = composed("orders_of_combinations", lines=lines)
    rows = dicts(duck.sql(sql, params={**values, "stopped": keys, "shown": _ORDERS_SHOWN}))
    found = {tuple(row[name] for name in _KEYS): row for row in rows}

    def said(combination: Mapping[str, Any]) -> str:
        row = found.get(tuple(combination[name] for name in _KEYS))
        if row is None:
            return ""
        more = row["orders"] - len(row["first_orders"])
        return ", ".join(row["first_orders"]) + (f" and {more} more" if more else "")

    return said


def look_again(road: Road, settlement_id: str, result: StageResult) -> None:
    """Let a settlement that came by itself come back while a country may still be told; a young one only.

    Orders are told within minutes and the VAT report on the third of the next month. What is not told by then stays a
    review item, which a person ends.
    """
    record = road.stores.settlements.get(road.connection, settlement_id)
    if record is None or all(finding.code != NO_COUNTRY for finding in result.findings):
        return
    now = road.clock.now()
    if datetime.fromisoformat(record.facts["end"]) + TOLD_WITHIN >= now:
        comes_again(road, settlement_id, now + _AGAIN, "the country of an order is not told yet")


def _kept(road: Road, asset: str) -> list[Version]:
    """Return the days of an asset that are kept and have rows."""
    return [one for one in road.stores.warehouse.currents(road.connection, asset) if one.rows]
