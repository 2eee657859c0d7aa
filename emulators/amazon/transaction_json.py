"""A transaction as Amazon's model finances_2024-06-19 writes it.

In: what is told of a transaction. Out: its JSON object: breakdown trees built from their leaves, amounts as numbers.
Item and transaction level describe the same money.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal

from emulators.amazon.answers import date_time
from emulators.amazon.history import Leaf, TransactionItem
from emulators.amazon.transaction_state import DEFERRED, Told


def transaction_json(
    told: Told, seller_id: str, *, is_bare: bool, without: Literal["empty", "null", "absent"] = "empty"
) -> dict[str, Any]:
    """Return one transaction; a bare one has no status and no breakdowns, as is seen now and then.

    Args:
        without: How a bare one writes the lists it lacks.
    """
    record = told.record
    contexts: list[dict[str, Any]] = []
    if told.status == DEFERRED and record.deferred_until is not None:
        maturity = date_time(record.deferred_until, "millis")
        contexts.append(
            {"contextType": "DeferredContext", "deferralReason": record.deferral_reason, "maturityDate": maturity}
        )
    written = {
        "sellingPartnerMetadata": {
            "sellingPartnerId": seller_id,
            "accountType": record.account_type,
            "marketplaceId": record.marketplace_id,
        },
        "relatedIdentifiers": [
            {"relatedIdentifierName": name, "relatedIdentifierValue": value} for name, value in told.identifiers
        ],
        "transactionType": record.transaction_type,
        "transactionId": told.transaction_id,
        "transactionStatus": None if is_bare else told.status,
        "description": record.description,
        "postedDate": date_time(told.posted, "millis"),
        "totalAmount": money(record.total, record.currency),
        "marketplaceDetails": {
            "marketplaceId": record.marketplace_id,
            "marketplaceName": record.marketplace_name,
        },
        "items": [] if is_bare else [_item(item, record.currency) for item in record.items],
        "contexts": contexts,
        "breakdowns": [] if is_bare else tree(record.leaves, record.currency),
    }
    if is_bare and without != "empty":
        lacking = ("breakdowns", "contexts", "items", "transactionStatus")
        return {name: value for name, value in written.items() if name not in lacking} | (
            {} if without == "absent" else dict.fromkeys(lacking)
        )
    return written


def money(amount: Decimal, currency: str) -> dict[str, Any]:
    """Write an amount; JSON has numbers, and so has Amazon here."""
    whole = amount == amount.to_integral_value()
    return {"currencyCode": currency, "currencyAmount": int(amount) if whole else float(amount)}


def tree(leaves: Iterable[Leaf], currency: str) -> list[dict[str, Any]]:
    """Return the breakdown tree of some leaves, in the order in which their names first come."""
    return _level([(leaf.path, leaf.amount) for leaf in leaves], currency)


def _level(parts: list[tuple[tuple[str, ...], Decimal]], currency: str) -> list[dict[str, Any]]:
    names = dict.fromkeys(path[0] for path, _ in parts)
    nodes = []
    for name in names:
        below = [(path[1:], amount) for path, amount in parts if path[0] == name]
        total = sum((amount for _, amount in below), Decimal(0))
        inner = _level([part for part in below if part[0]], currency)
        nodes.append({"breakdownType": name, "breakdownAmount": money(total, currency), "breakdowns": inner})
    return nodes


def _item(item: TransactionItem, currency: str) -> dict[str, Any]:
    context = {"contextType": "ProductContext", "asin": item.asin, "sku": item.sku, "fulfillmentNetwork": item.network}
    if item.quantity is not None:
        context["quantityShipped"] = item.quantity
    return {
        "description": item.description,
        "relatedIdentifiers": [
            {"itemRelatedIdentifierName": name, "itemRelatedIdentifierValue": value} for name, value in item.identifiers
        ],
        "totalAmount": money(sum((leaf.amount for leaf in item.leaves), Decimal(0)), currency),
        "breakdowns": tree(item.leaves, currency),
        "contexts": [context] if item.sku else [],
    }
