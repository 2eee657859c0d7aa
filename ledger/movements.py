"""From one mapped amount to movements: the rules of the books for a single settlement line.

In: a signed amount (plus in favour of the seller), where the mapping sends it, and what all lines of the settlement
share. Out: movements, each from a credit to a debit account, so that whatever comes of them balances. The set-based
form that books millions of lines is tested against these functions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledger.accounts import AccountKey
from ledger.combination import Resolved, Treatment
from ledger.errors import InputRefused
from ledger.journal import Movement


@dataclass(frozen=True)
class SettlementBooks:
    """What all lines of one settlement share: currency, its open item on clearing, the date of its part."""

    currency: str
    clearing: AccountKey
    reference: str
    part_date: date | None = None


@dataclass(frozen=True)
class Item:
    """An account and, where it is an open item, the reference on it."""

    account: AccountKey
    reference: str = ""


def movements_of(
    amount: Decimal,
    resolved: Resolved,
    books: SettlementBooks,
    *,
    vat: Decimal | None = None,
    earlier: Item | None = None,
    label: str = "",
    detail: str = "",
) -> tuple[Movement, ...]:
    """Return the movements of one amount; none for zero.

    `vat` is the VAT within a `split_vat` amount (same sign, from `tax.split_order`); `earlier` the open item that a
    `carry` brings in. Raises InputRefused when the treatment needs one that is not given.
    """
    if amount == 0:
        return ()
    own = Item(books.clearing, books.reference)
    if resolved.treatment is Treatment.CARRY:
        if earlier is None:
            raise InputRefused("A carried amount needs the open item of the settlement it comes from.")
        return _named(_between(own, earlier, amount, books), label, detail)
    shares = [(resolved.account, amount)]
    if resolved.treatment is Treatment.SPLIT_VAT:
        if vat is None or resolved.vat_account is None:
            raise InputRefused("An amount that contains VAT needs the VAT within it and an account for it.")
        shares = [(resolved.account, amount - vat), (resolved.vat_account, vat)]
    movements: tuple[Movement, ...] = ()
    for account, share in shares:
        movements += _to_account(own, account, share, resolved, books)
    return _named(movements, label, detail)


def remainder_of(amount: Decimal, resolved: Resolved, books: SettlementBooks, order: str) -> tuple[Movement, ...]:
    """Return the movement that takes what an order's pass-through tax leaves to the seller's tax liability.

    `amount` is positive when more was collected than withheld. None where both are the same account anyway.
    """
    target = resolved.remainder_account
    if target is None:
        raise InputRefused("A remainder of pass-through tax needs the account of the seller's tax liability.")
    if amount == 0 or target == resolved.account:
        return ()
    return _named(_between(Item(resolved.account), Item(target), amount, books), resolved.category, order)


def _to_account(
    own: Item, account: AccountKey, amount: Decimal, resolved: Resolved, books: SettlementBooks
) -> tuple[Movement, ...]:
    """Return clearing against the account, in two steps where the account stands in another unit's books."""
    between = resolved.inter_unit
    if between is None or account.unit == own.account.unit:
        return _between(own, Item(account), amount, books)
    # In favour of the seller the owner received money that belongs to the partner; otherwise it paid for the partner.
    is_received = amount > 0
    owner_side = between.owner_due_to if is_received else between.owner_due_from
    partner_side = between.partner_due_from if is_received else between.partner_due_to
    return (
        *_between(own, Item(owner_side), amount, books),
        *_between(Item(partner_side), Item(account), amount, books),
    )


def _between(debit: Item, credit: Item, amount: Decimal, books: SettlementBooks) -> tuple[Movement, ...]:
    """Return one movement for a signed amount; a negative one swaps its sides."""
    if amount == 0:
        return ()
    if amount < 0:
        debit, credit, amount = credit, debit, -amount
    movement = Movement(
        debit=debit.account,
        credit=credit.account,
        amount=amount,
        currency=books.currency,
        debit_reference=debit.reference,
        credit_reference=credit.reference,
        part_date=books.part_date,
    )
    return (movement,)


def _named(movements: tuple[Movement, ...], label: str, detail: str) -> tuple[Movement, ...]:
    return tuple(replace(movement, label=label, detail=detail) for movement in movements)
