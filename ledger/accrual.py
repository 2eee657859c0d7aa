"""Month-end accruals: what a month earned and its books do not hold yet, and our own reversal on the next day.

In: lines of financial transactions that no settlement has booked by the end of the month, each with where the mapping
sends it. Out: movements against the accrued account, dated the last day of the month, and the same movements the other
way round on the day after. Reserves, debts, loans and transfers are no earnings; tax that the marketplace collects and
remits is left out where it meets, order by order. The set-based form is tested against these functions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from ledger import money
from ledger.categories import TAX_COLLECTED, TAX_WITHHELD, categories
from ledger.combination import Resolved, Treatment
from ledger.journal import Movement, SourceKey
from ledger.month import Month
from ledger.movements import SettlementBooks, movements_of
from ledger.order_documents import sold_as
from ledger.tax import split_order

KIND = "accrual"
# How long Amazon may still tell of a day that is over: transactions can appear 48 hours late, 72 to be safe.
TOLD_LATE = timedelta(hours=72)
_ID = re.compile(r"[A-Za-z0-9-]+-[A-Z]{3}-(\d{4})-(0[1-9]|1[0-2])")
# In the comparison by category the two sides of pass-through tax are one: what meets is never accrued.
SALES_TAX = f"{TAX_COLLECTED} less {TAX_WITHHELD}"


def accrual_source(seller: str, ledger: str, place: str, currency: str, month: Month) -> SourceKey:
    """Return the source of the accrual of a marketplace (`US`), a currency and a month: its id is `US-USD-2026-10`."""
    source_id = f"{re.sub(r'[^A-Za-z0-9]+', '-', place).strip('-')}-{currency}-{month}"
    return SourceKey(seller, ledger, KIND, source_id)


def month_of_accrual(name: str) -> Month | None:
    """Return the month of an accrual's id; None for what is the id of none, such as a settlement's."""
    found = _ID.fullmatch(name)
    return Month(int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True)
class EarnedLine:
    """One line of a transaction that the books do not hold yet: its order, a signed amount, where it goes."""

    order_id: str
    amount: Decimal
    resolved: Resolved


def accrued(
    lines: Sequence[EarnedLine], books: SettlementBooks, invoiced: Collection[str] = ()
) -> tuple[Movement, ...]:
    """Return the movements that accrue these lines against `books.clearing`, which is the accrued account.

    `invoiced` are orders that an invoice has recognised already: of those only what is no sale is accrued.
    """
    movements: list[Movement] = []
    passed: dict[tuple[str, str], list[EarnedLine]] = defaultdict(list)
    grossed: dict[tuple[str, Decimal | None], list[EarnedLine]] = defaultdict(list)
    for line in lines:
        if not categories()[line.resolved.category].is_earned:
            continue
        if line.resolved.is_sale and line.order_id in invoiced:
            continue
        if line.resolved.treatment is Treatment.PASS_THROUGH:
            passed[line.order_id, str(line.resolved.remainder_account)].append(line)
        elif line.resolved.treatment is Treatment.SPLIT_VAT:
            grossed[line.order_id, line.resolved.vat_rate].append(line)
        else:
            movements += movements_of(line.amount, line.resolved, books, label=line.resolved.category)
    for (_, rate), group in grossed.items():
        assert rate is not None, "a gross amount has a rate"
        minor = [int(line.amount.scaleb(money.minor_units(books.currency))) for line in group]
        for line, vat in zip(group, split_order(minor, rate), strict=True):
            share = Decimal(vat).scaleb(-money.minor_units(books.currency))
            movements += movements_of(line.amount, line.resolved, books, vat=share, label=line.resolved.category)
    for group in passed.values():
        rest = sum((line.amount for line in group), Decimal(0))
        first = group[0].resolved
        assert first.remainder_account is not None, "what is passed through may leave something"
        to_liability = replace(first, treatment=Treatment.TAX, account=first.remainder_account)
        movements += movements_of(rest, to_liability, books, label=first.category)
    return tuple(movements)


def with_reversal(movements: Iterable[Movement], month: Month) -> Iterator[Movement]:
    """Yield movements dated the last day of a month, then each the other way round, dated the day after.

    Units sold are counted when they are settled, so no quantity goes along.
    """
    dated = [replace(one, part_date=month.last, quantity=None) for one in movements]
    yield from dated
    for one in dated:
        yield replace(
            one,
            debit=one.credit,
            credit=one.debit,
            debit_reference=one.credit_reference,
            credit_reference=one.debit_reference,
            part_date=month.following.first,
        )


@dataclass(frozen=True)
class PeriodOfCategory:
    """One category in one month: what the books took in, and what was earned. All amounts in favour of the seller.

    `settled` is what settlement journals dated in the month booked, `invoiced` what invoices and credit memos did,
    `accrued` its own accrual, `taken_back` the reversal of the month before, `sold_before` what is in `settled` of
    sales that no month of these books earned, `not_accrued` what the month before earned beyond its books and has no
    accrual of, so that this month takes nothing back, `events` what the transactions of the month come to.
    """

    category: str
    settled: Decimal
    accrued: Decimal
    taken_back: Decimal
    sold_before: Decimal
    events: Decimal
    invoiced: Decimal = Decimal(0)
    not_accrued: Decimal = Decimal(0)

    @property
    def rest(self) -> Decimal:
        """Return what the books hold beyond the events, and nothing explains."""
        booked = self.settled + self.invoiced + self.accrued + self.taken_back
        return booked - self.sold_before - self.not_accrued - self.events


Amounts = Mapping[str, Decimal]


def by_category(
    settled: Amounts,
    accrual: Amounts,
    before: Amounts,
    sold_before: Amounts,
    events: Amounts,
    invoiced: Amounts | None = None,
    not_accrued: Amounts | None = None,
) -> list[PeriodOfCategory]:
    """Return every earned category of a month; `before` is the accrual of the month before, taken back in this one.

    Where the month before has none, `not_accrued` is what it would have been.
    Where orders are billed (`invoiced` is given), a refund counts under what was sold: a credit memo takes an invoice
    back by its lines, and says no more of why than they do.
    """
    given = (settled, accrual, before, sold_before, events, invoiced or {}, not_accrued or {})
    sides = [_earned(one, is_billed=invoiced is not None) for one in given]
    names = sorted(set().union(*sides))
    zero = Decimal(0)
    rows = []
    for name in names:
        booked, own, last, sold, earned, billed, missing = (side.get(name, zero) for side in sides)
        rows.append(PeriodOfCategory(name, booked, own, -last, sold, earned, billed, missing))
    return rows


def _earned(amounts: Amounts, *, is_billed: bool) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for name, amount in amounts.items():
        known = categories().get(name)
        if known is None or known.is_earned:
            plain = sold_as(name) if is_billed else name
            sums[SALES_TAX if known is not None and known.is_sales_tax else plain] += amount
    return {name: amount for name, amount in sums.items() if amount}
