"""Turn an order document into what `receivablesInvoices` takes: header, lines, and the accounts they stand on.

In: a `Journal` with its billing, and the site's settings. Out: a plain dict, the same for the same document for ever.
Pure. The line that holds the total becomes the receivable distribution, every other line an invoice line, or a line of
tax on one, with one distribution of its own. What Fusion would refuse or cut is refused here. Source:
docs.oracle.com/en/cloud/saas/financials/25d/farfa/op-receivablesinvoices-post.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ledger import money
from ledger.billing import Billing
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalLine, SourceKey
from resources.erp.fusion import chart, natural_key
from resources.erp.fusion.payload import clean
from resources.erp.fusion.receivables.layout import Billed, item, laid_out, placed, tax_lines
from resources.erp.fusion.receivables.settings import ReceivablesSettings
from resources.erp.fusion.settings import FusionSettings

NUMBER_LENGTH, DESCRIPTION_LENGTH, COMMENTS_LENGTH, CUSTOMER_LENGTH = 20, 240, 1760, 30
# Public clients keep a single call below this; more go by the bulk import.
LINES_MAX = 1_000


def number_start(source: SourceKey, settings: FusionSettings) -> str:
    """Return what every transaction number of a source begins with, whatever its revision: `AZ-A0B1C2D3E4-`."""
    return f"{_of(settings).number_word}-{natural_key.token(str(source))}-"


def number(journal: Journal, settings: FusionSettings) -> str:
    """Return the transaction number of a document, its key in Fusion: `AZ-A0B1C2D3E4-1`."""
    text = f"{number_start(journal.source, settings)}{journal.revision}"
    if len(text) > NUMBER_LENGTH or journal.parts != 1:
        raise InputRefused(
            f"Document {journal.key} cannot have a transaction number of at most {NUMBER_LENGTH} characters: it is "
            f"revision {journal.revision}, in {journal.parts} parts."
        )
    return text


def number_of_key(posting_key: str, settings: FusionSettings) -> str:
    """Return the transaction number of the document with a posting key."""
    source, _, counted = posting_key.rpartition("#")
    return f"{_of(settings).number_word}-{natural_key.token(source)}-{counted.partition('.')[0]}"


def comments(journal: Journal, settings: FusionSettings) -> str:
    """Return what a person reads on the document: our reference with the source's full id, then its own words.

    A credit memo names the refund that it is for, by Amazon's id, where Amazon tells one.
    """
    refund = journal.billing.refund_id if journal.billing else ""
    words = f"{natural_key.description_start(journal, settings)} {journal.description}"
    return clean(f"{words}, refund {refund}" if refund else words)[:COMMENTS_LENGTH]


def cross_reference(billing: Billing) -> str:
    """Return how the order is told on the document."""
    return f"amz:{billing.order_id}"


def invoice(journal: Journal, settings: FusionSettings) -> dict[str, Any]:
    """Return the body of the POST that makes an invoice; raises InputRefused for what no invoice can hold."""
    billing, ours = _billing(journal), _of(settings)
    total, _ = require_bookable(journal)
    billed = laid_out(journal, ours)
    return {
        "BusinessUnit": ours.business_unit,
        "TransactionSource": ours.transaction_source,
        "TransactionType": ours.type_of(billing),
        "TransactionNumber": number(journal, settings),
        "TransactionDate": journal.accounting_date.isoformat(),
        "AccountingDate": journal.accounting_date.isoformat(),
        "BillToCustomerNumber": billing.customer,
        "InvoiceCurrencyCode": journal.currency,
        **({"PaymentTerms": ours.payment_terms} if ours.payment_terms else {}),
        **({"LegalEntityIdentifier": ours.legal_entity} if ours.legal_entity else {}),
        **({"InvoicingRule": ours.invoicing_rule} if billing.rules else {}),
        **_conversion(journal, settings),
        "CrossReference": cross_reference(billing),
        "Comments": comments(journal, settings),
        "InvoiceStatus": "Complete",
        "receivablesInvoiceLines": [
            _line(one, item(billing, one.line), journal, ours) | rule_attributes(journal, one.line, ours)
            for one in billed
        ],
        **_distributions(journal, total, billed, settings),
    }


def credit_on_account(journal: Journal, settings: FusionSettings) -> dict[str, Any]:
    """Return the body of the POST that makes a credit memo on account, which a receipt is applied to later.

    REST credits no invoice; the memo names the order and our words. Amounts are below zero where the site says so.
    Raises InputRefused for what no memo can hold. Source:
    docs.oracle.com/en/cloud/saas/financials/24c/farfa/Create_Receivables_Credit_Memos.html.
    """
    billing, ours = _billing(journal), _of(settings)
    total, billed = require_bookable(journal)
    sign = 1 if ours.are_credits_negative else -1
    lines = [
        {
            "LineNumber": place,
            "LineDescription": line_text(one, item(billing, one)),
            "LineQuantityCredit": "1",
            "UnitSellingPrice": money.text(-one.amount * sign, journal.currency),
            "LineAmountCredit": money.text(-one.amount * sign, journal.currency),
        }
        for place, one in enumerate(billed, start=1)
    ]
    booked = [
        _distribution(ours.revenue_class, one, settings)
        | {"Amount": money.text(-one.amount * sign, journal.currency), "CreditMemoLineNumber": place}
        for place, one in enumerate(billed, start=1)
    ]
    owed = _distribution(ours.receivable_class, total, settings)
    return {
        "BusinessUnit": ours.business_unit,
        "TransactionSource": ours.transaction_source,
        "TransactionType": ours.type_of(billing),
        "TransactionNumber": number(journal, settings),
        "TransactionDate": journal.accounting_date.isoformat(),
        "AccountingDate": journal.accounting_date.isoformat(),
        "BillToCustomerNumber": billing.customer,
        "CreditMemoCurrency": journal.currency,
        **_conversion(journal, settings),
        **({"CreditReason": ours.credit_reason} if ours.credit_reason else {}),
        "CreditMemoComments": comments(journal, settings),
        "CreditMemoStatus": "Complete",
        "receivablesCreditMemoLines": lines,
        "receivablesCreditMemoDistributions": [
            {**owed, "Amount": money.text(total.amount * sign, journal.currency)},
            *booked,
        ],
    }


def is_on_account(journal: Journal) -> bool:
    """Tell whether a credit memo stays open until a receipt is applied to it; what undoes an invoice credits it."""
    return _billing(journal).is_credit and _billing(journal).is_open and not journal.reverses


def rule_attributes(journal: Journal, line: JournalLine, ours: ReceivablesSettings) -> dict[str, Any]:
    """Return the accounting rule of a line with its start and duration; nothing on an invoice without any.

    Where an invoice has one, its other lines are earned at once, by the site's rule for that.
    """
    billing = _billing(journal)
    rule = billing.rule_of(line.number)
    if rule is None:
        return {"AccountingRule": ours.immediate_rule} if billing.rules and ours.immediate_rule else {}
    return {
        "AccountingRule": rule.name,
        **({"AccountingRuleDuration": rule.periods} if rule.periods else {}),
        "RuleStartDate": rule.start.isoformat(),
    }


def _distributions(
    journal: Journal, total: JournalLine, billed: list[Billed], settings: FusionSettings
) -> dict[str, list[dict[str, Any]]]:
    """Return the accounts of the invoice, by amount; of one whose revenue is scheduled as the site wants them."""
    ours = _of(settings)
    form = ours.ruled_distributions if _billing(journal).rules else "amount"
    if form == "none":
        return {}
    whole = {"Percent": "100"} if form == "percent" else None
    receivable = _distribution(ours.receivable_class, total, settings)
    lines = [
        {
            **_distribution(ours.tax_class if place.tax else ours.revenue_class, line, settings),
            **(whole or {"Amount": money.text(-line.amount, journal.currency)}),
            "InvoiceLineNumber": place.line,
            **({"DetailedTaxLineNumber": place.tax} if place.tax else {}),
        }
        for line, place in placed(billed)
    ]
    owed = {**receivable, **(whole or {"Amount": money.text(total.amount, journal.currency)})}
    return {"receivablesInvoiceDistributions": [owed, *lines]}


def receivable_line(journal: Journal) -> JournalLine:
    """Return the one line that holds the document's total, of nothing where all was given away.

    Raises InputRefused when there are several.
    """
    receivable = _billing(journal).receivable
    found = [one for one in journal.lines if one.account == receivable]
    if len(found) > 1:
        raise InputRefused(f"Document {journal.key} has {len(found)} lines on its receivable account, and needs one.")
    return found[0] if found else JournalLine(0, receivable, money.exact("0", journal.currency))


def billed_lines(journal: Journal) -> Iterator[JournalLine]:
    """Yield the lines that become lines of the invoice, in order."""
    return (one for one in journal.lines if one.account != _billing(journal).receivable)


def line_text(line: JournalLine, product: str) -> str:
    """Return an invoice line's description: what it is, and of which product."""
    words = line.description if not product or product in line.description else f"{line.description} {product}"
    return clean(words or line.account.account)[:DESCRIPTION_LENGTH].rstrip()


def quantity_and_price(line: JournalLine, currency: str) -> tuple[Decimal, Decimal]:
    """Return quantity and unit price of a line; a quantity goes along only where it divides the amount to the cent."""
    amount = -line.amount
    quantity = line.quantity if line.quantity and line.quantity > 0 else Decimal(1)
    price = _unit_price(amount, quantity, currency)
    return (Decimal(1), amount) if price is None else (quantity, price)


def _line(one: Billed, product: str, journal: Journal, ours: ReceivablesSettings) -> dict[str, Any]:
    quantity, price = quantity_and_price(one.line, journal.currency)
    taxes = tax_lines(one, journal, ours)
    return {
        "LineNumber": one.number,
        "Description": line_text(one.line, product),
        "Quantity": format(quantity, "f"),
        "UnitSellingPrice": money.text(price, journal.currency),
        "SalesOrder": _billing(journal).order_id[:50],
        **({"receivablesInvoiceLineTaxLines": taxes} if taxes else {}),
    }


def _unit_price(amount: Decimal, quantity: Decimal, currency: str) -> Decimal | None:
    price = amount / quantity
    return money.exact(price, currency) if price == round(price, money.minor_units(currency)) else None


def _distribution(kind: str, line: JournalLine, settings: FusionSettings) -> dict[str, Any]:
    return {"AccountClass": kind, "AccountCombination": chart.combination(line.account, settings)}


def _conversion(journal: Journal, settings: FusionSettings) -> dict[str, str]:
    if journal.currency == settings.ledger_currency:
        return {}
    return {"ConversionRateType": journal.rate_type, "ConversionDate": journal.accounting_date.isoformat()}


def require_bookable(journal: Journal) -> tuple[JournalLine, list[JournalLine]]:
    """Return the line of the total and those to bill; raises InputRefused for what no document can hold."""
    name = f"Document {journal.key}"
    total, billed = receivable_line(journal), list(billed_lines(journal))
    if not journal.is_balanced:
        raise InputRefused(f"{name} is out of balance: debits {journal.debits}, credits {journal.credits}.")
    if not billed or len(billed) > LINES_MAX:
        raise InputRefused(f"{name} has {len(billed)} lines to bill; one call takes 1 to {LINES_MAX}.")
    if any(not one.amount for one in journal.lines):
        raise InputRefused(f"{name} has a line of zero.")
    if not _billing(journal).customer or len(_billing(journal).customer) > CUSTOMER_LENGTH:
        raise InputRefused(f"{name} names no bill-to customer of at most {CUSTOMER_LENGTH} characters.")
    is_credit = _billing(journal).is_credit
    if total.amount and (total.amount < 0) != is_credit:
        kind, sign = ("credit memo", "negative") if is_credit else ("invoice", "positive")
        raise InputRefused(f"{name} is a {kind}, so the total on its receivable must be {sign}, not {total.amount}.")
    return total, billed


def _billing(journal: Journal) -> Billing:
    assert journal.billing is not None, "only order documents come here"
    return journal.billing


def _of(settings: FusionSettings) -> ReceivablesSettings:
    if settings.receivables is None:
        raise InputRefused("The Fusion settings say nothing under receivables, so no invoice can be made.")
    return settings.receivables
