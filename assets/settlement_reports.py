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
from typing import Literal

from assets.bank.payout_days import ask_for_payouts_of, ask_for_unexplained_days
from assets.bank.statement_files import refuse_statement
from assets.posting.accounting_dates import CLOSED_CODE
from assets.posting.document_sets import documents_of_day, source_named
from assets.settlements.two_contents import CODE as SECOND_CONTENT
from assets.settlements.two_contents import two_contents
from assets.stages.day_names import day_of_name
from assets.stages.outcome import ACTIONS, SERIES_CODES, align
from assets.stages.partitions import require_settlement_key
from assets.stages.resumption import SETTLEMENT_KIND, arrived, ask_for, sweep
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict, rows_as_told
from ledger import money
from ledger.accrual import month_of_accrual
from ledger.errors import ConnectorError, DocumentDamaged, Finding, InputRefused, SourceRefused, SourceUnavailable
from resources.amazon.client import ReportEntry
from resources.amazon.marketplaces import marketplace_named
from resources.amazon.settlement_file.reader import SettlementFile, read_settlement
from resources.store.settlements import SettlementElsewhere, SettlementRecord
from resources.transport.record import take_exchanges

CONTENT_CHECK = "one_content"
# What a person may want looked at again: the report is fetched anew by the next discovery.
_LOOKED_AT_AGAIN = ("settlement_elsewhere", "file_refused")
_GONE = (404, 410)  # Amazon lists a report and has no document for it (any more)


@dataclass
class Discovery:
    """What one discovery did: settlement ids, and names of reports in `refused` and `damaged`.

    `damaged` came broken, or could not be read, and are fetched again next time; `elsewhere` are in another
    connection's hands; `foreign` are of a marketplace this connection does not list. `interrupted` says why the rest
    was left for next time.
    """

    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    interrupted: str = ""

    @property
    def waits(self) -> bool:
        """Tell whether something in it waits for a person."""
        return bool(self.changed or self.refused or self.damaged or self.elsewhere)


@dataclass(frozen=True)
class _Came:
    """How one archived document came: by a report of Amazon, on `exchanges` in order, or as a file."""

    source: Literal["api", "import"]
    report_id: str = ""
    report_document_id: str = ""
    sha256: str = ""
    exchanges: tuple[str, ...] = ()


def discover(road: Road, created_since: datetime | None = None) -> Discovery:
    """Find, archive and register what Amazon lists; stop early, keeping all that is done, when the quota is used up.

    One report that cannot be used keeps no other from being taken in. What is held for a closed period is looked at
    again each time. Raises SourceRefused where a person has to act.
    """
    _ask_for_held(road)
    discovery = Discovery()
    try:
        since = created_since or road.clock.now() - road.look_back
        for entry in road.source.settlement_reports(since):
            if not _is_done(road, entry):
                _take_in_guarded(road, entry, discovery)
    except SourceUnavailable as error:
        discovery.interrupted = str(error)
    sweep(road, {record.settlement_id for record in road.stores.settlements.all(road.connection)})
    return discovery


def _ask_for_held(road: Road) -> None:
    """Ask for settlements whose period was closed: nobody tells us when the ERP opens it."""
    held = {item.partition for item in road.stores.review.listing(road.connection) if item.code == CLOSED_CODE}
    for settlement_id in sorted(held):
        if road.stores.settlements.get(road.connection, settlement_id) is not None:
            arrived(road, settlement_id, "its period was closed, and may be open by now")


def _is_done(road: Road, entry: ReportEntry) -> bool:
    """Tell whether a report was taken in; one a person wants looked at again was not, until it is registered."""
    settlements = road.stores.settlements
    if not settlements.known_report(road.connection, entry.report_document_id):
        return False
    items = road.stores.review.listing(road.connection, state=None, partition=_report_name(entry.report_id))
    asked = [one for one in items if one.code in _LOOKED_AT_AGAIN]
    if not asked or asked[-1].resolution != "retry":
        return True
    return settlements.report_names_settlement(road.connection, entry.report_document_id)


def _take_in_guarded(road: Road, entry: ReportEntry, discovery: Discovery) -> None:
    """Take one report in; a fault nobody foresaw holds this report, by the kind of the fault only, and no other."""
    try:
        _take_in(road, entry, discovery)
    except ConnectorError:
        raise
    except Exception as error:
        name = _report_name(entry.report_id)
        sentence = f"Report {entry.report_id} could not be read: {type(error).__name__}."
        _hold_report(road, name, "document_refused", sentence, entry.report_document_id)
        discovery.damaged.append(name)


def _take_in(road: Road, entry: ReportEntry, discovery: Discovery) -> None:
    """Archive one document, then look inside; what cannot be used becomes a review item of its report."""
    name = _report_name(entry.report_id)
    take_exchanges()  # what was asked before did not bring this document
    with _scratch() as folder:
        try:
            download = road.source.download(entry.report_document_id, folder / "report", is_for_settlements=True)
        except (DocumentDamaged, SourceRefused) as error:
            if isinstance(error, SourceRefused) and error.status not in _GONE:
                raise
            _hold_report(road, name, "document_refused", str(error), entry.report_document_id)
            discovery.damaged.append(name)
            return
        archived = road.stores.documents.put_file(download.path)
        came = _Came("api", entry.report_id, entry.report_document_id, archived.sha256, take_exchanges())
        try:
            head = read_settlement(
                download.path, None, charset=download.charset, document_sha256=archived.sha256, scratch=folder
            )
            if _is_foreign(road, head):
                discovery.foreign.append(head.settlement_id)
                _remember(road, came, "")
                return
            outcome = _register(road, head, came)
        except SettlementElsewhere as error:
            _hold_report(road, name, "settlement_elsewhere", str(error), archived.sha256)
            discovery.elsewhere.append(head.settlement_id)
            _remember(road, came, "")
            return
        except InputRefused as error:
            _hold_report(road, name, "file_refused", str(error), archived.sha256)
            discovery.refused.append(name)
            _remember(road, came, "")
            return
    _remember(road, came, head.settlement_id)
    align(road, name, (), {"document_refused"})
    getattr(discovery, outcome).append(head.settlement_id)


def _remember(road: Road, came: _Came, settlement_id: str) -> None:
    """Note that a report need not be fetched again; the id is empty when no settlement came of it."""
    road.stores.settlements.remember_report(
        road.connection,
        came.report_id,
        came.report_document_id,
        settlement_id,
        document_sha=came.sha256,
        person=road.person,
        run=road.run,
        exchanges=came.exchanges,
    )


def _is_foreign(road: Road, head: SettlementFile) -> bool:
    """Tell whether a settlement not yet registered is of no marketplace that the connection lists.

    Amazon lists all of a seller's settlements in a region; those of other marketplaces are another connection's. One
    that names no marketplace it was sold in, such as a month's subscription fee, is told by its currency.
    """
    listed = {one for name in road.marketplaces if (one := marketplace_named(name)) is not None}
    sold_in = {one for name in head.marketplaces if (one := marketplace_named(name)) is not None}
    currencies = {one.currency for one in listed}
    if not listed or not sold_in.isdisjoint(listed) or (not sold_in and head.currency in currencies):
        return False
    return road.stores.settlements.get(road.connection, require_settlement_key(head.settlement_id)) is None


def _foreign_sentence(road: Road, name: str, head: SettlementFile) -> str:
    sold_in = ", ".join(one for one in head.marketplaces if one) or f"no marketplace, in {head.currency}"
    return (
        f"{name} is settlement {head.settlement_id} of {sold_in}, and {road.connection} lists "
        f"{', '.join(road.marketplaces)}: it was not taken in. Hand it to the connection that lists its marketplace "
        "with --connection, or add the marketplace under amazon.marketplaces of this one."
    )


def import_file(road: Road, path: Path) -> tuple[str, str]:
    """Drop one file onto the road; return its settlement id and new, known or changed; raise what refuses it.

    A settlement of no marketplace of the connection, which discovery passes over, is refused: a person named it.
    """
    refuse_statement(road, path)
    # Archived first: what is read is what is kept, whatever becomes of the file meanwhile.
    archived = road.stores.documents.put_file(path)
    with _scratch() as folder:
        # Under the name that the person knows, so that a refusal says it.
        named = folder / path.name
        named.symlink_to(road.stores.documents.local_path(archived.sha256))
        head = read_settlement(named, None, document_sha256=archived.sha256, scratch=folder)
    if _is_foreign(road, head):
        raise InputRefused(_foreign_sentence(road, path.name, head))
    return head.settlement_id, _register(road, head, _Came("import", sha256=archived.sha256))


def _register(road: Road, head: SettlementFile, came: _Came) -> str:
    """Record the settlement by its own id; the same id with other content is an alarm, never a replacement.

    Raises SettlementElsewhere when it is in another seller's or another ERP ledger's hands.
    """
    settlement_id = require_settlement_key(head.settlement_id)
    road.stores.settlements.refuse_elsewhere(road.connection, settlement_id, road.seller, road.ledger)
    if road.stores.settlements.get(road.connection, settlement_id) is None:
        # Asked for before it is recorded: a worker that dies in between leaves a row too many, never one too few.
        arrived(road, settlement_id, f"found by {came.source}")
    facts = {**head_facts(head), "ledger": road.ledger}
    outcome = road.stores.settlements.record(
        road.connection,
        road.seller,
        settlement_id,
        document_sha=came.sha256,
        content_hash=head.content_hash,
        source=came.source,
        report_id=came.report_id,
        facts=facts,
        person=road.person,
        run=road.run,
        exchanges=came.exchanges,
    ).outcome
    if outcome == "new":
        _wake_sisters(road, settlement_id)
        ask_for_payouts_of(road, settlement_id)
        # What it pays or charged may be what a line of the bank waits for.
        ask_for_unexplained_days(road, f"settlement {settlement_id} came in")
    elif outcome == "changed" and not _is_kept(road, settlement_id, came.sha256):
        finding = two_contents(road, registered(road, settlement_id), head, came.sha256, facts)
        align(road, settlement_id, (finding,), frozenset())
    return outcome


def _wake_sisters(road: Road, settlement_id: str) -> None:
    """Ask again for settlements that are held for their place in a series: this one may be what they miss."""
    held = {item.partition for item in road.stores.review.listing(road.connection) if item.code in SERIES_CODES}
    for sister in sorted(held - {settlement_id}):
        ask_for(road, sister, f"settlement {settlement_id} came in")


def _is_kept(road: Road, settlement_id: str, sha256: str) -> bool:
    """Tell whether a person decided already to keep what was read first, with this very document at hand."""
    items = road.stores.review.decisions(road.connection, settlement_id, SECOND_CONTENT)
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


def content_verdict(road: Road, settlement_id: str) -> Verdict:
    """A settlement that came again with other content is not sent before a person has said which one counts."""
    items = road.stores.review.listing(road.connection, partition=settlement_id)
    waiting = [item for item in items if item.code == SECOND_CONTENT]
    if not waiting:
        return Verdict(CONTENT_CHECK, True, "One content of it is known, or a person has decided.", is_blocking=False)
    sentence = (
        f"Settlement {settlement_id} came with two contents, and nobody has said which one counts (review item "
        f"{', '.join(str(item.id) for item in waiting)}): nothing is sent."
    )
    rows = tuple(row for item in waiting for row in rows_as_told("differences", item.details))
    return Verdict(CONTENT_CHECK, False, sentence, is_blocking=False, rows=rows)


def _report_name(report_id: str) -> str:
    """Return the name under which a report without a settlement id stands in the review queue."""
    return "".join(letter if letter.isalnum() or letter in "_-" else "-" for letter in f"report-{report_id}")[:100]


def _hold_report(road: Road, name: str, code: str, sentence: str, origin: str) -> None:
    cure = {
        "file_refused": "Look at the archived document; resolve with `retry` to have it fetched again, import a whole "
        "file, or dismiss it.",
        "settlement_elsewhere": "Dismiss it; or correct the connection and resolve with `retry`: the next discovery "
        "looks again.",
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


def require_known(road: Road, name: str) -> None:
    """Raise InputRefused for what is neither a settlement nor an accrual or day of documents that was planned."""
    if day_of_name(name) is not None:
        if not documents_of_day(road, name):
            raise InputRefused(f"{road.connection} has planned no {name}. See what is: connector outbox list")
    elif month_of_accrual(name) is None:
        registered(road, name)
    elif not road.stores.outbox.documents(source_named(road, name)):
        raise InputRefused(f"{road.connection} has planned no accrual {name}. See what is: connector outbox list")


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
                download = road.source.download(document_id, folder / "report", is_for_settlements=True)
                archived = road.stores.documents.put_file(download.path)
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
