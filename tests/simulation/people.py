"""What people do when the trouble is over, by a fixed script: put the ERP right, then end what waits for them.

In: the trouble of one seed after all faults have ended. Out: whether anything was left to do. The script is what the
guides tell a person to do for each code of the review queue; a code it does not know stays open, with its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.review.decisions import resolve
from ledger.four_eyes import Decider
from resources.store.review import ReviewItem
from tests.simulation.doors import acting
from tests.simulation.world import CONNECTION

if TYPE_CHECKING:
    from tests.simulation.trouble import Trouble

# What a person answers, by the code of the item; all others are looked at again where that is offered.
ANSWERS = {
    "changed_after_posting": "keep",
    "posting_error": "recheck",
    "posting_unclear": "recheck",
    "posting_unknown_document": "recheck",
    "posting_other_content": "recheck",
    "books_differ": "accept",
    "document_refused": "dismiss",
}

# Answers that the next discovery acts on.
_ENDED_BY_DISCOVERY = ("file_refused", "document_refused", "settlement_elsewhere")


def put_right(trouble: Trouble) -> bool:
    """Do one round of the script; tell whether anything was done."""
    world = trouble.world
    done = world.erp.put_right()
    if trouble.puts_mapping_back:
        trouble.puts_mapping_back, world.mapping = False, world.mapped()
        done.append("the mapping file is put back")
    done += _answered(trouble)
    for sentence in done:
        trouble.tell(f"people: {sentence}")
    return bool(done)


def _answered(trouble: Trouble) -> list[str]:
    """Answer every open item that has an answer."""
    done, world = [], trouble.world
    with acting(None):
        items = world.stores.review.listing(CONNECTION)
    for item in items:
        answer = world.erp.answer(item.code, item.document_key) or {**ANSWERS, **world.erp.answers}.get(
            item.code, "retry"
        )
        if answer in item.actions and _is_resolved(trouble, item, answer):
            trouble.schedule.has_discovered &= item.code not in _ENDED_BY_DISCOVERY
            done.append(f"{item.code} of {item.partition}: {answer}")
    return done


def _is_resolved(trouble: Trouble, item: ReviewItem, answer: str) -> bool:
    """Resolve an item; what stands no more in the ERP is given up as the command does, which looks there first."""
    if answer != "deleted":
        with acting(None):
            trouble.world.stores.review.resolve(item.id, answer, "controller", "as the guide says")
        return True
    ended: list[ReviewItem] = []
    decider = Decider("controller")
    trouble.schedule.run(
        f"{item.code} of {item.partition}: deleted",
        lambda road: ended.append(resolve(road, item, answer, decider, "as the guide says")),
    )
    return bool(ended)
