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

from assets.outcome import ACTIONS, SERIES_CODES, align
from assets.partitions import require_settlement_key
from assets.resumption import SETTLEMENT_KIND, arrived, ask_for, sweep
from assets.roadmap import Road
from assets.verdicts import StageResult
from ledger import money
from ledger.errors import DocumentDamaged, Finding, InputRefused, SourceRefused, SourceUnavailable
from resources.amazon.client import ReportEntry
from resources.amazon.settlement_file.reader import SettlementFile, read_settlement
from resources.store.settlements import SettlementRecord

_GONE = (404, 410)  # Amazon lists a report and has no document for it (any more)


@dataclass
class Discovery:
    """What one discovery did: settlement ids, and names of reports in `refused` and `damaged`.

    `damaged` came broken and are fetched again next time; `interrupted` says why the rest was left for next time.
    """

    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    interrupted: str = ""


def discover(road: Road, created_since: datetime | None = None) -> Discovery:
    """Find, archive and register what Amazon lists; stop early, keeping all that is done, when the quota is used up.

    One report that cannot be used keeps no other from being taken in. Raises SourceRefused where a person has to act.
    """
    discovery = Discovery()
    try:
        since = created_since or road.clock.now() - road.look_back
        for entry in road.source.settlement_reports(since):
            if not road.stores.settlements.known_report(road.connection, entry.report_document_id):
                _take_in(road, entry, discovery)
    except SourceUnavailable as error:
        discovery.interrupted = str(error)
    sweep(road, {record.settlement_id for record in road.stores.settlements.all(road.connection)})
    return discovery


def _take_in(road: Road, entry: ReportEntry, discovery: Discovery) -> None:
    """Archive one document, then look inside; what cannot be used becomes a review item of its report."""
    name = _report_name(entry.report_id)
    with _scratch() as folder:
        try:
            download = road.source.download(entry.report_document_id, folder / "report")
        except (DocumentDamaged, SourceRefused) as error:
            if isinstance(error, SourceRefused) and error.status not in _GONE:
                raise
            _hold_report(road, name, "document_refused", str(error), entry.report_document_id)
            discovery.damaged.append(name)
            return
        archived = road.stores.documents.put_file(download.path)
        try:
            head = read_settlement(
                download.path, None, charset=download.charset, document_sha256=archived.sha256, scratch=folder
            )
            outcome = _register(road, head, archived.sha256, "api", entry.report_id)
        except InputRefused as error:
            _hold_report(road, name, "file_refused", str(error), archived.sha256)
            discovery.refused.append(name)
            road.stores.settlements.remember_report(road.connection, entry.report_id, entry.report_document_id, "")
            return
    road.stores.settlements.remember_report(
        road.connection, entry.report_id, entry.report_document_id, head.settlement_id
    )
    align(road, name, (), {"document_refused"})
    getattr(discovery, outcome).append(head.settlement_id)


def import_file(road: Road, path: Path) -> tuple[str, str]:
    """Drop one file onto the road; return its settlement id and new, known or changed; raise what refuses it."""
    with _scratch() as folder:
        head = read_settlement(path, None, scratch=folder)
    other = road.stores.settlements.elsewhere(head.settlement_id, road.seller)
    if other is not None:
        raise InputRefused(
            f"Settlement {head.settlement_id} belongs to seller {other.seller} of connection {other.connection}, not "
            f"to {road.seller}: booked here it would be booked twice. Nothing was imported. Import it there: "
            f"connector import FILE --connection {other.connection}"
        )
    archived = road.stores.documents.put_file(path)
    return head.settlement_id, _register(road, head, archived.sha256, "import", "")


def _register(road: Road, head: SettlementFile, sha256: str, source: str, report_id: str) -> str:
    """Record the settlement by its own id; the same id with other content is an alarm, never a replacement."""
    settlement_id = require_settlement_key(head.settlement_id)
    if road.stores.settlements.get(road.connection, settlement_id) is None:
        # Asked for before it is recorded: a worker that dies in between leaves a row too many, never one too few.
        arrived(road, settlement_id, f"found by {source}")
    outcome = road.stores.settlements.record(
        road.connection,
        road.seller,
        settlement_id,
        document_sha=sha256,
        content_hash=head.content_hash,
        source=source,
        report_id=report_id,
        facts=head_facts(head),
        run=road.run,
    ).outcome
    if outcome == "new":
        _wake_sisters(road, settlement_id)
    elif outcome == "changed" and not _is_kept(road, settlement_id, sha256):
        finding = _changed_finding(settlement_id, sha256)
        align(road, settlement_id, (finding,), frozenset())
    return outcome


def _wake_sisters(road: Road, settlement_id: str) -> None:
    """Ask again for settlements that are held for their place in a series: this one may be what they miss."""
    held = {item.partition for item in road.stores.review.listing(road.connection) if item.code in SERIES_CODES}
    for sister in sorted(held - {settlement_id}):
        ask_for(road, sister, f"settlement {settlement_id} came in")


def _is_kept(road: Road, settlement_id: str, sha256: str) -> bool:
    """Tell whether a person decided already to keep what was read first, with this very document at hand."""
    items = road.stores.review.decisions(road.connection, settlement_id, "settlement_changed")
    return any(item.resolution == "keep" and item.origin == sha256 for item in items)


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
            f"Settlement {settlement_id} came again with other content (document {sha256[:12]}). What was read first "
            "stays; nothing is posted from the newer one."
        ),
        cure="Compare both documents; resolve with `keep`, or with `accept` to take the newer one.",
        origin=sha256,
    )


def _report_name(report_id: str) -> str:
    """Return the name under which a report without a settlement id stands in the review queue."""
    return "".join(letter if letter.isalnum() or letter in "_-" else "-" for letter in f"report-{report_id}")[:100]


def _hold_report(road: Road, name: str, code: str, sentence: str, origin: str) -> None:
    cure = {
        "file_refused": "Look at the archived document; import a whole file, or dismiss it.",
        "document_refused": "It is fetched again with the next discovery; or download it by hand and import it.",
    }[code]
    finding = Finding(code, sentence, cure, origin=origin)
    road.stores.review.open(road.connection, name, finding, actions=ACTIONS[code], run=road.run)


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
        try:
            with _scratch() as folder:
                archived = road.stores.documents.put_file(road.source.download(document_id, folder / "report").path)
        except SourceRefused as error:
            if error.status not in _GONE:
                raise
            continue
        if archived.sha256 == record.document_sha:
            return
    raise InputRefused(
        f"The archived report of settlement {record.settlement_id} is missing, and Amazon has no copy of the same "
        "bytes any more (it keeps a report for 90 days). Import the file: connector import FILE --connection "
        f"{road.connection}"
    )


__all__ = ["SETTLEMENT_KIND", "Discovery", "discover", "fetch_report", "head_facts", "import_file", "registered"]
