"""Credits of one invoice through the SOAP service: what they lower, what they refuse, and how a refusal looks."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
import zeep
from zeep.transports import Transport

from emulators import faults as plan
from emulators.fusion import mischief
from emulators.fusion.demo_site import CLIENT_OF_ONE_LEDGER, CLIENT_WITHOUT_DATA, CLIENT_WITHOUT_PRIVILEGE
from emulators.fusion.site import RECEIVABLES
from emulators.fusion.switches import Timing
from tests.emulators.fusion.bench import ITEM, US
from tests.emulators.fusion.credit_bench import (
    ADDRESS,
    ORDER,
    XML,
    balance,
    credit,
    envelope,
    fault,
    invoice,
    line,
    send,
    values,
)
from tests.emulators.fusion.test_receivables import RECEIPT


def memos(caller, number: str = "CM-1") -> list[dict[str, Any]]:
    """Return the credit memos of a number as REST shows them."""
    expand = "receivablesCreditMemoLines.receivablesCreditMemoLineTaxLines"
    return caller.items("receivablesCreditMemos", q=f"TransactionNumber = '{number}'", expand=expand)


def switch(site, **changes: Any) -> None:
    """Turn switches of the receivables."""
    site.receivables.switches = replace(site.receivables.switches, **changes)


def test_a_line_is_credited_and_the_invoice_owes_less(caller):
    """The answer names the memo; REST shows it with the invoice it credits, amounts below zero."""
    key = invoice(caller)
    made = values(credit(caller, key, [line(key, 1, "-30.00", 1)], Comments="Refund <1>"))
    assert (made["TransactionNumber"], made["TransactionSource"]) == ("CM-1", "ZB Connector")
    assert balance(caller, key) == Decimal("80.01")
    (memo,) = memos(caller)
    assert memo["CustomerTransactionId"] == int(made["CustomerTransactionId"])
    assert memo["PreviousCustomerTransactionId"] == key
    assert (memo["EnteredAmount"], memo["TransactionBalanceDue"]) == (-30, 0)
    assert (memo["CreditReason"], memo["CreditMemoComments"]) == ("RETURN", "Refund <1>")
    (credited,) = memo["receivablesCreditMemoLines"]["items"]
    assert (credited["LineAmountCredit"], credited["LineQuantityCredit"]) == (-30, 1)
    first = caller.items(f"receivablesInvoices/{key}/child/receivablesInvoiceLines")[0]
    assert credited["PreviousCustomerTransactionLineId"] == first["CustomerTransactionLineId"]
    assert caller.get(f"receivablesCreditMemos/{memo['CustomerTransactionId']}").status_code == 200


@pytest.mark.parametrize(
    "elements, lines, amounts",
    [
        ({"LineAmount": "-110.01"}, [], [-100, Decimal("-10.01")]),
        ({"LineAmount": "-11.00"}, [], [-10, -1]),  # spread by what is left of each
        ({"LinePercent": 50}, [], [-50, Decimal("-5.01")]),  # each line's own half, rounded
        ({}, [(1, None, 2)], [-50]),  # a quantity at the line's price
        ({}, [(1, "-1", None), (1, "-2", None), (2, "-3", None)], [-3, -3]),
    ],
)
def test_a_credit_is_ordered_in_one_of_several_ways(caller, elements, lines, amounts):
    """An amount or a percentage of all lines, or amounts and quantities by line."""
    key = invoice(caller)
    values(credit(caller, key, [line(key, place, *rest) for place, *rest in lines], **elements))
    assert [one["LineAmountCredit"] for one in memos(caller)[0]["receivablesCreditMemoLines"]["items"]] == amounts
    assert balance(caller, key) == Decimal("110.01") + sum(amounts)


@pytest.mark.parametrize(
    "elements, lines, code",
    [
        ({"PreviousCustomerTransactionId": 17}, [(2, "-1")], "AR_CM_PREV_TRX_NOT_FOUND"),
        ({"PreviousCustomerTransactionId": None}, [(2, "-1")], "AR_CM_PREV_TRX_NOT_FOUND"),
        ({}, [(2, "-10.02")], "AR_CM_EXCEEDS_LINE"),
        ({}, [(2, "-10"), (2, "-0.02")], "AR_CM_EXCEEDS_LINE"),
        ({}, [(1, None, 5)], "AR_CM_EXCEEDS_LINE"),
        ({}, [(1, "-1", 5)], "AR_CM_EXCEEDS_QUANTITY"),
        ({}, [(1, "1.00")], "AR_CM_EXCEEDS_LINE"),  # the sign of a debit
        ({}, [(3, "-1")], "AR_CM_LINE_NOT_FOUND"),
        ({}, [(2, None, 1)], "AR_CM_AMOUNT_REQ"),  # a quantity of a line without price
        ({}, [], "AR_CM_AMOUNT_REQ"),
        ({"LineAmount": "-110.02"}, [], "AR_CM_EXCEEDS_LINES"),
        ({"LineAmount": "5"}, [], "AR_CREATION_SIGN"),
        ({"LineAmount": "-5"}, [(1, "-1")], "AR_CM_AMOUNT_PERCENT"),
        ({"LineAmount": "-5", "LinePercent": 5}, [], "AR_CM_AMOUNT_PERCENT"),
        ({"LinePercent": 101}, [], "AR_CM_PERCENT"),
        ({"FreightAmount": "-1"}, [], "AR_CM_EXCEEDS_FREIGHT"),
        ({"ReasonCode": "NONSENSE"}, [(2, "-1")], "AR_CREDIT_REASON_NOT_FOUND"),
        ({"TransactionSource": "Nothing"}, [(2, "-1")], "AR_BATCH_SOURCE_NOT_FOUND"),
        ({"TransactionSource": "UK Only"}, [(2, "-1")], "AR_BATCH_SOURCE_NOT_FOUND"),
        ({"BatchSourceSequenceId": 1}, [(2, "-1")], "AR_BATCH_SOURCE_NOT_FOUND"),
        ({"BatchSourceName": "ZB Automatic"}, [(2, "-1")], "AR_TRX_NUMBER_NOT_ALLOWED"),
        ({"TransactionNumber": None}, [(2, "-1")], "AR_TRX_NUMBER_REQ"),
        ({"TransactionNumber": "AZ261110-000017"}, [(2, "-1")], "AR_TRX_NUMBER_DUPLICATE"),  # the invoice's own
        ({"TransactionType": "Invoice"}, [(2, "-1")], "AR_TRX_TYPE_NOT_FOUND"),
        ({"CustomerTransactionTypeSequenceId": 5}, [(2, "-1")], "AR_TRX_TYPE_NOT_FOUND"),
        ({"TransactionType": "Settled Credit Memo"}, [(2, "-1")], "AR_CM_TYPE_OPEN_RECEIVABLES"),
        ({"GlDate": "2026-03-10"}, [(2, "-1")], "AR_GL_DATE_NOT_OPEN"),
        ({"CurrencyCode": "EUR"}, [(2, "-1")], "AR_CM_CURRENCY"),
    ],
)
def test_a_credit_is_refused_with_a_sentence(caller, elements, lines, code):
    """A fault under HTTP 200; nothing is stored and the invoice owes what it did."""
    key = invoice(caller)
    answer = credit(caller, key, [line(key, place, *rest) for place, *rest in lines], **elements)
    assert answer.status_code == 200
    found, sentence = fault(answer)
    assert (found, sentence[-1:]) == (code, ".")
    assert sentence in answer.text.partition("<faultstring>")[2].partition("</faultstring>")[0].replace("&amp;", "&")
    assert (caller.app.credit_memos.rows(), balance(caller, key)) == ([], Decimal("110.01"))


@pytest.mark.parametrize("text", ["", "<a/>", "<!DOCTYPE a><a/>", envelope({"Nonsense": 1}), "unclosed <"])
def test_what_cannot_be_read_is_a_fault_with_500(caller, text):
    """No XML, no envelope, an unknown element."""
    answer = send(caller, text)
    assert (answer.status_code, fault(answer)[0]) == (500, "FND_CMN_SERVICE_PAYLOAD")


@pytest.mark.parametrize(
    "element, value",
    [
        ("PreviousCustomerTransactionId", "x"),
        ("PreviousCustomerTransactionId", "9" * 30),
        ("LineAmount", "much"),
        ("LineAmount", "NaN"),
        ("LineAmount", "1e40"),
        ("GlDate", "soon"),
        ("TransactionNumber", "x" * 21),
    ],
)
def test_odd_values_are_a_fault_too(caller, element, value):
    """Neither a value of another type nor one too long makes the pod itself fail."""
    answer = credit(caller, invoice(caller), **{element: value})
    assert (answer.status_code, fault(answer)[0]) == (500, "FND_CMN_SERVICE_PAYLOAD")


def test_blank_elements_are_none_and_a_currency_may_stand_at_an_amount(caller):
    """As SOAP libraries write them; another currency than the invoice's is refused."""
    key = invoice(caller)
    text = envelope({"PreviousCustomerTransactionId": key, "LineAmount": "-1"} | ORDER)
    other = text.replace("<cred:LineAmount>", '<cred:LineAmount currencyCode="EUR">')
    assert fault(send(caller, other))[0] == "AR_CM_CURRENCY"
    blank = {"PreviousCustomerTransactionId": key, "LineAmount": "", "LinePercent": ""} | ORDER
    values(send(caller, envelope(blank, [line(key, 1, "-1") | {"QuantityCredited": ""}])))


@pytest.mark.parametrize("seed", range(10))
def test_a_damaged_envelope_gets_an_answer(caller, seed):
    """Characters changed at random: a memo, a fault, never a failure of the pod itself."""
    draw, key = random.Random(seed), invoice(caller)
    text = envelope({"PreviousCustomerTransactionId": key, "Comments": "x"} | ORDER, [line(key, 1, "-1", 1)])
    for _ in range(20):
        damaged = list(text)
        for _ in range(draw.randint(1, 4)):
            damaged[draw.randrange(len(text))] = draw.choice('<>&"/:-1 9x\u20ac')
        assert send(caller, "".join(damaged)).status_code in (200, 500)


def test_which_status_a_refusal_has_is_a_switch(caller, site):
    """500 as SOAP 1.1 says, in place of 200."""
    switch(site, soap_refusal_status=500)
    answer = credit(caller, invoice(caller))
    assert (answer.status_code, fault(answer)[0]) == (500, "AR_CM_AMOUNT_REQ")


def test_no_more_is_credited_than_earlier_credits_left(caller):
    """The second credit of a line sees the first; the rest of it can still be credited, once."""
    key = invoice(caller)
    values(credit(caller, key, [line(key, 1, "-60", 3)]))
    assert fault(credit(caller, key, [line(key, 1, "-41")], TransactionNumber="CM-2")) == (
        "AR_CM_EXCEEDS_LINE",
        "The amount to credit of line 1, 41, isn't part of what is left of it: 40 of 100.",
    )
    again = [line(key, 1, "-20", 2)]
    assert fault(credit(caller, key, again, TransactionNumber="CM-2"))[0] == "AR_CM_EXCEEDS_QUANTITY"
    values(credit(caller, key, [line(key, 1, "-40")], TransactionNumber="CM-2"))
    assert fault(credit(caller, key, [line(key, 1, "-0.01")], TransactionNumber="CM-3"))[0] == "AR_CM_EXCEEDS_LINE"
    assert balance(caller, key) == Decimal("10.01")


def test_an_amount_for_all_lines_is_spread_to_the_cent(caller):
    """What rounding leaves goes a cent each to lines that have it left, so no line gives more than its amount."""
    tens = [{"Description": f"Line {number}", "LineAmount": "0.10"} for number in range(10)]
    key = invoice(caller, receivablesInvoiceLines=tens)
    values(credit(caller, key, LineAmount="-0.94"))
    amounts = [one["LineAmountCredit"] for one in memos(caller)[0]["receivablesCreditMemoLines"]["items"]]
    assert sorted(amounts) == [Decimal("-0.10")] * 4 + [Decimal("-0.09")] * 6
    values(credit(caller, key, LineAmount="-0.06", TransactionNumber="CM-2"))
    assert balance(caller, key) == 0


def test_the_same_order_twice_is_one_credit_memo(caller):
    """Its number is taken in its source, for invoices too; a source that numbers by itself takes it twice."""
    key = invoice(caller)
    values(credit(caller, key, [line(key, 1, "-1")]))
    code, sentence = fault(credit(caller, key, [line(key, 1, "-1")]))
    assert (code, sentence) == ("AR_TRX_NUMBER_DUPLICATE", "The transaction number CM-1 exists in this source.")
    automatic = {"TransactionNumber": None, "TransactionSource": "ZB Automatic"}
    numbers = [values(credit(caller, key, [line(key, 1, "-1")], **automatic))["TransactionNumber"] for _ in range(2)]
    assert len(set(numbers)) == 2
    assert balance(caller, key) == Decimal("107.01")


def test_sources_and_types_may_be_named_by_id(caller):
    """As the documentation has it."""
    key = invoice(caller)
    ids = {"BatchSourceSequenceId": 300000047100001, "CustomerTransactionTypeSequenceId": 300000047200002}
    made = values(credit(caller, key, [line(key, 1, "-1")], **ids))
    assert (made["TransactionSource"], made["TransactionType"]) == ("ZB Connector", "Credit Memo")


def test_a_credit_takes_the_tax_of_its_line_along(caller):
    """In proportion, rounded; the last credit takes the rest. Without ComputeTax there is none."""
    taxed = [{"Description": "Sales", "LineAmount": "10.00", "receivablesInvoiceLineTaxLines": [{"TaxAmount": "1.99"}]}]
    key = invoice(caller, receivablesInvoiceLines=taxed)
    assert balance(caller, key) == Decimal("11.99")
    values(credit(caller, key, [line(key, 1, "-3.33")]))
    (taken,) = memos(caller)[0]["receivablesCreditMemoLines"]["items"]
    assert taken["receivablesCreditMemoLineTaxLines"]["items"][0]["TaxAmount"] == Decimal("-0.66")
    values(credit(caller, key, [line(key, 1, "-6.67")], TransactionNumber="CM-2"))
    assert balance(caller, key) == 0
    other = invoice(caller, receivablesInvoiceLines=taxed, TransactionNumber="OTHER")
    values(credit(caller, other, LinePercent=100, ComputeTax="N", TransactionNumber="CM-3"))
    assert balance(caller, other) == Decimal("1.99")


def test_freight_is_credited_apart(caller):
    """Up to what the invoice charged."""
    key = invoice(caller, FreightAmount="5.00")
    assert balance(caller, key) == Decimal("115.01")
    values(credit(caller, key, FreightAmount="-3"))
    assert fault(credit(caller, key, FreightAmount="-2.01", TransactionNumber="CM-2"))[0] == "AR_CM_EXCEEDS_FREIGHT"
    assert memos(caller)[0]["FreightCreditAmount"] == -3


def test_an_invoice_that_opens_no_receivables_is_credited_without_a_balance(caller):
    """Nothing is owed before or after; lines are measured all the same, and the type follows the invoice's."""
    key = invoice(caller, TransactionType="Settled Invoice")
    assert balance(caller, key) == 0
    assert values(credit(caller, key, [line(key, 1, "-100")]))["TransactionType"] == "Settled Credit Memo"
    assert balance(caller, key) == 0
    assert fault(credit(caller, key, [line(key, 1, "-1")], TransactionNumber="CM-2"))[0] == "AR_CM_EXCEEDS_LINE"


@pytest.mark.parametrize(
    "source, code, moved",
    [("ZB Connector", "AR_CM_EXCEEDS_BALANCE", ""), ("ZB Refunds", "", "REFUND"), ("ZB On Account", "", "ON_ACCOUNT")],
)
def test_what_was_paid_and_is_credited_goes_where_the_source_says(caller, source, code, moved):
    """Without a receipt handling no more is credited than is open; with one the receipt's money is moved."""
    key = invoice(caller)
    reference = RECEIPT["remittanceReferences"][0] | {"ReferenceAmount": "100"}
    body = RECEIPT | {"Amount": "100", "remittanceReferences": [reference]}
    receipt = caller.request("POST", "standardReceipts", headers=ITEM, body=body).json()["StandardReceiptId"]
    caller.app.receipts.automatch(str(receipt))
    number = None if source == "ZB Refunds" else "CM-1"
    answer = credit(caller, key, LinePercent=100, TransactionSource=source, TransactionNumber=number)
    assert fault(answer)[0] == code
    assert balance(caller, key) == (Decimal("10.01") if code else 0)
    if moved:
        assert caller.app.invoices.released(str(receipt), moved) == 100
    assert caller.get(f"standardReceipts/{receipt}").json()["UnappliedAmount"] == "0"


def test_a_late_order_that_is_refused_stores_nothing(caller, clock):
    """It is part of whatever else is due then."""
    key = invoice(caller)
    caller.app.invoices.apply(str(key), "adjustment 1", Decimal("50"))
    caller.faults.next("createCreditMemo", mischief.commits_later(200))
    with pytest.raises(httpx.RemoteProtocolError):
        credit(caller, key, LinePercent=100)
    clock.advance(300)
    assert (memos(caller), balance(caller, key)) == ([], Decimal("60.01"))


def test_an_incomplete_invoice_is_not_credited_and_a_credited_one_stays(caller):
    """Only what is complete; and then it can neither go back nor be deleted."""
    key = invoice(caller, InvoiceStatus="Incomplete")
    assert fault(credit(caller, key, [line(key, 1, "-1")]))[0] == "AR_CM_PREV_TRX_INCOMPLETE"
    path = f"receivablesInvoices/{key}"
    assert caller.request("PATCH", path, headers=ITEM, body={"InvoiceStatus": "Complete"}).status_code == 200
    values(credit(caller, key, [line(key, 1, "-1")]))
    assert caller.request("PATCH", path, headers=ITEM, body={"InvoiceStatus": "Incomplete"}).status_code == 400
    switch(caller.app.site, is_completed_deletable=True)
    assert caller.request("DELETE", path).status_code == 400


def test_the_door_is_that_of_rest(caller):
    """No token is 401, no privilege a fault with 403, no data access an invoice that does not exist."""
    key = invoice(caller)
    assert caller.http.post(ADDRESS, content=envelope(ORDER), headers=XML).status_code == 401
    caller.login(CLIENT_OF_ONE_LEDGER)
    values(credit(caller, key, [line(key, 1, "-1")]))
    caller.login(CLIENT_WITHOUT_DATA)
    assert fault(credit(caller, key, [line(key, 1, "-1")]))[0] == "AR_CM_PREV_TRX_NOT_FOUND"
    caller.login(CLIENT_WITHOUT_PRIVILEGE)
    assert credit(caller, key, [line(key, 1, "-1")]).status_code == 403
    assert caller.http.get(ADDRESS).status_code == 404
    plain = {"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"}
    caller.login()
    plain["Authorization"] = f"Bearer {caller.token}"
    assert caller.http.post(ADDRESS, content="{}", headers=plain).status_code == 415
    assert caller.http.put(ADDRESS, content="", headers=plain).status_code == 405


def test_pods_differ_in_what_is_not_documented(caller, site):
    """Amounts above zero, no lines, answers as MIME messages."""
    key = invoice(caller)
    switch(site, are_credits_negative=False, is_soap_multipart=True)
    answer = credit(caller, key, [line(key, 1, "30")])
    assert answer.headers["Content-Type"].startswith("multipart/related")
    assert values(answer)["TransactionNumber"] == "CM-1"
    assert fault(credit(caller, key, LineAmount="-1", TransactionNumber="CM-2"))[0] == "AR_CREATION_SIGN"
    switch(site, are_credit_lines_accepted=False, is_soap_multipart=False)
    assert credit(caller, key, [line(key, 1, "30")], TransactionNumber="CM-2").status_code == 500
    values(credit(caller, key, LineAmount="10", TransactionNumber="CM-2"))


@pytest.mark.parametrize(
    "trouble, seen, count",
    [
        (plan.dropped(), "dropped", 0),
        (plan.dropped(after=True), "dropped", 1),
        (plan.slow(300), "late", 1),
        (plan.html(502, after=True), 502, 1),
        (plan.status(503), 503, 0),
        (mischief.throttled("30"), 429, 0),
        (mischief.token_revoked(), 401, 0),
        (mischief.token_revoked(after=True), 200, 1),
        (mischief.commits_later(200), "dropped", 1),
        (mischief.commits_later(200, code=504), 504, 1),
        (mischief.delivered_twice(), 200, 1),  # the second answer is a fault: the number exists
    ],
)
def test_a_faulty_credit_shows_one_thing_and_does_another(caller, clock, trouble, seen, count):
    """What is seen and what is true are independent."""
    key = invoice(caller)
    caller.faults.next("createCreditMemo", trouble)
    if seen in ("dropped", "late"):
        with pytest.raises(httpx.RemoteProtocolError if seen == "dropped" else httpx.ReadTimeout):
            credit(caller, key, [line(key, 1, "-1")])
    else:
        assert credit(caller, key, [line(key, 1, "-1")]).status_code == seen
    clock.advance(300)
    caller.login()
    assert len(memos(caller)) == count
    assert balance(caller, key) == Decimal("110.01") - count


def test_a_read_back_may_be_blind_or_early(caller, site, clock):
    """An empty answer proves nothing: the memo is there, its number is taken, the balance is lower."""
    site.timing = Timing(credit_memo_visible_after_seconds=60)
    key = invoice(caller)
    values(credit(caller, key, [line(key, 1, "-1")]))
    assert (memos(caller), balance(caller, key)) == ([], Decimal("109.01"))
    assert fault(credit(caller, key, [line(key, 1, "-1")]))[0] == "AR_TRX_NUMBER_DUPLICATE"
    clock.advance(60)
    caller.faults.next("receivablesCreditMemos", mischief.blind())
    assert [len(memos(caller)) for _ in range(2)] == [0, 1]


def test_a_closed_period_of_the_receivables_refuses(caller):
    """That of the accounting date, which is the transaction date where none is given."""
    key = invoice(caller)
    caller.app.books.people.close_period(US, "Nov-26", RECEIVABLES)
    code, sentence = fault(credit(caller, key, [line(key, 1, "-1")], GlDate=None))
    assert (code, "2026-11-12" in sentence) == ("AR_GL_DATE_NOT_OPEN", True)
    values(credit(caller, key, [line(key, 1, "-1")], GlDate="2026-12-01"))


class _InProcess(Transport):
    """Let zeep load and post through the caller's HTTP client, with its token."""

    def __init__(self, caller) -> None:
        super().__init__()
        self.session.close()
        self._caller = caller

    def load(self, url):
        return self._caller.http.get(url).raise_for_status().content

    def post(self, address, message, headers):
        token = {"Authorization": f"Bearer {self._caller.token}"}
        return self._caller.http.post(address, content=message, headers={**headers, **token})


def test_a_soap_library_can_load_the_description_and_call(caller):
    """zeep builds the request from the WSDL alone, and reads answer and fault."""
    key = invoice(caller)
    client = zeep.Client(f"{ADDRESS}?WSDL", transport=_InProcess(caller))
    order = ORDER | {"PreviousCustomerTransactionId": key, "LineAmount": {"_value_1": "-5.00", "currencyCode": "USD"}}
    result = client.service.createCreditMemo(creditMemo=order)
    assert (result[0].TransactionNumber, result[0].PreviousCustomerTransactionId) == ("CM-1", key)
    with pytest.raises(zeep.exceptions.Fault, match="exists in this source"):
        client.service.createCreditMemo(creditMemo=order)
