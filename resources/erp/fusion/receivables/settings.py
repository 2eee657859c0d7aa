"""How one Fusion site has set up its receivables for our invoices: unit, source, types, terms, account classes.

In: a mapping (from YAML). Out: checked, frozen settings. Lengths are those of the invoice's attributes. Source:
docs.oracle.com/en/cloud/saas/financials/25d/farfa/op-receivablesinvoices-post.html.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ledger import glob
from ledger.billing import Billing
from ledger.errors import InputRefused
from resources.erp.fusion.receivables.import_columns import DISTRIBUTION_COLUMNS, LINE_COLUMNS, LINE_END

_PARAMETERS = "{business_unit},{source},{date}" + ",#NULL" * 19 + ",Y,#NULL"


class TaxCodes(NamedTuple):
    """What names the tax of one tax line; `tax` and `status_code` go in files only, "" where the site needs none."""

    regime_code: str
    rate_code: str
    tax: str = ""
    status_code: str = ""


class TaxRate(BaseModel):
    """Regime and rate of some tax lines; `*` and `?` are wild in what it is for.

    Customers stand for marketplaces, and so for countries: `invoicing.bill_to` of the books says which is whose. What
    is left empty is the site's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    customer: str = Field("*", min_length=1)
    product: str = Field("*", min_length=1)
    category: str = Field("*", min_length=1)
    regime_code: str = Field("", max_length=30)
    rate_code: str = Field(min_length=1, max_length=150)
    tax: str = Field("", max_length=30)
    status_code: str = Field("", max_length=30)


class TaxSettings(BaseModel):
    """Under which regime and rate tax that the seller owes stands on invoices, as lines of tax.

    The first of `rates` that fits a line counts, else the rate code of all. REST documents regime and rate; whether the
    bulk import wants tax and status besides, no documentation says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    regime_code: str = Field(min_length=1, max_length=30)
    rate_code: str = Field(min_length=1, max_length=150)
    tax: str = Field("", max_length=30)
    status_code: str = Field("", max_length=30)
    rates: tuple[TaxRate, ...] = ()

    def codes(self, customer: str, product: str, category: str) -> TaxCodes:
        """Return the codes of one tax line."""
        for one in self.rates:
            labels = ((one.customer, customer), (one.product, product), (one.category, category))
            if all(glob.takes(pattern, label) for pattern, label in labels):
                regime = one.regime_code or self.regime_code
                return TaxCodes(regime, one.rate_code, one.tax or self.tax, one.status_code or self.status_code)
        return TaxCodes(self.regime_code, self.rate_code, self.tax, self.status_code)


class ReceiptReversal(BaseModel):
    """How a receipt is reversed: category and reason are lookup codes of the site, and no documentation lists them.

    The action is documented from release 26D on. Source: docs.oracle.com/en/cloud/saas/financials/26d/farfa/
    op-standardreceipts-standardreceiptid-action-reversereceipt-post.html.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: str = Field(min_length=1, max_length=30)
    reason: str = Field(min_length=1, max_length=30)
    called_from: str = Field("REST", min_length=1, max_length=30)


class ReceiptSettings(BaseModel):
    """How receipts are made that close the invoices a settlement pays, where the books say `clear_by: receipts`.

    The cash account of `method` must be the clearing account of the mapping: no read shows it. The two types open
    receivables. Whether a receipt is searched for by number, no documentation says; where it is not, all receipts are
    read. Sources: docs.oracle.com/en/cloud/saas/financials/26d/farfa/api-standard-receipts.html,
    docs.oracle.com/en/cloud/saas/financials/24d/farfa/Create_a_Standard_Receipt_with_Remittance_References.html.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str = Field(min_length=1, max_length=30)
    invoice_type: str = Field(min_length=1, max_length=20)
    credit_memo_type: str = Field(min_length=1, max_length=20)
    remittance_bank_account: str = Field("", max_length=360)  # "" leaves it to the method
    match_by: str = Field("Transaction Number", min_length=1, max_length=80)
    is_number_queryable: bool = True
    reversed_states: frozenset[str] = frozenset({"Reversed"})
    # None: the pod has no action that reverses a receipt, and a person reverses it there.
    reversal: ReceiptReversal | None = None
    control: str = Field("", max_length=30)
    is_confirmed_empty: bool = False
    receipt_link: str = ""


class ReceivablesSettings(BaseModel):
    """What an invoice names beside its amounts.

    The transaction source must number by hand: the number is the only key of ours that Fusion keeps unique. `controls`
    names an invoice that the connector's user must see, where the newest ones are none of its business unit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    business_unit: str = Field(min_length=1, max_length=240)
    transaction_source: str = Field(min_length=1, max_length=50)
    invoice_type: str = Field(min_length=1, max_length=20)
    credit_memo_type: str = Field(min_length=1, max_length=20)
    payment_terms: str = Field("", max_length=15)  # "" leaves them to the customer
    legal_entity: str = Field("", max_length=240)  # "" leaves it to the business unit and the transaction type
    number_word: str = Field("AZ", pattern=r"^[A-Z0-9]{1,5}$")
    receivable_class: str = Field("Receivable", min_length=1, max_length=80)
    revenue_class: str = Field("Revenue", min_length=1, max_length=80)
    unearned_class: str = Field("Unearned Revenue", min_length=1, max_length=80)
    tax_class: str = Field("Tax", min_length=1, max_length=80)
    # Tax that the seller owes as lines of tax on the lines it belongs to; None lets it be a line of its own.
    tax: TaxSettings | None = None
    # Receipts that close invoices, with the types of those; None leaves them to the settlements' journals.
    receipts: ReceiptSettings | None = None
    # Of invoices with a line whose revenue is earned by an accounting rule. No documentation of REST says whether every
    # line of such an invoice needs a rule ("" sends none), nor whether accounts go along by percent, as AutoInvoice
    # wants them for rules, by amount, or not at all.
    invoicing_rule: str = Field("In Advance", min_length=1, max_length=80)
    immediate_rule: str = Field("Immediate", max_length=30)
    ruled_distributions: Literal["percent", "amount", "none"] = "percent"
    credit_reason: str = Field("", max_length=80)
    # Whether credits are sent below zero, and by line: no documentation says.
    are_credits_negative: bool = True
    are_credits_by_line: bool = True
    # Whether a credited line takes an amount of tax: documented is only that the service can compute it (`ComputeTax`).
    are_taxes_credited_by_amount: bool = False
    credit_service: str = Field("/fscmService/CreditMemoService", pattern=r"^/[A-Za-z0-9/_.-]+$")
    # The journal source under which Fusion's own accounting of receivables reaches the ledger.
    ledger_source: str = Field("Receivables", min_length=1, max_length=80)
    # Where sources and types are listed, and under which names what is asked of them: no documentation says the last.
    sources_resource: str = "transactionSourcesLOV"
    types_resource: str = "transactionTypesLOV"
    numbering_attribute: str = "AutomaticTransactionNumbering"
    receipt_handling_attribute: str = "ReceiptHandlingForCredits"
    opens_receivables_attribute: str = "OpenReceivable"
    tax_exclusion_attribute: str = "ExcludeFromTaxCalculation"
    control: str = Field("", max_length=20)
    is_confirmed_empty: bool = False
    invoice_link: str = ""

    # Volumes: from so many new invoices of one day on they go together by the bulk import; None is never.
    import_from: int | None = Field(None, ge=2)
    import_lines_max: int = Field(10_000, ge=1)
    line_context: str = Field("", max_length=30)
    import_job: str = "/oracle/apps/ess/financials/receivables/transactions/autoInvoices,AutoInvoiceImportEss"
    import_parameters: str = _PARAMETERS
    document_account: str = "fin$/receivables$/import$"
    job_options: str = "InterfaceDetails=2,ImportOption=Y,PurgeOption=N,ExtractFileType=ALL"
    # No documentation says where the columns of either file stand: these are laid over what public files show.
    line_columns: dict[str, Annotated[int, Field(ge=1, lt=LINE_END)]] = {}
    distribution_columns: dict[str, Annotated[int, Field(ge=1)]] = {}
    imports_confirmed_gone: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.import_from and not self.line_context:
            raise ValueError(
                "import_from needs line_context: the context of the line transactions flexfield that the import's "
                "lines carry, with three segments (order, number, line)"
            )
        for name, columns in (("line_columns", LINE_COLUMNS), ("distribution_columns", DISTRIBUTION_COLUMNS)):
            unknown = sorted(set(getattr(self, name)) - set(columns))
            if unknown:
                raise ValueError(f"{name} names {', '.join(unknown)}; known are {', '.join(columns)}")
        return self

    @model_validator(mode="after")
    def _receipts_without_tax(self) -> Self:
        if self.receipts is not None and self.tax is not None:
            raise ValueError(
                "receipts and tax exclude each other: what receipts close is credited on account, and no line of tax "
                "is credited so; leave tax out, and it stands as a line of its own"
            )
        return self

    def type_of(self, billing: Billing) -> str:
        """Return the transaction type of a document; raise InputRefused where the settings describe no receipts."""
        named = self.receipts if billing.is_open else self
        if named is None:
            raise InputRefused(
                f"A document of order {billing.order_id} is closed by a receipt, and the Fusion settings say nothing "
                "under receivables, receipts."
            )
        return named.credit_memo_type if billing.is_credit else named.invoice_type

    @property
    def columns_of_lines(self) -> dict[str, int]:
        """Return where the columns of lines stand at this site, counted from 1."""
        return {**LINE_COLUMNS, **self.line_columns}

    @property
    def columns_of_distributions(self) -> dict[str, int]:
        """Return where the columns of distributions stand at this site, counted from 1."""
        return {**DISTRIBUTION_COLUMNS, **self.distribution_columns}
