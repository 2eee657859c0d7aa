"""A second person decides: never the one who had a hand in it, whatever name they decide under."""

import json

import pytest

from ledger.four_eyes import UNPROVED, Decider, Hand, NeedsAnotherPerson, require_another, statement

PLANNED = Hand("ann", "planned these journals")
MAPPED = Hand("bob", "owns mappings/amazon_us.yaml as it is")

# Who decides, and who of the hands keeps them from it.
CASES = [
    (Decider("carol"), None),
    (Decider("ann"), "ann"),
    (Decider("bob"), "bob"),
    (Decider("maria", vouched_by="carol", signature="00"), None),
    (Decider("maria", vouched_by="ann", signature="00"), "ann"),
    (Decider("bob", vouched_by="carol", signature="00"), "bob"),
]


@pytest.mark.parametrize(("decider", "kept_by"), CASES)
def test_whoever_had_a_hand_in_it_does_not_decide(decider, kept_by):
    """Planner and owner of a changed file are refused, under their account, their key, or a key they made."""
    if kept_by is None:
        require_another(decider, (PLANNED, MAPPED), "Settlement 1 of amazon_us")
        return
    with pytest.raises(NeedsAnotherPerson, match=rf"Settlement 1 of amazon_us cannot be decided .* {kept_by} "):
        require_another(decider, (PLANNED, MAPPED), "Settlement 1 of amazon_us")


MAPPED_AWAY = Decider(f"nobody{UNPROVED}")


@pytest.mark.parametrize(
    ("decider", "hands"), [(MAPPED_AWAY, ()), (Decider("carol"), (Hand(MAPPED_AWAY.name, "planned these journals"),))]
)
def test_a_name_that_anybody_can_take_tells_nobody_apart(decider, hands):
    """Neither as who decides nor as who planned: only a signature does."""
    with pytest.raises(NeedsAnotherPerson, match="in a user namespace"):
        require_another(decider, hands, "Settlement 1 of amazon_us")
    require_another(Decider("maria", vouched_by="carol", signature="00"), hands, "Settlement 1 of amazon_us")


def test_a_signed_text_says_everything_that_is_decided():
    """No two decisions have the same text, and line breaks or quotes in a reason cannot make them look alike."""
    said = statement("approve", "amazon_us", "24", "ff", 'fine","x":"')
    assert json.loads(said)["reason"] == 'fine","x":"'
    others = {
        statement("reject", "amazon_us", "24", "ff", "fine"),
        statement("approve", "amazon_us", "24", "fe", "fine"),
    }
    assert said not in others
    assert len(others) == 2
