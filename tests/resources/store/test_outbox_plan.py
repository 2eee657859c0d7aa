"""What a plan means, as a table."""

import pytest

from ledger.posting import PostingState as S
from resources.store.outbox_plan import KnownPart, decide, differing_keys

SAME, OTHER, EMPTY, LEASED, AGAIN = "same content", "other content", "empty", "leased", "again"

# states of the newest revision | what is wanted | outcome | parts that give way
TABLE = [
    ((), OTHER, "new", ()),
    ((), EMPTY, "empty", ()),
    ((S.PLANNED,), SAME, "same", ()),
    ((S.POSTED,), SAME, "same", ()),
    ((S.REFUSED,), SAME, "same", ()),
    ((S.REFUSED,), SAME + AGAIN, "new", ()),
    ((S.REVERSED, S.REVERSED), SAME + AGAIN, "new", ()),
    ((S.POSTED,), SAME + AGAIN, "same", ()),
    ((S.REFUSED, S.POSTED), SAME + AGAIN, "same", ()),
    ((S.REFUSED, S.APPROVED), SAME, "same", ()),
    ((S.REFUSED, S.APPROVED), SAME + AGAIN, "replaced", (2,)),
    ((S.REFUSED, S.UNCLEAR), SAME + AGAIN, "same", ()),
    ((S.APPROVED, S.APPROVED), SAME + AGAIN, "same", ()),
    ((S.REFUSED,), OTHER, "new", ()),
    ((S.REVERSED,), SAME, "reversed", ()),
    ((S.REVERSED, S.REFUSED), OTHER, "reversed", ()),
    ((S.REVERSED, S.REFUSED), OTHER + AGAIN, "new", ()),
    ((S.REVERSED,), EMPTY, "reversed", ()),
    ((S.REFUSED,), EMPTY, "empty", ()),
    ((S.PLANNED,), OTHER, "replaced", (1,)),
    ((S.APPROVED, S.PLANNED), OTHER, "replaced", (1, 2)),
    ((S.APPROVED, S.REFUSED), OTHER, "replaced", (1,)),
    ((S.APPROVED,), OTHER + LEASED, "changed", ()),
    ((S.APPROVED,), EMPTY, "empty", (1,)),
    ((S.APPROVED,), EMPTY + LEASED, "changed", ()),
    ((S.SENDING,), OTHER, "changed", ()),
    ((S.SENT,), OTHER, "changed", ()),
    ((S.IMPORTING,), OTHER, "changed", ()),
    ((S.UNCLEAR,), OTHER, "changed", ()),
    ((S.REVIEW,), OTHER, "changed", ()),
    ((S.POSTED,), OTHER, "changed", ()),
    ((S.POSTED,), OTHER + AGAIN, "changed", ()),
    ((S.POSTED,), EMPTY, "changed", ()),
    ((S.POSTED, S.REFUSED), OTHER, "changed", ()),
    ((S.APPROVED, S.POSTED), OTHER, "changed", ()),
    ((S.REVERSED, S.POSTED), OTHER, "changed", ()),
]


@pytest.mark.parametrize("states, wanted, outcome, giving_way", TABLE)
def test_what_a_plan_means(states, wanted, outcome, giving_way):
    """Nothing new while anything may exist; nothing dead comes back by itself."""
    known = [KnownPart(str(part), part, state, "f") for part, state in enumerate(states, start=1)]
    decided = decide(
        known,
        is_same=wanted.startswith(SAME),
        is_empty=wanted.startswith(EMPTY),
        is_leased=wanted.endswith(LEASED),
        again=wanted.endswith(AGAIN),
    )
    assert decided == (outcome, tuple(str(part) for part in giving_way))


def test_differing_keys_are_changed_missing_and_added_ones():
    """A part that stays the same is not named."""
    known = [KnownPart(key, 1, S.POSTED, key) for key in "abc"]
    assert differing_keys(known, {"a": "a", "b": "other", "d": "d"}) == ("b", "c", "d")
