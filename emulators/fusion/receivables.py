"""What the receivables of a pod are: invoice sources, types, terms, customers, receipt methods, and open questions.

What comes in: master data as plain values. What goes out: `Receivables`, a part of the `Site`. Customers cannot be
created through REST: they are there, or they are not. Source:
https://docs.oracle.com/en/cloud/saas/financials/23d/farfa/Get_Started_Receivables_Invoices.html.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class InvoiceSource:
    """A transaction source; with manual numbering the caller gives the number, else the pod does."""

    name: str
    is_numbered_by_hand: bool


@dataclass(frozen=True)
class Customer:
    """A customer account; `sites` are its bill-to sites, `primary_site` the one that is meant when none is named."""

    number: str
    name: str
    party_id: int
    sites: tuple[str, ...] = ("MAIN",)
    primary_site: str = "MAIN"
    payment_terms: str = ""
    is_active: bool = True


@dataclass(frozen=True)
class ReceivablesSwitches:
    """Facts that are unverified: codes of errors whose text is not published, and what a pod's options allow.

    `attributes_queryable` come on top of those known; they and `is_receipt_number_queryable` are read
    when the application is built. `status_default` is that of an invoice sent without one.
    """

    duplicate_code: str = "AR_TRX_NUMBER_DUPLICATE"
    closed_period_code: str = "AR_GL_DATE_NOT_OPEN"
    attributes_queryable: frozenset[str] = frozenset()
    status_default: str = "Complete"
    is_frozen_final: bool = True
    is_completed_deletable: bool = False
    are_receipt_numbers_unique: bool = False
    is_receipt_number_queryable: bool = True


@dataclass
class Receivables:
    """Receivables of one pod. Mutable on purpose, as the site is."""

    sources: tuple[InvoiceSource, ...] = ()
    types: tuple[str, ...] = ()
    payment_terms: tuple[str, ...] = ()
    memo_lines: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    customers: tuple[Customer, ...] = ()
    receipt_methods: tuple[str, ...] = ()
    switches: ReceivablesSwitches = field(default_factory=ReceivablesSwitches)

    def source(self, name: str | None) -> InvoiceSource | None:
        """Return the transaction source of that name, or None."""
        return next((source for source in self.sources if source.name == name), None)

    def customer(self, number: str | None, name: str | None) -> Customer | None:
        """Return the active customer account of that number, or of that name when no number is given; or None."""
        found = (row for row in self.customers if (row.number == number if number else row.name == name))
        return next((row for row in found if row.is_active), None)
