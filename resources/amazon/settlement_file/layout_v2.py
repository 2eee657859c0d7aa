"""Lines of a V2 file whose formats had to be inferred: one line per row, in order.

In: the raw table and the formats. Out: a SELECT. The row of a line is its position in the Parquet file, see
`scan.lines_relation`.
"""

from __future__ import annotations

from resources.amazon.settlement_file.amounts import amount_sql
from resources.amazon.settlement_file.lines import TEXT_COLUMNS, projection
from resources.amazon.settlement_file.raw_table import RawTable


def v2_select(table: RawTable, sign: str, posted: str, *, is_describing: bool) -> str:
    """Return the query of the lines of a V2 file."""
    values = {
        **{column: table.cell(name) for column, name in TEXT_COLUMNS.items()},
        "amount": amount_sql("amount_text", sign),
        "posted_at": posted,
        "quantity": amount_sql("quantity_text", sign),
        "leg": "0",
    }
    cells = f"{table.cell('amount')} AS amount_text, {table.cell('quantity-purchased')} AS quantity_text"
    return f"SELECT {projection(values, is_describing=is_describing)} FROM (SELECT *, {cells} FROM {table.relation})"
