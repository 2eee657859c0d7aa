"""Cost of goods sold: one balanced journal per shipment, from inventory to cost, in the currency of the unit costs.

In: how many units of which product a shipment took out of the stock, and what a unit costs on that day. Out: a set of
journals, one part per currency and unit of the books. Its key is made from the order and Amazon's transaction alone, so
that a shipment costs once whatever is told of it later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledger.accounts import AccountKey
from ledger.catalogue import Cost
from ledger.journal import Journal, JournalFrame, JournalLine, JournalSet, Movement, SourceKey, build_journals
from ledger.order_documents import document_source

KIND = "cost"
# Stands in place of a transaction in the key of what was sent once more: nothing else of such an order carries cost.
REPLACEMENT = "replacement"
# `3 x MUG-1`: how a line of cost says its units, and how they are read from it again.
_UNITS = re.compile(r"(\d+(?:\.\d+)?) x(?: (.*))?", re.DOTALL)


@dataclass(frozen=True)
class Shipment:
    """Whose cost it is: seller and ledger, order, Amazon's transaction, the day it was shipped in the ledger's zone.

    `with_quantities` lets the lines of cost carry their units as statistical amounts.
    """

    seller: str
    ledger: str
    order_id: str
    transaction_id: str
    rate_type: str
    on: date
    with_quantities: bool = False


@dataclass(frozen=True)
class Units:
    """Units of one product in a shipment, with what one of them costs."""

    sku: str
    quantity: Decimal
    cost: Cost


@dataclass(frozen=True)
class Costed:
    """Units of one product in a cost journal: what all of them cost there, and between which accounts it was moved.

    `inventories` are the accounts that the journal took stock from: one, unless its products have several.
    """

    sku: str
    quantity: Decimal
    amount: Decimal
    currency: str
    cogs: AccountKey
    inventories: tuple[AccountKey, ...]
    on: date


def units_label(quantity: Decimal) -> str:
    """Return how a line says its units, before the SKU."""
    return f"{quantity:f} x"


def costed_units(journal: Journal) -> tuple[Costed, ...]:
    """Return the units in a cost journal as they stand there, in order of its lines.

    A line that says none is left out: one account may be cost of a product and stock of another in a user's file.
    """
    inventories = tuple(dict.fromkeys(one.account for one in journal.lines if one.amount < 0))
    told = ((line, units_in(line)) for line in journal.lines if line.amount > 0)
    return tuple(
        Costed(units[1], units[0], line.amount, journal.currency, line.account, inventories, journal.accounting_date)
        for line, units in told
        if units is not None
    )


def units_in(line: JournalLine) -> tuple[Decimal, str] | None:
    """Return quantity and SKU that a line of cost says; None for a line that says none."""
    told = _UNITS.fullmatch(line.description)
    return None if told is None else (Decimal(told[1]), told[2] or "")


def cost_source(seller: str, ledger: str, order_id: str, transaction_id: str) -> SourceKey:
    """Return what makes the posting key of one shipment's cost."""
    return document_source(seller, ledger, KIND, order_id, transaction_id)


def cost_of(shipment: Shipment, units: Iterable[Units], lines_max: int) -> JournalSet:
    """Return the journals of one shipment's cost; empty where its products cost nothing."""
    source = cost_source(shipment.seller, shipment.ledger, shipment.order_id, shipment.transaction_id)
    by_currency: dict[str, list[Movement]] = {}
    for one in sorted(units, key=lambda one: (one.cost.currency, one.sku)):
        amount = one.cost.of(one.quantity)
        if amount:
            movement = Movement(
                debit=one.cost.cogs,
                credit=one.cost.inventory,
                amount=amount,
                currency=one.cost.currency,
                label=units_label(one.quantity),
                detail=one.sku,
                quantity=one.quantity if shipment.with_quantities else None,
            )
            by_currency.setdefault(one.cost.currency, []).append(movement)
    journals = [
        journal
        for currency, movements in by_currency.items()
        for journal in build_journals(
            movements, _frame(shipment, source, currency, movements, lines_max), shipment.on
        ).journals
    ]
    numbered = (replace(one, part=part, parts=len(journals)) for part, one in enumerate(journals, start=1))
    return JournalSet(source, 1, tuple(numbered))


def _frame(
    shipment: Shipment, source: SourceKey, currency: str, movements: list[Movement], lines_max: int
) -> JournalFrame:
    return JournalFrame(
        source=source,
        revision=1,
        owner_unit=movements[0].debit.unit,
        currency=currency,
        rate_type=shipment.rate_type,
        description=f"Cost of Amazon order {shipment.order_id}",
        document_reference=shipment.order_id,
        lines_max=lines_max,
        # The stock is credited in one amount; what left it is told by the lines of cost.
        open_item_accounts=frozenset(one.credit for one in movements),
    )
