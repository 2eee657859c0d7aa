"""Settlement files written by hand: bytes in, so that a test shows what stands in the file.

Amounts and dates are texts on purpose: what a locale looks like is what is tested.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ledger.errors import SettlementFileRefused
from resources.amazon.settlement_file import SettlementFile, lines_relation, read_settlement

V2_COLUMNS = [
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount",
    "currency", "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id",
    "marketplace-name", "amount-type", "amount-description", "amount", "fulfillment-id", "posted-date",
    "posted-date-time", "order-item-code", "merchant-order-item-id", "merchant-adjustment-item-id", "sku",
    "quantity-purchased", "promotion-id",
]  # fmt: skip
V1_COLUMNS = [
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount",
    "currency", "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id",
    "marketplace-name", "shipment-fee-type", "shipment-fee-amount", "order-fee-type", "order-fee-amount",
    "fulfillment-id", "posted-date", "order-item-code", "merchant-order-item-id",
    "merchant-adjustment-item-id", "sku", "quantity-purchased", "price-type", "price-amount",
    "item-related-fee-type", "item-related-fee-amount", "misc-fee-amount", "other-fee-amount",
    "other-fee-reason-description", "promotion-id", "promotion-type", "promotion-amount",
    "direct-payment-type", "direct-payment-amount", "other-amount",
]  # fmt: skip
SUMMARY = {
    "settlement-id": "24288684721",
    "settlement-start-date": "2026-03-01 10:00:00 UTC",
    "settlement-end-date": "2026-03-15 10:00:00 UTC",
    "deposit-date": "2026-03-17 10:00:00 UTC",
    "currency": "USD",
}
ROW = {
    "settlement-id": "24288684721",
    "transaction-type": "Order",
    "order-id": "111-1111111-1111111",
    "merchant-order-id": "111-1111111-1111111",
    "marketplace-name": "Amazon.com",
    "amount-type": "ItemPrice",
    "amount-description": "Principal",
    "fulfillment-id": "AFN",
    "posted-date": "2026-03-05",
    "posted-date-time": "2026-03-05 09:00:00 UTC",
    "sku": "SKU-1",
    "quantity-purchased": "1",
}
V1_ROW = {
    **{name: ROW[name] for name in ("settlement-id", "transaction-type", "order-id", "marketplace-name", "sku")},
    "posted-date": "2026-03-05T09:00:00+00:00",
}


def lines_of(columns: Iterable[str], rows: Iterable[dict[str, str]]) -> str:
    """Return rows as tab-separated text with their header, LF line ends."""
    names = list(columns)
    return "".join(
        "\t".join(cells) + "\n" for cells in [names, *([row.get(name, "") for name in names] for row in rows)]
    )


def v2_text(rows: Iterable[str | dict[str, str]], *, columns: Iterable[str] = V2_COLUMNS, **summary: str) -> str:
    """Return a V2 file; a row is an amount or the fields that differ from `ROW`; an absent total is added up."""
    full = [{**ROW, **({"amount": row} if isinstance(row, str) else row)} for row in rows]
    head = {**SUMMARY, **{name.replace("_", "-"): text for name, text in summary.items()}}
    if "total-amount" not in head:
        head["total-amount"] = str(sum((Decimal(row.get("amount") or 0) for row in full), Decimal("0.00")))
    return lines_of(columns, [head, *full])


def v1_text(rows: Iterable[dict[str, str]], *, columns: Iterable[str] = V1_COLUMNS, **summary: str) -> str:
    """Return a V1 file; `total_amount` must be given."""
    head = {**SUMMARY, **{name.replace("_", "-"): text for name, text in summary.items()}}
    return lines_of(columns, [head, *({**V1_ROW, **row} for row in rows)])


class Desk:
    """A folder with one file to read, and the reading of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines = folder / "lines.parquet"

    def file(self, content: str | bytes, name: str = "report.txt") -> Path:
        """Write the file that is handed in."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def read(self, content: str | bytes, **options: Any) -> SettlementFile:
        """Write the file and read it into lines."""
        return read_settlement(self.file(content), self.lines, **options)

    def refused(self, content: str | bytes, **options: Any) -> SettlementFileRefused:
        """Write the file and return its refusal, after which nothing may be left in the folder."""
        path = self.file(content)
        with pytest.raises(SettlementFileRefused) as caught:
            read_settlement(path, self.lines, scratch=self.folder, **options)
        assert sorted(self.folder.iterdir()) == [path]
        return caught.value

    def rows(self, columns: str = "*") -> list[tuple[Any, ...]]:
        """Return the lines written last, in the order of the Parquet file."""
        return duckdb.sql(f"SELECT {columns} FROM {lines_relation(self.lines)}").fetchall()

    def amounts(self) -> list[str | None]:
        """Return the amounts of all lines but the summary, as text with three decimals."""
        return [None if amount is None else str(amount) for (amount,) in self.rows("amount")[1:]]
