"""How `connector audit show` tells a story: lines for an auditor, one document for machines.

In: the stories behind a name. Out: heading, rows of an order, and event after event with who, when, run, journal and
exchange. Bodies of exchanges are shown only when asked for; they were redacted before they were kept.
"""

from typing import TYPE_CHECKING

from connector_defs.cli import output
from connector_defs.cli.outbox import row_of
from ledger.errors import StoreError

if TYPE_CHECKING:
    from assets.audit.story import Stories, Story, Told
    from assets.sales.order_rows import OrderRow
    from resources.store.audit import AuditEvent
    from resources.store.exchanges import RecordedExchange
    from resources.store.stores import Stores

_MOVEMENT_COLUMNS = ("row", "labels", "amount", "category", "debit", "credit", "journal")


def show(stores: "Stores", stories: "Stories", *, exchanges: bool, bodies: bool) -> None:
    """Print the stories for a person."""
    for story in stories.stories:
        output.print_facts(_heading(stories, story))
        if story.rows:
            output.print_table(_order_table(story.rows), _MOVEMENT_COLUMNS, title=f"Rows of order {stories.asked}")
        for told in story.told:
            _show_event(stores, told, exchanges=exchanges, bodies=bodies)
        output.say("")


def as_document(stores: "Stores", stories: "Stories", *, bodies: bool) -> dict[str, object]:
    """Return everything as plain values; `events` are those of all stories together."""
    told = [_story_document(stores, one, bodies=bodies) for one in stories.stories]
    # Events of the whole connection stand in the story of each settlement.
    events = {event["hash"]: event for one in told for event in one["events"]}
    return {
        "asked": stories.asked,
        "kind": stories.kind,
        "connection": stories.stories[0].connection,
        "settlement_id": ", ".join(one.settlement_id for one in stories.stories),
        "stories": [{name: value for name, value in one.items() if name != "events"} for one in told],
        "events": sorted(events.values(), key=lambda event: (event["at"], event["sequence"])),
    }


def _heading(stories: "Stories", story: "Story") -> dict[str, object]:
    from assets.stages.day_names import day_of_name

    facts = story.record.facts if story.record else {}
    day = day_of_name(story.settlement_id)
    documents = [
        f"{one.erp_id or f'part {one.part}'} (revision {one.revision}, {one.state})" for one in story.documents
    ]
    heading = {
        stories.kind: stories.asked,
        "documents of" if day else "settlement": day[1].isoformat() if day else story.settlement_id,
        "connection": story.connection,
        "period": f"{facts['start'][:10]} to {facts['end'][:10]}" if facts else "",
        "total": f"{facts['total_amount']} {facts['currency']}" if facts else "",
        "raw document": story.record.document_sha if story.record else "",
        "documents" if day else "journals": ", ".join(documents),
    }
    return {name: value for name, value in heading.items() if value}


def _order_table(rows: "tuple[OrderRow, ...]") -> list[dict[str, object]]:
    """Return one line per movement; a row that is not mapped stands alone."""
    table = []
    for row in rows:
        said = {"row": str(row.row), "labels": " / ".join(row.labels), "amount": row.amount}
        table += [
            {
                **said,
                "category": one.category,
                "debit": _account(one.debit, one.debit_reference),
                "credit": _account(one.credit, one.credit_reference),
                "journal": ", ".join(one.documents),
            }
            for one in row.movements
        ] or [{**said, "category": "not mapped"}]
    return table


def _account(account: str, reference: str) -> str:
    return f"{account} [{reference}]" if reference else account


def _show_event(stores: "Stores", told: "Told", *, exchanges: bool, bodies: bool) -> None:
    event = told.event
    who = [f"by {event.person}" if event.person else "", f"run {event.run}" if event.run else ""]
    if told.exchange is not None:
        who.append(f"exchange {told.exchange.id} {_exchange_words(told.exchange)}{_before(event)}")
    output.say(f"{output.utc_text(event.at)}  #{event.sequence}  {told.sentence}")
    said = "; ".join(word for word in who if word)
    if said:
        output.say(f"{'':22}{said}")
    if told.exchange is not None and (exchanges or bodies):
        _show_exchange(stores, told.exchange, bodies=bodies)


def _before(event: "AuditEvent") -> str:
    """Say on which other exchanges it was decided: documents of one set are looked for together, by several reads."""
    numbers = event.facts.get("details", {}).get("exchanges", [])
    others = [one for one in numbers if one != event.exchange]
    return f", the last of {len(numbers)}: {', '.join(others)} before it" if others else ""


def _exchange_words(exchange: "RecordedExchange") -> str:
    outcome = exchange.error or f"status {exchange.status}"
    # What has no name of its own is named by method and path; the method is said once.
    operation = exchange.operation.removeprefix(f"{exchange.method} ")
    return f"({exchange.method} {operation}, {outcome})"


def _show_exchange(stores: "Stores", exchange: "RecordedExchange", *, bodies: bool) -> None:
    output.say(f"{'':22}{exchange.url}, {output.utc_text(exchange.started_at)}, attempt {exchange.attempt}")
    for name in ("request", "response"):
        sha256 = getattr(exchange, f"{name}_document")
        output.say(f"{'':22}{name}: {f'document {sha256}' if sha256 else 'no body'}")
        if bodies and sha256:
            output.say(_body(stores, sha256))


def _body(stores: "Stores", sha256: str) -> str:
    """Return a redacted body as text; one that is gone is said to be."""
    try:
        return stores.documents.read_bytes(sha256).decode("utf-8", "replace")
    except StoreError as error:
        return str(error)


def _story_document(stores: "Stores", story: "Story", *, bodies: bool) -> dict[str, object]:
    return {
        "settlement_id": story.settlement_id,
        "registered": story.record,
        "documents": [row_of(one) for one in story.documents],
        "order_rows": list(story.rows),
        "reviews": stores.review.listing(story.connection, state=None, partition=story.settlement_id),
        "events": [_event_document(stores, one, bodies=bodies) for one in story.told],
    }


def _event_document(stores: "Stores", told: "Told", *, bodies: bool) -> dict[str, object]:
    event = told.event
    return {
        "sequence": event.sequence,
        "at": event.at,
        "kind": event.kind,
        "sentence": told.sentence,
        "person": event.person,
        "run": event.run,
        "document": event.document_key,
        "erp_id": told.document,
        "exchange": _exchange_document(stores, told.exchange, bodies=bodies) if told.exchange else event.exchange,
        "facts": event.facts,
        "hash": event.hash,
    }


def _exchange_document(stores: "Stores", exchange: "RecordedExchange", *, bodies: bool) -> dict[str, object]:
    plain = dict(vars(exchange))
    if bodies:
        for name in ("request", "response"):
            sha256 = plain[f"{name}_document"]
            plain[f"{name}_body"] = _body(stores, sha256) if sha256 else ""
    return plain
