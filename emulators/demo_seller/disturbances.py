"""Things that go wrong in the demonstration seller's American account, each only when it is asked for.

In: the seller's history as it should be, names of disturbances. Out: the same history with them in it, and a `Placed`
each, which says what a check must find: the record, by how much, in words. The settlement files stay as they are; what
differs is what Amazon tells beside them, or what the bank has.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from emulators.amazon.history import (
    GroupRecord,
    Leaf,
    PayoutRecord,
    Placed,
    SellerHistory,
    TransactionItem,
    TransactionRecord,
)

_LATE, _MONTH = timedelta(hours=47, minutes=55), timedelta(days=30)
_LOST, _SHORT, _BANK_FEE, _STRAY = Decimal("25.00"), Decimal("10.00"), Decimal("-12.00"), Decimal("33.00")
_OTHER, _UNTOLD = Decimal("1.00"), Decimal("17.25")
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_COMMISSION = ("AmazonFees", "Commission", "Base")
# What Amazon takes for a parcel that it sent itself.
_FULFILMENT = ("AmazonFees", "FBAPerUnitFulfillmentFee", "Base")
_LATE_SHIPMENT = timedelta(days=8)


def disturb(history: SellerHistory, names: Iterable[str]) -> None:
    """Put disturbances into an account's history.

    Raises:
        ValueError: For a name that is none of `DISTURBANCES`.
    """
    for name in sorted(names):
        if name not in _MAKERS:
            raise ValueError(f"Unknown disturbance {name!r}. Known are: {', '.join(DISTURBANCES)}.")
        history.placed.append(_MAKERS[name](history))


def _late_arrival(history: SellerHistory) -> Placed:
    """Tell the newest charge of the newest settlement almost two days after it was posted."""
    position, record = _newest(history, "ProductAdsPayment")
    history.transactions[position] = replace(record, visible=record.posted + _LATE)
    return Placed("late_arrival", record.transaction_id, record.total, "Told 47 hours and 55 minutes after posting.")


def _late_shipment(history: SellerHistory) -> Placed:
    """Tell the newest shipment by Amazon eight days after its parcel left; the report of shipments has it in time."""
    return _shipped_by_amazon(history, "late_shipment", _LATE_SHIPMENT, "Told eight days after it was posted.")


def _untold_shipment(history: SellerHistory) -> Placed:
    """Never tell a shipment by Amazon that the report of shipments has, and its settlement."""
    return _shipped_by_amazon(history, "untold_shipment", None, "Shipped and settled, and told by no transaction.")


def _shipped_by_amazon(history: SellerHistory, check: str, after: timedelta | None, sentence: str) -> Placed:
    position, record = _newest(history, "Shipment", with_leaf=_FULFILMENT)
    visible = _NEVER if after is None else record.posted + after
    history.transactions[position] = replace(record, visible=visible)
    return Placed(check, dict(record.identifiers)["ORDER_ID"], record.total, sentence)


def _changed(history: SellerHistory) -> Placed:
    """Tell another amount first, under the same id."""
    position, record = _newest(history, "ServiceFee")
    corrected = record.posted + timedelta(hours=30)
    wrong = replace(record, leaves=(_more(record.leaves[0], -_SHORT), *record.leaves[1:]), replaced=corrected)
    history.transactions[position] = replace(record, visible=corrected)
    history.transactions.append(wrong)
    return Placed("changed", record.transaction_id, _SHORT, "Told with 10.00 too much for thirty hours.")


def _held_longer(history: SellerHistory) -> Placed:
    """Hold the newest deferred sale of the open period a month longer."""
    opened = max((group for group in history.groups if group.end is None), key=lambda group: group.start)
    name = ("FINANCIAL_EVENT_GROUP_ID", opened.group_id)
    found = [
        (record.posted, position, record.deferred_until)
        for position, record in enumerate(history.all_transactions())
        if record.deferred_until is not None and name in record.identifiers
    ]
    _, position, until = max(found)
    record = history.transactions[position]
    later = until + _MONTH
    history.transactions[position] = replace(record, deferred_until=later)
    sentence = f"Shipped, and held until {later.date()}: its money counts as earned and is not to be had."
    return Placed("held_longer", dict(record.identifiers)["ORDER_ID"], record.total, sentence)


def _lost_row(history: SellerHistory) -> Placed:
    """Release a sale in a settlement whose file does not have it."""
    _, record = _newest(history, "Shipment")
    order_id = "111-0000000-0000001"
    item = TransactionItem((Leaf(("ProductCharges", "OurPricePrincipal"), _LOST),), record.items[0].sku, quantity=1)
    identifiers = (("ORDER_ID", order_id), ("SHIPMENT_ID", "LOSTROW01"), *_of_group(record))
    lost = replace(
        record,
        transaction_id=uuid.uuid5(uuid.NAMESPACE_OID, f"lost/{record.transaction_id}").hex,
        leaves=(Leaf(("Sales", "ProductCharges"), _LOST),),
        items=(item,),
        identifiers=identifiers,
    )
    history.transactions.append(lost)
    return Placed("lost_row", order_id, _LOST, "Released and not in the settlement's file.")


def _missing_event(history: SellerHistory) -> Placed:
    """Leave out the transaction of a row."""
    position, record = _newest(history, "ProductAdsPayment")
    del history.transactions[position]
    return Placed("missing_event", record.transaction_id, -record.total, "In the settlement's file and never told.")


def _other_amount(history: SellerHistory) -> Placed:
    """Tell a sale with one unit of money less commission than its rows have."""
    position, record = _newest(history, "Shipment", with_leaf=_COMMISSION)
    items = []
    for number, item in enumerate(record.items):
        leaves = tuple(_more(one, _OTHER) if not number and one.path == _COMMISSION else one for one in item.leaves)
        items.append(replace(item, leaves=leaves))
    fees = ("Expenses", "AmazonFees")
    own = tuple(_more(one, _OTHER) if one.path == fees else one for one in record.leaves)
    history.transactions[position] = replace(record, items=tuple(items), leaves=own)
    order_id = dict(record.identifiers)["ORDER_ID"]
    return Placed("other_amount", order_id, _OTHER, "Told with 1.00 less commission than the settlement has.")


def _payout_short(history: SellerHistory) -> Placed:
    """Pay out less than the settlement's total."""
    position, payout = _newest_payout(history)
    history.payouts[position] = replace(payout, amount=payout.amount - _SHORT)
    return Placed("payout_short", payout.settlement_id, -_SHORT, "Paid 10.00 less than the settlement's total.")


def _payout_failed(history: SellerHistory) -> Placed:
    """Let the newest payout fail and put its money back into the open period."""
    position, payout = _newest_payout(history)
    moment = payout.statuses[-1][1]
    history.payouts[position] = replace(payout, statuses=(*payout.statuses[:-1], ("FAILED", moment)))
    opened = _open_group(history, payout)
    history.transactions.append(
        TransactionRecord(
            transaction_id=uuid.uuid5(uuid.NAMESPACE_OID, f"failed/{payout.payout_id}").hex,
            transaction_type="Transfer",
            description="Transfer of funds unsuccessful",
            posted=moment,
            visible=moment + timedelta(minutes=20),
            currency=payout.currency,
            marketplace_id=payout.marketplace_id,
            marketplace_name="Amazon.com",
            leaves=(Leaf(("FundTransfer",), payout.amount),),
            identifiers=(("FINANCIAL_EVENT_GROUP_ID", opened.group_id),),
        )
    )
    return Placed("payout_failed", payout.settlement_id, -payout.amount, "The bank sent the money back.")


def _bank_short(history: SellerHistory) -> Placed:
    """Let a bank keep a fee; `bank.py` reads it."""
    payout = _arrived(history)
    return Placed("bank_short", payout.settlement_id, _BANK_FEE, "The bank kept a fee of 12.00.")


def _bank_stray(history: SellerHistory) -> Placed:
    """Let money of Amazon's arrive for which there is no payout; `bank.py` reads it."""
    payout = _arrived(history)
    return Placed("bank_stray", payout.settlement_id, _STRAY, "33.00 of Amazon's arrived that no payout explains.")


def _never_told(history: SellerHistory) -> Placed:
    """Charge something, in the month before the newest settlement began, that no transaction ever tells of."""
    place, record = _newest(history, "ServiceFee")
    newest = max(group.start for group in history.groups if group.end is not None)
    posted = (newest.replace(day=1) - timedelta(days=1)).replace(day=15, hour=12, minute=0, second=0, microsecond=0)
    charge = replace(
        record,
        transaction_id=uuid.uuid5(uuid.NAMESPACE_OID, f"never/{record.transaction_id}").hex,
        posted=posted,
        visible=_NEVER,
        leaves=(Leaf(record.leaves[0].path, -_UNTOLD),),
        identifiers=(),
    )
    history.transactions.insert(place, charge)
    return Placed("never_told", posted.date().isoformat(), -_UNTOLD, "In the balance since that day, and never told.")


_MAKERS: dict[str, Callable[[SellerHistory], Placed]] = {
    "bank_short": _bank_short,
    "bank_stray": _bank_stray,
    "changed": _changed,
    "held_longer": _held_longer,
    "late_arrival": _late_arrival,
    "late_shipment": _late_shipment,
    "lost_row": _lost_row,
    "missing_event": _missing_event,
    "never_told": _never_told,
    "other_amount": _other_amount,
    "payout_failed": _payout_failed,
    "payout_short": _payout_short,
    "untold_shipment": _untold_shipment,
}
DISTURBANCES = tuple(_MAKERS)


def _newest(
    history: SellerHistory, kind: str, with_leaf: tuple[str, ...] | None = None
) -> tuple[int, TransactionRecord]:
    """Return position and record of the newest transaction of its kind in the newest closed settlement.

    One that another disturbance has taken already is left to it.
    """
    taken = {one.record for one in history.placed}
    closed = max((group for group in history.groups if group.end is not None), key=lambda group: group.start)
    name = ("SETTLEMENT_ID", closed.settlement_id)
    found = [
        (record.posted, position)
        for position, record in enumerate(history.all_transactions())
        if record.transaction_type == kind
        and name in record.identifiers
        and record.replaced is None
        and taken.isdisjoint({record.transaction_id, dict(record.identifiers).get("ORDER_ID", "")})
        and (with_leaf is None or any(leaf.path == with_leaf for leaf in record.items[0].leaves))
    ]
    position = max(found)[1]
    return position, history.transactions[position]


def _newest_payout(history: SellerHistory) -> tuple[int, PayoutRecord]:
    paid = [
        (payout.created, position)
        for position, payout in enumerate(history.payouts)
        if payout.amount > 0 and payout.statuses[-1][0] == "PAID"
    ]
    position = max(paid)[1]
    return position, history.payouts[position]


def _arrived(history: SellerHistory) -> PayoutRecord:
    """Return the newest payout but one, which the bank has on every day the seller is seen from."""
    paid = sorted((one for one in history.payouts if one.statuses[-1][0] == "PAID"), key=lambda one: one.created)
    return paid[-2]


def _open_group(history: SellerHistory, payout: PayoutRecord) -> GroupRecord:
    return next(
        group for group in history.groups if group.end is None and group.marketplace_id == payout.marketplace_id
    )


def _of_group(record: TransactionRecord) -> tuple[tuple[str, str], ...]:
    kept = ("FINANCIAL_EVENT_GROUP_ID", "SETTLEMENT_ID")
    return tuple(one for one in record.identifiers if one[0] in kept)


def _more(leaf: Leaf, amount: Decimal) -> Leaf:
    return Leaf(leaf.path, leaf.amount + amount)
