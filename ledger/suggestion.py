"""What to paste into a mapping so that a settlement goes on: the missing keys, ready but for the accounts.

In: the combinations that could not be resolved. Out: YAML text whose open values are empty, so that a file into which
it was pasted without being filled in is refused with the line, never booked by accident.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

import yaml

from ledger.categories import categories
from ledger.classification import known_triples, label
from ledger.combination import Combination, Unmapped

_KINDS = ("triples", "categories", "accounts", "inter_unit", "marketplace_for_blank")


def suggest(unmapped: Unmapped | Iterable[Unmapped]) -> str:
    """Return a YAML snippet for everything the mapping lacks, each thing once; findings it cannot cure as comments."""
    found = (unmapped,) if isinstance(unmapped, Unmapped) else tuple(unmapped)
    by_section: dict[str, dict[str, str]] = {kind: {} for kind in _KINDS}
    comments: dict[str, None] = {}
    for one in found:
        for kind, name in one.also:
            by_section[kind].setdefault(name, one.finding.sentence)
        kind, name = one.wanted
        if kind == "triples":
            by_section[kind][_triple_row(one.combination, name)] = ""
        elif kind in by_section:
            by_section[kind].setdefault(name, one.finding.sentence)
        else:
            comments[f"# {one.finding.sentence}\n#   {one.finding.cure}"] = None
    blocks = _blocks(by_section)
    return "\n".join([*comments, *blocks]) + "\n" if comments or blocks else ""


def _blocks(by_section: dict[str, dict[str, str]]) -> list[str]:
    """Return the sections that have something in them, each key of the file once."""
    roles = [f'  {name}: ""' for name in by_section["accounts"]]
    pairs = [f'    - units: [{pair}]\n      due_from: ""\n      due_to: ""' for pair in by_section["inter_unit"]]
    lines = {
        "triples": list(by_section["triples"]),
        "categories": [f'  {name}: ""  # {_said(name)}' for name in by_section["categories"]],
        "accounts": [*roles, *(["  inter_unit:", *pairs] if pairs else [])],
        "marketplace_for_blank": [f'  {currency}: ""' for currency in by_section["marketplace_for_blank"]],
    }
    return ["\n".join((f"{key}:", *rows)) for key, rows in lines.items() if rows]


def _said(name: str) -> str:
    category = categories()[name]
    side = "" if category.usual_side == "either" else f", usually {category.usual_side}"
    return f"{category.description} ({category.nature}{side})"


def _triple_row(one: Combination, shipped: str) -> str:
    hint = f"the shipped classification guesses {shipped}" if shipped else _closest(one)
    return "\n".join(
        (
            f"  - transaction_type: {quoted(one.transaction_type)}",
            f"    amount_type: {quoted(one.amount_type)}",
            f"    amount_description: {quoted(one.amount_description)}",
            f'    category: ""  # {hint}',
        )
    )


def _closest(one: Combination) -> str:
    """Name the known label that looks most like this one, with its category; never taken over without a person."""
    wanted = label(f"{one.transaction_type} {one.amount_type} {one.amount_description}")
    best = max(known_triples(), key=lambda pair: SequenceMatcher(None, wanted, " ".join(pair[0])).ratio())
    return f"the closest known label is {best[0][2]!r}: {best[1].category}"


def quoted(text: str) -> str:
    """Write any text as one YAML value on one line."""
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10_000).strip()
