"""The demonstration seller's bank accounts: what its statements say of Amazon's payouts, and of other things.

In: the seller's history. Out: `BankLine`s of four accounts, one per currency. A payout arrives on the next working
day, its trace id in the text; two that arrived in pounds on one day came as one line, one of them changed from euros
by Amazon; a charge of Amazon's to the card is a debit in each of its parts. Lines of others are among them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from emulators.amazon.history import PayoutRecord, SellerHistory, TransactionRecord

_PAYERS = {
    "USD": "AMAZON.COM SERVICES LLC",
    "GBP": "AMAZON PAYMENTS UK LIMITED",
    "EUR": "AMAZON PAYMENTS EUROPE S.C.A.",
    "CAD": "AMAZON.COM.CA ULC",
}
_CARD = "CARD PAYMENT AMAZON SELLER BALANCE"
# What else goes through the accounts: who, text, amount, days before the end.
_OTHERS = (
    ("HARBOUR OFFICE SUPPLIES", "Invoice 20416", Decimal("-54.20"), 20),
    ("TRAIL SHOP WHOLESALE", "Order 7731 remittance", Decimal("420.00"), 9),
)


@dataclass(frozen=True, slots=True)
class BankAccount:
    """An account: its currency, its number, the bank's code; `is_iban` says what the number is."""

    currency: str
    number: str
    bank_code: str
    is_iban: bool


@dataclass(frozen=True, slots=True)
class BankPart:
    """One payout inside a line: its trace id, its amount, and what it was before Amazon changed it."""

    settlement_id: str
    trace_id: str
    amount: Decimal
    original: tuple[Decimal, str] | None = None


@dataclass(frozen=True, slots=True)
class BankLine:
    """One line of a statement; credits are positive. `parts` are the payouts it brings, none for other lines."""

    currency: str
    booked: date
    value: date
    amount: Decimal
    party: str
    text: str
    bank_id: str
    parts: tuple[BankPart, ...] = field(default=())


# Numbers end with the digits that Amazon names; the check digits of the IBANs are right, the banks invented.
BANK_ACCOUNTS = {
    "USD": BankAccount("USD", "000123456481", "000000000", False),
    "GBP": BankAccount("GBP", "GB28DEMO00000012345902", "DEMOGB2L", True),
    "EUR": BankAccount("EUR", "DE31000000000012345377", "DEMODEFF", True),
    "CAD": BankAccount("CAD", "000987654268", "000000000", False),
}


def bank_lines(histories: Iterable[SellerHistory], until: date) -> list[BankLine]:
    """Return the lines of all accounts booked up to a day, in order of booking."""
    histories = list(histories)
    lines: list[BankLine] = []
    for payouts in _arrivals(payout for history in histories for payout in history.payouts):
        lines.append(_credit(payouts))
    lines = _disturbed(lines, histories)
    for history in histories:
        charges = (record for record in history.all_transactions() if record.description == "Successful charge")
        lines += [_debit(record) for record in charges]
    for currency in BANK_ACCOUNTS:
        lines += [_other(currency, *other, until) for other in _OTHERS]
    booked = [line for line in lines if line.booked <= until]
    return sorted(booked, key=lambda line: (line.booked, line.currency, line.bank_id))


def lines_of(lines: Iterable[BankLine], currency: str) -> list[BankLine]:
    """Return the lines of one account."""
    return [line for line in lines if line.currency == currency]


def arrives_at(payout: PayoutRecord) -> tuple[Decimal, str, date] | None:
    """Return amount, currency and day with which a payout reaches the bank, None when it never does."""
    status, moment = payout.statuses[-1]
    if status != "PAID":
        return None
    amount, currency = payout.converted or (payout.amount, payout.currency)
    return amount, currency, _working_day(moment.date())


def _arrivals(payouts: Iterable[PayoutRecord]) -> list[list[PayoutRecord]]:
    """Return payouts by line: the first two that came to one account on one day share theirs."""
    groups: dict[tuple[str, date], list[PayoutRecord]] = {}
    for payout in payouts:
        arrival = arrives_at(payout)
        if arrival is not None:
            groups.setdefault(arrival[1:], []).append(payout)
    shared = min((key for key, group in groups.items() if len(group) > 1), key=lambda key: key[1], default=None)
    found: list[list[PayoutRecord]] = []
    for key, group in groups.items():
        found += [group] if key == shared else [[payout] for payout in group]
    return found


def _credit(payouts: Sequence[PayoutRecord]) -> BankLine:
    parts, day, currency = [], date.min, ""
    for payout in payouts:
        arrival = arrives_at(payout)
        assert arrival is not None
        amount, currency, day = arrival
        original = None if payout.converted is None else (payout.amount, payout.currency)
        parts.append(BankPart(payout.settlement_id, payout.trace_id, amount, original))
    traces = " ".join(part.trace_id for part in parts)
    return BankLine(
        currency=currency,
        booked=day,
        value=day,
        amount=sum((part.amount for part in parts), Decimal("0.00")),
        party=_PAYERS[currency],
        text=f"AMAZON PAYMENTS {traces}",
        bank_id=_bank_id(traces),
        parts=tuple(parts),
    )


def _debit(record: TransactionRecord) -> BankLine:
    """Take a charge from the account the card belongs to, booked a working day later."""
    day = record.posted.date()
    return BankLine(
        currency=record.currency,
        booked=_working_day(day + timedelta(days=1)),
        value=_working_day(day + timedelta(days=1)),
        amount=-record.total,
        party="AMAZON.COM",
        text=f"{_CARD} {day.isoformat()}",
        bank_id=_bank_id(record.transaction_id),
    )


def _other(currency: str, party: str, text: str, amount: Decimal, days: int, until: date) -> BankLine:
    day = _working_day(until - timedelta(days=days))
    return BankLine(currency, day, day, amount, party, text, _bank_id(f"{currency}/{party}/{day}"))


def _disturbed(lines: list[BankLine], histories: Iterable[SellerHistory]) -> list[BankLine]:
    """Return the lines with what was placed at the bank: a fee it kept, money that no payout explains."""
    placed = [one for history in histories for one in history.placed if one.check in ("bank_short", "bank_stray")]
    for one in placed:
        position = next(
            n for n, line in enumerate(lines) if any(part.settlement_id == one.record for part in line.parts)
        )
        line = lines[position]
        if one.check == "bank_short":
            lines[position] = replace(line, amount=line.amount + one.amount)
        else:
            text = f"AMAZON PAYMENTS {_bank_id('stray')}"
            lines.append(replace(line, amount=one.amount, text=text, bank_id=_bank_id(text), parts=()))
    return lines


def _working_day(day: date) -> date:
    return day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))


def _bank_id(name: str) -> str:
    return hashlib.sha256(f"bank/{name}".encode()).hexdigest()[:14].upper()
