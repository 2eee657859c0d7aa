"""Which input tax the fee invoices of one day claim: what waits in the books, and stands on an invoice with a number.

In: the fee invoices of all days that are kept, and the settlements of their time as they are posted. Out: a journal per
invoice of the day, and a row that says of each what it claims or what it waits for. Nothing is claimed while a
settlement of that time is not posted: its tax belongs to the same invoices.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from assets.fee_invoices import TABLE as INVOICES_TABLE
from assets.posting.document_sets import is_withheld, may_exist, settlement_source
from assets.proofs.fee_invoice_checks import billed_invoices
from assets.settlements.posted_lines import posted_lines
from assets.settlements.series import head_of, places_in
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from assets.stages.verdicts import Row
from ledger import money
from ledger.categories import INPUT_TAX_WAITING, TAX_ON_FEES
from ledger.errors import Finding
from ledger.fee_periods import Billed, Span, last_moment, spans
from ledger.input_tax import Books, TaxInvoice, claim_of, claims, input_tax_source
from ledger.journal import JournalSet
from ledger.mapping import Mapping as AccountMapping
from ledger.posting import PostingState
from resources.amazon.fee_invoices import REJECTED
from resources.amazon.marketplaces import marketplace
from resources.store.outbox import OutboxDocument
from resources.store.settlements import SettlementRecord

ACCOUNT_CODE = "input_tax_account"
INPUT_TAX = "input_tax"


@dataclass
class ClaimedDay:
    """What the invoices of one day claim; `lacking` times leave other tax waiting, `waiting` ones are not over.

    `reversed` counts the documents among them that are undone: they are what would be claimed again.
    """

    documents: list[JournalSet] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    lacking: int = 0
    waiting: int = 0
    reversed: int = 0


@dataclass(frozen=True)
class _Place:
    """One marketplace's invoices of one time, and who owns its books."""

    name: str
    currency: str
    span: Span
    invoices: tuple[Mapping, ...]


def claimed_day(road: Road, mapping: AccountMapping, day: date) -> ClaimedDay:
    """Return what the invoices that were issued on a day claim."""
    made = ClaimedDay()
    for place in _places(billed_invoices(road, INVOICES_TABLE)):
        mine = [one for one in place.invoices if one["issued_at"].date() == day]
        if mine:
            _take(road, mapping, place, mine, made)
    return made


def _places(invoices: Sequence[Mapping]) -> Iterator[_Place]:
    """Yield the invoices for fees by marketplace, currency and the time they are for."""
    found: dict[tuple[str, str], dict[str, Mapping]] = {}
    for one in invoices:
        if one["is_fee"] and one["status"] != REJECTED and None not in (one["period_start"], one["period_end"]):
            known = marketplace(one["marketplace_id"])
            name = known.settlement_name if known else one["marketplace_id"]
            found.setdefault((name, one["currency"]), {})[one["identifier"]] = one
    for (name, currency), by_id in found.items():
        for span in spans(_billed(one) for one in by_id.values()):
            yield _Place(name, currency, span, tuple(by_id[bill.number] for bill in span.invoices))


def _billed(one: Mapping) -> Billed:
    """Return an invoice under Amazon's own identifier, which every one has."""
    start, end = (one[name].replace(tzinfo=UTC) for name in ("period_start", "period_end"))
    return Billed(one["identifier"], start, last_moment(end), one["total"], one["tax"], bool(one["invoice_number"]))


def _take(road: Road, mapping: AccountMapping, place: _Place, mine: Sequence[Mapping], made: ClaimedDay) -> None:
    """Make the journals of one marketplace's invoices of the day, or say what they wait for."""
    day = _day_of(road, mine[0]["issued_at"])
    accounts = {
        INPUT_TAX_WAITING: mapping.of_role(INPUT_TAX_WAITING, place.name, _day_of(road, place.span.end)),
        INPUT_TAX: mapping.of_role(INPUT_TAX, place.name, day),
    }
    waits_on, claimed_from = accounts.values()
    if waits_on is None or claimed_from is None:
        made.findings.append(_no_account(mapping, place, [name for name, one in accounts.items() if one is None]))
        return
    behind, waiting = _not_posted(road, place), _waiting(road, place, str(waits_on))
    numbered = [_tax_invoice(road, one) for one in place.invoices if one["invoice_number"]]
    claimed = _claimed(road, numbered)
    shares = claimed if behind else claims(numbered, waiting, claimed)
    left = waiting - sum(shares.values(), Decimal(0))
    lines_max = min(road.policy.lines_max, road.target.lines_max)
    books = Books(road.seller, road.ledger, claimed_from, waits_on, place.currency, road.policy.rate_type, lines_max)
    for one in mine:
        invoice = _tax_invoice(road, one)
        share = shares.get(invoice) if one["invoice_number"] else None
        if share is not None:
            made.documents.append(claim_of(invoice, share, books))
        is_undone = share is not None and is_withheld(_documents_of(road, invoice))
        made.reversed += is_undone
        claims_now = Decimal(0) if is_undone or share is None else share
        why = "its journal is reversed, so it claims none" if is_undone else behind or _why(left, place.currency)
        made.rows.append(_row(place, one, waiting, claims_now, why))
    made.lacking += bool(left) and not behind
    made.waiting += bool(behind)


def _claimed(road: Road, invoices: Sequence[TaxInvoice]) -> dict[TaxInvoice, Decimal]:
    """Return what was claimed already, or may have been: it stays, whatever is invoiced later."""
    found = {}
    for one in invoices:
        documents = _documents_of(road, one)
        if may_exist(documents) or any(document.state is PostingState.POSTED for document in documents):
            found[one] = sum((document.journal.debits for document in documents), Decimal(0))
    return found


def _documents_of(road: Road, invoice: TaxInvoice) -> list[OutboxDocument]:
    return road.stores.outbox.documents(input_tax_source(road.seller, road.ledger, invoice.issuer, invoice.number))


def _day_of(road: Road, moment: datetime) -> date:
    """Return the day of a moment of UTC in the ledger's time zone."""
    return moment.replace(tzinfo=UTC).astimezone(road.policy.zone).date()


def _tax_invoice(road: Road, one: Mapping) -> TaxInvoice:
    tax = money.exact(one["tax"], one["currency"])
    return TaxInvoice(one["issuer"] or "", one["invoice_number"], _day_of(road, one["issued_at"]), tax)


def _not_posted(road: Road, place: _Place) -> str:
    """Say which settlement of the time is not in the books yet, or that the time is not settled to its end."""
    places = places_in(road.stores, road.connection, road.policy)
    reach: datetime | None = None
    for record in _records(road, place):
        head = head_of(record)
        reach = max(reach or head.end, head.end)
        if places[head.settlement_id].is_before_go_live or head.start > place.span.end or head.end < place.span.start:
            continue
        documents = road.stores.outbox.documents(settlement_source(road, head.settlement_id))
        if not documents:
            return f"settlement {head.settlement_id} of its time is not posted yet"
        if not is_withheld(documents) and any(one.state is not PostingState.POSTED for one in documents):
            return f"settlement {head.settlement_id} of its time is not posted yet"
    if reach is None or reach < place.span.end:
        return "its time is not settled to the end yet"
    return ""


def _records(road: Road, place: _Place) -> list[SettlementRecord]:
    """Return the settlements that may hold fees of a marketplace: those of its currency."""
    return [one for one in road.stores.settlements.all(road.connection) if one.facts["currency"] == place.currency]


def _waiting(road: Road, place: _Place, account: str) -> Decimal:
    """Return what settlements in the books left waiting of the tax on fees of that time."""
    files = []
    for record in _records(road, place):
        documents = road.stores.outbox.documents(settlement_source(road, record.settlement_id))
        is_posted = bool(documents) and all(one.state is PostingState.POSTED for one in documents)
        lines = posted_lines(road, record.settlement_id) if is_posted else None
        files += [str(road.stores.warehouse.path(lines))] if lines is not None else []
    if not files:
        return Decimal(0)
    moments = (place.span.start, place.span.end)
    first, last = (moment.astimezone(UTC).replace(tzinfo=None) for moment in moments)
    bound = {"movements": files, "account": account, "category": TAX_ON_FEES, "marketplace": place.name}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        [row] = dicts(duck.sql(statement("input_tax_waiting"), params={**bound, "first": first, "last": last}))
    return money.exact(row["waiting"], place.currency)


def _why(left: Decimal, currency: str) -> str:
    text = f"{money.text(money.exact(abs(left), currency), currency)} {currency}"
    if left > 0:
        return f"{text} more wait than the invoices of that time hold with a number"
    return f"{text} more are claimed than settlements left waiting" if left < 0 else ""


def _row(place: _Place, one: Mapping, waiting: Decimal, share: Decimal, why: str) -> Row:
    currency = place.currency
    amounts = {"tax on it": money.exact(one["tax"], currency), "waits in its time": waiting, "claimed": share}
    texts = {name: money.text(amount, currency) for name, amount in amounts.items()}
    number = one["invoice_number"] or f"no number ({one['identifier']})"
    if not one["invoice_number"]:
        why = "it has no number yet"
    return {"invoice": number, "marketplace": place.name, **texts, "currency": currency, "why": why}


def _no_account(mapping: AccountMapping, place: _Place, missing: Sequence[str]) -> Finding:
    named = " and ".join(f"accounts.{name}" for name in missing)
    return Finding(
        ACCOUNT_CODE,
        f"Input tax of {place.name} cannot be claimed: {mapping.file} names no {named}.",
        f"Add {named} to {mapping.file}, or set books.input_tax: when_settled.",
        origin=place.name,
    )
