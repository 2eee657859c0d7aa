"""Ledger ties: what the general ledger says Amazon owes, held against what Amazon says, at the end of each month.

Per unit and currency: the balance of clearing, reserve and what else is due from Amazon, the difference to Amazon's own
word, and every cent of it explained or named; entries of others by document; open items by age. The ERP is read and
never written to, and only where `read_balances` is on. Nothing of it stops a posting.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assets.month_end.tie_amazon import Kept, Stated, amazon_side, kept, readings, stated
from assets.month_end.tie_books import Known, billed_of, in_books, known_to, moves_of, owned, read_books
from assets.month_end.tie_place import TiePlace, tie_places
from assets.stages.month_names import month_name
from assets.stages.months import MonthStage
from assets.stages.roadmap import Road
from assets.stages.verdicts import NOT_COMPARED, Row, StageResult, Verdict, nothing_compared
from ledger import money
from ledger.errors import Finding
from ledger.ledger_tie import Entry, LedgerTie, Line, Part, tie
from ledger.month import Month
from ledger.open_ages import OpenItem, by_bracket, open_items
from resources.store.review import ReviewItem

ASSET = "ledger_ties"
TIES, OTHERS, AGES = "ledger_equals_amazon", "no_entries_of_others", "open_items_in_time"
CODE = "entry_of_others"
# What the stage depends on, for the lineage.
READS = ("reconciliations", "accruals", "payouts", "financial_events", "bank_deposits", "balances")
_ROWS_MAX = 500
_OFF = "read_balances is off: the ERP's balances are not read by this connection."


@dataclass(frozen=True)
class Tied:
    """One place at one month's end; `wanting` says why nothing can be said of the difference yet, "" when it can.

    `elsewhere` is what stands on the other accounts than clearing, and on clearing from before go-live's month.
    """

    place: TiePlace
    items: tuple[OpenItem, ...]
    elsewhere: Decimal
    tie: LedgerTie
    wanting: str = ""

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return what is known of the difference: what is left over says nothing while something is wanting."""
        return tuple(one for one in self.tie.lines if not (self.wanting and one.part is Part.UNEXPLAINED))

    @property
    def open_lines(self) -> tuple[Line, ...]:
        """Return the lines that want a person."""
        return tuple(one for one in self.lines if not one.is_explained)

    def text(self, amount: Decimal) -> str:
        """Write an amount of this place."""
        return money.text(amount, self.place.currency)


def tie_month(road: Road, month: Month) -> StageResult:
    """Tie every place of a connection to the ledger at the end of a month.

    Raises TargetUnavailable and TargetMisconfigured when the ERP cannot be asked.
    """
    if not road.policy.read_balances:
        return _nothing(_OFF)
    places = [one for one in tie_places(road) if one.at_go_live.day <= month.last]
    if not places:
        return _nothing(f"Nothing of {month} is booked by this connection.")
    decided = [one for one in road.stores.review.listing(road.connection, state=None) if one.code == CODE]
    known, beside = known_to(road), kept(road)
    ties = [_tied(road, month, place, known, beside, _accepted(decided)) for place in places]
    findings = tuple(_findings(ties, month, decided))
    return StageResult(
        facts=_facts(ties),
        rows=tuple(row for one in ties for row in _lines(one)),
        rows_total=sum(len(one.items) for one in ties),
        verdicts=(_ties_verdict(ties), _others_verdict(ties, findings), _ages_verdict(ties)),
    )


def _nothing(sentence: str) -> StageResult:
    checks = (TIES, OTHERS, AGES)
    return StageResult(
        facts={NOT_COMPARED: f"{', '.join(checks)}: {sentence}"},
        verdicts=tuple(nothing_compared(name, sentence) for name in checks),
    )


def _tied(road: Road, month: Month, place: TiePlace, known: Known, beside: Kept, accepted: dict[str, str]) -> Tied:
    books = read_books(road, place, month)
    entries = owned(place, known, books.entries, accepted)
    documents = in_books(road, place, known, books, month)
    says = stated(road, place, month.last)
    total, deferred = (says.total, says.deferred) if says else (Decimal(0), Decimal(0))
    due = {one.head.settlement_id: one.due for one in place.settlements}
    billed = billed_of(road, place, known, books, month)
    items = open_items(moves_of(place, known, books.entries, month), due, month.last, road.policy.receipt_days)
    elsewhere = books.balance - sum((one.amount for one in items), Decimal(0))
    found = []
    for reading in readings(month):
        side = amazon_side(road, place, documents, beside, reading)
        made = tie(
            books.balance,
            books.before,
            entries,
            place.at_go_live,
            side.settled,
            total,
            deferred,
            side.not_settled,
            billed,
        )
        found.append(Tied(place, items, elsewhere, made, _wanting(says, month) or side.wanting))
        # How Amazon's balance is to be read is said nowhere: a reading that leaves nothing over is the one.
        if not any(line.part is Part.UNEXPLAINED for line in made.lines):
            return found[-1]
    return found[0]


def _wanting(says: Stated | None, month: Month) -> str:
    if says is None:
        return f"Amazon's balance at the end of {month.last} is not kept"
    return f"Amazon states no balance of {', '.join(says.missing)}" if says.missing else ""


def _accepted(decided: Iterable[ReviewItem]) -> dict[str, str]:
    """Return by document why a person took an entry for right; the last word counts."""
    return {one.origin: f"{one.person}: {one.resolution_reason}" for one in decided if one.resolution == "dismiss"}


def _facts(ties: Sequence[Tied]) -> dict[str, str | int | Decimal | bool]:
    facts: dict[str, str | int | Decimal | bool] = {}
    for one in ties:
        name, unexplained = one.place.name, sum((line.amount for line in one.open_lines), Decimal(0))
        facts[f"general ledger, {name}"] = one.text(one.tie.books)
        if not one.wanting:
            facts[f"Amazon, {name}"] = one.text(one.tie.stated)
            facts[f"explained, {name}"] = one.text(one.tie.difference - unexplained)
            facts[f"not explained, {name}"] = one.text(unexplained)
        for bracket, amount in by_bracket(one.items).items():
            facts[f"open {bracket}, {name}"] = one.text(amount)
    return facts


def _lines(one: Tied) -> Iterable[Row]:
    """Yield the tie as a table: both balances, and every line of the difference with what it is made of."""
    yield _row(one, "general ledger", one.tie.books, ", ".join(f"{u} {a}" for u, a in sorted(one.place.natural)))
    if one.wanting:
        yield _row(one, "waits", None, f"{one.wanting}.")
    else:
        yield _row(one, "Amazon", one.tie.stated, "")
    for line in one.lines:
        for name, amount, words in line.rows or (("", line.amount, ""),):
            yield _row(one, line.part, amount, ": ".join(word for word in (name, words) if word))


def _row(one: Tied, line: str, amount: Decimal | None, detail: str) -> Row:
    return {
        "of": one.place.name,
        "line": str(line),
        "amount": "" if amount is None else one.text(amount),
        "detail": detail,
    }


def _ties_verdict(ties: Sequence[Tied]) -> Verdict:
    """The ledger holds what Amazon owes, and the difference is explained to the cent."""
    failing = [one for one in ties if one.open_lines or one.wanting]
    sentence = " ".join(_said(one) for one in (failing or ties))
    rows = tuple(row for one in failing for row in _lines(one))
    is_waiting = not any(one.open_lines for one in failing)
    return Verdict(
        TIES, not failing, sentence, is_blocking=False, is_waiting=bool(failing) and is_waiting, rows=rows
    ).cut(_ROWS_MAX)


def _said(one: Tied) -> str:
    name, books = one.place.name, one.text(one.tie.books)
    both = f"{one.wanting}" if one.wanting else f"Amazon says {one.text(one.tie.stated)}"
    told = f"{name}: the general ledger holds {books}, {both}"
    if one.open_lines:
        left = ", ".join(f"{line.part} {one.text(line.amount)}" for line in one.open_lines)
        return f"{told}; not explained is {left}."
    if one.wanting:
        return f"{told}."
    return f"{told}, and the difference of {one.text(one.tie.difference)} is explained."


def _others_verdict(ties: Sequence[Tied], findings: tuple[Finding, ...]) -> Verdict:
    """Nobody else books on these accounts, but for receipts and what a person took for right."""
    found = [(one, entry) for one in ties for entry in one.tie.others]
    rows = tuple(
        {
            "document": entry.document,
            "date": entry.day.isoformat(),
            "amount": one.text(entry.amount),
            "currency": one.place.currency,
            "settlement": entry.settlement_id,
            "says": entry.words,
        }
        for one, entry in found
    )
    names = ", ".join(sorted({entry.document for _, entry in found}))
    sentence = f"{len(rows)} entries are not ours and no receipt of a payout: {names}." if rows else ""
    told = sentence or "Every entry on these accounts is ours, a receipt, or was taken for right."
    return Verdict(OTHERS, not rows, told, is_blocking=False, rows=rows, findings=findings).cut(_ROWS_MAX)


def _findings(ties: Sequence[Tied], month: Month, decided: Sequence[ReviewItem]) -> Iterable[Finding]:
    """Yield one finding a document, but for those that an item of another month tells already."""
    own = month_name(ASSET, month)
    told = {one.origin for one in decided if one.state == "open" and one.partition != own}
    for one in ties:
        by_document: dict[str, list[Entry]] = defaultdict(list)
        for entry in one.tie.others:
            by_document[entry.document].append(entry)
        for document, entries in by_document.items():
            if document not in told:
                yield _finding(one, document, entries)


def _finding(one: Tied, document: str, entries: Sequence[Entry]) -> Finding:
    amount = money.total((entry.amount for entry in entries), one.place.currency)
    words = f" ({entries[0].words})" if entries[0].words else ""
    return Finding(
        CODE,
        f"Entry {document}{words} moves what is due from {one.place.name} by {one.text(amount)}, and is neither ours "
        "nor the receipt of a payout.",
        "Look at it in the ERP. If it should not stand there, unpost it, and this item ends when the month is made "
        "again (`retry` makes it at once). If it is right as it is, resolve this item with `dismiss` and the reason.",
        origin=document,
        amount=amount,
        details={"currency": one.place.currency},
    )


def _ages_verdict(ties: Sequence[Tied]) -> Verdict:
    """No payout is longer on its way than a receipt may take, no debt older than the settlement that carries it in."""
    rows = tuple(row for one in ties for row in _items(one))
    late = [(one, item) for one in ties for item in one.items if item.is_late]
    told = ", ".join(f"{item.name} {one.text(item.amount)} since {item.days} days" for one, item in late[:5])
    sentence = (
        f"{len(late)} items are open too long: {told}." if late else f"{len(rows)} items are open, none too long."
    )
    return Verdict(AGES, not late, sentence, is_blocking=False, rows=rows).cut(_ROWS_MAX)


def _items(one: Tied) -> Iterable[Row]:
    """Yield the open items, and what else makes up the balance."""
    for item in one.items:
        aged = {"since": item.since.isoformat(), "days": str(item.days), "age": item.bracket}
        late = "yes" if item.is_late else ""
        yield {"of": one.place.name, "item": item.name, "amount": one.text(item.amount), **aged, "late": late}
    if one.elsewhere:
        aged = dict.fromkeys(("since", "days", "age", "late"), "")
        yield {"of": one.place.name, "item": "reserve and older", "amount": one.text(one.elsewhere), **aged}


STAGE = MonthStage(
    ASSET,
    tie_month,
    "What the general ledger says Amazon owes, held against what Amazon says, with every cent between them.",
    READS,
)
