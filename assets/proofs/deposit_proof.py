"""A settlement's payout held against the bank: arrived to the cent, on which line, or not yet and for how many days.

In: a settlement, and everything known of payouts and bank lines. Out: a verdict with a row per payout or charge. As
long as the statements that were handed in do not reach the days in which the money may come, it waits.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from assets.bank.matches import Money, money_of
from assets.bank.statement_files import TABLE as STATEMENTS
from assets.stages.day_names import today
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, Verdict, nothing_compared
from ledger import money
from ledger.bank_matching import BankLine, Doubt, Payment, age_days
from resources.store.settlements import SettlementRecord

CHECK = "deposit_equals_payout"


def deposit_verdict(road: Road, record: SettlementRecord) -> Verdict:
    """Every payout of a settlement is in the bank, and every charge of it went out, to the cent."""
    told_until = _told_until(road)
    if not told_until:
        return nothing_compared(CHECK, "No bank statements are read by this connection.")
    known = money_of(road)
    payments = known.of_settlement(record.settlement_id)
    if not payments:
        return _nothing(record)
    now = today(road.clock)
    rows = tuple(_row(one, known, now) for one in payments)
    missing = [one for one in payments if known.matching.of_payment(one.payment_id) is None]
    matched = [row for one, row in zip(payments, rows, strict=True) if one not in missing]
    differing = [row for row in matched if Decimal(row["difference"])]
    if not missing and not differing:
        lines = ", ".join(row["bank line"] for row in rows)
        return Verdict(CHECK, True, f"In the bank to the cent: {lines}.", is_blocking=False, rows=rows)
    late = [one for one in missing if _is_late(one, known, told_until, now)]
    doubted = {one.payment_id: doubt for one in missing if (doubt := _doubt(one, known)) is not None and doubt.lines}
    is_waiting = not differing and not late and not doubted
    return Verdict(CHECK, False, _sentence(missing, differing, late, doubted, now), False, is_waiting, rows)


def _told_until(road: Road) -> dict[str, date]:
    """Return by currency the last day that any statement tells of; nothing where none was handed in."""
    last: dict[str, date] = {}
    for version in road.stores.warehouse.currents(road.connection, STATEMENTS):
        for account in version.facts["accounts"]:
            if account["last"]:
                day = date.fromisoformat(account["last"])
                last[account["currency"]] = max(last.get(account["currency"], day), day)
    return last


def _nothing(record: SettlementRecord) -> Verdict:
    """Say of a settlement without a payout whether that is right."""
    total = money.exact(record.facts["total_amount"], record.facts["currency"])
    if total <= 0:
        return Verdict(CHECK, True, "Nothing is paid out of it, and nothing was charged.", is_blocking=False)
    amount = money.text(total, record.facts["currency"])
    sentence = f"{amount} {record.facts['currency']} were to be paid, and no payout of it is on its way: see payouts."
    return Verdict(CHECK, False, sentence, is_blocking=False)


def _is_late(payment: Payment, known: Money, told_until: dict[str, date], now: date) -> bool:
    """Tell whether a payment should have been seen: its days are over, and statements tell of all of them."""
    last = payment.day + timedelta(days=known.window.days_after)
    return last < now and told_until.get(payment.currency, date.min) >= last


def _doubt(payment: Payment, known: Money) -> Doubt | None:
    """Return what may be this payment and is not certain."""
    return next((one for one in known.matching.doubts if payment in one.payments), None)


def _row(payment: Payment, known: Money, now: date) -> Row:
    found = known.matching.of_payment(payment.payment_id)
    doubt = _doubt(payment, known)
    row = {
        "payout": payment.payment_id,
        "amount": money.text(payment.amount, payment.currency),
        "currency": payment.currency,
        "paid": payment.day.isoformat(),
        "bank line": "",
        "difference": "",
        "by": "",
        "open days": "",
    }
    if found is None:
        open_days = str(max(age_days(payment.day, now), 0))
        return {**row, **_doubted(payment, doubt), "by": doubt.sentence if doubt else "", "open days": open_days}
    lines = _lines(found.lines, " + ")
    beside = [one.payment_id for one in found.payments if one != payment]
    together = f", together with {', '.join(beside)}" if beside else ""
    return {**row, "bank line": f"{lines}{together}", "difference": str(found.difference), "by": found.by}


def _lines(lines: Iterable[BankLine], between: str) -> str:
    return between.join(
        f"{money.text(one.amount, one.currency)} {one.currency} on {one.value_date} (...{one.account_tail})"
        for one in lines
    )


def _doubted(payment: Payment, doubt: Doubt | None) -> Row:
    """Return what is known of a payment in doubt: the lines it may be, and what one alone differs by."""
    if doubt is None or not doubt.lines:
        return {}
    known = {"bank line": _lines(doubt.lines, " or ")}
    if len(doubt.lines) == len(doubt.payments) == 1 and doubt.lines[0].currency == payment.currency:
        known["difference"] = money.text(doubt.lines[0].amount - payment.amount, payment.currency)
    return known


def _sentence(
    missing: list[Payment], differing: list[Row], late: list[Payment], doubted: dict[str, Doubt], now: date
) -> str:
    words = [f"{row['payout']} came with a difference of {row['difference']} {row['currency']}." for row in differing]
    for one in missing:
        if one.payment_id in doubted:
            words.append(f"{one.payment_id}: {doubted[one.payment_id].sentence}")
            continue
        amount = f"{money.text(one.amount, one.currency)} {one.currency}"
        days = age_days(one.day, now)
        if days < 0:
            words.append(f"{amount} of {one.payment_id} is on its way: it is paid on {one.day}.")
            continue
        tail = "and is late" if one in late else "and may still come, or its statement is not here"
        words.append(f"{amount} of {one.payment_id} is not seen at the bank {days} days after it was paid, {tail}.")
    return " ".join(words)
