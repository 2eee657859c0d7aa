"""Cost of units that came back: taken off cost of goods, into the stock where they can be sold, else to a loss.

In: the cost journals of an order as they were booked, how many of its units came back before, and one return. Out: a
set of journals at the cost that was booked for the shipment, or None where more came back than was ever costed. What
comes back one by one adds up to what was booked, to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from ledger import money
from ledger.accounts import AccountKey
from ledger.cost_documents import Costed, units_in, units_label
from ledger.journal import Journal, JournalFrame, JournalSet, Movement, SourceKey, build_journals
from ledger.order_documents import document_source

KIND = "cost_return"
SELLABLE = "SELLABLE"
# Seller Central, help page 200453320 (FBA customer returns report), condition codes.
CONDITIONS = frozenset({SELLABLE, "DAMAGED", "CUSTOMER_DAMAGED", "DEFECTIVE", "CARRIER_DAMAGED", "EXPIRED"})


@dataclass(frozen=True)
class Back:
    """Whose units came back: seller and ledger, order, which return of it, the day in the ledger's zone.

    `return_id` is Amazon's label of the unit, or what else tells one return of an order from another.
    """

    seller: str
    ledger: str
    order_id: str
    return_id: str
    rate_type: str
    on: date
    with_quantities: bool = False


@dataclass(frozen=True)
class Taken:
    """Units of one product that are taken off the cost of one shipment, with what they cost there."""

    costed: Costed
    quantity: Decimal
    amount: Decimal


def condition(disposition: str) -> str:
    """Return a condition as Amazon's list writes it."""
    return disposition.strip().upper().replace(" ", "_")


def is_sellable(disposition: str) -> bool:
    """Tell whether a unit went back to the stock; a condition nobody knows is none that can be sold."""
    return condition(disposition) == SELLABLE


def return_source(seller: str, ledger: str, order_id: str, return_id: str) -> SourceKey:
    """Return what makes the posting key of one return's cost."""
    return document_source(seller, ledger, KIND, order_id, return_id)


def units_back(journals: Iterable[Journal], sku: str) -> Decimal:
    """Return how many units of a product these journals of returns took off the cost of their order."""
    told = (units_in(line) for journal in journals for line in journal.lines)
    return sum((units[0] for units in told if units is not None and units[1] == sku), Decimal(0))


def taken_back(costed: Sequence[Costed], before: Decimal, quantity: Decimal) -> tuple[Taken, ...] | None:
    """Return what units cost that come back after others, from the oldest shipment on; None where so many never left.

    `costed` are the units of one product by shipment, the oldest first.
    """
    if before + quantity > sum((one.quantity for one in costed), Decimal(0)):
        return None
    taken, skip, rest = [], before, quantity
    for one in costed:
        first = min(skip, one.quantity)
        count = min(rest, one.quantity - first)
        if count:
            taken.append(Taken(one, count, _up_to(one, first + count) - _up_to(one, first)))
        skip, rest = skip - first, rest - count
    return tuple(taken)


def _up_to(costed: Costed, count: Decimal) -> Decimal:
    """Return what the first units of a shipment cost: all of them cost what was booked."""
    step = Decimal(1).scaleb(-money.minor_units(costed.currency))
    return money.exact((costed.amount * count / costed.quantity).quantize(step, ROUND_HALF_UP), costed.currency)


def returned_cost(back: Back, taken: Iterable[tuple[Taken, AccountKey]], lines_max: int) -> JournalSet:
    """Return the journals of one return of one product, what is taken beside the account it goes to.

    Empty where it cost nothing, or where a loss is cost of goods anyway and nothing moves.
    """
    source = return_source(back.seller, back.ledger, back.order_id, back.return_id)
    by_currency: dict[str, list[Movement]] = {}
    for one, to in _of_one_account(taken):
        if one.amount and to != one.costed.cogs:
            movement = Movement(
                debit=to,
                credit=one.costed.cogs,
                amount=one.amount,
                currency=one.costed.currency,
                label=units_label(one.quantity),
                detail=one.costed.sku,
                # Taken off the side of cost, where they were counted.
                quantity=-one.quantity if back.with_quantities else None,
            )
            by_currency.setdefault(one.costed.currency, []).append(movement)
    journals = [
        journal
        for currency, movements in sorted(by_currency.items())
        for journal in build_journals(movements, _frame(back, source, currency, movements, lines_max), back.on).journals
    ]
    numbered = (replace(one, part=part, parts=len(journals)) for part, one in enumerate(journals, start=1))
    return JournalSet(source, 1, tuple(numbered))


def _of_one_account(taken: Iterable[tuple[Taken, AccountKey]]) -> list[tuple[Taken, AccountKey]]:
    """Add up what is taken off several shipments between the same accounts, so that a line says all of its units."""
    added: dict[tuple[AccountKey, AccountKey, str], Taken] = {}
    for one, to in taken:
        key = (one.costed.cogs, to, one.costed.currency)
        known = added.get(key)
        both = replace(one, quantity=one.quantity + known.quantity, amount=one.amount + known.amount) if known else one
        added[key] = both
    return [(one, to) for (_, to, _), one in added.items()]


def _frame(back: Back, source: SourceKey, currency: str, movements: list[Movement], lines_max: int) -> JournalFrame:
    return JournalFrame(
        source=source,
        revision=1,
        owner_unit=movements[0].credit.unit,
        currency=currency,
        rate_type=back.rate_type,
        description=f"Returned cost of Amazon order {back.order_id}",
        document_reference=back.order_id,
        lines_max=lines_max,
        # What goes to the stock, or is lost, stands there in one amount; the lines of cost tell the units.
        open_item_accounts=frozenset(one.debit for one in movements),
    )
