"""Which settlement row an event of Amazon's older API becomes: its names are those of settlements, put together anew.

In: the event's kind and the path of the leaf (`ItemFeeList/Commission`). Out: the three labels of the settlement row
for the same money, so that event and settlement cannot disagree about a category; None where no list has a counterpart.

Source: models/financesV0.json of https://github.com/amzn/selling-partner-api-models, lists set beside amount types; the
one charge that is spelled otherwise is ShippingCharge. A promotion does not say what it was granted on.
"""

from __future__ import annotations

from ledger.classification import Triple
from ledger.event_leaves import SEPARATOR

_TYPES = {
    "Shipment": "Order",
    "ShipmentSettle": "Order",
    "Refund": "Refund",
    "GuaranteeClaim": "A-to-z Guarantee Refund",
    "Chargeback": "Chargeback Refund",
}
_RETROCHARGES = {"Retrocharge": "Order_Retrocharge"}
_AMOUNT_TYPES = {
    "ItemCharge": "ItemPrice",
    "OrderCharge": "ItemPrice",
    "ItemFee": "ItemFees",
    "OrderFee": "ItemFees",
    "ShipmentFee": "Shipment-Fees",
    "ItemTaxWithheld": "ItemWithheldTax",
    "Promotion": "Promotion",
    "DirectPayment": "DirectPayment",
}
_CHARGES = {"ShippingCharge": "Shipping"}
_POINTS = {"CostOfPointsGranted": "PointsGranted", "CostOfPointsReturned": "PointsReturned"}


def settlement_labels(kind: str, leaf_path: str) -> Triple | None:
    """Return transaction type, amount type and description of the settlement row for the same money."""
    names = leaf_path.split(SEPARATOR)
    transaction_type = _TYPES.get(kind)
    if transaction_type is not None and names[0] in _POINTS:
        return transaction_type, "Points", _POINTS[names[0]]
    if len(names) != 2:
        return _retrocharged(kind, names[0])
    list_name, word = names[0].removesuffix("List").removesuffix("Adjustment"), names[1]
    if kind in _RETROCHARGES and list_name == "RetrochargeTaxWithheld":
        return _RETROCHARGES[kind], "ItemWithheldTax", word
    amount_type = _AMOUNT_TYPES.get(list_name)
    if transaction_type is None or amount_type is None:
        return None
    if amount_type == "Promotion":
        return transaction_type, amount_type, "Principal"
    return transaction_type, amount_type, _CHARGES.get(word, word)


def _retrocharged(kind: str, name: str) -> Triple | None:
    word = {"BaseTax": "Tax", "ShippingTax": "ShippingTax"}.get(name)
    return (_RETROCHARGES[kind], "ItemPrice", word) if kind in _RETROCHARGES and word else None
