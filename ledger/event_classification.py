"""Which category a line of a financial transaction belongs to, shipped as `data/amazon_event_leaves.csv`.

In: the transaction's type and the path of the leaf. Out: the category of the settlement rows for the same money, with
its usual sign, or None. Labels are compared as those of settlements are: without case, runs of blanks and "_" as one
blank. An exact row wins over one with `*`; there is no default, because Amazon publishes no list of its names.

Source: names of models/finances_2024-06-19.json and of one real answer, set beside the names of settlement rows; rows
whose source is `inferred` follow a sibling, `unverified` ones are guesses that wait for the user's mapping.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources

from ledger.classification import Classified, label
from ledger.event_leaves import DIFFERENCE_PATH, SEPARATOR
from ledger.glob import is_pattern, takes

Pair = tuple[str, str]


def pair(transaction_type: str, leaf_path: str) -> Pair:
    """Return type and path in the form in which they are compared."""
    return label(transaction_type), SEPARATOR.join(label(name) for name in leaf_path.split(SEPARATOR))


def classify_event(transaction_type: str, leaf_path: str) -> Classified | None:
    """Return the category of a line: exact row, else the closest row with `*`, else None; a difference has none."""
    if leaf_path == DIFFERENCE_PATH:
        return None
    labels = pair(transaction_type, leaf_path)
    exact, wild = _table()
    if labels in exact:
        return exact[labels]
    return next((found for pattern, found in wild if fits(pattern, labels)), None)


def fits(pattern: Pair, labels: Pair) -> bool:
    """Tell whether type and path fit a row; only `*` is wild."""
    return all(takes(one, text, "*") for one, text in zip(pattern, labels, strict=True))


def known_leaves() -> tuple[tuple[Pair, Classified], ...]:
    """Return every shipped row in comparable form, exact rows first."""
    exact, wild = _table()
    return (*exact.items(), *wild)


@lru_cache(maxsize=1)
def _table() -> tuple[dict[Pair, Classified], list[tuple[Pair, Classified]]]:
    """Read the shipped rows; of several that fit, the one with most letters outside `*` is the closest."""
    text = resources.files("ledger").joinpath("data/amazon_event_leaves.csv").read_text(encoding="utf-8")
    exact: dict[Pair, Classified] = {}
    wild: list[tuple[Pair, Classified]] = []
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        labels = pair(row["transaction_type"], row["leaf_path"])
        is_exact = not any(is_pattern(one, "*") for one in labels)
        classified = Classified(row["category"], row["sign"], number, row["source"] != "unverified", is_exact)
        if is_exact:
            exact[labels] = classified
        else:
            wild.append((labels, classified))
    wild.sort(key=lambda found: -sum(len(one.replace("*", "")) for one in found[0]))
    return exact, wild
