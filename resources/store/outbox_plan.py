"""What planning a set of documents means, given what is known of its source; pure.

In: the newest revision as it stands, and the fingerprints of the set that somebody wants. Out: one of six outcomes. No
part ever joins a revision later, nothing new is planned while anything of the source may exist in the ERP, and nothing
by itself of what was reversed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.posting import PostingState

Outcome = Literal["new", "same", "replaced", "changed", "empty", "reversed"]

_DEAD = frozenset({PostingState.REFUSED, PostingState.REVERSED})
_UNSENT = frozenset({PostingState.PLANNED, PostingState.APPROVED}) | _DEAD


@dataclass(frozen=True)
class Planned:
    """What became of a plan.

    `keys` are the documents of `revision`, which is the newest one: the set just stored, or the one that stands (none
    when nothing was ever stored: revision 0). `differing` are keys whose content is other than planned before.
    """

    outcome: Outcome
    revision: int
    keys: tuple[str, ...]
    differing: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownPart:
    """One document of the newest revision as it stands."""

    key: str
    part: int
    state: PostingState
    fingerprint: str


def decide(
    known: Sequence[KnownPart], *, is_same: bool, is_empty: bool, is_leased: bool, again: bool
) -> tuple[Outcome, tuple[str, ...]]:
    """Return the outcome and the keys of unsent documents that give way to the new set.

    `known` is empty when nothing was ever stored; `again` says that a person wants refused or reversed content
    sent anew, with the parts beside it that were not sent because of it. Without it what was reversed stays out of the
    books, whatever its content would be now.
    """
    fresh: Outcome = "empty" if is_empty else "new"
    states = {part.state for part in known}
    if states <= _DEAD and PostingState.REVERSED in states and not again:
        return "reversed", ()
    if states <= _DEAD and not (known and is_same and not again):
        return fresh, ()
    is_free = states <= _UNSENT and not is_leased
    if is_same and not (is_free and again and PostingState.REFUSED in states):
        return "same", ()
    if is_free:
        replaced = tuple(part.key for part in known if part.state not in _DEAD)
        return ("empty" if is_empty else "replaced"), replaced
    return "changed", ()


def differing_keys(known: Sequence[KnownPart], wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys whose fingerprint is other, that are missing, or that are new; `wanted` is key to fingerprint."""
    before = {part.key: part.fingerprint for part in known}
    return tuple(sorted(key for key in before.keys() | wanted.keys() if before.get(key) != wanted.get(key)))
