"""Find which sums on two sides belong together, and choose only where nothing else is possible.

In: amounts on the left (what was paid), amounts on the right (what the bank booked), and which of them may meet. Out:
groups of one against one, one against several and several against one whose sums are equal, as far as there is exactly
one way to leave nothing of a cluster over; and the clusters where there is none, or more than one. Amounts are whole
numbers of cents; searches are bounded, and one that reaches its bound decides nothing, of others it may meet neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

# How many members one side of a group has at most, and how many candidates and groups are searched.
MEMBERS_MAX = 4
CANDIDATES_MAX = 24
GROUPS_MAX = 40
Member = tuple[str, int]


@dataclass(frozen=True, order=True)
class Group:
    """Members of both sides, by position, whose sums are equal; one side has a single member."""

    left: tuple[int, ...]
    right: tuple[int, ...]

    @property
    def members(self) -> frozenset[Member]:
        """Return the members of both sides."""
        return frozenset([("left", one) for one in self.left] + [("right", one) for one in self.right])


@dataclass(frozen=True)
class Choice:
    """What is certain, the clusters between which nothing decides, and members with too many others to be searched."""

    certain: tuple[Group, ...]
    ambiguous: tuple[tuple[Group, ...], ...]
    unsearched: tuple[Member, ...] = ()


def choose(
    left: Sequence[int],
    right: Sequence[int],
    may_meet: Callable[[int, int], bool],
) -> Choice:
    """Return which groups are certain.

    Args:
        left: Signed amounts of one side, none of them zero.
        right: Signed amounts of the other side.
        may_meet: Tells by positions whether two may belong together (currency, days).
    """
    found, unsearched, touched = set[Group](), set[Member](), set[Member]()
    for at in range(len(left)):
        other = [one for one in range(len(right)) if may_meet(at, one) and right[one] * left[at] > 0]
        found |= {Group((at,), (one,)) for one in other if right[one] == left[at]}
        if len(other) > CANDIDATES_MAX:
            unsearched.add(("left", at))
            touched |= {("right", one) for one in other}
        else:
            found |= {Group((at,), some) for some in _sums(left[at], other, right)}
    for at in range(len(right)):
        other = [one for one in range(len(left)) if may_meet(one, at) and left[one] * right[at] > 0]
        if len(other) > CANDIDATES_MAX:
            unsearched.add(("right", at))
            touched |= {("left", one) for one in other}
        else:
            found |= {Group(some, (at,)) for some in _sums(right[at], other, left)}
    certain, ambiguous = list[Group](), []
    for cluster in _clusters(sorted(found)):
        members = frozenset().union(*(group.members for group in cluster))
        if members & (unsearched | touched):
            unsearched |= members
            continue
        covers = _covers(cluster)
        if len(covers) == 1:
            certain += covers[0]
        else:
            ambiguous.append(tuple(cluster))
    return Choice(tuple(sorted(certain)), tuple(ambiguous), tuple(sorted(unsearched)))


def fitting(
    left: Sequence[int], right: Sequence[int], may_meet: Callable[[int, int], bool]
) -> dict[int, tuple[int, ...]]:
    """Return for positions on the right which of the left come to their amount, one alone or several together.

    Those of all possible answers are named, and none is chosen; the arguments are those of `choose`.
    """
    found: dict[int, tuple[int, ...]] = {}
    for at in range(len(right)):
        other = [one for one in range(len(left)) if may_meet(one, at) and left[one] * right[at] > 0]
        members = {one for one in other if left[one] == right[at]}
        if len(other) <= CANDIDATES_MAX:
            members.update(*_sums(right[at], other, left))
        if members:
            found[at] = tuple(sorted(members))
    return found


def _sums(wanted: int, candidates: Sequence[int], amounts: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the candidates, two or more, that come to an amount."""
    smaller = [one for one in candidates if abs(amounts[one]) < abs(wanted)]
    for size in range(2, MEMBERS_MAX + 1):
        yield from (some for some in combinations(smaller, size) if sum(amounts[one] for one in some) == wanted)


def _clusters(groups: Sequence[Group]) -> list[list[Group]]:
    """Return groups that share a member, directly or through others, together."""
    clusters: list[tuple[set[Member], list[Group]]] = []
    for group in groups:
        touched = [one for one in clusters if one[0] & group.members]
        members = set(group.members).union(*(one[0] for one in touched))
        joined = [old for one in touched for old in one[1]]
        clusters = [one for one in clusters if one not in touched] + [(members, [*joined, group])]
    return [sorted(one[1]) for one in clusters]


def _covers(cluster: Sequence[Group]) -> list[list[Group]]:
    """Return up to two ways to take groups that share nothing and leave no member of the cluster over."""
    if len(cluster) > GROUPS_MAX:
        return []
    everything = frozenset().union(*(group.members for group in cluster))
    found: list[list[Group]] = []

    def take(taken: list[Group], covered: frozenset[Member]) -> None:
        if len(found) > 1:
            return
        if covered == everything:
            found.append(taken)
            return
        # Whatever is not covered yet needs a group: the smallest such member is tried with each of its own.
        member = min(everything - covered)
        for group in cluster:
            if member in group.members and not group.members & covered:
                take([*taken, group], covered | group.members)

    take([], frozenset())
    return found
