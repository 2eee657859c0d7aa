"""The one door for numbers: exact decimals with a currency's own minor units.

Amounts come in as text, leave as Decimal, and floats are refused. Missing is None and never zero. Minor units are
those of ISO 4217 for the currencies in which marketplaces settle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from ledger.errors import InputRefused, UnknownCurrency

# ISO 4217, table A.1: currencies whose minor unit is not 2, and the two-decimal ones marketplaces settle in.
MINOR_UNITS: dict[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("AED", "AUD", "BGN", "BRL", "CAD", "CHF", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP"), 2),
    **dict.fromkeys(("HKD", "HUF", "IDR", "ILS", "INR", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD", "PEN", "PHP"), 2),
    **dict.fromkeys(("PLN", "QAR", "RON", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "UYU", "ZAR"), 2),
}

_PLAIN = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?")
# Far above any settlement, far below the 28 digits in which Decimal computes exactly.
_AMOUNT_MAX = Decimal(10) ** 18


def minor_units(currency: str) -> int:
    """Return how many decimals a currency has; raise UnknownCurrency for a code we do not keep books in."""
    try:
        return MINOR_UNITS[currency]
    except KeyError:
        raise UnknownCurrency(
            f"{currency!r} is no currency the books know. Use an ISO 4217 code in capitals, for example USD."
        ) from None


def exact(value: object, currency: str) -> Decimal:
    """Return an amount with exactly the currency's decimals; refuse floats and amounts that would be rounded."""
    if isinstance(value, (float, bool)) or not isinstance(value, (str, int, Decimal)):
        raise InputRefused(f"An amount must be text or a decimal, not {type(value).__name__}: floats lose cents.")
    if isinstance(value, str) and not _PLAIN.fullmatch(value.strip()):
        raise InputRefused("An amount must be plain digits with a decimal point, for example -1250.37.")
    number = Decimal(value)
    unit = Decimal(1).scaleb(-minor_units(currency))
    # Without a context: an exponent beyond every bound is to be refused, not to overflow.
    if not number.is_finite() or number.copy_abs() > _AMOUNT_MAX:
        raise InputRefused("An amount must be a finite number of at most 18 digits before the decimal point.")
    if number != number.quantize(unit):
        raise InputRefused(f"{number} has more decimals than {currency} allows ({minor_units(currency)}).")
    # Adding zero turns the -0.00 that files contain into 0.00.
    return number.quantize(unit) + 0


def total(amounts: Iterable[Decimal], currency: str) -> Decimal:
    """Add up amounts of one currency; an empty sum is zero with the currency's decimals."""
    return exact(sum(amounts, Decimal(0)), currency)


def text(amount: Decimal, currency: str) -> str:
    """Write an amount as plain text with the currency's decimals, never in scientific notation."""
    return format(exact(amount, currency), "f")


def in_minor(amount: Decimal, currency: str) -> int:
    """Return an amount as a whole number of minor units (cents)."""
    return int(exact(amount, currency).scaleb(minor_units(currency)))


def from_minor(units: int, currency: str) -> Decimal:
    """Return the amount of a whole number of minor units."""
    return Decimal(units).scaleb(-minor_units(currency))
