"""What the cash entries of a settlement would be now: bank lines, accounts, and what the item is carried at.

In: a settlement and one of its cash sources. Out: balanced documents, or why there are none yet. The ERP is asked for
what it holds on the item, as long as nothing was sent; afterwards the stored documents say it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from assets.bank.cash_sources import charge_source, charges_of, receipt_source
from assets.bank.matches import CHARGE, Money, charge_id
from assets.posting.document_sets import may_exist, settlement_source, undoing_of
from assets.settlement_reports import registered
from assets.stages.roadmap import Road
from ledger import categories, money
from ledger.accounts import AccountKey
from ledger.bank_matching import Payment
from ledger.cash import (
    Carrying,
    CashFrame,
    Receipt,
    Share,
    carrying_of,
    cash_journals,
    closing_amounts,
    shares_of,
)
from ledger.errors import InputRefused, TargetMisconfigured
from ledger.journal import JournalSet, SourceKey
from ledger.mapping import Context, Mapping, settlement_marketplace
from ledger.posting import PostingState
from ledger.references import reference
from resources.store.outbox import OutboxDocument
from resources.store.settlements import SettlementRecord

UNCLEAR_CODE, ACCOUNT_CODE = "cash_unclear", "cash_account"


@dataclass(frozen=True)
class CashPlan:
    """One cash entry as it would be booked; `reference` is empty for a charge, which closes no open item."""

    journals: JournalSet
    settlement: Sequence[OutboxDocument]
    closed: AccountKey
    reference: str
    currency: str
    mapping_hash: str


@dataclass(frozen=True)
class Unplanned:
    """Why there is nothing to book now; `is_match_gone` where no bank line is certain, `code` of what a person ends."""

    why: str
    is_match_gone: bool = False
    code: str = ""


def is_posted(road: Road, settlement_id: str) -> bool:
    """Tell whether a settlement stands in the books whole, and nobody is taking it out."""
    documents = road.stores.outbox.documents(settlement_source(road, settlement_id))
    undoing = undoing_of(road, documents)
    is_whole = bool(documents) and all(one.state is PostingState.POSTED for one in documents)
    return is_whole and not (undoing is not None and undoing.is_under_way)


def cash_plan(
    road: Road, settlement_id: str, source: SourceKey, known: Sequence[OutboxDocument], bank: Callable[[], Money]
) -> CashPlan | Unplanned:
    """Return a cash entry as it would be booked now; `bank` gathers what is known of payouts and bank lines.

    Raises TargetError when the ERP cannot say what it holds on the item and nothing was sent yet.
    """
    if road.policy.bank_receipt != "connector":
        return Unplanned("the ERP's own bank process books the receipt; what was sent before is followed")
    if not is_posted(road, settlement_id):
        return Unplanned("waits until the settlement is posted")
    record, mapping = registered(road, settlement_id), road.load_mapping()
    payments = _payments(road, record, source, bank())
    try:
        shares = _shares(road, settlement_id, bank(), payments)
        if not shares:
            return Unplanned("waits for the bank" if payments else "nothing is paid out of it", is_match_gone=True)
        return _planned(road, record, mapping, source, known, shares)
    except InputRefused as error:
        return Unplanned(str(error), code=UNCLEAR_CODE)
    except _NoAccount as error:
        return Unplanned(str(error), code=ACCOUNT_CODE)


class _NoAccount(Exception):
    """The mapping names no account for this."""


def _payments(road: Road, record: SettlementRecord, source: SourceKey, bank: Money) -> tuple[Payment, ...]:
    """Return what is paid under this source: the payouts of a settlement, or one charge in it."""
    settlement_id = record.settlement_id
    own = bank.of_settlement(settlement_id)
    if source == receipt_source(road, settlement_id):
        return tuple(one for one in own if one.amount > 0 and not one.payment_id.startswith(f"{CHARGE}-"))
    numbers = range(1, len(charges_of(record)) + 1)
    wanted = {charge_id(settlement_id, one) for one in numbers if charge_source(road, settlement_id, one) == source}
    return tuple(one for one in own if one.payment_id in wanted)


def _shares(road: Road, settlement_id: str, known: Money, payments: Sequence[Payment]) -> tuple[Share, ...]:
    """Return what the bank booked of these payments for one settlement, nothing while one of them is not certain."""
    shares: list[Share] = []
    for one in payments:
        match = known.matching.of_payment(one.payment_id)
        if match is None:
            return ()
        parts = [part for paid in match.payments for part in _by_settlement(road, paid)]
        names = (one.payment_id, f"{one.payment_id}/{settlement_id}")
        own = [part for part in parts if part.payment_id in names and part.settlement_ids == (settlement_id,)]
        if not own:
            ids = ", ".join(one.settlement_ids)
            raise InputRefused(f"Payout {one.payment_id} pays several settlements, and not what they came to: {ids}")
        shares += shares_of(replace(match, payments=tuple(parts)), own[0].payment_id)
    return tuple(shares)


def _by_settlement(road: Road, payment: Payment) -> list[Payment]:
    """Return a payout of several settlements as one each, where it is the sum of what they came to; else as it is."""
    if len(payment.settlement_ids) < 2:
        return [payment]
    records = [road.stores.settlements.get(road.connection, one) for one in payment.settlement_ids]
    known = [one for one in records if one is not None and one.facts["currency"] == payment.currency]
    totals = [money.exact(one.facts["total_amount"], payment.currency) for one in known]
    if len(known) < len(records) or min(totals) <= 0 or sum(totals) != payment.amount:
        return [payment]
    return [
        replace(
            payment,
            payment_id=f"{payment.payment_id}/{one.settlement_id}",
            settlement_ids=(one.settlement_id,),
            amount=total,
        )
        for one, total in zip(known, totals, strict=True)
    ]


def _planned(
    road: Road,
    record: SettlementRecord,
    mapping: Mapping,
    source: SourceKey,
    known: Sequence[OutboxDocument],
    shares: Sequence[Share],
) -> CashPlan:
    facts, settlement_id = record.facts, record.settlement_id
    marketplace = settlement_marketplace(mapping, Context(facts["currency"], tuple(facts["marketplaces"])))
    settlement = road.stores.outbox.documents(settlement_source(road, settlement_id))
    is_receipt, currency = source == receipt_source(road, settlement_id), facts["currency"]
    day = min(one.line.value_date for one in shares)
    closed = _item_account(settlement) if is_receipt else _card_account(mapping, marketplace, shares)
    total = (
        money.exact(facts["total_amount"], currency) if is_receipt else sum((-one.amount for one in shares), Decimal(0))
    )
    frame = CashFrame(
        source,
        closed,
        reference(settlement_id) if is_receipt else "",
        currency,
        road.policy.rate_type,
        mapping.of_role("fx_realised", marketplace, day),
    )
    if frame.fx_realised is None and any(one.line.currency != currency for one in shares):
        raise _NoAccount(
            "the bank's currency is another, and accounts.fx_realised of the mapping names no account for it"
        )
    receipts = [
        Receipt(share, _bank_account(mapping, marketplace, share), closes)
        for share, closes in zip(shares, closing_amounts(total, currency, shares), strict=True)
    ]
    if any(one.bank.unit != closed.unit for one in receipts):
        raise _NoAccount(f"the mapping names another owner by now than unit {closed.unit}, in which it was posted")
    # The keys it would have now: those of reversed revisions stand in the books for good.
    revision = 1 if not known else known[0].revision + (not may_exist(known))
    journals = cash_journals(frame, receipts).with_revision(revision)
    if is_receipt:
        carrying = _carrying(road, frame, journals, known)
        journals = cash_journals(frame, receipts, carrying).with_revision(revision)
    return CashPlan(journals, settlement, closed, frame.reference, currency, mapping.content_hash)


def _item_account(settlement: Sequence[OutboxDocument]) -> AccountKey:
    """Return the clearing account that the settlement was posted to, whatever the mapping says by now."""
    journals = [one.journal for one in settlement]
    return min(
        (line.account for one in journals for line in one.lines if line.reference == one.document_reference), key=str
    )


def _card_account(mapping: Mapping, marketplace: str | None, shares: Sequence[Share]) -> AccountKey:
    day = min(one.line.value_date for one in shares)
    found = mapping.role("card_in_transit", day) or mapping.of_category(categories.DEBT_CHARGED, day)
    if found is None:
        raise _NoAccount(f"accounts.card_in_transit of the mapping names no account on {day}")
    owner = mapping.owner_of(marketplace)
    return found[0].key(owner.unit, owner.segments)


def _bank_account(mapping: Mapping, marketplace: str | None, share: Share) -> AccountKey:
    line = share.line
    found = mapping.bank(line.account_tail, line.currency, marketplace, line.value_date)
    if found is None:
        raise _NoAccount(
            f"accounts.bank of the mapping names no account for bank account ...{line.account_tail} ({line.currency}) "
            f"on {line.value_date}"
        )
    return found


def _carrying(road: Road, frame: CashFrame, wanted: JournalSet, known: Sequence[OutboxDocument]) -> Carrying | None:
    """Return what the item is carried at: as it was when the entry was stored, else as the books say now.

    Without the entry itself, which stands there already where these records were lost.
    """
    if may_exist(known):
        return carrying_of([one.journal for one in known], frame.currency)
    entries = road.target.item_entries(frame.closed, frame.reference, frame.source.belongs_to)
    itself = {road.target.erp_id(one) for one in wanted.journals}
    own = [one for one in entries if one.currency == frame.currency and one.erp_id not in itself]
    bases = {one.base_currency for one in own}
    if any(one.base_amount is None for one in own):
        raise TargetMisconfigured(
            "The ERP does not show what an item is carried at in base currency. Add CURRENCY_CD and MONETARY_AMOUNT of "
            "the lines to the query by reference: without them a receipt cannot be booked."
        )
    if len(bases) != 1:
        return None  # Nothing stands on the item, or nothing that could be believed: the gate says so.
    amount = sum((one.amount for one in own), Decimal(0))
    base = sum((one.base_amount for one in own if one.base_amount is not None), Decimal(0))
    return Carrying(amount, money.exact(base, *bases), *bases)
