"""What the receivables of a pod are: invoice sources, types, terms, customers, receipt methods, and open questions.

What comes in: master data as plain values. What goes out: `Receivables`, a part of the `Site`. Customers cannot be
created through REST: they are there, or they are not. Source:
https://docs.oracle.com/en/cloud/saas/financials/23d/farfa/Get_Started_Receivables_Invoices.html.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from emulators.fusion.invoice_layout import InvoiceLayout

REFUND, ON_ACCOUNT = "REFUND", "ON_ACCOUNT"
INVOICE, CREDIT_MEMO = "INV", "CM"


@dataclass(frozen=True)
class InvoiceSource:
    """A transaction source; with manual numbering the caller gives the number, else the pod does.

    `receipt_handling` says what becomes of a receipt when the invoice it paid is credited: REFUND, ON_ACCOUNT, or ""
    for nothing, and then no more can be credited than is open. `business_units` None means all.
    """

    name: str
    is_numbered_by_hand: bool
    id: int = 0
    receipt_handling: str = ""
    business_units: tuple[str, ...] | None = None

    def is_valid_for(self, business_unit: str) -> bool:
        """Say whether a business unit uses this source."""
        return self.business_units is None or business_unit in self.business_units


@dataclass(frozen=True)
class TransactionType:
    """A transaction type of class INV or CM; one that does not open receivables leaves no balance to be paid.

    For one that is not excluded from it the pod calculates tax, at its `tax_percent`, on top of what was sent.
    """

    name: str
    kind: str = INVOICE
    opens_receivables: bool = True
    id: int = 0
    is_tax_excluded: bool = True


@dataclass(frozen=True)
class LineContext:
    """A context of the line transactions flexfield: REST's names of its segments, in the order of the attributes."""

    name: str
    segments: tuple[str, ...]


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
    updated: str = "2026-01-15T08:30:00.000+00:00"


@dataclass(frozen=True)
class ReceivablesSwitches:
    """Facts that are unverified: codes of errors whose text is not published, and what a pod's options allow.

    `attributes_queryable` come on top of those known; they, `is_receipt_number_queryable` and every name of a resource
    or attribute are read when the application is built. `status_default` is that of an invoice sent without one.
    `sources_resource` and `types_resource` list sources and types: that these lists exist is documented, not that they
    show what `receipt_handling_attribute` and `opens_receivables_attribute` name. `credited_attribute` is where a
    credit memo names the invoice it credits, `request_attribute` where an imported invoice names its import ("" for
    nowhere). `are_credits_negative`: amounts of a credit are sent and shown below zero; a percentage never is.
    `are_credit_lines_accepted`: createCreditMemo takes amounts by line; its documentation calls it "header level".
    `are_credit_taxes_accepted`: such a line takes an amount of tax as well; documented is only that tax is computed.
    A refusal of createCreditMemo is a fault with `soap_refusal_status`, what cannot be read is one with 500.
    `is_soap_multipart`: answers of the SOAP services come as the only part of a MIME message.
    `rejected_lines_status` and `held_lines_status` end an AutoInvoice job that rejected lines, and one that only held
    some back without a word; `are_rejected_lines_retried` has a later job look at rejected lines again;
    `are_tax_names_needed`: a TAX line names tax and status beside regime and rate.
    Of an invoice with an invoicing rule: `needs_every_rule`, that each of its lines has an accounting rule;
    `are_ruled_amounts_refused`, that its accounts come by percent; `is_revenue_recognised`, that they are shown as the
    schedule of its revenue, no longer as they came.
    `are_credits_referenced`: a receipt's references may name credit memos, with amounts below zero.
    `has_reverse_receipt`: the release has the action that reverses a receipt, as 26D; `reversed_code` is the refusal
    of one that is reversed already, `shows_unapplied_when_reversed` what such a one shows as unapplied: all or nothing.
    """

    duplicate_code: str = "AR_TRX_NUMBER_DUPLICATE"
    closed_period_code: str = "AR_GL_DATE_NOT_OPEN"
    attributes_queryable: frozenset[str] = frozenset()
    status_default: str = "Complete"
    is_frozen_final: bool = True
    is_completed_deletable: bool = False
    are_receipt_numbers_unique: bool = False
    is_receipt_number_queryable: bool = True
    sources_resource: str = "transactionSourcesLOV"
    types_resource: str = "transactionTypesLOV"
    receipt_handling_attribute: str = "ReceiptHandlingForCredits"
    opens_receivables_attribute: str = "OpenReceivable"
    tax_exclusion_attribute: str = "ExcludeFromTaxCalculation"
    credited_attribute: str = "PreviousCustomerTransactionId"
    request_attribute: str = ""
    are_credits_negative: bool = True
    are_credit_lines_accepted: bool = True
    are_credit_taxes_accepted: bool = False
    soap_refusal_status: int = 200
    is_soap_multipart: bool = False
    rejected_lines_status: str = "WARNING"
    held_lines_status: str = "SUCCEEDED"
    are_rejected_lines_retried: bool = False
    are_tax_names_needed: bool = False
    needs_every_rule: bool = True
    are_ruled_amounts_refused: bool = True
    is_revenue_recognised: bool = False
    are_credits_referenced: bool = True
    has_reverse_receipt: bool = True
    reversed_code: str = "AR_RAPI_RCPT_ALREADY_REVERSED"
    shows_unapplied_when_reversed: bool = True


@dataclass
class Receivables:
    """Receivables of one pod. Mutable on purpose, as the site is.

    `accounting_rules` are those of the pod, with whether each needs its duration from the line; `unearned_account` is
    where revenue stands until it is earned by one. `cash_accounts` are those of receipt methods.
    """

    sources: tuple[InvoiceSource, ...] = ()
    types: tuple[TransactionType, ...] = ()
    payment_terms: tuple[str, ...] = ()
    memo_lines: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    customers: tuple[Customer, ...] = ()
    receipt_methods: tuple[str, ...] = ()
    reversal_categories: tuple[str, ...] = ()
    reversal_reasons: tuple[str, ...] = ()
    cash_accounts: dict[str, str] = field(default_factory=dict)
    credit_reasons: tuple[str, ...] = ()
    line_contexts: tuple[LineContext, ...] = ()
    consolidated_billing_units: tuple[str, ...] = ()
    accounting_rules: dict[str, bool] = field(default_factory=dict)
    unearned_account: str = ""
    tax_percent: Decimal = Decimal(0)
    tax_account: str = ""
    layout: InvoiceLayout = field(default_factory=InvoiceLayout)
    switches: ReceivablesSwitches = field(default_factory=ReceivablesSwitches)

    def source(self, name: str | None) -> InvoiceSource | None:
        """Return the transaction source of that name, or None."""
        return next((source for source in self.sources if source.name == name), None)

    def type_named(self, name: object, kind: str) -> TransactionType | None:
        """Return the transaction type of that name and class, or None."""
        return next((one for one in self.types if (one.name, one.kind) == (name, kind)), None)

    def line_context(self, name: object) -> LineContext | None:
        """Return the context of the line transactions flexfield of that name, or None."""
        return next((one for one in self.line_contexts if one.name == name), None)

    def customer(self, number: str | None, name: str | None) -> Customer | None:
        """Return the active customer account of that number, or of that name when no number is given; or None."""
        found = (row for row in self.customers if (row.number == number if number else row.name == name))
        return next((row for row in found if row.is_active), None)
