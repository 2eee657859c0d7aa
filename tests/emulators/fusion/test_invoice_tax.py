"""Tax on invoices of the pod: its own on top of what was sent, its accounts, and what credits take of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.emulators.fusion.credit_bench import credit, fault, invoice, line, values
from tests.emulators.fusion.test_receivables import code_of, post

TAXED = [
    {
        "Description": "Sales",
        "LineAmount": "100.00",
        "receivablesInvoiceLineTaxLines": [{"TaxAmount": "7.00", "TaxRegimeCode": "US", "TaxRateCode": "ONE"}],
    },
    {"Description": "Shipping", "LineAmount": "4.00"},
]
OWED = {"AccountClass": "Receivable", "AccountCombination": "01-000-110900-000", "Amount": "111.00"}
SALES = {
    "AccountClass": "Revenue",
    "AccountCombination": "01-000-400100-000",
    "Amount": "100.00",
    "InvoiceLineNumber": 1,
}
TAX = {
    "AccountClass": "Tax",
    "AccountCombination": "01-000-210600-000",
    "Amount": "7.00",
    "InvoiceLineNumber": 1,
    "DetailedTaxLineNumber": 1,
}
SHIPPING = SALES | {"Amount": "4.00", "InvoiceLineNumber": 2}
SHARES = [OWED, SALES, TAX, SHIPPING]


def taxed(caller, *shares: dict[str, Any], **changes: Any) -> int:
    """Create an invoice with a line of tax, and return its id."""
    told = {"receivablesInvoiceLines": TAXED, "receivablesInvoiceDistributions": list(shares)}
    return invoice(caller, **told | changes)


def booked(caller, resource: str, key: int) -> list[tuple[str, Decimal, str]]:
    """Return class, amount and last digits of the account of each distribution of a document."""
    children = resource.removesuffix("s") + "Distributions"
    rows = caller.items(f"{resource}/{key}/child/{children}")
    return [(row["AccountClass"], Decimal(row["Amount"]), row["AccountCombination"][7:13]) for row in rows]


def calculating(site, name: str = "Invoice") -> None:
    """Let a type be one for which the pod calculates tax."""
    types = tuple(replace(one, is_tax_excluded=one.name != name) for one in site.receivables.types)
    site.receivables.types = types


def test_distributions_of_tax_are_kept_as_sent(caller):
    """What they make up is the invoice."""
    key = taxed(caller, *SHARES)
    found = booked(caller, "receivablesInvoices", key)
    assert found == [
        ("Receivable", 111, "110900"),
        ("Revenue", 100, "400100"),
        ("Tax", 7, "210600"),
        ("Revenue", 4, "400100"),
    ]


def test_tax_without_an_account_stands_on_the_pods_own(caller):
    """So that the distributions always make up the invoice."""
    key = taxed(caller, OWED, SALES, SHIPPING)
    assert booked(caller, "receivablesInvoices", key)[-1] == ("Tax", 7, "210800")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"DetailedTaxLineNumber": 2}, "AR_DISTRIBUTION_TAX_LINE"),
        ({"DetailedTaxLineNumber": None}, "AR_DISTRIBUTION_TAX_LINE"),
        ({"InvoiceLineNumber": 2}, "AR_DISTRIBUTION_TAX_LINE"),
        ({"Amount": "6.99"}, "AR_DISTRIBUTION_AMOUNT"),
    ],
)
def test_a_distribution_of_tax_names_its_line_of_tax(caller, wrong, code):
    """No such line of tax, none named, a line without tax, another amount."""
    shares = [OWED, SALES, TAX | wrong, SHIPPING]
    answer = post(caller, receivablesInvoiceLines=TAXED, receivablesInvoiceDistributions=shares)
    assert code_of(answer) == code


def test_the_pods_own_tax_comes_on_top(caller, site):
    """7.6 percent of each line, beside the tax that was sent; the receivable grows by it."""
    calculating(site)
    key = taxed(caller, *SHARES)
    [found] = caller.items("receivablesInvoices", q=f"CustomerTransactionId = {key}")
    assert found["EnteredAmount"] == Decimal("118.90")
    assert booked(caller, "receivablesInvoices", key) == [
        ("Receivable", Decimal("118.90"), "110900"),
        ("Revenue", 100, "400100"),
        ("Tax", 7, "210600"),
        ("Revenue", 4, "400100"),
        ("Tax", Decimal("7.60"), "210800"),
        ("Tax", Decimal("0.30"), "210800"),
    ]


def test_which_types_are_excluded_is_listed(caller, site):
    """Under a name that no documentation tells."""
    calculating(site)
    listed = {one["Name"]: one["ExcludeFromTaxCalculation"] for one in caller.items("transactionTypesLOV")}
    assert (listed["Invoice"], listed["Settled Invoice"]) == ("N", "Y")


def test_a_credit_takes_tax_off_the_account_it_stands_on(caller):
    """Half of the line with half of its tax; the memo's distributions make up the memo."""
    key = taxed(caller, *SHARES)
    made = values(credit(caller, key, [line(key, 1, "-50.00")]))
    assert booked(caller, "receivablesCreditMemos", int(made["CustomerTransactionId"])) == [
        ("Receivable", Decimal("-53.50"), "110900"),
        ("Revenue", -50, "400100"),
        ("Tax", Decimal("-3.50"), "210600"),
    ]


def test_whether_a_credited_line_takes_an_amount_of_tax_is_a_switch(caller, site):
    """Also tax alone, and never more than is left of it."""
    key = taxed(caller, *SHARES)
    of_tax = line(key, 1) | {"TaxAmount": "-3.00"}
    assert "TaxAmount" in fault(credit(caller, key, [of_tax], ComputeTax="N"))[1]
    site.receivables.switches = replace(site.receivables.switches, are_credit_taxes_accepted=True)
    made = values(credit(caller, key, [of_tax], ComputeTax="N"))
    found = booked(caller, "receivablesCreditMemos", int(made["CustomerTransactionId"]))
    assert found == [("Receivable", -3, "110900"), ("Tax", -3, "210600")]
    more = line(key, 1, "-50.00") | {"TaxAmount": "-4.01"}
    code, words = fault(credit(caller, key, [more], ComputeTax="N", TransactionNumber="CM-2"))
    assert (code, "what is left of it: 4" in words) == ("AR_CM_EXCEEDS_TAX", True)
