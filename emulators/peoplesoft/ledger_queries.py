"""What the general ledger holds: balances by period out of LEDGER, and the posted entries behind them.

In: the books and the prompts of a query. Out: rows. Posting adds a journal's lines to LEDGER by unit, ledger, account,
currency, fiscal year and accounting period; an unposted journal stays posted beside the entry that takes it back. A
year that was closed opens with its balance forward in period 0; adjusting periods (998) and closing (999) come after
the last period of their year. Amounts are entered amounts, debit positive.
Source: PeopleSoft record LEDGER (published record dictionaries: FISCAL_YEAR, ACCOUNTING_PERIOD, CURRENCY_CD,
POSTED_TRAN_AMT) and the journal records; periods 0, 998 and 999 as in JRNL_HEADER.ACCOUNTING_PERIOD.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from emulators.peoplesoft.books import Books
from emulators.peoplesoft.prompts import Prompts, Row, day_of, number_of

# Posted, and posted before it was unposted: both have moved the ledger.
IN_LEDGER = ("P", "U")
_CLOSING_PERIOD = 999


def ledger_balances(books: Books, prompts: Prompts) -> list[Row]:
    """Select what was posted to an account by currency, year and period: years before, and this one to its period."""
    year, period = number_of(prompts["YR"]), number_of(prompts["PER"])
    posted = _posted(books, prompts)
    rows = {key: amount for key, amount in posted.items() if key[1:] <= (year, period) and key[2] != _CLOSING_PERIOD}
    if books.site.switches.is_year_closed:
        rows |= dict(_brought_forward(posted, year))
    return [
        {
            "A.BUSINESS_UNIT": prompts["BU"],
            "A.LEDGER": prompts["LGR"],
            "A.ACCOUNT": prompts["ACCT"],
            "A.CURRENCY_CD": currency,
            "A.FISCAL_YEAR": fiscal_year,
            "A.ACCOUNTING_PERIOD": number,
            "POSTED_TRAN_AMT": amount,
        }
        for (currency, fiscal_year, number), amount in sorted(rows.items())
    ]


def ledger_entries(books: Books, prompts: Prompts) -> list[Row]:
    """Select posted journals that move an account and are dated within a span, a row per ledger and reference."""
    first, last = day_of(prompts["FROMDT"]).isoformat(), day_of(prompts["TODT"]).isoformat()
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    headers: dict[tuple[str, ...], Mapping[str, str]] = {}
    for line in books.table.account_lines(prompts["BU"], prompts["ACCT"]):
        if line["JRNL_HDR_STATUS"] in IN_LEDGER and first <= line["JOURNAL_DATE"] <= last:
            journal = (line["HEADER_UNIT"], line["JOURNAL_ID"], line["JOURNAL_DATE"], line["UNPOST_SEQ"])
            key = (*journal, line["LEDGER"], line["JRNL_LN_REF"], line["FOREIGN_CURRENCY"])
            sums[key] += Decimal(line["FOREIGN_AMOUNT"] or 0)
            headers[key] = line
    blank = books.site.switches.blank_text
    return [
        {
            "A.BUSINESS_UNIT": key[0],
            "A.JOURNAL_ID": key[1],
            "A.JOURNAL_DATE": key[2],
            "A.UNPOST_SEQ": int(key[3] or 0),
            "A.JRNL_HDR_STATUS": headers[key]["JRNL_HDR_STATUS"],
            "A.SOURCE": headers[key]["SOURCE"] or blank,
            "A.DESCR254": headers[key]["DESCR254"] or blank,
            "A.FISCAL_YEAR": int(headers[key]["FISCAL_YEAR"]),
            "A.ACCOUNTING_PERIOD": int(headers[key]["ACCOUNTING_PERIOD"]),
            "B.BUSINESS_UNIT": prompts["BU"],
            "B.LEDGER": key[4] or blank,
            "B.ACCOUNT": prompts["ACCT"],
            "B.JRNL_LN_REF": key[5] or blank,
            "B.FOREIGN_CURRENCY": key[6] or blank,
            "FOREIGN_AMOUNT": amount,
        }
        for key, amount in sorted(sums.items())
    ]


_Key = tuple[str, int, int]  # currency, fiscal year, accounting period


def _posted(books: Books, prompts: Prompts) -> dict[_Key, Decimal]:
    sums: dict[_Key, Decimal] = defaultdict(Decimal)
    for line in books.table.account_lines(prompts["BU"], prompts["ACCT"]):
        if line["JRNL_HDR_STATUS"] in IN_LEDGER and line["LEDGER"] == prompts["LGR"]:
            place = (line["FOREIGN_CURRENCY"], int(line["FISCAL_YEAR"]), int(line["ACCOUNTING_PERIOD"]))
            sums[place] += Decimal(line["FOREIGN_AMOUNT"] or 0)
    return dict(sums)


def _brought_forward(posted: Mapping[_Key, Decimal], year: int) -> Iterator[tuple[_Key, Decimal]]:
    """Yield period 0 of every year up to this one that has anything before it."""
    for currency in sorted({key[0] for key in posted}):
        years = [key[1] for key in posted if key[0] == currency]
        for opened in range(min(years) + 1, year + 1):
            before = (amount for key, amount in posted.items() if key[0] == currency and key[1] < opened)
            yield (currency, opened, 0), sum(before, Decimal(0))
