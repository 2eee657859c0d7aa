"""The story of one settlement, order or document, in the order in which it happened.

In: what a person asks for by any of its names. Out: who did what when, each with its run, journal and the exchange it
was decided on; what the settlement is, where its journals stand; for an order its rows and what they became. Everything
is read from the stores: no marketplace and no ERP is asked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from assets.audit.event_words import sentence_of_event
from assets.posting.document_sets import ORDER_KINDS, order_kind
from assets.sales.order_rows import OrderRow, name_of, order_rows, settlements_of_order
from ledger.errors import InputRefused
from ledger.policy import Policy
from resources.store.audit import AuditEvent
from resources.store.exchanges import RecordedExchange
from resources.store.outbox import OutboxDocument
from resources.store.settlements import SettlementRecord
from resources.store.stores import Stores

_PAGE = 1000
_DOCUMENTS_MAX = 1_000_000
_REFUND_ID_LENGTH_MAX = 200
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
# Events of the whole connection that bear on every settlement under way at that moment.
_OF_THE_CONNECTION = frozenset({"configuration_changed", "configuration_confirmed", "restored"})


@dataclass(frozen=True)
class Told:
    """One event in words, with the journal and the exchange it is about."""

    event: AuditEvent
    sentence: str
    document: str
    exchange: RecordedExchange | None


@dataclass(frozen=True)
class Story:
    """What became of one settlement; narrowed to one document or one order where that was asked for."""

    connection: str
    settlement_id: str
    record: SettlementRecord | None
    documents: tuple[OutboxDocument, ...]
    told: tuple[Told, ...]
    rows: tuple[OrderRow, ...] = ()


@dataclass(frozen=True)
class Stories:
    """The answer: what kind of name was given, and one story per settlement it leads to."""

    asked: str
    kind: str
    stories: tuple[Story, ...] = field(default_factory=tuple)


def tell(stores: Stores, connection: str, asked: str, policy: Policy | None = None) -> Stories:
    """Return the stories behind a settlement id, order id, refund id, posting key, journal id or key of the ERP.

    Raises InputRefused, naming what was looked for, when nothing of this connection has that name.
    """
    name = asked.strip()
    if _is_settlement(stores, connection, name):
        return Stories(name, "settlement", (_story(stores, connection, name),))
    documents = documents_named(stores, connection, name)
    if documents:
        partitions = dict.fromkeys(one.partition for one in documents)
        keys = frozenset(one.key for one in documents)
        return Stories(name, "document", tuple(_story(stores, connection, one, keys) for one in partitions))
    billed = _invoices_of_order(stores, connection, name)
    found = settlements_of_order(stores, connection, name)
    if billed or found:
        settled = (_story_of_order(stores, connection, one, policy, name, rows) for one, rows in found.items())
        return Stories(name, "order", (*billed, *settled))
    refunded = _credits_of_refund(stores, connection, name)
    if refunded:
        return Stories(name, "refund", refunded)
    raise InputRefused(
        f"Nothing of {connection} is called {name[:80]!r}. It was looked for as a settlement, as a document by posting "
        "key, journal id and natural key of the ERP, as an order in every staged settlement, and as a refund that has "
        "a credit memo."
    )


def events_of(stores: Stores, connection: str, partition: str | None = None) -> Iterator[AuditEvent]:
    """Yield the events of a connection or of one partition in order."""
    after = 0
    while True:
        page = stores.audit.events(connection, partition=partition, after=after, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].sequence


def _is_settlement(stores: Stores, connection: str, name: str) -> bool:
    if not _PLAIN_ID.fullmatch(name):
        return False
    return bool(stores.settlements.get(connection, name) or stores.audit.events(connection, partition=name, limit=1))


def documents_named(stores: Stores, connection: str, name: str) -> list[OutboxDocument]:
    """Return the documents with this posting key, natural key, or one word of it that no other kind of name has."""
    document = stores.outbox.document(name)
    if document is not None:
        return [document] if document.connection == connection else []
    known = stores.outbox.listing(connection, limit=_DOCUMENTS_MAX, erp_name=name) if name else []
    # A unit and a date are words of many keys, and name none of them.
    return [one for one in known if name not in (one.journal.unit, one.journal.accounting_date.isoformat())]


def _invoices_of_order(stores: Stores, connection: str, order_id: str) -> tuple[Story, ...]:
    """Return the stories of the invoices of an order, one for each day they were made of."""
    if not _PLAIN_ID.fullmatch(order_id):
        return ()
    listed = stores.outbox.listing(connection, belongs_to=order_id, limit=_DOCUMENTS_MAX)
    listed = [one for one in listed if order_kind(one.source)]
    keys = frozenset(one.key for one in listed)
    return tuple(_story(stores, connection, one, keys) for one in dict.fromkeys(one.partition for one in listed))


def _credits_of_refund(stores: Stores, connection: str, refund_id: str) -> tuple[Story, ...]:
    """Return the stories of the credit memos that were made for a refund, one for each day they were made of."""
    if not refund_id or len(refund_id) > _REFUND_ID_LENGTH_MAX:
        return ()
    listed = stores.outbox.listing(connection, refund_id=refund_id, limit=_DOCUMENTS_MAX)
    keys = frozenset(one.key for one in listed if one.journal.billing and one.journal.billing.refund_id == refund_id)
    partitions = dict.fromkeys(one.partition for one in listed if one.key in keys)
    return tuple(_story(stores, connection, one, keys) for one in partitions)


def _story(stores: Stores, connection: str, partition: str, only: frozenset[str] = frozenset()) -> Story:
    """Return the story of a settlement; `only` narrows it to what concerns some of its documents."""
    listed = stores.outbox.listing(connection, partition=partition, limit=_DOCUMENTS_MAX)
    documents = sorted(listed, key=lambda one: (one.source.kind, one.revision, one.part))
    names = {one.key: (called(one), name_of(one)) for one in documents}
    events = [one for one in events_of(stores, connection, partition) if not only or one.document_key in only]
    events = sorted([*events, *_around(stores, connection, events)], key=lambda one: one.sequence)
    told = tuple(_told(stores, one, names) for one in events)
    chosen = tuple(one for one in documents if not only or one.key in only)
    return Story(connection, partition, stores.settlements.get(connection, partition), chosen, told)


def _around(stores: Stores, connection: str, events: list[AuditEvent]) -> list[AuditEvent]:
    """Return what happened to the whole connection between the first and the last event."""
    if not events:
        return []
    first, last = events[0].sequence, events[-1].sequence
    return [
        one
        for one in events_of(stores, connection, "")
        if first < one.sequence < last and one.kind in _OF_THE_CONNECTION
    ]


def called(document: OutboxDocument) -> str:
    """Return what a document is called in a sentence."""
    if document.source.kind in ORDER_KINDS:
        return document.source.kind.replace("_", " ")
    form = document.journal.form
    return form if form in ("receipt", "item") else "journal"


def _told(stores: Stores, event: AuditEvent, names: dict[str, tuple[str, str]]) -> Told:
    kind, document = names.get(event.document_key, ("", ""))
    exchange = stores.exchanges.get(event.exchange) if event.exchange else None
    return Told(event, sentence_of_event(event.kind, event.facts, f"{kind} {document}".strip()), document, exchange)


def _story_of_order(
    stores: Stores, connection: str, settlement_id: str, policy: Policy | None, order_id: str, rows: list[dict]
) -> Story:
    """Return the story of a settlement with the rows of one order in it."""
    story = _story(stores, connection, settlement_id)
    newest = max((one.revision for one in story.documents if one.source.kind == "settlement"), default=0)
    documents = [one for one in story.documents if one.revision == newest and one.source.kind == "settlement"]
    assert story.record is not None, "what is staged was registered before"
    found = order_rows(stores, story.record, policy, order_id, rows, documents)
    return Story(connection, settlement_id, story.record, story.documents, story.told, tuple(found))
