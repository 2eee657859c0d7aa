"""The source proofs as they were made last: what agrees, what differs, what waits, and every row behind it.

In: kept verdicts and the staged table of differences. Out: one entry per settlement and proof, and of a settlement all
rows, where a check shows the first ones only. Nobody outside is asked and nothing is proved anew.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from assets.proofs.proof_rows import TABLE
from assets.stages.outcome import WAITS
from assets.stages.statements import dicts, statement
from assets.stages.verdicts import NOT_COMPARED
from ledger import money
from resources.store.stores import Stores
from resources.store.verdicts import CheckVerdict

DIFFERS, WAITING, UNCOMPARED, AGREES = "differs", "waits", NOT_COMPARED, "agrees"
# What asks for a person comes first.
RESULTS = (DIFFERS, WAITING, UNCOMPARED, AGREES)
_MONEY = ("settled", "other")


@dataclass(frozen=True)
class KeptProof:
    """One settlement held against one source; `rows` is how many differences are kept of it."""

    connection: str
    settlement_id: str
    check: str
    result: str
    sentence: str
    since: datetime
    rows: int

    @property
    def row(self) -> dict[str, object]:
        """Return the row that people and machines read."""
        return {
            "connection": self.connection,
            "settlement": self.settlement_id,
            "proof": self.check,
            "result": self.result,
            "rows": self.rows,
            "says": self.sentence,
            "since": self.since,
        }


def kept_proofs(stores: Stores, connection: str, settlement_id: str | None = None) -> list[KeptProof]:
    """Return the proofs of a connection, or of one settlement of it; what differs first."""
    verdicts = [one for one in stores.verdicts.latest(connection, settlement_id) if one.facts.get("asset") == TABLE]
    counts = _counts(stores, connection, {one.partition for one in verdicts})
    found = [_kept(one, counts[one.partition, one.check]) for one in verdicts]
    return sorted(found, key=lambda one: (RESULTS.index(one.result), one.settlement_id, one.check))


def counted_proofs(proofs: Iterable[KeptProof]) -> str:
    """Say of proofs how many there are of each result."""
    counts = Counter(one.result for one in proofs)
    return ", ".join(f"{result}: {counts[result]}" for result in RESULTS)


def _kept(verdict: CheckVerdict, rows: int) -> KeptProof:
    facts = verdict.facts
    result = AGREES if verdict.passed else DIFFERS
    if facts.get(WAITS):
        result = WAITING
    elif facts.get(NOT_COMPARED):
        result = UNCOMPARED
    sentence = facts.get("sentence", "")
    # Two proofs stage no rows; what they showed is all they have.
    told = rows or (len(facts.get("rows", ())) if result == DIFFERS else 0)
    return KeptProof(verdict.connection, verdict.partition, verdict.check, result, sentence, verdict.at, told)


def _counts(stores: Stores, connection: str, settlements: set[str]) -> Counter[tuple[str, str]]:
    warehouse = stores.warehouse
    kept = {
        str(warehouse.path(one)): one.partition
        for one in warehouse.currents(connection, TABLE)
        if one.rows and one.partition in settlements
    }
    if not kept:
        return Counter()
    with warehouse.connect() as duck:
        found = dicts(duck.sql(statement("proof_counts"), params={"proofs": [*kept]}))
    return Counter({(kept[row["filename"]], row["check_name"]): row["differences"] for row in found})


def proof_rows(stores: Stores, connection: str, settlement_id: str) -> list[dict[str, object]]:
    """Return every difference that is kept of a settlement, in the order of each proof."""
    record = stores.settlements.get(connection, settlement_id)
    version = stores.warehouse.current(connection, TABLE, settlement_id)
    if record is None or version is None or not version.rows:
        return []
    path, currency = str(stores.warehouse.path(version)), record.facts["currency"]
    with stores.warehouse.connect() as duck:
        found = dicts(duck.sql(statement("proof_rows"), params={"proofs": [path]}))
    return [_shown(row, currency) for row in found]


def _shown(row: dict, currency: str) -> dict[str, object]:
    amounts = {name: None if row[name] is None else money.exact(row[name], currency) for name in _MONEY}
    settled, other = amounts["settled"], amounts["other"]
    return {
        "proof": row["check_name"],
        "number": row["number"],
        "order": row["order_id"],
        "category": row["category"],
        "sku": row["sku"],
        **amounts,
        "difference": None if settled is None or other is None else settled - other,
        "currency": currency,
        "why": row["why"],
        "settlement_rows": row["settlement_rows"],
        "behind": row["behind"],
    }
