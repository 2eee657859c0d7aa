"""One recorded history on disk, and how it comes back to life.

In: a folder. Out: a project folder, stores restored through the connector's own restore, the ERP's books as they
were, and the journals as text. Nothing of what was posted is computed here: keys and books are read as recorded.

    control.jsonl   the control database, one row a line      settlements/    the bytes Amazon sent
    books.jsonl     the ERP's documents, head and lines        defs/ mappings/ the project as its user had it
    journals.txt    what was posted, for people                history.json    version, moment, tables
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ledger import money
from ledger.journal import Journal
from resources.store.backup_archive import MANIFEST, TABLES, Manifest, writing
from resources.store.documents import DocumentStore
from resources.store.restore import restore_backup
from tests.golden_histories.place import Place

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class History:
    """A recorded history."""

    folder: Path

    @property
    def name(self) -> str:
        """Return version and name."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def facts(self) -> dict:
        """Return what was noted when it was recorded."""
        return json.loads((self.folder / "history.json").read_text())

    @property
    def now(self) -> datetime:
        """Return the moment at which it was recorded."""
        return datetime.fromisoformat(self.facts["now"])

    @property
    def erp(self) -> str:
        """Return which ERP it was posted to."""
        return self.facts.get("erp", "peoplesoft")

    @property
    def journals(self) -> str:
        """Return what was posted, as text."""
        return (self.folder / "journals.txt").read_text()

    def restore(self, place: Place) -> None:
        """Put control database, documents and the ERP's books where they were."""
        documents = DocumentStore(place.urls.documents)
        for path in sorted(self.folder.glob("settlements/*")):
            documents.put_file(path)
        for path in (*self.folder.glob("mappings/*.yaml"), *self.folder.glob("defs/*/defs.yaml")):
            documents.put_file(path)
        archive = place.project.home / "history.tar.gz"
        self._write_archive(archive)
        restored = restore_backup(place.urls, place.clock, archive, person="tester")
        assert restored.broken == (), "the chains of an old version verify"
        self.restore_books(place)

    def restore_books(self, place: Place) -> None:
        """Put the ERP's documents where they were, as they were recorded."""
        place.erp.put((self.folder / "books.jsonl").read_text())

    def _write_archive(self, path: Path) -> None:
        """Write the rows as a backup of the version that recorded them."""
        tables: dict[str, list[str]] = {}
        for line in (self.folder / "control.jsonl").read_text().splitlines():
            name, row = json.loads(line)
            tables.setdefault(name, []).append(json.dumps(row, sort_keys=True) + "\n")
        texts = {f"{TABLES}{name}.jsonl": "".join(rows) for name, rows in tables.items()}
        members = {
            name: {"sha256": hashlib.sha256(text.encode()).hexdigest(), "bytes": len(text.encode())}
            for name, text in texts.items()
        }
        heads = [json.loads(line) for line in tables["audit_chains"]]
        chains = {one["connection"]: [one["sequence"], one["hash"]] for one in heads}
        counts = {name: len(rows) for name, rows in tables.items()}
        manifest = Manifest(
            self.now, self.facts["connector"], self.facts["tables"], "sqlite", counts, chains, {}, False, members
        )
        with writing(path, self.now) as archive:
            archive.add_text(MANIFEST, manifest.text())
            for name, text in texts.items():
                archive.add_text(name, text)


def histories() -> list[History]:
    """Return every recorded history, oldest version first."""
    return [History(path.parent) for path in sorted(FOLDER.glob("*/*/history.json"))]


def journals_text(settlement_id: str, journals: Iterable[tuple[Journal, str]]) -> str:
    """Return journals as a person reads them, each with its keys and fingerprint."""
    parts = [f"settlement {settlement_id}\n"]
    for journal, erp_id in journals:
        parts += [
            f"\n{erp_id}  part {journal.part} of {journal.parts}  {journal.currency}  {journal.rate_type}\n",
            f"  key          {journal.key}\n",
            f"  fingerprint  {journal.fingerprint}\n",
            f"  description  {journal.description}  [{journal.document_reference}]\n",
        ]
        parts += [_line_text(line, journal.currency) for line in journal.lines]
        parts.append(
            f"  {'debits and credits':64}{_amount(journal.debits, journal)}{_amount(journal.credits, journal)}\n"
        )
    return "".join(parts)


def _line_text(line, currency: str) -> str:
    debit = money.text(line.amount, currency) if line.amount > 0 else ""
    credit = money.text(-line.amount, currency) if line.amount < 0 else ""
    words = " ".join(word for word in (f"[{line.reference}]" if line.reference else "", line.description) if word)
    return f"  {line.number:>3}  {line.account!s:<59}{debit:>12}{credit:>12}  {words}".rstrip() + "\n"


def _amount(amount, journal: Journal) -> str:
    return f"{money.text(amount, journal.currency):>12}"
