"""The states of a document on its way into an ERP, and the only steps between them.

The table is data: the store refuses a step that is not in it, docs print it, tests walk it. `unclear` has one way on:
asking the ERP by key. A refused document stays dead; its correction is a new revision.
"""

from __future__ import annotations

from enum import StrEnum

from ledger.errors import IllegalStep


class PostingState(StrEnum):
    """Where a document stands."""

    PLANNED = "planned"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    IMPORTING = "importing"
    POSTED = "posted"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    REVIEW = "review"
    REVERSED = "reversed"


# From -> to -> why. A step that is not here does not exist.
STEPS: dict[PostingState, dict[PostingState, str]] = {
    PostingState.PLANNED: {
        PostingState.APPROVED: "the connection posts by itself, or a person approved",
        PostingState.REFUSED: "a newer revision replaced it before anything was sent, or a person rejected it",
        PostingState.REVIEW: "the ERP already holds a document of this source, or the gate found something",
    },
    PostingState.APPROVED: {
        PostingState.SENDING: "the intent is stored; the next thing that happens is the call",
        PostingState.PLANNED: "the connection requires approval by now, and no person has approved it",
        PostingState.POSTED: "found in the ERP's books before the first send, or nothing of it was left to be sent",
        PostingState.IMPORTING: "found in the ERP before the first send, not yet posted there",
        PostingState.REFUSED: "a newer revision replaced it before anything was sent, or a person rejected it",
        PostingState.REVIEW: "the ERP already holds other content for this source, or cannot tell",
    },
    PostingState.SENDING: {
        PostingState.SENT: "the ERP answered that it has saved the document",
        PostingState.REFUSED: "a parsed answer says no, and nothing was saved",
        PostingState.APPROVED: "the call never left this machine",
        PostingState.UNCLEAR: "no answer, an answer that cannot be read, or the worker died",
    },
    PostingState.UNCLEAR: {
        PostingState.SENT: "found by key",
        PostingState.IMPORTING: "found by key, the ERP is working on it",
        PostingState.POSTED: "found by key, already posted",
        PostingState.APPROVED: "provably absent: a positive control was seen and the quiet period has passed",
        PostingState.REVIEW: "the ERP cannot tell, or holds other content under this key",
    },
    PostingState.SENT: {
        PostingState.IMPORTING: "saved; edit and post are still to come",
        PostingState.POSTED: "the books say posted",
        PostingState.REVIEW: "the ERP found an error, or somebody changed or removed the document there",
    },
    PostingState.IMPORTING: {
        PostingState.IMPORTING: "it waits for the next thing there",
        PostingState.POSTED: "the books say posted",
        PostingState.REVIEW: "the ERP found an error, or somebody changed or removed the document there",
    },
    PostingState.POSTED: {
        PostingState.REVIEW: "the books no longer say what we posted",
        PostingState.REVERSED: "a reversing document is posted",
    },
    PostingState.REVIEW: {
        PostingState.APPROVED: "a person decided: provably absent, send again",
        PostingState.IMPORTING: "a person corrected it in the ERP; follow it again",
        PostingState.POSTED: "the books say posted",
        PostingState.REFUSED: "proved deleted in the ERP, or a person gave it up",
        PostingState.REVERSED: "a reversing document is posted",
    },
    PostingState.REFUSED: {},
    PostingState.REVERSED: {},
}

# States in which something may exist in the ERP, so that a new revision of the source must wait.
MAY_EXIST = frozenset(
    {
        PostingState.SENDING,
        PostingState.SENT,
        PostingState.IMPORTING,
        PostingState.POSTED,
        PostingState.UNCLEAR,
        PostingState.REVIEW,
    }
)


def require_step(present: PostingState, following: PostingState, key: str) -> str:
    """Return why a step is legal; raise IllegalStep when it is not."""
    try:
        return STEPS[present][following]
    except KeyError:
        allowed = ", ".join(STEPS[present]) or "nothing"
        raise IllegalStep(
            f"Document {key} is {present} and cannot become {following}; it can become {allowed}."
        ) from None
