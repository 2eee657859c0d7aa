"""Read the summary of a settlement: id, currency, period, deposit date, total.

In: the summary's texts with the row they stand in. Out: typed values, or the refusal of the file. The period and the
total are read with the formats found in the whole file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ledger.errors import UnknownCurrency
from ledger.money import minor_units
from resources.amazon.settlement_file import amounts, dates
from resources.amazon.settlement_file.refusals import cell_refused, file_refused

SUMMARY_DATES = ("settlement-start-date", "settlement-end-date", "deposit-date")
_ID = re.compile("[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class SummaryTexts:
    """The texts of the summary as they stand in the file, and the row that holds them."""

    row: int
    settlement_id: str
    total_amount: str
    currency: str
    dates: tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Facts:
    """The summary, typed: amount with the currency's minor units, aware UTC instants."""

    settlement_id: str
    currency: str
    start: datetime
    end: datetime
    deposit_date: datetime | None
    total_amount: Decimal


def is_settlement_id(text: str) -> bool:
    """Tell whether a text is a settlement id: one to twenty digits, so that it may name a partition."""
    return bool(_ID.fullmatch(text))


def currency_of(text: str | None, row: int, source: str) -> tuple[str, int]:
    """Return the ISO currency and its minor units, or refuse the file."""
    if not text:
        raise file_refused(source, "names no currency in its summary row", row, "currency")
    currency = text.upper()
    try:
        return currency, minor_units(currency)
    except UnknownCurrency:
        code = f" {currency}" if re.fullmatch("[A-Z]{3}", currency) else ""
        raise file_refused(
            source, f"is in a currency{code} that is not known here (row {row})", row, "currency"
        ) from None


def facts_of(texts: SummaryTexts, sign: str, order: str, source: str) -> Facts:
    """Return the typed summary; refuse dates that cannot be read or contradict each other."""
    currency, minor = currency_of(texts.currency, texts.row, source)
    start, end, deposit = (
        _date(text, column, order, texts.row, source) for column, text in zip(SUMMARY_DATES, texts.dates, strict=True)
    )
    for column, moment in zip(SUMMARY_DATES, (start, end), strict=False):
        if moment is None:
            raise file_refused(source, f"has no {column} in its summary row (row {texts.row})", texts.row, column)
    if start > end:
        raise file_refused(source, f"ends ({end:%Y-%m-%d}) before it starts ({start:%Y-%m-%d})", texts.row)
    total = amounts.amount(texts.total_amount, sign).quantize(Decimal(1).scaleb(-minor))
    return Facts(texts.settlement_id, currency, start, end, deposit, total)


def _date(text: str | None, column: str, order: str, row: int, source: str) -> datetime | None:
    if text is None:
        return None
    moment = dates.instant(text, order)
    if moment is None:
        raise cell_refused(source, row, column, text, "cannot be read as a date")
    return moment
