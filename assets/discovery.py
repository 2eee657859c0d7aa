"""Discovery as people see it: what keeps it from the marketplace is a review item until it comes through again.

In: a road and the discovery that is to be made. Out: what it found. What passes by itself (throttling, a marketplace
that does not answer) opens nothing until it has lasted for hours; a revoked grant or a missing secret does at once,
because no new settlement arrives.
"""

from collections.abc import Callable

from assets.settlement_reports import Discovery
from assets.stages import outages
from assets.stages.outcome import PASSING, align
from assets.stages.resumption import sentence_of
from assets.stages.roadmap import Road
from ledger.errors import ConnectorError, Finding

PARTITION = "discovery"
CODE = "discovery_failed"


def told(road: Road, discover: Callable[[Road], Discovery]) -> Discovery:
    """Make a discovery; a failure that stays or lasts for hours is an item until one comes through."""
    try:
        found = discover(road)
    except ConnectorError as error:
        if isinstance(error, PASSING):
            _note_outage(road, sentence_of(error))
        else:
            _tell(road, sentence_of(error))
        raise
    if found.interrupted:
        _note_outage(road, found.interrupted)
        return found
    outages.is_over(road, PARTITION)
    align(road, PARTITION, (), {CODE})
    return found


def _note_outage(road: Road, sentence: str) -> None:
    since = outages.lasts_since(road, PARTITION, sentence)
    if since is not None:
        _tell(road, sentence, outages.since_words(since))


def _tell(road: Road, reason: str, since: str = "") -> None:
    sentence = f"Settlements of {road.connection} cannot be looked for{since}: {reason}"
    cure = "Correct what the sentence names; the next discovery tries again, and this item ends with it."
    align(road, PARTITION, (Finding("discovery_failed", sentence, cure, origin=road.connection),), frozenset())
