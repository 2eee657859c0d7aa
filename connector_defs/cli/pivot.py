"""What a settlement did, category by marketplace, as a pivot for a spreadsheet.

pandas does the pivoting, with Arrow types so that amounts stay decimals (its own types would make them floats). It is
imported here and nowhere on the road: it costs a second, which no run should pay.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from ledger import money

if TYPE_CHECKING:
    from assets.stages.roadmap import Road
    from resources.store.warehouse import Version

_TOTAL = "total"
_QUERY = """
SELECT category, coalesce(nullif(marketplace, ''), 'no marketplace') AS marketplace, sum(clearing_amount) AS amount
FROM read_parquet($movements)
WHERE kind <> 'remainder'
GROUP BY ALL
"""


def pivot(road: "Road", version: "Version", currency: str) -> tuple[list[str], list[dict[str, object]]]:
    """Return columns and rows: a category per row, a marketplace per column, totals at both ends."""
    import pandas

    with road.stores.warehouse.connect() as duck:
        bound = {"movements": str(road.stores.warehouse.path(version))}
        table = duck.sql(_QUERY, params=bound).to_arrow_table()
    frame = table.to_pandas(types_mapper=pandas.ArrowDtype)
    wide = frame.pivot(index="category", columns="marketplace", values="amount").sort_index()
    marketplaces = sorted(str(name) for name in wide.columns)
    rows = [_row(str(category), wide.loc[category], marketplaces, currency) for category in wide.index]
    return ["category", *marketplaces, _TOTAL], [*rows, _sum(rows, marketplaces, currency)]


def _row(category: str, amounts, marketplaces: list[str], currency: str) -> dict[str, object]:
    found = dict(_amounts(amounts, marketplaces, currency))
    return {"category": category, **found, _TOTAL: money.total(found.values(), currency)}


def _amounts(amounts, marketplaces: list[str], currency: str) -> Iterator[tuple[str, Decimal]]:
    """Yield the amounts that there are; an empty cell is no zero."""
    import pandas

    for name in marketplaces:
        if not pandas.isna(amounts[name]):
            yield name, money.exact(amounts[name], currency)


def _sum(rows: list[dict[str, object]], marketplaces: list[str], currency: str) -> dict[str, object]:
    sums = {name: money.total((row[name] for row in rows if name in row), currency) for name in marketplaces}
    return {"category": _TOTAL, **sums, _TOTAL: money.total(sums.values(), currency)}
