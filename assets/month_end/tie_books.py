"""The books' side of a tie to the ledger: what the ERP holds on the accounts of a place, and whose each entry is.

In: a place and a month. Out: balances before go-live's month and at the month's end, every entry between them with its
owner, and what our documents should have moved. Ours is what the outbox explains, whichever connection sent it; an
entry of others belongs to a settlement when it stands on clearing under that settlement's reference.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from assets.month_end.tie_place import TiePlace
from assets.posting.document_sets import IN_BOOKS
from assets.stages.roadmap import Road
from ledger import money
from ledger.accounts import AccountKey
from ledger.accrual import KIND as ACCRUAL_KIND
from ledger.journal import SETTLEMENT, SourceKey
from ledger.ledger_tie import Billed, By, Entry
from ledger.month import Month
from ledger.open_ages import ItemMove
from ledger.references import reference
from ledger.reversal import KIND as REVERSAL_KIND
from resources.erp.target import LedgerEntry
from resources.store.outbox import OutboxDocument

_ALL_DOCUMENTS = 1_000_000


@dataclass(frozen=True)
class Known:
    """What our records know: documents by posting key and by the ERP's key, settlements by open-item reference."""

    connection: str
    by_key: Mapping[str, OutboxDocument]
    documents: Mapping[str, OutboxDocument]
    settlements: Mapping[str, tuple[str, str]]  # reference -> connection, settlement id

    def owner_of(self, entry: LedgerEntry, *, is_clearing: bool) -> tuple[By, str]:
        """Return whose an entry is, and the settlement it belongs to."""
        holder, settlement_id = self.settlements.get(entry.reference, ("", "")) if is_clearing else ("", "")
        document = self.documents.get(entry.erp_id)
        owner = document.connection if document else holder or self.connection
        if owner != self.connection:
            return By.ELSEWHERE, ""
        if document is None:
            return By.OTHERS, settlement_id
        source = self.source_of(document)
        if source.kind == SETTLEMENT:
            return By.SETTLEMENT, source.source_id
        return (By.ACCRUAL, "") if source.kind == ACCRUAL_KIND else (By.CASH, settlement_id)

    def source_of(self, document: OutboxDocument) -> SourceKey:
        """Return what a document is made from; what takes another one back belongs where that one does."""
        if document.source.kind != REVERSAL_KIND:
            return document.source
        undone = self.by_key.get(document.journal.reverses)
        return undone.source if undone else document.source


@dataclass(frozen=True)
class TieBooks:
    """What the ERP holds: `balance` at the month's end, `before` the first entry; amounts in the place's currency."""

    balance: Decimal
    before: Decimal
    entries: tuple[LedgerEntry, ...]


def known_to(road: Road) -> Known:
    """Gather what our records know of this ledger, all connections that are kept here included."""
    listing = [one for one in road.stores.outbox.listing(limit=_ALL_DOCUMENTS) if one.source.ledger == road.ledger]
    names = sorted({one.connection for one in listing} - {road.connection})
    settlements = {
        reference(record.settlement_id): (connection, record.settlement_id)
        for connection in (*names, road.connection)
        for record in road.stores.settlements.all(connection)
    }
    by_key, documents = {one.key: one for one in listing}, {one.erp_id: one for one in listing if one.erp_id}
    return Known(road.connection, by_key, documents, settlements)


def read_books(road: Road, place: TiePlace, month: Month) -> TieBooks:
    """Ask the ERP for both balances and the entries between them.

    Raises TargetUnavailable and TargetMisconfigured when it cannot be asked.
    """
    first = place.at_go_live.day.replace(day=1)
    entries = road.target.entries(place.accounts, first, month.last)
    return TieBooks(
        balance=_balance(road, place, month.last),
        before=_balance(road, place, first - timedelta(days=1)),
        entries=tuple(one for one in entries if one.currency == place.currency),
    )


def _balance(road: Road, place: TiePlace, day: date) -> Decimal:
    held = road.target.balances(place.accounts, day)
    return money.total((one.amount for one in held if one.currency == place.currency), place.currency)


def owned(place: TiePlace, known: Known, entries: Iterable[LedgerEntry], accepted: Mapping[str, str]) -> list[Entry]:
    """Return the entries with their owners; `accepted` gives the reasons of people by document."""
    made = []
    for one in entries:
        by, settlement_id = known.owner_of(one, is_clearing=place.is_clearing(one.account))
        if one.is_of_receivables and place.receivables:
            by, settlement_id = By.RECEIVABLES, ""
        words = " ".join(word for word in (one.source, one.description) if word)
        amount = money.exact(one.amount, place.currency)
        reason = accepted.get(one.erp_id, "") if by is By.OTHERS else ""
        account = natural_name(one.account) if by is By.RECEIVABLES else ""
        made.append(Entry(one.erp_id, one.accounting_date, amount, by, settlement_id, reason, words, account))
    return made


def natural_name(account: AccountKey) -> str:
    """Return unit and natural account: how accounts are told in a tie."""
    return f"{account.unit} {account.account}"


def moves_of(place: TiePlace, known: Known, entries: Iterable[LedgerEntry], month: Month) -> list[ItemMove]:
    """Return what moves the open items: everything on clearing, under the settlement its reference stands for.

    A receipt of ours reaches clearing by the ERP's receivables, which name no settlement: our record of it counts.
    """
    moves = [
        ItemMove(one.erp_id, one.accounting_date, one.amount, known.settlements.get(one.reference, ("", ""))[1])
        for one in entries
        if place.is_clearing(one.account) and not (one.is_of_receivables and place.receivables)
    ]
    for document in known.documents.values() if place.receivables else ():
        if document.journal.form == "receipt" and _is_in_sums(place, document, month):
            amount = _moved(place, document, place.is_clearing)
            source = known.source_of(document)
            moves.append(ItemMove(document.erp_id, document.journal.accounting_date, amount, source.source_id))
    return moves


def in_books(
    road: Road, place: TiePlace, known: Known, books: TieBooks, month: Month
) -> dict[str, list[tuple[str, Decimal]]]:
    """Return by settlement our documents that are in the books by the month's end, with what each should move.

    One that our records have as posted should be there; one that is still on its way is in when the ERP shows it. What
    they take off the order receivable is told by `billed_of`.
    """
    shown = {one.erp_id for one in books.entries}
    found: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for erp_id, document in known.documents.items():
        source = known.source_of(document)
        if document.connection != road.connection or source.kind != SETTLEMENT:
            continue
        journal = document.journal
        if journal.currency != place.currency or journal.accounting_date > month.last:
            continue
        due = (one for one in journal.lines if place.holds(one.account) and not place.is_receivable(one.account))
        moved = [one.amount for one in due]
        if moved and (document.state in IN_BOOKS or erp_id in shown):
            found[source.source_id].append((erp_id, money.total(moved, place.currency)))
    return found


def billed_of(road: Road, place: TiePlace, known: Known, books: TieBooks, month: Month) -> Billed:
    """Return what our records say of the order receivable by a month's end; nothing where no order is billed."""
    if not place.receivables:
        return Billed()
    billed = elsewhere = money.exact(Decimal(0), place.currency)
    cleared, in_sums, expected = [], set(), defaultdict(Decimal)
    shown = {one.erp_id for one in books.entries}
    for document in known.documents.values():
        journal, is_ours = document.journal, document.connection == road.connection
        on_receivable = _moved(place, document, place.is_receivable)
        if _is_in_sums(place, document, month):
            in_sums.add(document.erp_id)
            for line in journal.lines:
                if place.holds(line.account):
                    expected[natural_name(line.account)] += line.amount
            if not is_ours:
                elsewhere += _moved(place, document, place.holds)
            elif journal.form == "order document":
                billed += on_receivable
        elif journal.form != "journal" or not _is_of(place, document, month) or not on_receivable:
            continue
        if not is_ours or journal.form == "order document":
            continue
        if known.source_of(document).kind == SETTLEMENT and (document.state in IN_BOOKS or document.erp_id in shown):
            cleared.append((document.erp_id, on_receivable))
    return Billed(billed, tuple(cleared), frozenset(in_sums), tuple(sorted(expected.items())), elsewhere)


def _is_of(place: TiePlace, document: OutboxDocument, month: Month) -> bool:
    journal = document.journal
    return journal.currency == place.currency and journal.accounting_date <= month.last


def _is_in_sums(place: TiePlace, document: OutboxDocument, month: Month) -> bool:
    """Tell whether a document is in the books by a month's end, and reaches the ledger by the ERP's receivables."""
    is_of_receivables = document.journal.form in ("order document", "receipt")
    return is_of_receivables and document.state in IN_BOOKS and _is_of(place, document, month)


def _moved(place: TiePlace, document: OutboxDocument, is_wanted: Callable[[AccountKey], bool]) -> Decimal:
    """Return what a document moves on the accounts that are wanted."""
    moved = [one.amount for one in document.journal.lines if is_wanted(one.account)]
    return money.total(moved, document.journal.currency) if moved else Decimal(0)
