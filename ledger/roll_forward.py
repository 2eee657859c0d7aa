"""The marketplace's account rolled forward over a month: opening balance + events - payouts = closing balance.

In: the marketplace's own balances at the end of days, what happened on each day by category, the payouts. Out: a
`RollForward`: its lines, what Amazon states in the end, the rest, and as much of the rest as something known explains
to the cent. Money that is held back (deferred) is rolled forward beside it: what was sold and held, less what was
released. Everything is of one marketplace and currency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations

from ledger.categories import DEBT_CARRIED, RESERVE

# Money that moves within the account: it is in the balance before and after.
WITHIN_ACCOUNT = frozenset({RESERVE, DEBT_CARRIED})
ON_THEIR_WAY = "payouts on their way, which Amazon still counts as its own"
_ZERO = Decimal(0)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """What Amazon states at the end of a day; `deferred` is None where it does not say."""

    total: Decimal
    deferred: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """What happened of one category on one day, signed as the account sees it.

    `occurred` counts when it was told first, `released` when it could be paid out; money that is held back in between
    is the difference of the two. `unknown` has a status that is not known, and counts as neither.
    """

    day: date
    category: str
    occurred: Decimal
    released: Decimal
    unknown: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class PaidOut:
    """One payout: the day it left, and the day it arrived or came to nothing, None while neither has happened."""

    payout_id: str
    amount: Decimal
    left: date
    arrived: date | None = None
    broke: date | None = None

    def is_under_way(self, day: date) -> bool:
        """Tell whether it had left at the end of a day and had come to no end."""
        ended = self.arrived or self.broke
        return self.left <= day and (ended is None or ended > day)


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transaction that moves money between account and bank: a payout told once more, or money that came back."""

    day: date
    amount: Decimal
    settlement_id: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Something known that is a difference between both sides, in words, with what it comes to."""

    words: str
    amount: Decimal


@dataclass(frozen=True)
class RollForward:
    """One account over one span of days."""

    first: date
    last: date
    opening: Held
    closing: Held
    movements: tuple[Movement, ...]
    payouts: tuple[PaidOut, ...]
    transfers: tuple[Transfer, ...]
    reasons: tuple[Reason, ...]
    rests: tuple[tuple[date, Decimal], ...]

    @property
    def by_category(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Return what occurred, and what of it was not released at once, less what was released of earlier: by name."""
        sums: dict[str, list[Decimal]] = defaultdict(lambda: [_ZERO, _ZERO])
        for one in self.movements:
            sums[one.category][0] += one.occurred
            sums[one.category][1] += one.occurred - one.released
        return {name: (occurred, held) for name, (occurred, held) in sums.items() if occurred or held}

    @property
    def paid_out(self) -> Decimal:
        """Return what left for the bank, zero or positive."""
        return sum((one.amount for one in self.payouts if self.first <= one.left <= self.last), _ZERO)

    @property
    def under_way(self) -> Decimal:
        """Return how much more was on its way to the bank in the end than in the beginning."""
        before = self.first - _DAY
        flying = sum((one.amount for one in self.payouts if one.is_under_way(self.last)), _ZERO)
        return flying - sum((one.amount for one in self.payouts if one.is_under_way(before)), _ZERO)

    @property
    def transferred(self) -> Decimal:
        """Return what else moved between account and bank: payouts that came back."""
        return sum((one.amount for one in self.transfers), _ZERO)

    @property
    def expected(self) -> Held:
        """Return what the account comes to by everything that is known."""
        occurred = sum((one.occurred for one in self.movements), _ZERO)
        held = sum((one.occurred - one.released for one in self.movements), _ZERO)
        total = self.opening.total + occurred - self.paid_out + self.transferred
        return Held(total, None if self.opening.deferred is None else self.opening.deferred + held)

    @property
    def rest(self) -> Decimal:
        """Return how much more Amazon states than the account comes to."""
        return self.closing.total - self.expected.total

    @property
    def explained(self) -> Decimal:
        """Return how much of the rest something known explains."""
        return sum((one.amount for one in self.reasons), _ZERO)

    @property
    def unexplained(self) -> Decimal:
        """Return what is left of the rest."""
        return self.rest - self.explained

    @property
    def rest_deferred(self) -> Decimal:
        """Return how much more Amazon states as deferred; zero where it states nothing."""
        if self.closing.deferred is None or self.expected.deferred is None:
            return _ZERO
        return self.closing.deferred - self.expected.deferred

    @property
    def is_proved(self) -> bool:
        """Tell whether nothing is left unexplained."""
        return not self.unexplained and not self.rest_deferred


def roll_forward(
    first: date,
    last: date,
    balances: Mapping[date, Held],
    movements: Iterable[Movement],
    payouts: Sequence[PaidOut],
    transfers: Sequence[Transfer] = (),
    others: Sequence[Reason] = (),
    *,
    until_arrival: bool = False,
) -> RollForward:
    """Roll an account forward from the day before `first` to `last`, whose balances must both be given.

    `payouts` may reach back beyond the span; `transfers` are those that are no payout told once more; `others` are
    differences that only the caller knows of. Balances of the days between say on which day a rest arose. With
    `until_arrival` a payout is in Amazon's balance until it arrives, so that those under way explain a rest.
    """
    counted = tuple(one for one in movements if first <= one.day <= last and one.category not in WITHIN_ACCOUNT)
    moved = tuple(one for one in transfers if first <= one.day <= last)
    plain = RollForward(first, last, balances[first - _DAY], balances[last], counted, tuple(payouts), moved, (), ())
    flying = [Reason(ON_THEIR_WAY, plain.under_way)] if until_arrival and plain.under_way else []
    left = plain.rest - sum((one.amount for one in flying), _ZERO)
    reasons = (*flying, *_explaining(left, [*_known_reasons(plain), *others]))
    return replace(plain, reasons=reasons, rests=_rests(plain, balances, until_arrival=until_arrival))


def fitting(rolled: Sequence[RollForward]) -> RollForward:
    """Return the one of several readings that fits: proved, else the one with a rest on the fewest days.

    Where days end at another midnight than was thought, there is a rest on nearly every day.
    """
    return min(rolled, key=lambda one: (not one.is_proved, len(one.rests), bool(one.unexplained)))


def beside_payouts(transfers: Iterable[Transfer], payouts: Iterable[tuple[PaidOut, frozenset[str]]]) -> list[Transfer]:
    """Return the transfers that are no payout told once more.

    A payout, given with its settlements, is told again by a transfer of its amount, whatever the sign, that names one
    of its settlements or is of the day it left or the one after.
    """
    left = list(payouts)
    others = []
    for one in transfers:
        told = next((pair for pair in left if _is_told_by(pair, one)), None)
        if told is None:
            others.append(one)
        else:
            left.remove(told)
    return others


def _is_told_by(pair: tuple[PaidOut, frozenset[str]], transfer: Transfer) -> bool:
    payout, settlements = pair
    is_near = timedelta(0) <= transfer.day - payout.left <= _DAY
    return abs(transfer.amount) == payout.amount and (transfer.settlement_id in settlements or is_near)


def _known_reasons(plain: RollForward) -> list[Reason]:
    """Return what may stand between both sides, each for the whole span."""
    broken = [one for one in plain.payouts if one.broke is not None and plain.first <= one.broke <= plain.last]
    unknown = sum((one.unknown for one in plain.movements), _ZERO)
    return [
        Reason("payouts that came back, of which no transaction tells", sum((one.amount for one in broken), _ZERO)),
        Reason("transactions of a status that is not known", unknown),
    ]


def _explaining(rest: Decimal, known: Sequence[Reason]) -> tuple[Reason, ...]:
    """Return the fewest reasons that come to the rest exactly; none where they do not."""
    given = [one for one in known if one.amount]
    for count in range(1, len(given) + 1) if rest else ():
        for some in combinations(given, count):
            if sum((one.amount for one in some), _ZERO) == rest:
                return some
    return ()


def _rests(
    plain: RollForward, balances: Mapping[date, Held], *, until_arrival: bool
) -> tuple[tuple[date, Decimal], ...]:
    """Return the days on which the balance moved by more or less than what is known of the day, and by how much."""
    known: dict[date, Decimal] = defaultdict(Decimal)
    for one in plain.movements:
        known[one.day] += one.occurred
    for moved in plain.transfers:
        known[moved.day] += moved.amount
    for paid in plain.payouts:
        gone = paid.arrived if until_arrival else paid.left
        if gone is not None:
            known[gone] -= paid.amount
    days = [plain.first + _DAY * number for number in range((plain.last - plain.first).days + 1)]
    rests = {
        day: balances[day].total - balances[day - _DAY].total - known[day]
        for day in days
        if day in balances and day - _DAY in balances
    }
    return tuple((day, rest) for day, rest in rests.items() if rest)
