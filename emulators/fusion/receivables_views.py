"""The receivables as REST shows them: invoices with lines and distributions, and receipts with their references.

What comes in: the receivables tables. What goes out: the `Resource` definitions. Few attributes can be asked for; the
others answer 400 in `q`. A new document may be invisible for a while. Sources:
https://docs.oracle.com/en/cloud/saas/financials/23d/farfa/op-receivablesinvoices-get.html,
https://docs.oracle.com/en/cloud/saas/financials/26d/farfa/api-standard-receipts.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from emulators.fusion.accounting_rules import scheduled
from emulators.fusion.books import Books
from emulators.fusion.crediting import line_id
from emulators.fusion.invoice_entry import (
    DATES,
    DISTRIBUTION_LENGTHS,
    DISTRIBUTION_NUMBERS,
    DISTRIBUTIONS,
    FLEX_CONTEXT,
    FREIGHT,
    LENGTHS,
    LINE_FLEXFIELD,
    LINE_LENGTHS,
    LINE_NUMBERS,
    LINES,
    TAX_LENGTHS,
    TAX_LINES,
)
from emulators.fusion.invoices import REQUEST_ID, Invoices
from emulators.fusion.journals import instant
from emulators.fusion.masters import ledgers_of
from emulators.fusion.receipts import REFERENCES, STATE, Receipts
from emulators.fusion.resource import DATE, NUMBER, ROW_KEY, TEXT, TIME, Attribute, Resource, Row, hash_key
from emulators.fusion.site import Client
from emulators.fusion.store import Fields

QUERYABLE = {"CustomerTransactionId", "TransactionNumber", "CreationDate", "BillToPartyId", "InvoiceStatus"}
QUERYABLE |= {"LastUpdateDate"}
_INVOICE = {"CustomerTransactionId": NUMBER, **dict.fromkeys(LENGTHS, TEXT), **dict.fromkeys(DATES, DATE)}
_INVOICE |= {"ConversionRate": NUMBER, FREIGHT: NUMBER, "EnteredAmount": NUMBER, "InvoiceBalanceAmount": NUMBER}
_INVOICE |= {"BillToPartyId": NUMBER, "CreatedBy": TEXT, "CreationDate": TIME, "LastUpdateDate": TIME}
_LINE = {"CustomerTransactionLineId": NUMBER} | dict.fromkeys(LINE_LENGTHS, TEXT) | dict.fromkeys(LINE_NUMBERS, NUMBER)
_TAX = dict.fromkeys(TAX_LENGTHS, TEXT) | {"TaxAmount": NUMBER}
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
        switches = self._books.site.receivables.switches
        queryable = QUERYABLE | switches.attributes_queryable
        kinds = _INVOICE | ({switches.request_attribute: NUMBER} if switches.request_attribute else {})
        shown = tuple(Attribute(name, kind, name in queryable) for name, kind in kinds.items())
        children = {LINES: self._lines(), DISTRIBUTIONS: self._child(DISTRIBUTIONS, _DISTRIBUTION)}
        references = {REFERENCES: self._child(REFERENCES, _REFERENCE)}
        is_number_queryable = switches.is_receipt_number_queryable
        receipt = tuple(
            Attribute(name, kind, name != "ReceiptNumber" or is_number_queryable) for name, kind in _RECEIPT.items()
        )
        found = (
            Resource("receivablesInvoices", shown, self.invoices, children=children),
            Resource("standardReceipts", receipt, self.receipts, children=references),
        )
        return {resource.name: resource for resource in found}

    def _lines(self) -> Resource:
        contexts = self._books.site.receivables.line_contexts
        segments = dict.fromkeys([FLEX_CONTEXT, *(name for one in contexts for name in one.segments)], TEXT)
        below = {
            name: Resource(name, typed(kinds), partial(_below, name, kinds))
            for name, kinds in ((TAX_LINES, _TAX), (LINE_FLEXFIELD, segments))
        }
        return Resource(LINES, typed(_LINE), lambda client, parent: self.children(parent, LINES, _LINE), children=below)

    def _child(self, name: str, kinds: dict[str, str]) -> Resource:
        return Resource(name, typed(kinds), lambda client, parent: self.children(parent, name, kinds))

    def document(self, name: str, key: str) -> Row:
        """Return a document that was just made, visible or not."""
        table, view = ("AR_INVOICE", self._invoice) if name == "receivablesInvoices" else ("AR_RECEIPT", self._receipt)
        row = self._books.store.get(table, key)
        assert row is not None
        return view(row)

    def invoices(self, client: Client, parent: Row | None) -> list[Row]:
        """Return the invoices a client may see by now."""
        return [self._invoice(row) for row in visible(self._books, client, self._invoices.rows())]

    def receipts(self, client: Client, parent: Row | None) -> list[Row]:
        """Return the receipts a client may see by now."""
        return [self._receipt(row) for row in visible(self._books, client, self._receipts.rows())]

    def _invoice(self, row: Fields) -> Row:
        body = json.loads(row["BODY"])
        request = self._books.site.receivables.switches.request_attribute
        imported = {request: int(body[REQUEST_ID]) if REQUEST_ID in body else None} if request else {}
        return (
            shown_as(_INVOICE, body)
            | stamps(row)
            | imported
            | {
                "CustomerTransactionId": int(row["ID"]),
                "TransactionNumber": row["NUMBER"],
                "InvoiceStatus": row["STATUS"],
                "EnteredAmount": Decimal(row["AMOUNT"]),
                "InvoiceBalanceAmount": self._invoices.balance(row["ID"]),
            }
        )

    def _receipt(self, row: Fields) -> Row:
        unapplied = Decimal(row["AMOUNT"]) - self._receipts.applied(row["ID"])
        body = json.loads(row["BODY"])
        if STATE in body and not self._books.site.receivables.switches.shows_unapplied_when_reversed:
            unapplied = Decimal(0)
        return (
            shown_as(_RECEIPT, body)
            | stamps(row)
            | {
                "StandardReceiptId": int(row["ID"]),
                "Amount": row["AMOUNT"],
                "UnappliedAmount": f"{unapplied:f}",
                "State": body.get(STATE, "Cleared"),
                "Status": "Unapplied" if unapplied else "Applied",
            }
        )

    def children(self, parent: Row | None, name: str, kinds: dict[str, str]) -> list[Row]:
        """Return the lines, distributions or references of a document under opaque keys."""
        assert parent is not None
        key = parent[ROW_KEY]
        row = self._books.store.get("AR_RECEIPT" if name == REFERENCES else "AR_INVOICE", key)
        body = json.loads(row["BODY"]) if row else {name: []}
        found = body[name]
        receivables = self._books.site.receivables
        if row and name == DISTRIBUTIONS and body.get("InvoicingRule") and receivables.switches.is_revenue_recognised:
            found = scheduled(body, Decimal(row["AMOUNT"]), receivables.unearned_account)
        rows = []
        for number, one in enumerate(found, start=1):
            shown = shown_as(kinds, one)
            if name == LINES:
                shown |= {"CustomerTransactionLineId": line_id(key, number), "#given": one}
            rows.append({ROW_KEY: hash_key(name, key, number), **shown})
        return rows


def _below(name: str, kinds: Mapping[str, str], client: Client, parent: Row | None) -> list[Row]:
    assert parent is not None
    found = parent["#given"].get(name, ())
    return [
        {ROW_KEY: hash_key(name, parent[ROW_KEY], number), **shown_as(kinds, one)}
        for number, one in enumerate(found, start=1)
    ]


def visible(books: Books, client: Client, rows: Iterable[Fields]) -> list[Fields]:
    """Return the documents a client may see by now."""
    now = instant(books.clock.now())
    allowed = {str(ledger.id) for ledger in ledgers_of(books.site, client)}
    return [row for row in rows if row["LEDGER_ID"] in allowed and row["VISIBLE_AT"] <= now]


def stamps(row: Fields) -> Row:
    """Return a document's key, and when and by whom it was made."""
    found = {"CreationDate": row["CREATED_AT"], "LastUpdateDate": row["UPDATED_AT"], "CreatedBy": row["CREATED_BY"]}
    return {ROW_KEY: row["ID"], **found}


def shown_as(kinds: Mapping[str, str], body: Mapping[str, Any]) -> Row:
    """Return what a stored body holds of some attributes, numbers as Decimal."""
    return {name: _shown(body.get(name), kind) for name, kind in kinds.items()}


def _shown(value: Any, kind: str) -> Any:
    return Decimal(str(value)) if kind == NUMBER and value is not None else value


def typed(kinds: Mapping[str, str]) -> tuple[Attribute, ...]:
    """Return attributes that can all be asked for."""
    return tuple(Attribute(name, kind) for name, kind in kinds.items())
