"""Amazon's invoices for its fees: heads and lines to the last page, or a sentence; what is not said is not made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.errors import SourceRefused
from resources.amazon.fee_invoices import FeeInvoice
from tests.emulators.amazon.finance_bench import SELLER, UK
from tests.emulators.amazon.test_fee_invoices import invoice
from tests.resources.amazon.client.money_rig import denied, european, scripted, unnamed, usd
from tests.resources.transport.rig import START

AFTER, BEFORE = START - timedelta(days=80), START


def part(name: str, amount: float, *below: dict[str, Any]) -> dict[str, Any]:
    """Write a breakdown."""
    return {"breakdownType": name, "breakdownAmount": usd(amount), "breakdowns": list(below)}


def head(**changes: Any) -> dict[str, Any]:
    """Write the head of an invoice of 540.00 with 40.00 of tax, as the model's example nests it."""
    written = {
        "invoiceNumber": "INV-1",
        "invoiceIdentifier": "INV/1~DE",
        "invoiceStatus": "DEDUCTED",
        "invoiceType": "OTHER",
        "billingPeriod": {"startDate": "2026-09-01T00:00:00Z", "endDate": "2026-09-30T23:59:59Z"},
        "payer": {"partnerId": "A1", "partnerType": "SELLER", "partnerName": "A Seller", "partnerAddress": "Street 1"},
        "payee": {
            "partnerId": "AMZ",
            "partnerType": "AMAZON",
            "partnerName": "Amazon EU SARL",
            "taxRegistrationNumber": "LU00000000",
        },
        "issueDate": (START - timedelta(days=20)).isoformat(),
        "invoiceAmount": usd(540),
        "invoiceAmountBreakdowns": [
            part("Total", 540, part("InvoiceAmountWithoutTax", 500), part("TaxAmount", 40)),
        ],
        "creationDate": "2026-10-03T06:00:00Z",
        "lastUpdatedDate": "2026-10-03T06:00:00Z",
    } | changes
    return {name: value for name, value in written.items() if value is not None}


def line(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Write a line of 540.00."""
    return {
        "lineItemId": str(number),
        "totalAmount": usd(540),
        "totalAmountBreakdown": [part("ItemCostWithoutTax", 500), part("ItemTaxAmount", 40)],
        "taxRateCodes": ["DE 8"],
        "lineItemContext": {"lineItemType": "SERVICES", "itemDescription": "Selling on Amazon fees"},
    } | changes


def read(*answers: Any) -> tuple[FeeInvoice, ...]:
    """Return what comes of heads and then lines."""
    amazon = scripted(*answers)
    return amazon.client().fee_invoices.issued(AFTER, BEFORE, amazon.archive)


def heads(*several: Any) -> dict[str, Any]:
    """Write a page of heads."""
    return {"invoices": list(several), "numOfRecords": len(several)}


def test_an_invoice_is_read_whole():
    """Number, period, amounts with what they are made of, and who issued it; nothing of who pays."""
    amazon = scripted(heads(head()), {"invoiceHeader": head(), "invoiceItems": [line()]})
    [found] = amazon.client().fee_invoices.issued(AFTER, BEFORE, amazon.archive)
    assert (found.number, found.identifier, found.status, found.kind) == ("INV-1", "INV/1~DE", "DEDUCTED", "OTHER")
    assert (found.net, found.tax, found.total) == (Decimal(500), Decimal(40), Decimal(540))
    assert (found.issuer, found.issuer_registration, found.is_fee) == ("Amazon EU SARL", "LU00000000", True)
    assert (found.period_start, found.document) == (datetime(2026, 9, 1, tzinfo=UTC), "document-1")
    [one] = found.lines
    assert (one.net, one.tax, one.total, one.tax_codes) == (Decimal(500), Decimal(40), Decimal(540), ("DE 8",))
    assert "Street" not in repr(found)
    assert amazon.paths[1] == ("GET", "/finances/invoices/2026-06-25/invoices/INV/1~DE")
    assert amazon.asked[0]["fromIssueDate"] < (START - timedelta(days=80)).isoformat()


def test_what_amazon_does_not_say_is_not_made_up():
    """Period, breakdown, lines and codes may be missing."""
    bare = head(billingPeriod=None, invoiceAmountBreakdowns=None, payee={"partnerId": "X", "partnerType": "VENDOR"})
    [found] = read(heads(bare), {"invoiceHeader": bare})
    assert (found.period_start, found.net, found.tax, found.issuer, found.lines) == (None, None, None, "", ())
    [found] = read(heads(head()), denied(404, "NotFound"))
    assert found.lines == ()
    [found] = read(heads(head()), {"invoiceItems": [line(totalAmountBreakdown=None, taxRateCodes=None)]})
    assert (found.lines[0].net, found.lines[0].tax, found.lines[0].tax_codes) == (None, None, ())


@pytest.mark.parametrize(
    ("kind", "sign"), [("OTHER", -1), ("CREDIT_NOTE", 1), ("CREDIT_NOTE", -1)], ids=["negative", "named", "both"]
)
def test_a_credit_note_is_negative_whichever_way_amazon_says_so(kind: str, sign: int):
    """By its sign, or by its type."""
    parts = [part("TaxAmount", sign * 40), part("InvoiceAmountWithoutTax", sign * 500)]
    note = head(invoiceType=kind, invoiceAmount=usd(sign * 540), invoiceAmountBreakdowns=parts)
    below = [part("ItemCostWithoutTax", sign * 500), part("ItemTaxAmount", sign * 40)]
    item = line(totalAmount=usd(sign * 540), totalAmountBreakdown=below)
    [found] = read(heads(note), {"invoiceItems": [item]})
    assert (found.net, found.tax, found.total) == (-500, -40, -540)
    assert (found.lines[0].net, found.lines[0].tax, found.lines[0].total) == (-500, -40, -540)


def test_what_amazon_pays_is_no_fee():
    """A vendor's own invoice stands in the same list."""
    [found] = read(heads(head(payer={"partnerId": "AMZ", "partnerType": "AMAZON"})), {"invoiceItems": [line()]})
    assert found.is_fee is False


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (({"numOfRecords": 0},), "has no invoices"),
        ((heads(head(issueDate=None)), {"invoiceItems": []}), "has no issueDate"),
        ((heads(head(invoiceAmount=None)), {"invoiceItems": []}), "has no invoiceAmount"),
        ((heads(head(invoiceIdentifier=None)),), "invoiceIdentifier is missing"),
        ((heads(head()), {"invoiceItems": [line(totalAmount=None)]}), "has no totalAmount"),
        ((heads(head()), {"invoiceItems": [line(totalAmount=usd(1, "EUR"))]}), "is in EUR and in USD"),
        ((heads(head(invoiceAmount=usd("540"))), {"invoiceItems": []}), "is no number"),
    ],
)
def test_an_answer_of_another_shape_is_refused(answers, words):
    """In a sentence that says what is wrong with it."""
    with pytest.raises(SourceRefused, match=words) as refusal:
        read(*answers)
    assert refusal.value.status is None


def test_every_invoice_that_cannot_be_used_is_named():
    """The others are read all the same, so that one refusal speaks of all."""
    bad = [head(invoiceIdentifier="A", issueDate=None), head(invoiceIdentifier="C", invoiceAmount=None)]
    answers = heads(bad[0], head(invoiceIdentifier="B"), bad[1])
    with pytest.raises(SourceRefused) as refusal:
        read(answers, *[{"invoiceItems": []}] * 3)
    assert [name for name, _ in refusal.value.reasons] == ["Invoice A", "Invoice C"]


def test_heads_and_lines_are_read_to_the_last_page():
    """Of the emulated Amazon, a page size of one and of three; the invoice of tomorrow is not there."""
    rig, client = european(invoices_page_size=1, invoice_lines_page_size=3)
    rig.world.histories[SELLER].fee_invoices += [
        invoice(1, 9),
        invoice(2, 8, lines=7),
        invoice(3, 200),
        invoice(4, -1),
    ]
    found = client.fee_invoices.issued(START - timedelta(days=300), START, unnamed)
    assert sorted((one.number, len(one.lines)) for one in found) == [("INV-1", 2), ("INV-2", 7), ("INV-3", 2)]
    assert {one.marketplace_id for one in found} == {UK}
    assert all(one.net + one.tax == one.total for one in found)
    rig.app.close()


def test_an_invoice_of_the_first_moment_is_among_them_and_of_the_last_is_not():
    """Days follow each other without a gap and without a double."""
    rig, client = european()
    at = datetime(2026, 10, 3, tzinfo=UTC)
    rig.world.histories[SELLER].fee_invoices.append(replace(invoice(1, 9), issued=at))
    assert len(client.fee_invoices.issued(at, at + timedelta(days=1), unnamed)) == 1
    assert client.fee_invoices.issued(at - timedelta(days=1), at, unnamed) == ()
    rig.app.close()
