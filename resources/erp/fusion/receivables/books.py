"""Read invoices out of rows: header, lines and distributions become the values the project compares.

In: rows of `receivablesInvoices`, its lines and distributions. Out: the values of `resources.erp.target`. Pure. What an
invoice books is what its distributions say: the receivable on one side, each line's and tax's own account on the other.
Source:
docs.oracle.com/en/cloud/saas/financials/23d/farfa/op-receivablesinvoices-get.html.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledger import money
from ledger.accounts import AccountKey
from ledger.errors import InputRefused, TargetUnavailable
from ledger.journal import Journal, JournalLine
from resources.erp.fusion import chart, natural_key
from resources.erp.fusion.books import shown
from resources.erp.fusion.receivables import payload
from resources.erp.fusion.receivables.layout import Place, laid_out, of, placed
from resources.erp.fusion.rows import Row
from resources.erp.fusion.settings import FusionSettings
from resources.erp.target import BooksState, FoundDocument, TargetStatus


# Frozen documents are complete ones that nobody may change any more.
@dataclass(frozen=True)
class Shape:
    """How a resource names what both kinds of document have."""

    resource: str
    status: str
    currency: str
    comments: str
    lines: str
    line_text: str
    distributions: str
    line_number: str


INVOICE = Shape(
    "receivablesInvoices",
    "InvoiceStatus",
    "InvoiceCurrencyCode",
    "Comments",
    "receivablesInvoiceLines",
    "Description",
    "receivablesInvoiceDistributions",
    "InvoiceLineNumber",
)
CREDIT_MEMO = Shape(
    "receivablesCreditMemos",
    "CreditMemoStatus",
    "CreditMemoCurrency",
    "CreditMemoComments",
    "receivablesCreditMemoLines",
    "LineDescription",
    "receivablesCreditMemoDistributions",
    "CreditMemoLineNumber",
)
_STATES = {"COMPLETE": BooksState.POSTED, "FROZEN": BooksState.POSTED, "INCOMPLETE": BooksState.WAITING}


@dataclass(frozen=True)
class Header:
    """One invoice or credit memo without its lines; `total` in its own currency, negative on a credit memo."""

    id: str
    number: str
    status: str
    source: str
    business_unit: str
    day: date
    currency: str
    total: Decimal
    comments: str
    customer: str
    order_id: str
    shape: Shape = INVOICE

    @property
    def state(self) -> BooksState:
        """Return what its status comes to; a word that nobody knows is none that counts."""
        return _STATES.get(self.status.upper(), BooksState.WAITING)


@dataclass(frozen=True)
class Booked:
    """One distribution: what a document moves on one account, debit positive."""

    account: AccountKey
    amount: Decimal
    line: int  # of the invoice, 0 on the receivable
    text: str
    is_earned: bool = True
    is_tax: bool = False


@dataclass(frozen=True)
class Held:
    """A document with what it books."""

    header: Header
    booked: tuple[Booked, ...]

    @property
    def debits(self) -> Decimal:
        """Return the sum of its debits."""
        return sum((one.amount for one in self.booked if one.amount > 0), Decimal(0))

    @property
    def credits(self) -> Decimal:
        """Return the sum of its credits as a positive amount."""
        return -sum((one.amount for one in self.booked if one.amount < 0), Decimal(0))


def header(row: Row, shape: Shape, settings: FusionSettings) -> Header:
    """Read one row of a resource of documents; the order stands in its cross reference, or in our own words."""
    day = row.day("AccountingDate") or row.day("TransactionDate")
    if day is None:
        raise TargetUnavailable(f"Fusion's {row.resource} answers a document without a date.")
    told, comments = row.text("CrossReference"), row.text(shape.comments)
    own = natural_key.source_id_of(comments, settings).partition(".")[0]
    return Header(
        id=row.identifier("CustomerTransactionId"),
        number=row.text("TransactionNumber"),
        status=row.text(shape.status),
        source=row.text("TransactionSource"),
        business_unit=row.text("BusinessUnit"),
        day=day,
        currency=row.text(shape.currency),
        total=row.amount("EnteredAmount"),
        comments=comments,
        customer=row.text("BillToCustomerNumber"),
        order_id=told.removeprefix("amz:") if told.startswith("amz:") else own,
        shape=shape,
    )


def booked(
    head: Header, lines: Sequence[Row], distributions: Sequence[Row], settings: FusionSettings
) -> tuple[Booked, ...]:
    """Return what the distributions of one document book; the receivable is on the other side of the lines.

    Those of an invoice with accounting rules are sets of accounts by percent until its revenue is recognised, and a
    schedule from unearned to earned revenue afterwards: what a line books is the whole of it, on its revenue account.
    """
    assert settings.receivables is not None, "only sites with receivables are read"
    ours, shape = settings.receivables, head.shape
    unearned, of_tax = {ours.unearned_class, "UNEARN"}, {ours.tax_class, "TAX"}
    amounts = {int(row.amount("LineNumber")): row.amount("LineAmount") for row in lines}
    texts = {int(row.amount("LineNumber")): row.text(shape.line_text) for row in lines}
    found = []
    scheduled: set[int] = set()
    for row in distributions:
        is_receivable = row.text("AccountClass") in (ours.receivable_class, "REC")
        line = 0 if is_receivable else int(row.amount(shape.line_number))
        amount = row.amount("Amount")
        if not row.text("Amount") and row.text("Percent"):
            amount = (head.total if is_receivable else amounts.get(line, Decimal(0))) * row.amount("Percent") / 100
        if row.text("AccountClass") in unearned:
            scheduled.add(line)
        account = chart.account_of(row.text("AccountCombination"), settings)
        if amount:
            is_earned, is_tax = row.text("AccountClass") not in unearned, row.text("AccountClass") in of_tax
            amount = amount if is_receivable else -amount
            found.append(Booked(account, amount, line, texts.get(line, ""), is_earned, is_tax))
    found = list(_unscheduled(found, scheduled))
    # Some sites show credits above zero: what a credit memo books lowers the receivable, whatever its sign there.
    is_turned = shape is CREDIT_MEMO and sum((one.amount for one in found if not one.line), Decimal(0)) > 0
    if is_turned:
        found = [replace(one, amount=-one.amount) for one in found]
    return tuple(sorted(found, key=lambda one: one.line))


def _unscheduled(found: Sequence[Booked], scheduled: set[int]) -> Iterator[Booked]:
    """Yield what is booked, the schedule of a line as the one amount it moves in all, where that is on one account."""
    yield from (one for one in found if one.line not in scheduled or one.is_tax)
    for line in sorted(scheduled):
        of_line = [one for one in found if one.line == line and not one.is_tax]
        earned = {one.account for one in of_line if one.is_earned}
        total = sum((one.amount for one in of_line), Decimal(0))
        if len(earned) == 1 and total:
            yield replace(of_line[0], account=earned.pop(), amount=total, is_earned=True)
        else:
            yield from of_line


def is_same(held: Held, journal: Journal, settings: FusionSettings) -> bool:
    """Tell whether a document books exactly what was sent, on that day, in that currency, for that customer."""
    assert journal.billing is not None, "only order documents are compared"
    sent = Counter((shown(one.account, settings), one.amount) for one in journal.lines)
    there = Counter((shown(one.account, settings), one.amount) for one in held.booked)
    told = held.header.currency, held.header.day, held.header.customer
    is_told = told == (journal.currency, journal.accounting_date, journal.billing.customer)
    return is_told and sent == there and not beyond(held, journal)


def beyond(held: Held, journal: Journal) -> Decimal:
    """Return how much more a document comes to than what was sent, as its header says; zero where that says nothing."""
    total = held.header.total
    return abs(total) - abs(payload.receivable_line(journal).amount) if total else Decimal(0)


def remarks(held: Held, journal: Journal, settings: FusionSettings) -> tuple[str, ...]:
    """Return what Fusion made of a document beyond what was sent: tax of its own, on top of what Amazon charged."""
    assert settings.receivables is not None, "only sites with receivables are read"
    ours, more = settings.receivables, beyond(held, journal)
    if not more:
        return ()
    is_credit = held.header.shape is CREDIT_MEMO
    name = f"{'Credit memo' if is_credit else 'Invoice'} {held.header.number}"
    total = abs(payload.receivable_line(journal).amount)
    there, sent, difference = (money.text(one, journal.currency) for one in (total + more, total, abs(more)))
    why = (
        f"Fusion calculated {difference} of tax itself"
        if abs(_unsent_tax(held, journal, settings)) == abs(more)
        else f"the {difference} between may be tax that Fusion calculated itself"
    )
    return (
        f"{name} comes to {there} {journal.currency} in Fusion, and {sent} was sent: {why}. Exclude transaction type "
        f"{ours.type_of(of(journal))} from tax calculation before more is sent, and "
        "let a person set this document right in Fusion.",
    )


def _unsent_tax(held: Held, journal: Journal, settings: FusionSettings) -> Decimal:
    """Return the tax that a document books and that was not sent, debit positive."""
    sent = Counter((shown(one.account, settings), one.amount) for one in journal.lines)
    there = Counter((shown(one.account, settings), one.amount) for one in held.booked if one.is_tax)
    return sum((amount * count for (_, amount), count in (there - sent).items()), Decimal(0))


def lines(
    held: Held, journal: Journal, settings: FusionSettings
) -> tuple[tuple[JournalLine, ...], tuple[JournalLine, ...]]:
    """Return what is booked as our lines in our order, and what stands there beside them.

    A line is ours when account and amount are ours, else by its place: a line that somebody changed shows so.
    """
    spare = list(held.booked)
    ours: dict[int, JournalLine] = {}
    assert settings.receivables is not None, "only sites with receivables are read"
    stands = {one.number: place for one, place in placed(laid_out(journal, settings.receivables))}
    for is_like in (_same_amount, _same_place):
        for sent in (one for one in journal.lines if one.number not in ours):
            place = stands.get(sent.number, Place(0))
            match = next((one for one in spare if is_like(one, sent, place, settings)), None)
            if match is not None:
                spare.remove(match)
                ours[sent.number] = _line(match, sent, held.header, settings)
    kept = tuple(ours[one.number] for one in journal.lines if one.number in ours)
    return kept, tuple(_line(one, None, held.header, settings) for one in spare)


def _same_amount(one: Booked, sent: JournalLine, place: Place, settings: FusionSettings) -> bool:
    return (shown(one.account, settings), one.amount) == (shown(sent.account, settings), sent.amount)


def _same_place(one: Booked, sent: JournalLine, place: Place, settings: FusionSettings) -> bool:
    return (one.line, one.is_tax) == (place.line, place.tax > 0)


def _line(one: Booked, sent: JournalLine | None, head: Header, settings: FusionSettings) -> JournalLine:
    try:
        amount = money.exact(one.amount, head.currency)
    except InputRefused as error:
        raise TargetUnavailable(f"Document {head.number} in the books cannot be read: {error}") from None
    is_ours = sent is not None and shown(sent.account, settings) == shown(one.account, settings)
    account = sent.account if sent is not None and is_ours else one.account
    # References and descriptions of the receivable stand on the document as a whole.
    reference = sent.reference if sent is not None and sent.reference == head.order_id else ""
    number = sent.number if sent is not None else one.line
    return JournalLine(number, account, amount, reference, sent.description if sent is not None else one.text)


def found(held: Held, asked: Journal | None, settings: FusionSettings, repeats: str = "") -> FoundDocument:
    """Return a document as `find` reports it; `asked` is the journal that should have this number, if it was asked."""
    head = held.header
    return FoundDocument(
        erp_id=head.number,
        state=head.state,
        erp_status=head.status,
        currency=head.currency,
        debits=held.debits,
        credits=held.credits,
        lines=len(held.booked),
        accounting_date=head.day,
        key_matches=asked.key if asked else "",
        description=head.comments,
        is_same=asked is not None and is_same(held, asked, settings),
        source_id=natural_key.source_id_of(head.comments, settings),
        repeats=repeats,
    )


def on_its_way(
    journal: Journal, number: str, status: TargetStatus, settings: FusionSettings, *, is_same: bool
) -> FoundDocument:
    """Return a document that was handed over and stands in no books, as `find` reports it."""
    return FoundDocument(
        erp_id=number,
        state=status.state,
        erp_status=status.erp_status,
        currency=journal.currency,
        debits=journal.debits,
        credits=journal.credits,
        lines=len(journal.lines),
        accounting_date=journal.accounting_date,
        key_matches=journal.key,
        description=payload.comments(journal, settings),
        is_same=is_same,
        source_id=journal.source.source_id,
    )
