"""The states of a document, walked step by step."""

from __future__ import annotations

from itertools import product

import pytest

from ledger.errors import IllegalStep
from ledger.posting import MAY_EXIST, STEPS, PostingState, require_step


@pytest.mark.parametrize("present, following", list(product(PostingState, PostingState)))
def test_only_steps_of_the_table_are_legal(present, following):
    """A step that is not in the table does not exist; the refusal names what is possible."""
    if following in STEPS[present]:
        assert len(require_step(present, following, "K")) > 10
        return
    with pytest.raises(IllegalStep, match=rf"K is {present} and cannot become {following}") as refusal:
        require_step(present, following, "K")
    for state in STEPS[present]:
        assert state in str(refusal.value)


def test_every_state_can_be_reached_and_all_ends_are_named():
    """From `planned` every state is reachable; only `refused` and `reversed` are dead."""
    reached, waiting = {PostingState.PLANNED}, [PostingState.PLANNED]
    while waiting:
        for following in STEPS[waiting.pop()]:
            if following not in reached:
                reached.add(following)
                waiting.append(following)
    assert reached == set(PostingState)
    assert {state for state in PostingState if not STEPS[state]} == {PostingState.REFUSED, PostingState.REVERSED}


def test_an_unclear_document_is_never_sent_again_without_asking():
    """From `unclear` no step leads straight to `sending`; `sending` is only entered from `approved`."""
    assert PostingState.SENDING not in STEPS[PostingState.UNCLEAR]
    assert [state for state in PostingState if PostingState.SENDING in STEPS[state]] == [PostingState.APPROVED]


def test_what_may_exist_in_the_erp_holds_its_source():
    """Every state after the first byte may have left counts, but for the dead ones."""
    before = {PostingState.PLANNED, PostingState.APPROVED}
    dead = {PostingState.REFUSED, PostingState.REVERSED}
    assert set(PostingState) - before - dead == MAY_EXIST
