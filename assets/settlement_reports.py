"""Settlement reports: found, archived, registered; nothing is looked into before its bytes are safe.

`discover` asks Amazon for reports, archives each new document under its SHA-256, reads its head and registers the
settlement by the id inside it (one settlement may come under several report ids). `import_file` drops an archived file
onto the same road. `fetch_report` is the asset: it looks the archive up and fetches only what is missing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from assets.partitions import require_settlement_key
from assets.roadmap import Road
from assets.verdicts import StageResult
from ledger import money
from ledger.errors import Finding, InputRefused, SettlementFileRefused, SourceUnavailable
from resources.amazon.client import ReportEntry
from resources.amazon.settlement_file.reader import SettlementFile, read_settlement
from resources.store.settlements import SettlementRecord

SETTLEMENT_KIND = "settlement"  # kind of a due row: take this settlement down the road


@dataclass
class Discovery:
    """What one discovery did; `settlement_ids` are all that need a partition, new ones first in `new`."""

    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    interrupted: str = ""


def discover(road: Road, created_since: datetime | None = None) -> Discovery:
    """Find, archive and register what Amazon lists; stop early, keeping all that is done, when the quota is used up."""
    discovery = Discovery()
    try:
        since = created_since or road.clock.now() - road.look_back
        for entry in road.source.settlement_reports(since):
            if not road.stores.settlements.known_report(road.connection, entry.report_document_id):
                _take_in(road, entry, discovery)
    except SourceUnavailable as error:
        discovery.interrupted = str(error)
    return discovery


def _take_in(road: Road, entry: ReportEntry, discovery: Discovery) -> None:
    """Archive one document, then look inside."""
    with _scratch() as folder:
        download = road.source.download(entry.report_document_id, folder / "report")
        archived = road.stores.documents.put_file(download.path)
        try:
            head = read_settlement(download.path, None, charset=download.charset, scratch=folder)
        except SettlementFileRefused as error:
            _refuse(road, f"report-{entry.report_id}", archived.sha256, error, discovery)
            road.stores.settlements.remember_report(road.connection, entry.report_id, entry.report_document_id, "")
            return
    outcome = _register(road, head, archived.sha256, "api", entry.report_id)
    road.stores.settlements.remember_report(
        road.connection, entry.report_id, entry.report_document_id, head.settlement_id
    )
    getattr(discovery, outcome).append(head.settlement_id)


def import_file(road: Road, path: Path) -> tuple[str, str]:
    """Drop one file onto the road; return its settlement id and new, known or changed; raise what refuses it."""
    with _scratch() as folder:
        head = read_settlement(path, None, scratch=folder)
    archived = road.stores.documents.put_file(path)
    return head.settlement_id, _register(road, head, archived.sha256, "import", "")


def _register(road: Road, head: SettlementFile, sha256: str, source: str, report_id: str) -> str:
    """Record the settlement by its own id; the same id with other content is an alarm, never a replacement."""
    settlement_id = require_settlement_key(head.settlement_id)
    outcome = road.stores.settlements.record(
        road.connection,
        road.seller,
        settlement_id,
        document_sha=sha256,
        content_hash=head.content_hash,
        source=source,
        report_id=report_id,
        facts=head_facts(head),
    ).outcome
    if outcome == "new":
        now = road.clock.now()
        road.stores.due.ask(road.connection, SETTLEMENT_KIND, settlement_id, now, f"found by {source}")
    elif outcome == "changed":
        road.stores.review.open(
            road.connection, settlement_id, _changed_finding(settlement_id, sha256), actions=("keep", "accept"), run=road.run
        )
    return outcome


def head_facts(head: SettlementFile) -> dict:
    """Return what later stages need of a settlement without opening its lines; amounts as text, times ISO 8601."""
    return {
        "layout": head.layout,
        "currency": head.currency,
        "start": head.start.isoformat(),
        "end": head.end.isoformat(),
        "deposit_date": head.deposit_date.isoformat() if head.deposit_date else None,
        "total_amount": money.text(head.total_amount, head.currency),
        "lines": head.lines,
        "charset": head.charset,
        "marketplaces": list(head.marketplaces),
        "carries": [
            *([row.description, money.text(row.amount, head.currency), row.source_row] for row in head.carry),
            *_debts_between_accounts(head),
        ],
    }


def _debts_between_accounts(head: SettlementFile) -> Iterator[list]:
    """Yield debts moved between the seller's marketplaces by label; no single row is needed, their sum is checked."""
    for one in head.by_triple:
        if one.amount_description.lower().startswith("cross-account debt adjustment"):
            yield [one.amount_description, money.text(one.amount, head.currency), 0]


def _changed_finding(settlement_id: str, sha256: str) -> Finding:
    return Finding(
        code="settlement_changed",
        sentence=(
            f"Settlement {settlement_id} came again with other content (document {sha256[:12]}). What was read first stays; "
            "nothing is posted from the newer one."
        ),
        cure="Compare both documents; resolve with `keep`, or with `accept` to take the newer one.",
        origin=sha256,
    )


def _refuse(road: Road, partition: str, sha256: str, error: SettlementFileRefused, discovery: Discovery) -> None:
    finding = Finding("file_refused", str(error), "Look at the archived document; import a whole file.", origin=sha256)
    key = "".join(letter if letter.isalnum() or letter in "_-" else "-" for letter in partition)[:100]
    road.stores.review.open(road.connection, key, finding, actions=("dismiss",), run=road.run)
    discovery.refused.append(key)


@contextmanager
def _scratch() -> Iterator[Path]:
    with TemporaryDirectory(prefix="connector-") as folder:
        yield Path(folder)


def registered(road: Road, settlement_id: str) -> SettlementRecord:
    """Return what is known of a settlement; raise InputRefused with a sentence for a key that names none."""
    record = road.stores.settlements.get(road.connection, require_settlement_key(settlement_id))
    if record is None:
        raise InputRefused(
            f"{road.connection} knows no settlement {settlement_id}. Run discovery, or import its file: "
            f"connector import FILE --connection {road.connection}"
        )
    return record


def fetch_report(road: Road, settlement_id: str) -> StageResult:
    """Make sure the archived bytes are there and whole; fetch them again from Amazon when they are not."""
    record = registered(road, settlement_id)
    if not road.stores.documents.exists(record.document_sha):
        _fetch_again(road, record)
    size = road.stores.documents.local_path(record.document_sha).stat().st_size
    facts = {
        "settlement": settlement_id,
        "total": money.exact(record.facts["total_amount"], record.facts["currency"]),
        "currency": record.facts["currency"],
        "start": record.facts["start"],
        "end": record.facts["end"],
        "came by": record.source,
        "report ids": ", ".join(record.report_ids) or "file import",
        "bytes": size,
        "sha256": record.document_sha,
    }
    return StageResult(facts=facts, rows_total=record.facts["lines"], links={"document": record.document_sha})


def _fetch_again(road: Road, record: SettlementRecord) -> None:
    """Download a document that the archive lost, as long as Amazon still has it."""
    for document_id in road.stores.settlements.report_documents(road.connection, record.settlement_id):
        with _scratch() as folder:
            archived = road.stores.documents.put_file(road.source.download(document_id, folder / "report").path)
        if archived.sha256 == record.document_sha:
            return
    raise InputRefused(
        f"The archived report of settlement {record.settlement_id} is missing, and Amazon has no copy of the same bytes any "
        f"more (it keeps a report for 90 days). Import the file: connector import FILE --connection {road.connection}"
    )
