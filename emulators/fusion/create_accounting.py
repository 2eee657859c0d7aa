"""Create Accounting: documents of the receivables become posted journals of the general ledger, in sums.

What comes in: complete invoices and credit memos, receipts that are wholly applied. What goes out: one posted batch of
source Receivables per ledger, day and currency, with a line per account and side and without a word of the documents; a
receipt that was reversed is taken back. It runs where it is scheduled (`accounting_after_seconds`), or when a person
runs it, and takes each document once. Assumed: a credit memo books the other way round whatever sign it shows; a
receipt moves its method's cash account against the receivables that it is applied to. Documents in another currency
than the ledger's are left alone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from emulators.fusion.accounting_rules import LINES, amount_of
from emulators.fusion.books import Books
from emulators.fusion.credit_memo_entry import DISTRIBUTIONS as MEMO_DISTRIBUTIONS
from emulators.fusion.invoice_tax import DISTRIBUTIONS, RECEIVABLE_CLASSES, is_tax, of_tax
from emulators.fusion.invoices import INCOMPLETE
from emulators.fusion.journals import POSTED
from emulators.fusion.receipts import STATE
from emulators.fusion.store import Fields

SOURCE, CATEGORY = "Receivables", "Receivables"
_DONE, _TAKEN_BACK = "accounted", "accounted back"
# Ledger, day, currency; account combination and amount, debit positive.
Place = tuple[str, str, str]
Side = tuple[str, Decimal]


class CreateAccounting:
    """The accounting program of one pod's receivables."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def settle(self) -> None:
        """Account what the schedule was due to take by now, where it is scheduled."""
        seconds = self._books.site.timing.accounting_after_seconds
        if seconds is not None:
            self._run(self._books.clock.now() - timedelta(seconds=seconds))

    def run(self) -> None:
        """Do what a person does who runs it: account everything there is."""
        self._books.settle()
        self._run(self._books.clock.now())

    def _run(self, until: datetime) -> None:
        store = self._books.store
        sides: dict[Place, list[Side]] = defaultdict(list)
        with store.transaction():
            done = {row["NAME"] for row in store.rows("SELECT NAME FROM SETTING WHERE NAME LIKE 'accounted%'")}
            for mark, place, lines in self._documents(until):
                if mark not in done and self._is_in_own_currency(place):
                    store.remember(mark, json.dumps([(account, str(amount)) for account, amount in lines]))
                    sides[place] += lines
            for place, lines in sides.items():
                self._post(place, lines)

    def _documents(self, until: datetime) -> Iterator[tuple[str, Place, list[Side]]]:
        """Yield what may be accounted: its mark, where it is booked, and its sides, debit positive."""
        store = self._books.store
        for row in store.rows("SELECT * FROM AR_INVOICE ORDER BY LENGTH(ID), ID"):
            if row["STATUS"] != INCOMPLETE and datetime.fromisoformat(row["CREATED_AT"]) <= until:
                body = json.loads(row["BODY"])
                lines = list(_of_invoice(body, Decimal(row["AMOUNT"])))
                yield _mark(_DONE, row), _place(row, body, "InvoiceCurrencyCode"), lines
        for row in store.rows("SELECT * FROM AR_CREDIT_MEMO ORDER BY LENGTH(ID), ID"):
            if row["STATUS"] != INCOMPLETE and datetime.fromisoformat(row["CREATED_AT"]) <= until:
                body = json.loads(row["BODY"])
                yield _mark(_DONE, row), _place(row, body, "CreditMemoCurrency"), list(_of_memo(body))
        for row in store.rows("SELECT * FROM AR_RECEIPT ORDER BY LENGTH(ID), ID"):
            yield from self._of_receipt(row, until)

    def _of_receipt(self, row: Fields, until: datetime) -> Iterator[tuple[str, Place, list[Side]]]:
        body = json.loads(row["BODY"])
        cash = self._books.site.receivables.cash_accounts.get(body["ReceiptMethod"])
        if cash is None or datetime.fromisoformat(row["CREATED_AT"]) > until:
            return
        place = _place(row, body, "Currency")
        if STATE in body:
            held = self._books.store.setting(_mark(_DONE, row), "[]")
            yield _mark(_TAKEN_BACK, row), place, [(account, -Decimal(amount)) for account, amount in json.loads(held)]
            return
        lines = [(cash, Decimal(row["AMOUNT"])), *self._applied(row["ID"])]
        if sum((amount for _, amount in lines), Decimal(0)) == 0:
            yield _mark(_DONE, row), place, lines

    def _applied(self, receipt_id: str) -> Iterator[Side]:
        """Yield what a receipt takes off the receivable of each document that it is applied to."""
        store = self._books.store
        for one in store.rows("SELECT * FROM AR_APPLICATION WHERE DOCUMENT = ?", [receipt_id]):
            applied_to = store.get("AR_INVOICE", one["INVOICE_ID"]) or store.get("AR_CREDIT_MEMO", one["INVOICE_ID"])
            if applied_to is None:
                continue
            body = json.loads(applied_to["BODY"])
            shares = [*(body.get(DISTRIBUTIONS) or ()), *(body.get(MEMO_DISTRIBUTIONS) or ())]
            owed = next((share for share in shares if share.get("AccountClass") in RECEIVABLE_CLASSES), None)
            if owed is not None:
                yield owed["AccountCombination"], -Decimal(one["AMOUNT"])

    def _is_in_own_currency(self, place: Place) -> bool:
        ledger = self._books.site.ledger(int(place[0]))
        return ledger is not None and ledger.currency == place[2]

    def _post(self, place: Place, lines: Iterable[Side]) -> None:
        ledger_id, day, currency = place
        books = self._books
        period = books.setup.period_of(int(ledger_id), date.fromisoformat(day))
        assert period is not None, "receivables take documents of their own periods alone"
        debits: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for account, amount in lines:
            debits[account, "DR" if amount > 0 else "CR"] += abs(amount)
        rows = [
            {"ACCOUNT": account, f"ENTERED_{side}": f"{amount:f}", f"ACCOUNTED_{side}": f"{amount:f}"}
            for (account, side), amount in sorted(debits.items())
            if amount
        ]
        if not rows:
            return
        name = f"Receivables A {books.store.count_up('accounting', 4_000_001)} N"
        header = {"NAME": f"{day} {CATEGORY} {currency}", "PERIOD_NAME": period.name, "EFFECTIVE_DATE": day}
        header |= {"CATEGORY": CATEGORY, "CURRENCY": currency}
        now = books.clock.now()
        batch = {"LEDGER_ID": ledger_id, "NAME": name, "PERIOD_NAME": period.name, "SOURCE": SOURCE}
        batch |= {
            "STATUS": POSTED,
            "POSTED_DATE": now.date().isoformat(),
            "POST_DUE": "",
            "CREATED_BY": "AR ACCOUNTING",
        }
        books.journals.add(batch, [(header, rows)], now)


def _of_invoice(body: Mapping[str, Any], total: Decimal) -> Iterator[Side]:
    """Yield the sides of an invoice by its distributions: the receivable in debit, everything else in credit."""
    amounts = {str(one["LineNumber"]): Decimal(str(one["LineAmount"])) for one in body[LINES]}
    for share in body.get(DISTRIBUTIONS) or ():
        if share.get("AccountClass") in RECEIVABLE_CLASSES:
            yield share["AccountCombination"], amount_of(share, total)
        elif is_tax(share):
            yield share["AccountCombination"], -of_tax(share, body[LINES])
        else:
            yield share["AccountCombination"], -amount_of(share, amounts[str(share["InvoiceLineNumber"])])


def _of_memo(body: Mapping[str, Any]) -> Iterator[Side]:
    """Yield the sides of a credit memo: the receivable in credit, everything else in debit."""
    shares = [one for one in body.get(MEMO_DISTRIBUTIONS) or () if one.get("Amount") is not None]
    owed = sum(
        (Decimal(str(one["Amount"])) for one in shares if one.get("AccountClass") in RECEIVABLE_CLASSES), Decimal(0)
    )
    sign = 1 if owed <= 0 else -1
    for share in shares:
        amount = sign * Decimal(str(share["Amount"]))
        yield share["AccountCombination"], amount if share.get("AccountClass") in RECEIVABLE_CLASSES else -amount


def _place(row: Fields, body: Mapping[str, Any], currency: str) -> Place:
    return row["LEDGER_ID"], str(body["AccountingDate"]), str(body[currency])


def _mark(word: str, row: Fields) -> str:
    return f"{word}/{row['ID']}"
