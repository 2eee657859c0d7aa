"""Who had a hand in what is posted, and whose word counts for it.

In: documents that are planned or approved. Out: who planned them, who wanted them posted once more, who changed the
files they are made with; and whether a person with no hand in them has approved that very set.
"""

from collections.abc import Iterator, Sequence

from assets.posting.document_sets import invoice_of_memo
from assets.posting.findings import BY_DAY_REVERSED_CODES, CASH_REVERSED_CODE, REFUSED_CODES, REVERSED_CODE
from assets.stages.roadmap import Road
from ledger.four_eyes import Decider, Hand, NeedsAnotherPerson, require_another
from ledger.order_documents import CREDIT_MEMO
from resources.store.audit import AuditEvent
from resources.store.outbox import OutboxDocument
from resources.store.review import ReviewItem


def decisions(road: Road, settlement_id: str, codes: frozenset[str], resolution: str) -> Iterator[ReviewItem]:
    """Yield what people decided on findings of these codes in this way."""
    for code in sorted(codes):
        for item in road.stores.review.decisions(road.connection, settlement_id, code):
            if item.resolution == resolution:
                yield item


def planners(road: Road, documents: Sequence[OutboxDocument]) -> Iterator[Hand]:
    """Yield who planned the sets of these documents."""
    for source, revision in sorted({(one.source, one.revision) for one in documents}, key=str):
        person = road.stores.outbox.planned_by(source, revision)
        if person:
            yield Hand(person, "planned these journals")


def hands_of(road: Road, person: str, did: str) -> Iterator[Hand]:
    """Yield the hand of a person, and of whoever made the key that signs under this name."""
    yield Hand(person, did)
    for signer in road.stores.people.listing():
        if signer.name == person:
            yield Hand(signer.added_by, f"made the key of {person}, who {did}")


def askers_of(road: Road, documents: Sequence[OutboxDocument]) -> Iterator[Hand]:
    """Yield who wanted these documents posted once more: a credit memo with its invoice, whatever day that is kept."""
    invoices = (invoice_of_memo(road, one) for one in documents if one.source.kind == CREDIT_MEMO)
    for partition in dict.fromkeys(one.partition for one in (*documents, *invoices) if one is not None):
        yield from askers(road, partition)


def askers(road: Road, settlement_id: str) -> Iterator[Hand]:
    """Yield who said last that a reversed or refused settlement is to be posted once more, whoever's run planned it."""
    wishes = ((one, "repost") for one in (REVERSED_CODE, CASH_REVERSED_CODE))
    # Of a day each document is wanted again by itself, perhaps by another person.
    for item in decisions(road, settlement_id, BY_DAY_REVERSED_CODES, "repost"):
        yield from hands_of(road, item.person, "wanted it posted once more")
    for code, action in (*wishes, *((one, "retry") for one in sorted(REFUSED_CODES))):
        for item in list(decisions(road, settlement_id, frozenset({code}), action))[-1:]:
            yield from hands_of(road, item.person, "wanted it posted once more")


def has_word(road: Road, document: OutboxDocument) -> bool:
    """Tell whether a person with no hand in it approved the very set that a document belongs to.

    Asked where it is sent, by the settings that count there: whoever approved may have gone by other ones.
    """
    hands = [*planners(road, [document]), *askers_of(road, [document]), *_changers(road, document)]
    events = road.stores.audit.events(road.connection, document_key=document.key)
    return any(_counts(one, document, hands) for one in events if one.kind == "document_approved")


def _changers(road: Road, document: OutboxDocument) -> Iterator[Hand]:
    """Yield who changed the files that a set was made with, where nobody else has approved anything made with them."""
    planned_at = road.stores.outbox.planned_at(document.source, document.revision)
    for change in road.stores.configuration.unconfirmed(road.connection):
        if planned_at is not None and change.seen_at <= planned_at:
            yield from (Hand(person, f"changed {change.name}") for person in sorted(change.hands))


def _counts(word: AuditEvent, document: OutboxDocument, hands: Sequence[Hand]) -> bool:
    details = word.facts.get("details", {})
    if details.get("set_fingerprint") != document.set_fingerprint:
        return False
    by = Decider(word.person, details.get("vouched_by", ""), signature=details.get("sig", ""))
    try:
        require_another(by, hands, "")
    except NeedsAnotherPerson:
        return False
    return True
