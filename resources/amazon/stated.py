"""Amounts, tails and days as Amazon's finance answers state them, or the sentence that says they do not.

In: an object of an answer and the name of a field; `what` names the thing it belongs to. Out: an exact amount with its
currency, four characters of an account at most, a plain date; None where the field is missing or null.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger import money
from ledger.errors import InputRefused
from resources.amazon.answers import Answer, misshapen, object_of, objects_of, text_of

# What the warehouse keeps of an amount: DECIMAL(18, 3).
_AMOUNT_LIMIT = Decimal(10) ** 15
_TAIL_LENGTH = 4
_NAME_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class Stated:
    """An amount with its currency, both as Amazon states them."""

    amount: Decimal
    currency: str


def stated_of(connection: str, answer: Answer, name: str, what: str) -> Stated | None:
    """Return an amount; None when it is missing, or when its object names none.

    The older API writes its fields with a capital (`CurrencyAmount`); the name says which one it is.
    """
    amount_name, currency_name = (
        ("CurrencyAmount", "CurrencyCode") if name[:1].isupper() else ("currencyAmount", "currencyCode")
    )
    given = object_of(connection, answer, name)
    value = given.get(amount_name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise misshapen(connection, f"{name} of {what} is no number")
    currency = (text_of(connection, given, currency_name) or "").strip().upper()
    if not currency:
        raise misshapen(connection, f"{name} of {what} has no currency")
    try:
        exact = money.exact(value, currency)
    except InputRefused as refused:
        raise misshapen(connection, f"{name} of {what}: {refused}") from None
    if abs(exact) >= _AMOUNT_LIMIT:
        raise misshapen(connection, f"{name} of {what} is no amount of money")
    return Stated(exact, currency)


def tail_of(connection: str, answer: Answer, name: str) -> str:
    """Return the last four characters of an account, "" where Amazon says nothing; more is never kept."""
    return (text_of(connection, answer, name) or "").strip()[-_TAIL_LENGTH:]


def day_of(connection: str, answer: Answer, name: str, what: str) -> date | None:
    """Return a date; the model types it as a date-time, its samples show a plain date: the day written is meant."""
    value = text_of(connection, answer, name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise misshapen(connection, f"{name} of {what} is no date") from None


def settlements_of(connection: str, answer: Answer) -> tuple[str, ...]:
    """Return the settlements that an answer names among its related identifiers, each once."""
    found = [
        text_of(connection, one, "relatedIdentifierValue")
        for one in objects_of(connection, answer, "relatedIdentifiers")
        if one.get("relatedIdentifierName") == "SETTLEMENT_ID"
    ]
    return tuple(dict.fromkeys(one for one in found if one))


def shown(name: str | None) -> str:
    """Return an id of Amazon's for a sentence: printable, and no novel."""
    return "".join(letter for letter in (name or "")[:_NAME_LENGTH_MAX] if letter.isprintable()) or "(without an id)"
