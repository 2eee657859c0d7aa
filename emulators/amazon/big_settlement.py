"""Write a settlement of any size quickly, for benchmarks: millions of realistic V2 lines whose total ties.

In: a path and a number of lines. Out: the file and what it must come to. One template per price is formatted once and
filled with cheap variations (order id, item code, instant), so that 5 million lines take seconds, not minutes; the
total is computed from the templates before a line is written, because the summary row comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from emulators.amazon.settlement_columns import V2_COLUMNS
from emulators.amazon.settlement_writer import US

_LINES_PER_ORDER = 6
_PRICES = 997
_ORDERS_PER_CHUNK = 4000
_START = datetime(2026, 9, 1, 14, 28, 38, tzinfo=UTC)
_DAYS = 14


@dataclass(frozen=True, slots=True)
class BigSettlement:
    """What was written: rows without header and summary, size in bytes, total in the currency."""

    path: Path
    settlement_id: str
    lines: int
    bytes_written: int
    total: Decimal
    currency: str


def write_big_settlement(path: Path, lines: int, *, settlement_id: str = "24999999999") -> BigSettlement:
    """Write a V2 settlement in US locale with exactly that many detail lines; roughly 185 bytes each."""
    if lines < 0:
        raise ValueError(f"A settlement cannot have {lines} lines.")
    orders, filler = divmod(lines, _LINES_PER_ORDER)
    templates = [_template(settlement_id, index) for index in range(min(_PRICES, orders))]
    cents = -100 * filler
    for index, (_, net_cents) in enumerate(templates):
        cents += net_cents * (orders // _PRICES + (1 if index < orders % _PRICES else 0))
    total = Decimal(cents).scaleb(-2)
    with path.open("wb", buffering=1 << 20) as file:
        written = file.write(_head(settlement_id, total).encode())
        for chunk in _chunks([text for text, _ in templates], orders):
            written += file.write(chunk.encode())
        written += file.write((_filler(settlement_id) * filler).encode())
    return BigSettlement(path, settlement_id, lines, written, total, "USD")


def _chunks(templates: list[str], orders: int) -> Iterator[str]:
    stamps = _stamps(orders)
    for first in range(0, orders, _ORDERS_PER_CHUNK):
        parts = []
        for number in range(first, min(first + _ORDERS_PER_CHUNK, orders)):
            order_id = f"{111 + number % 4}-{number % 9_999_991:07d}-{number * 7919 % 9_999_973:07d}"
            shared = (order_id, order_id, f"Q{number:08d}")
            late = (*stamps[number * 37 % len(stamps)], f"{110_000_000_000_001 + number}")
            parts.append(templates[number % _PRICES] % ((*shared, *late) * _LINES_PER_ORDER))
        yield "".join(parts)


def _template(settlement_id: str, index: int) -> tuple[str, int]:
    """Return one order's lines with six placeholders each, and what they come to in cents."""
    price = 899 + index * 7
    tax, commission, fulfilment = price * 7 // 100, price * 15 // 100, 322 + index % 5 * 61
    digital = 1 + commission // 50
    amounts = (
        ("ItemPrice", "Principal", price),
        ("ItemPrice", "Tax", tax),
        ("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", -tax),
        ("ItemFees", "FBAPerUnitFulfillmentFee", -fulfilment),
        ("ItemFees", "Commission", -commission),
        ("ItemFees", "DigitalServicesFee", -digital),
    )
    lines = [
        f"{settlement_id}\t\t\t\t\t\tOrder\t%s\t%s\t\t%s\tAmazon.com\t{amount_type}\t{label}\t{_cents_text(cents)}"
        f"\tAFN\t%s\t%s\t%s\t\t\tSKU-{index:05d}-{index * 31 % 97:02d}\t1\t\n"
        for amount_type, label, cents in amounts
    ]
    return "".join(lines), sum(cents for _, _, cents in amounts)


def _stamps(orders: int) -> list[tuple[str, str]]:
    instants = (_START + timedelta(seconds=61 * step) for step in range(min(orders, _DAYS * 86_400 // 61)))
    return [(instant.strftime(US.date), instant.strftime(US.instant)) for instant in instants]


def _head(settlement_id: str, total: Decimal) -> str:
    end = _START + timedelta(days=_DAYS)
    stamps = [instant.strftime(US.instant) for instant in (_START, end, end + timedelta(days=2))]
    summary = [settlement_id, *stamps, f"{total:.2f}", "USD"]
    return "\t".join(V2_COLUMNS) + "\n" + "\t".join(summary + [""] * (len(V2_COLUMNS) - len(summary))) + "\n"


def _filler(settlement_id: str) -> str:
    stamp = f"{_START.strftime(US.date)}\t{_START.strftime(US.instant)}"
    label = "ServiceFee\t\t\t\t\t\tCost of Advertising\tTransactionTotalAmount"
    return f"{settlement_id}\t\t\t\t\t\t{label}\t-1.00\t\t{stamp}\t\t\t\t\t\t\n"


def _cents_text(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"
