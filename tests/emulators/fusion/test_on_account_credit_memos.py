"""On-account credit memos through REST, and the lists of transaction sources and types."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from emulators import faults as plan
from emulators.fusion import mischief
from emulators.fusion.app import build_app
from emulators.fusion.demo_site import CLIENT_OF_ONE_LEDGER, CLIENT_WITHOUT_DATA
from emulators.fusion.site import RECEIVABLES
from tests.emulators.fusion.bench import ITEM, US, Caller
from tests.emulators.fusion.test_receivables import code_of

# The worked example of Oracle's documentation, in this pod's names.
LINE = {"LineDescription": "Monthly subscription", "LineNumber": 1, "LineQuantityCredit": 2, "UnitSellingPrice": -29.99}
MEMO = {
    "BusinessUnit": "US1 Business Unit",
    "TransactionSource": "ZB Connector",
    "TransactionType": "Credit Memo",
    "TransactionNumber": "OA-1",
    "TransactionDate": "2026-11-10",
    "CreditMemoCurrency": "USD",
    "BillToCustomerNumber": "1008",
    "CreditReason": "OTHER",
    "CreditMemoComments": "Service interruption",
    "receivablesCreditMemoLines": [LINE, LINE | {"LineNumber": 2, "LineQuantityCredit": 1, "UnitSellingPrice": -12.01}],
}
SHARE = {"AccountClass": "Revenue", "AccountCombination": "01-000-400100-000", "Amount": -71.99}


def post(caller, **changes: Any) -> httpx.Response:
    """Create the usual credit memo, with changed attributes."""
    return caller.request("POST", "receivablesCreditMemos", headers=ITEM, body=MEMO | changes)


def lines(**changes: Any) -> list[dict[str, Any]]:
    """Return one line with changed attributes."""
    return [LINE | changes]


def test_a_credit_memo_is_echoed_and_read_back_by_number(caller):
    """201; below zero, still to be given, and against no invoice."""
    answer = post(caller, receivablesCreditMemoDistributions=[SHARE | {"CreditMemoLineNumber": 1}])
    assert answer.status_code == 201
    made = answer.json()
    assert (made["EnteredAmount"], made["TransactionBalanceDue"]) == (-71.99, -71.99)
    assert (made["CreditMemoStatus"], made["PreviousCustomerTransactionId"]) == ("Complete", None)
    (found,) = caller.items("receivablesCreditMemos", q="TransactionNumber = 'OA-1'", expand="all")
    assert found["CustomerTransactionId"] == made["CustomerTransactionId"]
    amounts = [one["LineAmountCredit"] for one in found["receivablesCreditMemoLines"]["items"]]
    assert amounts == [Decimal("-59.98"), Decimal("-12.01")]
    (share,) = found["receivablesCreditMemoDistributions"]["items"]
    assert (share["AccountCombination"], share["CreditMemoLineNumber"]) == ("01-000-400100-000", 1)
    path = f"receivablesCreditMemos/{made['CustomerTransactionId']}"
    assert caller.get(path).json()["TransactionNumber"] == "OA-1"
    assert len(caller.items(f"{path}/child/receivablesCreditMemoLines")) == 2
    assert caller.request("DELETE", path).status_code == 405


@pytest.mark.parametrize(
    "changes, code",
    [
        ({}, ""),
        ({"BusinessUnit": "Nowhere"}, "AR_BU_NOT_FOUND"),
        ({"TransactionSource": "Nothing"}, "AR_BATCH_SOURCE_NOT_FOUND"),
        ({"TransactionType": "Invoice"}, "AR_TRX_TYPE_NOT_FOUND"),
        ({"TransactionNumber": None}, "AR_TRX_NUMBER_REQ"),
        ({"TransactionSource": "ZB Automatic"}, "AR_TRX_NUMBER_NOT_ALLOWED"),
        ({"TransactionSource": "ZB Automatic", "TransactionNumber": None}, ""),
        ({"BillToCustomerNumber": "9999"}, "AR_BILL_TO_CUST_NOT_FOUND"),
        ({"CreditReason": "Nothing"}, "AR_CREDIT_REASON_NOT_FOUND"),
        ({"AccountingDate": "2026-03-10"}, "AR_GL_DATE_NOT_OPEN"),
        ({"CreditMemoCurrency": "EUR"}, "AR_FUNC_CURRENCY_REQ"),
        ({"CreditMemoCurrency": "XXX"}, "AR_CURRENCY_NOT_FOUND"),
        ({"CreditMemoStatus": "Frozen"}, "AR_CM_STATUS_INVALID"),
        ({"receivablesCreditMemoLines": []}, "AR_LINE_REQ"),
        ({"receivablesCreditMemoLines": lines(UnitSellingPrice=29.99)}, "AR_CREATION_SIGN"),
        ({"receivablesCreditMemoLines": lines(UnitSellingPrice=0)}, "AR_CREATION_SIGN"),
        ({"receivablesCreditMemoLines": lines(LineNumber=None)}, "27014"),
        ({"receivablesCreditMemoLines": lines(UnitSellingPrice=None)}, "27014"),
        ({"receivablesCreditMemoLines": lines(LineDescription=None)}, "AR_LINE_ATTR_OPT_REQ"),
        ({"receivablesCreditMemoLines": lines(MemoLine="Nothing")}, "AR_MEMO_LINE_NOT_FOUND"),
        ({"receivablesCreditMemoLines": lines(LineCreditReason="Nothing")}, "AR_CREDIT_REASON_NOT_FOUND"),
        ({"receivablesCreditMemoLines": lines(receivablesCreditMemoLineTaxLines=[{}])}, "27014"),
        ({"receivablesCreditMemoLines": lines(UnitSellingPrice=-(10**14), LineQuantityCredit=10**14)}, "27014"),
        ({"FreightCreditAmount": "-20"}, ""),
        ({"PreviousCustomerTransactionId": 17}, "400"),  # a POST credits no invoice
        ({"EnteredAmount": -5}, "400"),  # read-only
    ],
)
def test_a_credit_memo_is_refused_by_the_name_of_its_fault(caller, changes, code):
    """One fault, one name; what is refused is not stored."""
    answer = post(caller, **changes)
    assert code_of(answer) == code
    assert len(caller.app.credit_memos.rows()) == (0 if code else 1)


def test_a_number_is_unique_within_its_source(caller):
    """The second POST of the same number is refused."""
    assert [code_of(post(caller)) for _ in range(2)] == ["", "AR_TRX_NUMBER_DUPLICATE"]


def test_a_closed_period_refuses_and_no_data_access_neither_creates_nor_sees(caller):
    """As with invoices."""
    assert post(caller).status_code == 201
    caller.app.books.people.close_period(US, "Nov-26", RECEIVABLES)
    assert code_of(post(caller, TransactionNumber="OA-2")) == "AR_GL_DATE_NOT_OPEN"
    caller.login(CLIENT_WITHOUT_DATA)
    assert code_of(post(caller)) == "AR_BU_NOT_FOUND"
    assert caller.items("receivablesCreditMemos") == []


def test_a_pod_may_want_amounts_above_zero_and_names_the_credited_invoice_elsewhere(site, clock):
    """What is shown is below zero all the same."""
    site.receivables.switches = replace(
        site.receivables.switches, are_credits_negative=False, credited_attribute="CreditedTransactionId"
    )
    caller = Caller(build_app(site, clock), clock, plan.FaultPlan())
    caller.login()
    assert code_of(post(caller)) == "AR_CREATION_SIGN"
    taxed = lines(UnitSellingPrice=10, receivablesCreditMemoLineTaxLines=[{"TaxAmount": 1}])
    made = post(caller, receivablesCreditMemoLines=taxed, FreightCreditAmount=2).json()
    assert (made["EnteredAmount"], made["FreightCreditAmount"]) == (-23, -2)
    assert "CreditedTransactionId" in made
    assert "PreviousCustomerTransactionId" not in made


@pytest.mark.parametrize(
    "trouble, seen, count",
    [
        (plan.dropped(after=True), "dropped", 1),
        (mischief.commits_later(200), "dropped", 1),
        (mischief.token_revoked(), 401, 0),
        (mischief.delivered_twice(), 400, 1),
    ],
)
def test_a_faulty_create_shows_one_thing_and_does_another(caller, clock, trouble, seen, count):
    """What is seen and what is true are independent."""
    caller.faults.next("createReceivablesCreditMemo", trouble)
    if seen == "dropped":
        with pytest.raises(httpx.RemoteProtocolError):
            post(caller)
    else:
        assert post(caller).status_code == seen
    clock.advance(300)
    caller.login()
    assert len(caller.items("receivablesCreditMemos")) == count


def test_sources_tell_how_they_number_and_what_a_credit_does_to_a_receipt(caller):
    """One that is not valid for any business unit of the caller is not listed."""
    found = {row["Name"]: row for row in caller.items("transactionSourcesLOV")}
    assert found["ZB Connector"]["AutomaticTransactionNumbering"] == "N"
    handling = {name: row["ReceiptHandlingForCredits"] for name, row in found.items()}
    assert (handling["ZB Refunds"], handling["ZB On Account"], handling["ZB Connector"]) == (
        "REFUND",
        "ON_ACCOUNT",
        None,
    )
    caller.login(CLIENT_OF_ONE_LEDGER)
    assert "UK Only" not in {row["Name"] for row in caller.items("transactionSourcesLOV")}
    caller.login(CLIENT_WITHOUT_DATA)
    assert (caller.items("transactionSourcesLOV"), caller.items("transactionTypesLOV")) == ([], [])


def test_types_tell_their_class_and_whether_they_open_receivables(caller):
    """Two of each."""
    query = "TransactionClass = 'CM' and Name = 'Settled Credit Memo'"
    (found,) = caller.items("transactionTypesLOV", q=query)
    assert found["OpenReceivable"] == "N"
    assert len(caller.items("transactionTypesLOV", q="TransactionClass = 'INV'")) == 2


def test_a_pod_may_not_show_what_is_not_documented(site, clock):
    """Names are switches, a blank one leaves the attribute or the list out."""
    site.receivables.switches = replace(
        site.receivables.switches, receipt_handling_attribute="", sources_resource="sources", types_resource=""
    )
    caller = Caller(build_app(site, clock), clock, plan.FaultPlan())
    caller.login()
    assert set(caller.items("sources")[0]) == {"TransactionSourceId", "Name", "AutomaticTransactionNumbering"}
    assert caller.get("transactionTypesLOV").status_code == 404
