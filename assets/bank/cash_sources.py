"""Which cash entries a settlement can have: one for its payout, one for each charge to the card in it.

In: a settlement as it is registered. Out: what makes their posting keys, the same whether the connector books receipts,
has booked them or never did. The payout's is named like the settlement and never like the payout, which may be read
only after the bank has seen the money.
"""

from assets.stages.roadmap import Road
from ledger import categories, money
from ledger.cash import KIND, charge_source_id
from ledger.journal import SourceKey
from ledger.reversal import KIND as REVERSAL_KIND
from ledger.reversal import undone_by
from ledger.settlement_head import CarryRow
from resources.store.outbox import OutboxDocument
from resources.store.settlements import SettlementRecord


def charges_of(record: SettlementRecord) -> list[CarryRow]:
    """Return what Amazon charged to the card within a settlement, in the order of the report."""
    currency = record.facts["currency"]
    rows = [CarryRow(name, money.exact(amount, currency), row) for name, amount, row in record.facts["carries"]]
    return [one for one in rows if one.kind == categories.DEBT_CHARGED and one.amount > 0]


def receipt_source(road: Road, settlement_id: str) -> SourceKey:
    """Return what makes the posting keys of the receipt of a settlement's payout."""
    return SourceKey(road.seller, road.ledger, KIND, settlement_id)


def charge_source(road: Road, settlement_id: str, number: int) -> SourceKey:
    """Return what makes the posting keys of a charge to the card, counted from 1."""
    return SourceKey(road.seller, road.ledger, KIND, charge_source_id(settlement_id, number))


def cash_sources(road: Road, settlement_id: str) -> list[SourceKey]:
    """Return the sources of all cash entries that a settlement can have; its receipt comes first."""
    record = road.stores.settlements.get(road.connection, settlement_id)
    charges = charges_of(record) if record else ()
    numbers = range(1, len(charges) + 1)
    return [receipt_source(road, settlement_id), *(charge_source(road, settlement_id, one) for one in numbers)]


def cash_sets(road: Road, settlement_id: str) -> list[list[OutboxDocument]]:
    """Return the newest revision of each cash entry of a settlement that was ever planned."""
    found = (road.stores.outbox.documents(one) for one in cash_sources(road, settlement_id))
    return [one for one in found if one]


def is_cash(source: SourceKey) -> bool:
    """Tell whether a document is a cash entry, or undoes one."""
    return source.kind == KIND or (source.kind == REVERSAL_KIND and undone_by(source).kind == KIND)
