"""What came of the demonstration seller's settlements: settlement periods, and payouts or the reason for none.

In: a market, its chain of settlements. Out: `GroupRecord`s, the last of which is still open, and a `PayoutRecord` per
settlement. A total of zero or less pays nothing. One British transfer failed and was sent again; two German ones went
to the British account, because the German one was closed for a month, and Amazon changed the money into pounds.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from emulators.amazon.history import GroupRecord, PayoutRecord
from emulators.demo_seller.catalog import DE_MARKET, UK_MARKET, Market
from emulators.demo_seller.orders import cents
from emulators.demo_seller.series import ChainedSettlement

_ZERO = Decimal("0.00")
_ACCOUNT_TAILS = {"USD": "481", "GBP": "902", "EUR": "377", "CAD": "268"}
_RAILS = {"USD": "ACH", "GBP": "FASTER_PAYMENTS", "EUR": "SEPA", "CAD": "EFT"}
_TRACE_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# From the end of a settlement to each status.
_SENT, _PAID, _PAID_IN_GERMANY = timedelta(hours=9), timedelta(days=1, hours=14), timedelta(days=3, hours=2)
_FAILED, _STARTED_AGAIN, _SENT_AGAIN, _PAID_AGAIN = (timedelta(days=days) for days in (2, 4, 4.3, 5.6))
# Positions in their chains, counted from the first.
_FAILED_ONCE = {(UK_MARKET.marketplace_id, 1)}
_CONVERTED = {(DE_MARKET.marketplace_id, 1), (DE_MARKET.marketplace_id, 2)}
_EUR_IN_GBP = Decimal("0.8612")
_USUAL_DAYS = 14


def group_id_of(settlement_id: str) -> str:
    """Return the id of a settlement's financial event group, from which nobody can tell the settlement's."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"group/{settlement_id}").hex


def open_group_id_of(last_settlement_id: str) -> str:
    """Return the id of the group that is open after the last settlement."""
    return group_id_of(f"after {last_settlement_id}")


def groups_of(market: Market, chain: Sequence[ChainedSettlement]) -> list[GroupRecord]:
    """Return a group per settlement and the one that is open."""
    groups = []
    for link in chain:
        settlement = link.settlement
        groups.append(
            GroupRecord(
                group_id=group_id_of(settlement.settlement_id),
                marketplace_id=market.marketplace_id,
                currency=market.currency,
                start=settlement.start,
                end=settlement.end,
                settlement_id=settlement.settlement_id,
                reserve_returned=link.reserve_returned,
                debt_carried=link.debt_carried,
                reserve_held=link.reserve_held,
                total=settlement.total,
            )
        )
    last = groups[-1]
    opened = GroupRecord(
        group_id=open_group_id_of(last.settlement_id),
        marketplace_id=market.marketplace_id,
        currency=market.currency,
        start=chain[-1].settlement.end,
        reserve_returned=last.reserve_held,
        debt_carried=max(_ZERO, -last.total),
    )
    return [*groups, opened]


def payouts_of(market: Market, chain: Sequence[ChainedSettlement]) -> list[PayoutRecord]:
    """Return one entry per settlement; one that pays nothing says so."""
    return [_payout(market, link, position) for position, link in enumerate(chain)]


def _payout(market: Market, link: ChainedSettlement, position: int) -> PayoutRecord:
    settlement = link.settlement
    place = (market.marketplace_id, position)
    is_converted = place in _CONVERTED
    is_paid = settlement.total > 0
    is_short = (settlement.end - settlement.start).days < _USUAL_DAYS
    return PayoutRecord(
        # In Amazon's sample a payout has the id of its settlement.
        payout_id=settlement.settlement_id,
        settlement_id=settlement.settlement_id,
        marketplace_id=market.marketplace_id,
        currency=market.currency,
        amount=settlement.total,
        created=settlement.end,
        period_start=settlement.start,
        period_end=settlement.end,
        statuses=_statuses(
            settlement.end,
            _PAID_IN_GERMANY if market is DE_MARKET and not is_converted else _PAID,
            has_failed=place in _FAILED_ONCE,
        )
        if is_paid
        else (("NO_PAYOUT", settlement.end),),
        trace_id=_trace_id(settlement.settlement_id) if is_paid else "",
        account_tail=_ACCOUNT_TAILS["GBP" if is_converted else market.currency],
        kind="ON_DEMAND" if is_paid and is_short else "SCHEDULED",
        rail=_RAILS[market.currency],
        group_id=group_id_of(settlement.settlement_id),
        converted=(cents(settlement.total * _EUR_IN_GBP), "GBP") if is_converted else None,
    )


def _statuses(end: datetime, paid_after: timedelta, *, has_failed: bool) -> tuple[tuple[str, datetime], ...]:
    begun = (("STARTED", end), ("IN_TRANSIT", end + _SENT))
    if not has_failed:
        return (*begun, ("PAID", end + paid_after))
    again = (("STARTED", end + _STARTED_AGAIN), ("IN_TRANSIT", end + _SENT_AGAIN), ("PAID", end + _PAID_AGAIN))
    return (*begun, ("FAILED", end + _FAILED), *again)


def _trace_id(settlement_id: str) -> str:
    number = int(hashlib.sha256(f"trace/{settlement_id}".encode()).hexdigest(), 16)
    letters = []
    for _ in range(15):
        number, rest = divmod(number, len(_TRACE_LETTERS))
        letters.append(_TRACE_LETTERS[rest])
    return "".join(letters)
