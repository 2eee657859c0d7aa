"""The PS Queries that the site's administrator has made for the connector, over JRNL_HEADER (A) and JRNL_LN (B).

Every query is called through ExecuteQuery with prompts by unique prompt name (case matters). Names, prompts and columns
below are this site's definition; `Site.query_names` gives a query another name.

Columns of every header query: A.BUSINESS_UNIT, A.JOURNAL_ID, A.JOURNAL_DATE, A.UNPOST_SEQ, A.JRNL_HDR_STATUS,
A.JRNL_PROCESS_REQST, A.LEDGER_GROUP, A.SOURCE, A.CURRENCY_CD (base), A.FOREIGN_CURRENCY (entered), A.RT_TYPE,
A.FISCAL_YEAR, A.ACCOUNTING_PERIOD, A.DESCR254, A.POSTED_DATE, LINE_COUNT, TOTAL_DEBITS and TOTAL_CREDITS (entered
amounts of all lines, both positive, lines that the edit generated included).

Columns of every line query: A.BUSINESS_UNIT (of the header), A.JOURNAL_ID, A.JOURNAL_DATE, A.UNPOST_SEQ,
A.JRNL_HDR_STATUS, A.SOURCE, A.LEDGER_GROUP, A.DESCR254, then B.BUSINESS_UNIT (of the line), B.JOURNAL_LINE, B.LEDGER,
B.ACCOUNT, B.ALTACCT, B.DEPTID, B.OPERATING_UNIT, B.PRODUCT, B.FUND_CODE, B.CLASS_FLD, B.PROGRAM_CODE, B.BUDGET_REF,
B.AFFILIATE, B.AFFILIATE_INTRA1, B.AFFILIATE_INTRA2, B.CHARTFIELD1, B.CHARTFIELD2, B.CHARTFIELD3, B.PROJECT_ID,
B.BOOK_CODE, B.GL_ADJUST_TYPE, B.CURRENCY_CD, B.FOREIGN_CURRENCY, B.MONETARY_AMOUNT, B.FOREIGN_AMOUNT, B.RT_TYPE,
B.RATE_MULT, B.RATE_DIV, B.STATISTICS_CODE, B.STATISTIC_AMOUNT, B.LINE_DESCR, B.JRNL_LN_REF. Debit positive.

| Query | Prompts | One row is |
|---|---|---|
| X_JRNL_BY_KEY | BU, JID, JDT | a header of that key; a second row per UNPOST_SEQ after an unpost |
| X_JRNL_BY_REF | BU, REF | a line whose header's DESCR254 or whose own JRNL_LN_REF begins with REF |
| X_JRNL_BY_SOURCE | BU, SRC, FROMDT, TODT | a header of that journal source, dated within the span |
| X_JRNL_LINES | BU, JID, JDT | a line of that journal, generated lines included, all UNPOST_SEQ |
| X_JRNL_ERRORS | BU, JID, JDT | an error of the last edit: A.JOURNAL_LINE (0: header), A.FIELDNAME, |
| | | A.MESSAGE_SET_NBR, A.MESSAGE_NBR, A.MESSAGE_TEXT |
| X_PERIOD_OPEN | BU, LG, SRC, JDT | the date's period: A.BUSINESS_UNIT, A.LEDGER_GROUP, A.SOURCE, A.FISCAL_YEAR, |
| | | A.ACCOUNTING_PERIOD, OPEN_FLAG (Y/N) |
| X_ACCOUNTS | BU, ACCT, ASOF | an account in force on ASOF; ACCT exact, or a prefix ending in % |
| X_CHARTFIELD_VALUES | BU, FLD, VAL, ASOF | the same for any ChartField, FLD its record field name; VAL as ACCT |
| X_OPEN_ITEMS | BU, ACCT, REF | per JRNL_LN_REF, currency and header status: A.BUSINESS_UNIT, A.ACCOUNT, |
| | | A.JRNL_LN_REF, A.FOREIGN_CURRENCY, A.JRNL_HDR_STATUS, FOREIGN_AMOUNT, MONETARY_AMOUNT (sums), LINE_COUNT; |
| | | REF exact, or a prefix ending in % (`%` alone: all); deleted and cancelled journals are left out |
| X_CONTROL | BU | the header of the unit's oldest journal: proof that reads of this unit see records |
| X_LEDGER_BALANCE | BU, LGR, ACCT, YR, PER | over LEDGER, up to that period: A.BUSINESS_UNIT, A.LEDGER, A.ACCOUNT, |
| | | A.CURRENCY_CD, A.FISCAL_YEAR, A.ACCOUNTING_PERIOD, POSTED_TRAN_AMT (sum) |
| X_LEDGER_ENTRIES | BU, ACCT, FROMDT, TODT | posted journals (P, U) by ledger, JRNL_LN_REF and currency: the header's |
| | | columns of a line query but LEDGER_GROUP, A.FISCAL_YEAR, A.ACCOUNTING_PERIOD, B.BUSINESS_UNIT, B.LEDGER, |
| | | B.ACCOUNT, B.JRNL_LN_REF, B.FOREIGN_CURRENCY, FOREIGN_AMOUNT (sum) |
| X_CUSTOMER | SETID, CUST | a customer whose id or name begins with CUST: A.SETID, A.CUST_ID, A.NAME1, |
| | | A.CUST_STATUS |

X_ACCOUNTS and X_CHARTFIELD_VALUES have A.SETID, A.FIELDNAME, A.VALUE, A.EFFDT, A.EFF_STATUS (A/I), A.DESCR and, for
accounts, A.ACCOUNT_TYPE (A L Q R E), A.OPEN_ITEM, A.STATISTICS_ACCOUNT, A.POSTABLE (Y/N each).
Dates are YYYY-MM-DD; a blank text is one space; a blank date or number is an empty text.
Raises PromptError when a prompt's value cannot be used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from emulators.peoplesoft.books import WITHOUT_EFFECT, Books
from emulators.peoplesoft.journal_table import key_of
from emulators.peoplesoft.ledger_queries import ledger_balances, ledger_entries
from emulators.peoplesoft.prompts import Cell, Prompts, Row, day_of
from emulators.peoplesoft.records import HEADER_BY_NAME, LINE_BY_NAME, LINE_FIELDS
from emulators.peoplesoft.site import ChartFieldValue


@dataclass(frozen=True)
class Query:
    """One stored query: its name here, its unique prompt names in order, and what it selects."""

    name: str
    prompts: tuple[str, ...]
    select: Callable[[Books, Prompts], list[Row]]


HEADER_SHOWN = (
    "BUSINESS_UNIT",
    "JOURNAL_ID",
    "JOURNAL_DATE",
    "UNPOST_SEQ",
    "JRNL_HDR_STATUS",
    "JRNL_PROCESS_REQST",
    "LEDGER_GROUP",
    "SOURCE",
    "CURRENCY_CD",
    "FOREIGN_CURRENCY",
    "RT_TYPE",
    "FISCAL_YEAR",
    "ACCOUNTING_PERIOD",
    "DESCR254",
    "POSTED_DATE",
)
LINE_HEADER_SHOWN = (
    "BUSINESS_UNIT",
    "JOURNAL_ID",
    "JOURNAL_DATE",
    "UNPOST_SEQ",
    "JRNL_HDR_STATUS",
    "SOURCE",
    "LEDGER_GROUP",
    "DESCR254",
)


def journal_by_key(books: Books, prompts: Prompts) -> list[Row]:
    """Select headers by unit, id and date."""
    return [_header_row(books, header) for header in _headers_by_key(books, prompts)]


def journal_lines(books: Books, prompts: Prompts) -> list[Row]:
    """Select the lines of one journal."""
    return [
        _line_row(books, header, line)
        for header in _headers_by_key(books, prompts)
        for line in books.table.lines(key_of(header))
    ]


def journal_by_reference(books: Books, prompts: Prompts) -> list[Row]:
    """Select lines by the beginning of the header's description or of the line's own reference."""
    beginning = prompts["REF"].rstrip("%")
    with_line = books.table.keys_with_reference(prompts["BU"], beginning)
    rows: list[Row] = []
    for header in books.table.headers_of(prompts["BU"]):
        is_described = header["DESCR254"].startswith(beginning)
        if not is_described and key_of(header) not in with_line:
            continue
        for line in books.table.lines(key_of(header)):
            if is_described or line["JRNL_LN_REF"].startswith(beginning):
                rows.append(_line_row(books, header, line))
    return rows


def journal_by_source(books: Books, prompts: Prompts) -> list[Row]:
    """Select the headers of one journal source that are dated within a span."""
    first, last = day_of(prompts["FROMDT"]).isoformat(), day_of(prompts["TODT"]).isoformat()
    return [
        _header_row(books, header)
        for header in books.table.headers_of(prompts["BU"])
        if header["SOURCE"] == prompts["SRC"] and first <= header["JOURNAL_DATE"] <= last
    ]


def journal_errors(books: Books, prompts: Prompts) -> list[Row]:
    """Select what the last edit found wrong."""
    return [
        {
            "A.JOURNAL_LINE": error.line,
            "A.FIELDNAME": error.field or books.site.switches.blank_text,
            "A.MESSAGE_SET_NBR": error.message_set,
            "A.MESSAGE_NBR": error.message_number,
            "A.MESSAGE_TEXT": error.text,
        }
        for header in _headers_by_key(books, prompts)
        for error in books.table.errors(key_of(header))
    ]


def period_open(books: Books, prompts: Prompts) -> list[Row]:
    """Select the period of a date and whether it is open for unit, ledger group and source."""
    day = day_of(prompts["JDT"])
    unit = books.site.unit(prompts["BU"])
    if unit is None or prompts["LG"] not in unit.ledgers:
        return []
    is_open = books.batches.is_period_open(prompts["BU"], prompts["LG"], prompts["SRC"], day)
    return [
        {
            "A.BUSINESS_UNIT": prompts["BU"],
            "A.LEDGER_GROUP": prompts["LG"],
            "A.SOURCE": prompts["SRC"],
            "A.FISCAL_YEAR": day.year,
            "A.ACCOUNTING_PERIOD": day.month,
            "OPEN_FLAG": "Y" if is_open else "N",
        }
    ]


def accounts(books: Books, prompts: Prompts) -> list[Row]:
    """Select accounts in force on a date."""
    return chartfield_values(books, {**prompts, "FLD": "ACCOUNT", "VAL": prompts["ACCT"]})


def chartfield_values(books: Books, prompts: Prompts) -> list[Row]:
    """Select values of one ChartField in force on a date."""
    day = day_of(prompts["ASOF"])
    site = books.site
    if site.unit(prompts["BU"]) is None:
        return []
    names = sorted(
        {row.value for row in site.values if row.field == prompts["FLD"] and _is_match(row.value, prompts["VAL"])}
    )
    rows = (site.value_on(prompts["FLD"], name, day) for name in names)
    return [_value_row(site.setid, row) for row in rows if row is not None]


def open_items(books: Books, prompts: Prompts) -> list[Row]:
    """Select the sums of one account by open-item reference, currency and header status."""
    sums: dict[tuple[str, str, str], list[Decimal]] = {}
    for line in books.table.account_lines(prompts["BU"], prompts["ACCT"]):
        if line["JRNL_HDR_STATUS"] in WITHOUT_EFFECT or not _is_match(line["JRNL_LN_REF"], prompts["REF"]):
            continue
        key = (line["JRNL_LN_REF"], line["FOREIGN_CURRENCY"], line["JRNL_HDR_STATUS"])
        total = sums.setdefault(key, [Decimal(0), Decimal(0), Decimal(0)])
        total[0] += Decimal(line["FOREIGN_AMOUNT"] or 0)
        total[1] += Decimal(line["MONETARY_AMOUNT"] or 0)
        total[2] += 1
    return [
        {
            "A.BUSINESS_UNIT": prompts["BU"],
            "A.ACCOUNT": prompts["ACCT"],
            "A.JRNL_LN_REF": reference or books.site.switches.blank_text,
            "A.FOREIGN_CURRENCY": currency,
            "A.JRNL_HDR_STATUS": status,
            "FOREIGN_AMOUNT": entered,
            "MONETARY_AMOUNT": base,
            "LINE_COUNT": int(count),
        }
        for (reference, currency, status), (entered, base, count) in sorted(sums.items())
    ]


def control(books: Books, prompts: Prompts) -> list[Row]:
    """Select the unit's oldest journal."""
    headers = sorted(books.table.headers_of(prompts["BU"]), key=lambda header: header["JOURNAL_DATE"])
    return [_header_row(books, header) for header in headers[:1]]


def customers(books: Books, prompts: Prompts) -> list[Row]:
    """Select customers by the beginning of id or name."""
    wanted = prompts["CUST"].rstrip("%")
    return [
        {"A.SETID": row.setid, "A.CUST_ID": row.customer_id, "A.NAME1": row.name, "A.CUST_STATUS": row.status}
        for row in books.site.customers
        if row.setid == prompts["SETID"] and (row.customer_id.startswith(wanted) or row.name.startswith(wanted))
    ]


QUERIES: tuple[Query, ...] = (
    Query("X_JRNL_BY_KEY", ("BU", "JID", "JDT"), journal_by_key),
    Query("X_JRNL_BY_REF", ("BU", "REF"), journal_by_reference),
    Query("X_JRNL_BY_SOURCE", ("BU", "SRC", "FROMDT", "TODT"), journal_by_source),
    Query("X_JRNL_LINES", ("BU", "JID", "JDT"), journal_lines),
    Query("X_JRNL_ERRORS", ("BU", "JID", "JDT"), journal_errors),
    Query("X_PERIOD_OPEN", ("BU", "LG", "SRC", "JDT"), period_open),
    Query("X_ACCOUNTS", ("BU", "ACCT", "ASOF"), accounts),
    Query("X_CHARTFIELD_VALUES", ("BU", "FLD", "VAL", "ASOF"), chartfield_values),
    Query("X_OPEN_ITEMS", ("BU", "ACCT", "REF"), open_items),
    Query("X_CONTROL", ("BU",), control),
    Query("X_LEDGER_BALANCE", ("BU", "LGR", "ACCT", "YR", "PER"), ledger_balances),
    Query("X_LEDGER_ENTRIES", ("BU", "ACCT", "FROMDT", "TODT"), ledger_entries),
    Query("X_CUSTOMER", ("SETID", "CUST"), customers),
)


def _headers_by_key(books: Books, prompts: Prompts) -> list[dict[str, str]]:
    day = day_of(prompts["JDT"]).isoformat()
    return [
        header
        for header in books.table.headers_of(prompts["BU"])
        if header["JOURNAL_ID"] == prompts["JID"] and header["JOURNAL_DATE"] == day
    ]


def _header_row(books: Books, header: Mapping[str, str]) -> Row:
    amounts = [Decimal(line["FOREIGN_AMOUNT"] or 0) for line in books.table.lines(key_of(header))]
    row: Row = {f"A.{name}": _cell(books, HEADER_BY_NAME[name].kind, header[name]) for name in HEADER_SHOWN}
    row["LINE_COUNT"] = len(amounts)
    row["TOTAL_DEBITS"] = sum((amount for amount in amounts if amount > 0), Decimal(0))
    row["TOTAL_CREDITS"] = -sum((amount for amount in amounts if amount < 0), Decimal(0))
    return row


def _line_row(books: Books, header: Mapping[str, str], line: Mapping[str, str]) -> Row:
    row: Row = {f"A.{name}": _cell(books, HEADER_BY_NAME[name].kind, header[name]) for name in LINE_HEADER_SHOWN}
    for field in LINE_FIELDS:
        row[f"B.{field.name}"] = _cell(books, LINE_BY_NAME[field.name].kind, line[field.name])
    return row


def _value_row(setid: str, row: ChartFieldValue) -> Row:
    shown: Row = {
        "A.SETID": setid,
        "A.FIELDNAME": row.field,
        "A.VALUE": row.value,
        "A.EFFDT": row.effective_on.isoformat(),
        "A.EFF_STATUS": row.status,
        "A.DESCR": row.description,
    }
    if row.field == "ACCOUNT":
        shown["A.ACCOUNT_TYPE"] = row.account_type
        shown["A.OPEN_ITEM"] = _flag(row.is_open_item)
        shown["A.STATISTICS_ACCOUNT"] = _flag(row.is_statistical)
        shown["A.POSTABLE"] = _flag(row.is_postable)
    return shown


def _cell(books: Books, kind: str, value: str) -> Cell:
    if kind == "text":
        return value or books.site.switches.blank_text
    if kind == "date" or not value:
        return value
    return int(value) if kind == "number" else Decimal(value)


def _is_match(value: str, wanted: str) -> bool:
    return value.startswith(wanted[:-1]) if wanted.endswith("%") else value == wanted


def _flag(is_set: bool) -> str:
    return "Y" if is_set else "N"
