"""Send what is new of one day in as few calls as the target takes it in; what it takes alone is left alone.

In: sets that are stored as intent, of one document each. Out: where those rest that were looked at here and go no
further in this run. Whether documents go together, and how many, only the target knows; a document that was under way
when a worker died is asked for first, and goes with the others where it is provably absent.
"""

from collections.abc import Sequence
from dataclasses import replace

from assets.posting.desk import Driven
from assets.posting.protocol import drive
from assets.posting.sending import send_together
from assets.posting.sets import Taken
from assets.stages.roadmap import Road
from ledger.posting import PostingState
from resources.erp.target import CollectingTarget
from resources.store.outbox import OutboxDocument

_LOST = frozenset({PostingState.SENDING, PostingState.UNCLEAR})
# What of a source may still go with others: nothing of it is known to be in the ERP.
MAY_GO = frozenset({PostingState.PLANNED, PostingState.APPROVED}) | _LOST


def takes_several(road: Road) -> bool:
    """Tell whether the target takes several documents in one call at all."""
    return isinstance(road.target, CollectingTarget)


def send_what_goes_together(road: Road, taken: Sequence[Taken]) -> dict[str, Driven]:
    """Send the documents that the target takes together; return those that rest, by their key.

    Raises LeaseLost when this worker was replaced meanwhile.
    """
    target = road.target
    if not isinstance(target, CollectingTarget):
        return {}
    free = [one for of_set in taken if not of_set.is_held for one in of_set.documents]
    approved = [one for one in free if one.state is PostingState.APPROVED]
    lost = [one for one in free if one.state in _LOST]
    if not target.batches([one.journal for one in (*approved, *lost)]):
        return {}
    resting: dict[str, Driven] = {}
    for one in lost:
        # Not sent from here: alone it would go by itself, and there may be many of them.
        driven = drive(replace(road.desk, may_send=False), one.key, [one.journal])
        if driven.document.state is PostingState.APPROVED and driven.finding is None and driven.again_at is None:
            approved.append(driven.document)
        else:
            resting[one.key] = driven
    wanted = [(one.key, of_set.wanted) for of_set in taken for one in of_set.documents]
    beside = {key: (of_set.unless_begun, of_set.other_names) for key, of_set in wanted}
    by_key: dict[str, OutboxDocument] = {one.key: one for one in approved}
    for batch in target.batches([one.journal for one in approved]):
        resting |= send_together(road.desk, target, [by_key[one.key] for one in batch], beside)
    return resting
