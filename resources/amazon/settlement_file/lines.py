"""The columns of settlement lines and the projection that fills them.

In: SQL per column. Out: a SELECT with all columns in their fixed order and types, or only those that a description
of the file needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from resources.amazon.settlement_file.header import Header

# Lines column: column of the source.
TEXT_COLUMNS = {
    "transaction_type": "transaction-type",
    "order_id": "order-id",
    "merchant_order_id": "merchant-order-id",
    "adjustment_id": "adjustment-id",
    "shipment_id": "shipment-id",
    "marketplace_name": "marketplace-name",
    "amount_type": "amount-type",
    "amount_description": "amount-description",
    "fulfillment_id": "fulfillment-id",
    "order_item_code": "order-item-code",
    "merchant_order_item_id": "merchant-order-item-id",
    "merchant_adjustment_item_id": "merchant-adjustment-item-id",
    "sku": "sku",
    "promotion_id": "promotion-id",
}
COLUMN_TYPES = {
    "transaction_type": "VARCHAR",
    "order_id": "VARCHAR",
    "merchant_order_id": "VARCHAR",
    "adjustment_id": "VARCHAR",
    "shipment_id": "VARCHAR",
    "marketplace_name": "VARCHAR",
    "amount_type": "VARCHAR",
    "amount_description": "VARCHAR",
    "amount": "DECIMAL(18,3)",
    "fulfillment_id": "VARCHAR",
    "posted_at": "TIMESTAMP",
    "order_item_code": "VARCHAR",
    "merchant_order_item_id": "VARCHAR",
    "merchant_adjustment_item_id": "VARCHAR",
    "sku": "VARCHAR",
    "quantity": "INTEGER",
    "promotion_id": "VARCHAR",
    "source_row": "BIGINT",
    "leg": "SMALLINT",
}
# Enough to check a file and to say what it holds, without writing its lines.
_DESCRIBING = frozenset((
    "transaction_type", "marketplace_name", "amount_type", "amount_description", "amount", "posted_at",
    "source_row",
))  # fmt: skip


def projection(values: Mapping[str, str], *, is_describing: bool) -> str:
    """Return the select list that fills the columns of lines; a column without a value is NULL."""
    return ", ".join(
        f"CAST({values.get(column, 'NULL')} AS {kind}) AS {column}"
        for column, kind in COLUMN_TYPES.items()
        if not is_describing or column in _DESCRIBING
    )


def raw_texts(header: Header) -> dict[str, str]:
    """Return the source column of each text column of lines that the file has, unchanged."""
    return {column: f"c{header.positions[name]}" for column, name in TEXT_COLUMNS.items() if name in header.positions}
