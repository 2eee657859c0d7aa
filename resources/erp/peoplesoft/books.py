"""Read journals out of rows: states, found documents, lines told apart into ours and the ERP's own.

In: rows of the site's queries (or a Get's buffer turned into rows). Out: the values of `resources.erp.target`. Pure.
Only rows with UNPOST_SEQ 0 are ours: higher numbers are the reversals that unposting makes. Lines that the ERP adds at
edit (inter-unit, rounding) get numbers after ours; where a site has renumbered, a line is known by what it says.
Source: PeopleSoft FSCM 9.2 General Ledger, "Determining the Status of Journals" and "Journal Editing".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledger import money
from ledger.accounts import AccountKey
from ledger.errors import InputRefused, TargetUnavailable
from ledger.journal import Journal, JournalLine
from resources.erp.peoplesoft import payload
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import Row
from resources.erp.target import BooksState, FoundDocument

# JRNL_HDR_STATUS -> state, and what the journal waits for or what happened to it.
STATUSES: dict[str, tuple[BooksState, str]] = {
    "N": (BooksState.WAITING, "the journal edit (GL_JEDIT)"),
    "T": (BooksState.WAITING, "its entry to be completed"),
    "V": (BooksState.WAITING, "the posting run (GLPPPST2)"),
    "I": (BooksState.WAITING, "the posting run to be repeated: posting is incomplete"),
    "E": (BooksState.ERROR, ""),
    "P": (BooksState.POSTED, ""),
    "U": (BooksState.REMOVED, "was unposted"),
    "D": (BooksState.REMOVED, "was deleted"),
    "X": (BooksState.REMOVED, "was cancelled"),
}
_PROCESS_REQUESTS = {"G": "approval", "E": "a decision: approval was denied", "S": "a decision: security denied it"}


@dataclass(frozen=True)
class Header:
    """The key and standing of one journal in the books; totals in entered currency, generated lines included."""

    unit: str
    journal_id: str
    day: date
    status: str
    process_request: str
    currency: str
    description: str
    lines: int
    debits: Decimal
    credits: Decimal
    source: str = ""
    period: str = ""

    @property
    def erp_id(self) -> str:
        """Return the natural key as text."""
        return f"{self.unit} {self.journal_id} {self.day.isoformat()}"

    @property
    def state(self) -> BooksState:
        """Return what the status comes to; a status nobody knows waits for a person."""
        return STATUSES.get(self.status, (BooksState.WAITING, ""))[0]

    @property
    def happened(self) -> str:
        """Say what a person did to a removed journal."""
        return STATUSES[self.status][1] if self.state is BooksState.REMOVED else ""

    @property
    def waiting_for(self) -> str:
        """Say what a waiting journal waits for."""
        if self.state is not BooksState.WAITING:
            return ""
        if self.status == "V" and self.process_request in _PROCESS_REQUESTS:
            return _PROCESS_REQUESTS[self.process_request]
        unknown = f"a person: status {self.status!r} never posts by itself"
        return STATUSES.get(self.status, (BooksState.WAITING, unknown))[1]


@dataclass(frozen=True)
class BookLine:
    """One line as the books hold it, in entered currency."""

    number: int
    account: AccountKey
    amount: Decimal
    currency: str
    reference: str
    description: str
    quantity: Decimal | None

    def as_journal_line(self, currency: str) -> JournalLine:
        """Return the line with the currency's decimals; raise TargetUnavailable for an amount that has more."""
        try:
            amount = money.exact(self.amount, self.currency or currency)
        except InputRefused as error:
            raise TargetUnavailable(f"Line {self.number} in the books cannot be read: {error}") from None
        return JournalLine(self.number, self.account, amount, self.reference, self.description, self.quantity)


def header(row: Row, currency: str = "") -> Header:
    """Read the header part of a header row or of a line row; count and totals are those of no lines."""
    return Header(
        unit=row.text("BUSINESS_UNIT"),
        journal_id=row.text("JOURNAL_ID"),
        day=row.day("JOURNAL_DATE"),
        status=row.text("JRNL_HDR_STATUS"),
        process_request=row.text("JRNL_PROCESS_REQST", ""),
        currency=currency,
        description=row.text("DESCR254", ""),
        lines=0,
        debits=Decimal(0),
        credits=Decimal(0),
        source=row.text("SOURCE", ""),
        period=period(row),
    )


def period(row: Row) -> str:
    """Return the accounting period of a header or of a period row, for example 11/2026; "" when neither is shown."""
    return f"{row.text('ACCOUNTING_PERIOD', '')}/{row.text('FISCAL_YEAR', '')}".strip("/")


def is_live(row: Row) -> bool:
    """Tell whether a row belongs to a journal itself, not to the reversal that unposting made."""
    return row.number("UNPOST_SEQ") == 0


def line(row: Row, profile: PeopleSoftProfile) -> BookLine:
    """Read a line of a line query."""
    segments = {segment: row.text(field, "") for segment, field in profile.segments.items()}
    quantity = row.amount("STATISTIC_AMOUNT", Decimal(0))
    try:
        account = AccountKey.of(row.text("LINE_BUSINESS_UNIT"), **segments)
    except InputRefused as error:
        raise TargetUnavailable(f"A line in the books cannot be read: {error}") from None
    return BookLine(
        number=row.number("JOURNAL_LINE"),
        account=account,
        amount=row.amount("FOREIGN_AMOUNT"),
        currency=row.text("LINE_FOREIGN_CURRENCY"),
        reference=row.text("JRNL_LN_REF"),
        description=row.text("LINE_DESCR", ""),
        quantity=quantity or None,
    )


def journals_of(rows: Iterable[Row], profile: PeopleSoftProfile) -> list[tuple[Header, list[BookLine]]]:
    """Group line rows by journal, in the order of first sight; unposting's reversals are left out."""
    grouped: dict[tuple[str, str, str], tuple[Row, list[BookLine]]] = {}
    for row in rows:
        if is_live(row):
            key = (row.text("BUSINESS_UNIT"), row.text("JOURNAL_ID"), row.text("JOURNAL_DATE"))
            grouped.setdefault(key, (row, []))[1].append(line(row, profile))
    return [(_summed(first, lines), lines) for first, lines in grouped.values()]


def sort_out(
    lines: Sequence[BookLine], journal: Journal, profile: PeopleSoftProfile
) -> tuple[list[BookLine], list[BookLine]]:
    """Return the lines that stand for ours, in our order, and those that the ERP generated.

    A line is ours when its number and its words are those we sent, else when another number says exactly the same, else
    by its number alone: a line of ours that somebody changed stays ours, so that it shows as a difference.
    """
    spare = {one.number: one for one in lines}
    matched: dict[int, BookLine] = {}

    def take(sent: JournalLine, held: BookLine | None) -> None:
        if held is not None:
            matched[sent.number] = spare.pop(held.number)

    def says(held: BookLine | None, sent: JournalLine) -> bool:
        return held is not None and _says_the_same(held, sent, journal, profile)

    for sent in journal.lines:
        here = spare.get(sent.number)
        take(sent, here if says(here, sent) else None)
    for sent in (one for one in journal.lines if one.number not in matched):
        take(sent, next((one for one in spare.values() if says(one, sent)), None))
    for sent in (one for one in journal.lines if one.number not in matched):
        take(sent, spare.get(sent.number))
    ours = [matched[one.number] for one in journal.lines if one.number in matched]
    return ours, sorted(spare.values(), key=lambda one: one.number)


def found(
    head: Header,
    lines: Sequence[BookLine] | None,
    asked: Journal | None,
    profile: PeopleSoftProfile,
    others: Sequence[Journal] = (),
) -> FoundDocument:
    """Return a document as `find` reports it; `asked` is the journal of the same natural key, if it was asked for.

    `others` are the journals asked for: a document of another key may repeat or reverse one of them.
    """
    strange = others if asked is None else ()
    own = head if asked is None or lines is None else _with_totals(head, sort_out(lines, asked, profile)[0])
    is_same = asked is not None and _is_same(own, asked, profile)
    if is_same:
        # Without what the ERP generated; of other content everything that stands there is told.
        head = own
    return FoundDocument(
        erp_id=head.erp_id,
        state=head.state,
        erp_status=head.status,
        currency=head.currency,
        debits=head.debits,
        credits=head.credits,
        lines=head.lines,
        accounting_date=head.day,
        key_matches=asked.key if asked else "",
        description=head.description,
        is_same=is_same,
        happened=head.happened,
        source_id=payload.source_id_of(head.description, profile),
        repeats=next((one.key for one in strange if _holds(lines or (), one, 1)), ""),
        reverses=next((one.key for one in strange if _holds(lines or (), one, -1)), ""),
    )


def _holds(lines: Sequence[BookLine], journal: Journal, sign: int) -> bool:
    """Tell whether all lines of a journal are among these, with this sign; the ERP may have added some."""
    held = Counter((one.account, one.reference, one.amount) for one in lines)
    return Counter((one.account, one.reference, sign * one.amount) for one in journal.lines) <= held


def _is_same(head: Header, asked: Journal, profile: PeopleSoftProfile) -> bool:
    """Tell whether a document is the one asked for; an account that somebody corrected shows on reading back."""
    facts = (head.currency, head.debits, head.credits, head.lines, payload.clean(head.description))
    own = (asked.currency, asked.debits, asked.credits, len(asked.lines), payload.description_text(asked, profile))
    return facts == own


def _says_the_same(held: BookLine, sent: JournalLine, journal: Journal, profile: PeopleSoftProfile) -> bool:
    facts = (held.account, held.amount, held.reference, held.description)
    return facts == (sent.account, sent.amount, sent.reference, payload.line_text(sent, journal.source, profile))


def _summed(first: Row, lines: list[BookLine]) -> Header:
    currencies = sorted({one.currency for one in lines if one.amount} or {one.currency for one in lines})
    return _with_totals(header(first, "/".join(currencies)), lines)


def _with_totals(head: Header, lines: Sequence[BookLine]) -> Header:
    debits = sum((one.amount for one in lines if one.amount > 0), Decimal(0))
    credits = -sum((one.amount for one in lines if one.amount < 0), Decimal(0))
    return replace(head, lines=len(lines), debits=debits, credits=credits)
