"""The journal page that a link from outside opens in the browser: enough to see a journal with one's own eyes.

What comes in: the parameters of the component's URL. What goes out: a plain HTML page of header, lines and edit
errors. Address: PeopleTools docs, "portal URL formats" (`/psp/{site}/{portal}/{node}/c/{menu}.{component}.GBL`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape

from emulators.peoplesoft.books import Books
from emulators.peoplesoft.journal_table import JournalKey
from emulators.wsgi import Request, Response, text_response

JOURNAL_PAGE = "/PROCESS_JOURNALS.JOURNAL_ENTRY_IE.GBL"
STATUS_WORDS = {
    "N": "not edited yet",
    "E": "has errors",
    "V": "valid, not posted",
    "P": "posted",
    "I": "posting incomplete",
    "T": "entry incomplete",
    "U": "unposted",
    "D": "deleted",
    "X": "cancelled",
}
LINE_SHOWN = (
    "JOURNAL_LINE",
    "BUSINESS_UNIT",
    "ACCOUNT",
    "DEPTID",
    "PRODUCT",
    "OPERATING_UNIT",
    "AFFILIATE",
    "FOREIGN_AMOUNT",
    "FOREIGN_CURRENCY",
    "MONETARY_AMOUNT",
    "CURRENCY_CD",
    "JRNL_LN_REF",
    "LINE_DESCR",
)


def is_journal_page(path: str) -> bool:
    """Say whether a path is the journal component."""
    return path.startswith(("/psp/", "/psc/")) and path.endswith(JOURNAL_PAGE)


def journal_page(books: Books, request: Request) -> Response:
    """Answer the page of one journal, or 404 when the books have none of that key."""
    unit, journal_id = request.first("BUSINESS_UNIT") or "", request.first("JOURNAL_ID") or ""
    try:
        day = date.fromisoformat(request.first("JOURNAL_DATE") or "").isoformat()
    except ValueError:
        day = ""
    sequence = request.first("UNPOST_SEQ") or "0"
    key = JournalKey(unit, journal_id, day, int(sequence) if sequence.isdecimal() else 0)
    header = books.table.header(key)
    if header is None:
        return _page(404, "No such journal", "<p>No matching values were found.</p>")
    status = header["JRNL_HDR_STATUS"]
    facts = [("Status", f"{status} ({STATUS_WORDS.get(status, 'other')})")]
    facts += [
        (name, header[name]) for name in ("LEDGER_GROUP", "SOURCE", "DESCR254", "FISCAL_YEAR", "ACCOUNTING_PERIOD")
    ]
    facts += [(name, header[name]) for name in ("JRNL_TOTAL_DEBITS", "JRNL_TOT_CREDITS", "POSTED_DATE", "OPRID")]
    lines = [[line[name] for name in LINE_SHOWN] for line in books.table.lines(key)]
    errors = [[str(error.line), error.field, error.text] for error in books.table.errors(key)]
    body = _table(("Field", "Value"), facts) + "<h2>Lines</h2>" + _table(LINE_SHOWN, lines)
    body += "<h2>Edit errors</h2>" + _table(("Line", "Field", "Text"), errors) if errors else ""
    return _page(200, f"Journal {unit} {journal_id} {day}", body)


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _page(status: int, title: str, body: str) -> Response:
    style = (
        "body{font-family:sans-serif;margin:2em}td,th{padding:.2em .8em;text-align:left;border-bottom:1px solid #ccc}"
    )
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return text_response(status, page, "text/html; charset=UTF-8")
