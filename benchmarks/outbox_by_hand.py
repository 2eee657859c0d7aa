"""What an outbox costs without one: the same reads and writes of the same rows, with the sqlite3 module alone.

In: a path of a migrated control database, and documents as plain JSON values. Out: rows that the connector's own audit
trail verifies, column by column. Same statements, same transactions (BEGIN IMMEDIATE to COMMIT), same settings of the
connection; what each row needs is computed (fingerprint, facts, chain), and nothing is checked that no row needs.
"""

import hashlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from ledger.posting import STEPS

_DOCUMENT = (
    "SELECT d.key, d.source, d.revision, d.part, d.parts, d.connection, d.partition, d.ledger, d.source_id, d.state, "
    "d.state_version, d.fingerprint, d.set_fingerprint, d.mapping_hash, d.erp_id, d.reason, d.attempts, d.changed_at, "
    "d.sending_since, d.not_before, c.content FROM outbox_documents d JOIN outbox_contents c ON c.key = d.key "
    "WHERE d.key = ?"
)
_STEP = (
    "UPDATE outbox_documents SET state = ?, state_version = ?, reason = ?, changed_at = ?, not_before = ?, erp_id = ?, "
    "sending_since = ?, attempts = ? WHERE key = ?"
)
_OTHER = "SELECT key FROM outbox_documents WHERE ledger = ? AND erp_id = ? AND key <> ?"
_LATEST = "SELECT revision, fingerprint FROM outbox_sets WHERE source = ? ORDER BY revision DESC LIMIT 1"
_PARTS = "SELECT key, part, state, fingerprint FROM outbox_documents WHERE source = ? AND revision = ? ORDER BY part"
_INSERT_SET = (
    "INSERT INTO outbox_sets (source, revision, connection, partition, source_id, parts, fingerprint, mapping_hash, "
    "planned_at, planned_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_DOCUMENT = (
    "INSERT INTO outbox_documents (key, source, revision, part, parts, connection, partition, ledger, source_id, "
    "state, state_version, fingerprint, set_fingerprint, mapping_hash, erp_id, reason, attempts, changed_at, "
    "sending_since, not_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_CONTENT = "INSERT INTO outbox_contents (key, content) VALUES (?, ?)"
_HEAD = "SELECT sequence, hash FROM audit_chains WHERE connection = ?"
_INSERT_HEAD = "INSERT INTO audit_chains (connection, sequence, hash) VALUES (?, ?, ?)"
_MOVE_HEAD = "UPDATE audit_chains SET sequence = ?, hash = ? WHERE connection = ?"
_INSERT_EVENT = (
    "INSERT INTO audit_events (connection, sequence, at, kind, document_key, partition, run, exchange, person, facts, "
    "previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_LEASE = "SELECT name, holder, fence, expires_at FROM leases WHERE name = ?"
_INSERT_LEASE = "INSERT INTO leases (name, holder, fence, expires_at) VALUES (?, ?, ?, ?)"
_TAKE_LEASE = "UPDATE leases SET holder = ?, fence = ?, expires_at = ? WHERE name = ?"
_END_LEASE = "UPDATE leases SET expires_at = ? WHERE name = ? AND fence = ?"

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class OutboxByHand:
    """One connection's documents, one process."""

    def __init__(self, path: Path, connection: str) -> None:
        self._connection = connection
        self._database = sqlite3.connect(path, timeout=30, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._database.execute(f"PRAGMA {pragma}")
        self._execute = self._database.execute

    def plan(self, source: str, contents: list[dict], partition: str, mapping_hash: str, run: str) -> list[str]:
        """Store a set of documents that nobody has seen before, approved; return their keys."""
        prints = [_sha256(_encode(_booked(content))) for content in contents]
        set_print = _sha256(json.dumps([len(contents), *prints]))
        execute, keys = self._execute, []
        execute("BEGIN IMMEDIATE")
        assert execute(_LATEST, (source,)).fetchone() is None
        now, parts = _now(), len(contents)
        source_id = contents[0]["source_id"]
        row = (source, 1, self._connection, partition, source_id, parts, set_print, mapping_hash, now, "")
        execute(_INSERT_SET, row)
        for content, fingerprint in zip(contents, prints, strict=True):
            marks = (fingerprint, set_print, mapping_hash)
            keys.append(self._plan_one(source, content, marks, partition, run, now))
        for key, _part, _state, _print in execute(_PARTS, (source, 1)).fetchall():
            self._move(self._document(key), "approved", "the connection posts by itself", run, None, {}, now)
        execute("COMMIT")
        return keys

    def _plan_one(self, source: str, content: dict, marks: tuple, partition: str, run: str, now: str) -> str:
        part, parts = content["part"], content["parts"]
        amounts = [Decimal(line["amount"]) for line in content["lines"]]
        assert sum(amounts) == 0, "a journal is balanced"
        key = f"{source}#1.{part}"
        names = (content["ledger"], content["source_id"])
        numbers = (key, source, 1, part, parts, self._connection, partition, *names, "planned", 1)
        self._execute(_INSERT_DOCUMENT, (*numbers, *marks, None, "planned", 0, now, None, None))
        self._execute(_INSERT_CONTENT, (key, _encode(content)))
        facts = {
            "fingerprint": marks[0],
            "set_fingerprint": marks[1],
            "mapping_hash": marks[2],
            "revision": 1,
            "part": part,
            "parts": parts,
            "to": "planned",
            "unit": content["unit"],
            "accounting_date": content["accounting_date"],
            "currency": content["currency"],
            "debits": str(sum(amount for amount in amounts if amount > 0)),
            "lines": len(content["lines"]),
        }
        self._tell("document_planned", key, partition, run, facts, now)
        return key

    def lease(self, name: str, holder: str, seconds: float) -> int:
        """Take a free lease; return its fence."""
        self._execute("BEGIN IMMEDIATE")
        now = datetime.now(UTC)
        ends = _text(now + timedelta(seconds=seconds))
        row = self._execute(_LEASE, (name,)).fetchone()
        fence = 1 if row is None else row[2] + 1
        if row is None:
            self._execute(_INSERT_LEASE, (name, holder, fence, ends))
        else:
            assert row[3] <= _text(now), "the lease is held"
            self._execute(_TAKE_LEASE, (holder, fence, ends, name))
        self._execute("COMMIT")
        return fence

    def release(self, name: str, fence: int) -> None:
        """Give a lease back."""
        self._execute("BEGIN IMMEDIATE")
        self._execute(_END_LEASE, ("1970-01-01T00:00:00.000000Z", name, fence))
        self._execute("COMMIT")

    def step(self, key: str, to: str, reason: str, fence: int, run: str, erp_id: str | None = None) -> None:
        """Take one document one step further, with its event."""
        execute = self._execute
        execute("BEGIN IMMEDIATE")
        row = self._document(key)
        assert execute(_LEASE, (key,)).fetchone()[2] == fence, "the lease is lost"
        if erp_id is not None:
            assert execute(_OTHER, (row[7], erp_id, key)).fetchone() is None
        self._move(row, to, reason, run, erp_id, {"fence": fence}, _now())
        execute("COMMIT")

    def _document(self, key: str) -> tuple:
        return self._execute(_DOCUMENT, (key,)).fetchone()

    def _move(self, row: tuple, to: str, reason: str, run: str, erp_id: str | None, more: dict, now: str) -> None:
        version, attempts, since = row[10] + 1, row[16], row[18]
        if to == "sending":
            attempts, since = attempts + 1, now
        erp_id = erp_id or row[14]
        self._execute(_STEP, (to, version, reason, now, None, erp_id, since, attempts, row[0]))
        facts = {
            "from": row[9],
            "to": to,
            "why": STEPS[row[9]][to],
            "reason": reason,
            "erp_id": erp_id,
            "state_version": version,
            "attempts": attempts,
            **more,
        }
        self._tell(f"document_{to}", row[0], row[6], run, facts, now)

    def _tell(self, kind: str, key: str, partition: str, run: str, facts: dict, now: str) -> None:
        connection, execute = self._connection, self._execute
        head = execute(_HEAD, (connection,)).fetchone()
        sequence, previous = head or (0, "0" * 64)
        sequence += 1
        event = [connection, sequence, now, kind, key, partition, run, "", "", _encode(facts), previous]
        digest = _sha256(json.dumps(event, separators=(",", ":")))
        execute(_INSERT_EVENT, (*event, digest))
        if head is None:
            execute(_INSERT_HEAD, (connection, sequence, digest))
        else:
            execute(_MOVE_HEAD, (sequence, digest, connection))

    def close(self) -> None:
        """Close the connection."""
        self._database.close()


def _booked(content: dict) -> dict:
    return {name: value for name, value in content.items() if name not in ("revision", "parts")}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _now() -> str:
    return _text(datetime.now(UTC))


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
