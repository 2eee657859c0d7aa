"""Where each settlement stands in its series, and which earlier settlement each carried row comes from.

In: the heads of all settlements of a connection. Out: for each its series, its predecessor, what it carries, and
findings. Per marketplace and currency there may be two series (standard and pay-by-invoice orders), and a file does
not name its own: a settlement joins the series whose last end is its start and whose reserve or debt it returns.

Source: settlement life cycle as observed in real chains (start of N+1 = end of N to the second) and Seller Central
help 201953040 (two series).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from ledger.carrying import Carried, Carrying, debt_not_carried, reserve_broken
from ledger.errors import Finding
from ledger.golive import is_before_date, is_first_by_name, opening_findings
from ledger.policy import Policy
from ledger.settlement_head import CarryRow, SettlementHead

__all__ = ["Carried", "CarryRow", "Place", "SettlementHead", "place"]


@dataclass(frozen=True)
class Place:
    """Where a settlement stands. `previous` is None for the first of a series and after a gap.

    A settlement before go-live has a place but no findings: it is never posted.
    """

    series: str
    previous: str | None
    is_before_go_live: bool
    findings: tuple[Finding, ...] = ()
    carried: tuple[Carried, ...] = ()


def place(
    heads: Iterable[SettlementHead],
    policy: Policy,
    accepted_gaps: Mapping[str, str],
    choices: Mapping[str, str] | None = None,
) -> dict[str, Place]:
    """Return the place of every settlement by its id.

    `accepted_gaps` gives a person's reason for a settlement whose predecessor will not come. `choices` ends what is
    ambiguous: settlement id -> id of its predecessor, or `<settlement id>:<row>` -> id of the settlement a row carries.
    """
    known = sorted(heads, key=lambda head: (head.start, head.end, head.settlement_id))
    placing = _Placing(policy, accepted_gaps, choices or {}, tuple(known))
    # Those that start together are placed together: which of two fits a series shows only beside the other.
    for _, group in groupby(known, key=lambda head: (head.start, head.end > head.start)):
        placing.add(list(group))
    return placing.places


@dataclass(eq=False)
class _Series:
    name: str
    heads: list[SettlementHead]

    @property
    def last(self) -> SettlementHead:
        return self.heads[-1]

    def is_of(self, head: SettlementHead) -> bool:
        """Tell whether a settlement has the currency and marketplace of this series (a blank one fits any)."""
        named = next((one for one in reversed(self.heads) if one.marketplace), self.last)
        return named.is_sister_of(head)

    def takes(self, head: SettlementHead) -> bool:
        return self.last.end == head.start and self.is_of(head)


Strength = tuple[int, bool]
_Pair = tuple[SettlementHead, _Series]


@dataclass
class _Placing:
    policy: Policy
    accepted_gaps: Mapping[str, str]
    choices: Mapping[str, str]
    known: tuple[SettlementHead, ...]
    series: list[_Series] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    spent: set[tuple[str, str]] = field(default_factory=set)

    def add(self, group: list[SettlementHead]) -> None:
        """Place settlements that start together."""
        open_pairs = [(head, series) for head in group for series in self.series if series.takes(head)]
        taken: dict[str, _Series] = {}
        findings: dict[str, list[Finding]] = {head.settlement_id: [] for head in group}
        for head, series in open_pairs:
            if self.choices.get(head.settlement_id) == series.last.settlement_id:
                taken[head.settlement_id] = series
        self._take_fitting(open_pairs, taken, findings)
        self._take_only_one_left(open_pairs, taken, findings)
        for head in group:
            self._settle(head, taken.get(head.settlement_id), findings[head.settlement_id])

    def _take_fitting(self, pairs: list[_Pair], taken: dict[str, _Series], findings: dict[str, list[Finding]]) -> None:
        """Give each settlement the series whose reserve and debt it returns, the most telling match first."""
        graded = [(strength, *pair) for pair in pairs if (strength := _strength(*pair)) is not None]
        for strength in sorted({one[0] for one in graded}, reverse=True):
            level = [(head, series) for grade, head, series in graded if grade == strength]
            while single := _single(_free(level, taken, findings)):
                taken[single[0].settlement_id] = single[1]
            rest = _free(level, taken, findings)
            for head in _heads([(head, series) for head, series in rest if series.last.debt]):
                findings[head.settlement_id].append(_ambiguous(head, rest, is_blocking=True))
            while pairs_left := _free(rest, taken, findings):
                head, series = pairs_left[0]
                taken[head.settlement_id] = series
                findings[head.settlement_id].append(_ambiguous(head, rest, is_blocking=False))

    def _take_only_one_left(
        self, pairs: list[_Pair], taken: dict[str, _Series], findings: dict[str, list[Finding]]
    ) -> None:
        """Give a settlement that fits none the only series it can follow; with several nobody can tell."""
        rest = _free(pairs, taken, findings)
        for head in _heads(rest):
            own = [series for one, series in rest if one is head]
            rivals = [one for one, series in rest if series is own[0]]
            if len(own) == 1 and len(rivals) == 1:
                taken[head.settlement_id] = own[0]
            else:
                findings[head.settlement_id].append(_ambiguous(head, rest, is_blocking=True))

    def _settle(self, head: SettlementHead, series: _Series | None, findings: list[Finding]) -> None:
        """Write the place of one settlement whose series is known, or which opens one."""
        previous = series.last if series else None
        is_before = self._is_before(head, previous)
        is_opening = series is None and self._opens(head)
        if series is None and not is_opening and not findings:
            findings.append(_gap(head, self.accepted_gaps.get(head.settlement_id, "")))
        is_first_posted = is_opening if previous is None else self.places[previous.settlement_id].is_before_go_live
        series = series or self._new_series(head)
        earlier = tuple(self._earlier(head, series)) if head.brings_in else ()
        carrying = Carrying(head, previous, earlier, self.policy, self.choices, self.spent)
        carried, carry_findings = carrying.carried(is_first_posted=is_first_posted)
        self.spent.update((row.kind, row.from_settlement_id) for row in carried)
        if previous is not None:
            findings += [*reserve_broken(head, previous), *debt_not_carried(head, previous)]
        if is_first_posted:
            findings += opening_findings(head, self.policy)
        findings += carry_findings
        series.heads.append(head)
        shown = () if is_before else tuple(findings)
        self.places[head.settlement_id] = Place(
            series.name, previous.settlement_id if previous else None, is_before, shown, carried
        )

    def _is_before(self, head: SettlementHead, previous: SettlementHead | None) -> bool:
        """Tell whether it is in the books by hand: by date, or for named first settlements by its chain."""
        if not isinstance(self.policy.books_from, tuple):
            return is_before_date(head, self.policy)
        if head.settlement_id in self.policy.books_from:
            return False
        if previous is not None:
            return self.places[previous.settlement_id].is_before_go_live
        firsts = (one for one in self.known if one.settlement_id in self.policy.books_from)
        return not any(first.is_sister_of(head) and first.start <= head.start for first in firsts)

    def _opens(self, head: SettlementHead) -> bool:
        """Tell whether it may stand without a predecessor: before go-live, named as first, or the first there is."""
        if self._is_before(head, None) or is_first_by_name(head, self.policy):
            return True
        if isinstance(self.policy.books_from, tuple):
            return False
        placed = (one for one in self.known if one.settlement_id in self.places)
        return all(self.places[one.settlement_id].is_before_go_live or not one.is_sister_of(head) for one in placed)

    def _new_series(self, head: SettlementHead) -> _Series:
        """Start a series, or go on with one that ended earlier and was not followed."""
        sisters = [one for one in self.series if one.is_of(head)]
        ended = [one for one in sisters if one.last.end < head.start]
        if ended:
            return max(ended, key=lambda one: one.last.end)
        words = [head.marketplace or "no marketplace", head.currency, f"({len(sisters) + 1})" if sisters else ""]
        made = _Series(" ".join(word for word in words if word), [])
        self.series.append(made)
        return made

    def _earlier(self, head: SettlementHead, series: _Series) -> Iterable[SettlementHead]:
        """Yield what a carried row may come from: the series from the newest back, then its sisters."""
        yield from reversed(series.heads)
        own = {one.settlement_id for one in series.heads}
        sisters = (one for one in self.known if one.end <= head.start and one.is_sister_of(head))
        yield from (one for one in sisters if one.settlement_id not in own)


def _strength(head: SettlementHead, series: _Series) -> Strength | None:
    """Return how much speaks for a settlement following a series; None when its reserve or debt speaks against it."""
    last = series.last
    if head.reserve_returned != last.reserve_held or head.debt_brought_in not in (last.debt, 0):
        return None
    points = (1 if last.reserve_held else 0) + (1 if head.debt_brought_in else 0) - (head.debt_brought_in != last.debt)
    return points, head.marketplace.strip().casefold() == last.marketplace.strip().casefold()


def _free(pairs: list[_Pair], taken: dict[str, _Series], findings: dict[str, list[Finding]]) -> list[_Pair]:
    """Return the pairs of which neither side is placed and nothing is said against the settlement."""
    used = [id(series) for series in taken.values()]
    return [
        (head, series)
        for head, series in pairs
        if head.settlement_id not in taken and id(series) not in used and not findings[head.settlement_id]
    ]


def _heads(pairs: list[_Pair]) -> list[SettlementHead]:
    """Return the settlements of some pairs, each once."""
    return list({head.settlement_id: head for head, _ in pairs}.values())


def _single(pairs: list[_Pair]) -> _Pair | None:
    """Return a pair of which neither side has another choice."""
    for head, series in pairs:
        if sum(one is head for one, _ in pairs) == 1 and sum(other is series for _, other in pairs) == 1:
            return head, series
    return None


def _ambiguous(head: SettlementHead, pairs: list[_Pair], *, is_blocking: bool) -> Finding:
    """Say between which predecessors it cannot be told; harmless where no debt hangs on the choice."""
    ids = ", ".join(sorted({series.last.settlement_id for one, series in pairs if one is head}))
    if not is_blocking:
        sentence = f"Settlement {head.settlement_id} may follow any of {ids}; no money depends on which."
        return Finding("series_ambiguous", sentence, "Nothing needs to be done.", head.settlement_id, is_blocking=False)
    return Finding(
        "series_ambiguous",
        f"Settlement {head.settlement_id} starts when {ids} ended, and its reserve and carried debt do not tell which "
        "of them it follows.",
        "Choose the predecessor in the review queue, or import the settlement that is missing.",
        origin=head.settlement_id,
    )


def _gap(head: SettlementHead, reason: str) -> Finding:
    start = head.start.isoformat()
    if reason:
        sentence = f"No settlement before {head.settlement_id} ends at {start}; accepted: {reason}"
        return Finding("series_gap", sentence, "Nothing needs to be done.", head.settlement_id, is_blocking=False)
    return Finding(
        "series_gap",
        f"No settlement before {head.settlement_id} ends at its start, {start}: one is missing.",
        "Import the missing file, or accept the gap with a reason in the review queue.",
        origin=head.settlement_id,
    )
