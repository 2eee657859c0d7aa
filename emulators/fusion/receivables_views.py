"""The receivables as REST shows them: invoices with lines and distributions, and receipts with their references.

What comes in: the receivables tables. What goes out: the `Resource` definitions. Few attributes can be asked for; the
others answer 400 in `q`. A new document may be invisible for a while. Sources:
https://docs.oracle.com/en/cloud/saas/financials/23d/farfa/op-receivablesinvoices-get.html,
https://docs.oracle.com/en/cloud/saas/financials/26d/farfa/api-standard-receipts.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from emulators.fusion.books import Books
from emulators.fusion.invoice_entry import (
    DATES,
    DISTRIBUTION_LENGTHS,
    DISTRIBUTION_NUMBERS,
    DISTRIBUTIONS,
    LENGTHS,
    LINE_LENGTHS,
    LINE_NUMBERS,
    LINES,
)
from emulators.fusion.invoices import Invoices
from emulators.fusion.journals import instant
from emulators.fusion.masters import ledgers_of
from emulators.fusion.receipts import REFERENCES, Receipts
from emulators.fusion.resource import DATE, NUMBER, ROW_KEY, TEXT, TIME, Attribute, Resource, Row, hash_key
from emulators.fusion.site import Client
from emulators.fusion.store import Fields

_QUERYABLE = {"CustomerTransactionId", "TransactionNumber", "CreationDate", "BillToPartyId", "InvoiceStatus"}
_QUERYABLE |= {"LastUpdateDate"}
_INVOICE = {"CustomerTransactionId": NUMBER, **dict.fromkeys(LENGTHS, TEXT), **dict.fromkeys(DATES, DATE)}
_INVOICE |= {"ConversionRate": NUMBER, "EnteredAmount": NUMBER, "InvoiceBalanceAmount": NUMBER}
_INVOICE |= {"BillToPartyId": NUMBER, "CreatedBy": TEXT, "CreationDate": TIME, "LastUpdateDate": TIME}
_LINE = {"CustomerTransactionLineId": NUMBER} | dict.fromkeys(LINE_LENGTHS, TEXT) | dict.fromkeys(LINE_NUMBERS, NUMBER)
_DISTRIBUTION = dict.fromkeys(DISTRIBUTION_LENGTHS, TEXT) | dict.fromkeys(DISTRIBUTION_NUMBERS, NUMBER)
_RECEIPT = {
    "StandardReceiptId": NUMBER,
    "ReceiptNumber": TEXT,
    "ReceiptMethod": TEXT,
    "BusinessUnit": TEXT,
    "Amount": TEXT,
    "UnappliedAmount": TEXT,
    "Currency": TEXT,
    "RemittanceBankAccountNumber": TEXT,
    "ReceiptDate": DATE,
    "AccountingDate": DATE,
    "CustomerAccountNumber": TEXT,
    "Comments": TEXT,
    "State": TEXT,
    "Status": TEXT,
    "CreatedBy": TEXT,
    "CreationDate": TIME,
    "LastUpdateDate": TIME,
}
_REFERENCE = {"ReceiptMatchBy": TEXT, "ReferenceNumber": TEXT, "ReferenceAmount": TEXT}


class ReceivablesViews:
    """Rows of the receivables tables under the names of REST."""

    def __init__(self, books: Books, invoices: Invoices, receipts: Receipts) -> None:
        self._books = books
        self._invoices = invoices
        self._receipts = receipts

    def resources(self) -> dict[str, Resource]:
        """Return the resources of the receivables by name."""
        queryable = _QUERYABLE | self._books.site.receivables.switches.attributes_queryable
        shown = tuple(Attribute(name, kind, name in queryable) for name, kind in _INVOICE.items())
        children = {LINES: self._child(LINES, _LINE), DISTRIBUTIONS: self._child(DISTRIBUTIONS, _DISTRIBUTION)}
        references = {REFERENCES: self._child(REFERENCES, _REFERENCE)}
        is_number_queryable = self._books.site.receivables.switches.is_receipt_number_queryable
        receipt = tuple(
            Attribute(name, kind, name != "ReceiptNumber" or is_number_queryable) for name, kind in _RECEIPT.items()
        )
        found = (
            Resource("receivablesInvoices", shown, self.invoices, children=children),
            Resource("standardReceipts", receipt, self.receipts, children=references),
        )
        return {resource.name: resource for resource in found}

    def _child(self, name: str, kinds: dict[str, str]) -> Resource:
        return Resource(name, _typed(kinds), lambda client, parent: self.children(parent, name, kinds))

    def document(self, name: str, key: str) -> Row:
        """Return a document that was just made, visible or not."""
        table, view = ("AR_INVOICE", self._invoice) if name == "receivablesInvoices" else ("AR_RECEIPT", self._receipt)
        row = self._books.store.get(table, key)
        assert row is not None
        return view(row)

    def invoices(self, client: Client, parent: Row | None) -> list[Row]:
        """Return the invoices a client may see by now."""
        return [self._invoice(row) for row in self._visible(client, self._invoices.rows())]

    def receipts(self, client: Client, parent: Row | None) -> list[Row]:
        """Return the receipts a client may see by now."""
        return [self._receipt(row) for row in self._visible(client, self._receipts.rows())]

    def _visible(self, client: Client, rows: Iterable[Fields]) -> list[Fields]:
        now = instant(self._books.clock.now())
        allowed = {str(ledger.id) for ledger in ledgers_of(self._books.site, client)}
        return [row for row in rows if row["LEDGER_ID"] in allowed and row["VISIBLE_AT"] <= now]

    def _invoice(self, row: Fields) -> Row:
        body = json.loads(row["BODY"])
        shown: Row = {name: _shown(body.get(name), kind) for name, kind in _INVOICE.items()}
        return (
            shown
            | _stamps(row)
            | {
                "CustomerTransactionId": int(row["ID"]),
                "TransactionNumber": row["NUMBER"],
                "InvoiceStatus": row["STATUS"],
                "EnteredAmount": Decimal(row["AMOUNT"]),
                "InvoiceBalanceAmount": self._invoices.balance(row["ID"]),
            }
        )

    def _receipt(self, row: Fields) -> Row:
        body = json.loads(row["BODY"])
        shown: Row = {name: _shown(body.get(name), kind) for name, kind in _RECEIPT.items()}
        unapplied = Decimal(row["AMOUNT"]) - self._receipts.applied(row["ID"])
        return (
            shown
            | _stamps(row)
            | {
                "StandardReceiptId": int(row["ID"]),
                "Amount": row["AMOUNT"],
                "UnappliedAmount": f"{unapplied:f}",
                "State": "Cleared",
                "Status": "Unapplied" if unapplied else "Applied",
            }
        )

    def children(self, parent: Row | None, name: str, kinds: dict[str, str]) -> list[Row]:
        """Return the lines, distributions or references of a document under opaque keys."""
        assert parent is not None
        key = parent[ROW_KEY]
        row = self._books.store.get("AR_RECEIPT" if name == REFERENCES else "AR_INVOICE", key)
        found = json.loads(row["BODY"])[name] if row else []
        rows = []
        for number, one in enumerate(found, start=1):
            shown: Row = {own: _shown(one.get(own), kind) for own, kind in kinds.items()}
            if name == LINES:
                shown["CustomerTransactionLineId"] = int(key) * 1000 + number
            rows.append({ROW_KEY: hash_key(name, key, number), **shown})
        return rows


def _stamps(row: Fields) -> Row:
    stamps = {"CreationDate": row["CREATED_AT"], "LastUpdateDate": row["UPDATED_AT"], "CreatedBy": row["CREATED_BY"]}
    return {ROW_KEY: row["ID"], **stamps}


def _shown(value: Any, kind: str) -> Any:
    return Decimal(str(value)) if kind == NUMBER and value is not None else value


def _typed(kinds: dict[str, str]) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, kind) for name, kind in kinds.items())
