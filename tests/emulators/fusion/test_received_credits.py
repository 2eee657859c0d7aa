"""Receipts that are applied to credit memos on account as well, and receipts that a person reverses."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from emulators.fusion.journals import WrongStatus
from tests.emulators.fusion.bench import ITEM
from tests.emulators.fusion.test_on_account_credit_memos import MEMO
from tests.emulators.fusion.test_receivables import RECEIPT, code_of, post

D = Decimal


def named(number: str, amount: str) -> dict[str, str]:
    """Return one reference of a receipt."""
    return {"ReceiptMatchBy": "Transaction Number", "ReferenceNumber": number, "ReferenceAmount": amount}


BOTH = [named("AZ261110-000017", "1520.33"), named("OA-1", "-71.99")]


def documents(caller) -> tuple[str, str]:
    """Make the usual invoice and the usual credit memo on account; return their ids."""
    memo = caller.request("POST", "receivablesCreditMemos", headers=ITEM, body=MEMO).json()
    return str(post(caller).json()["CustomerTransactionId"]), str(memo["CustomerTransactionId"])


def due(caller, memo: str) -> Decimal:
    """Return what a credit memo still gives, as it is shown."""
    return D(str(caller.get(f"receivablesCreditMemos/{memo}").json()["TransactionBalanceDue"]))


def test_a_receipt_takes_a_credit_memo_along(caller):
    """The memo gives what the invoice wants beyond the money; nothing stays open of the three."""
    invoice, memo = documents(caller)
    made = post(caller, "standardReceipts", Amount="1448.34", remittanceReferences=BOTH).json()
    caller.app.receipts.automatch(str(made["StandardReceiptId"]))
    caller.app.receipts.automatch(str(made["StandardReceiptId"]))
    shown = caller.get(f"standardReceipts/{made['StandardReceiptId']}").json()
    assert (D(shown["UnappliedAmount"]), shown["Status"]) == (0, "Applied")
    assert (caller.app.invoices.balance(invoice), due(caller, memo)) == (0, 0)


def test_a_credit_memo_gives_no_more_than_it_has(caller):
    """What is named beyond that stays unapplied on the invoice's side."""
    invoice, memo = documents(caller)
    references = [BOTH[0], named("OA-1", "-100")]
    made = post(caller, "standardReceipts", Amount="1420.33", remittanceReferences=references).json()
    caller.app.receipts.automatch(str(made["StandardReceiptId"]))
    assert (caller.app.invoices.balance(invoice), due(caller, memo)) == (D("28.01"), 0)
    with pytest.raises(WrongStatus, match="gives 0"):
        caller.app.credit_memos.apply(memo, "1", D("-1"))


def test_whether_a_reference_may_be_below_zero_is_a_switch(caller, site):
    """Where it may not, the receipt is refused whole."""
    documents(caller)
    switches = replace(site.receivables.switches, are_credits_referenced=False)
    site.receivables.switches = switches
    answer = post(caller, "standardReceipts", Amount="1448.34", remittanceReferences=BOTH)
    assert (code_of(answer), caller.app.receipts.rows()) == ("27014", [])


def test_a_reversed_receipt_is_shown_and_applied_to_nothing(caller):
    """What it paid is open again, and AutoMatch leaves it alone."""
    invoice, memo = documents(caller)
    made = post(caller, "standardReceipts", Amount="1448.34", remittanceReferences=BOTH).json()
    receipt = str(made["StandardReceiptId"])
    caller.app.receipts.automatch(receipt)
    caller.app.receipts.reverse(receipt)
    caller.app.receipts.automatch(receipt)
    assert caller.get(f"standardReceipts/{receipt}").json()["State"] == "Reversed"
    assert (caller.app.invoices.balance(invoice), due(caller, memo)) == (D("1520.33"), D("-71.99"))
    assert code_of(post(caller, "standardReceipts", State="Reversed")) == "400"


def test_the_usual_receipt_is_cleared(caller):
    """As the pod has made it."""
    assert post(caller, "standardReceipts", **RECEIPT).json()["State"] == "Cleared"
