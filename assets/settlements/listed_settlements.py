"""The settlements of a period, each in exactly one class: posted, held, before go-live, or nothing to post.

In: a road and a month. Out: every settlement of which a day lies in that month (in the ledger's time zone), or that has
a document dated in it; with what stands in the books, and for what is held the reason. Nobody is asked: all is read
from the stores.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from assets.bank.cash_sources import cash_sets
from assets.journals import planned_journals
from assets.posting.document_sets import IN_BOOKS, ever_in_books, revisions_of, settlement_source, undoing_of
from assets.settlements.series import placed
from assets.stages.roadmap import Road
from ledger import money
from ledger.accrual import KIND as ACCRUAL_KIND
from ledger.cash import KIND as CASH_KIND
from ledger.cost_documents import KIND as COST_KIND
from ledger.cost_returns import KIND as COST_RETURN_KIND
from ledger.errors import ConnectorError, InputRefused
from ledger.input_tax import KIND as INPUT_TAX_KIND
from ledger.item_documents import KIND as ITEM_KIND
from ledger.journal import SourceKey
from ledger.order_documents import KINDS as ORDER_KINDS
from ledger.posting import PostingState
from ledger.references import reference
from ledger.reversal import KIND as REVERSAL_KIND
from ledger.reversal import undone_by
from resources.store.outbox import OutboxDocument
from resources.store.settlements import SettlementRecord

_DOCUMENTS_MAX = 1_000_000
# What is dated in a period by itself, whatever settlements lie in it.
OF_ORDERS = frozenset({*ORDER_KINDS, COST_KIND, COST_RETURN_KIND})
_BESIDE = OF_ORDERS | {CASH_KIND, ACCRUAL_KIND, INPUT_TAX_KIND, ITEM_KIND}
_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class Standing(StrEnum):
    """What became of a settlement; each is in one of these."""

    POSTED = "posted"
    HELD = "held"
    BEFORE_GO_LIVE = "before go-live"
    NOTHING_TO_POST = "nothing to post"


@dataclass(frozen=True)
class Listed:
    """One settlement; `cleared` is what its documents in the books moved on its own clearing item."""

    record: SettlementRecord
    standing: Standing
    reason: str
    documents: tuple[OutboxDocument, ...]
    total: Decimal
    cleared: Decimal

    @property
    def currency(self) -> str:
        """Return the settlement's currency."""
        return self.record.facts["currency"]


@dataclass(frozen=True)
class Period:
    """One month, in a ledger's time zone."""

    name: str
    first: date
    last: date

    @classmethod
    def of(cls, text: str) -> "Period":
        """Return the period of a text such as 2026-10; raise InputRefused for another."""
        found = _PERIOD.fullmatch(text)
        if found is None:
            raise InputRefused(f"{text[:20]!r} is no period. Write year and month, for example 2026-10.")
        first = date(int(found[1]), int(found[2]), 1)
        following = (first + timedelta(days=31)).replace(day=1)
        return cls(text, first, following - timedelta(days=1))

    def holds(self, day: date) -> bool:
        """Tell whether a day lies in it."""
        return self.first <= day <= self.last

    def touches(self, record: SettlementRecord, road: Road) -> bool:
        """Tell whether a day of a settlement lies in it; the moment of the end is not part of the settlement."""
        start, end = days_of(record, road)
        return start <= self.last and end >= self.first


def days_of(record: SettlementRecord, road: Road) -> tuple[date, date]:
    """Return the first and the last day of a settlement in the ledger's time zone."""
    start, end = (datetime.fromisoformat(record.facts[name]) for name in ("start", "end"))
    last = max(start, end - timedelta(microseconds=1))
    return start.astimezone(road.policy.zone).date(), last.astimezone(road.policy.zone).date()


def listed_settlements(road: Road, period: Period) -> list[Listed]:
    """Return the settlements of a period, oldest first."""
    places = placed(road)
    dated = {one.partition for one in _dated_in(road, period)}
    records = road.stores.settlements.all(road.connection)
    chosen = [one for one in records if one.settlement_id in dated or period.touches(one, road)]
    ordered = sorted(chosen, key=lambda one: (one.facts["start"], one.settlement_id))
    return [_listed(road, one, places[one.settlement_id].is_before_go_live) for one in ordered]


def beside_settlements(road: Road, period: Period, listed: list[Listed]) -> list[OutboxDocument]:
    """Return the cash entries of a period's settlements, and what is dated in it beside them, with what undid it.

    That is cash entries, accruals, the invoices, credit memos and costs of orders, claims of input tax and items.
    """
    sets = (newest for one in listed for newest in cash_sets(road, one.record.settlement_id))
    found = [one for newest in sets for one in _all_documents(road, newest)]
    found += [one for one in _dated_in(road, period) if kind_of(one.source) in _BESIDE]
    return sorted({one.key: one for one in found}.values(), key=lambda one: (one.journal.accounting_date, one.key))


def strays_of(road: Road, period: Period, listed: list[Listed], beside: list[OutboxDocument]) -> list[OutboxDocument]:
    """Return documents dated in the period that belong to none of its settlements and are not beside them either."""
    known = {one.key for each in listed for one in each.documents} | {one.key for one in beside}
    return [one for one in _dated_in(road, period) if one.key not in known]


def kind_of(source: SourceKey) -> str:
    """Return what a document is, or undoes."""
    return undone_by(source).kind if source.kind == REVERSAL_KIND else source.kind


def _dated_in(road: Road, period: Period) -> list[OutboxDocument]:
    """Return the documents that are in the books under a date of the period, reversals and earlier revisions too."""
    states = [*IN_BOOKS, PostingState.REVIEW, PostingState.IMPORTING, PostingState.SENT]
    found = road.stores.outbox.listing(road.connection, states=states, limit=_DOCUMENTS_MAX)
    return [one for one in found if period.holds(one.journal.accounting_date)]


def _listed(road: Road, record: SettlementRecord, is_before: bool) -> Listed:
    newest = road.stores.outbox.documents(settlement_source(road, record.settlement_id))
    standing, reason = _standing(road, record, newest, is_before)
    currency = record.facts["currency"]
    return Listed(
        record=record,
        standing=standing,
        reason=reason,
        documents=tuple(_all_documents(road, newest)),
        total=money.exact(record.facts["total_amount"], currency),
        cleared=_cleared(record, ever_in_books(road, newest), currency),
    )


def _all_documents(road: Road, newest: list[OutboxDocument]) -> list[OutboxDocument]:
    """Return the documents of all revisions, each revision followed by what undid it."""
    if not newest:
        return []
    found: list[OutboxDocument] = []
    revisions = revisions_of(road, newest[0].source)
    for number in dict.fromkeys(one.revision for one in revisions):
        originals = [one for one in revisions if one.revision == number]
        undoing = undoing_of(road, originals)
        found += [*originals, *(revisions_of(road, undoing.source) if undoing else ())]
    return found


def _standing(
    road: Road, record: SettlementRecord, newest: list[OutboxDocument], is_before: bool
) -> tuple[Standing, str]:
    states = {one.state for one in newest}
    if is_before and not states & IN_BOOKS:
        return Standing.BEFORE_GO_LIVE, "in the books by hand"
    if states == {PostingState.POSTED}:
        return Standing.POSTED, ""
    if not newest and _has_nothing(road, record.settlement_id):
        return Standing.NOTHING_TO_POST, "no amount other than zero"
    return Standing.HELD, _reason(road, record.settlement_id, newest)


def _has_nothing(road: Road, settlement_id: str) -> bool:
    try:
        return not planned_journals(road, settlement_id).journals.journals
    except ConnectorError:
        return False


def _reason(road: Road, settlement_id: str, newest: list[OutboxDocument]) -> str:
    """Say why a settlement is not posted whole: what waits for a person first, then its documents."""
    items = road.stores.review.listing(road.connection, partition=settlement_id)
    said = [f"review item {one.id} ({one.code}): {one.sentence}" for one in items]
    said += [f"part {one.part} {one.state}: {one.reason}" for one in newest if one.state is not PostingState.POSTED]
    return " ".join(said) or "nobody has taken it down the road to the end yet"


def _cleared(record: SettlementRecord, in_books: list[OutboxDocument], currency: str) -> Decimal:
    """Return what stands on the settlement's own open item: lines with its reference, debit positive."""
    own = reference(record.settlement_id)
    lines = (line for one in in_books for line in one.journal.lines if line.reference == own)
    return money.total((line.amount for line in lines), currency)
