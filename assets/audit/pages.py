"""The pages of an auditor's pack, each a table of plain values made from what the stores hold.

In: the settlements of a period. Out: rows per page: settlements, reports, documents, decisions, approvals, files that
changed, and the trail itself. Moments are UTC; amounts are decimals, so that every format writes them exactly.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

from assets.audit.event_words import sentence_of_event
from assets.audit.story import events_of
from assets.posting.document_sets import IN_BOOKS
from assets.sales.opening_orders import standings
from assets.sales.order_rows import name_of
from assets.settlements.listed_settlements import OF_ORDERS, Listed, Period, Standing, days_of, kind_of
from assets.stages.roadmap import Road
from ledger import money
from ledger.journal import Journal
from ledger.references import reference
from resources.store.audit import AuditEvent
from resources.store.outbox import OutboxDocument

Row = dict[str, object]
_STAGED = ("settlement_lines", "mapped_lines", "journals")
_BY_PERSONS = frozenset(
    {"document_approved", "document_refused", "document_redated", "configuration_confirmed", "reversal_asked"}
)


def settlement_rows(road: Road, listed: list[Listed], period: Period) -> Iterator[Row]:
    """Yield every settlement with what is staged and what became of it."""
    for one in listed:
        facts, (start, end) = one.record.facts, days_of(one.record, road)
        yield {
            "settlement": one.record.settlement_id,
            "marketplaces": ", ".join(facts["marketplaces"]),
            "first day": start,
            "last day": end,
            "whole in period": period.holds(start) and period.holds(end),
            "currency": one.currency,
            "total": one.total,
            "listed by Amazon as": ", ".join(one.record.report_ids),
            "came by": one.record.source,
            "raw document": one.record.document_sha,
            "rows in file": facts["lines"],
            **_staged(road, one.record.settlement_id),
            "standing": str(one.standing),
            "reason": one.reason,
            "on clearing item": one.cleared,
            "open item": reference(one.record.settlement_id),
            "documents": len(one.documents),
        }


def _staged(road: Road, settlement_id: str) -> Row:
    """Return rows and content of each staged table as it counts now."""
    row: Row = {}
    for table in _STAGED:
        version = road.stores.warehouse.current(road.connection, table, settlement_id)
        words = table.replace("_", " ")
        row[f"{words}: rows"] = version.rows if version else None
        row[f"{words}: SHA-256"] = version.sha256 if version else ""
    return row


def report_rows(road: Road, listed: list[Listed], period: Period) -> Iterator[Row]:
    """Yield what discovery saw: the reports of these settlements, and those of which none came since the period began.

    Which period the latter are of nobody knows, for nothing was registered from them.
    """
    wanted = {one.record.settlement_id for one in listed}
    held = {item.partition: item for item in road.stores.review.listing(road.connection, state=None)}
    for seen in road.stores.settlements.reports(road.connection):
        is_late = not seen.settlement_id and seen.recorded_at.astimezone(road.policy.zone).date() >= period.first
        if seen.settlement_id not in wanted and not is_late:
            continue
        item = held.get(f"report-{seen.report_id}")
        outcome = "registered" if seen.settlement_id else "no settlement came of it"
        yield {
            "report": seen.report_id,
            "document at Amazon": seen.report_document_id,
            "seen at": _moment(seen.recorded_at),
            "settlement": seen.settlement_id,
            "outcome": outcome,
            "why": item.sentence if item else "",
        }


def document_rows(
    road: Road, listed: list[Listed], beside: list[OutboxDocument], events: list[AuditEvent], period: Period
) -> Iterator[Row]:
    """Yield every document of these settlements and beside them, with its control totals and the moments of its way.

    What is beside them belongs to a settlement (a receipt), to an accrual by its name, or to an order.
    """
    moments = _moments(events)
    own = ((one.record.settlement_id, document) for one in listed for document in one.documents)
    for name, document in (*own, *((_belongs_to(one), one) for one in beside)):
        yield _document_row(road, name, document, moments, period)


def _belongs_to(document: OutboxDocument) -> str:
    """Return what a document beside the settlements is of."""
    if kind_of(document.source) not in OF_ORDERS:
        return document.partition
    return f"order {document.source.belongs_to}"


def _document_row(
    road: Road, name: str, document: OutboxDocument, moments: dict[tuple[str, str], str], period: Period
) -> Row:
    journal = document.journal
    return {
        "settlement": name,
        "kind": document.source.kind,
        "revision": document.revision,
        "part": f"{document.part} of {document.parts}",
        "ERP document": document.erp_id or "",
        "unit": journal.unit,
        "accounting date": journal.accounting_date,
        "in period": period.holds(journal.accounting_date),
        "belongs to": journal.original_period,
        "currency": journal.currency,
        "lines": len(journal.lines),
        "debits": journal.debits,
        "credits": journal.credits,
        "on clearing item": _on_item(name, document),
        "state": str(document.state),
        "reason": document.reason,
        "sends": document.attempts,
        **{f"{step} at": moments.get((document.key, step), "") for step in ("planned", "approved", "sent")},
        "posted at": moments.get((document.key, "posted"), ""),
        "planned by": road.stores.outbox.planned_by(document.source, document.revision),
        "mapping": document.mapping_hash,
        "fingerprint": document.fingerprint,
        "fingerprint of the set": document.set_fingerprint,
        "posting key": document.key,
    }


def _moments(events: Iterable[AuditEvent]) -> dict[tuple[str, str], str]:
    """Return when each document came to each state, the last time counting."""
    return {
        (one.document_key, one.kind.removeprefix("document_")): _moment(one.at)
        for one in events
        if one.kind.startswith("document_")
    }


def _on_item(settlement_id: str, document: OutboxDocument) -> Decimal:
    """Return what a document moves on its settlement's clearing item; one of an order moves none."""
    own = "" if kind_of(document.source) in OF_ORDERS else reference(settlement_id)
    if not own:
        return money.exact(0, document.journal.currency)
    amounts = (line.amount for line in document.journal.lines if line.reference == own)
    return money.total(amounts, document.journal.currency)


def decision_rows(road: Road, listed: list[Listed], period: Period) -> Iterator[Row]:
    """Yield every review item of these settlements: what held money, and how it ended, by whom and why.

    Items of no settlement (a report that was refused, a document nobody knows) count from the beginning of the period.
    """
    wanted = {one.record.settlement_id for one in listed}
    registered = {one.settlement_id for one in road.stores.settlements.all(road.connection)}
    for item in road.stores.review.listing(road.connection, state=None):
        is_late = item.opened_at.astimezone(road.policy.zone).date() >= period.first
        if item.partition in wanted or (item.partition not in registered and is_late):
            yield {
                "item": item.id,
                "settlement": item.partition,
                "code": item.code,
                "sentence": item.sentence,
                "amount": item.amount,
                "holds money": item.is_blocking,
                "opened at": _moment(item.opened_at),
                "state": item.state,
                "decided with": item.resolution,
                "person": item.person,
                "reason": item.resolution_reason,
                "ended at": _moment(item.ended_at) if item.ended_at else "",
                "proposed by": item.proposed_by,
                "proposed": item.proposed_action,
                "why proposed": item.proposed_reason,
                "origin": item.origin,
            }


def opening_rows(road: Road) -> Iterator[Row]:
    """Yield every order listed as shipped before go-live with what became of it, whenever that was."""
    for one in standings(road.stores, road.connection, road.policy, road.load_opening_orders()):
        yield one.row()


def approval_rows(events: list[AuditEvent], listed: list[Listed], beside: list[OutboxDocument]) -> Iterator[Row]:
    """Yield what persons and connections let pass or turned down, and what persons wanted undone."""
    names = _names(listed, beside)
    for event in events:
        if event.kind in _BY_PERSONS:
            yield {
                "event": event.sequence,
                "at": _moment(event.at),
                "settlement": event.partition,
                "ERP document": names.get(event.document_key, ""),
                "what": event.kind.replace("_", " "),
                "by": event.person,
                "why": str(event.facts.get("reason") or event.facts.get("changes") or ""),
            }


def change_rows(road: Road, period: Period) -> Iterator[Row]:
    """Yield every content of the connection's files that a run has used, and whose hand it was."""
    for change in road.stores.configuration.changes(road.connection):
        yield {
            "change": change.id,
            "file": change.name,
            "kind": change.kind,
            "since": _moment(change.seen_at),
            "in period": period.holds(change.seen_at.astimezone(road.policy.zone).date()),
            "owner": change.owner,
            "first used by": change.person,
            "confirmed by": change.confirmed_by,
            "SHA-256": change.sha256,
            "before": change.previous_sha256,
        }


def trail_rows(events: list[AuditEvent], listed: list[Listed], beside: list[OutboxDocument]) -> Iterator[Row]:
    """Yield the events of these settlements, beside them and of the whole connection, in words, with their hashes."""
    names = _names(listed, beside)
    for event in events:
        called = names.get(event.document_key, "")
        yield {
            "event": event.sequence,
            "at": _moment(event.at),
            "settlement": event.partition,
            "what": sentence_of_event(event.kind, event.facts, f"journal {called}" if called else ""),
            "person": event.person,
            "run": event.run,
            "exchange": event.exchange,
            "hash": event.hash,
        }


def events_for(road: Road, listed: list[Listed], beside: list[OutboxDocument]) -> list[AuditEvent]:
    """Return the events of these settlements, of what is beside them, and of the whole connection, in order."""
    wanted = {one.record.settlement_id for one in listed} | {one.partition for one in beside} | {""}
    return [one for one in events_of(road.stores, road.connection) if one.partition in wanted]


def total_rows(
    listed: list[Listed], beside: list[OutboxDocument], strays: list[OutboxDocument], period: Period
) -> Iterator[Row]:
    """Yield per currency that what is listed is what was posted, held, left alone and empty together.

    `beside` are receipts and accruals; `strays` documents of the period that belong to nothing: there should be none.
    """
    currencies = {one.currency for one in listed} | {one.journal.currency for one in (*beside, *strays)}
    for currency in sorted(currencies):
        mine = [one for one in listed if one.currency == currency]
        row: Row = {"currency": currency, "listed": len(mine), "listed amount": _sum(one.total for one in mine)}
        left, left_amount = len(mine), _sum(one.total for one in mine)
        for standing in Standing:
            chosen = [one for one in mine if one.standing is standing]
            amount = _sum(one.total for one in chosen)
            row |= {str(standing): len(chosen), f"{standing} amount": amount}
            left, left_amount = left - len(chosen), left_amount - amount
        yield {
            **row,
            "left over": left,
            "left over amount": left_amount,
            **_in_books(mine, beside, currency, strays, period),
        }


def _in_books(
    mine: list[Listed], beside: list[OutboxDocument], currency: str, strays: list[OutboxDocument], period: Period
) -> Row:
    """Return what the documents in the books come to, and whether they clear what was posted.

    What was reversed stands in the ERP's books beside what undid it; what is dated in the period ties to its ledger.
    """
    posted = [one for one in mine if one.standing is Standing.POSTED]
    of_settlements = [each for one in mine for each in one.documents]
    of_currency = [one for one in beside if one.journal.currency == currency]
    journals = [one.journal for one in (*of_settlements, *of_currency) if one.state in IN_BOOKS]
    cleared = _sum(one.cleared for one in posted)
    dated = [one for one in journals if period.holds(one.accounting_date)]
    return {
        **_control_totals("documents in the books", journals),
        **_control_totals("dated in the period", dated),
        "on clearing items of posted": cleared,
        "posted less clearing": _sum(one.total for one in posted) - cleared,
        "documents without settlement": sum(one.journal.currency == currency for one in strays),
    }


def _control_totals(name: str, journals: list[Journal]) -> Row:
    return {
        name: len(journals),
        f"{name}, debits": _sum(one.debits for one in journals),
        f"{name}, credits": _sum(one.credits for one in journals),
    }


def _names(listed: list[Listed], beside: list[OutboxDocument]) -> dict[str, str]:
    documents = (*(document for one in listed for document in one.documents), *beside)
    return {document.key: name_of(document) for document in documents}


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
