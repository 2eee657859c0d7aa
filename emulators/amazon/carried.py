"""Transactions that Amazon may tell beside those of a seller's history: the transfer to the bank, reserves.

In: settlement periods and payouts. Out: `TransactionRecord`s made on the fly, by switches: which of these appear in
listTransactions no source says for certain; ReserveDebit, ReserveCredit and FundTransfer are names seen in production,
the last one with a positive amount. They carry money from one place to another and are no part of a balance.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from emulators.amazon.history import GroupRecord, Leaf, PayoutRecord, SellerHistory, TransactionRecord
from emulators.amazon.marketplaces import MARKETPLACES
from emulators.amazon.settings import Settings


def carried(history: SellerHistory, settings: Settings) -> Iterator[TransactionRecord]:
    """Yield what the switches let be told."""
    if settings.transfer_transactions != "absent":
        sign = 1 if settings.transfer_transactions == "positive" else -1
        for payout in history.payouts:
            if payout.amount > 0:
                yield _transfer(payout, sign)
    if settings.reserve_transactions:
        for group in history.groups:
            if group.reserve_returned:
                yield _reserve(group, "ReserveCredit", group.reserve_returned, group.start)
            if group.reserve_held and group.end is not None:
                yield _reserve(group, "ReserveDebit", -group.reserve_held, group.end)


def _transfer(payout: PayoutRecord, sign: int) -> TransactionRecord:
    names = (
        ("FINANCIAL_EVENT_GROUP_ID", payout.group_id),
        ("SETTLEMENT_ID", payout.settlement_id),
        ("DISBURSEMENT_ID", payout.trace_id),
    )
    return _record(
        f"transfer/{payout.payout_id}",
        "Transfer",
        "Transfer to bank account",
        payout.created,
        (payout.marketplace_id, payout.currency),
        Leaf(("FundTransfer",), sign * payout.amount),
        tuple(pair for pair in names if pair[1]),
    )


def _reserve(group: GroupRecord, name: str, amount: Decimal, moment: datetime) -> TransactionRecord:
    names = (("FINANCIAL_EVENT_GROUP_ID", group.group_id), ("SETTLEMENT_ID", group.settlement_id))
    return _record(
        f"{name}/{group.group_id}",
        "Adjustment",
        name,
        moment,
        (group.marketplace_id, group.currency),
        Leaf((name,), amount),
        tuple(pair for pair in names if pair[1]),
    )


def _record(
    seed: str,
    kind: str,
    description: str,
    posted: datetime,
    account: tuple[str, str],
    leaf: Leaf,
    identifiers: tuple[tuple[str, str], ...],
) -> TransactionRecord:
    marketplace_id, currency = account
    return TransactionRecord(
        transaction_id=uuid.uuid5(uuid.NAMESPACE_OID, seed).hex,
        transaction_type=kind,
        description=description,
        posted=posted,
        visible=posted,
        currency=currency,
        marketplace_id=marketplace_id,
        marketplace_name=MARKETPLACES[marketplace_id].name,
        leaves=(leaf,),
        identifiers=identifiers,
    )
