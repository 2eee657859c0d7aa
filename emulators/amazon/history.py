"""What happened at one emulated seller beside the settlement files: orders, transactions, payouts, fee invoices.

In: plain values. Out: `SellerHistory`, one per seller of the world, which the Finances, Transfers, Orders and Reports
operations read on every call. Amounts are in the record's currency, signed as the seller sees them (what comes in is
positive); moments are aware UTC. Every record is visible from a moment of its own, so that lateness is data, not code.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

# Two requests at once must not make them twice, nor one see half of them.
_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One item of an order; amounts are of the whole line, promotions zero or negative.

    Whether prices hold tax is the marketplace's way: in the EU and the UK they do.
    """

    order_item_id: str
    sku: str
    asin: str
    title: str
    quantity: int
    principal: Decimal
    tax: Decimal = Decimal("0.00")
    shipping: Decimal = Decimal("0.00")
    shipping_tax: Decimal = Decimal("0.00")
    gift_wrap: Decimal = Decimal("0.00")
    gift_wrap_tax: Decimal = Decimal("0.00")
    item_promotion: Decimal = Decimal("0.00")
    ship_promotion: Decimal = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One order. `shipped` and `cancelled` are None where that never happened; `updated` is its last change.

    `channel` is "Amazon.com" and the like; `ship_country` an ISO code; there is no buyer. Until `pending_until` the
    payment is not confirmed and the order has no prices; None is half an hour after the purchase, or shipment before.
    """

    order_id: str
    marketplace_id: str
    channel: str
    currency: str
    purchased: datetime
    updated: datetime
    lines: tuple[OrderLine, ...]
    shipped: datetime | None = None
    cancelled: datetime | None = None
    is_by_amazon: bool = True
    is_business: bool = False
    ship_country: str = ""
    shipment_id: str = ""
    pending_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """An order of which everything was paid back, at one moment."""

    order_id: str
    marketplace_id: str
    refunded: datetime


@dataclass(frozen=True, slots=True)
class ReimbursementRecord:
    """What Amazon paid for units it lost or damaged; negative when it takes it back, `original_id` says of which.

    `reason` is the word of the reimbursement report, which is not the label of the settlement.
    """

    reimbursement_id: str
    marketplace_id: str
    approved: datetime
    reason: str
    sku: str
    asin: str
    title: str
    currency: str
    amount: Decimal
    quantity: int
    original_id: str = ""
    original_reason: str = ""


@dataclass(frozen=True, slots=True)
class ReturnRecord:
    """Units of an order that came back to a warehouse of Amazon's; the label is that of one unit, if there is any."""

    order_id: str
    marketplace_id: str
    returned: datetime
    sku: str
    asin: str
    title: str
    disposition: str
    reason: str = "UNWANTED_ITEM"
    quantity: int = 1
    license_plate: str = ""
    fulfillment_center: str = "PHX7"
    comments: str = ""


@dataclass(frozen=True, slots=True)
class ReplacementRecord:
    """Units that were sent once more, under an order of their own that nobody paid for."""

    order_id: str
    original_order_id: str
    marketplace_id: str
    shipped: datetime
    sku: str
    asin: str
    quantity: int = 1
    reason: str = "1"
    fulfillment_center: str = "PHX7"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One end of a breakdown tree: the names from the top down, and the amount."""

    path: tuple[str, ...]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TransactionItem:
    """One item of a transaction: product, and the same money as in the transaction's own tree, by leaf."""

    leaves: tuple[Leaf, ...]
    sku: str = ""
    asin: str = ""
    quantity: int | None = None
    network: str = ""
    description: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TransactionRecord:
    """One financial transaction.

    `deferred_until`: None for one that is released at once; else it reads DEFERRED until then and DEFERRED_RELEASED
    afterwards, and a twin of its own, posted at that moment, carries the release. `visible` is when the API begins to
    show it (up to 48 hours after `posted`); `replaced` when another one of the same id takes its place, because Amazon
    had told it wrongly. `identifiers` are (relatedIdentifierName, value).
    """

    transaction_id: str
    transaction_type: str
    description: str
    posted: datetime
    visible: datetime
    currency: str
    marketplace_id: str
    marketplace_name: str
    leaves: tuple[Leaf, ...]
    items: tuple[TransactionItem, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    deferred_until: datetime | None = None
    deferral_reason: str = "DD7"
    account_type: str = "Standard Orders"
    replaced: datetime | None = None

    @property
    def total(self) -> Decimal:
        """Return the sum of the leaves of the transaction's own tree."""
        return sum((leaf.amount for leaf in self.leaves), Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class PayoutRecord:
    """One payout of one settlement, or the reason why there is none.

    `statuses` are (status, moment) in order of time; what lies ahead of the clock is not shown. `converted` is amount
    and currency that reach the bank where Amazon converts.
    """

    payout_id: str
    settlement_id: str
    marketplace_id: str
    currency: str
    amount: Decimal
    created: datetime
    period_start: datetime
    period_end: datetime
    statuses: tuple[tuple[str, datetime], ...]
    trace_id: str = ""
    account_tail: str = ""
    kind: str = "SCHEDULED"
    rail: str = "ACH"
    group_id: str = ""
    converted: tuple[Decimal, str] | None = None
    account_type: str = "STANDARD_ORDERS"


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """One settlement period as Amazon's balance goes through it; `end` and `settlement_id` are of closed ones.

    What was held back or owed when it began, what is held back and what the settlement comes to when it ends; all
    zero or positive but the total. Events of the period name it by `group_id`.
    """

    group_id: str
    marketplace_id: str
    currency: str
    start: datetime
    end: datetime | None = None
    settlement_id: str = ""
    reserve_returned: Decimal = Decimal("0.00")
    debt_carried: Decimal = Decimal("0.00")
    reserve_held: Decimal = Decimal("0.00")
    total: Decimal = Decimal("0.00")
    account_type: str = "Standard Orders"

    @property
    def opening(self) -> Decimal:
        """Return the balance with which the period began."""
        return self.reserve_returned - self.debt_carried


@dataclass(frozen=True, slots=True)
class FeeInvoiceLine:
    """One line of a fee invoice: what was charged, net, and its tax."""

    line_id: str
    description: str
    net: Decimal
    tax: Decimal
    rate_code: str = ""


@dataclass(frozen=True, slots=True)
class FeeInvoice:
    """An invoice of Amazon's for its own fees."""

    number: str
    identifier: str
    marketplace_id: str
    currency: str
    issued: datetime
    period_start: datetime
    period_end: datetime
    lines: tuple[FeeInvoiceLine, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """Something put into the history on purpose for a check to find: which check, which record, what it comes to."""

    check: str
    record: str
    amount: Decimal
    sentence: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One product as the seller lists it; several SKUs may be of one ASIN."""

    sku: str
    asin: str
    title: str
    marketplace_ids: tuple[str, ...]
    brand: str = "Trail and Camp"
    product_type: str = "OUTDOOR_LIVING"
    gtin: str = ""


@dataclass(slots=True)
class SellerHistory:
    """Everything beside the settlement files that one seller's Amazon knows.

    `transactions_later` make transactions when they are first asked for: most tests never do. `balances_at_start` are
    (marketplace id, currency) -> what Amazon owed before the first transaction.
    """

    listings: list[Listing] = field(default_factory=list)
    orders: list[OrderRecord] = field(default_factory=list)
    refunds: list[RefundRecord] = field(default_factory=list)
    reimbursements: list[ReimbursementRecord] = field(default_factory=list)
    returns: list[ReturnRecord] = field(default_factory=list)
    replacements: list[ReplacementRecord] = field(default_factory=list)
    transactions: list[TransactionRecord] = field(default_factory=list)
    transactions_later: list[Callable[[], list[TransactionRecord]]] = field(default_factory=list)
    groups: list[GroupRecord] = field(default_factory=list)
    payouts: list[PayoutRecord] = field(default_factory=list)
    fee_invoices: list[FeeInvoice] = field(default_factory=list)
    balances_at_start: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    placed: list[Placed] = field(default_factory=list)

    def all_transactions(self) -> list[TransactionRecord]:
        """Return the transactions; those that are made when somebody asks for them are made now."""
        with _MAKING:
            while self.transactions_later:
                self.transactions += self.transactions_later[0]()
                del self.transactions_later[0]
        return self.transactions
