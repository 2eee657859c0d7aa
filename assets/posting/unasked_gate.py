"""A gate that cannot be asked: what is unsent is held, and people are told where that does not pass by itself.

In: what the ERP said instead, and the documents of a set of which something is under way or posted. Out: a verdict that
holds what is unsent. Wrong credentials are told at once. An outage passes, until it has lasted as long as a document
may stay unclear: a set that stands half in the books is not left so without a word.
"""

from collections.abc import Sequence
from datetime import timedelta

from assets.posting.findings import finding, named
from assets.stages.roadmap import Road
from assets.stages.verdicts import Verdict
from ledger.errors import Finding, TargetError, TargetMisconfigured
from ledger.posting import PostingState
from resources.store.outbox import OutboxDocument

UNANSWERED_CODE = "gate_unanswered"
_WAITS_FOR_THE_GATE = (PostingState.PLANNED, PostingState.APPROVED)


def unasked(road: Road, error: TargetError, documents: Sequence[OutboxDocument], check: str = "gate") -> Verdict:
    """Hold what is unsent of some documents, for an ERP does not answer what the gate asks."""
    sentence = f"The gate cannot be asked, so nothing is sent: {error}"
    held = next((one for one in documents if one.state in _WAITS_FOR_THE_GATE), None)
    told = _told(road, error, held, sentence) if held is not None else ()
    return Verdict(check, False, sentence, is_waiting=True, findings=told)


def _told(road: Road, error: TargetError, held: OutboxDocument, sentence: str) -> tuple[Finding, ...]:
    if isinstance(error, TargetMisconfigured):
        return (finding("target_misconfigured", held, sentence, "Correct it; the next run goes on by itself."),)
    if road.clock.now() - held.changed_at <= timedelta(seconds=road.desk.patience.blind):
        return ()
    said = f"{named(held)} waits since {held.changed_at:%Y-%m-%d %H:%M} UTC, other parts may stand in the books. "
    cure = "See that the ERP answers the connector; it is asked again by itself."
    return (finding(UNANSWERED_CODE, held, f"{said}{sentence}", cure),)
