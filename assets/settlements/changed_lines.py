"""What a settlement would be booked otherwise now, line by line, with the settlement rows behind each line.

In: documents that were sent, and the journals that would be sent now. Out: the difference as a table, the same for the
alarm of the posting step and for a plan. The rows behind a line come from the mapped lines then and now, as far as
those are kept: they are for the eye, a line without them is a difference all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from assets.journals import Planned
from assets.mapped_lines import TABLE as MAPPED_TABLE
from assets.settlement_lines import TABLE as LINES_TABLE
from assets.settlements.settlement_books import books_of
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from assets.stages.verdicts import Row
from ledger.difference import Difference, LineDifference, PlacedLine, difference
from ledger.errors import ConnectorError
from resources.store.outbox import OutboxDocument
from resources.store.warehouse import Version

# So many rows and labels are named behind one line.
ROWS_MAX, LABELS_MAX = 5, 3


@dataclass(frozen=True)
class Changed:
    """A difference and its table."""

    found: Difference
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Behind:
    """Settlement rows behind one side of a line, in one of the two versions."""

    dates: frozenset[str]
    detail: str
    count: int
    first: tuple[int, ...]
    labels: dict[int, str] = field(default_factory=dict)


_Sides = dict[tuple[str, str, bool], list[_Behind]]


def changed_lines(road: Road, settlement_id: str, documents: Sequence[OutboxDocument], planned: Planned) -> Changed:
    """Return what differs between documents that were sent and the journals that would be sent now."""
    found = difference([one.journal for one in documents], planned.journals.journals)
    then, now = _both_behind(road, settlement_id, documents, planned) if found.lines else ({}, {})
    whole = [{**one.row(), "settlement rows": ""} for one in found.documents]
    lines = [{**one.row(), "settlement rows": _words(one, then, now)} for one in found.lines]
    return Changed(found, (*whole, *lines))


def _both_behind(
    road: Road, settlement_id: str, documents: Sequence[OutboxDocument], planned: Planned
) -> tuple[_Sides, _Sides]:
    """Return the rows behind the lines then and now; nothing where it cannot be told any more."""
    versions = road.stores.warehouse.versions(road.connection, MAPPED_TABLE, settlement_id)
    before = _made_with(versions, {one.mapping_hash for one in documents}, planned.made_of)
    after = _made_with(versions, {planned.mapping_hash}, {})
    try:
        return _behind(road, settlement_id, before, after), _behind(road, settlement_id, after, before)
    except (ConnectorError, duckdb.Error):
        return {}, {}


def _made_with(versions: Sequence[Version], mappings: set[str], not_of: dict[str, str]) -> Version | None:
    """Return the newest version made with one of these mappings; rather one that differs from `not_of`."""
    fitting = [one for one in versions if one.facts.get("mapping") in mappings]
    other = [one for one in fitting if not_of and any(one.facts.get(name) != mark for name, mark in not_of.items())]
    return (other or fitting or [None])[-1]


def _behind(road: Road, settlement_id: str, version: Version | None, other: Version | None) -> _Sides:
    """Return the rows whose movements are in one version and not in the other, by side of a line."""
    if version is None:
        return {}
    is_compared = other is not None and other.id != version.id
    bound = {
        "movements": str(road.stores.warehouse.path(version)),
        "others": str(road.stores.warehouse.path(other if is_compared and other else version)),
        "is_compared": is_compared,
        "grain": road.policy.grain,
        "zone": road.policy.time_zone,
    }
    dates = [one.accounting_date.isoformat() for one in books_of(road, settlement_id).parts]
    sides: _Sides = {}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        rows = dicts(duck.sql(statement("rows_behind"), params=bound))
        labels = _labels(duck, _lines_path(road, settlement_id, version), rows)
    for row in rows:
        first = tuple(row["first_rows"])
        # A late document stands on another date than its part.
        day = frozenset(dates[row["part"] - 1 : row["part"]]) if len(dates) > 1 else frozenset()
        one = _Behind(day, row["detail"], row["row_count"], first, {number: labels.get(number, "") for number in first})
        sides.setdefault((row["account"], row["reference"], row["is_debit"]), []).append(one)
    return sides


def _lines_path(road: Road, settlement_id: str, version: Version) -> Path:
    """Return the staged lines that a version of mapped lines was made of, else those that count now."""
    staged = road.stores.warehouse.versions(road.connection, LINES_TABLE, settlement_id)
    same = [one for one in staged if one.facts.get("document") == version.facts.get("document")]
    return road.stores.warehouse.path((same or staged)[-1])


def _labels(duck: duckdb.DuckDBPyConnection, lines: Path, rows: list[dict[str, Any]]) -> dict[int, str]:
    """Return the labels of the rows that are named."""
    wanted = sorted({number for row in rows for number in row["first_rows"]})
    if not wanted:
        return {}
    return dict(duck.sql(statement("row_labels"), params={"lines": str(lines), "wanted": wanted}).fetchall())


def _words(one: LineDifference, then: _Sides, now: _Sides) -> str:
    """Name the rows behind a line: those it has now, else those it had."""
    for line, sides in ((one.now, now), (one.sent, then)):
        found = _of_line(line, sides) if line is not None else []
        if found:
            return _named(found)
    return ""


def _of_line(line: PlacedLine, sides: _Sides) -> list[_Behind]:
    """Return what is behind one line: of its account, reference, side, date and grain; open items carry no grain."""
    day = line.accounting_date.isoformat()
    candidates = sides.get((str(line.account), line.reference, line.is_debit), [])
    candidates = [one for one in candidates if not one.dates or day in one.dates]
    return [one for one in candidates if one.detail and line.text.endswith(one.detail)] or candidates


def _named(found: Sequence[_Behind]) -> str:
    numbers = sorted({number for one in found for number in one.first})[:ROWS_MAX]
    more = sum(one.count for one in found) - len(numbers)
    labels = {number: text for one in found for number, text in one.labels.items()}
    texts = list(dict.fromkeys(labels[number] for number in numbers if labels.get(number)))[:LABELS_MAX]
    rows = f"{'row' if len(numbers) == 1 else 'rows'} {', '.join(map(str, numbers))}"
    return f"{rows}{f' and {more} more' if more > 0 else ''}: {'; '.join(texts)}".rstrip(": ")
