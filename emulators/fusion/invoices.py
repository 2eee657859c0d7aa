"""Receivables invoices: created through REST, changed in three attributes only, paid by receipts and credits.

What comes in: POST, PATCH and DELETE of `receivablesInvoices`. What goes out: stored invoices, their balance, or a
Refusal. A number is unique within its source; where the source numbers by itself, nothing that the caller sends is.
Sources: https://docs.oracle.com/en/cloud/saas/financials/24c/farfa/api-receivables-invoices.html,
https://docs.oracle.com/en/cloud/saas/financials/25d/farfa/op-receivablesinvoices-post.html.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from emulators.fusion.answers import Refusal, plain, written
from emulators.fusion.bodies import check_tag, json_object, late_post
from emulators.fusion.books import Books
from emulators.fusion.entry_checks import fault
from emulators.fusion.invoice_entry import DISTRIBUTIONS, Entry, entered
from emulators.fusion.invoice_tax import completed
from emulators.fusion.journals import WrongStatus, instant
from emulators.fusion.masters import ledgers_of
from emulators.fusion.receivables import INVOICE
from emulators.fusion.resource import ROW_KEY, Row
from emulators.fusion.site import Client, Ledger
from emulators.fusion.store import Fields
from emulators.wsgi import Request

CHANGEABLE = ("InvoiceStatus", "PaymentTerms", "TransactionDate")
# Where the body of an invoice that AutoInvoice made keeps the request id of the import.
REQUEST_ID = "RequestId"
COMPLETE, INCOMPLETE, FROZEN = "Complete", "Incomplete", "Frozen"


class Invoices:
    """The invoices of one pod."""

    def __init__(self, books: Books) -> None:
        self._books = books
        books.on_pending("receivablesInvoices", late_post(books, self.store))

    def create(self, request: Request, client: Client) -> str:
        """Store what a POST holds and return its id; raises Refusal."""
        return self.store(json_object(request), client, self._books.clock.now())

    def store(self, given: Mapping[str, Any], client: Client, at: datetime) -> str:
        """Store an invoice's attributes and return its id; raises Refusal 400 and stores nothing."""
        with self._books.store.transaction():
            ledger = self._ledger_of(given, client)
            entry = entered(given, self._books.site, ledger, self._books.setup, at.date())
            return self.add(entry, ledger, client.client_id, at)

    def add(self, entry: Entry, ledger: Ledger, created_by: str, at: datetime) -> str:
        """Store a sound invoice and return its id; raises Refusal 400 for a status it can't have or a taken number."""
        books, header = self._books, entry.header
        header[DISTRIBUTIONS] = completed(header, entry.own_tax, books.site)
        status = header.pop("InvoiceStatus", books.site.receivables.switches.status_default)
        if status not in (COMPLETE, INCOMPLETE):
            raise fault("AR_INVOICE_STATUS_INVALID", "The status of a new invoice isn't valid.", "InvoiceStatus")
        with books.store.transaction():
            number = header.pop("TransactionNumber", None) or str(books.store.count_up("invoice_number", 100_001))
            self.check_number(header["TransactionSource"], number)
            visible = at + timedelta(seconds=books.site.timing.invoice_visible_after_seconds)
            row = {
                "ID": books.journals.new_id(),
                "LEDGER_ID": str(ledger.id),
                "SOURCE": header["TransactionSource"],
                "NUMBER": number,
                "STATUS": status,
                "BODY": written({**header, "BillToPartyId": entry.customer.party_id}),
                "AMOUNT": plain(entry.amount),
                "CREATED_BY": created_by,
                "CREATED_AT": instant(at),
                "UPDATED_AT": instant(at),
                "VISIBLE_AT": instant(visible),
            }
            books.store.insert("AR_INVOICE", row)
        return row["ID"]

    def _ledger_of(self, given: Mapping[str, Any], client: Client) -> Ledger:
        allowed = {ledger.business_unit: ledger for ledger in ledgers_of(self._books.site, client)}
        unit = given.get("BusinessUnit")
        if not isinstance(unit, str) or unit not in allowed:
            raise fault("AR_BU_NOT_FOUND", "The business unit doesn't exist, or you have no access.", "BusinessUnit")
        return allowed[unit]

    def check_number(self, source: str, number: str) -> None:
        """Refuse a number that an invoice or a credit memo of this source has."""
        for table in ("AR_INVOICE", "AR_CREDIT_MEMO"):
            if self._books.store.rows(f"SELECT 1 FROM {table} WHERE SOURCE = ? AND NUMBER = ?", [source, number]):
                code = self._books.site.receivables.switches.duplicate_code
                raise fault(code, f"The transaction number {number} exists in this source.", "TransactionNumber")

    def change(self, row: Row, request: Request) -> None:
        """Apply a PATCH: status, terms or date; anything else is refused."""
        check_tag(row, request)
        given = json_object(request)
        for name in given:
            if name not in CHANGEABLE:
                raise fault("", f"The attribute {name[:60]} of an invoice can't be updated.", name[:60])
        stored = self.expect(row[ROW_KEY])
        body = json.loads(stored["BODY"])
        if "PaymentTerms" in given:
            if given["PaymentTerms"] not in self._books.site.receivables.payment_terms:
                raise fault("AR_PAYMENT_TERMS_NOT_FOUND", "The payment terms don't exist.", "PaymentTerms")
            body["PaymentTerms"] = given["PaymentTerms"]
        if "TransactionDate" in given:
            body["TransactionDate"] = _day(given["TransactionDate"])
        status = given.get("InvoiceStatus", stored["STATUS"])
        self._check_step(stored, status)
        changed = {"STATUS": status, "BODY": written(body), "UPDATED_AT": instant(self._books.clock.now())}
        self._books.store.change("AR_INVOICE", stored["ID"], **changed)

    def _check_step(self, stored: Fields, status: object) -> None:
        if status not in (COMPLETE, INCOMPLETE, FROZEN):
            raise fault("AR_INVOICE_STATUS_INVALID", "The status of the invoice isn't valid.", "InvoiceStatus")
        if status == stored["STATUS"]:
            return
        if stored["STATUS"] == FROZEN and self._books.site.receivables.switches.is_frozen_final:
            raise fault("AR_INVOICE_FROZEN", "A frozen invoice can't change its status.", "InvoiceStatus")
        if status == FROZEN and stored["STATUS"] != COMPLETE:
            raise fault("AR_INVOICE_NOT_COMPLETE", "Only a complete invoice can be frozen.", "InvoiceStatus")
        if status == INCOMPLETE and self._has_activity(stored["ID"]):
            raise fault("AR_INVOICE_HAS_ACTIVITY", "An invoice with activity can't be incomplete.", "InvoiceStatus")

    def delete(self, row: Row, request: Request) -> None:
        """Apply a DELETE: an incomplete invoice goes, a complete one only where the pod's options say so."""
        check_tag(row, request)
        stored = self.expect(row[ROW_KEY])
        is_allowed = stored["STATUS"] == INCOMPLETE or self._books.site.receivables.switches.is_completed_deletable
        if not is_allowed or self._has_activity(stored["ID"]):
            raise Refusal(400, "You can't delete an invoice that's complete or has activity.")
        self._books.store.run("DELETE FROM AR_INVOICE WHERE ID = ?", [stored["ID"]])

    def rows(self) -> list[Fields]:
        """Return every invoice in the order they were created."""
        return self._books.store.rows("SELECT * FROM AR_INVOICE ORDER BY LENGTH(ID), ID")

    def expect(self, invoice_id: str) -> Fields:
        """Return an invoice; raises WrongStatus when there is none."""
        row = self._books.store.get("AR_INVOICE", invoice_id)
        if row is None:
            raise WrongStatus(f"Invoice {invoice_id} doesn't exist.")
        return row

    def _has_activity(self, invoice_id: str) -> bool:
        credits = self._books.store.rows("SELECT 1 FROM AR_CREDIT_MEMO WHERE CREDITED_ID = ?", [invoice_id])
        return bool(credits or self.applied(invoice_id))

    def applied(self, invoice_id: str) -> Decimal:
        """Return what receipts and credits took off an invoice's balance."""
        rows = self._books.store.rows("SELECT AMOUNT FROM AR_APPLICATION WHERE INVOICE_ID = ?", [invoice_id])
        return sum((Decimal(row["AMOUNT"]) for row in rows), Decimal(0))

    def balance(self, invoice_id: str) -> Decimal:
        """Return what is still open on an invoice: nothing while it is incomplete or where its type opens nothing."""
        row = self.expect(invoice_id)
        is_open = row["STATUS"] != INCOMPLETE and self.opens_receivables(row)
        return Decimal(row["AMOUNT"]) - self.applied(invoice_id) if is_open else Decimal(0)

    def opens_receivables(self, row: Fields) -> bool:
        """Say whether an invoice's type leaves a balance to be paid."""
        found = self._books.site.receivables.type_named(json.loads(row["BODY"])["TransactionType"], INVOICE)
        return found is None or found.opens_receivables

    def apply(self, invoice_id: str, document: str, amount: Decimal) -> None:
        """Apply a receipt or credit memo of that name to a complete invoice.

        Raises:
            WrongStatus: The invoice is incomplete, or less than the amount is open.
        """
        if not 0 < amount <= self.balance(invoice_id):
            raise WrongStatus(f"Invoice {invoice_id} has {self.balance(invoice_id)} open, not {amount}.")
        self.add_application(invoice_id, document, amount)

    def add_application(self, applied_to: str, document: str, amount: Decimal) -> None:
        """Keep that so much of a document is applied to an invoice or a credit memo; nothing is checked here."""
        row = {"ID": self._books.journals.new_id(), "INVOICE_ID": applied_to, "DOCUMENT": document}
        self._books.store.insert("AR_APPLICATION", {**row, "AMOUNT": plain(amount)})

    def paid(self, invoice_id: str) -> dict[str, Decimal]:
        """Return what each receipt paid of an invoice, the last one first."""
        found: dict[str, Decimal] = {}
        rows = self._books.store.rows("SELECT * FROM AR_APPLICATION WHERE INVOICE_ID = ?", [invoice_id])
        for row in sorted(rows, key=lambda row: int(row["ID"]), reverse=True):
            if self._books.store.get("AR_RECEIPT", row["DOCUMENT"]):
                found[row["DOCUMENT"]] = found.get(row["DOCUMENT"], Decimal(0)) + Decimal(row["AMOUNT"])
        return found

    def release(self, invoice_id: str, amount: Decimal, handling: str) -> None:
        """Take an amount off the receipts applied to an invoice, the last one first; `handling` names where it goes.

        It stays applied for the receipts themselves: on account or refunded is not unapplied.

        Raises:
            WrongStatus: The receipts paid less than that.
        """
        paid = self.paid(invoice_id)
        if sum(paid.values(), Decimal(0)) < amount:
            raise WrongStatus(f"The receipts of invoice {invoice_id} paid less than {amount}.")
        for receipt_id, one in paid.items():
            part = min(one, amount)
            if part > 0:
                self.add_application(invoice_id, receipt_id, -part)
                self.add_application(handling, receipt_id, part)
                amount -= part

    def released(self, receipt_id: str, handling: str) -> Decimal:
        """Return what of a receipt was refunded (REFUND) or put on account (ON_ACCOUNT)."""
        statement = "SELECT AMOUNT FROM AR_APPLICATION WHERE INVOICE_ID = ? AND DOCUMENT = ?"
        rows = self._books.store.rows(statement, [handling, receipt_id])
        return sum((Decimal(row["AMOUNT"]) for row in rows), Decimal(0))


def _day(text: object) -> str:
    try:
        return date.fromisoformat(str(text)).isoformat()
    except ValueError:
        raise fault(
            "27014", "The attribute TransactionDate must be a date such as 2026-01-31.", "TransactionDate"
        ) from None
