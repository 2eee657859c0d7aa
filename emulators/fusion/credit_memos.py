"""Credit memos: on account through REST, against one invoice through the SOAP service.

What comes in: a POST of `receivablesCreditMemos`, or a `Credit` that `credit_memo_soap.py` read. What goes out: stored
credit memos, a lower balance of the credited invoice, or a Refusal with a sentence. A number is unique within its
source, invoices included. Assumed, nowhere said: memo and invoice must agree on opening receivables; without type or
source the memo takes what fits the invoice; what was paid goes where the source's receipt handling says.
Source: https://docs.oracle.com/en/cloud/saas/financials/24c/oeswf/receivablescreditmemo-d16504e18271.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from emulators.fusion.accounting_rules import amount_of
from emulators.fusion.answers import plain, written
from emulators.fusion.bodies import json_object, late_post
from emulators.fusion.books import Books
from emulators.fusion.credit_memo_entry import DISTRIBUTIONS, FREIGHT, LINES, TAX_LINES, check_reason, on_account
from emulators.fusion.crediting import Credit, LineShare, evened, line_id, shares
from emulators.fusion.entry_checks import check_day, check_period, fault, source_of
from emulators.fusion.invoice_entry import DISTRIBUTIONS as INVOICE_DISTRIBUTIONS
from emulators.fusion.invoice_entry import FREIGHT as INVOICE_FREIGHT
from emulators.fusion.invoice_entry import LINES as INVOICE_LINES
from emulators.fusion.invoice_entry import TAX_LINES as INVOICE_TAX_LINES
from emulators.fusion.invoice_tax import is_tax, of_tax
from emulators.fusion.invoices import COMPLETE, INCOMPLETE, Invoices
from emulators.fusion.journals import WrongStatus, instant
from emulators.fusion.masters import ledgers_of
from emulators.fusion.receivables import CREDIT_MEMO, InvoiceSource, TransactionType
from emulators.fusion.site import Client, Ledger, currency_decimals
from emulators.fusion.store import Fields
from emulators.wsgi import Request

CREDITED_LINE = "PreviousCustomerTransactionLineId"
Body = dict[str, Any]


class CreditMemos:
    """The credit memos of one pod."""

    def __init__(self, books: Books, invoices: Invoices) -> None:
        self._books = books
        self._invoices = invoices
        books.on_pending("receivablesCreditMemos", late_post(books, self.store))

    def create(self, request: Request, client: Client) -> str:
        """Store what a POST holds and return its id; raises Refusal."""
        return self.store(json_object(request), client, self._books.clock.now())

    def store(self, given: Mapping[str, Any], client: Client, at: datetime) -> str:
        """Store an on-account credit memo and return its id; raises Refusal 400 and stores nothing."""
        books = self._books
        allowed = {ledger.business_unit: ledger for ledger in ledgers_of(books.site, client)}
        unit = given.get("BusinessUnit")
        if not isinstance(unit, str) or unit not in allowed:
            raise fault("AR_BU_NOT_FOUND", "The business unit doesn't exist, or you have no access.", "BusinessUnit")
        with books.store.transaction():
            entry = on_account(given, books.site, allowed[unit], books.setup, at.date())
            if entry.header.setdefault("CreditMemoStatus", COMPLETE) not in (COMPLETE, INCOMPLETE):
                raise fault("AR_CM_STATUS_INVALID", "The status of a credit memo isn't valid.", "CreditMemoStatus")
            return self._add(entry.header, entry.amount, allowed[unit], "", client, at)

    def credit(self, order: Credit, client: Client, at: datetime) -> Fields:
        """Credit an invoice and return the stored credit memo; raises Refusal and stores nothing."""
        with self._books.store.transaction():
            invoice, ledger = self._credited(order, client)
            header = self._header(order, json.loads(invoice["BODY"]), at)
            check_day(header, "TransactionDate")
            check_day(header, "AccountingDate")
            source, kind = self._source(order, header, invoice), self._type(order, invoice)
            header |= {"TransactionSource": source.name, "TransactionType": kind.name}
            source_of(header, self._books.site)
            if order.currency and order.currency != header["CreditMemoCurrency"]:
                raise fault("AR_CM_CURRENCY", "The currency isn't that of the transaction to credit.", "CurrencyCode")
            check_reason(order.reason, self._books.site)
            check_period(header["AccountingDate"], self._books.site, ledger, self._books.setup)
            amount = self._fill_amounts(header, order, invoice)
            # Everything is checked before the first row is written: a late order is part of a larger transaction.
            beyond = self._beyond(invoice["ID"], amount, source) if kind.opens_receivables else Decimal(0)
            memo_id = self._add(header, -amount, ledger, invoice["ID"], client, at)
            if beyond > 0:
                self._invoices.release(invoice["ID"], beyond, source.receipt_handling)
            if kind.opens_receivables:
                self._invoices.apply(invoice["ID"], memo_id, amount)
            return self.expect(memo_id)

    def _credited(self, order: Credit, client: Client) -> tuple[Fields, Ledger]:
        row = self._books.store.get("AR_INVOICE", order.invoice_id)
        allowed = {str(ledger.id): ledger for ledger in ledgers_of(self._books.site, client)}
        if row is None or row["LEDGER_ID"] not in allowed:
            text = f"The transaction {order.invoice_id} to credit doesn't exist, or you have no access."
            raise fault("AR_CM_PREV_TRX_NOT_FOUND", text, "PreviousCustomerTransactionId")
        if row["STATUS"] == INCOMPLETE:
            text = f"The transaction {row['NUMBER']} is incomplete, and only a complete one can be credited."
            raise fault("AR_CM_PREV_TRX_INCOMPLETE", text, "PreviousCustomerTransactionId")
        return row, allowed[row["LEDGER_ID"]]

    def _header(self, order: Credit, invoice: Mapping[str, Any], at: datetime) -> Body:
        kept = ("BusinessUnit", "BillToCustomerNumber", "BillToCustomerName", "BillToSite", "BillToPartyId")
        day = order.transaction_date or at.date().isoformat()
        header: Body = {name: invoice[name] for name in kept if name in invoice}
        header |= {"TransactionDate": day, "AccountingDate": order.gl_date or day}
        header |= {"CreditMemoCurrency": invoice["InvoiceCurrencyCode"], "CreditMemoStatus": COMPLETE}
        texts = {"TransactionNumber": order.number, "CreditReason": order.reason, "CreditMemoComments": order.comments}
        return header | {name: text for name, text in texts.items() if text}

    def _source(self, order: Credit, header: Body, invoice: Fields) -> InvoiceSource:
        found = self._books.site.receivables.source(order.source or (None if order.source_id else invoice["SOURCE"]))
        if order.source_id:
            known = self._books.site.receivables.sources
            found = next((one for one in known if one.id == order.source_id), None)
        if found is None or not found.is_valid_for(header["BusinessUnit"]):
            text = "The transaction source you entered doesn't exist."
            raise fault("AR_BATCH_SOURCE_NOT_FOUND", text, "TransactionSource")
        return found

    def _type(self, order: Credit, invoice: Fields) -> TransactionType:
        opens = self._invoices.opens_receivables(invoice)
        every = [one for one in self._books.site.receivables.types if one.kind == CREDIT_MEMO]
        if order.type or order.type_id:
            found = next((one for one in every if order.type == one.name or order.type_id == one.id), None)
        else:
            found = next((one for one in every if one.opens_receivables == opens), None)
        if found is None:
            text = "The transaction type you entered doesn't exist."
            raise fault("AR_TRX_TYPE_NOT_FOUND", text, "TransactionType")
        if found.opens_receivables != opens:
            text = f"The type {found.name} and the type of the transaction to credit differ in opening receivables."
            raise fault("AR_CM_TYPE_OPEN_RECEIVABLES", text, "TransactionType")
        return found

    def _fill_amounts(self, header: Body, order: Credit, invoice: Fields) -> Decimal:
        """Put the credited lines into the header and return the sum of the credit."""
        body = json.loads(invoice["BODY"])
        step = Decimal(1).scaleb(-currency_decimals(header["CreditMemoCurrency"]))
        found = shares(order, body[INVOICE_LINES], self.taken(invoice["ID"]), step)
        header[LINES] = [self._line(number, one, invoice["ID"], body) for number, one in enumerate(found, start=1)]
        freight = order.freight_amount or Decimal(0)
        left = Decimal(str(body.get(INVOICE_FREIGHT) or 0)) - self._freight_taken(invoice["ID"])
        if not 0 <= freight <= left:
            text = f"The freight to credit, {plain(freight)}, is more than is left of the invoice's, {plain(left)}."
            raise fault("AR_CM_EXCEEDS_FREIGHT", text, "FreightAmount")
        if freight:
            header[FREIGHT] = plain(-freight)
        amount = sum((one.amount + one.tax for one in found), freight)
        if amount <= 0:
            raise fault("AR_CREATION_SIGN", "The amount of a credit memo has the wrong sign.", "LineAmount")
        header[DISTRIBUTIONS] = list(_distributed(found, body, amount, step, is_computed=order.is_tax_computed))
        return amount

    def _line(self, number: int, share: LineShare, invoice_id: str, body: Mapping[str, Any]) -> Body:
        credited = body[INVOICE_LINES][share.place - 1]
        line: Body = {"LineNumber": str(number), CREDITED_LINE: str(line_id(invoice_id, share.place))}
        names = {"Description": "LineDescription", "ItemNumber": "ItemNumber", "MemoLine": "MemoLine"}
        line |= {new: credited[old] for old, new in names.items() if credited.get(old)}
        line["LineAmountCredit"] = plain(-share.amount)
        if share.quantity:
            line["LineQuantityCredit"] = plain(share.quantity)
        codes = (credited.get(INVOICE_TAX_LINES) or [{}])[0]
        taxes = [{**codes, "TaxAmount": plain(-share.tax)}] if share.tax else []
        return {**line, TAX_LINES: taxes}

    def _beyond(self, invoice_id: str, amount: Decimal, source: InvoiceSource) -> Decimal:
        """Return what a credit takes beyond the open balance; refused where no receipt can give it."""
        balance = self._invoices.balance(invoice_id)
        paid = sum(self._invoices.paid(invoice_id).values(), Decimal(0)) if source.receipt_handling else Decimal(0)
        if amount > balance + paid:
            text = f"The credit of {plain(amount)} is more than what is open on the transaction, {plain(balance)}."
            raise fault("AR_CM_EXCEEDS_BALANCE", text, "PreviousCustomerTransactionId")
        return max(amount - balance, Decimal(0))

    def taken(self, invoice_id: str) -> dict[int, LineShare]:
        """Return what earlier credit memos took off an invoice's lines, by their place."""
        found: dict[int, LineShare] = {}
        for memo in self.of_invoice(invoice_id):
            for line in json.loads(memo["BODY"])[LINES]:
                place = int(line[CREDITED_LINE]) - line_id(invoice_id, 0)
                tax = sum((-Decimal(one["TaxAmount"]) for one in line[TAX_LINES]), Decimal(0))
                quantity = Decimal(line.get("LineQuantityCredit") or 0)
                more = LineShare(place, -Decimal(line["LineAmountCredit"]), tax, quantity)
                found[place] = found.get(place, LineShare(place)).with_more(more)
        return found

    def _freight_taken(self, invoice_id: str) -> Decimal:
        bodies = (json.loads(memo["BODY"]) for memo in self.of_invoice(invoice_id))
        return sum((-Decimal(body.get(FREIGHT) or 0) for body in bodies), Decimal(0))

    def _add(
        self, header: Body, amount: Decimal, ledger: Ledger, credited_id: str, client: Client, at: datetime
    ) -> str:
        books = self._books
        status = header.pop("CreditMemoStatus")
        number = header.pop("TransactionNumber", None) or str(books.store.count_up("invoice_number", 100_001))
        self._invoices.check_number(header["TransactionSource"], number)
        memo_id = books.journals.new_id()
        visible = at + timedelta(seconds=books.site.timing.credit_memo_visible_after_seconds)
        row = {
            "ID": memo_id,
            "LEDGER_ID": str(ledger.id),
            "SOURCE": header["TransactionSource"],
            "NUMBER": number,
            "STATUS": status,
            "BODY": written(header),
            "CREDITED_ID": credited_id,
            "AMOUNT": plain(amount),
            "CREATED_BY": client.client_id,
            "CREATED_AT": instant(at),
            "UPDATED_AT": instant(at),
            "VISIBLE_AT": instant(visible),
        }
        books.store.insert("AR_CREDIT_MEMO", row)
        return memo_id

    def expect(self, memo_id: str) -> Fields:
        """Return a credit memo; raises WrongStatus when there is none."""
        row = self._books.store.get("AR_CREDIT_MEMO", memo_id)
        if row is None:
            raise WrongStatus(f"Credit memo {memo_id} doesn't exist.")
        return row

    def rows(self) -> list[Fields]:
        """Return every credit memo in the order they were created."""
        return self._books.store.rows("SELECT * FROM AR_CREDIT_MEMO ORDER BY LENGTH(ID), ID")

    def of_invoice(self, invoice_id: str) -> list[Fields]:
        """Return the credit memos against an invoice."""
        return [row for row in self.rows() if row["CREDITED_ID"] == invoice_id]

    def due(self, row: Fields) -> Decimal:
        """Return what a credit memo still gives: on account what no receipt took yet, else nothing."""
        found = self._books.site.receivables.type_named(json.loads(row["BODY"])["TransactionType"], CREDIT_MEMO)
        is_open = row["STATUS"] != INCOMPLETE and not row["CREDITED_ID"] and (found is None or found.opens_receivables)
        return Decimal(row["AMOUNT"]) - self._invoices.applied(row["ID"]) if is_open else Decimal(0)

    def apply(self, memo_id: str, receipt_id: str, amount: Decimal) -> None:
        """Apply a receipt to a credit memo on account; the amount is below zero.

        Raises:
            WrongStatus: The memo does not give that much any more.
        """
        if not self.due(self.expect(memo_id)) <= amount < 0:
            raise WrongStatus(f"Credit memo {memo_id} gives {self.due(self.expect(memo_id))}, not {amount}.")
        self._invoices.add_application(memo_id, receipt_id, amount)


def _distributed(
    found: Sequence[LineShare], body: Mapping[str, Any], amount: Decimal, step: Decimal, *, is_computed: bool
) -> Iterator[Body]:
    """Yield what a credit books: the invoice's own accounts the other way round, each line's in its share.

    Assumed, nowhere said for one that was imported or sent with accounts: invoice accounting is used for credits. An
    invoice without distributions leaves the memo without, as its own are derived later.
    """
    own = body.get(INVOICE_DISTRIBUTIONS) or []
    for one in own:
        if not one.get("InvoiceLineNumber"):
            yield {**_account_of(one), "Amount": plain(-amount)}
    for number, share in enumerate(found, start=1):
        line = body[INVOICE_LINES][share.place - 1]
        of_line = [one for one in own if str(one.get("InvoiceLineNumber")) == str(line["LineNumber"])]
        whole = Decimal(str(line["LineAmount"]))
        for one in (one for one in of_line if share.amount and not is_tax(one)):
            part = share.amount * amount_of(one, whole) / whole
            yield {**_account_of(one), "Amount": plain(-part), "CreditMemoLineNumber": str(number)}
        yield from _taxes(share, line, [one for one in of_line if is_tax(one)], number, step, is_computed=is_computed)


def _taxes(
    share: LineShare,
    line: Mapping[str, Any],
    own: Sequence[Mapping[str, Any]],
    number: int,
    step: Decimal,
    *,
    is_computed: bool,
) -> Iterator[Body]:
    """Yield the tax that a credit takes off a line, spread over the accounts of the line's own."""
    amounts = {place: of_tax(one, [line]) for place, one in enumerate(own)}
    total, whole = sum(amounts.values(), Decimal(0)), Decimal(str(line["LineAmount"]))
    # Taxes that cancel each other out follow their line.
    part, of = (share.tax, total) if total else (share.amount if is_computed else Decimal(0), whole)
    exact = {place: one * part / of for place, one in amounts.items()}
    for place, amount in evened(exact, share.tax, step).items():
        if amount:
            tax = {"DetailedTaxLineNumber": own[place]["DetailedTaxLineNumber"]}
            yield {**_account_of(own[place]), "Amount": plain(-amount), "CreditMemoLineNumber": str(number), **tax}


def _account_of(distribution: Mapping[str, Any]) -> Body:
    return {name: distribution[name] for name in ("AccountClass", "AccountCombination") if name in distribution}
