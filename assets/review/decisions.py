"""A person's decision on a review item: carried out, then kept; by two persons where it changes what is posted.

In: an item, an action it takes, who decides and why. Out: the item, ended; or still open with the proposal, where the
connection says `approval: required` and nobody has proposed the same before. Whoever proposed it, planned the journals
or changed the files they are made with does not confirm it.
"""

import re
from collections.abc import Iterator

from assets.erp_documents import CODE as UNKNOWN_CODE
from assets.erp_documents import FAILED_CODE as LISTING_FAILED
from assets.erp_documents import ask_for_listing
from assets.posting.document_sets import newest_documents
from assets.posting.findings import APPROVAL_CODES, REVERSAL_REFUSED_CODE
from assets.posting.protocol import give_up
from assets.proofs.payout_checks import VANISHED
from assets.review.approval import approve, reject
from assets.review.hands import hands_of, planners
from assets.review.takeover import ACTION as TAKE_OVER
from assets.review.takeover import CODE as UNKNOWN_HERE
from assets.review.takeover import plan_takeover, take_over
from assets.stages.configuration import unconfirmed_hands
from assets.stages.roadmap import Road
from assets.undo.reversals import give_up_reversal, require_may_be_given_up
from ledger.bank_matching import UNCLEAR, UNEXPLAINED
from ledger.errors import InputRefused
from ledger.four_eyes import Decider, Hand, require_another
from ledger.posting import PostingState
from resources.store.review import OPEN, ReviewItem

# What a decision of these kinds says ends up in the books, or keeps something out of them. `repost` is not among them:
# it only plans journals, which another person approves.
CHANGES_WHAT_IS_POSTED = frozenset({"accept", "choose", "keep", "move", "deleted"})


def needs_second_person(road: Road, item: ReviewItem, action: str) -> bool:
    """Tell whether one person alone may not decide this; a line or payout put aside is a receipt that is not booked."""
    is_of_receipt = item.code in (UNCLEAR, UNEXPLAINED, VANISHED)
    leaves_money_out = action == "dismiss" and is_of_receipt and road.policy.bank_receipt == "connector"
    return road.policy.approval == "required" and (action in CHANGES_WHAT_IS_POSTED or leaves_money_out)


def resolve(road: Road, item: ReviewItem, action: str, decider: Decider, reason: str) -> ReviewItem:
    """Decide on an item; return it as it stands then: ended, or open with what is proposed.

    Raises InputRefused for an ended item or an action it does not take, NeedsAnotherPerson for somebody who had a hand
    in what would be confirmed, TargetError while the ERP does not show what `deleted` says, InputRefused where what it
    holds is not what was planned.
    """
    _require_takes(item, action)
    _require_choice(action, reason)
    if item.code in APPROVAL_CODES:
        return _decided_on_plan(road, item, action, decider, reason)
    if _takes_over(item, action):
        plan_takeover(road, item)
    if _gives_reversal_up(item, action):
        require_may_be_given_up(road, item)
    facts = decider.facts()
    if not needs_second_person(road, item, action):
        _carry_out(road, item, action, decider.name, reason)
        return road.stores.review.resolve(item.id, action, decider.name, reason, road.run, facts)
    if item.proposed_action != action or not _says_the_same(item, action, reason):
        return road.stores.review.propose(item.id, action, decider.name, reason, road.run, facts)
    require_another(decider, _hands(road, item), f"Review item {item.id} of {item.connection}")
    # The first words decide for `choose`, so the proposal's reason comes first.
    both = f"{item.proposed_reason} (proposed by {item.proposed_by}; confirmed: {reason})"
    _carry_out(road, item, action, decider.name, both)
    facts |= {"proposed_by": item.proposed_by}
    return road.stores.review.resolve(item.id, action, decider.name, both, road.run, facts)


def _decided_on_plan(road: Road, item: ReviewItem, action: str, decider: Decider, reason: str) -> ReviewItem:
    """Approve or reject what an item waits for, as the commands of these names do: both end the item."""
    if action == "approve":
        approve(road, item.partition, decider, reason, item.origin)
    else:
        reject(road, item.partition, decider, reason)
    ended = road.stores.review.get(item.id)
    assert ended is not None, "items are never deleted"
    return ended


def _hands(road: Road, item: ReviewItem) -> Iterator[Hand]:
    yield from hands_of(road, item.proposed_by, f"proposed `{item.proposed_action}`")
    yield from planners(road, newest_documents(road, item.partition) if item.partition else [])
    yield from unconfirmed_hands(road)


def _says_the_same(item: ReviewItem, action: str, reason: str) -> bool:
    """Tell whether two persons chose the same settlement; other actions say all by their name."""
    return action != "choose" or chosen(item.proposed_reason) == chosen(reason)


def chosen(reason: str) -> str:
    """Return the settlement that a reason for `choose` begins with: `24758260539: its reserve fits`."""
    return reason.split(":")[0].strip()


def _carry_out(road: Road, item: ReviewItem, action: str, person: str, reason: str) -> None:
    """Do what the action promises, before the item is closed."""
    if action == "deleted":
        _give_up(road, item, reason)
    if action == "accept" and item.code == "settlement_changed":
        road.stores.settlements.accept(item.connection, item.partition, item.origin, person, reason)
    if _takes_over(item, action):
        take_over(road, item, person, reason)
    if _gives_reversal_up(item, action):
        give_up_reversal(road, item, person, reason)
    if action == "retry" and item.code in (UNKNOWN_CODE, LISTING_FAILED):
        ask_for_listing(road, f"review item {item.id} resolved: {action}")


def _takes_over(item: ReviewItem, action: str) -> bool:
    """Tell whether a person says that what the ERP holds is this settlement's own document."""
    return (item.code, action) == (UNKNOWN_HERE, TAKE_OVER)


def _gives_reversal_up(item: ReviewItem, action: str) -> bool:
    """Tell whether a person leaves in the books what a refused reversal would have undone."""
    return (item.code, action) == (REVERSAL_REFUSED_CODE, "keep")


def _give_up(road: Road, item: ReviewItem, reason: str) -> None:
    """Close the documents in review as refused; raises TargetError while the ERP still holds one."""
    documents = newest_documents(road, item.partition)
    held = [one for one in documents if one.state is PostingState.REVIEW and item.document_key in ("", one.key)]
    for document in held:
        siblings = [one.journal for one in documents if one.source == document.source]
        give_up(road.desk, document.key, siblings, f"out of the ERP's books: {reason}")


def _require_takes(item: ReviewItem, action: str) -> None:
    if item.state != OPEN or action not in item.actions:
        words = f"has ended already ({item.state})" if item.state != OPEN else f"takes: {', '.join(item.actions)}"
        raise InputRefused(f"Review item {item.id} cannot be resolved with {action!r}: it {words}.")


def _require_choice(action: str, reason: str) -> None:
    """Raise InputRefused for a choice whose reason does not begin with what is chosen."""
    if action == "choose" and not re.search(r"\d", chosen(reason)):
        raise InputRefused(
            f"The reason of `choose` begins with what is chosen, a settlement or payout, and a colon; {reason[:60]!r} "
            "does not. For example: 24758260539: the second of that day"
        )
