"""What seeds came to, and what of all that may go wrong really happened in them.

In: the outcomes of some seeds. Out: how often each kind happened, how often while a worker held a document, and the
kinds that should have met one and never did: a simulation that strikes beside the money proves little.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.simulation.erps import ERPS
from tests.simulation.fault_kinds import Struck


@dataclass
class Outcome:
    """What one seed came to: `problems` are the oracle's, `exercised` the kinds that really happened.

    `while_leased` are those of them that struck while a worker held a document, `on_its_way` those that struck while
    one lay between its intent and the books' word.
    """

    seed: int
    problems: list[str]
    exercised: list[str]
    effects: int
    is_all_posted: bool
    trace: list[str]
    while_leased: list[str] = field(default_factory=list)
    on_its_way: list[str] = field(default_factory=list)


def exercised(outcomes: list[Outcome], erp: str = "peoplesoft") -> Counter[str]:
    """Return how often each kind really happened, kinds that never did included."""
    counted = Counter({kind.name: 0 for kind in ERPS[erp].kinds})
    for one in outcomes:
        counted.update(one.exercised)
    return counted


def met_documents(outcomes: list[Outcome], erp: str = "peoplesoft") -> dict[str, tuple[int, int]]:
    """Return of each kind that strikes a process how often a document was held, and how often one was on its way."""
    names = [kind.name for kind in ERPS[erp].kinds if isinstance(kind, Struck) and kind.meets_documents]
    return {
        name: (
            sum(name in one.while_leased for one in outcomes),
            sum(name in one.on_its_way for one in outcomes),
        )
        for name in names
    }


def never_happened(outcomes: list[Outcome], erp: str = "peoplesoft") -> list[str]:
    """Return what seeds enough should have met and these did not."""
    met = met_documents(outcomes, erp)
    return [
        *(name for name, count in exercised(outcomes, erp).items() if not count),
        *(f"{name}, while a document was held" for name, (held, _) in met.items() if not held),
        *(f"{name}, while a document was on its way" for name, (_, under_way) in met.items() if not under_way),
    ]
