"""Which bank line brought which payout: by the transfer's name, then by amount, currency and days, never by a guess.

A line is matched by its amount only where it names the marketplace, or who pays out for it. One that names neither may
be any customer's: it is proposed to a person.

In: what a marketplace says it paid or charged, what the bank booked, and matches made by hand. Out: matches whose sums
are equal to the cent, findings where several are possible or figures disagree, and what is left on both sides with its
age. One line may bring several payouts, and one payout may come in several lines. What the marketplace changed into the
bank's currency is matched by what it came to. Pure: same in, same out, whatever the order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from ledger import money
from ledger.bank_groups import choose, fitting
from ledger.bank_line import BankLine, is_named

By = Literal["hand", "trace", "amount"]
# Codes of findings on a bank line: what belongs to it is not certain, or nothing is known of it.
UNCLEAR, UNEXPLAINED = "bank_line_unclear", "bank_line_unexplained"


@dataclass(frozen=True)
class Payment:
    """One payout (positive) or charge to a card or account (negative), as the bank should see it.

    `amount` and `currency` are the bank's: what the payout was changed into, if it was. `day` is when it was paid or
    charged. `settlement_ids` are what it pays for; `trace` is the bank network's name of the transfer, "" without.
    """

    payment_id: str
    settlement_ids: tuple[str, ...]
    amount: Decimal
    currency: str
    day: date
    trace: str = ""


@dataclass(frozen=True)
class Window:
    """How many days before and after its payment money may be booked."""

    days_before: int = 1
    days_after: int = 7

    def holds(self, paid: date, booked: date) -> bool:
        """Tell whether a booking day belongs to a day of payment."""
        return paid - timedelta(days=self.days_before) <= booked <= paid + timedelta(days=self.days_after)


@dataclass(frozen=True)
class HandMade:
    """A person's word: this line brought these payments, alone or with other lines of which the same is said."""

    line_key: str
    payment_ids: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """Payments and the lines that brought them; `difference` is bank less payments, zero unless made by hand."""

    payments: tuple[Payment, ...]
    lines: tuple[BankLine, ...]
    by: By

    @property
    def received(self) -> Decimal:
        """Return what the bank booked."""
        return money.total((line.amount for line in self.lines), self.lines[0].currency)

    @property
    def difference(self) -> Decimal:
        """Return by how much the bank booked more than was paid."""
        return self.received - sum((one.amount for one in self.payments), Decimal(0))


@dataclass(frozen=True)
class Doubt:
    """What may belong together and is not certain, with the reason; nothing of it is matched."""

    reason: Literal["several", "trace_differs", "too_many", "unnamed"]
    payments: tuple[Payment, ...]
    lines: tuple[BankLine, ...]
    sentence: str


@dataclass(frozen=True)
class Matching:
    """Everything said of one bank and one marketplace; payments and lines in doubt are unmatched as well."""

    matches: tuple[Match, ...]
    doubts: tuple[Doubt, ...]
    open_payments: tuple[Payment, ...]
    open_lines: tuple[BankLine, ...]
    refused_by_hand: tuple[HandMade, ...] = field(default=())

    def of_payment(self, payment_id: str) -> Match | None:
        """Return the match of a payment."""
        return next((one for one in self.matches if any(p.payment_id == payment_id for p in one.payments)), None)

    def of_line(self, key: str) -> Match | None:
        """Return the match of a line."""
        return next((one for one in self.matches if any(line.key == key for line in one.lines)), None)


def match(
    payments: Iterable[Payment],
    lines: Iterable[BankLine],
    window: Window,
    by_hand: Sequence[HandMade] = (),
    payers: Sequence[str] = (),
) -> Matching:
    """Return what belongs together: by hand, then by trace, then by amount, currency and days.

    `payers` are names, beside the marketplace's own, under which its payouts come.
    """
    left = sorted((one for one in payments if one.amount), key=lambda one: (one.day, one.payment_id))
    right = sorted((one for one in lines if one.amount), key=lambda one: (one.booking_date, one.key))
    matches, refused = _by_hand(left, right, by_hand)
    left, right = _rest(left, right, matches)
    traced, doubts = _by_trace(left, right)
    matches += traced
    rest = _rest(left, right, traced)
    left, right = _not_in_doubt(*rest, doubts)
    found, more = _by_amount(left, [one for one in right if one.names_marketplace(payers)], window)
    doubts += more
    left, right = _not_in_doubt(*_rest(left, right, found), doubts)
    doubts += _proposed(left, [one for one in right if not one.names_marketplace(payers)], window)
    open_payments, open_lines = _rest(*rest, found)
    return Matching(tuple(matches + found), tuple(doubts), tuple(open_payments), tuple(open_lines), refused)


def age_days(since: date, today: date) -> int:
    """Return how many days something is open."""
    return (today - since).days


def _rest(left: list[Payment], right: list[BankLine], matches: Sequence[Match]) -> tuple[list[Payment], list[BankLine]]:
    paid = {one.payment_id for match in matches for one in match.payments}
    booked = {one.key for match in matches for one in match.lines}
    return [one for one in left if one.payment_id not in paid], [one for one in right if one.key not in booked]


def _not_in_doubt(
    left: list[Payment], right: list[BankLine], doubts: Sequence[Doubt]
) -> tuple[list[Payment], list[BankLine]]:
    paid = {one.payment_id for doubt in doubts for one in doubt.payments}
    booked = {one.key for doubt in doubts for one in doubt.lines}
    return [one for one in left if one.payment_id not in paid], [one for one in right if one.key not in booked]


def _by_hand(
    left: Sequence[Payment], right: Sequence[BankLine], by_hand: Sequence[HandMade]
) -> tuple[list[Match], tuple[HandMade, ...]]:
    """Take a person's word where it names what is there, in one currency, and no payment or line twice.

    Lines of which the same payments are said brought them together.
    """
    payments, lines = {one.payment_id: one for one in left}, {one.key: one for one in right}
    together: dict[frozenset[str], list[HandMade]] = {}
    refused, taken = [], set[str]()
    for said in by_hand:
        ids, line = frozenset(said.payment_ids), lines.get(said.line_key)
        is_whole = line is not None and ids and len(ids) == len(said.payment_ids) and ids <= payments.keys()
        is_free = said.line_key not in taken and (ids in together or not taken & ids)
        if not is_whole or not is_free or {payments[one].currency for one in ids} != {line.currency}:
            refused.append(said)
            continue
        taken |= {said.line_key, *ids}
        together.setdefault(ids, []).append(said)
    matches = [
        Match(tuple(payments[one] for one in words[0].payment_ids), tuple(lines[one.line_key] for one in words), "hand")
        for words in together.values()
    ]
    return matches, tuple(refused)


def _by_trace(left: Sequence[Payment], right: Sequence[BankLine]) -> tuple[list[Match], list[Doubt]]:
    """Match what names the same transfer; where its sums differ nothing else is tried, because somebody erred."""
    words = {line.key: line.words() for line in right}
    named = {one.payment_id: [key for key in words if is_named(one.trace, words[key])] for one in left if one.trace}
    matches, doubts, seen = [], [], set[str]()
    for one in left:
        if one.payment_id in seen or not named.get(one.payment_id):
            continue
        together, keys = _component(one.payment_id, named)
        seen |= together
        payments = tuple(p for p in left if p.payment_id in together)
        lines = tuple(line for line in right if line.key in keys)
        currencies = {p.currency for p in payments} | {line.currency for line in lines}
        if len(currencies) == 1 and sum(p.amount for p in payments) == sum(line.amount for line in lines):
            matches.append(Match(payments, lines, "trace"))
        else:
            doubts.append(Doubt("trace_differs", payments, lines, _trace_differs(payments, lines)))
    return matches, doubts


def _component(start: str, named: dict[str, list[str]]) -> tuple[set[str], set[str]]:
    """Return all payments and lines that hang together by the transfers they name."""
    payments, keys = {start}, set(named[start])
    while True:
        more = {one for one, theirs in named.items() if keys & set(theirs)} - payments
        if not more:
            return payments, keys
        payments |= more
        keys |= {key for one in more for key in named[one]}


def _by_amount(left: list[Payment], right: list[BankLine], window: Window) -> tuple[list[Match], list[Doubt]]:
    """Match lines that name who pays out: of the many lines of an account some four always come to a payout."""
    choice = choose(*_cents(left, right), _meeting(left, right, window))
    matches = [
        Match(tuple(left[at] for at in group.left), tuple(right[at] for at in group.right), "amount")
        for group in choice.certain
    ]
    doubts = []
    for cluster in choice.ambiguous:
        payments = tuple(left[at] for at in sorted({at for group in cluster for at in group.left}))
        lines = tuple(right[at] for at in sorted({at for group in cluster for at in group.right}))
        doubts.append(Doubt("several", payments, lines, _several(payments, lines)))
    for side, at in choice.unsearched:
        payments, lines = ((left[at],), ()) if side == "left" else ((), (right[at],))
        doubts.append(Doubt("too_many", payments, lines, _too_many(payments, lines)))
    return matches, doubts


def _proposed(left: list[Payment], right: list[BankLine], window: Window) -> list[Doubt]:
    """Propose lines that name nobody and come to what is still open: only a person can say whose money it is."""
    found = fitting(*_cents(left, right), _meeting(left, right, window))
    return [
        Doubt("unnamed", payments := tuple(left[one] for one in members), (right[at],), _unnamed(payments, right[at]))
        for at, members in found.items()
    ]


def _cents(left: Sequence[Payment], right: Sequence[BankLine]) -> tuple[list[int], list[int]]:
    amounts = ([(one.amount, one.currency) for one in side] for side in (left, right))
    paid, booked = ([money.in_minor(*one) for one in side] for side in amounts)
    return paid, booked


def _meeting(left: Sequence[Payment], right: Sequence[BankLine], window: Window) -> Callable[[int, int], bool]:
    def may_meet(payment: int, line: int) -> bool:
        one, other = left[payment], right[line]
        return one.currency == other.currency and window.holds(one.day, other.value_date)

    return may_meet


def _trace_differs(payments: Sequence[Payment], lines: Sequence[BankLine]) -> str:
    traces = ", ".join(sorted({one.trace for one in payments}))
    return f"Transfer {traces} is {_paid(payments)} at the marketplace and {_booked(lines)} at the bank."


def _several(payments: Sequence[Payment], lines: Sequence[BankLine]) -> str:
    return f"{_paid(payments)} and {_booked(lines)} can belong together in more than one way, and nothing decides."


def _too_many(payments: Sequence[Payment], lines: Sequence[BankLine]) -> str:
    what = _paid(payments) if payments else _booked(lines)
    return f"{what} may belong together with too many others to be searched."


def _unnamed(payments: Sequence[Payment], line: BankLine) -> str:
    which = " or ".join(one.payment_id for one in payments)
    return (
        f"{_booked((line,))} comes to what is open of {which}, but the line names neither the marketplace nor the"
        " transfer. If payouts come under another name, add it to `bank.payers` in the connection's settings."
    )


def _paid(payments: Sequence[Payment]) -> str:
    return " + ".join(f"{money.text(one.amount, one.currency)} {one.currency} of {one.payment_id}" for one in payments)


def _booked(lines: Sequence[BankLine]) -> str:
    told = (f"{money.text(one.amount, one.currency)} {one.currency} of {one.booking_date}" for one in lines)
    return " + ".join(told)
