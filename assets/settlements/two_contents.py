"""Two contents of one settlement: what the newer one has otherwise, line by line, for whoever says which one counts.

In: the settlement as registered, and the head of a document that came later under the same id. Out: a finding with the
lines that are gone, new, or there another number of times. Read-only; lines are named by their rows in the two files.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from assets.stages.resumption import sentence_of
from assets.stages.roadmap import Road
from assets.stages.statements import composed, dicts
from assets.stages.verdicts import Row, kept_rows
from ledger import money
from ledger.errors import ConnectorError, Finding
from resources.amazon.settlement_file.reader import SettlementFile, read_settlement
from resources.amazon.settlement_file.scan import lines_relation
from resources.store.settlements import SettlementRecord

CODE = "settlement_changed"
ROWS_KEPT = 50
# Facts of a document's first row, by the words a person knows them by.
_HEAD = {
    "currency": "currency",
    "start": "start",
    "end": "end",
    "deposit_date": "deposit date",
    "total_amount": "total-amount",
    "lines": "number of lines",
}
_CURE = (
    "Compare what differs (connector review show); resolve with `keep`, or with `accept` to take the newer document."
)


@dataclass(frozen=True)
class _Differing:
    """Lines that are otherwise: the first of them as rows to show, and how many are gone and new in all."""

    rows: tuple[Row, ...]
    gone: int
    new: int


def two_contents(
    road: Road, record: SettlementRecord, head: SettlementFile, sha256: str, facts: Mapping[str, Any]
) -> Finding:
    """Return the finding about a document that came under the id of a settlement with other content.

    `facts` are those of the newer document's head, as the settlement's are kept. Lines that cannot be compared (the
    first document is damaged in the archive) are told as that: the alarm stands without them.
    """
    words = [
        f"{name} was {record.facts.get(key)}, is {facts[key]}"
        for key, name in _HEAD.items()
        if record.facts.get(key) != facts[key]
    ]
    found = _Differing((), 0, 0)
    try:
        found = _differing(road, record, head, sha256)
        words.append(f"lines gone: {found.gone}, lines new: {found.new}")
    except (ConnectorError, duckdb.Error, OSError) as error:
        words.append(f"its lines could not be compared ({sentence_of(error)})")
    return Finding(
        code="settlement_changed",
        sentence=(
            f"Settlement {record.settlement_id} came again with other content (document {sha256[:12]}). "
            f"In the newer one: {'; '.join(words)}. What was read first stays; nothing is posted from the newer one."
        ),
        cure=_CURE,
        origin=sha256,
        details=kept_rows("differences", found.rows),
    )


def _differing(road: Road, record: SettlementRecord, head: SettlementFile, sha256: str) -> _Differing:
    with TemporaryDirectory(prefix="connector-") as folder:
        first, newer = Path(folder) / "first.parquet", Path(folder) / "newer.parquet"
        _read(road, record.document_sha, record.facts.get("charset"), first)
        _read(road, sha256, head.charset, newer)
        with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
            asked = composed("two_contents", first=lines_relation(first), newer=lines_relation(newer))
            relation = duck.sql(asked)
            counted = "sum(greatest(times_then - times_now, 0)), sum(greatest(times_now - times_then, 0))"
            gone, new = relation.aggregate(counted).fetchall()[0]
            lines = dicts(relation.limit(ROWS_KEPT))
    return _Differing(tuple(_rows(lines, head.currency)), int(gone or 0), int(new or 0))


def _read(road: Road, sha256: str, charset: str | None, target: Path) -> None:
    source = road.stores.documents.local_path(sha256)
    read_settlement(source, target, charset=charset, document_sha256=sha256, memory_limit_mb=road.memory_limit_mb)


def _rows(lines: list[dict[str, Any]], currency: str) -> Iterator[Row]:
    for line in lines:
        row = line["row_now"] or line["row_then"]
        yield {
            "change": _change(line["times_then"], line["times_now"]),
            "row": f"{row} of the {'newer' if line['row_now'] else 'first'}",
            "posted": line["posted_at"].isoformat(sep=" ") if line["posted_at"] else "",
            "transaction type": line["transaction_type"] or "",
            "amount type": line["amount_type"] or "",
            "description": line["amount_description"] or "",
            "order": line["order_id"] or "",
            "sku": line["sku"] or "",
            "amount": money.text(line["amount"], currency) if line["amount"] is not None else "",
        }


def _change(times_then: int, times_now: int) -> str:
    if not times_now:
        return "gone" if times_then == 1 else f"gone, {times_then} times"
    if not times_then:
        return "new" if times_now == 1 else f"new, {times_now} times"
    return f"{times_then} times, now {times_now}"
