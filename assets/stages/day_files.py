"""Write one day of an asset as the new version of its partition.

In: a table, a day, its rows with amounts as text, the facts of the version. Out: the version; the one that stands where
both are the same.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from assets.stages.roadmap import Road
from assets.stages.statements import write_parquet
from resources.store.warehouse import Version


def write_day(
    road: Road, table: str, day: date, rows: Iterable[Mapping[str, object]], facts: dict, typed_by: str = ""
) -> Version:
    """Write a day; the statement that types its rows is named like the table unless told otherwise."""

    def produce(path: Path) -> None:
        with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
            write_parquet(duck, typed_by or table, rows, path)

    return road.stores.warehouse.write(road.connection, table, day.isoformat(), produce, facts)
