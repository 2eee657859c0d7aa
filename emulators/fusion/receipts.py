"""Standard receipts: money of a customer, with references to the invoices it is for.

What comes in: POST and DELETE of `standardReceipts`, and the action that reverses one. What goes out: stored receipts
and what is unapplied of them.
References are only kept; AutoMatch applies them, where it runs or a person runs it. Whether a receipt's number is
unique is not said, nor whether a reference may name a credit memo, below zero: switches. A person may reverse a
receipt. Sources: https://docs.oracle.com/en/cloud/saas/financials/26d/farfa/api-standard-receipts.html,
https://docs.oracle.com/en/cloud/saas/financials/24d/farfa/Create_a_Standard_Receipt_with_Remittance_References.html,
https://docs.oracle.com/en/cloud/saas/financials/26d/farfa/op-standardreceipts-standardreceiptid-action-reversereceipt-post.html.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from emulators.fusion.answers import ACTION_TYPE, Refusal, plain, written
from emulators.fusion.bodies import check_tag, json_object, late_post
from emulators.fusion.books import Books
from emulators.fusion.credit_memos import CreditMemos
from emulators.fusion.entry_checks import fault, is_bounded
from emulators.fusion.invoices import INCOMPLETE, Invoices
from emulators.fusion.journals import instant
from emulators.fusion.masters import ledgers_of
from emulators.fusion.resource import ROW_KEY, Row
from emulators.fusion.site import RECEIVABLES, Client, Ledger
from emulators.fusion.store import Fields
from emulators.wsgi import Request

REFERENCES = "remittanceReferences"
# What a person has made of a receipt, where that is other than what the pod made of it.
STATE, REVERSED = "State", "Reversed"
_TEXTS = (
    "ReceiptNumber",
    "ReceiptMethod",
    "BusinessUnit",
    "Currency",
    "RemittanceBankAccountNumber",
    "ReceiptDate",
    "AccountingDate",
    "CustomerAccountNumber",
    "Comments",
)
_REFERENCE_NAMES = ("ReceiptMatchBy", "ReferenceNumber", "ReferenceAmount")
_MATCH_BY_NUMBER = "Transaction Number"
REVERSE = "reverseReceipt"
_OF_REVERSAL = ("calledFrom", "reversalCategoryCode", "reversalReasonCode")


class Receipts:
    """The receipts of one pod."""

    def __init__(self, books: Books, invoices: Invoices, memos: CreditMemos) -> None:
        self._books = books
        books.on_pending("standardReceipts", late_post(books, self.store))
        books.on_pending(REVERSE, late_post(books, self._reverse_late))
        self._invoices = invoices
        self._memos = memos

    def create(self, request: Request, client: Client) -> str:
        """Store what a POST holds and return its id; raises Refusal."""
        return self.store(json_object(request), client, self._books.clock.now())

    def store(self, given: Mapping[str, Any], client: Client, at: datetime) -> str:
        """Store a receipt's attributes and return its id; raises Refusal 400 and stores nothing."""
        books = self._books
        with books.store.transaction():
            ledger = self._ledger_of(given, client)
            body, amount = self._checked(given, ledger, at.date())
            receipt_id = books.journals.new_id()
            visible = at + timedelta(seconds=books.site.timing.invoice_visible_after_seconds)
            row = {
                "ID": receipt_id,
                "LEDGER_ID": str(ledger.id),
                "NUMBER": body["ReceiptNumber"],
                "BODY": written(body),
                "AMOUNT": plain(amount),
                "CREATED_BY": client.client_id,
                "CREATED_AT": instant(at),
                "UPDATED_AT": instant(at),
                "VISIBLE_AT": instant(visible),
            }
            books.store.insert("AR_RECEIPT", row)
        return receipt_id

    def _ledger_of(self, given: Mapping[str, Any], client: Client) -> Ledger:
        allowed = {ledger.business_unit: ledger for ledger in ledgers_of(self._books.site, client)}
        unit = given.get("BusinessUnit")
        if not isinstance(unit, str) or unit not in allowed:
            raise fault("AR_BU_NOT_FOUND", "The business unit doesn't exist, or you have no access.", "BusinessUnit")
        return allowed[unit]

    def _checked(self, given: Mapping[str, Any], ledger: Ledger, today: date) -> tuple[dict[str, Any], Decimal]:
        for name, value in given.items():
            if name not in (*_TEXTS, "Amount", REFERENCES) or (name in _TEXTS and not isinstance(value, str)):
                raise fault("", f"The attribute {name[:60]} isn't valid, or is read-only.", name[:60])
        body = dict(given)
        receivables = self._books.site.receivables
        if not body.get("ReceiptNumber"):
            raise fault("27014", "The attribute ReceiptNumber is required.", "ReceiptNumber")
        if body.get("ReceiptMethod") not in receivables.receipt_methods:
            raise fault("AR_RECEIPT_METHOD_NOT_FOUND", "The receipt method doesn't exist.", "ReceiptMethod")
        if receivables.customer(body.get("CustomerAccountNumber"), None) is None:
            raise fault("AR_CUSTOMER_NOT_FOUND", "The customer account doesn't exist.", "CustomerAccountNumber")
        if body.setdefault("Currency", ledger.currency) not in self._books.site.currencies:
            raise fault("AR_CURRENCY_NOT_FOUND", "The currency doesn't exist.", "Currency")
        body["ReceiptDate"] = _day(body.get("ReceiptDate") or today.isoformat())
        body["AccountingDate"] = _day(body.get("AccountingDate") or body["ReceiptDate"])
        period = self._books.setup.period_of(ledger.id, date.fromisoformat(body["AccountingDate"]), RECEIVABLES)
        if period is None or period.status not in ("O", "F"):
            text = f"The accounting date {body['AccountingDate']} isn't in an open receivables period."
            raise fault(receivables.switches.closed_period_code, text, "AccountingDate")
        if receivables.switches.are_receipt_numbers_unique and self._is_taken(body):
            raise fault("AR_RECEIPT_NUMBER_DUPLICATE", "The receipt number exists.", "ReceiptNumber")
        may_credit = receivables.switches.are_credits_referenced
        body[REFERENCES] = [_reference(one, may_credit=may_credit) for one in _references(body)]
        return body, _amount(body.pop("Amount", None), "Amount")

    def _is_taken(self, body: Mapping[str, Any]) -> bool:
        rows = self._books.store.rows("SELECT BODY FROM AR_RECEIPT WHERE NUMBER = ?", [body["ReceiptNumber"]])
        same = ("ReceiptMethod", "BusinessUnit")
        return any(all(json.loads(row["BODY"])[name] == body[name] for name in same) for row in rows)

    def delete(self, row: Row, request: Request) -> None:
        """Apply a DELETE; a receipt that was applied stays."""
        check_tag(row, request)
        if self.applied(row[ROW_KEY]):
            raise Refusal(400, "You can't delete a receipt that's applied.")
        self._books.store.run("DELETE FROM AR_RECEIPT WHERE ID = ?", [row[ROW_KEY]])

    def rows(self) -> list[Fields]:
        """Return every receipt in the order they were created."""
        return self._books.store.rows("SELECT * FROM AR_RECEIPT ORDER BY LENGTH(ID), ID")

    def applied(self, receipt_id: str) -> Decimal:
        """Return what of a receipt is applied to invoices."""
        rows = self._books.store.rows("SELECT AMOUNT FROM AR_APPLICATION WHERE DOCUMENT = ?", [receipt_id])
        return sum((Decimal(row["AMOUNT"]) for row in rows), Decimal(0))

    def settle(self) -> None:
        """Apply the references of receipts that AutoMatch was due to see by now, where it is scheduled."""
        seconds = self._books.site.timing.automatch_after_seconds
        if seconds is None:
            return
        now = self._books.clock.now()
        for row in self.rows():
            if datetime.fromisoformat(row["CREATED_AT"]) + timedelta(seconds=seconds) <= now:
                self.automatch(row["ID"])

    def automatch(self, receipt_id: str) -> None:
        """Apply a receipt to what it names, as far as there is something open; the rest stays unapplied.

        Credit memos come first: what they give is there for invoices. A receipt that was reversed stays so.
        """
        with self._books.store.transaction():
            row = self._books.store.get("AR_RECEIPT", receipt_id)
            if row is None or STATE in json.loads(row["BODY"]):
                return
            open_amount = Decimal(row["AMOUNT"]) - self.applied(receipt_id)
            references = json.loads(row["BODY"])[REFERENCES]
            for reference in sorted(references, key=lambda one: Decimal(one["ReferenceAmount"]) > 0):
                open_amount -= self._matched(reference, row, open_amount)

    def _matched(self, reference: Mapping[str, str], row: Fields, open_amount: Decimal) -> Decimal:
        """Apply one reference as far as it goes and return by how much."""
        named = Decimal(reference["ReferenceAmount"])
        table = "AR_CREDIT_MEMO" if named < 0 else "AR_INVOICE"
        found = self._named(reference, row["LEDGER_ID"], table)
        if found is None:
            return Decimal(0)
        wanted = named - self._applied_to(found["ID"], row["ID"])
        if named < 0:
            amount = max(wanted, self._memos.due(found))
            if amount < 0:
                self._memos.apply(found["ID"], row["ID"], amount)
            return min(amount, Decimal(0))
        amount = min(wanted, self._invoices.balance(found["ID"]), open_amount)
        if amount > 0:
            self._invoices.apply(found["ID"], row["ID"], amount)
        return max(amount, Decimal(0))

    def reverse(self, receipt_id: str) -> None:
        """Do what a person does who reverses a receipt: it is applied to nothing any more, and stays to be seen."""
        with self._books.store.transaction():
            row = self._books.store.get("AR_RECEIPT", receipt_id)
            assert row is not None
            self._books.store.run("DELETE FROM AR_APPLICATION WHERE DOCUMENT = ?", [receipt_id])
            body = written({**json.loads(row["BODY"]), STATE: REVERSED})
            self._books.store.change("AR_RECEIPT", receipt_id, BODY=body, UPDATED_AT=instant(self._books.clock.now()))

    def act(self, row: Row, request: Request, client: Client) -> None:
        """Reverse a receipt as the action does; raises Refusal."""
        self.reversed_by(row[ROW_KEY], json_object(request, (ACTION_TYPE,)))

    def late_body(self, receipt_id: str, request: Request) -> bytes:
        """Return what is kept of a call of the action that is taken later."""
        given = json_object(request, (ACTION_TYPE,))
        return json.dumps({"id": receipt_id, "given": given}, default=str).encode()

    def _reverse_late(self, kept: Mapping[str, Any], client: Client, at: datetime) -> None:
        self.reversed_by(kept["id"], kept["given"])

    def reversed_by(self, receipt_id: str, given: Mapping[str, Any]) -> None:
        """Reverse a receipt by category and reason; raises Refusal 400 and changes nothing."""
        receivables = self._books.site.receivables
        known = {"reversalCategoryCode": receivables.reversal_categories}
        known |= {"reversalReasonCode": receivables.reversal_reasons}
        for name in given:
            if name not in _OF_REVERSAL or not isinstance(given[name], str):
                raise fault("", f"The parameter {name[:60]} isn't valid.", name[:60])
        for name, codes in known.items():
            if given.get(name) not in codes:
                raise fault("AR_RAPI_REV_CODE_INVALID", f"The {name} isn't a valid lookup code.", name)
        with self._books.store.transaction():
            row = self._books.store.get("AR_RECEIPT", receipt_id)
            if row is None:
                raise Refusal(404, "Not Found")
            if STATE in json.loads(row["BODY"]):
                raise fault(receivables.switches.reversed_code, "The receipt has already been reversed.", "State")
            today = self._books.clock.now().date()
            period = self._books.setup.period_of(int(row["LEDGER_ID"]), today, RECEIVABLES)
            if period is None or period.status not in ("O", "F"):
                text = f"The reversal date {today} isn't in an open receivables period."
                raise fault(receivables.switches.closed_period_code, text, "AccountingDate")
            self.reverse(receipt_id)

    def _applied_to(self, document_id: str, receipt_id: str) -> Decimal:
        statement = "SELECT AMOUNT FROM AR_APPLICATION WHERE INVOICE_ID = ? AND DOCUMENT = ?"
        rows = self._books.store.rows(statement, [document_id, receipt_id])
        return sum((Decimal(row["AMOUNT"]) for row in rows), Decimal(0))

    def _named(self, reference: Mapping[str, str], ledger_id: str, table: str) -> Fields | None:
        """Return the one complete document of a table that a reference names; a number that several have means none."""
        if reference.get("ReceiptMatchBy") != _MATCH_BY_NUMBER:
            return None
        statement = f"SELECT * FROM {table} WHERE NUMBER = ? AND LEDGER_ID = ?"
        rows = self._books.store.rows(statement, [reference["ReferenceNumber"], ledger_id])
        return rows[0] if len(rows) == 1 and rows[0]["STATUS"] != INCOMPLETE else None


def _references(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = body.get(REFERENCES) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise fault("", f"{REFERENCES} isn't a list of objects.", REFERENCES)
    return found


def _reference(given: Mapping[str, Any], *, may_credit: bool) -> dict[str, str]:
    unknown = [name for name in given if name not in _REFERENCE_NAMES]
    if unknown or not given.get("ReferenceNumber"):
        raise fault("27014", "A remittance reference needs a number, and only known attributes.", REFERENCES)
    amount = _amount(given.get("ReferenceAmount"), f"{REFERENCES}/ReferenceAmount", may_be_below=may_credit)
    texts = {name: str(given[name]) for name in ("ReceiptMatchBy", "ReferenceNumber") if name in given}
    return {**texts, "ReferenceAmount": plain(amount)}


def _amount(value: object, path: str, *, may_be_below: bool = False) -> Decimal:
    """Return an amount sent as number or as text, above zero unless it may be below."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, bool) or not is_bounded(found) or not found or (found < 0 and not may_be_below):
        raise fault("27014", f"The attribute {path} must be a positive amount.", path)
    return found


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise fault("27014", "A date must look like 2026-01-31.", "ReceiptDate") from None
