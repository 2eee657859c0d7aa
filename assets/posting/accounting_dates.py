"""On which day documents are booked when their period is closed: the connection's policy, asked of the ERP.

In: documents that are wanted and what is known of their source. Out: the same documents, moved where the policy or a
person's `move` says so. What may be in the ERP keeps its date whatever the periods say by now.
"""

from collections.abc import Sequence
from dataclasses import replace

from assets.month_end.accrued_months import after_accrued, outside_accrued
from assets.posting.document_sets import DEAD, may_exist
from assets.stages.roadmap import Road
from ledger.errors import Finding
from ledger.journal import JournalSet, SourceKey
from ledger.periods import as_known, in_open_periods
from resources.store.outbox import OutboxDocument

CLOSED_CODE = "period_closed"
MOVE = "move"
_CURES = {
    "hold": "Open the period, or set closed_period to next_open or ask.",
    "next_open": "Open it or a later one: no open period was found within two years, or something may be in the ERP "
    "already, and that keeps its date.",
    "ask": "Open the period and resolve this item with `retry`; or resolve it with `move`: it is then booked on the "
    "first open day after it, and marked as late.",
}


def settled_dates(road: Road, wanted: JournalSet, known: Sequence[OutboxDocument]) -> JournalSet:
    """Return the documents on the dates they are booked on.

    What is planned or may be in the ERP stands. Everything else leaves a month that has its accrual, and a closed one
    by the policy. Raises TargetError when the ERP has to be asked and cannot be.
    """
    standing = as_known(wanted, [one.journal for one in known if one.state not in DEAD])
    if may_exist(known):
        return standing
    standing = outside_accrued(road, standing)
    if not _moves(road, wanted.source, known[0].partition if known else wanted.source.belongs_to):
        return standing
    unaccrued = after_accrued(road, wanted)
    return in_open_periods(standing, lambda unit, day: road.target.open_day(unit, unaccrued(unit, day)))


def after_accruals(road: Road, wanted: JournalSet, known: Sequence[OutboxDocument]) -> JournalSet:
    """Return the document of an order out of months that have their accrual; what is planned or sent keeps its date."""
    standing = as_known(wanted, [one.journal for one in known if one.state not in DEAD])
    return standing if may_exist(known) else outside_accrued(road, standing)


def is_closed_meanwhile(road: Road, wanted: JournalSet) -> bool:
    """Tell whether a document lies in a period that has been closed, where the policy does something about it."""
    if road.policy.closed_period == "hold":
        return False
    return in_open_periods(wanted, road.target.open_day) != wanted


def told(road: Road, finding: Finding, source: SourceKey) -> Finding:
    """Return a finding about a closed period with the policy's cure, and whose documents it is about."""
    if finding.code != CLOSED_CODE:
        return finding
    details = {**finding.details, "source": source.source_id, "kind": source.kind}
    return replace(finding, cure=_CURES[road.policy.closed_period], details=details)


def _moves(road: Road, source: SourceKey, partition: str) -> bool:
    """Tell whether these documents may be moved: always, or because a person said so of this very source."""
    if road.policy.closed_period != "ask":
        return road.policy.closed_period == "next_open"
    decisions = road.stores.review.decisions(road.connection, partition, CLOSED_CODE)
    return any(one.resolution == MOVE and _is_about(one.details, source) for one in decisions)


def _is_about(details: dict, source: SourceKey) -> bool:
    """Tell whether a decision is about these documents; older items do not say of which kind they are."""
    return (details.get("source"), details.get("kind", source.kind)) == (source.source_id, source.kind)
