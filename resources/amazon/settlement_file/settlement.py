"""What a settlement file says, as plain values: the answer of the reader.

The lines themselves stay in the Parquet file; here is what a person or a later stage needs to know about the file as
a whole: which settlement it is, what it comes to, what it holds by label, and which rows carry money over from or to
another settlement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class TripleTotal:
    """Sum and number of the amounts under one (transaction-type, amount-type, amount-description).

    A blank label is the empty text. Rows without an amount are not counted: they have nothing to book.
    """

    transaction_type: str
    amount_type: str
    amount_description: str
    amount: Decimal
    lines: int


@dataclass(frozen=True, slots=True)
class CarriedAmount:
    """One row that moves money between settlements: a reserve, an old debt, a charged card, a returned payout."""

    description: str
    amount: Decimal
    source_row: int


@dataclass(frozen=True, slots=True)
class SettlementFile:
    """One settlement file, read whole and proved: `sum_amount` equals `total_amount`.

    Amounts have the minor units of `currency`; instants are aware UTC. `lines` counts the data rows other than the
    summary row, `amounts` the amounts (a V1 row may hold two, or none). `content_hash` is the SHA-256 of the text in
    UTF-8 with LF line ends: equal for the same settlement under two report ids, whatever the packing.
    """

    settlement_id: str
    layout: str
    currency: str
    start: datetime
    end: datetime
    deposit_date: datetime | None
    total_amount: Decimal
    sum_amount: Decimal
    lines: int
    amounts: int
    date_format: str
    decimal_sign: str
    charset: str
    columns_unknown: tuple[str, ...]
    warnings: tuple[str, ...]
    by_triple: tuple[TripleTotal, ...]
    marketplaces: tuple[str, ...]
    posted_min: datetime | None
    posted_max: datetime | None
    carry: tuple[CarriedAmount, ...]
    content_hash: str
