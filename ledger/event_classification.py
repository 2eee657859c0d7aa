"""Which category a line of a financial transaction belongs to, shipped as `data/amazon_event_leaves.csv`.

In: the transaction's type and the path of the leaf. Out: the category of the settlement rows for the same money, with
its usual sign, or None. Labels are compared as those of settlements are: without case, runs of blanks and "_" as one
blank. An exact row wins over one with `*`; there is no default, because Amazon publishes no list of its names.

Source: names of models/finances_2024-06-19.json and of one real answer, set beside the names of settlement rows; rows
whose source is `inferred` follow a sibling, `unverified` ones are guesses that wait for the user's mapping.
"""

from __future__ import annotations

from ledger.classification import Classified, Labels, ShippedRows, classify, label, shipped_rows
from ledger.event_leaves import DIFFERENCE_PATH, SEPARATOR
from ledger.old_event_names import settlement_labels


def pair(transaction_type: str, leaf_path: str) -> tuple[str, str]:
    """Return type and path in the form in which they are compared."""
    return label(transaction_type), SEPARATOR.join(label(name) for name in leaf_path.split(SEPARATOR))


def classify_event(transaction_type: str, leaf_path: str) -> Classified | None:
    """Return the category of a line: exact row, else the closest row with `*`, else None; a difference has none.

    A name of the older API that the table does not hold is classified as the settlement row it becomes.
    """
    if leaf_path == DIFFERENCE_PATH:
        return None
    found = _leaves().find(pair(transaction_type, leaf_path))
    labels = settlement_labels(transaction_type, leaf_path) if found is None else None
    return classify(*labels) if labels else found


def known_leaves() -> tuple[tuple[Labels, Classified], ...]:
    """Return every shipped row in comparable form, exact rows first."""
    return _leaves().all()


def _leaves() -> ShippedRows:
    return shipped_rows("amazon_event_leaves.csv", pair)
