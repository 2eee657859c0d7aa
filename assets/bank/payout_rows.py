"""The rows of payouts: one per payout as it stands, with what Amazon changed it into.

In: payouts as the Transfers API tells them, and the settlement periods of the older API, which alone say what a payout
came to in the bank's currency. Out: typed rows. A payout and its period are the same money where both name one
transfer, else where period and amount are the same to the second and the cent; a doubtful one is left unconverted.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from ledger import money
from resources.amazon.event_groups import EventGroup
from resources.amazon.stated import Stated
from resources.amazon.transfers import BROKEN, Payout

TABLE = "payouts"
# The fact of a version that names payouts of its day that could not be used: they are not among its rows, or as they
# were before.
LEFT_OUT = "left_out"
Row = dict[str, object]


def rows_of(payouts: Iterable[Payout], groups: Sequence[EventGroup]) -> list[Row]:
    """Return a row per payout."""
    return [_row(one, converted(one, groups)) for one in payouts]


def as_written(row: Row) -> Row:
    """Return a row that was read back as it was written: amounts and moments as text."""
    written = dict(row)
    for name, code in (("amount", "currency"), ("bank_amount", "bank_currency")):
        if row[name] is not None:
            written[name] = money.text(money.exact(row[name], str(row[code])), str(row[code]))
    return {name: one.isoformat() if isinstance(one, datetime) else one for name, one in written.items()}


def converted(payout: Payout, groups: Sequence[EventGroup]) -> Stated | None:
    """Return what a payout came to in the bank's currency; None where Amazon did not change it or does not say."""
    if payout.amount is None:
        return None
    found = [one for one in groups if one.is_converted and _is_same(payout, one)]
    told = {one.converted for one in found if one.converted is not None}
    return told.pop() if len(told) == 1 else None


def _is_same(payout: Payout, group: EventGroup) -> bool:
    if payout.trace_id and group.trace_id:
        return payout.trace_id == group.trace_id
    period = (payout.period_start, payout.period_end)
    return None not in period and period == (group.start, group.end) and payout.amount == group.original


def _row(one: Payout, bank: Stated | None) -> Row:
    at_bank = bank or one.amount
    reasons = [step.failure_reason for step in one.steps if step.status in BROKEN and step.failure_reason]
    return {
        "payout_id": one.payout_id,
        "status": one.status,
        "kind": one.kind,
        "amount": _text(one.amount),
        "currency": one.amount.currency if one.amount else None,
        "bank_amount": _text(at_bank),
        "bank_currency": at_bank.currency if at_bank else None,
        "marketplace_id": one.marketplace_id,
        "account_type": one.account_type,
        "account_tail": one.account_tail,
        "payment_method": one.payment_method,
        "rail": one.rail,
        "trace_id": one.trace_id,
        "created_at": _moment(one.created),
        "paid_at": _moment(one.paid),
        "period_start": _moment(one.period_start),
        "period_end": _moment(one.period_end),
        "settlement_ids": list(one.settlement_ids),
        "failure_reason": reasons[-1] if reasons else "",
        "history": json.dumps([[step.status, _moment(step.moment)] for step in one.steps]),
        "document": one.document,
    }


def _text(stated: Stated | None) -> str | None:
    return None if stated is None else money.text(stated.amount, stated.currency)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.replace(tzinfo=None).isoformat()
