"""What a credit of one invoice takes off each of its lines, and when that is too much.

What comes in: a `Credit` as somebody ordered it, the invoice's stored lines, what earlier credits took. What goes out:
one `LineShare` for each line concerned, or a Refusal 400 with a sentence. Pure; amounts are positive here for what
lowers the invoice. Assumed, nowhere said: an amount for all lines is spread by what is still open on each, a
percentage is one of each line's own amount, and tax follows its line in proportion, rounded, the last credit the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from emulators.fusion.answers import plain
from emulators.fusion.entry_checks import Given, fault, rounded
from emulators.fusion.invoice_entry import line_total

ZERO = Decimal(0)
_LINE_IDS = 300_000_000_000_000_000


@dataclass(frozen=True)
class LineOrder:
    """The credit of one line: an amount, or a quantity at the line's price; and where it is taken an amount of tax."""

    line_id: int
    quantity: Decimal | None = None
    amount: Decimal | None = None
    tax: Decimal | None = None


@dataclass(frozen=True)
class Credit:
    """The order of a credit; sources and types by name or by id, "" and 0 where none was given."""

    invoice_id: str
    number: str = ""
    source: str = ""
    source_id: int = 0
    type: str = ""
    type_id: int = 0
    transaction_date: str = ""
    gl_date: str = ""
    reason: str = ""
    comments: str = ""
    currency: str = ""
    line_amount: Decimal | None = None
    line_percent: Decimal | None = None
    freight_amount: Decimal | None = None
    is_tax_computed: bool = True
    lines: tuple[LineOrder, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class LineShare:
    """What is credited of the line at a place (from 1): amount without tax, tax, quantity."""

    place: int
    amount: Decimal = ZERO
    tax: Decimal = ZERO
    quantity: Decimal = ZERO

    def with_more(self, other: LineShare) -> LineShare:
        """Return both together."""
        return LineShare(self.place, self.amount + other.amount, self.tax + other.tax, self.quantity + other.quantity)


def shares(credit: Credit, lines: Sequence[Given], taken: Mapping[int, LineShare], step: Decimal) -> list[LineShare]:
    """Return what a credit takes off which line; `step` is the currency's smallest amount.

    Raises:
        Refusal: 400, nothing is credited, in two ways at once, or more than is left of a line.
    """
    ways = [credit.line_amount is not None, credit.line_percent is not None, bool(credit.lines)]
    if sum(ways) > 1:
        raise fault("AR_CM_AMOUNT_PERCENT", "Enter a line amount, a line percentage or lines, not several of them.")
    if not any(ways) and not credit.freight_amount:
        raise fault("AR_CM_AMOUNT_REQ", "Enter an amount or a percentage to credit.", "LineAmount")
    if credit.lines:
        wanted = _by_line(credit, lines, step)
    elif credit.line_percent is not None:
        wanted = _by_percent(credit.line_percent, lines, step)
    else:
        wanted = _by_amount(credit.line_amount or ZERO, lines, taken, step)
    found = []
    for share in wanted:
        _check(share, lines[share.place - 1], taken)
        tax = _tax(share, lines[share.place - 1], taken, step) if credit.is_tax_computed else share.tax
        found.append(LineShare(share.place, share.amount, tax, share.quantity))
    return found


def _by_line(credit: Credit, lines: Sequence[Given], step: Decimal) -> list[LineShare]:
    wanted: dict[int, LineShare] = {}
    for order in credit.lines:
        place = order.line_id - line_id(credit.invoice_id, 0)
        if not 0 < place <= len(lines):
            raise fault("AR_CM_LINE_NOT_FOUND", f"The invoice has no line {order.line_id}.", "CreditMemoLine")
        amount = order.amount
        if amount is None and order.quantity is None and order.tax:
            amount = ZERO
        if amount is None:
            price = lines[place - 1].get("UnitSellingPrice")
            if order.quantity is None or price is None:
                text = f"Enter an amount for line {order.line_id}, or a quantity where the line has a price."
                raise fault("AR_CM_AMOUNT_REQ", text, "CreditMemoLine")
            amount = rounded(order.quantity * Decimal(str(price)), step)
        more = LineShare(place, amount, order.tax or ZERO, order.quantity or ZERO)
        wanted[place] = wanted.get(place, LineShare(place)).with_more(more)
    return list(wanted.values())


def _by_percent(percent: Decimal, lines: Sequence[Given], step: Decimal) -> list[LineShare]:
    if not 0 < percent <= 100:
        raise fault("AR_CM_PERCENT", "The line percentage must be above 0 and at most 100.", "LinePercent")
    amounts = [rounded(_amount(line) * percent / 100, step) for line in lines]
    return [LineShare(place, amount) for place, amount in enumerate(amounts, start=1) if amount]


def _by_amount(
    amount: Decimal, lines: Sequence[Given], taken: Mapping[int, LineShare], step: Decimal
) -> list[LineShare]:
    left = {place: _left(line, place, taken) for place, line in enumerate(lines, start=1)}
    total = sum(left.values(), ZERO)
    if not amount:
        return []
    if amount < 0 or amount > total:
        text = f"The amount to credit, {plain(amount)}, is more than is left of the invoice's lines, {plain(total)}."
        raise fault("AR_CM_EXCEEDS_LINES", text, "LineAmount")
    exact = {place: amount * one / total for place, one in left.items() if one}
    return [LineShare(place, one) for place, one in evened(exact, amount, step).items() if one]


def evened(exact: Mapping[int, Decimal], amount: Decimal, step: Decimal) -> dict[int, Decimal]:
    """Round shares so that they make the amount: what rounding leaves goes, a step each, where most was cut off."""
    found = {place: one.quantize(step, ROUND_DOWN) for place, one in exact.items()}
    rest = amount - sum(found.values(), ZERO)
    for place in sorted(exact, key=lambda place: abs(exact[place] - found[place]), reverse=True):
        piece = min(step, abs(rest))
        if rest and (exact[place] > 0) == (rest > 0):
            found[place] += piece if rest > 0 else -piece
            rest -= piece if rest > 0 else -piece
    return found


def _check(share: LineShare, line: Given, taken: Mapping[int, LineShare]) -> None:
    left = _left(line, share.place, taken)
    _check_tax(share, line, taken)
    if share.tax and not share.amount:
        return
    if not share.amount or (share.amount > 0) != (left > 0) or abs(share.amount) > abs(left):
        given, whole = plain(share.amount), plain(_amount(line))
        text = (
            f"The amount to credit of line {line['LineNumber']}, {given}, isn't part of what is left of it:"
            f" {plain(left)} of {whole}."
        )
        raise fault("AR_CM_EXCEEDS_LINE", text, "CreditMemoLine")
    quantity = Decimal(str(line.get("Quantity") or 0))
    used = taken[share.place].quantity if share.place in taken else ZERO
    if share.quantity and abs(share.quantity) > abs(quantity - used):
        text = (
            f"The quantity to credit of line {line['LineNumber']} is more than the {plain(quantity - used)} left of it."
        )
        raise fault("AR_CM_EXCEEDS_QUANTITY", text, "CreditMemoLine")


def _check_tax(share: LineShare, line: Given, taken: Mapping[int, LineShare]) -> None:
    left = line_total(line) - _amount(line) - (taken[share.place].tax if share.place in taken else ZERO)
    if share.tax and ((share.tax > 0) != (left > 0) or abs(share.tax) > abs(left)):
        text = (
            f"The tax to credit of line {line['LineNumber']}, {plain(share.tax)}, isn't part of what is left of it:"
            f" {plain(left)}."
        )
        raise fault("AR_CM_EXCEEDS_TAX", text, "CreditMemoLine")


def _tax(share: LineShare, line: Given, taken: Mapping[int, LineShare], step: Decimal) -> Decimal:
    whole = line_total(line) - _amount(line)
    used = taken[share.place].tax if share.place in taken else ZERO
    if share.amount == _left(line, share.place, taken):
        return whole - used
    return rounded(whole * share.amount / _amount(line), step)


def _left(line: Given, place: int, taken: Mapping[int, LineShare]) -> Decimal:
    return _amount(line) - (taken[place].amount if place in taken else ZERO)


def _amount(line: Given) -> Decimal:
    return Decimal(str(line["LineAmount"]))


def line_id(document_id: str, place: int) -> int:
    """Return the id of the line at a place of a document; like every id it has 18 digits at most."""
    return _LINE_IDS + int(document_id) % 10**12 * 1000 + place
