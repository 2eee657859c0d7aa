"""Receivables invoices and receipts: what is taken, what is refused by which name, what may change, what is open."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from emulators import faults as plan
from emulators.fusion import mischief
from emulators.fusion.app import build_app
from emulators.fusion.demo_site import CLIENT_WITHOUT_DATA
from emulators.fusion.journals import WrongStatus
from emulators.fusion.receivables import ReceivablesSwitches
from emulators.fusion.site import RECEIVABLES
from emulators.fusion.switches import Timing
from tests.emulators.fusion.bench import ITEM, US, Caller

LINE = {"LineNumber": 1, "Description": "Sales", "Quantity": 1, "UnitSellingPrice": 1520.33}
INVOICE = {
    "BusinessUnit": "US1 Business Unit",
    "TransactionSource": "ZB Connector",
    "TransactionType": "Invoice",
    "TransactionNumber": "AZ261110-000017",
    "TransactionDate": "2026-11-10",
    "AccountingDate": "2026-11-10",
    "BillToCustomerNumber": "1008",
    "PaymentTerms": "IMMEDIATE",
    "InvoiceCurrencyCode": "USD",
    "CrossReference": "amz:17890123456",
    "receivablesInvoiceLines": [LINE],
}
RECEIPT = {
    "ReceiptNumber": "B-20261112",
    "ReceiptMethod": "Manual",
    "BusinessUnit": "US1 Business Unit",
    "Amount": "1500.00",
    "Currency": "USD",
    "ReceiptDate": "2026-11-12",
    "CustomerAccountNumber": "1008",
    "remittanceReferences": [
        {"ReceiptMatchBy": "Transaction Number", "ReferenceNumber": "AZ261110-000017", "ReferenceAmount": "1500.00"}
    ],
}
AUTOMATIC = {"TransactionSource": "ZB Automatic", "TransactionNumber": None}
FOREIGN = {"InvoiceCurrencyCode": "EUR"}


def post(caller, resource: str = "receivablesInvoices", **changes: Any) -> httpx.Response:
    """Create the usual invoice or receipt, with changed attributes."""
    body = (INVOICE if resource == "receivablesInvoices" else RECEIPT) | changes
    return caller.request("POST", resource, headers=ITEM, body=body)


def patch(caller, key: int, **changes: Any) -> httpx.Response:
    """Change an invoice."""
    return caller.request("PATCH", f"receivablesInvoices/{key}", headers=ITEM, body=changes)


def code_of(answer: httpx.Response) -> str:
    """Return the code of the first entry of an error, "" for success."""
    return "" if answer.is_success else answer.json()["o:errorDetails"][0].get("o:errorCode", str(answer.status_code))


def line(**changes: Any) -> list[dict[str, Any]]:
    """Return one line with changed attributes."""
    return [LINE | changes]


def test_an_invoice_is_echoed_with_its_key_status_and_balance(caller):
    """201; the same attributes can be read back by number, with the lines as a child."""
    answer = post(caller)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["InvoiceStatus"], made["InvoiceBalanceAmount"]) == ("Complete", 1520.33)
    (found,) = caller.items("receivablesInvoices", q="TransactionNumber = 'AZ261110-000017'", expand="all")
    assert (found["CustomerTransactionId"], found["CrossReference"]) == (
        made["CustomerTransactionId"],
        "amz:17890123456",
    )
    assert found["EnteredAmount"] == Decimal("1520.33")
    assert [one["LineAmount"] for one in found["receivablesInvoiceLines"]["items"]] == [Decimal("1520.33")]


def test_tax_lines_freight_and_the_flexfield_of_a_line_are_kept(caller):
    """Tax and freight are part of what is owed; the flexfield shows its context and the segments that were given."""
    flexfield = {"__FLEX_Context": "AMAZON", "settlementId": "17890123456"}
    tax = {"TaxAmount": "99.99", "TaxRegimeCode": "US SALES", "TaxRateCode": "STANDARD"}
    below = {"receivablesInvoiceLineTaxLines": [tax], "receivablesInvoiceLineTransactionDFF": [flexfield]}
    made = post(caller, receivablesInvoiceLines=line(**below), FreightAmount=5).json()
    assert (made["EnteredAmount"], made["FreightAmount"]) == (1625.32, 5)
    path = f"receivablesInvoices/{made['CustomerTransactionId']}/child/receivablesInvoiceLines"
    (found,) = caller.items(path, expand="all")
    assert found["receivablesInvoiceLineTaxLines"]["items"] == [tax | {"TaxAmount": Decimal("99.99")}]
    assert found["receivablesInvoiceLineTransactionDFF"]["items"] == [
        flexfield | {"documentKey": None, "lineKey": None}
    ]


@pytest.mark.parametrize(
    "changes, code",
    [
        ({}, ""),
        ({"BusinessUnit": "Nowhere"}, "AR_BU_NOT_FOUND"),
        ({"TransactionSource": "Nothing"}, "AR_BATCH_SOURCE_NOT_FOUND"),
        ({"TransactionType": "Nothing"}, "AR_TRX_TYPE_NOT_FOUND"),
        ({"BillToCustomerNumber": "9999"}, "AR_BILL_TO_CUST_NOT_FOUND"),
        ({"BillToCustomerNumber": "1010"}, "AR_BILL_TO_CUST_NOT_FOUND"),  # inactive
        ({"BillToCustomerNumber": None, "BillToCustomerName": "Amazon Marketplace Buyers"}, ""),
        ({"BillToSite": "NOWHERE"}, "AR_BILL_TO_SITE_NOT_FOUND"),
        ({"BillToCustomerNumber": "1009"}, "AR_BILL_TO_SITE_DUPLICATE"),
        ({"BillToCustomerNumber": "1009", "BillToSite": "NORTH"}, ""),
        ({"ShipToSite": "MAIN"}, "AR_SHIP_TO_CUST_NUM_REQ"),
        ({"ShipToCustomerNumber": "9999"}, "AR_SHIP_TO_CUST_NOT_FOUND"),
        ({"ShipToCustomerNumber": "1008", "ShipToSite": "X"}, "AR_SHIP_TO_SITE_NOT_FOUND"),
        ({"PaymentTerms": "Nothing"}, "AR_PAYMENT_TERMS_NOT_FOUND"),
        ({"PaymentTerms": None}, ""),  # the customer's own
        ({"AccountingDate": "2026-03-10"}, "AR_GL_DATE_NOT_OPEN"),
        ({"AccountingDate": "10.11.2026"}, "27014"),
        ({"TransactionNumber": None}, "AR_TRX_NUMBER_REQ"),
        ({"TransactionNumber": "x" * 21}, "27024"),
        ({"TransactionNumber": 17}, "27014"),
        (AUTOMATIC, ""),
        ({"TransactionSource": "ZB Automatic"}, "AR_TRX_NUMBER_NOT_ALLOWED"),
        (FOREIGN, "AR_FUNC_CURRENCY_REQ"),
        (FOREIGN | {"ConversionRateType": "User"}, "AR_FUNC_CURRENCY_REQ"),
        (FOREIGN | {"ConversionRateType": "User", "ConversionRate": 1.1}, ""),
        (FOREIGN | {"ConversionRateType": "Corporate", "ConversionDate": "2026-11-10"}, ""),
        ({"InvoiceCurrencyCode": "XXX"}, "AR_CURRENCY_NOT_FOUND"),
        ({"receivablesInvoiceLines": []}, "AR_LINE_REQ"),
        ({"receivablesInvoiceLines": line(Description=None)}, "AR_LINE_ATTR_OPT_REQ"),
        ({"receivablesInvoiceLines": line(ItemNumber="SKU-9")}, "AR_ITEM_NOT_FOUND"),
        ({"receivablesInvoiceLines": line(MemoLine="Nothing")}, "AR_MEMO_LINE_NOT_FOUND"),
        ({"receivablesInvoiceLines": line(UnitSellingPrice="1520.33")}, ""),  # a number as text
        ({"receivablesInvoiceLines": line(UnitSellingPrice="much")}, "27014"),
        ({"receivablesInvoiceLines": line(UnitSellingPrice=None)}, "27014"),
        ({"receivablesInvoiceLines": "none"}, "400"),
        ({"receivablesInvoiceLines": line(receivablesInvoiceLineTaxLines=[{"TaxAmount": "1"}])}, ""),
        ({"receivablesInvoiceLines": line(receivablesInvoiceLineTaxLines=[{"TaxRateCode": "X"}])}, "27014"),
        ({"receivablesInvoiceLines": line(receivablesInvoiceLineTransactionDFF=[{"__FLEX_Context": "X"}])}, "400"),
        ({"receivablesInvoiceLines": line(Quantity=10**14, UnitSellingPrice=10**14)}, "27014"),
        ({"TransactionType": "Credit Memo"}, "AR_TRX_TYPE_NOT_FOUND"),  # of another class
        ({"TransactionSource": "UK Only", "TransactionNumber": None}, "AR_BATCH_SOURCE_NOT_FOUND"),
        ({"FreightAmount": "much"}, "27014"),
        ({"InvoiceBalanceAmount": 5}, "400"),  # read-only
        ({"InvoiceStatus": "Frozen"}, "AR_INVOICE_STATUS_INVALID"),
    ],
)
def test_an_invoice_is_refused_by_the_name_of_its_fault(caller, changes, code):
    """One fault, one name; what is refused is not stored."""
    answer = post(caller, **changes)
    assert code_of(answer) == code
    assert answer.status_code == (400 if code else 201)
    assert len(caller.app.invoices.rows()) == (0 if code else 1)


def test_a_number_is_unique_within_its_source_and_automatic_ones_differ(caller):
    """The second POST of the same number is refused; a source that numbers by itself takes the same invoice twice."""
    assert post(caller).status_code == 201
    assert code_of(post(caller)) == "AR_TRX_NUMBER_DUPLICATE"
    numbers = [post(caller, **AUTOMATIC).json()["TransactionNumber"] for _ in range(2)]
    assert len(set(numbers)) == 2


@pytest.mark.parametrize(
    "query, status",
    [
        ("TransactionNumber = 'AZ261110-000017'", 200),
        ("InvoiceStatus = 'Complete' and CreationDate > '2026-01-01T00:00:00'", 200),
        ("TransactionDate = '2026-11-10'", 400),
        ("BillToCustomerName = 'x'", 400),
        ("CrossReference = 'amz:17890123456'", 400),
    ],
)
def test_few_attributes_can_be_asked_for(caller, query, status):
    """Dates, names and references are not queryable."""
    assert caller.get("receivablesInvoices", q=query).status_code == status


def test_a_closed_period_of_the_receivables_is_their_own(caller):
    """The general ledger's does not matter here."""
    caller.app.books.people.close_period(US, "Nov-26")
    assert post(caller, **AUTOMATIC).status_code == 201
    caller.app.books.people.close_period(US, "Nov-26", RECEIVABLES)
    assert code_of(post(caller)) == "AR_GL_DATE_NOT_OPEN"


@pytest.mark.parametrize(
    "steps, code",
    [
        (["Incomplete", "Complete", "Frozen"], ""),
        (["Incomplete", "Frozen"], "AR_INVOICE_NOT_COMPLETE"),
        (["Frozen", "Complete"], "AR_INVOICE_FROZEN"),
        (["Nonsense"], "AR_INVOICE_STATUS_INVALID"),
    ],
)
def test_the_status_goes_its_ways(caller, steps, code):
    """Incomplete and Complete back and forth, Complete to Frozen; back from Frozen only where the pod lets it."""
    key = post(caller).json()["CustomerTransactionId"]
    answers = [patch(caller, key, InvoiceStatus=step) for step in steps]
    assert code_of(answers[-1]) == code
    caller.app.site.receivables.switches = ReceivablesSwitches(is_frozen_final=False)
    if code == "AR_INVOICE_FROZEN":
        assert patch(caller, key, InvoiceStatus="Complete").json()["InvoiceStatus"] == "Complete"


def test_a_patch_may_change_three_attributes_only(caller):
    """Status, terms, transaction date; no line and no amount."""
    key = post(caller).json()["CustomerTransactionId"]
    changed = patch(caller, key, PaymentTerms="30 Net", TransactionDate="2026-11-11").json()
    assert (changed["PaymentTerms"], changed["TransactionDate"]) == ("30 Net", "2026-11-11")
    for wrong in (
        {"Comments": "x"},
        {"receivablesInvoiceLines": []},
        {"TransactionDate": "soon"},
        {"PaymentTerms": "x"},
    ):
        assert patch(caller, key, **wrong).status_code == 400


def test_a_complete_invoice_is_deleted_only_where_the_pod_lets_it(caller):
    """An incomplete one goes; what has a receipt on it never does."""
    key = post(caller).json()["CustomerTransactionId"]
    path = f"receivablesInvoices/{key}"
    assert caller.request("DELETE", path).status_code == 400
    caller.app.site.receivables.switches = ReceivablesSwitches(is_completed_deletable=True)
    caller.app.invoices.apply(str(key), "credit memo 1", Decimal("1.00"))
    assert caller.request("DELETE", path).status_code == 400
    other = post(caller, **AUTOMATIC).json()["CustomerTransactionId"]
    assert caller.request("DELETE", f"receivablesInvoices/{other}").status_code == 204


def test_a_new_invoice_may_be_invisible_for_a_while(caller, site, clock):
    """It is there, its number is taken, and reads do not show it yet."""
    site.timing = Timing(invoice_visible_after_seconds=60)
    key = post(caller).json()["CustomerTransactionId"]
    assert caller.get(f"receivablesInvoices/{key}").status_code == 404
    assert caller.items("receivablesInvoices") == []
    assert code_of(post(caller)) == "AR_TRX_NUMBER_DUPLICATE"
    clock.advance(60)
    assert caller.get(f"receivablesInvoices/{key}").status_code == 200


def test_who_has_no_data_access_neither_creates_nor_sees(caller):
    """The business unit does not exist for such a user."""
    assert post(caller).status_code == 201
    caller.login(CLIENT_WITHOUT_DATA)
    assert code_of(post(caller)) == "AR_BU_NOT_FOUND"
    assert caller.items("receivablesInvoices") == []


@pytest.mark.parametrize(
    "fault, seen, count",
    [
        (plan.dropped(), "dropped", 0),
        (plan.dropped(after=True), "dropped", 1),
        (plan.html(504, after=True), 504, 1),
        (plan.status(503), 503, 0),
        (mischief.commits_later(200), "dropped", 1),
        (mischief.delivered_twice(), 400, 1),  # the second answer: the number exists
    ],
)
def test_a_faulty_create_shows_one_thing_and_does_another(caller, clock, fault, seen, count):
    """What is seen and what is true are independent."""
    caller.faults.next("createReceivablesInvoice", fault)
    if seen == "dropped":
        with pytest.raises(httpx.RemoteProtocolError):
            post(caller)
    else:
        assert post(caller).status_code == seen
    clock.advance(300)
    assert len(caller.items("receivablesInvoices")) == count


def test_a_receipt_lowers_the_balance_when_it_is_matched(caller, site, clock):
    """References are kept until AutoMatch runs; then the invoice has less open and the receipt is applied."""
    site.timing = Timing(automatch_after_seconds=60)
    key = post(caller).json()["CustomerTransactionId"]
    answer = post(caller, "standardReceipts")
    assert (answer.status_code, answer.json()["UnappliedAmount"], answer.json()["Status"]) == (201, "1500", "Unapplied")
    clock.advance(59)
    assert caller.get(f"receivablesInvoices/{key}").json()["InvoiceBalanceAmount"] == 1520.33
    clock.advance(1)
    assert caller.get(f"receivablesInvoices/{key}").json()["InvoiceBalanceAmount"] == 20.33
    (receipt,) = caller.items("standardReceipts", q="ReceiptNumber = 'B-20261112'", expand="all")
    assert (receipt["UnappliedAmount"], receipt["Status"]) == ("0", "Applied")
    assert receipt["remittanceReferences"]["items"][0]["ReferenceAmount"] == "1500"
    path = f"standardReceipts/{receipt['StandardReceiptId']}"
    assert caller.request("DELETE", path).status_code == 400
    assert code_of(patch(caller, key, InvoiceStatus="Incomplete")) == "AR_INVOICE_HAS_ACTIVITY"


@pytest.mark.parametrize(
    "changes, code",
    [
        ({}, ""),
        ({"Amount": 1500}, ""),
        ({"Amount": "-1"}, "27014"),
        ({"Amount": None}, "27014"),
        ({"ReceiptNumber": ""}, "27014"),
        ({"ReceiptMethod": "Nothing"}, "AR_RECEIPT_METHOD_NOT_FOUND"),
        ({"CustomerAccountNumber": "9999"}, "AR_CUSTOMER_NOT_FOUND"),
        ({"BusinessUnit": "Nowhere"}, "AR_BU_NOT_FOUND"),
        ({"ReceiptDate": "2026-03-01"}, "AR_GL_DATE_NOT_OPEN"),
        ({"remittanceReferences": [{"ReferenceAmount": "1"}]}, "27014"),
        ({"Nonsense": "x"}, "400"),
    ],
)
def test_a_receipt_is_refused_by_the_name_of_its_fault(caller, changes, code):
    """One fault, one name."""
    answer = post(caller, "standardReceipts", **changes)
    assert code_of(answer) == code
    assert len(caller.app.receipts.rows()) == (0 if code else 1)


def test_whether_receipt_numbers_are_unique_is_a_switch(caller, site):
    """By default the same receipt twice is two receipts."""
    assert [post(caller, "standardReceipts").status_code for _ in range(2)] == [201, 201]
    site.receivables.switches = replace(site.receivables.switches, are_receipt_numbers_unique=True)
    assert code_of(post(caller, "standardReceipts")) == "AR_RECEIPT_NUMBER_DUPLICATE"


def test_no_more_is_applied_than_is_open(caller):
    """A receipt for more than the invoice leaves the rest unapplied."""
    key = post(caller).json()["CustomerTransactionId"]
    reference = RECEIPT["remittanceReferences"][0] | {"ReferenceAmount": 2000}
    made = post(caller, "standardReceipts", Amount="2000", remittanceReferences=[reference]).json()
    caller.app.receipts.automatch(str(made["StandardReceiptId"]))
    caller.app.receipts.automatch(str(made["StandardReceiptId"]))
    assert caller.app.invoices.balance(str(key)) == 0
    assert caller.get(f"standardReceipts/{made['StandardReceiptId']}").json()["UnappliedAmount"] == "479.67"
    with pytest.raises(WrongStatus, match="open"):
        caller.app.invoices.apply(str(key), "credit memo 1", Decimal("0.01"))


@pytest.mark.parametrize("is_queryable, status", [(True, 200), (False, 400)])
def test_whether_a_receipt_can_be_asked_for_by_number_is_a_switch(site, clock, is_queryable, status):
    """Where it cannot, receipts are paged through."""
    site.receivables.switches = ReceivablesSwitches(is_receipt_number_queryable=is_queryable)
    caller = Caller(build_app(site, clock), clock, plan.FaultPlan())
    caller.login()
    assert caller.get("standardReceipts", q="ReceiptNumber = 'B-1'").status_code == status
