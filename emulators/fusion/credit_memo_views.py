"""Credit memos as REST shows them, with their lines, tax lines and distributions; those of the SOAP service too.

What comes in: the table of credit memos. What goes out: the `Resource` definition. Amounts are below zero. Which
attribute names the credited invoice is a switch; what can be asked for is assumed to be as with invoices. Sources:
https://docs.oracle.com/en/cloud/saas/financials/24c/farfa/Get_Details_of_a_Specific_Credit_Memo.html,
https://docs.oracle.com/en/cloud/saas/financials/23d/farfa/Create_an_On_Account_Credit_Memo_with_Lines.html.
"""

from __future__ import annotations

import json
from decimal import Decimal

from emulators.fusion.books import Books
from emulators.fusion.credit_memo_entry import (
    DATES,
    DISTRIBUTION_LENGTHS,
    DISTRIBUTION_NUMBERS,
    DISTRIBUTIONS,
    FREIGHT,
    LENGTHS,
    LINE_LENGTHS,
    LINE_NUMBERS,
    LINES,
    TAX_LENGTHS,
    TAX_LINES,
)
from emulators.fusion.credit_memos import CREDITED_LINE, CreditMemos
from emulators.fusion.crediting import line_id
from emulators.fusion.receivables_views import QUERYABLE, shown_as, stamps, typed, visible
from emulators.fusion.resource import DATE, NUMBER, ROW_KEY, TEXT, TIME, Attribute, Resource, Row, hash_key
from emulators.fusion.site import Client
from emulators.fusion.store import Fields

_MEMO = {"CustomerTransactionId": NUMBER, **dict.fromkeys(LENGTHS, TEXT), **dict.fromkeys(DATES, DATE)}
_MEMO |= {"ConversionRate": NUMBER, FREIGHT: NUMBER, "EnteredAmount": NUMBER, "TransactionBalanceDue": NUMBER}
_MEMO |= {"BillToPartyId": NUMBER, "CreatedBy": TEXT, "CreationDate": TIME, "LastUpdateDate": TIME}
_LINE = {"CustomerTransactionLineId": NUMBER} | dict.fromkeys(LINE_LENGTHS, TEXT) | dict.fromkeys(LINE_NUMBERS, NUMBER)
_LINE |= {CREDITED_LINE: NUMBER}
_TAX = dict.fromkeys(TAX_LENGTHS, TEXT) | {"TaxAmount": NUMBER}
_DISTRIBUTION = dict.fromkeys(DISTRIBUTION_LENGTHS, TEXT) | dict.fromkeys(DISTRIBUTION_NUMBERS, NUMBER)
_QUERYABLE = (QUERYABLE - {"InvoiceStatus"}) | {"CreditMemoStatus"}


class CreditMemoViews:
    """Rows of the credit memos under the names of REST."""

    def __init__(self, books: Books, memos: CreditMemos) -> None:
        self._books = books
        self._memos = memos
        self._credited = books.site.receivables.switches.credited_attribute

    def resources(self) -> dict[str, Resource]:
        """Return the resource by name."""
        extra = self._books.site.receivables.switches.attributes_queryable
        attributes = [Attribute(name, kind, name in _QUERYABLE | extra) for name, kind in _MEMO.items()]
        if self._credited:
            attributes.append(Attribute(self._credited, NUMBER, self._credited in extra))
        taxes = Resource(TAX_LINES, typed(_TAX), lambda client, parent: self._below(parent, TAX_LINES))
        lines = Resource(
            LINES, typed(_LINE), lambda client, parent: self._children(parent, LINES), children={TAX_LINES: taxes}
        )
        distributions = Resource(
            DISTRIBUTIONS, typed(_DISTRIBUTION), lambda client, parent: self._children(parent, DISTRIBUTIONS)
        )
        name = "receivablesCreditMemos"
        children = {LINES: lines, DISTRIBUTIONS: distributions}
        return {name: Resource(name, tuple(attributes), self._rows, children=children)}

    def document(self, key: str) -> Row:
        """Return a credit memo that was just made, visible or not."""
        return self._row(self._memos.expect(key))

    def _rows(self, client: Client, parent: Row | None) -> list[Row]:
        return [self._row(row) for row in visible(self._books, client, self._memos.rows())]

    def _row(self, row: Fields) -> Row:
        own: Row = shown_as(_MEMO, json.loads(row["BODY"])) | stamps(row)
        own |= {
            "CustomerTransactionId": int(row["ID"]),
            "TransactionNumber": row["NUMBER"],
            "CreditMemoStatus": row["STATUS"],
            "EnteredAmount": Decimal(row["AMOUNT"]),
            "TransactionBalanceDue": self._memos.due(row),
        }
        return own | ({self._credited: int(row["CREDITED_ID"] or 0) or None} if self._credited else {})

    def _children(self, parent: Row | None, name: str) -> list[Row]:
        assert parent is not None
        key = parent[ROW_KEY]
        rows = []
        for number, one in enumerate(json.loads(self._memos.expect(key)["BODY"])[name], start=1):
            shown = shown_as(_LINE if name == LINES else _DISTRIBUTION, one)
            if name == LINES:
                shown |= {"CustomerTransactionLineId": line_id(key, number), "#given": one}
            rows.append({ROW_KEY: hash_key(name, key, number), **shown})
        return rows

    def _below(self, parent: Row | None, name: str) -> list[Row]:
        assert parent is not None
        return [
            {ROW_KEY: hash_key(name, parent[ROW_KEY], number), **shown_as(_TAX, one)}
            for number, one in enumerate(parent["#given"].get(name, ()), start=1)
        ]
