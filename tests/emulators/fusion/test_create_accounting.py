"""Create Accounting: receivables reach the general ledger once, in sums, whoever runs it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from emulators.fusion.demo_site import US_LEDGER
from tests.emulators.fusion.bench import ITEM
from tests.emulators.fusion.credit_bench import credit, invoice

RECEIVABLE, SALES, CLEARING = "01-000-110900-000", "01-000-400100-000", "01-000-110500-000"
SHARES = [
    {"AccountClass": "Receivable", "AccountCombination": RECEIVABLE, "Amount": "110.01"},
    {"AccountClass": "Revenue", "AccountCombination": SALES, "Amount": "100.00", "InvoiceLineNumber": "1"},
    {"AccountClass": "Revenue", "AccountCombination": SALES, "Amount": "10.01", "InvoiceLineNumber": "2"},
]
RECEIPT = {
    "ReceiptNumber": "R-1",
    "ReceiptMethod": "Amazon Clearing",
    "BusinessUnit": "US1 Business Unit",
    "Amount": "110.01",
    "ReceiptDate": "2026-11-14",
    "CustomerAccountNumber": "1008",
}
D = Decimal


def held(caller, account: str) -> Decimal:
    """Return the posted balance of an account."""
    return caller.app.books.balance(US_LEDGER, account)


def batches(caller) -> list:
    """Return what the receivables brought into the ledger."""
    return [one for one in caller.app.books.batches(US_LEDGER) if one.source == "Receivables"]


def test_an_invoice_is_accounted_once_and_in_sums(caller):
    """One batch a day, a line per account and side, without a number or reference of the document."""
    invoice(caller, receivablesInvoiceDistributions=SHARES)
    assert batches(caller) == []
    for _ in range(2):
        caller.app.accounting.run()
    [batch] = batches(caller)
    lines = [
        (one.account, one.amount, one.description, one.fields["RECONCILIATION"])
        for one in caller.app.books.lines(batch.id)
    ]
    assert sorted(lines) == [(RECEIVABLE, D("110.01"), "", ""), (SALES, D("-110.01"), "", "")]
    assert (batch.status, "CM-1" in batch.name) == ("P", False)


def test_a_credit_memo_takes_it_back(caller):
    """The other way round on the same accounts."""
    number = invoice(caller, receivablesInvoiceDistributions=SHARES)
    assert credit(caller, number, LinePercent="100").status_code == 200
    caller.app.accounting.run()
    assert (held(caller, RECEIVABLE), held(caller, SALES)) == (0, 0)


def test_a_receipt_moves_cash_once_it_is_applied_and_back_when_it_is_reversed(caller):
    """Clearing against the receivable of what it is for; before AutoMatch nothing of it is in the ledger."""
    number = invoice(caller, receivablesInvoiceDistributions=SHARES)
    transaction = caller.items("receivablesInvoices", q=f"CustomerTransactionId = {number}")[0]["TransactionNumber"]
    named = {"ReceiptMatchBy": "Transaction Number", "ReferenceNumber": transaction, "ReferenceAmount": "110.01"}
    body = RECEIPT | {"remittanceReferences": [named]}
    made = caller.request("POST", "standardReceipts", headers=ITEM, body=body).json()
    caller.app.accounting.run()
    assert (held(caller, CLEARING), held(caller, RECEIVABLE)) == (0, D("110.01"))
    caller.app.receipts.automatch(str(made["StandardReceiptId"]))
    caller.app.accounting.run()
    assert (held(caller, CLEARING), held(caller, RECEIVABLE)) == (D("110.01"), 0)
    caller.app.receipts.reverse(str(made["StandardReceiptId"]))
    for _ in range(2):
        caller.app.accounting.run()
    assert (held(caller, CLEARING), held(caller, RECEIVABLE)) == (0, D("110.01"))


def test_it_runs_where_it_is_scheduled(caller, site):
    """Nobody asks for it; what is younger than the schedule waits."""
    site.timing = replace(site.timing, accounting_after_seconds=600)
    invoice(caller, receivablesInvoiceDistributions=SHARES)
    caller.items("ledgersLOV")
    assert batches(caller) == []
    caller.app.clock.advance(601)
    caller.items("ledgersLOV")
    assert held(caller, RECEIVABLE) == D("110.01")
