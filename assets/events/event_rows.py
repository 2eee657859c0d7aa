"""The rows of financial transactions: one per leaf.

In: transactions of one day as Amazon told them. Out: their rows with keys, what their leaves leave of the total, and a
mark of everything they say, so that a day that is told again in the same words is no new version.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ledger import money
from ledger.event_leaves import line_keys, lines_of
from ledger.event_status import Standing, standing_of
from resources.amazon.transaction import ProductContext, Transaction

TABLE = "financial_events"
Row = dict[str, str | int | bool | None]


@dataclass(frozen=True)
class EventRows:
    """One transaction as rows, with how it stands, its total and what its leaves leave of it."""

    transaction: Transaction
    document: str
    standing: Standing
    total: Decimal
    difference: Decimal
    rows: tuple[Row, ...]


def rows_of(transaction: Transaction, document: str) -> EventRows | None:
    """Return a transaction as rows; None when nothing says what it comes to."""
    lines = lines_of(transaction.total, transaction.leaves, [item.leaves for item in transaction.items])
    if lines is None:
        return None
    one, ids = transaction, transaction.identifiers
    deferred, release = ids.get("DEFERRED_TRANSACTION_ID", ""), ids.get("RELEASE_TRANSACTION_ID", "")
    standing = standing_of(one.status, deferred, release, tells_deferral=one.tells_deferral)
    shared: Row = {
        "transaction_id": one.transaction_id,
        "transaction_type": one.kind,
        "transaction_status": standing.status if standing.is_told else None,
        "description": one.description,
        "posted_at": one.posted.replace(tzinfo=None).isoformat(),
        "currency": one.currency,
        "marketplace_id": one.marketplace_id,
        "marketplace_name": one.marketplace_name,
        "account_type": one.account_type,
        "order_id": ids.get("ORDER_ID", ""),
        "shipment_id": ids.get("SHIPMENT_ID", ""),
        "group_id": ids.get("FINANCIAL_EVENT_GROUP_ID", ""),
        "settlement_id": ids.get("SETTLEMENT_ID", ""),
        "refund_id": ids.get("REFUND_ID", ""),
        "invoice_id": ids.get("INVOICE_ID", ""),
        "deferred_transaction_id": deferred,
        "release_transaction_id": release,
        "deferral_reason": one.deferred.reason,
        "maturity_date": one.deferred.maturity.date().isoformat() if one.deferred.maturity else None,
        "transaction_total": money.text(lines.total, one.currency),
        "is_cash": standing.is_cash,
        "is_accrual": standing.is_accrual,
        "document": document,
    }
    rows: list[Row] = []
    for line in lines.lines:
        product = one.product if line.item is None else one.items[line.item].product
        amount = money.text(line.amount, one.currency)
        rows.append({**shared, **_product(product), "leaf_path": line.path, "amount": amount})
    keys = line_keys(one.transaction_id, [_content(row) for row in rows])
    keyed = tuple({**row, "line_key": key} for row, key in zip(rows, keys, strict=True))
    return EventRows(transaction, document, standing, lines.total, lines.difference, keyed)


def _product(product: ProductContext) -> Row:
    return {
        "sku": product.sku,
        "asin": product.asin,
        "quantity": product.quantity,
        "network": product.network,
    }


def _content(row: Row) -> tuple[str, ...]:
    """Return what a line says, wherever it stands."""
    return tuple(str(row[name]) for name in ("sku", "asin", "quantity", "network", "leaf_path", "amount"))


def fingerprint(events: Iterable[EventRows]) -> str:
    """Return a mark of everything these rows say, whatever their order and whichever answers they came in."""
    said = sorted(json.dumps({**row, "document": ""}, sort_keys=True) for one in events for row in one.rows)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()
