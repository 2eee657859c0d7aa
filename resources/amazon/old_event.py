"""One financial event of Amazon's older API as the transaction that the newer one would tell, as far as it can.

In: the list it stands in and its JSON (model financesV0 of https://github.com/amzn/selling-partner-api-models). Out: a
`Transaction`: names of charges and fees stay those of the older API (`ItemChargeList/Principal`); it is RELEASED,
because held money is not told. The older API knows no ids, no statuses, no settlements, and of some events no date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ledger.event_leaves import Leaf
from ledger.event_status import RELEASED
from resources.amazon.answers import Answer, misshapen, moment_of, objects_of, text_of
from resources.amazon.marketplaces import marketplace, marketplace_named
from resources.amazon.stated import stated_of
from resources.amazon.transaction import (
    EARLIEST,
    LATEST,
    Breakdown,
    DeferredContext,
    ProductContext,
    Transaction,
    TransactionItem,
)

# The lists of events in the model; money in a list that is not known is refused, not left out.
LISTS = frozenset(
    f"{kind}EventList"
    for kind in (
        *("Shipment", "ShipmentSettle", "Refund", "GuaranteeClaim", "EBTRefundReimbursementOnly", "Chargeback"),
        *("PayWithAmazon", "ServiceProviderCredit", "Retrocharge", "RentalTransaction", "ProductAdsPayment"),
        *("ServiceFee", "SellerDealPayment", "DebtRecovery", "LoanServicing", "Adjustment", "SAFETReimbursement"),
        *("SellerReviewEnrollmentPayment", "FBALiquidation", "CouponPayment", "ImagingServicesFee"),
        *("AffordabilityExpense", "AffordabilityExpenseReversal", "RemovalShipment", "RemovalShipmentAdjustment"),
        *("TrialShipment", "TDSReimbursement", "AdhocDisbursement", "TaxWithholding", "ChargeRefund"),
        *("FailedAdhocDisbursement", "ValueAddedServiceCharge", "CapacityReservationBilling"),
    )
) | {"NetworkComminglingTransactionEventList"}
_DATES = ("PostedDate", "postedDate", "TransactionPostedDate", "TransactionCreationDate")
_ORDERS = ("AmazonOrderId", "OrderId", "TDSOrderId")
_ITEMS = (
    *("ShipmentItemList", "ShipmentItemAdjustmentList", "RemovalShipmentItemList"),
    "RemovalShipmentItemAdjustmentList",
)
# What states the sum of the other amounts.
_TOTALS = {
    "ProductAdsPayment": "transactionValue",
    "SellerDealPayment": "totalAmount",
    "CouponPayment": "TotalAmount",
    "SellerReviewEnrollmentPayment": "TotalAmount",
    "AffordabilityExpense": "TotalExpense",
    "AffordabilityExpenseReversal": "TotalExpense",
}
# What stands beside the money: what a tax was reckoned from, what was paid long ago, how a sum is made up.
_ASIDE = {
    "Adjustment": {"AdjustmentItemList"},
    "DebtRecovery": {"DebtRecoveryItemList", "ChargeInstrumentList"},
    "RentalTransaction": {"RentalInitialValue"},
    "SAFETReimbursement": {"SAFETReimbursementItemList"},
    "TaxWithholding": {"BaseAmount"},
}
# Events of one amount whose kind is a word of its own.
_NAMED_BY = {
    ("Adjustment", "AdjustmentAmount"): "AdjustmentType",
    ("DebtRecovery", "RecoveryAmount"): "DebtRecoveryType",
    ("LoanServicing", "LoanAmount"): "SourceBusinessEventType",
}
# Told as a positive number, and taken from the seller.
_TAKEN = {("FBALiquidation", "LiquidationFeeAmount")}
_COMPONENTS = ("Charge", "Fee", "Promotion", "DirectPayment")


def is_money(value: Any) -> bool:
    """Tell whether a value is an amount of the older API."""
    return isinstance(value, dict) and "CurrencyAmount" in value


@dataclass(frozen=True, slots=True)
class _Event:
    """One event while it is read."""

    connection: str
    kind: str
    name: str
    answer: Answer

    def amount(self, holder: Answer, field: str) -> tuple[Decimal, str] | None:
        """Return an amount and its currency; None where it is missing. Two kinds write their fields small."""
        name = field[:1].upper() + field[1:]
        stated = stated_of(self.connection, {name: holder.get(field)}, name, self.name)
        if stated is None:
            return None
        return -abs(stated.amount) if (self.kind, field) in _TAKEN else stated.amount, stated.currency

    def leaves(self, holder: Answer, aside: frozenset[str]) -> Iterator[tuple[Leaf, str]]:
        """Yield every amount that stands directly in an object or in its lists of components, with its currency."""
        for field, value in holder.items():
            if field in aside:
                continue
            if is_money(value):
                found = self.amount(holder, field)
                if found is not None:
                    word = _NAMED_BY.get((self.kind, field))
                    yield Leaf((self.text(holder, word) or field,) if word else (field,), found[0]), found[1]
            elif isinstance(value, dict):
                yield from self.component(field, value)
            elif isinstance(value, list) and field not in _ITEMS:
                for one in objects_of(self.connection, holder, field):
                    yield from self.component(field, one)

    def component(self, field: str, answer: Answer) -> Iterator[tuple[Leaf, str]]:
        """Yield the amounts of one component: a charge, a fee, a promotion, or taxes that were withheld."""
        for inner in objects_of(self.connection, answer, "TaxesWithheld"):
            yield from self.component(field, inner)
        for word in _COMPONENTS:
            found = self.amount(answer, f"{word}Amount")
            if found is not None:
                yield Leaf((field, self.text(answer, f"{word}Type") or "(no type)"), found[0]), found[1]

    def text(self, holder: Answer, field: str) -> str:
        """Return a text, "" where it is missing."""
        return text_of(self.connection, holder, field) or ""

    def first_text(self, fields: tuple[str, ...]) -> str:
        """Return the first of several fields that says something."""
        return next((text for field in fields if (text := self.text(self.answer, field))), "")


def posted_of(connection: str, list_name: str, answer: Answer, day: datetime) -> datetime:
    """Return when an event was posted; the beginning of the day that was asked for where it has no date."""
    for field in _DATES:
        posted = moment_of(connection, answer, field)
        if posted is not None:
            if not EARLIEST <= posted < LATEST:
                raise misshapen(connection, f"an event of {list_name} has no possible {field}")
            return posted
    return day


def transaction_of(connection: str, list_name: str, answer: Answer, event_id: str, day: datetime) -> Transaction | None:
    """Read one event; None when no money is in it.

    Args:
        connection: For sentences.
        list_name: The list it stands in, which is its kind.
        answer: The event.
        event_id: The id that we give it; Amazon gives none.
        day: The beginning of the day that was asked for.

    Raises:
        SourceRefused: It is in a list that is not known, or an amount or a date of it cannot be used.
    """
    if list_name not in LISTS:
        raise misshapen(connection, f"events in a list that is not known here ({list_name[:60]})")
    kind = list_name.removesuffix("EventList")
    event = _Event(connection, kind, f"an event of {list_name}", answer)
    total_field = _TOTALS.get(kind, "")
    aside = frozenset(_ASIDE.get(kind, set()) | {total_field})
    own = list(event.leaves(answer, aside))
    items = [
        (item, list(event.leaves(item, frozenset())))
        for field in _ITEMS
        for item in objects_of(connection, answer, field)
    ]
    total = event.amount(answer, total_field) if total_field else None
    currencies = {currency for _, leaves in [(answer, own), *items] for _, currency in leaves}
    currencies |= {total[1]} if total else set()
    if not currencies:
        return None
    if len(currencies) > 1:
        raise misshapen(connection, f"{event.name} has amounts in {' and '.join(sorted(currencies))}")
    parts = [_item(event, item, leaves) for item, leaves in items if leaves]
    if own:
        parts.append(_item(event, _product_of(event), own))
    place = marketplace_named(event.text(answer, "MarketplaceName")) or marketplace(event.text(answer, "MarketplaceId"))
    return Transaction(
        transaction_id=event_id,
        kind=kind,
        status=RELEASED,
        description=event.first_text(("FeeReason", "Description", "SellerCouponDescription", "dealDescription")),
        posted=posted_of(connection, list_name, answer, day),
        currency=currencies.pop(),
        total=total[0] if total else None,
        marketplace_id=place.marketplace_id if place else "",
        marketplace_name=event.text(answer, "MarketplaceName") or (place.settlement_name if place else ""),
        account_type="",
        identifiers=_identifiers(event),
        items=tuple(parts),
        breakdowns=(),
        product=ProductContext(),
        deferred=DeferredContext(),
        tells_deferral=False,
    )


def _identifiers(event: _Event) -> Mapping[str, str]:
    given = {"ORDER_ID": event.first_text(_ORDERS), "INVOICE_ID": event.text(event.answer, "invoiceId")}
    return {name: value for name, value in given.items() if value}


def _product_of(event: _Event) -> Answer:
    """Return where the product of an event's own amounts stands: in its only item, or in the event itself."""
    of_adjustment = objects_of(event.connection, event.answer, "AdjustmentItemList")
    return of_adjustment[0] if len(of_adjustment) == 1 else event.answer


def _item(event: _Event, holder: Answer, leaves: list[tuple[Leaf, str]]) -> TransactionItem:
    quantity = holder.get("QuantityShipped")
    return TransactionItem(
        description="",
        identifiers={},
        total=None,
        breakdowns=tuple(_tree(leaf) for leaf, _ in leaves),
        product=ProductContext(
            sku=event.text(holder, "SellerSKU") or event.text(holder, "SKU"),
            asin=event.text(holder, "ASIN"),
            quantity=quantity if isinstance(quantity, int) and abs(quantity) < 2**31 else None,
        ),
    )


def _tree(leaf: Leaf) -> Breakdown:
    """Return a leaf as a tree of its own."""
    tree = Breakdown(leaf.path[-1], leaf.amount, ())
    for name in reversed(leaf.path[:-1]):
        tree = Breakdown(name, leaf.amount, (tree,))
    return tree
