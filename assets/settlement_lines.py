"""Settlement lines: the report as typed lines in file order, tied to its own total, and placed in its series.

In: the archived document. Out: one Parquet file per version. Blocking: the sum ties to total-amount; the settlement
follows its predecessor; reserve and carried debt are those of the predecessor. Worth a look: debt between accounts.
"""

from dataclasses import replace

from assets.bank.cash_sources import charges_of
from assets.bank.payout_days import ask_for_unexplained_days
from assets.settlement_reports import content_verdict, head_facts, registered
from assets.settlements.series import heads_of, placed
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict
from ledger import money
from ledger.categories import DEBT_MOVED
from ledger.errors import SettlementFileRefused
from ledger.golive import cross_account_debt
from ledger.series import Place
from ledger.settlement_head import CarryRow, SettlementHead
from resources.amazon.settlement_file.reader import SettlementFile, read_settlement
from resources.store.settlements import SettlementRecord

TABLE = "settlement_lines"
DEBT_CHECK = "debt_between_accounts"
_ROWS_MAX = 25
_CONTINUITY = {"series_gap", "series_ambiguous"}


def read_lines(road: Road, settlement_id: str) -> StageResult:
    """Read the archived document to typed lines; raises SettlementFileRefused when it is not whole."""
    record = registered(road, settlement_id)
    source = road.stores.documents.local_path(record.document_sha)
    read: list[SettlementFile] = []

    def produce(path) -> None:
        file = read_settlement(
            source,
            path,
            charset=record.facts.get("charset"),
            document_sha256=record.document_sha,
            memory_limit_mb=road.memory_limit_mb,
        )
        _require_same(record, file)
        read.append(file)

    before = road.stores.warehouse.current(road.connection, TABLE, settlement_id)
    version = road.stores.warehouse.write(
        road.connection, TABLE, settlement_id, produce, {"document": record.document_sha, **record.facts}
    )
    if charges_of(record) and (before is None or before.id != version.id):
        # Only its lines say on which day the card was charged.
        ask_for_unexplained_days(road, f"charges in settlement {settlement_id} were read")
    places = placed(road)
    file, place = read[0], places[settlement_id]
    return StageResult(
        facts=_facts(file, place),
        rows=tuple(_row(one, file.currency) for one in file.by_triple[:25]),
        rows_total=file.lines,
        verdicts=(
            _ties(file),
            *_chain_verdicts(place),
            content_verdict(road, settlement_id),
            _debt_verdict(road, places, settlement_id),
        ),
        links={"document": record.document_sha},
        version=version.id,
    )


def _require_same(record: SettlementRecord, file: SettlementFile) -> None:
    """Raise SettlementFileRefused unless the document is of the settlement and the total that were registered."""
    registered_as = record.settlement_id, record.facts["total_amount"], record.facts["currency"]
    found = file.settlement_id, money.text(file.total_amount, file.currency), file.currency
    if found != registered_as:
        raise SettlementFileRefused(
            f"Document {record.document_sha[:12]} holds settlement {found[0]} with a total of {found[1]} {found[2]}; "
            f"registered was {registered_as[0]} with {registered_as[1]} {registered_as[2]}. Nothing was read from it. "
            "Restore the archive and the control database from the same backup, or import the file again.",
            source=f"document {record.document_sha[:12]}",
        )


def _facts(file: SettlementFile, place: Place) -> dict:
    facts = head_facts(file)
    return {
        "total": file.total_amount,
        "sum of lines": file.sum_amount,
        "currency": file.currency,
        "lines": file.lines,
        "period": f"{facts['start'][:10]} to {facts['end'][:10]}",
        "series": place.series,
        "follows": place.previous or "nothing: first of its series",
        "before go-live": place.is_before_go_live,
        "layout": file.layout,
        "dates": file.date_format,
        "decimal sign": file.decimal_sign,
        "warnings": " ".join(file.warnings) or "none",
    }


def _row(one, currency: str) -> dict[str, str]:
    return {
        "transaction type": one.transaction_type,
        "amount type": one.amount_type,
        "description": one.amount_description,
        "lines": str(one.lines),
        "amount": money.text(one.amount, currency),
    }


def _ties(file: SettlementFile) -> Verdict:
    """The reader refuses a file that does not tie, so what is staged ties; the figures are shown all the same."""
    found, total = file.sum_amount, file.total_amount
    sentence = f"{file.amounts} amounts add up to {found}, total-amount is {total} {file.currency}."
    return Verdict("ties_to_total", found == total, sentence)


def _chain_verdicts(place: Place) -> tuple[Verdict, Verdict]:
    """Continuity and chain; a settlement before go-live is shown, not stopped: it is never posted."""
    gaps = tuple(finding for finding in place.findings if finding.code in _CONTINUITY)
    chains = tuple(finding for finding in place.findings if finding.code not in _CONTINUITY)
    follows = f"It follows {place.previous}." if place.previous else "It is the first of its series."
    return (
        _verdict("continuous_in_series", gaps, follows),
        _verdict("reserve_and_debt_chain", chains, "Reserve and carried debt are those of the settlement before."),
    )


def _debt_verdict(road: Road, places: dict[str, Place], settlement_id: str) -> Verdict:
    """Debt moved between the seller's marketplaces sums to zero over all series; a rest waits for the other half."""
    heads = [head for head in heads_of(road) if not places[head.settlement_id].is_before_go_live]
    own = next((head for head in heads if head.settlement_id == settlement_id), None)
    if own is None or not own.rows(DEBT_MOVED):
        return Verdict(DEBT_CHECK, True, "It moves no debt between marketplaces.", is_blocking=False)
    same = [head for head in heads if head.currency == own.currency]
    findings = cross_account_debt(same)
    fine = "Debt moved between marketplaces comes to zero over all settlements."
    rows = tuple(_debt_row(head, row) for head in same for row in head.rows(DEBT_MOVED)) if findings else ()
    return replace(_verdict(DEBT_CHECK, findings, fine), rows=rows).cut(_ROWS_MAX)


def _debt_row(head: SettlementHead, row: CarryRow) -> dict[str, str]:
    return {
        "settlement": head.settlement_id,
        "marketplace": head.marketplace,
        "row": str(row.source_row),
        "text": row.description,
        "amount": money.text(row.amount, head.currency),
        "currency": head.currency,
    }


def _verdict(check: str, findings: tuple, fine: str) -> Verdict:
    blocking = [finding for finding in findings if finding.is_blocking]
    sentence = " ".join(finding.sentence for finding in findings) or fine
    return Verdict(check, not findings, sentence, is_blocking=bool(blocking) or not findings, findings=findings)
