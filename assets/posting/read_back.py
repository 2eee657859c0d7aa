"""Posted documents looked after: read back every day while their period is young, and found right again by themselves.

In: the documents of a settlement. Out: a due row for tomorrow's quiet hours, as long as a document's date lies in an
open accounting period or in the last closed one; and documents back at posted that a person took out of the books and
put back. Nothing is ever sent from here.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assets.posting.desk import decided_on
from assets.posting.findings import named, review_code
from assets.stages.resumption import READ_BACK_KIND
from assets.stages.roadmap import Road
from ledger.errors import TargetError
from ledger.posting import PostingState
from resources.erp.target import BooksState, FoundDocument, Sightings
from resources.store.outbox import OutboxDocument

# The ledger's night, before its own batches begin in most houses and after they have ended in the others.
QUIET_FROM, QUIET_SECONDS = time(2), 3 * 3600
# Periods that nobody ever closes do not mean reading for ever.
DAYS_MAX = 400
_REASON = "read back every day while its accounting period is open or the last closed one"


def ask_next(road: Road, settlement_id: str, documents: Sequence[OutboxDocument]) -> None:
    """Ask for the next read-back of a settlement, as long as one of its documents is young enough."""
    watched = [one for one in documents if is_watched(one)]
    if any(is_young(road, one.journal.unit, one.journal.accounting_date) for one in watched):
        at = next_quiet_moment(road, settlement_id)
        road.stores.due.ask(road.connection, READ_BACK_KIND, settlement_id, at, _REASON)


def is_watched(document: OutboxDocument) -> bool:
    """Tell whether a document was posted, and is or was in the books: only such a one can change there."""
    return document.state is PostingState.POSTED or is_taken_out(document)


def is_taken_out(document: OutboxDocument) -> bool:
    """Tell whether a document is in review because a person took it out of the books."""
    return document.state is PostingState.REVIEW and review_code(document) == "posting_removed"


def is_young(road: Road, unit: str, day: date) -> bool:
    """Tell whether a date lies in an open period or in the last closed one, as the ERP says; else by calendar month."""
    today = ledger_today(road)
    if (today - day).days > DAYS_MAX:
        return False
    try:
        opened = road.target.open_day(unit, day)
    except TargetError:
        return months_between(day, today) <= 1
    return opened is not None and months_between(day, opened) <= 1


def next_quiet_moment(road: Road, name: str) -> datetime:
    """Return a moment of the ledger's next night; each name has its own, so that not all come at once."""
    zone = ZoneInfo(road.policy.time_zone)
    digest = hashlib.sha256(f"{road.connection}:{name}".encode()).digest()
    seconds = int.from_bytes(digest[:4], "big") % QUIET_SECONDS
    night = datetime.combine(ledger_today(road) + timedelta(days=1), QUIET_FROM, zone)
    return (night + timedelta(seconds=seconds)).astimezone(UTC)


def ledger_today(road: Road) -> date:
    """Return the date it is in the ledger's time zone."""
    return road.clock.now().astimezone(ZoneInfo(road.policy.time_zone)).date()


def months_between(earlier: date, later: date) -> int:
    """Return how many calendar months lie between two dates: 0 within one month, 1 for the next."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def put_right(road: Road, documents: list[OutboxDocument]) -> list[OutboxDocument]:
    """Take documents back to posted that the books show posted again; what differs in them is told line by line."""
    gone = [one for one in documents if is_taken_out(one)]
    if not gone:
        return documents
    decided_on()  # what was asked before says nothing about these documents
    sightings = road.target.find([one.journal for one in documents])
    seen = {one.key_matches: one for one in sightings.found if one.state is BooksState.POSTED}
    told = {"lease": None, "run": road.run, "person": road.person, **decided_on()}
    back = {
        one.key: road.stores.outbox.step(one.key, PostingState.POSTED, "posted again in the ERP", **told)
        for one in gone
        if one.key in seen
    }
    return [back.get(one.key, one) for one in documents]


def taken_out(
    sightings: Sightings, documents: Sequence[OutboxDocument]
) -> list[tuple[OutboxDocument, FoundDocument | None]]:
    """Return posted documents that are not posted any more, each with what is left of it in the ERP."""
    seen = {one.key_matches: one for one in sightings.found if one.key_matches}
    gone: list[tuple[OutboxDocument, FoundDocument | None]] = []
    for document in documents:
        found = seen.get(document.key)
        if found is None and sightings.is_certain:
            gone.append((document, None))
        elif found is not None and found.state is not BooksState.POSTED:
            gone.append((document, found))
    return gone


def beside(sightings: Sightings, document: OutboxDocument) -> str:
    """Say which other documents of the ERP repeat or reverse a document, or nothing."""
    words = []
    for found in sightings.found:
        if found.state is BooksState.REMOVED or document.key not in (found.repeats, found.reverses):
            continue
        name = f"{found.erp_id} (status {found.erp_status})"
        if found.reverses == document.key:
            words.append(f"{name} holds the lines of {named(document)} with opposite signs: a person reversed it.")
        else:
            words.append(f"{name} holds the very lines of {named(document)}: a copy, or it was moved to another date.")
    return " ".join(words)
