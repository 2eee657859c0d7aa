"""What goes into the resolution of a line's account, and what comes out of it, as plain values.

A `Combination` is one distinct set of the line values the mapping looks at, a `Context` what the settlement says of
itself; `Resolved` is an account with its treatment, `Unmapped` a finding with what the mapping lacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ledger.accounts import AccountKey, Nature
from ledger.classification import label
from ledger.errors import Finding
from ledger.mapping_book import InterUnitAccounts

_MULTI_CHANNEL = "non-amazon"


class Treatment(StrEnum):
    """How a line becomes movements.

    `plain`: clearing against the account. `split_vat`: net against the account, VAT against the tax liability.
    `pass_through`: as plain, and what is left per order goes on to the tax liability. `tax`: as plain, on the
    seller's tax liability. `carry`: clearing against clearing, this settlement's item against an earlier one's.
    """

    PLAIN = "plain"
    SPLIT_VAT = "split_vat"
    PASS_THROUGH = "pass_through"
    TAX = "tax"
    CARRY = "carry"


@dataclass(frozen=True)
class Combination:
    """One distinct combination of line values; labels and names as the file has them.

    `positive` is None where all amounts are zero: such lines are mapped but cannot contradict a tax model.
    `order_has_withheld` and `order_has_tax` (rows of that kind with an amount in the same order) are looked at only
    where the marketplace is `mixed`. `order_is_opening` marks orders whose sale the books hold as a receivable since
    before go-live, `order_is_billed` those of which an invoice was made, `order_is_credited` those of which a credit
    memo was. `country` is where the order was sent, known only where a marketplace splits VAT by country; `has_order`
    tells an order of which that is not known from an amount that belongs to no order. `is_event` marks a line of a
    financial transaction: its type stands as `transaction_type`, the path of its leaf as `amount_description`, and
    `amount_type` is empty.
    """

    transaction_type: str
    amount_type: str
    amount_description: str
    marketplace: str
    sku: str | None
    fulfilment: str | None
    accounting_date: date
    positive: bool | None
    order_has_withheld: bool = False
    order_has_tax: bool = False
    order_is_opening: bool = False
    order_is_billed: bool = False
    order_is_credited: bool = False
    is_event: bool = False
    country: str = ""
    has_order: bool = True

    @property
    def labels(self) -> str:
        """Return what the line is called, as people read it."""
        if self.is_event:
            return f"{self.transaction_type} / {self.amount_description or '(the total alone)'}"
        return f"{self.transaction_type} / {self.amount_type} / {self.amount_description}"


@dataclass(frozen=True)
class Context:
    """What a settlement says of itself: its currency and every marketplace name in it."""

    currency: str
    marketplaces: tuple[str, ...]

    @property
    def selling_marketplace(self) -> str | None:
        """Return the only selling marketplace; None with none or several ("Non-Amazon ..." does not sell)."""
        names = (name.strip() for name in self.marketplaces)
        selling = {name.casefold(): name for name in names if name and not is_multi_channel(name)}
        return next(iter(selling.values())) if len(selling) == 1 else None


@dataclass(frozen=True)
class Resolved:
    """Where a combination goes; `rule` says where that was decided.

    `vat_account` and `vat_rate` are set for `split_vat`, `vat_country` where VAT is split by country;
    `remainder_account` for `pass_through`; `inter_unit` where the account stands in another unit's books and the
    connection balances units itself. `is_sale` marks what an order brought: its prices less promotions, and tax on them
    where the seller owes it; `is_refund` what a refund, claim or chargeback takes back of that; `clears_order` that the
    amount clears the order's own item on its account.
    """

    category: str
    nature: Nature
    account: AccountKey
    rule: str
    treatment: Treatment
    clearing: AccountKey
    marketplace: str = ""
    vat_account: AccountKey | None = None
    vat_rate: Decimal | None = None
    vat_country: str = ""
    remainder_account: AccountKey | None = None
    inter_unit: InterUnitAccounts | None = None
    is_sign_unexpected: bool = False
    is_sale: bool = False
    is_refund: bool = False
    clears_order: bool = False


@dataclass(frozen=True)
class Unmapped:
    """Why a combination cannot be booked.

    `wanted` is what the mapping lacks (kind, name), for a suggestion, and `also` what it would lack next.
    """

    combination: Combination
    finding: Finding
    wanted: tuple[str, str] = ("", "")
    also: tuple[tuple[str, str], ...] = ()


def is_multi_channel(name: str) -> bool:
    """Tell whether a marketplace name stands for shipments sold elsewhere."""
    return label(name).startswith(_MULTI_CHANNEL)
