"""Lines of a V2 file whose formats had to be inferred: one line per row, in order.

In: the raw table and the formats. Out: a SELECT. The row of a line is its position in the Parquet file, see
`scan.lines_relation`.
"""

from __future__ import annotations

from resources.amazon.settlement_file.amounts import NumberFormat
from resources.amazon.settlement_file.lines import TEXT_COLUMNS, projection
from resources.amazon.settlement_file.raw_table import RawTable


def v2_select(table: RawTable, numbers: NumberFormat, posted: str, *, is_describing: bool) -> str:
    """Return the query of the lines of a V2 file."""
    values = {
        **{column: table.cell(name) for column, name in TEXT_COLUMNS.items()},
        "amount": numbers.sql(table.cell("amount")),
        "posted_at": posted,
        "quantity": numbers.sql(table.cell("quantity-purchased")),
        "leg": "0",
    }
    return f"SELECT {projection(values, is_describing=is_describing)} FROM {table.relation}"
