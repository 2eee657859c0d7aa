"""Read the header line: which layout it is and at which position each known column stands.

Columns are found by name, not by place, tolerant to case and to blanks or underscores for hyphens. In: the first
line. Out: `Header`. Columns we do not know are kept out of the lines and named in a warning; a missing or doubled
column refuses the file. Column lists: Amazon's settlement reports, as described at
https://developer-docs.amazon.com/sp-api/docs/report-type-values-payment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.errors import SettlementFileRefused

_SHARED = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount",
    "currency", "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id",
    "marketplace-name", "fulfillment-id", "posted-date", "order-item-code", "merchant-order-item-id",
    "merchant-adjustment-item-id", "sku", "quantity-purchased", "promotion-id",
)  # fmt: skip
V2_COLUMNS = frozenset([*_SHARED, "amount-type", "amount-description", "amount", "posted-date-time"])
V1_AMOUNTS = (
    "price-amount",
    "item-related-fee-amount",
    "promotion-amount",
    "shipment-fee-amount",
    "order-fee-amount",
    "misc-fee-amount",
    "other-fee-amount",
    "direct-payment-amount",
    "other-amount",
)
V1_LABELS = (
    "price-type",
    "item-related-fee-type",
    "promotion-type",
    "shipment-fee-type",
    "order-fee-type",
    "other-fee-reason-description",
    "direct-payment-type",
)
V1_COLUMNS = frozenset([*_SHARED, *V1_AMOUNTS, *V1_LABELS])

# What money, dates, mapping and matching cannot do without; a V1 file without promotions leaves its three columns out.
_NEEDED = frozenset((
    "settlement-id", "settlement-start-date", "settlement-end-date", "total-amount", "currency",
    "transaction-type", "order-id", "marketplace-name", "sku", "quantity-purchased",
))  # fmt: skip
_V2_NEEDED = _NEEDED | {"amount-type", "amount-description", "amount"}
_V1_NEEDED = (_NEEDED | {"posted-date"} | set(V1_AMOUNTS) | set(V1_LABELS)) - {"promotion-type", "promotion-amount"}

# First columns of reports that are handed in by mistake.
_OTHER_REPORTS = (
    ({"amazon-order-id", "purchase-date"}, "an orders report"),
    ({"approval-date", "reimbursement-id"}, "the FBA reimbursements report"),
    ({"return-date", "order-id"}, "a returns report"),
    ({"date/time", "settlement-id"}, "the date-range transaction report of Seller Central"),
    ({"reporttype", "date/time"}, "the deferred transactions report"),
    ({"snapshot-date", "sku"}, "an FBA inventory or fee report"),
    ({"amazon-order-id", "shipment-date"}, "the fulfilled shipments report"),
)
_SHOWABLE = re.compile(r"[A-Za-z0-9 /_()-]{1,60}")


@dataclass(frozen=True, slots=True)
class Header:
    """Layout ("v2" or "v1"), position of each known column from 0, number of columns, names not known."""

    layout: str
    positions: dict[str, int]
    width: int
    unknown: tuple[str, ...]


def read_header(line: str, source: str) -> Header:
    """Return the header's layout and columns.

    Raises:
        SettlementFileRefused: No settlement header, or a column is missing or stands there twice.
    """
    names = [normal_name(cell) for cell in line.split("\t")]
    layout = _layout(names, line, source)
    known = V2_COLUMNS if layout == "v2" else V1_COLUMNS
    positions: dict[str, int] = {}
    for position, column in enumerate(names):
        if column in positions:
            raise _refused(source, f"has the column {column} twice, so its values cannot be told apart.", column)
        if column in known:
            positions[column] = position
    _require(positions, layout, source)
    unknown = tuple(shown_name(column) for column in names if column and column not in known)
    return Header(layout, positions, len(names), unknown)


def normal_name(cell: str) -> str:
    """Return a column's name in lower case with hyphens, however the file writes it."""
    return re.sub(r"[\s_]+", "-", cell.strip().lower())


def _layout(names: list[str], line: str, source: str) -> str:
    present = set(names)
    if {"amount-type", "amount"} <= present:
        return "v2"
    if {"price-amount", "other-amount"} & present:
        return "v1"
    if len(present & _NEEDED) >= 4 and "date/time" not in present:
        return "v2"
    if "settlement" in line.lower() and len(names) == 1 and (line.count(",") > 5 or line.count(";") > 5):
        raise _refused(
            source,
            "is a settlement whose columns are not separated by tabs: a spreadsheet has saved it anew. "
            "Hand in the file as Amazon delivered it.",
        )
    for signature, kind in _OTHER_REPORTS:
        if signature <= present:
            raise _refused(source, f"is {kind}, not a settlement report. Hand in the settlement report (flat file V2).")
    first = [cell for cell in line.split("\t")[:3] if _SHOWABLE.fullmatch(cell.strip())]
    begins = f" It begins with the columns {', '.join(first)}." if len(names) > 2 and first else ""
    raise _refused(source, f"has no settlement header, so it is not a settlement report.{begins}")


def _require(positions: dict[str, int], layout: str, source: str) -> None:
    missing = sorted((_V2_NEEDED if layout == "v2" else _V1_NEEDED) - set(positions))
    if layout == "v2" and not {"posted-date-time", "posted-date"} & set(positions):
        missing.append("posted-date-time")
    if layout == "v1" and ("promotion-type" in positions) != ("promotion-amount" in positions):
        missing.append("promotion-type" if "promotion-amount" in positions else "promotion-amount")
    if missing:
        several = "columns" if len(missing) > 1 else "column"
        raise _refused(
            source,
            f"lacks the {several} {', '.join(missing)} of a {layout.upper()} settlement. "
            "Hand in the file as Amazon delivered it.",
            missing[0],
        )


def shown_name(column: str) -> str:
    """Return a column's name for a sentence, unless it is none that can be shown."""
    return column if _SHOWABLE.fullmatch(column) else "(unreadable name)"


def _refused(source: str, what: str, column: str | None = None) -> SettlementFileRefused:
    return SettlementFileRefused(f"{source} {what}", source=source, row=1, column=column)
