"""The fees of a settlement held against Amazon's invoices: what is charged and not invoiced, and with which number.

In: a staged settlement and the fee invoices kept by day. Out: a verdict that stops nothing, a row per month and
marketplace with the fees, the tax on them in rows of its own, and the numbers of the invoices that hold them. Whether
an invoice comes to what was charged in its time is told by the day it was issued on (`invoiced_fees_equal_settled`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from assets.fee_invoices import TABLE
from assets.proofs.fee_invoice_checks import billed_invoices, fee_spans
from assets.settlements.settled_fees import Charges, Fee
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, Verdict, nothing_compared
from ledger import money
from ledger.fee_periods import Billed, Span
from resources.store.settlements import SettlementRecord

CHECK = "fees_are_invoiced"
# Amazon invoices a month in the first days of the next; so long after its end an invoice is missed.
ISSUED_WITHIN = timedelta(days=15)
_ROWS_MAX = 25


def fees_verdict(road: Road, record: SettlementRecord) -> Verdict:
    """Every day on which fees were charged lies within the time of an invoice of that marketplace and currency."""
    kept = [date.fromisoformat(one.partition) for one in road.stores.warehouse.currents(road.connection, TABLE)]
    if not kept:
        return nothing_compared(CHECK, "No fee invoices are read by this connection.")
    fees, currency = Charges.of(road).of_settlement(record), record.facts["currency"]
    invoiced = fee_spans(billed_invoices(road, TABLE))
    return invoiced_verdict(fees, invoiced, currency, min(kept), road.clock.now().astimezone(UTC).date())


def invoiced_verdict(
    fees: Sequence[Fee], invoiced: Mapping[tuple[str, str], list[Span]], currency: str, first: date, today: date
) -> Verdict:
    """Return the verdict of fees; `invoiced` are the invoices by marketplace and currency, kept from day `first` on.

    A month waits until its invoice is due, and for as long as Amazon has told no invoice of that marketplace at all:
    not everywhere does it tell them. What was invoiced before the first day is left alone.
    """
    months: dict[tuple[str, date, tuple[str, ...]], list[Fee]] = defaultdict(list)
    for one in fees:
        numbers = tuple(bill.number for bill in _billed(one, invoiced.get((one.marketplace, currency), [])))
        months[one.marketplace, one.day.replace(day=1), numbers].append(one)
    bills = [bill for several in invoiced.values() for span in several for bill in span.invoices]
    nameless = {bill.number for bill in bills if not bill.is_numbered}
    missing, unnumbered, waiting, told = [], [], [], []
    for (place, month, numbers), several in sorted(months.items()):
        due = _end_of(month) + ISSUED_WITHIN
        row = _row(place, month, numbers, several, currency)
        if nameless & set(numbers):
            unnumbered.append(row)
        elif numbers:
            told.append(row)
        elif due < first:
            told.append({**row, "invoices": f"before {first}, from when on invoices are read"})
        elif today <= due or (place, currency) not in invoiced:
            waiting.append({**row, "invoices": "none yet"})
        else:
            missing.append({**row, "invoices": "none"})
    if not months:
        return _said("This settlement charges no fees.")
    sentence = f"Fees of {len(told)} of {len(months)} months and marketplaces are invoiced."
    if waiting:
        sentence += f" {len(waiting)} wait for an invoice, which Amazon issues after the month."
    if missing:
        sentence += f" {len(missing)} are charged and on no invoice: their input tax cannot be claimed."
    if unnumbered:
        sentence += f" {len(unnumbered)} are on an invoice without a number: their input tax cannot be claimed yet."
    wrong = bool(missing or unnumbered)
    rows = (*missing, *unnumbered, *waiting, *told)
    return _said(sentence, passed=not wrong, is_waiting=bool(waiting) and not wrong, rows=rows).cut(_ROWS_MAX)


def _billed(fee: Fee, several: Sequence[Span]) -> list[Billed]:
    """Return the invoices whose time holds the day of a fee."""
    noon = datetime.combine(fee.day, time(12), UTC)
    return [bill for span in several for bill in span.invoices if bill.start <= noon <= bill.end]


def _end_of(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _row(place: str, month: date, numbers: Sequence[str], fees: Sequence[Fee], currency: str) -> Row:
    charged = sum((one.amount for one in fees), Decimal(0))
    tax = sum((one.amount for one in fees if one.is_tax), Decimal(0))
    return {
        "month": f"{month:%Y-%m}",
        "marketplace": place,
        "fees": money.text(money.exact(charged, currency), currency),
        "tax in rows of its own": money.text(money.exact(tax, currency), currency),
        "currency": currency,
        "invoices": ", ".join(numbers),
    }


def _said(sentence: str, *, passed: bool = True, is_waiting: bool = False, rows: tuple[Row, ...] = ()) -> Verdict:
    return Verdict(CHECK, passed, sentence, is_blocking=False, is_waiting=is_waiting, rows=rows)
