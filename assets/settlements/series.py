"""Where each settlement stands among its sisters, from the heads alone.

Discovery keeps the head of every settlement (period, total, reserve and carry rows), so the place of one is found
without opening the lines of another. Pure rules are in ledger/series.py; this brings the heads to them.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from assets.stages.roadmap import Road
from ledger import money
from ledger.combination import Context
from ledger.policy import Policy
from ledger.series import CarryRow, Place, SettlementHead, place
from resources.store.review import ReviewItem
from resources.store.settlements import SettlementRecord
from resources.store.stores import Stores

GAP_CODE = "series_gap"
RESERVE_CODE = "reserve_chain"
CHOICE_CODES = ("series_ambiguous", "debt_chain", "transfer_origin")
_ROW = re.compile(r"(\d+) row (\d+)")


def head_of(record: SettlementRecord) -> SettlementHead:
    """Return the head of one registered settlement."""
    facts = record.facts
    currency = facts["currency"]
    return SettlementHead(
        settlement_id=record.settlement_id,
        marketplace=Context(currency, tuple(facts["marketplaces"])).selling_marketplace or "",
        currency=currency,
        start=datetime.fromisoformat(facts["start"]),
        end=datetime.fromisoformat(facts["end"]),
        total=money.exact(facts["total_amount"], currency),
        carries=tuple(CarryRow(text, money.exact(amount, currency), row) for text, amount, row in facts["carries"]),
    )


def heads_of(road: Road) -> list[SettlementHead]:
    """Return the heads of all settlements of the connection."""
    return _heads(road.stores, road.connection)


def _heads(stores: Stores, connection: str) -> list[SettlementHead]:
    return [head_of(record) for record in stores.settlements.all(connection)]


def placed(road: Road) -> dict[str, Place]:
    """Return the place of every settlement, with gaps that a person accepted and choices that a person made."""
    return places_in(road.stores, road.connection, road.policy)


def places_in(stores: Stores, connection: str, policy: Policy) -> dict[str, Place]:
    """Return the same for those who have no road."""
    # One look at the queue: every stage asks for places.
    decided = stores.review.decisions(connection, None, GAP_CODE, RESERVE_CODE, *CHOICE_CODES)
    accepted = {
        item.partition: item.resolution_reason
        for item in decided
        if item.code == GAP_CODE and item.resolution == "accept"
    }
    places = place(_heads(stores, connection), policy, accepted, dict(_choices(decided)))
    return {settlement_id: _as_accepted(settlement_id, one, decided) for settlement_id, one in places.items()}


def _as_accepted(settlement_id: str, found: Place, decided: list[ReviewItem]) -> Place:
    """Return a place whose broken reserve chain a person has accepted: shown on, not held any more."""
    if all(finding.code != RESERVE_CODE for finding in found.findings):
        return found
    reasons = {
        item.sentence: item.resolution_reason
        for item in decided
        if (item.code, item.partition, item.resolution) == (RESERVE_CODE, settlement_id, "accept")
    }
    findings = tuple(
        replace(finding, sentence=f"{finding.sentence} Accepted: {reasons[finding.sentence]}", is_blocking=False)
        if finding.sentence in reasons
        else finding
        for finding in found.findings
    )
    return replace(found, findings=findings)


def _choices(decided: list[ReviewItem]) -> Iterator[tuple[str, str]]:
    """Yield what a person chose: the settlement named first in the reason, for a settlement or one of its rows."""
    for item in decided:
        if item.code in CHOICE_CODES and item.resolution == "choose":
            row = _ROW.fullmatch(item.origin)
            chosen = item.resolution_reason.split(":")[0].strip()
            yield (f"{row[1]}:{row[2]}" if row else item.partition), chosen
