"""Read journals out of rows: states, found documents, lines told apart into ours and the ERP's own.

In: rows of `journalBatches`, its headers and their lines. Out: the values of `resources.erp.target`. Pure. Journal
Import numbers lines as it likes and adds balancing lines, so a line is known by what it says. Source:
docs.oracle.com/en/cloud/saas/financials/23d/farfa/api-journal-batches.html.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger import money
from ledger.accounts import AccountKey
from ledger.errors import InputRefused, TargetUnavailable
from ledger.journal import Journal, JournalLine
from resources.erp.fusion import chart, natural_key, payload
from resources.erp.fusion.rows import Row
from resources.erp.fusion.settings import FusionSettings
from resources.erp.target import BooksState, FoundDocument

_STATES = {"waiting": BooksState.WAITING, "posted": BooksState.POSTED, "error": BooksState.ERROR}


@dataclass(frozen=True)
class Batch:
    """One journal batch; `own_name` is our part of its name, "" when it is none of ours."""

    id: str
    name: str
    own_name: str
    description: str
    status: str
    meaning: str
    state: BooksState
    source: str
    standing: tuple[str, ...]  # completion, approval and funds, as the ERP words them
    error: str
    period: str

    @property
    def waiting_for(self) -> str:
        """Say what a waiting batch waits for."""
        if self.state is not BooksState.WAITING:
            return ""
        return "posting" + (f" ({', '.join(self.standing)})" if self.standing else "")

    @property
    def shown_status(self) -> str:
        """Return the status code with its meaning, as people see it in Fusion."""
        return f"{self.status} ({self.meaning})" if self.meaning else self.status


@dataclass(frozen=True)
class BookLine:
    """One line as the books hold it, in entered currency."""

    number: int
    account: AccountKey
    amount: Decimal
    currency: str
    base_amount: Decimal
    reference: str
    description: str
    quantity: Decimal | None

    def as_journal_line(self, currency: str, sent: Mapping[str, AccountKey], settings: FusionSettings) -> JournalLine:
        """Return the line with the currency's decimals; raise TargetUnavailable for an amount that has more.

        `sent` are accounts by their combination, so that a default written out in the mapping stays written out.
        """
        try:
            amount = money.exact(self.amount, self.currency or currency)
        except InputRefused as error:
            raise TargetUnavailable(f"Line {self.number} in the books cannot be read: {error}") from None
        account = sent.get(shown(self.account, settings), self.account)
        return JournalLine(self.number, account, amount, self.reference, self.description, self.quantity)


@dataclass(frozen=True)
class Held:
    """A batch with what stands in it, lines of all its journals together."""

    batch: Batch
    day: date
    period: str
    currency: str
    lines: tuple[BookLine, ...]

    @property
    def debits(self) -> Decimal:
        """Return the sum of the debit lines."""
        return sum((one.amount for one in self.lines if one.amount > 0), Decimal(0))

    @property
    def credits(self) -> Decimal:
        """Return the sum of the credit lines as a positive amount."""
        return -sum((one.amount for one in self.lines if one.amount < 0), Decimal(0))


def batch(row: Row, settings: FusionSettings) -> Batch:
    """Read one row of `journalBatches`."""
    name, status = row.text("BatchName"), row.text("Status")
    standing = (
        ("completion", "CompletionStatusMeaning"),
        ("approval", "ApprovalStatusMeaning"),
        ("funds", "FundsStatusMeaning"),
    )
    return Batch(
        id=row.identifier("JeBatchId"),
        name=name,
        own_name=natural_key.own_name(name, settings),
        description=row.text("BatchDescription"),
        status=status,
        meaning=row.text("StatusMeaning"),
        state=_STATES[settings.batch_state(status)],
        source=row.text("UserJeSourceName"),
        standing=tuple(f"{word}: {row.text(field)}" for word, field in standing if row.text(field)),
        error=row.text("ErrorMessage"),
        period=row.text("DefaultPeriodName"),
    )


def line(row: Row, currency: str, settings: FusionSettings) -> BookLine:
    """Read one row of `journalLines`; `currency` is its header's."""
    description = row.text("Description")
    number = row.amount("JeLineNumber")
    return BookLine(
        number=int(number),
        account=chart.account_of(row.text("AccountCombination"), settings),
        amount=row.amount("EnteredDr") - row.amount("EnteredCr"),
        currency=row.text("CurrencyCode") or currency,
        base_amount=row.amount("AccountedDr") - row.amount("AccountedCr"),
        reference=payload.reference_of(description, row.text("ReconciliationReference"), settings),
        description=description,
        quantity=row.amount("StatAmount") or None,
    )


def sort_out(
    lines: Sequence[BookLine], journal: Journal, settings: FusionSettings
) -> tuple[list[BookLine], list[BookLine]]:
    """Return the lines that stand for ours, in our order, and those that the ERP generated.

    A line is ours when it says all that we sent, else when account, amount and reference are ours, else when account
    and amount are, else by its number alone: a line of ours that somebody changed stays ours, and shows so. A copy of
    one of ours is no line of the ERP's own: it follows ours, since a file that was loaded twice is booked twice.
    """
    spare = list(lines)
    matched: dict[int, BookLine] = {}
    for says in _degrees(journal, settings):
        for sent in (one for one in journal.lines if one.number not in matched):
            held = next((one for one in spare if says(one, sent)), None)
            if held is not None:
                matched[sent.number] = held
                spare.remove(held)
    said = {(shown(one.account, settings), one.amount) for one in journal.lines}
    copies = [one for one in spare if (shown(one.account, settings), one.amount) in said]
    ours = [matched[one.number] for one in journal.lines if one.number in matched]
    return [*ours, *copies], [one for one in spare if one not in copies]


def _degrees(journal: Journal, settings: FusionSettings) -> tuple[Callable[[BookLine, JournalLine], bool], ...]:
    """Return how alike two lines are taken for one, the strictest first."""

    def amount(held: BookLine, sent: JournalLine) -> bool:
        return (shown(held.account, settings), held.amount) == (shown(sent.account, settings), sent.amount)

    def reference(held: BookLine, sent: JournalLine) -> bool:
        return amount(held, sent) and held.reference == sent.reference

    def everything(held: BookLine, sent: JournalLine) -> bool:
        return reference(held, sent) and held.description == payload.line_text(sent, journal.source, settings)

    def number(held: BookLine, sent: JournalLine) -> bool:
        return held.number == sent.number

    return everything, reference, amount, number


def found(
    held: Held,
    asked: Journal | None,
    settings: FusionSettings,
    others: Iterable[Journal] = (),
    *,
    is_second: bool = False,
) -> FoundDocument:
    """Return a batch as `find` reports it; `asked` is the journal of the same name, if it was asked for.

    `others` are the journals asked for: a batch of another name may repeat or reverse one of them. A second batch of
    one name is a document of its own that repeats the journal.
    """
    own = None if is_second else asked
    strange = () if own is not None else tuple(others)
    repeated = asked.key if is_second and asked else ""
    name = held.batch.own_name or held.batch.name
    return FoundDocument(
        erp_id=f"{name} #{held.batch.id}" if is_second else name,
        state=held.batch.state,
        erp_status=held.batch.shown_status,
        currency=held.currency,
        debits=held.debits,
        credits=held.credits,
        lines=len(held.lines),
        accounting_date=held.day,
        key_matches=own.key if own else "",
        description=held.batch.description,
        is_same=own is not None and is_same(held, own, settings),
        source_id=natural_key.source_id_of(held.batch.description, settings),
        repeats=repeated or next((one.key for one in strange if _holds(held, one, 1, settings)), ""),
        reverses=next((one.key for one in strange if _holds(held, one, -1, settings)), ""),
    )


def is_same(held: Held, journal: Journal, settings: FusionSettings) -> bool:
    """Tell whether a batch holds exactly a journal: every line to the cent, and none of them twice.

    Lines that the ERP added are no difference; a copy of one of ours is: rows left from an earlier load of the same
    group come in together with new ones.
    """
    sent = Counter((shown(one.account, settings), one.amount) for one in journal.lines)
    there = Counter((shown(one.account, settings), one.amount) for one in held.lines)
    is_whole = sent <= there and all(there[one] == count for one, count in sent.items())
    return is_whole and (held.currency, held.day) == (journal.currency, journal.accounting_date)


def _holds(held: Held, journal: Journal, sign: int, settings: FusionSettings) -> bool:
    """Tell whether all lines of a journal are in a batch, with this sign; the ERP may have added some."""
    there = Counter((shown(one.account, settings), one.amount) for one in held.lines)
    return Counter((shown(one.account, settings), sign * one.amount) for one in journal.lines) <= there


def shown(account: AccountKey, settings: FusionSettings) -> str:
    """Return an account as Fusion shows it, so that a default that is written out equals one that is not."""
    try:
        return chart.combination(account, settings)
    except InputRefused:
        return str(account)
