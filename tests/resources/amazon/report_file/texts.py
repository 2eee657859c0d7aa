"""Small reports by hand: a header, a row per line, what a test changes in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from resources.amazon.report_file import ReportTable, rows_relation

ORDER_HEADER = [
    "amazon-order-id",
    "merchant-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "fulfillment-channel",
    "sales-channel",
    "order-channel",
    "ship-service-level",
    "product-name",
    "sku",
    "asin",
    "number-of-items",
    "item-status",
    "quantity",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "gift-wrap-price",
    "gift-wrap-tax",
    "item-promotion-discount",
    "ship-promotion-discount",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "promotion-ids",
    "is-business-order",
    "purchase-order-number",
    "price-designation",
]
SHIPPED = {
    "amazon-order-id": "202-0000001-0000001",
    "merchant-order-id": "202-0000001-0000001",
    "purchase-date": "2026-10-11T12:00:00+00:00",
    "last-updated-date": "2026-10-12T09:30:00+00:00",
    "order-status": "Shipped",
    "fulfillment-channel": "Amazon",
    "sales-channel": "Amazon.co.uk",
    "ship-service-level": "Standard",
    "product-name": "Mug \u2013 blue",
    "sku": "MUG",
    "asin": "B0DEMOMUG1",
    "number-of-items": "1",
    "item-status": "Shipped",
    "quantity": "2",
    "currency": "GBP",
    "item-price": "24.00",
    "item-tax": "3.60",
    "shipping-price": "6.00",
    "item-promotion-discount": "2.40",
    "ship-city": "Demotown",
    "ship-state": "Demoshire",
    "ship-postal-code": "DE1 2MO",
    "ship-country": "GB",
    "promotion-ids": "PAWS-1,PAWS-2",
    "is-business-order": "false",
    "purchase-order-number": "Jane Demo 7",
}


def order_file(*changes: dict[str, str], header: Sequence[str] = ORDER_HEADER, encoding: str = "utf-8") -> bytes:
    """Return an order report with a shipped order per set of changes."""
    lines = ["\t".join(header)]
    for change in changes:
        row = {**SHIPPED, **change}
        lines.append("\t".join(row.get(name, "") for name in header))
    return ("\n".join(lines) + "\n").encode(encoding)


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a written report by name."""
    with duckdb.connect() as connection:
        read = connection.execute(f"SELECT * FROM {rows_relation(path)} ORDER BY source_row")
        names = [column[0] for column in read.description]
        return [dict(zip(names, map(_aware, row), strict=True)) for row in read.fetchall()]


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def minimal_file(table: ReportTable, **cells: str) -> bytes:
    """Return a report with the columns a table needs and one row of these cells, by name in the rows."""
    columns = [column for column in table.columns if column.is_needed or column.name in cells]
    header = "\t".join(column.source for column in columns)
    row = "\t".join(cells.get(column.name, "") for column in columns)
    return f"{header}\n{row}\n".encode()
