"""Receivable invoices: one per shipment that Amazon told on a day, as it is to be posted; nothing is sent here.

Beside them stand the credit memos of the day's refunds. In: the financial transactions of a day. Out: the lines of all
of these as Parquet for people, and the whole documents archived for the posting step, each with its customer, its order
and the accounts its lines stand on. What has a line that cannot be mapped waits; an order whose sale a settlement has
booked as revenue already is never billed.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.month_end.accrual_events import Place, places_of
from assets.sales.billed_orders import BilledDay, billed_day
from assets.sales.order_choices import billing_begins, orders_in, owed, revenue_orders, shipped_before
from assets.sales.reported_shipments import Reported, reported_shipments, snapshot, waiting_for_transactions
from assets.sales.shipment_dates import waiting_words
from assets.stages.day_files import write_day
from assets.stages.day_names import start_of
from assets.stages.days import DayOutcome, RefusedDay, days_between
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.catalogue import Catalogue
from ledger.errors import ConfigurationRefused, Finding
from ledger.journal import Journal, JournalSet, SourceKey
from ledger.mapping import Mapping
from ledger.order_documents import CREDIT_MEMO, INVOICE
from ledger.policy import Invoicing
from resources.store.warehouse import Version

TABLE = "receivable_invoices"
MAPPED_CHECK, DATED_CHECK, ONCE_CHECK = "every_shipment_billed", "invoices_dated", "revenue_once"
_ROWS_MAX, _FINDINGS_MAX = 200, 20


@dataclass(frozen=True)
class Staged:
    """The order documents of a day as they were made, with the mapping's hash and the events they were made of.

    `others` are, by invoice, the other names under which the same shipment may have been billed; `by_report` the
    invoices of shipments that no transaction told.
    """

    documents: tuple[JournalSet, ...]
    mapping_hash: str
    events: str
    others: dict[SourceKey, tuple[SourceKey, ...]] = field(default_factory=dict)
    by_report: frozenset[SourceKey] = frozenset()


def make_invoices(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Make the invoices of each day of a span; raises ConfigurationRefused where the connection makes none."""
    invoicing = invoicing_of(road)
    mapping, catalogue = road.load_mapping(), road.load_catalogue()
    if invoicing.clear_by == "receipts" and catalogue is not None and catalogue.earns_by_rule:
        raise ConfigurationRefused(
            f"{road.connection} makes no invoices: {catalogue.file} lets products be earned by an accounting rule, and "
            "what receipts close is credited on account, which no rule follows. Use clear_by: journal, or leave the "
            "rules out."
        )
    return {day: _day(road, invoicing, mapping, catalogue, day) for day in days_between(first, last)}


def invoicing_of(road: Road) -> Invoicing:
    """Return how the connection makes invoices; raises ConfigurationRefused where it makes none."""
    if road.policy.invoicing is None:
        raise ConfigurationRefused(f"{road.connection} makes no invoices: books.invoicing is not set.")
    return road.policy.invoicing


def _day(road: Road, invoicing: Invoicing, mapping: Mapping, catalogue: Catalogue | None, day: date) -> DayOutcome:
    seen = snapshot(road, invoicing)
    if seen is None:
        again = "The report of fulfilled shipments is being written anew again and again: make the day once more."
        return RefusedDay(((str(day), again),))
    events = seen.events.versions.get(day)
    if events is None:
        fetch = f"connector fetch {EVENTS_TABLE} --from {day} --to {day} -c {road.connection}"
        return RefusedDay(((str(day), f"Its financial events are not here yet: {fetch}"),))
    with TemporaryDirectory(prefix="connector-") as folder:
        reported = reported_shipments(road, invoicing, day, seen, Path(folder) / "reported.parquet")
        return _made(road, invoicing, mapping, catalogue, day, events, reported)


def _made(
    road: Road,
    invoicing: Invoicing,
    mapping: Mapping,
    catalogue: Catalogue | None,
    day: date,
    events: Version,
    reported: Reported,
) -> StageResult:
    paths = [road.stores.warehouse.path(events), *([reported.path] if reported.path else [])]
    places, homeless = _places(road, invoicing, mapping, day, paths)
    settled = revenue_orders(road, *paths)
    is_revenue = settled.keys() | shipped_before(road, orders_in(road, *paths), invoicing)
    made = [
        billed_day(road, invoicing, mapping, day, paths, reported, place, is_revenue, catalogue) for place in places
    ]
    documents = [one for of_place in made for one in of_place.documents]
    content = {
        "mapping": mapping.content_hash,
        "events": events.id,
        "documents": [journal.content() for one in documents for journal in one.journals],
        **_names(made, reported),
    }
    archived = road.stores.documents.put_bytes(json.dumps(content, sort_keys=True).encode())
    facts = {"set": archived.sha256, "mapping": mapping.content_hash, "events": events.id}
    facts |= {"catalogue": catalogue.content_hash} if catalogue else {}
    version = write_day(road, TABLE, day, _staged_rows(made), facts)
    findings = (*homeless, *(one for of_place in made for one in of_place.findings))
    return StageResult(
        facts=_facts(made),
        rows=tuple(_row(journal) for one in documents for journal in one.journals)[:_ROWS_MAX],
        rows_total=len(documents),
        verdicts=(_billed(made, findings, reported), _dated(made), _once(settled)),
        version=version.id,
    )


def staged_invoices(road: Road, day: date) -> Staged | None:
    """Return the invoices of a day as they were made; None where none were made yet."""
    version = road.stores.warehouse.current(road.connection, TABLE, day.isoformat())
    if version is None:
        return None
    content = json.loads(road.stores.documents.read_bytes(version.facts["set"]))
    journals = (Journal.from_content(one) for one in content["documents"])
    sets = tuple(JournalSet(one.source, 1, (one,)) for one in journals)
    by_id = {one.source.source_id: one.source for one in sets if one.source.kind == INVOICE}
    others = {
        by_id[name]: tuple(replace(by_id[name], source_id=one) for one in told)
        for name, told in content.get("others", {}).items()
        if name in by_id
    }
    by_report = frozenset(by_id[name] for name in content.get("by_report", ()))
    return Staged(sets, content["mapping"], content["events"], others, by_report)


def _names(made: Sequence[BilledDay], reported: Reported) -> dict:
    """Return what is kept beside the documents of their names; nothing where all are known as ever."""
    others = {
        source.source_id: [one.source_id for one in told]
        for of_place in made
        for source, told in sorted(of_place.others.items(), key=lambda one: one[0].source_id)
    }
    by_report = [
        one.source.source_id
        for of_place in made
        for one in of_place.documents
        if one.source.kind == INVOICE and _name_of(one) in reported.names
    ]
    return ({"others": others} if others else {}) | ({"by_report": by_report} if by_report else {})


def _name_of(one: JournalSet) -> str:
    billing = one.journals[0].billing
    assert billing is not None, "every order document has its billing"
    return billing.transaction_id


def _places(
    road: Road, invoicing: Invoicing, mapping: Mapping, day: date, events: Sequence[Path]
) -> tuple[tuple[Place, ...], tuple[Finding, ...]]:
    """Return the marketplaces and currencies of a day in which something was sold since orders are billed."""
    since = billing_begins(road, invoicing)
    until = start_of(day + timedelta(days=1)).replace(tzinfo=None)
    if since >= until:
        return (), ()
    return places_of(road, mapping, tuple(map(str, events)), {("", ""): since}, until)


def _staged_rows(made: Sequence[BilledDay]) -> Iterator[dict[str, object]]:
    for of_place in made:
        for one in of_place.documents:
            for journal in one.journals:
                yield from _lines_of(journal, of_place)


def _lines_of(journal: Journal, of_place: BilledDay) -> Iterator[dict[str, object]]:
    billing = journal.billing
    assert billing is not None, "every order document has its billing"
    for place, line in enumerate(journal.lines):
        yield {
            "order_id": billing.order_id,
            "transaction_id": billing.transaction_id,
            "kind": journal.source.kind,
            "accounting_date": journal.accounting_date.isoformat(),
            "marketplace": of_place.place.marketplace,
            "customer": billing.customer,
            "line": line.number,
            "account": str(line.account),
            "reference": line.reference,
            "description": line.description,
            "sku": billing.items[place],
            "amount": money.text(line.amount, journal.currency),
            "currency": journal.currency,
            "quantity": None if line.quantity is None else format(line.quantity, "f"),
        }


def _facts(made: Sequence[BilledDay]) -> dict:
    facts: dict = {"shipments": sum(one.shipments for one in made)}
    for kind, word in ((INVOICE, "invoices"), (CREDIT_MEMO, "credit memos")):
        facts[word] = sum(one.source.kind == kind for of_place in made for one in of_place.documents)
    for of_place in made:
        total = sum((owed(one.journals[0]) for one in of_place.documents), Decimal(0))
        name = f"{of_place.place.marketplace}, {of_place.place.currency}"
        facts[name] = money.text(total, of_place.place.currency)
    return facts


def _row(journal: Journal) -> Row:
    billing = journal.billing
    assert billing is not None, "every order document has its billing"
    return {
        "order": billing.order_id,
        "what": journal.source.kind.replace("_", " "),
        "date": journal.accounting_date.isoformat(),
        "customer": billing.customer,
        "lines": str(len(journal.lines)),
        "total": money.text(owed(journal), journal.currency),
        "currency": journal.currency,
    }


def _billed(made: Sequence[BilledDay], findings: tuple[Finding, ...], reported: Reported) -> Verdict:
    """Every shipment of the day has its invoice, every refund of one its credit memo; what waits is named."""
    documents = sum(len(one.documents) for one in made)
    waiting = sorted(name for one in made for name in one.left_out)
    undated = waiting_words(reason for one in made for reason in one.undated)
    undated = f"{undated} {waiting_for_transactions(reported.waiting)}".strip()
    if not findings and undated:
        return Verdict(MAPPED_CHECK, False, undated, is_waiting=True)
    if not findings:
        return Verdict(MAPPED_CHECK, True, f"{documents} documents are made of the shipments and refunds of the day.")
    rows = tuple({"what": one.sentence, "what to do": one.cure} for one in findings)
    counted = f"{len(waiting)} transactions wait. " if waiting else ""
    sentence = f"{counted}{findings[0].sentence} {undated}".rstrip()
    return Verdict(MAPPED_CHECK, False, sentence, rows=rows, findings=findings)


def _dated(made: Sequence[BilledDay]) -> Verdict:
    """Every invoice that was sent is dated in the month of its shipment; what was sent is never dated again."""
    findings = tuple(one for of_place in made for one in of_place.dated_otherwise)
    rows = tuple({"what": one.sentence, "what to do": one.cure} for one in findings)
    more = f" And {len(findings) - 1} more." if len(findings) > 1 else ""
    fine = "No invoice was sent for a day of another month than its shipment's."
    sentence = f"{findings[0].sentence}{more}" if findings else fine
    told = Verdict(DATED_CHECK, not findings, sentence, is_blocking=False, rows=rows, findings=findings[:_FINDINGS_MAX])
    return told.cut(_ROWS_MAX)


def _once(settled: dict[str, str]) -> Verdict:
    """What a settlement has booked as revenue is not billed as well."""
    rows = tuple({"order": order, "revenue in settlement": name} for order, name in sorted(settled.items()))
    words = f"{len(rows)} orders of the day are revenue of their settlement already, and stay so." if rows else ""
    fine = words or "No order of the day is revenue of a settlement already."
    return Verdict(ONCE_CHECK, True, fine, is_blocking=False, rows=rows).cut(_ROWS_MAX)
