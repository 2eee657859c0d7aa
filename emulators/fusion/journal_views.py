"""The journals as REST shows them: batches with their journals, lines and errors, and account balances.

What comes in: the journal tables. What goes out: the `Resource` definitions of journalBatches (children journalHeaders,
journalLines, journalErrors) and ledgerBalances. A caller sees the ledgers of its data access, and a new batch only
after the pod's delay. Sources: https://docs.oracle.com/en/cloud/saas/financials/23d/farfa/api-journal-batches.html,
https://docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-ledgerbalances-get.html.
"""

from __future__ import annotations

from typing import Any

from emulators.fusion.books import Books
from emulators.fusion.journals import POSTED, UNPOSTED, amount, instant, totals_of
from emulators.fusion.ledger_balances import ledger_balances
from emulators.fusion.masters import CALENDAR, PERIOD_TYPE, ledgers_of
from emulators.fusion.resource import DATE, NUMBER, ROW_KEY, TEXT, TIME, Attribute, Resource, Row, hash_key
from emulators.fusion.site import Client
from emulators.fusion.store import Fields

_TOTALS = ("RunningTotalDr", "RunningTotalCr", "RunningTotalAccountedDr", "RunningTotalAccountedCr")

_BATCH = {
    "JeBatchId": NUMBER,
    "BatchName": TEXT,
    "BatchDescription": TEXT,
    "DefaultPeriodName": TEXT,
    "Status": TEXT,
    "StatusMeaning": TEXT,
    "CompletionStatusMeaning": TEXT,
    "ApprovalStatusMeaning": TEXT,
    "FundsStatusMeaning": TEXT,
    "UserJeSourceName": TEXT,
    "ChartOfAccountsName": TEXT,
    "UserPeriodSetName": TEXT,
    "AccountedPeriodType": TEXT,
    "ActualFlagMeaning": TEXT,
    "ControlTotal": NUMBER,
    "PostedDate": DATE,
    "ReversalDate": DATE,
    "ReversalPeriod": TEXT,
    "ReversalMethodMeaning": TEXT,
    "ErrorMessage": TEXT,
    "CreatedBy": TEXT,
    "CreationDate": TIME,
    "LastUpdateDate": TIME,
}
_HEADER = {
    "JeHeaderId": NUMBER,
    "JournalName": TEXT,
    "JournalDescription": TEXT,
    "LedgerName": TEXT,
    "CurrencyCode": TEXT,
    "PeriodName": TEXT,
    "DefaultEffectiveDate": DATE,
    "UserJeCategoryName": TEXT,
    "ExternalReference": TEXT,
    "ConversionDate": DATE,
    "ConversionRate": NUMBER,
    "UserConversionType": TEXT,
}
_LINE = {
    "JeLineNumber": NUMBER,
    "AccountCombination": TEXT,
    "EnteredDr": NUMBER,
    "EnteredCr": NUMBER,
    "AccountedDr": NUMBER,
    "AccountedCr": NUMBER,
    "CurrencyCode": TEXT,
    "Description": TEXT,
    "StatAmount": NUMBER,
    "ReconciliationReference": TEXT,
}
_ERROR = {
    "HeaderName": TEXT,
    "ErrorNumber": TEXT,
    "JeLineNumber": NUMBER,
    "ErrorMessage": TEXT,
    "ErrorMessageName": TEXT,
}
_MEANINGS = {UNPOSTED: "Unposted", POSTED: "Posted"}


def journal_resources(books: Books) -> dict[str, Resource]:
    """Return the resources of the journals by name."""
    views = _Views(books)
    lines = Resource("journalLines", _typed(_LINE), views.lines)
    headers = Resource(
        "journalHeaders", _summed(_HEADER), views.headers, views.header_complete, {"journalLines": lines}
    )
    errors = Resource("journalErrors", _typed(_ERROR), views.errors)
    children = {"journalHeaders": headers, "journalErrors": errors}
    batches = Resource("journalBatches", _summed(_BATCH), views.batches, views.batch_complete, children)
    return {"journalBatches": batches, "ledgerBalances": ledger_balances(books)}


def _typed(kinds: dict[str, str]) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, kind) for name, kind in kinds.items())


def _summed(kinds: dict[str, str]) -> tuple[Attribute, ...]:
    return (*_typed(kinds), *(Attribute(name, NUMBER, is_queryable=False) for name in _TOTALS))


class _Views:
    """Rows of the journal tables under the names of REST."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def batches(self, client: Client, parent: Row | None) -> list[Row]:
        """Return the batches a client may see by now."""
        now = instant(self._books.clock.now())
        ids = [ledger.id for ledger in ledgers_of(self._books.site, client)]
        return [self._batch(row) for row in self._books.journals.batches(ids) if row["VISIBLE_AT"] <= now]

    def _batch(self, row: Fields) -> Row:
        ledger = self._books.site.ledger(int(row["LEDGER_ID"]))
        assert ledger is not None
        return {
            ROW_KEY: row["ID"],
            "JeBatchId": int(row["ID"]),
            "BatchName": row["NAME"],
            "BatchDescription": row["DESCRIPTION"] or None,
            "DefaultPeriodName": row["PERIOD_NAME"],
            "Status": row["STATUS"],
            "StatusMeaning": _MEANINGS.get(row["STATUS"], "Error"),
            "CompletionStatusMeaning": row["COMPLETION"],
            "ApprovalStatusMeaning": "Not required",
            "FundsStatusMeaning": "Not required",
            "UserJeSourceName": row["SOURCE"],
            "ChartOfAccountsName": self._books.site.chart_of(ledger).name,
            "UserPeriodSetName": CALENDAR,
            "AccountedPeriodType": PERIOD_TYPE,
            "ActualFlagMeaning": "Actual",
            "ControlTotal": None,
            "PostedDate": row["POSTED_DATE"] or None,
            "ReversalDate": row["REVERSAL_DATE"] or None,
            "ReversalPeriod": row["REVERSAL_PERIOD"] or None,
            "ReversalMethodMeaning": row["REVERSAL_METHOD"] or None,
            "ErrorMessage": row["ERROR_MESSAGE"] or None,
            "CreatedBy": row["CREATED_BY"] or None,
            "CreationDate": row["CREATED_AT"],
            "LastUpdateDate": row["UPDATED_AT"],
        }

    def batch_complete(self, row: Row) -> Row:
        """Add the running totals of a batch."""
        return {**row, **_running(self._books.journals.lines_of_batch(row[ROW_KEY]))}

    def headers(self, client: Client, parent: Row | None) -> list[Row]:
        """Return the journals of a batch under opaque keys."""
        assert parent is not None
        batch = self._books.store.get("JE_BATCH", parent[ROW_KEY])
        ledger = self._books.site.ledger(int(batch["LEDGER_ID"])) if batch else None
        name = ledger.name if ledger else None
        return [self._header(row, name) for row in self._books.journals.headers(parent[ROW_KEY])]

    def _header(self, row: Fields, ledger_name: str | None) -> Row:
        return {
            ROW_KEY: hash_key("journalHeaders", row["ID"]),
            "JeHeaderId": int(row["ID"]),
            "JournalName": row["NAME"],
            "JournalDescription": row["DESCRIPTION"] or None,
            "LedgerName": ledger_name,
            "CurrencyCode": row["CURRENCY"],
            "PeriodName": row["PERIOD_NAME"],
            "DefaultEffectiveDate": row["EFFECTIVE_DATE"],
            "UserJeCategoryName": row["CATEGORY"],
            "ExternalReference": row["EXTERNAL_REFERENCE"] or None,
            "ConversionDate": row["RATE_DATE"] or None,
            "ConversionRate": _number(row["RATE"]),
            "UserConversionType": row["RATE_TYPE"] or None,
        }

    def header_complete(self, row: Row) -> Row:
        """Add the running totals of a journal."""
        return {**row, **_running(self._books.journals.lines(str(row["JeHeaderId"])))}

    def lines(self, client: Client, parent: Row | None) -> list[Row]:
        """Return the lines of a journal under opaque keys."""
        assert parent is not None
        currency = parent["CurrencyCode"]
        return [_line(row, currency) for row in self._books.journals.lines(str(parent["JeHeaderId"]))]

    def errors(self, client: Client, parent: Row | None) -> list[Row]:
        """Return why a batch could not be posted."""
        assert parent is not None
        if not parent["ErrorMessage"]:
            return []
        text = parent["ErrorMessage"]
        row = {"HeaderName": None, "ErrorNumber": "1", "JeLineNumber": None, "ErrorMessage": text}
        return [{ROW_KEY: hash_key("journalErrors", parent[ROW_KEY]), **row, "ErrorMessageName": None}]


def _line(row: Fields, currency: str) -> Row:
    return {
        ROW_KEY: hash_key("journalLines", row["ID"]),
        "JeLineNumber": int(row["NUMBER"]),
        "AccountCombination": row["ACCOUNT"],
        "EnteredDr": _number(row["ENTERED_DR"]),
        "EnteredCr": _number(row["ENTERED_CR"]),
        "AccountedDr": _number(row["ACCOUNTED_DR"]),
        "AccountedCr": _number(row["ACCOUNTED_CR"]),
        "CurrencyCode": currency,
        "Description": row["DESCRIPTION"] or None,
        "StatAmount": _number(row["STAT_AMOUNT"]),
        "ReconciliationReference": row["RECONCILIATION"] or None,
    }


def _number(text: str) -> Any:
    return amount(text) if text else None


def _running(lines: list[Fields]) -> Row:
    totals = totals_of(lines)
    sums = (totals.debit, totals.credit, totals.accounted_debit, totals.accounted_credit)
    return dict(zip(_TOTALS, sums, strict=True))
