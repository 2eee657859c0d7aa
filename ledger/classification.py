"""Which category a settlement line belongs to: our half of the mapping, shipped as `data/amazon_triples.csv`.

In: the three labels of a line (transaction type, amount type, amount description). Out: the category with its usual
sign, or None. Labels are trimmed, runs of blanks and "_" count as one blank, case is ignored, because files differ in
all three. An exact row wins over one with `*`; there is no default by type, because Amazon publishes no list of its
labels and a new one may be a tax as well as a fee.

Source: labels seen in real Flat File V2 settlements and in Amazon's payment attribute page
(https://developer-docs.amazon.com/sp-api/docs/report-type-values-payment); rows whose source is `unverified` are
guesses and post only after the user's mapping names them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from inspect import signature

from ledger.glob import is_pattern, takes

_RUNS = re.compile(r"[\s_]+")
Labels = tuple[str, ...]
Triple = tuple[str, str, str]


@dataclass(frozen=True)
class Classified:
    """What the shipped table says of a triple.

    `usual_sign` is "+", "-" or "+/-" from the seller's view; `row` is the line of the table (the header is line 1).
    """

    category: str
    usual_sign: str
    row: int
    is_verified: bool
    is_exact: bool = True


def label(text: str) -> str:
    """Return a label in the form in which labels are compared."""
    return _RUNS.sub(" ", text).strip().casefold()


def triple(transaction_type: str, amount_type: str, amount_description: str) -> Triple:
    """Return three labels in the form in which they are compared."""
    return label(transaction_type), label(amount_type), label(amount_description)


def fits(pattern: Labels, labels: Labels) -> bool:
    """Tell whether labels fit a row; only `*` is wild, a question mark is itself."""
    return all(takes(one, text, "*") for one, text in zip(pattern, labels, strict=True))


@dataclass(frozen=True)
class ShippedRows:
    """A shipped table in comparable form: exact rows by their labels, rows with `*` the closest first."""

    exact: Mapping[Labels, Classified]
    wild: Sequence[tuple[Labels, Classified]]

    def find(self, labels: Labels) -> Classified | None:
        """Return the exact row, else the closest row with `*`, else None."""
        if labels in self.exact:
            return self.exact[labels]
        return next((classified for pattern, classified in self.wild if fits(pattern, labels)), None)

    def all(self) -> tuple[tuple[Labels, Classified], ...]:
        """Return every row, exact rows first."""
        return (*self.exact.items(), *self.wild)


@cache
def shipped_rows(file: str, labels_of: Callable[..., Labels]) -> ShippedRows:
    """Read a shipped table: a column for each argument of `labels_of`, then category, sign and source.

    Of several rows that fit, the one with most letters outside `*` is the closest.
    """
    text = resources.files("ledger").joinpath(f"data/{file}").read_text(encoding="utf-8")
    columns = tuple(signature(labels_of).parameters)
    exact: dict[Labels, Classified] = {}
    wild: list[tuple[Labels, Classified]] = []
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        labels = labels_of(*(row[column] for column in columns))
        is_exact = not any(is_pattern(one, "*") for one in labels)
        classified = Classified(row["category"], row["sign"], number, row["source"] != "unverified", is_exact)
        if is_exact:
            exact[labels] = classified
        else:
            wild.append((labels, classified))
    wild.sort(key=lambda found: -sum(len(one.replace("*", "")) for one in found[0]))
    return ShippedRows(exact, wild)


def classify(transaction_type: str, amount_type: str, amount_description: str) -> Classified | None:
    """Return the category of a line by the shipped table: exact row, else the closest row with `*`, else None."""
    return _triples().find(triple(transaction_type, amount_type, amount_description))


def is_sign_unexpected(classified: Classified, positive: bool) -> bool:
    """Tell whether an amount has the sign its row does not usually have: no error (reversals happen), but shown."""
    return classified.usual_sign in ("+", "-") and (classified.usual_sign == "+") != positive


def known_triples() -> tuple[tuple[Labels, Classified], ...]:
    """Return every shipped row in comparable form, exact rows first."""
    return _triples().all()


def _triples() -> ShippedRows:
    return shipped_rows("amazon_triples.csv", triple)
