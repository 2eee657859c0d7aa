"""ERP documents: everything the ERP holds under our source, held against what this installation has sent.

Once a day and connection, read-only. A document that no outbox row of the same ledger explains, of whatever revision
and connection, becomes one review item with what is known of it. It stops no settlement, unless it names one of ours
that is not posted yet. Documents that the finding of a settlement names already are shown, and not told twice.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from assets.posting.desk import UNSENT
from assets.posting.read_back import DAYS_MAX, ledger_today, next_quiet_moment
from assets.review.approval import documents_of
from assets.settlements.series import placed
from assets.stages.outcome import ACTIONS, align, is_told
from assets.stages.resumption import LISTING, LISTING_KIND, ended, failed, sentence_of, taken_up
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.errors import Finding, InputRefused
from ledger.posting import PostingState
from resources.erp.target import BooksState, FoundDocument
from resources.store.outbox import OutboxDocument
from resources.store.review import ReviewItem

ASSET = "erp_documents"
CHECK = "no_unknown_documents"
CODE = "unknown_document"
FAILED_CODE = f"{ASSET}_failed"
_ALL_DOCUMENTS = 1_000_000
_MONTHS_MAX = DAYS_MAX // 30
# Findings of a settlement that name the documents they are about.
_TOLD_BY = frozenset({"not_once", "posting_removed", "posting_unknown_document", "posting_other_content"})
_CURE = (
    "Look at it in the ERP. If it should not stand there, delete or unpost it, and this item ends with the next listing"
    " (`retry` lists at once). If it is right as it is, resolve this item with `dismiss`."
)
_REASON = "the ERP's documents under our source are listed every day"


@dataclass(frozen=True)
class Listed:
    """One live document of the ERP under our source.

    `own` is the outbox row that explains it, `told` what is said of it already: an item of its settlement, another
    connection's item, or a person who dismissed it.
    """

    found: FoundDocument
    own: OutboxDocument | None = None
    told: str = ""

    @property
    def is_unknown(self) -> bool:
        """Tell whether nothing explains it; what was given up here and stands there again is no better."""
        return self.own is None or self.own.state is PostingState.REFUSED

    @property
    def settlement_id(self) -> str:
        """Return the settlement that it names; documents of another kind name it with their own mark behind a dot."""
        return self.found.source_id.partition(".")[0]

    @property
    def name(self) -> str:
        """Return a name without what a partition's name cannot hold."""
        return "document-" + re.sub(r"[^A-Za-z0-9_-]+", "-", self.found.erp_id)


def list_documents(road: Road) -> StageResult:
    """List, bring the review queue in line, and ask for tomorrow's listing; a listing that fails is asked for again."""
    taken_up(road, ASSET, LISTING)
    try:
        result = _listed(road)
    except Exception as error:
        _note_failure(road, error)
        raise
    align(road, LISTING, (), {FAILED_CODE})
    road.stores.due.ask(road.connection, LISTING_KIND, LISTING, next_quiet_moment(road, LISTING), _REASON)
    ended(road, LISTING)
    return result


def _note_failure(road: Road, error: Exception) -> None:
    """Ask again, later each time; tell people what does not pass by itself, and what lasts."""
    failures = failed(road, ASSET, LISTING, sentence_of(error))
    if is_told(error, failures):
        sentence = f"The ERP's documents under our source could not be listed: {sentence_of(error)}"
        cure = "Correct what the sentence names; it is tried again by itself, and this item ends with it."
        align(road, LISTING, (Finding(FAILED_CODE, sentence, cure, origin=ASSET),), frozenset())


def ask_for_listing(road: Road, reason: str) -> None:
    """Ask for a listing now."""
    road.stores.due.ask(road.connection, LISTING_KIND, LISTING, road.clock.now(), reason)


def ask_first(road: Road) -> None:
    """Ask for the first listing of a connection for which none is asked yet."""
    if road.stores.due.open_row(road.connection, LISTING_KIND, LISTING) is None:
        ask_for_listing(road, "never listed before")


def _listed(road: Road) -> StageResult:
    units = sorted({one.journal.unit for one in _recorded(road) if one.connection == road.connection})
    since = _since(road, units)
    live = [one for one in road.target.listing(units, since) if one.state is not BooksState.REMOVED]
    # Read after the ERP was: what another worker sends meanwhile was stored as intent before it could be listed.
    recorded = _recorded(road)
    known = {erp_id: one for one in recorded if (erp_id := _erp_id(road, one))}
    listed = [Listed(one, known.get(one.erp_id), told) for one, told in _with_told(road, live)]
    unknown = [one for one in listed if one.is_unknown]
    _align(road, unknown)
    return _result(road, since, listed, unknown)


def _recorded(road: Road) -> list[OutboxDocument]:
    return [one for one in road.stores.outbox.listing(limit=_ALL_DOCUMENTS) if one.source.ledger == road.ledger]


def _since(road: Road, units: Sequence[str]) -> date:
    """Return the first day of the month that closed last in all units: without units the one before, at most a year."""
    first = ledger_today(road).replace(day=1)
    for _ in range(_MONTHS_MAX):
        first = (first - timedelta(days=1)).replace(day=1)
        if all(road.target.open_day(unit, first) != first for unit in units):
            return first
    return first


def _erp_id(road: Road, document: OutboxDocument) -> str:
    """Return the natural key of a document; one that waits to be sent finds its own by itself, if it is there."""
    if document.erp_id:
        return document.erp_id
    waits = document.state in UNSENT and document.state is not PostingState.REFUSED
    return road.target.erp_id(document.journal) if waits and document.connection == road.connection else ""


def _with_told(road: Road, found: Iterable[FoundDocument]) -> Iterator[tuple[FoundDocument, str]]:
    """Yield documents with what is said of each already."""
    items = road.stores.review.listing(state=None)
    here = [one for one in items if one.connection == road.connection]
    for one in found:
        yield one, _told(one, here, [item for item in items if item.connection != road.connection])


def _told(found: FoundDocument, here: Sequence[ReviewItem], elsewhere: Sequence[ReviewItem]) -> str:
    for item in here:
        if item.state == "open" and item.code in _TOLD_BY and found.erp_id in item.sentence:
            return f"see item {item.id}"
    for item in (*here, *elsewhere):
        if item.code == CODE and item.origin == found.erp_id and item.resolution == "dismiss":
            return f"dismissed by {item.person}: {item.resolution_reason}"
    for item in elsewhere:
        if item.code == CODE and item.origin == found.erp_id and item.state == "open":
            return f"see item {item.id} of {item.connection}"
    return ""


def _align(road: Road, unknown: Sequence[Listed]) -> None:
    """Make the open items those of the unknown documents that nobody has told or dismissed."""
    wanted: dict[str, list[Finding]] = {
        item.partition: [] for item in road.stores.review.listing(road.connection) if item.code == CODE
    }
    for one in unknown:
        if not one.told:
            is_registered = road.stores.settlements.get(road.connection, one.settlement_id) is not None
            partition = one.settlement_id if is_registered else one.name
            wanted.setdefault(partition, []).append(_finding(road, one, is_registered))
    for partition, findings in wanted.items():
        road.stores.review.sync(road.connection, partition, findings, {CODE}, road.run, actions=ACTIONS[CODE])


def _finding(road: Road, one: Listed, is_registered: bool) -> Finding:
    found = one.found
    blocks = is_registered and _waits_to_be_posted(road, one.settlement_id)
    own = "and was given up here" if one.own else "and nothing here has sent it"
    names = f"names settlement {one.settlement_id}" if one.settlement_id else "names no settlement"
    sentence = (
        f"The ERP holds {found.erp_id} under our source (status {found.erp_status}, dated "
        f"{found.accounting_date.isoformat()}, debits {_amount(found)} {found.currency}): it {names}, {own}."
    )
    if blocks:
        sentence += " That settlement is not posted yet, and nothing of it is sent beside this document."
    details = {
        "currency": found.currency,
        "date": found.accounting_date.isoformat(),
        "status": found.erp_status,
        "settlement": one.settlement_id,
    }
    return Finding(
        CODE, sentence, _CURE, origin=found.erp_id, amount=_debits(found), is_blocking=blocks, details=details
    )


def _waits_to_be_posted(road: Road, settlement_id: str) -> bool:
    """Tell whether a settlement of ours is still to be posted; before go-live others have booked it."""
    if placed(road)[settlement_id].is_before_go_live:
        return False
    return all(one.state in UNSENT for one in documents_of(road, settlement_id))


def _result(road: Road, since: date, listed: Sequence[Listed], unknown: Sequence[Listed]) -> StageResult:
    waiting = [one for one in unknown if not one.told]
    counted = f"{len(waiting)} document{' under our source is' if len(waiting) == 1 else 's under our source are'}"
    sentence = (
        f"{counted} unknown here: {', '.join(x.found.erp_id for x in waiting[:5])}."
        if waiting
        else f"All {len(listed)} documents under our source since {since.isoformat()} are known here."
    )
    verdict = Verdict(CHECK, not waiting, sentence, is_blocking=False, rows=tuple(map(_row, unknown)))
    facts = {
        "documents under our source": len(listed),
        "dated since": since.isoformat(),
        "unknown": len(unknown),
        "of these waiting for a person": len(waiting),
    }
    return StageResult(facts, tuple(map(_row, listed)), len(listed), (verdict,))


def _row(one: Listed) -> Row:
    return {
        "ERP document": one.found.erp_id,
        "date": one.found.accounting_date.isoformat(),
        "status": one.found.erp_status,
        "debits": _amount(one.found),
        "currency": one.found.currency,
        "settlement": one.settlement_id,
        "known here": f"given up: {one.told}" if one.own and one.is_unknown else _known(one),
    }


def line(row: Row) -> tuple[str, str]:
    """Return a row as a name and a text, for where a table hides behind a click."""
    names = f"names settlement {row['settlement']}" if row["settlement"] else "names no settlement"
    return row["ERP document"], f"status {row['status']}, debits {row['debits']} {row['currency']}, {names}"


def _known(one: Listed) -> str:
    return str(one.own.state) if one.own else one.told or "no"


def _amount(found: FoundDocument) -> str:
    return format(_debits(found), "f")


def _debits(found: FoundDocument) -> Decimal:
    """Return the debits with the decimals of their currency; what is not of one currency of ours stands as it is."""
    try:
        return money.exact(found.debits, found.currency)
    except InputRefused:
        return found.debits
