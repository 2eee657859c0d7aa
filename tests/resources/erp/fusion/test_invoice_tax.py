"""Which line of an invoice a tax stands on, under which codes, and that lines and tax make the receivable."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ledger.billing import Billing, LineRule
from ledger.journal import Journal, JournalLine
from resources.erp.fusion.receivables import import_file, payload
from resources.erp.fusion.receivables.layout import Taxable, carrier
from tests.resources.erp.fusion.test_invoice_file import ORDER, account, files, filled, invoice, site_with

TAX = {"regime_code": "US SALES TAX", "rate_code": "SELLER REMITS"}
TAXES, DISTRIBUTIONS = "receivablesInvoiceLineTaxLines", "receivablesInvoiceDistributions"
# Category, product, amount in favour of the seller, account.
Told = tuple[str, str, str, str]
GOODS: Told = ("revenue", "SKU-1", "100.00", "400100")
SHIPPING: Told = ("shipping_revenue", "SKU-1", "4.00", "400200")
OTHER: Told = ("revenue", "SKU-2", "300.00", "400100")
SALES_TAX: Told = ("tax_collected", "SKU-1", "7.00", "210600")


def billed(*told: Told, **changes) -> Journal:
    """Return an invoice of these lines, with the receivable that balances them."""
    total = sum((Decimal(amount) for _, _, amount, _ in told), Decimal(0))
    lines = [JournalLine(1, account("110900"), total, ORDER)] if total else []
    lines += [
        JournalLine(0, account(number), -Decimal(amount), "", f"{category} {sku}".strip())
        for category, sku, amount, number in told
    ]
    numbered = tuple(
        JournalLine(place, one.account, one.amount, one.reference, one.description)
        for place, one in enumerate(lines, start=1)
    )
    blank = ("",) if total else ()
    items, kinds = (*blank, *(one[1] for one in told)), (*blank, *(one[0] for one in told))
    billing = Billing(ORDER, "1008", account("110900"), items, kinds, **changes)
    return invoice(lines=numbered, billing=billing)


def body(*told: Told, tax=TAX, **changes) -> dict:
    """Return what is sent of an invoice of these lines."""
    return payload.invoice(billed(*told, **changes), site_with(tax=tax))


def taxes(sent: dict) -> dict[str, list[str]]:
    """Return the tax on each line, by the line's description."""
    lines = sent["receivablesInvoiceLines"]
    return {one["Description"]: [tax["TaxAmount"] for tax in one.get(TAXES, ())] for one in lines}


def test_tax_is_a_line_of_its_own_where_the_settings_say_nothing():
    """As it was before; nothing of the body differs."""
    sent = body(GOODS, SALES_TAX, tax=None)
    assert taxes(sent) == {"revenue SKU-1": [], "tax_collected SKU-1": []}
    assert [one["AccountClass"] for one in sent[DISTRIBUTIONS]] == ["Receivable", "Revenue", "Revenue"]


def test_a_tax_line_has_amount_and_codes_and_its_account_a_distribution_of_tax():
    """The receivable is what it was: 107, of which seven are tax on line 1."""
    sent = body(GOODS, SALES_TAX)
    [line] = sent["receivablesInvoiceLines"]
    assert line[TAXES] == [{"TaxAmount": "7.00", "TaxRegimeCode": "US SALES TAX", "TaxRateCode": "SELLER REMITS"}]
    assert sent[DISTRIBUTIONS] == [
        {"AccountClass": "Receivable", **on("110900"), "Amount": "107.00"},
        {"AccountClass": "Revenue", **on("400100"), "Amount": "100.00", "InvoiceLineNumber": 1},
        {"AccountClass": "Tax", **on("210600"), "Amount": "7.00", "InvoiceLineNumber": 1, "DetailedTaxLineNumber": 1},
    ]


def on(number: str) -> dict[str, str]:
    """Return how a distribution names an account."""
    return {"AccountCombination": f"01-000-{number}"}


@pytest.mark.parametrize(
    ("told", "on"),
    [
        ((SHIPPING, GOODS, OTHER, SALES_TAX), {"revenue SKU-1": ["7.00"]}),
        ((("revenue_vat", "SKU-1", "20.00", "210600"), SHIPPING, GOODS), {"revenue SKU-1": ["20.00"]}),
        (
            (GOODS, SHIPPING, ("shipping_revenue_vat", "SKU-1", "0.80", "210600")),
            {"shipping_revenue SKU-1": ["0.80"]},
        ),
        (
            (GOODS, ("promo_rebate", "SKU-1", "-5.00", "410200"), ("promo_rebate_vat", "SKU-1", "-1.00", "210600")),
            {"promo_rebate SKU-1": ["-1.00"]},
        ),
        ((GOODS, OTHER, ("tax_collected", "SKU-9", "3.00", "210600")), {"revenue SKU-2": ["3.00"]}),
        ((GOODS, OTHER, ("tax_collected", "", "3.00", "210600")), {"revenue SKU-2": ["3.00"]}),
        ((GOODS, SALES_TAX, ("tax_collected", "SKU-1", "-2.00", "210600")), {"revenue SKU-1": ["7.00", "-2.00"]}),
        ((SALES_TAX,), {}),
    ],
    ids=["product", "vat", "kind", "discount", "unknown product", "no product", "both ways", "nothing else"],
)
def test_a_tax_stands_on_the_line_it_is_charged_for(told, on):
    """The line its VAT was taken out of; else the largest of its product, else the largest of all."""
    assert {words: found for words, found in taxes(body(*told)).items() if found} == on


def test_of_lines_alike_the_first_carries_the_tax():
    """So that the same document is always the same body."""
    goods = [Taxable("revenue", "SKU-1", Decimal("-50.00"))] * 2
    assert carrier(Taxable("tax_collected", "SKU-1", Decimal("-4.00")), goods) == 0


def test_codes_are_those_of_the_first_rate_that_fits():
    """By customer, product and category, with the site's regime where none is named."""
    rates = [
        {"customer": "1009", "rate_code": "OTHER COUNTRY"},
        {"product": "BOOK-*", "category": "*_vat", "regime_code": "GB VAT", "rate_code": "ZERO"},
        {"customer": "1008", "category": "tax_*", "rate_code": "US STATE"},
    ]
    told = (("revenue", "BOOK-1", "10.00", "400100"), ("revenue_vat", "BOOK-1", "1.00", "210600"), GOODS, SALES_TAX)
    sent = body(*told, ("revenue_vat", "SKU-1", "2.00", "210600"), tax={**TAX, "rates": rates})
    codes = [
        (one["TaxAmount"], one["TaxRegimeCode"], one["TaxRateCode"])
        for line in sent["receivablesInvoiceLines"]
        for one in line.get(TAXES, ())
    ]
    assert codes == [
        ("1.00", "GB VAT", "ZERO"),
        ("7.00", "US SALES TAX", "US STATE"),
        ("2.00", "US SALES TAX", "SELLER REMITS"),
    ]


@pytest.mark.parametrize(
    "tax",
    [
        {"regime_code": "X"},
        {"rate_code": "X"},
        {**TAX, "country": "US"},
        {**TAX, "rates": [{"customer": "1"}]},
        {**TAX, "regime_code": "R" * 31},
    ],
)
def test_codes_that_are_missing_or_unknown_words_are_refused(tax):
    """Nobody is billed under half a code."""
    with pytest.raises(ValidationError, match="tax"):
        site_with(tax=tax)


def test_an_invoice_with_accounting_rules_keeps_tax_as_a_line():
    """What percent of which amount its tax would be is nowhere said."""
    rules = (None, LineRule("Monthly", invoice().accounting_date, 12), None)
    assert taxes(body(GOODS, SALES_TAX, rules=rules)) == {"revenue SKU-1": [], "tax_collected SKU-1": []}


def test_a_line_of_tax_is_a_row_of_its_own_that_names_the_row_it_belongs_to():
    """Behind its line; regime, rate and where the site wants them tax and status; its account as a distribution."""
    site = site_with(tax={**TAX, "tax": "SALES TAX", "status_code": "STANDARD"})
    taxed, plain = billed(GOODS, SHIPPING, SALES_TAX), invoice("111-1")
    assert import_file.batches([taxed, plain], site, site.receivables) == [[taxed, plain]]
    found = files(site, taxed)
    goods, tax, shipping = found["RaInterfaceLinesAll.csv"]
    key = filled(goods)[39]
    assert [(row[25], row[31], row[39]) for row in (goods, tax, shipping)] == [
        ("LINE", "100.00", "1"),
        ("TAX", "7.00", "1.1"),
        ("LINE", "4.00", "2"),
    ]
    codes = {81: "US SALES TAX", 82: "SALES TAX", 83: "STANDARD", 84: "SELLER REMITS"}
    assert {place: text for place, text in filled(tax).items() if 81 <= place <= 200} == codes | {
        114: "AMAZON",
        115: ORDER,
        116: key,
        117: "1",
    }
    assert (33 in filled(tax), 35 in filled(tax), len(tax)) == (False, False, 372)
    assert not any(81 <= place <= 200 for place in (*filled(goods), *filled(shipping)))
    shares = [(row[1], row[8], row[23]) for row in found["RaInterfaceDistributionsAll.csv"]]
    assert shares == [
        ("REC", "1", "110900"),
        ("REV", "1", "400100"),
        ("TAX", "1.1", "210600"),
        ("REV", "2", "400200"),
    ]


def test_tax_and_status_are_those_of_the_rate_or_of_the_site():
    """A rate's own come before the site's; REST never carries them."""
    rates = [{"product": "SKU-1", "rate_code": "LOW", "tax": "COUNTY"}]
    site = site_with(tax={**TAX, "status_code": "STANDARD", "rates": rates})
    row = files(site, billed(GOODS, SALES_TAX))["RaInterfaceLinesAll.csv"][1]
    assert [row[place - 1] for place in (81, 82, 83, 84)] == ["US SALES TAX", "COUNTY", "STANDARD", "LOW"]
    [line] = payload.invoice(billed(GOODS, SALES_TAX), site)["receivablesInvoiceLines"]
    assert set(line[TAXES][0]) == {"TaxAmount", "TaxRegimeCode", "TaxRateCode"}


CENTS = st.integers(-50_000, 50_000).filter(bool).map(lambda cents: str(Decimal(cents) / 100))
LINE = st.tuples(
    st.sampled_from(
        ["revenue", "shipping_revenue", "promo_rebate", "tax_collected", "revenue_vat", "promo_rebate_vat"]
    ),
    st.sampled_from(["", "SKU-1", "SKU-2"]),
    CENTS,
    st.sampled_from(["400100", "210600"]),
)


@given(st.lists(LINE, min_size=1, max_size=9))
def test_a_file_bills_what_a_single_call_bills(told):
    """Line for line and tax for tax the same amounts, whichever way an invoice goes; every tax on its own line."""
    if sum(Decimal(one[2]) for one in told) < 0:
        told = [(kind, sku, str(-Decimal(amount)), number) for kind, sku, amount, number in told]
    rows = files(site_with(tax=TAX), billed(*told))["RaInterfaceLinesAll.csv"]
    by_line: dict[str, list[str]] = {}
    for row in rows:
        if row[25] == "TAX":
            assert row[39].startswith(f"{row[116]}.")
            by_line[row[116]].append(row[31])
        else:
            by_line[row[39]] = [row[31]]
    alone = [
        [
            str(Decimal(one["Quantity"]) * Decimal(one["UnitSellingPrice"])),
            *(tax["TaxAmount"] for tax in one.get(TAXES, ())),
        ]
        for one in body(*told)["receivablesInvoiceLines"]
    ]
    assert [list(map(Decimal, one)) for one in by_line.values()] == [list(map(Decimal, one)) for one in alone]


@given(st.lists(LINE, min_size=1, max_size=9))
def test_the_receivable_is_lines_plus_tax(told):
    """Whatever is billed: the sum of lines and their tax, and of the distributions, each to its own account."""
    if sum(Decimal(one[2]) for one in told) < 0:
        told = [(kind, sku, str(-Decimal(amount)), number) for kind, sku, amount, number in told]
    sent = body(*told)
    lines = sent["receivablesInvoiceLines"]
    of_lines = sum(Decimal(one["Quantity"]) * Decimal(one["UnitSellingPrice"]) for one in lines)
    of_tax = sum(Decimal(tax["TaxAmount"]) for one in lines for tax in one.get(TAXES, ()))
    owed, *others = sent[DISTRIBUTIONS]
    assert Decimal(owed["Amount"]) == of_lines + of_tax == sum(Decimal(one[2]) for one in told)
    booked = sorted((one["AccountCombination"][7:13], Decimal(one["Amount"])) for one in others)
    assert booked == sorted((number, Decimal(amount)) for _, _, amount, number in told)
    for one in others:
        line = lines[one["InvoiceLineNumber"] - 1]
        if one["AccountClass"] == "Tax":
            assert line[TAXES][one["DetailedTaxLineNumber"] - 1]["TaxAmount"] == one["Amount"]
