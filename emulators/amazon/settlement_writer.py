"""Write settlement files byte for byte as Amazon does: Flat File V2, and V1 as it lies in archives.

In: a `Settlement` of simple `Row`s. Out: bytes. Tab separated, one header line, LF, no quoting, the summary row first;
dates and numbers follow two independent locales (a UK file has dotted dates and decimal points). The total is always
the sum of the rows, so a written file ties. Layouts as observed in real files; column lists as in
https://developer-docs.amazon.com/sp-api/docs/report-type-values-payment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from emulators.amazon.settlement_columns import V1_COLUMNS, V1_PROMOTION_COLUMNS, V2_COLUMNS

# Currencies without or with three decimals; all others have two.
_DECIMALS = {"JPY": 0, "KRW": 0, "KWD": 3}


@dataclass(frozen=True, slots=True)
class Locale:
    """How one marketplace writes instants, dates and numbers (strftime patterns, decimal sign)."""

    name: str
    instant: str
    date: str
    decimal_sign: str
    thousands_sign: str = ""


US = Locale("us", "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d", ".")
UK = Locale("uk", "%d.%m.%Y %H:%M:%S UTC", "%d.%m.%Y", ".")
EUR = Locale("eur", "%d.%m.%Y %H:%M:%S UTC", "%d.%m.%Y", ",")
# Seen once in a user's file: posted-date dd/mm/yy beside an ISO posted-date-time.
USER_DD_MM_YY = Locale("user", "%Y-%m-%d %H:%M:%S UTC", "%d/%m/%y", ".")
LOCALES = (US, UK, EUR, USER_DD_MM_YY)


@dataclass(frozen=True, slots=True)
class Row:
    """One amount of a settlement; empty text is an empty field, a missing quantity is blank."""

    transaction_type: str
    amount_type: str
    amount_description: str
    amount: Decimal
    posted: datetime
    order_id: str = ""
    merchant_order_id: str = ""
    adjustment_id: str = ""
    shipment_id: str = ""
    marketplace_name: str = ""
    fulfillment_id: str = ""
    order_item_code: str = ""
    merchant_order_item_id: str = ""
    merchant_adjustment_item_id: str = ""
    sku: str = ""
    quantity: int | None = None
    promotion_id: str = ""

    @property
    def triple(self) -> tuple[str, str, str]:
        """Return (transaction-type, amount-type, amount-description)."""
        return self.transaction_type, self.amount_type, self.amount_description

    def with_amount(self, amount_type: str, amount_description: str, amount: Decimal) -> Row:
        """Return the same row with another label and amount (ten times as fast as `dataclasses.replace`)."""
        return Row(
            self.transaction_type,
            amount_type,
            amount_description,
            amount,
            self.posted,
            self.order_id,
            self.merchant_order_id,
            self.adjustment_id,
            self.shipment_id,
            self.marketplace_name,
            self.fulfillment_id,
            self.order_item_code,
            self.merchant_order_item_id,
            self.merchant_adjustment_item_id,
            self.sku,
            self.quantity,
            self.promotion_id,
        )


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settlement: period in aware UTC instants, ISO currency, rows in file order."""

    settlement_id: str
    start: datetime
    end: datetime
    currency: str
    rows: tuple[Row, ...]

    @property
    def deposit_date(self) -> datetime:
        """Return Amazon's nominal deposit date: the end plus two days."""
        return self.end + timedelta(days=2)

    @property
    def total(self) -> Decimal:
        """Return the sum of all rows, exact."""
        return sum((row.amount for row in self.rows), Decimal(0))


def write_v2(
    settlement: Settlement,
    locale: Locale,
    *,
    encoding: str = "utf-8",
    line_end: str = "\n",
    has_bom: bool = False,
    blank_last_line: bool = False,
) -> bytes:
    """Return the settlement as Flat File V2 with 24 columns."""
    lines = ["\t".join(V2_COLUMNS), _summary(settlement, locale, len(V2_COLUMNS))]
    lines += _v2_lines(settlement, locale)
    return _encoded(lines, encoding, line_end, has_bom=has_bom, blank_last_line=blank_last_line)


def write_v1(
    settlement: Settlement,
    *,
    encoding: str = "utf-8",
    line_end: str = "\n",
    amounts_padded: bool = False,
    blank_last_line: bool = False,
) -> bytes:
    """Return the settlement as Flat File V1: 36 columns, or 33 when it has no promotion.

    Rows are written the way V1 has them: the first row of an order item holds the quantity and no amount, advertising
    has its tax as a second amount on the same row, account rows carry their label as transaction-type.
    """
    has_promotions = any(row.amount_type == "Promotion" for row in settlement.rows)
    columns = [name for name in V1_COLUMNS if has_promotions or name not in V1_PROMOTION_COLUMNS]
    locale = Locale("v1", "%Y-%m-%dT%H:%M:%S+00:00", "%Y-%m-%d", ".")
    lines = ["\t".join(columns), _summary(settlement, locale, len(columns))]
    for fields in _v1_rows(settlement, locale, padding=" " * 4 if amounts_padded else ""):
        lines.append("\t".join(fields.get(name, "") for name in columns))
    return _encoded(lines, encoding, line_end, has_bom=False, blank_last_line=blank_last_line)


def amount_text(amount: Decimal, currency: str, locale: Locale) -> str:
    """Write an amount with the currency's decimals, leading minus, and the locale's signs.

    Raises:
        ValueError: The amount has more decimals than the currency.
    """
    decimals = _DECIMALS.get(currency, 2)
    text = f"{amount:,.{decimals}f}"
    if Decimal(text.replace(",", "")) != amount:
        raise ValueError(f"{amount} {currency} has more than {decimals} decimals.")
    whole, _, fraction = text.partition(".")
    if not amount:
        whole = whole.lstrip("-")
    whole = whole.replace(",", locale.thousands_sign)
    return f"{whole}{locale.decimal_sign}{fraction}" if fraction else whole


def _summary(settlement: Settlement, locale: Locale, columns: int) -> str:
    fields = [settlement.settlement_id]
    fields += [_utc(when, locale.instant) for when in (settlement.start, settlement.end, settlement.deposit_date)]
    fields += [amount_text(settlement.total, settlement.currency, locale), settlement.currency]
    return "\t".join(fields + [""] * (columns - len(fields)))


def _v2_lines(settlement: Settlement, locale: Locale) -> Iterator[str]:
    # All rows of an order share their instant: each is written once.
    stamps: dict[datetime, str] = {}
    for row in settlement.rows:
        if row.posted not in stamps:
            stamps[row.posted] = f"{_utc(row.posted, locale.date)}\t{_utc(row.posted, locale.instant)}"
        yield "\t".join(
            (
                settlement.settlement_id,
                "\t\t\t\t",
                row.transaction_type,
                row.order_id,
                row.merchant_order_id,
                row.adjustment_id,
                row.shipment_id,
                row.marketplace_name,
                row.amount_type,
                row.amount_description,
                amount_text(row.amount, settlement.currency, locale),
                row.fulfillment_id,
                stamps[row.posted],
                row.order_item_code,
                row.merchant_order_item_id,
                row.merchant_adjustment_item_id,
                row.sku,
                "" if row.quantity is None else str(row.quantity),
                row.promotion_id,
            )
        )


def _v1_rows(settlement: Settlement, locale: Locale, *, padding: str) -> Iterator[dict[str, str]]:
    item_before: tuple[str, str, str] | None = None
    for row in settlement.rows:
        shared = _v1_shared(settlement, row, locale)
        item = (row.order_id, row.order_item_code, row.shipment_id)
        if row.order_item_code and row.quantity is not None and item != item_before:
            yield {**shared, "quantity-purchased": str(row.quantity)}
        item_before = item
        amounts = _v1_amounts(row)
        written = {
            name: amount_text(value, settlement.currency, locale) + padding if isinstance(value, Decimal) else value
            for name, value in amounts.items()
        }
        if not row.order_item_code and row.quantity is not None:
            written["quantity-purchased"] = str(row.quantity)
        yield {**shared, **written}


def _v1_shared(settlement: Settlement, row: Row, locale: Locale) -> dict[str, str]:
    return {
        "settlement-id": settlement.settlement_id,
        "transaction-type": row.transaction_type,
        "order-id": row.order_id,
        "merchant-order-id": row.merchant_order_id,
        "adjustment-id": row.adjustment_id,
        "shipment-id": row.shipment_id,
        "marketplace-name": row.marketplace_name,
        "fulfillment-id": row.fulfillment_id,
        "posted-date": _utc(row.posted, locale.instant),
        "order-item-code": row.order_item_code,
        "merchant-order-item-id": row.merchant_order_item_id,
        "merchant-adjustment-item-id": row.merchant_adjustment_item_id,
        "sku": row.sku,
    }


def _v1_amounts(row: Row) -> dict[str, str | Decimal]:
    label, amount = row.amount_description, row.amount
    if row.amount_type == "ItemPrice":
        return {"price-type": label, "price-amount": amount}
    if row.amount_type in ("ItemFees", "ItemWithheldTax"):
        return {"item-related-fee-type": label, "item-related-fee-amount": amount}
    if row.amount_type == "Promotion":
        return {"promotion-id": row.promotion_id, "promotion-type": label, "promotion-amount": amount}
    if row.amount_type == "Shipment-Fees":
        return {"shipment-fee-type": label, "shipment-fee-amount": amount}
    if row.transaction_type == "ServiceFee":
        # V2 gives one combined amount where V1 has net and tax on one row; 12 % is the tax of the files seen.
        tax = (amount * 12 / 112).quantize(Decimal("0.01"), ROUND_HALF_UP)
        fee = {"item-related-fee-type": row.amount_type, "item-related-fee-amount": amount - tax}
        return {**fee, "other-fee-amount": tax, "other-fee-reason-description": "TaxAmount"}
    if row.transaction_type == "other-transaction":
        return {"transaction-type": label, "other-amount": amount}
    return {"other-fee-amount": amount, "other-fee-reason-description": label}


def _utc(instant: datetime, pattern: str) -> str:
    return instant.astimezone(UTC).strftime(pattern)


def _encoded(lines: Iterable[str], encoding: str, line_end: str, *, has_bom: bool, blank_last_line: bool) -> bytes:
    text = line_end.join(lines) + line_end + (line_end if blank_last_line else "")
    return (b"\xef\xbb\xbf" if has_bom else b"") + text.encode(encoding)
