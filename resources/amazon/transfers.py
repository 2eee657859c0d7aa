"""What Amazon paid out and will pay: listPayouts and listExpectedPayouts of the Transfers API 2024-06-01.

In: a span of creation, a payout's id, or nothing for what is to come. Out: typed payouts, complete or not at all. A
settlement that pays nothing has an entry too, which says NO_PAYOUT. The API's third operation starts a payout: it is
not here and has no quota, because keeping books never moves money
(https://github.com/amzn/selling-partner-api-models, transfers_2024-06-01).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ledger.account_numbers import without_long_numbers
from ledger.bank_line import clean
from ledger.errors import SourceRefused
from resources.amazon.answers import (
    Answer,
    misshapen,
    needed_text,
    object_of,
    objects_of,
    possible_moment_of,
    text_of,
    utc,
    written,
)
from resources.amazon.door import Door
from resources.amazon.paged import Archive, Listed, Listing, Unusable, listed
from resources.amazon.stated import Stated, settlements_of, shown, stated_of, tail_of

PAID, NO_PAYOUT = "PAID", "NO_PAYOUT"
# Statuses in which money moves or has moved, or will not; a status that Amazon adds later is in none of them.
UNDER_WAY = frozenset({"STARTED", "IN_TRANSIT"})
BROKEN = frozenset({"FAILED", "CANCELLED"})

# No reason that Amazon gives needs a longer number; US account numbers have as few as this.
_LONG_DIGITS = 6
_ADDRESS = re.compile(r"\S+@\S+")
_PATH = "/finances/transfers/2024-06-01/payouts"
_PAYOUTS = Listing("listPayouts", _PATH, "payouts")
_EXPECTED = Listing("listExpectedPayouts", f"{_PATH}/expected", "expectedPayouts")


@dataclass(frozen=True, slots=True)
class PayoutStep:
    """One step of a payout: its status, since when, and why it failed, its numbers and addresses hidden."""

    status: str
    moment: datetime
    failure_reason: str = ""


@dataclass(frozen=True, slots=True)
class Payout:
    """One payout, or the reason for none; texts are "" and moments None where Amazon says nothing.

    `account_tail` is what Amazon shows of the account, `trace_id` the bank's own name of the transfer.
    """

    payout_id: str
    status: str
    steps: tuple[PayoutStep, ...]
    kind: str
    amount: Stated | None
    marketplace_id: str
    account_type: str
    account_tail: str
    payment_method: str
    rail: str
    trace_id: str
    created: datetime | None
    period_start: datetime | None
    period_end: datetime | None
    settlement_ids: tuple[str, ...]
    document: str

    @property
    def is_paid(self) -> bool:
        """Tell whether the money is in the bank, as far as Amazon knows."""
        return self.status == PAID

    @property
    def paid(self) -> datetime | None:
        """Return when the payout was last told to be paid; None while it is not."""
        moments = [step.moment for step in self.steps if step.status == PAID] if self.is_paid else []
        return max(moments, default=None)


@dataclass(frozen=True, slots=True)
class ExpectedPayout:
    """One payout that is to come, or the reason for none (NO_PAYOUT_EXPECTED, DISABLED, AT_RISK)."""

    status: str
    amount: Stated | None
    marketplace_id: str
    account_type: str
    account_tail: str
    payment_method: str
    scheduled: datetime | None
    period_start: datetime | None
    period_end: datetime | None
    settlement_ids: tuple[str, ...]
    document: str


class Transfers:
    """The payouts of one connection, of all its marketplaces and account types: a bank account knows no marketplace.

    Args:
        door: Calls the operations.
    """

    def __init__(self, door: Door) -> None:
        self._door = door

    def payouts(
        self, after: datetime, before: datetime, archive: Archive, left_out: Unusable | None = None
    ) -> tuple[Payout, ...]:
        """Return the payouts created from `after` on and before `before`, each once, as it stood last.

        `archive` is handed every answer before anything looks inside it, and returns the name it is kept under.
        Payouts that cannot be used are left out and collected in `left_out`; without it they refuse the whole answer.

        Raises:
            SourceRefused: A person has to act; without `status` an answer is not of the documented shape, and `reasons`
                name the payouts that cannot be used.
            SourceUnavailable: Throttled or out of order beyond all attempts, or the pages do not come to an end.
        """
        if utc(after) >= utc(before):
            return ()
        span = {"createdAfter": written(after), "createdBefore": written(before)}
        found = listed(self._door, _PAYOUTS, span, archive)
        # A payout that moved on while we paged comes twice: the later page knows more.
        unusable = left_out or unusable_payouts()
        read = unusable.read(found, lambda one: _payout_of(self._door.connection, one))
        if left_out is None:
            unusable.raise_any()
        return tuple({payout.payout_id: payout for payout in read}.values())

    def payout(self, payout_id: str, archive: Archive) -> Payout | None:
        """Return one payout; None when the seller has none of that id. Raises as `payouts`."""
        assert payout_id, "without an id every payout would be listed"
        try:
            found = listed(self._door, _PAYOUTS, {"payoutId": payout_id}, archive)
        except SourceRefused as refused:
            if refused.status == 404:
                return None
            raise
        payouts = [_payout_of(self._door.connection, one) for one in found]
        if any(one.payout_id != payout_id for one in payouts):
            raise misshapen(self._door.connection, "listPayouts answers with another payout than was asked for")
        return payouts[-1] if payouts else None

    def expected(self, archive: Archive) -> tuple[ExpectedPayout, ...]:
        """Return the payouts that are to come. Raises as `payouts`."""
        connection = self._door.connection
        return tuple(_expected_of(connection, one) for one in listed(self._door, _EXPECTED, {}, archive))


def unusable_payouts() -> Unusable:
    """Return what collects the payouts of an answer that cannot be used."""
    return Unusable("Payout", "id")


def _payout_of(connection: str, one: Listed) -> Payout:
    answer = one.answer
    payout_id = needed_text(connection, answer, "id")
    what = f"payout {shown(payout_id)}"
    partner, period = object_of(connection, answer, "partnerMetadata"), object_of(connection, answer, "period")
    amount = stated_of(connection, answer, "amount", what)
    if amount is not None and amount.amount < 0:
        raise misshapen(connection, f"the amount of {what} is negative")
    status = needed_text(connection, answer, "currentStatus")
    if amount is None and status == PAID:
        raise misshapen(connection, f"{what} is PAID and has no amount")
    return Payout(
        payout_id=payout_id,
        status=status,
        steps=tuple(_step_of(connection, step, what) for step in objects_of(connection, answer, "statusHistory")),
        kind=text_of(connection, answer, "type") or "",
        amount=amount,
        marketplace_id=text_of(connection, partner, "marketplaceId") or "",
        account_type=text_of(connection, partner, "accountType") or "",
        account_tail=tail_of(connection, answer, "accountTail"),
        payment_method=text_of(connection, answer, "paymentMethod") or "",
        rail=text_of(connection, answer, "paymentRail") or "",
        trace_id=(text_of(connection, answer, "traceId") or "").strip(),
        created=possible_moment_of(connection, answer, "creationDate"),
        period_start=possible_moment_of(connection, period, "startDate"),
        period_end=possible_moment_of(connection, period, "endDate"),
        settlement_ids=settlements_of(connection, answer),
        document=one.document,
    )


def _step_of(connection: str, answer: Answer, what: str) -> PayoutStep:
    moment = possible_moment_of(connection, answer, "lastUpdatedDate")
    if moment is None:
        raise misshapen(connection, f"a status of {what} has no lastUpdatedDate")
    reason = text_of(connection, answer, "failureReason") or ""
    return PayoutStep(needed_text(connection, answer, "status"), moment, _without_personal_data(reason))


def _without_personal_data(words: str) -> str:
    """Return Amazon's free text on one line; it may quote the account, an address or a phone number."""
    return without_long_numbers(_ADDRESS.sub("***", clean(words)), _LONG_DIGITS)


def _expected_of(connection: str, one: Listed) -> ExpectedPayout:
    answer = one.answer
    partner, period = object_of(connection, answer, "partnerMetadata"), object_of(connection, answer, "period")
    return ExpectedPayout(
        status=needed_text(connection, answer, "status"),
        amount=stated_of(connection, answer, "amount", "an expected payout"),
        marketplace_id=text_of(connection, partner, "marketplaceId") or "",
        account_type=text_of(connection, partner, "accountType") or "",
        account_tail=tail_of(connection, answer, "accountTail"),
        payment_method=text_of(connection, answer, "paymentMethod") or "",
        scheduled=possible_moment_of(connection, answer, "scheduledDate"),
        period_start=possible_moment_of(connection, period, "startDate"),
        period_end=possible_moment_of(connection, period, "endDate"),
        settlement_ids=settlements_of(connection, answer),
        document=one.document,
    )
