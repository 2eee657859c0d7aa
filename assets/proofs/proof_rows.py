"""The rows behind what differs between a settlement and another source, and the whole table of it.

In: keys that differ (an order and category, an order, a product), and where both sides are kept. Out: the words that
name the rows: settlement and row numbers of its file, transactions, documents of a report. Words name everything; a
person's table shows the first rows of a proof and says how many more there are, the staged table holds all.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from assets.settlements.staged_settlement import Staged
from assets.stages.kept_days import KeptDays
from assets.stages.statements import composed, dicts, write_parquet
from assets.stages.verdicts import Verdict
from ledger.event_classification import classify_event
from ledger.mapping import category_of
from ledger.source_match import UNKNOWN
from resources.store.warehouse import Version

TABLE = "source_proofs"
# How a person sees all of it.
WHOLE = "connector proofs SETTLEMENT"
SETTLEMENT_ROWS, TRANSACTIONS, DOCUMENTS = "settlement rows", "transactions", "documents"
_SHOWN_MAX, _CELL_MAX = 25, 200
# What each proof calls its two amounts.
_OTHER = ("released", "sold for", "reported")
_BEHIND = (TRANSACTIONS, DOCUMENTS)

Words = dict[tuple[str, str], str]
Numbers = Mapping[str, Collection[int]]


def category_of_event(row: Mapping[str, str]) -> str:
    """Return the category of a leaf of a transaction as it is shipped."""
    found = classify_event(row["transaction_type"], row["leaf_path"])
    return found.category if found else UNKNOWN


def settlement_rows(staged: Staged, orders: Collection[str]) -> Words:
    """Return the rows of this settlement by order and category; those without an order stand under an empty one."""
    mapping = staged.road.load_mapping()
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in staged.ask("settlement_rows_of", lines=None, files=[staged.lines], wanted=sorted(orders)):
        labels = (row["transaction_type"], row["amount_type"], row["amount_description"])
        found[row["of_order"], category_of(*labels, mapping=mapping) or UNKNOWN].append(row["source_row"])
    return {key: _places({staged.record.settlement_id: numbers}) for key, numbers in found.items()}


def transactions(staged: Staged, events: list[str], orders: Collection[str]) -> Words:
    """Return the transactions released for this settlement, by order and category."""
    found: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    bound = {"events": events, "settlement_id": staged.record.settlement_id, "wanted": sorted(orders)}
    for row in staged.ask("transactions_behind", lines=None, **bound):
        found[row["of_order"], category_of_event(row)][row["transaction_id"]] = None
    return {key: ", ".join(names) for key, names in found.items()}


def order_rows(staged: Staged, lines: Mapping[str, str], orders: Collection[str]) -> dict[str, str]:
    """Return what settlements pay for each order: `lines` is the settlement of each file."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in staged.ask("settlement_rows_of", lines=None, files=[*lines], wanted=sorted(orders)):
        is_price = row["amount_type"].strip().lower() in ("itemprice", "promotion")
        if is_price and row["transaction_type"].strip().lower() == "order":
            found[row["of_order"]][lines[row["filename"]]].append(row["source_row"])
    return {order: _places(numbers) for order, numbers in found.items()}


def reimbursement_rows(
    staged: Staged, lines: Mapping[str, str], skus: Collection[str]
) -> dict[tuple[str, Decimal], str]:
    """Return which rows pay reimbursements, by product and amount."""
    found: dict[tuple[str, Decimal], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in staged.ask("reimbursement_rows", lines=None, files=[*lines], wanted=sorted(skus)):
        found[row["product"], row["amount"]][lines[row["filename"]]].append(row["source_row"])
    return {key: _places(numbers) for key, numbers in found.items()}


def report_documents(
    staged: Staged, days: KeptDays, files: Collection[str], key: str, wanted: Collection[str]
) -> dict[str, str]:
    """Return the documents of a report that name each of some keys; `key` is the column they stand in."""
    kept = {str(days.warehouse.path(one)): one for one in days.versions.values() if one.rows}
    found: dict[str, dict[str, None]] = defaultdict(dict)
    bound = {"files": [*files], "wanted": sorted(wanted)}
    with staged.road.stores.warehouse.connect(staged.road.memory_limit_mb) as duck:
        for row in dicts(duck.sql(composed("report_files_of", key=key), params=bound)):
            found[row["key"]][kept[row["filename"]].facts.get("document", "")] = None
    return {one: ", ".join(filter(None, names)) for one, names in found.items()}


def _places(numbers: Numbers) -> str:
    return "; ".join(f"{name}: {', '.join(map(str, sorted(set(rows))))}" for name, rows in sorted(numbers.items()))


def shown(verdict: Verdict) -> Verdict:
    """Return a verdict with its first rows, long cells cut, and how many more the table has."""
    first = verdict.cut(_SHOWN_MAX, f"in the table `{TABLE}`: {WHOLE}")
    return replace(first, rows=tuple({name: _cut(value) for name, value in row.items()} for row in first.rows))


def _cut(text: str) -> str:
    return text if len(text) <= _CELL_MAX else f"{text[:_CELL_MAX]} … (whole in the table)"


def keep(staged: Staged, verdicts: Iterable[Verdict]) -> Version:
    """Stage everything that differs as the version of this settlement; where all agrees, a table without rows."""
    warehouse, told = staged.road.stores.warehouse, tuple(verdicts)

    def produce(path: Path) -> None:
        with warehouse.connect(staged.road.memory_limit_mb) as duck:
            write_parquet(duck, TABLE, _kept(told), path)

    return warehouse.write(staged.road.connection, TABLE, staged.record.settlement_id, produce, {})


def _kept(verdicts: Iterable[Verdict]) -> Iterator[dict[str, object]]:
    for verdict in verdicts:
        for number, row in enumerate(verdict.rows, start=1):
            yield {
                "check_name": verdict.check,
                "number": number,
                "order_id": row.get("order", ""),
                "category": row.get("category", ""),
                "sku": row.get("sku", ""),
                "settled": row.get("settled") or row.get("amount") or None,
                "other": next((row[one] for one in _OTHER if row.get(one)), None),
                "why": row.get("why") or row.get("status", ""),
                "settlement_rows": row.get(SETTLEMENT_ROWS, ""),
                "behind": next((row[one] for one in _BEHIND if row.get(one)), ""),
            }
