"""What is committed in a world's control database at this moment, read as any other process would read it.

In: a world. Out: whether a document is leased or on its way, and the state of every document. No effect of anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.world import World

_LEASED = "SELECT 1 FROM leases JOIN outbox_documents ON key = name WHERE expires_at > ?"
_ON_ITS_WAY = "SELECT 1 FROM outbox_documents WHERE state IN ('sending', 'sent', 'unclear', 'importing')"
_STATES = "SELECT key, source_id, revision, part, parts, state FROM outbox_documents ORDER BY key"


@dataclass(frozen=True)
class Standing:
    """Whether a worker holds a document, and whether one lies between its intent and the books' word."""

    is_leased: bool
    is_on_its_way: bool


def standing(world: World) -> Standing:
    """Return how the documents of a world stand."""
    now = f"{world.clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
    return Standing(bool(world.onlooker.read(_LEASED, now)), bool(world.onlooker.read(_ON_ITS_WAY)))


def states(world: World) -> dict[str, str]:
    """Return what each document is called and its state, by key."""
    return {
        key: f"{source_id} r{revision} p{part}/{parts} is {state}"
        for key, source_id, revision, part, parts, state in world.onlooker.read(_STATES)
    }
