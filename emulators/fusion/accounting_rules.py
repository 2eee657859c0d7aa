"""Invoices whose revenue is earned over time: what is checked of their rules, and the accounts they show.

What comes in: an invoice with an invoicing rule, and the site. What goes out: a Refusal 400; what a distribution by
percent comes to; the schedule from unearned to earned revenue once it is recognised. Which rules an interface asks for
is not documented, so each is a switch. Attributes:
https://docs.oracle.com/en/cloud/saas/financials/25d/farfa/op-receivablesinvoices-post.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any

from emulators.fusion.answers import plain
from emulators.fusion.entry_checks import check_day, fault
from emulators.fusion.site import Site

IMMEDIATE = "Immediate"
LINES = "receivablesInvoiceLines"
RULE, DURATION, START = "AccountingRule", "AccountingRuleDuration", "RuleStartDate"
RULE_LENGTHS = {RULE: 30, START: 10}
_INVOICING_RULES = ("In Advance", "In Arrears")
_UNEARNED = "Unearned Revenue"


def check_rules(header: Mapping[str, Any], lines: Sequence[dict[str, Any]], site: Site) -> None:
    """Refuse rules that the pod does not know, or that miss what they need."""
    invoicing = header.get("InvoicingRule")
    if invoicing is not None and invoicing not in _INVOICING_RULES:
        raise fault("AR_INVOICING_RULE_NOT_FOUND", "The invoicing rule doesn't exist.", "InvoicingRule")
    switches, rules = site.receivables.switches, site.receivables.accounting_rules
    for line in lines:
        name = line.get(RULE)
        if name is None:
            if invoicing and switches.needs_every_rule:
                raise fault("AR_ACCOUNTING_RULE_REQ", "Each line needs an accounting rule.", f"{LINES}/{RULE}")
            continue
        if invoicing is None:
            raise fault("AR_INVOICING_RULE_REQ", "A line with a rule needs an invoicing rule.", "InvoicingRule")
        if name not in rules:
            raise fault("AR_ACCOUNTING_RULE_NOT_FOUND", "The accounting rule doesn't exist.", f"{LINES}/{RULE}")
        if rules[name] and not line.get(DURATION):
            raise fault("AR_RULE_DURATION_REQ", "This accounting rule needs a duration.", f"{LINES}/{DURATION}")
        check_day(line, START)


def check_shares(header: Mapping[str, Any], shares: Sequence[Mapping[str, Any]], site: Site) -> None:
    """Refuse accounts by amount on an invoice with rules, where the pod takes them by percent only."""
    is_refused = header.get("InvoicingRule") and site.receivables.switches.are_ruled_amounts_refused
    if is_refused and any("Amount" in one for one in shares):
        text = "The accounts of an invoice with rules are distributed by percent."
        raise fault("AR_DISTRIBUTION_PERCENT_REQ", text, "receivablesInvoiceDistributions/Amount")


def amount_of(share: Mapping[str, Any], whole: Decimal) -> Decimal:
    """Return what a distribution comes to: its amount, or its part of the line or invoice it is of."""
    if share.get("Amount") is not None:
        return Decimal(str(share["Amount"]))
    return whole * Decimal(str(share.get("Percent") or 0)) / 100


def scheduled(body: Mapping[str, Any], total: Decimal, unearned: str) -> Iterator[dict[str, Any]]:
    """Yield the distributions of an invoice whose revenue is recognised: first unearned, then earned by period."""
    amounts = {str(one["LineNumber"]): (Decimal(one["LineAmount"]), one) for one in body[LINES]}
    for share in body["receivablesInvoiceDistributions"]:
        own = {name: value for name, value in share.items() if name not in ("Amount", "Percent")}
        number = str(share.get("InvoiceLineNumber") or "")
        if not number:
            yield {**own, "Amount": plain(amount_of(share, total))}
            continue
        if share.get("DetailedTaxLineNumber"):
            yield dict(share)
            continue
        whole, line = amounts[number]
        amount = amount_of(share, whole)
        periods = int(Decimal(line.get(DURATION) or 1))
        if line.get(RULE) in (None, IMMEDIATE):
            yield {**own, "Amount": plain(amount)}
            continue
        later = {"AccountClass": _UNEARNED, "AccountCombination": unearned, "InvoiceLineNumber": number}
        yield {**later, "Amount": plain(amount)}
        part = (amount / periods).quantize(Decimal("0.01"), ROUND_DOWN)
        for period in range(1, periods + 1):
            earned = part if period < periods else amount - part * (periods - 1)
            yield {**later, "Amount": plain(-earned)}
            yield {**own, "Amount": plain(earned)}
