"""Write the days of a span, each as the new version of its partition, over one DuckDB connection.

In: a table and, day by day, its rows and the facts of the version. Out: versions. Opening DuckDB takes ten times as
long as writing a day, and a first fetch writes a hundred of them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from assets.roadmap import Road
from assets.statements import write_parquet
from resources.store.warehouse import Version

# day, rows with amounts as text, facts of the version
WriteDay = Callable[[date, Iterable[Mapping[str, object]], dict], Version]


@contextmanager
def day_writer(road: Road, table: str, typed_by: str = "") -> Iterator[WriteDay]:
    """Yield a function that writes one day of a table; the statement that types its rows is named like the table."""
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:

        def write(day: date, rows: Iterable[Mapping[str, object]], facts: dict) -> Version:
            return road.stores.warehouse.write(
                road.connection,
                table,
                day.isoformat(),
                lambda path: write_parquet(duck, typed_by or table, rows, path),
                facts,
            )

        yield write
