"""Describe written lines: totals by label, marketplaces, period posted, and the rows that carry money over.

In: the Parquet file of lines. Out: `Description`. One grouped scan of a column store, a few hundredths of the copy.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from resources.amazon.settlement_file.scan import lines_relation
from resources.amazon.settlement_file.settlement import CarriedAmount, TripleTotal

_CARRYING = frozenset(
    (
        "current reserve amount",
        "previous reserve amount balance",
        "payable to amazon",
        "successful charge",
        "failed disbursement",
    )
)
_CARRYING_PREFIX = "transfer of funds unsuccessful:"
_GROUPS = """
    SELECT transaction_type, amount_type, amount_description, marketplace_name, count(*), count(amount), sum(amount),
           min(posted_at), max(posted_at), count(*) FILTER (amount IS NOT NULL AND posted_at IS NULL)
    FROM {lines} GROUP BY ALL
"""
_CARRIED = """
    SELECT amount_description, amount, source_row FROM {lines}
    WHERE amount IS NOT NULL AND list_contains($types, amount_type) AND list_contains($descriptions, amount_description)
    ORDER BY source_row
"""


@dataclass(frozen=True, slots=True)
class Description:
    """What lines hold; `rows` counts Parquet rows, `has_padding` tells of blanks around labels."""

    rows: int
    amounts: int
    sum_amount: Decimal
    undated: int
    has_padding: bool
    by_triple: tuple[TripleTotal, ...]
    marketplaces: tuple[str, ...]
    posted_min: datetime | None
    posted_max: datetime | None
    carry: tuple[CarriedAmount, ...]


def describe(scanner: duckdb.DuckDBPyConnection, lines: Path, minor: int) -> Description:
    """Return the description of a file of lines, amounts with `minor` decimals."""
    groups = scanner.execute(_GROUPS.format(lines=lines_relation(lines))).fetchall()
    unit = Decimal(1).scaleb(-minor)
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    counts: Counter[tuple[str, str, str]] = Counter()
    marketplaces: Counter[str] = Counter()
    for kind, amount_type, label, marketplace, rows, amounts, total, *_ in groups:
        if marketplace is not None:
            marketplaces[marketplace] += rows
        if amounts:
            triple = (kind or "", amount_type or "", label or "")
            sums[triple] += total
            counts[triple] += amounts
    posted = [moment for group in groups for moment in group[7:9] if moment is not None]
    return Description(
        rows=sum(group[4] for group in groups),
        amounts=sum(counts.values()),
        sum_amount=sum(sums.values(), Decimal(0)).quantize(unit),
        undated=sum(group[9] for group in groups),
        has_padding=any(text is not None and text != text.strip() for group in groups for text in group[:4]),
        by_triple=tuple(TripleTotal(*triple, sums[triple].quantize(unit), counts[triple]) for triple in sorted(counts)),
        marketplaces=tuple(sorted(marketplaces, key=lambda name: (-marketplaces[name], name))),
        posted_min=min(posted).replace(tzinfo=UTC) if posted else None,
        posted_max=max(posted).replace(tzinfo=UTC) if posted else None,
        carry=_carried(scanner, lines, [(group[1], group[2]) for group in groups], unit),
    )


def dated_outside(
    scanner: duckdb.DuckDBPyConnection, lines: Path, first: datetime, last: datetime
) -> tuple[int, int, datetime] | None:
    """Return how many lines are posted before a moment or after another, the first of their rows and its moment."""
    bound = {"first": first.replace(tzinfo=None), "last": last.replace(tzinfo=None)}
    found = scanner.execute(
        "SELECT count(*), min(source_row), min_by(posted_at, source_row) "
        f"FROM {lines_relation(lines)} WHERE posted_at < $first OR posted_at > $last",
        bound,
    ).fetchone()
    assert found is not None, "an aggregate has one row"
    return found if found[0] else None


def _carried(
    scanner: duckdb.DuckDBPyConnection, lines: Path, labels: list[tuple[str | None, str | None]], unit: Decimal
) -> tuple[CarriedAmount, ...]:
    found = [
        (amount_type, label)
        for amount_type, label in labels
        if amount_type and label and _plain(amount_type) == "other-transaction" and _carries(_plain(label))
    ]
    if not found:
        return ()
    bound = {"types": sorted({pair[0] for pair in found}), "descriptions": sorted({pair[1] for pair in found})}
    rows = scanner.execute(_CARRIED.format(lines=lines_relation(lines)), bound).fetchall()
    return tuple(CarriedAmount(label, amount.quantize(unit), row) for label, amount, row in rows)


def _plain(label: str) -> str:
    return re.sub(r"[\s_]+", " ", label).strip().lower()


def _carries(label: str) -> bool:
    return label in _CARRYING or label.startswith(_CARRYING_PREFIX)
