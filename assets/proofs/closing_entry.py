"""By which entry a settlement's clearing item was closed in the ERP's books, read beside the proof of its posting.

In: the item and the documents of ours that may stand on it. Out: facts and a verdict that warns. The ERP's own bank
process books the receipt: what stands on the reference and is not ours is that entry, or a person's.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from assets.bank.cash_sources import cash_sets
from assets.posting.document_sets import ever_in_books, settlement_source
from assets.posting.read_back import ledger_today
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, Verdict
from assets.undo.reversals import carriers
from ledger import money
from ledger.accounts import AccountKey
from ledger.closing import Closing, Moved, closing
from ledger.posting import PostingState
from resources.erp.target import ItemEntry
from resources.store.outbox import OutboxDocument
from resources.store.settlements import SettlementRecord

CHECK = "clearing_item_closed"


def closing_of(
    road: Road, record: SettlementRecord, documents: Sequence[OutboxDocument], entries: Iterable[ItemEntry]
) -> Closing:
    """Return how the clearing item of a settlement stands, by its entries in the currency of the settlement."""
    currency = record.facts["currency"]
    ours, is_carried = {one.erp_id for one in documents}, False
    for newest in _carrying_sets(road, record.settlement_id):
        ours |= {one.erp_id for one in ever_in_books(road, newest)}
        is_carried = is_carried or any(one.state is PostingState.POSTED for one in newest)
    moved = [
        Moved(one.erp_id, one.accounting_date, money.exact(one.amount, currency), one.erp_id in ours)
        for one in entries
        if one.currency == currency
    ]
    return closing(
        moved,
        money.exact(record.facts["total_amount"], currency),
        currency,
        _since(road, record),
        ledger_today(road),
        road.policy.receipt_days,
        is_carried=is_carried,
    )


def _carrying_sets(road: Road, settlement_id: str) -> list[list[OutboxDocument]]:
    """Return the newest documents of each settlement that carries this one's item in."""
    return [road.stores.outbox.documents(settlement_source(road, other)) for other in carriers(road, settlement_id)]


def ours_on_item(road: Road, settlement_id: str) -> set[str | None]:
    """Return what the ERP calls every document of ours that may stand on a settlement's item, cash entries included."""
    own = road.stores.outbox.documents(settlement_source(road, settlement_id))
    sets = [own, *_carrying_sets(road, settlement_id), *cash_sets(road, settlement_id)]
    return {one.erp_id for newest in sets for one in ever_in_books(road, newest)}


def _since(road: Road, record: SettlementRecord) -> date:
    """Return the day the money was to be paid out, in the ledger's time zone."""
    moment = datetime.fromisoformat(record.facts["deposit_date"] or record.facts["end"])
    return moment.astimezone(ZoneInfo(road.policy.time_zone)).date()


def closing_verdict(found: Closing, account: AccountKey, reference: str, currency: str) -> Verdict:
    """Return it as a check that warns: late money is looked for at Amazon and at the bank, and stops no posting.

    Where it fails, its table is everything on the item, with the account and reference to look it up by.
    """
    compared = found.compared
    rows = compared.rows if compared.passed else tuple(_row(one, account, reference, currency) for one in found.moved)
    return Verdict(CHECK, compared.passed, compared.sentence, is_blocking=False, rows=rows)


def _row(moved: Moved, account: AccountKey, reference: str, currency: str) -> Row:
    return {
        "unit": account.unit,
        "account": account.account,
        "reference": reference,
        "document": moved.document,
        "date": moved.day.isoformat(),
        "amount": money.text(moved.amount, currency),
        "booked by": "the connector" if moved.is_ours else "others",
    }
