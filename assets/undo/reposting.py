"""Post again what was reversed: only by a person's word, kept as a decision on that very revision.

In: a reversed settlement and who wants it back. Out: a decision in the review queue that lets the road make the next
revision, of unchanged content too. What the earlier revision left in the books must still be undone there.
"""

from collections.abc import Iterable, Iterator, Sequence

from assets.bank.cash_sources import cash_sets
from assets.posting.document_sets import (
    Undoing,
    called,
    documents_named_in,
    invoice_of_memo,
    is_withheld,
    settlement_source,
    source_named,
    undoing_of,
)
from assets.review.decisions import resolve
from assets.review.hands import decisions
from assets.settlements.series import placed
from assets.settlements.settlement_books import CARRIES
from assets.stages.commands import deciding
from assets.stages.outcome import ACTIONS
from assets.stages.roadmap import Road
from assets.stages.verdicts import Verdict
from assets.undo.reversals import require_undoable
from assets.undo.undoing import withheld_code, withheld_finding, withheld_name, withheld_origin
from ledger.errors import DoneAlready, Finding, InputRefused, NeverUndone, UnderWayAlready
from ledger.four_eyes import Decider
from ledger.journal import SourceKey
from ledger.order_adjustments import is_made_up_for
from ledger.order_documents import CREDIT_MEMO
from ledger.posting import MAY_EXIST, PostingState
from ledger.reversal import reversal_source
from ledger.series import Place
from resources.erp.target import BooksState
from resources.store.outbox import OutboxDocument
from resources.store.review import ReviewItem

REPOST = "repost"
_UNDER_WAY = MAY_EXIST - {PostingState.POSTED, PostingState.REVIEW} | {PostingState.PLANNED, PostingState.APPROVED}


def origins_first(road: Road, settlement_ids: Iterable[str]) -> list[str]:
    """Return settlements in the order in which they are posted again: what an item is carried from comes first."""
    order = {one: number for number, one in enumerate(placed(road))}
    return sorted(dict.fromkeys(settlement_ids), key=lambda one: order.get(one, -1))


def require_reversed(road: Road, settlement_id: str, together: frozenset[str] = frozenset()) -> Undoing:
    """Return the reversal of a settlement's newest revision; raise InputRefused unless it may be posted again.

    DoneAlready says that it is posted again, NeverUndone that it stands as it was posted first, UnderWayAlready that
    its next revision is on its way. Where only a cash entry of it is reversed, that reversal is returned. `together`
    are the settlements that are posted again by the same wish.
    """
    require_undoable(road, settlement_id)
    documents = road.stores.outbox.documents(source_named(road, settlement_id))
    cash = reversed_cash(road, settlement_id)
    if cash and documents and all(one.state is PostingState.POSTED for one in documents):
        return cash[0]
    undoing = require_undone(road, called(settlement_id), settlement_id, documents)
    place = placed(road).get(settlement_id)  # an accrual has none, and carries nothing in
    missing = [one for one in reversed_origins(road, place) if one not in together] if place else []
    if missing:
        raise InputRefused(
            f"{called(settlement_id)} carries in the open item of {', '.join(missing)}, which is reversed: post "
            f"them again together: {deciding('repost', road.connection, *missing, settlement_id)}"
        )
    return undoing


def require_undone(road: Road, what: str, name: str, documents: Sequence[OutboxDocument]) -> Undoing:
    """Return the reversal of a revision that is done.

    Raises without it: UnderWayAlready and DoneAlready for what is being posted again, or is, NeverUndone for what
    stands as it was posted first, InputRefused for what is not in the books.
    """
    undoing = undoing_of(road, documents)
    if undoing is not None and undoing.is_done:
        return undoing
    states = ", ".join(f"part {one.part} {one.state}" for one in documents) or "no journal was ever planned"
    if documents and documents[0].revision > 1 and any(one.state in _UNDER_WAY for one in documents):
        raise UnderWayAlready(f"{what} of {road.connection} is being posted again: {states}.")
    is_posted = bool(documents) and all(one.state is PostingState.POSTED for one in documents)
    if is_posted and was_undone(road, documents) and not (undoing is not None and undoing.is_wanted):
        by = ", ".join(one.erp_id for one in documents if one.erp_id)
        raise DoneAlready(f"{what} of {road.connection} is posted again already, by {by}.")
    raise (NeverUndone if is_posted else InputRefused)(
        f"{what} of {road.connection} is not reversed, so it is not posted again: {states}. "
        f"Reverse it first: {deciding('reverse', road.connection, name)}"
    )


def was_undone(road: Road, newest: Sequence[OutboxDocument]) -> bool:
    """Tell whether an earlier revision of these documents was reversed."""
    numbers = range(1, newest[0].revision if newest else 1)
    earlier = (one for number in numbers for one in road.stores.outbox.documents(newest[0].source, number))
    return any(one.state is PostingState.REVERSED for one in earlier)


def repost(
    road: Road, settlement_id: str, decider: Decider, reason: str, together: frozenset[str] = frozenset()
) -> ReviewItem:
    """Keep a person's word that a reversed settlement is to be posted again; the settlement is asked for with it.

    Return the item: ended, or still open with what is proposed where a second person has to confirm it. Raises
    InputRefused as `require_reversed` does, NeedsAnotherPerson for the one who proposed it.
    """
    undoing = require_reversed(road, settlement_id, together)
    # A receipt that was undone with its settlement is wanted again with it.
    for cash in reversed_cash(road, settlement_id):
        if cash.source != undoing.source:
            keep_wish(road, settlement_id, cash, decider, reason)
    return keep_wish(road, settlement_id, undoing, decider, reason)


def keep_wish(road: Road, partition: str, undoing: Undoing, decider: Decider, reason: str) -> ReviewItem:
    """Keep a person's word that what this reversal undid is to be posted again; its partition is asked for with it."""
    return resolve(road, _item(road, partition, undoing), REPOST, decider, reason)


def reversed_cash(road: Road, settlement_id: str) -> list[Undoing]:
    """Return the reversals of the cash entries of a settlement that are not in the books any more."""
    found = (undoing_of(road, one) for one in cash_sets(road, settlement_id))
    return [one for one in found if one is not None and one.is_done]


def _item(road: Road, settlement_id: str, undoing: Undoing) -> ReviewItem:
    """Return the open item of a reversed settlement as it stands; a new one where it was ended before."""
    sentence = f"{withheld_name(settlement_id, undoing)} is reversed and not in the books."
    finding = withheld_finding(settlement_id, undoing, sentence)
    for item in road.stores.review.listing(road.connection, partition=settlement_id):
        if (item.code, item.origin) == (finding.code, finding.origin):
            return item
    actions = ACTIONS[finding.code]
    number = road.stores.review.open(road.connection, settlement_id, finding, actions=actions, run=road.run)
    opened = road.stores.review.get(number)
    assert opened is not None, "an item that was just opened"
    return opened


def is_wanted_again(road: Road, settlement_id: str, known: Sequence[OutboxDocument]) -> bool:
    """Tell whether a person wants this reversed revision posted again, of a settlement or of its cash entry.

    A credit memo is wanted again with the invoice that it was undone with; not one that made up for a difference, which
    the invoice holds when it is billed again.
    """
    if not known or not is_withheld(known) or is_made_up_for(known[0].source):
        return False
    if known[0].source.kind == CREDIT_MEMO:
        invoice = invoice_of_memo(road, known[0])
        return invoice is not None and is_wanted_again(road, invoice.partition, [invoice])
    origin, code = withheld_origin(known[0].source, known[0].revision), withheld_code(known[0].source)
    return any(item.origin == origin for item in decisions(road, settlement_id, frozenset({code}), REPOST))


def reversed_origins(road: Road, place: Place) -> list[str]:
    """Return the settlements whose open items a settlement carries in and that are reversed."""
    origins = {one.from_settlement_id for one in place.carried if one.kind in CARRIES and one.from_settlement_id}
    return [one for one in sorted(origins) if _is_reversed(road, one)]


def undoing_sources(road: Road, place: Place) -> list[SourceKey]:
    """Return the sources under which the settlements whose open items are carried in would be undone."""
    origins = {one.from_settlement_id for one in place.carried if one.kind in CARRIES and one.from_settlement_id}
    posted = (road.stores.outbox.documents(settlement_source(road, one)) for one in sorted(origins))
    return [reversal_source(one[0].source, one[0].revision) for one in posted if one]


def carried_verdict(road: Road, place: Place) -> Iterator[Verdict]:
    """Hold what carries in the open item of a settlement that is reversed: there is no such item to close."""
    missing = reversed_origins(road, place)
    if missing:
        sentence = f"It carries in the open item of {', '.join(missing)}, which is reversed: nothing is sent."
        cure = f"Post that again first: {deciding('repost', road.connection, *missing)}"
        finding = Finding("carried_item_reversed", sentence, cure, origin=" ".join(missing))
        yield Verdict("carried_items_stand", False, sentence, findings=(finding,))


def undone_verdict(road: Road, source: SourceKey) -> Iterator[Verdict]:
    """Hold a new revision while what undid an earlier one does not stand in the ERP's books."""
    newest = road.stores.outbox.documents(source)
    for number in range(1, newest[0].revision + 1 if newest else 1):
        undoing = undoing_of(road, road.stores.outbox.documents(source, number))
        undone = [] if undoing is None else [one for one in undoing.documents if one.state is PostingState.POSTED]
        memos = documents_named_in(road, (key for one in undone for key in one.journal.takes_along))
        sent = [one for one in undone if not one.journal.is_on_record]
        sets = [of_set for of_set in (sent, *([one] for one in memos)) if of_set]
        shown = [one for of_set in sets for one in road.target.find([each.journal for each in of_set]).found]
        seen = {one.key_matches: one for one in shown}
        for one in (*sent, *memos):
            found = seen.get(one.key)
            if found is None or found.state is not BooksState.POSTED:
                where = f"status {found.erp_status}" if found else "not to be seen"
                sentence = f"{one.erp_id}, which undid an earlier revision, is not posted in the ERP ({where})."
                cure = "Nothing is sent. Materialize reconciliations, resolve what it finds, then this with `retry`."
                yield Verdict("undone", False, sentence, findings=(Finding("reversal_of_nothing", sentence, cure),))


def _is_reversed(road: Road, settlement_id: str) -> bool:
    """Tell whether a settlement is undone, or on its way there."""
    documents = road.stores.outbox.documents(settlement_source(road, settlement_id))
    undoing = undoing_of(road, documents)
    return is_withheld(documents) or (undoing is not None and undoing.is_under_way)
