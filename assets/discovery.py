"""Discovery as people see it: what keeps it from the marketplace is a review item until it comes through again.

In: a road and the discovery that is to be made. Out: what it found. What passes by itself (throttling, a marketplace
that does not answer) opens nothing; a revoked grant or a missing secret does, because no new settlement arrives.
"""

from collections.abc import Callable

from assets.settlement_reports import Discovery
from assets.stages.outcome import PASSING, align
from assets.stages.resumption import sentence_of
from assets.stages.roadmap import Road
from ledger.errors import ConnectorError, Finding

PARTITION = "discovery"
CODE = "discovery_failed"


def told(road: Road, discover: Callable[[Road], Discovery]) -> Discovery:
    """Make a discovery; open an item when it fails for a reason that stays, end it when it comes through."""
    try:
        found = discover(road)
    except ConnectorError as error:
        if not isinstance(error, PASSING):
            sentence = f"Settlements of {road.connection} cannot be looked for: {sentence_of(error)}"
            cure = "Correct what the sentence names; the next discovery tries again, and this item ends with it."
            align(road, PARTITION, (Finding("discovery_failed", sentence, cure, origin=road.connection),), frozenset())
        raise
    if not found.interrupted:
        align(road, PARTITION, (), {CODE})
    return found
