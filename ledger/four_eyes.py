"""Who may decide on what: a second person, never the one who planned it or changed what it was made with.

In: who decides, as far as that was proved, and who had a hand in what is decided on. Out: nothing, or a refusal that
names the person and the hand they had in it. A name alone proves nothing: it is an operating-system account, or a
named key whose owner has signed; a key stands for its owner and for whoever made it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.errors import InputRefused

# Behind the name of an account that acted where anybody can take any account's name.
UNPROVED = " in a user namespace"


class NeedsAnotherPerson(InputRefused):
    """The person who decides had a hand in what is decided on."""


@dataclass(frozen=True)
class Decider:
    """A person who decides: the account that acts, or a key's name with the signature that proves it.

    `vouched_by` is the account that made the key; `signature` is hexadecimal, over `signed`.
    """

    name: str
    vouched_by: str = ""
    key: str = ""
    signed: str = ""
    signature: str = ""

    @property
    def identities(self) -> frozenset[str]:
        """Return every name that this decision may stand for."""
        return frozenset(name for name in (self.name, self.vouched_by) if name)

    def facts(self) -> dict[str, str]:
        """Return what the audit trail keeps of a signed decision; nothing of an unsigned one."""
        if not self.signature:
            return {}
        return {"public_key": self.key, "vouched_by": self.vouched_by, "signed": self.signed, "sig": self.signature}


@dataclass(frozen=True)
class Hand:
    """What a person did to what is decided on, as the rest of a sentence: `planned these journals`."""

    person: str
    did: str


def statement(decision: str, connection: str, subject: str, content: str, reason: str) -> str:
    """Return the text that a named key signs: what is decided, on which very content, and why."""
    said = {"decision": decision, "connection": connection, "subject": subject, "content": content, "reason": reason}
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


_ANY_NAME = (
    ", where anybody can take any account's name. Somebody has to decide with a named key (connector people add, "
    "--sign-as)."
)


def require_another(decider: Decider, hands: Iterable[Hand], what: str) -> None:
    """Raise NeedsAnotherPerson when the decider had a hand in `what`, for example `Settlement 24 of amazon_us`.

    Where the name of decider or hand proves nothing, only a signature tells them apart.
    """
    if decider.name.endswith(UNPROVED) and not decider.signature:
        raise NeedsAnotherPerson(f"{what} cannot be decided by {decider.name}{_ANY_NAME}")
    for hand in hands:
        if hand.person.endswith(UNPROVED) and not decider.signature:
            raise NeedsAnotherPerson(f"{what} cannot be decided by {decider.name}: {hand.person} {hand.did}{_ANY_NAME}")
        if hand.person in decider.identities:
            through = "" if hand.person == decider.name else f" (the key {decider.name} was made by {hand.person})"
            raise NeedsAnotherPerson(
                f"{what} cannot be decided by {decider.name}{through}: {hand.person} {hand.did}. Another person has to "
                "decide, under their own account or with a named key that somebody else made (connector people add)."
            )
