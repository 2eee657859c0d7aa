"""Settlement files as Amazon writes them, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.amazon import odd_rows
from emulators.amazon.settlement_columns import V1_COLUMNS, V2_COLUMNS
from emulators.amazon.settlement_writer import (
    EUR,
    LOCALES,
    UK,
    US,
    USER_DD_MM_YY,
    Row,
    Settlement,
    amount_text,
    write_v1,
    write_v2,
)

GOLDEN = Path(__file__).parent / "golden"
START = datetime(2026, 1, 1, 10, 0, 0, tzinfo=UTC)
POSTED = datetime(2026, 1, 5, 9, 0, 0, tzinfo=UTC)


def _sample(currency: str = "USD") -> Settlement:
    """Return a settlement with an order of two units, a multi-channel order, a promotion, advertising, a reserve."""
    item = Row(
        "Order",
        "ItemPrice",
        "Principal",
        Decimal("1234.50"),
        POSTED,
        order_id="111-1111111-1111111",
        merchant_order_id="111-1111111-1111111",
        shipment_id="QDemo0001",
        marketplace_name="Amazon.com",
        fulfillment_id="AFN",
        order_item_code="10000000000001",
        sku="SKU-1",
        quantity=2,
    )
    other = Row("other-transaction", "other-transaction", "", Decimal(0), START + timedelta(days=14, seconds=7))
    rows = (
        item,
        replace(item, amount_type="ItemFees", amount_description="Commission", amount=Decimal("-15.00")),
        replace(item, amount_type="Promotion", amount=Decimal("-5.00"), promotion_id="Save 5% on mugs"),
        *odd_rows.multi_channel(POSTED, number=1088),
        Row("ServiceFee", "Cost of Advertising", "TransactionTotalAmount", Decimal("-230.06"), POSTED),
        replace(other, amount_description="Current Reserve Amount", amount=Decimal("-9.70")),
    )
    return Settlement("900", START, START + timedelta(days=14), currency, rows)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("v2_us.txt", lambda: write_v2(_sample(), US)),
        ("v2_uk.txt", lambda: write_v2(_sample("GBP"), UK)),
        ("v2_eur.txt", lambda: write_v2(_sample("EUR"), EUR)),
        ("v2_user_dd_mm_yy.txt", lambda: write_v2(_sample(), USER_DD_MM_YY)),
        ("v1_36_columns.txt", lambda: write_v1(_sample("CAD"))),
        ("v1_33_columns.txt", lambda: write_v1(_without_promotions(_sample("CAD")), amounts_padded=True)),
    ],
)
def test_each_layout_and_locale_is_as_a_person_read_it(name: str, content) -> None:
    """The golden files were compared by eye with the shape of real ones."""
    assert content() == (GOLDEN / name).read_bytes()


def _without_promotions(settlement: Settlement) -> Settlement:
    return replace(settlement, rows=tuple(row for row in settlement.rows if row.amount_type != "Promotion"))


def test_v1_leaves_three_columns_out_without_promotions() -> None:
    """36 columns, or 33."""
    with_promotions = write_v1(_sample()).decode().splitlines()[0].split("\t")
    without = write_v1(_without_promotions(_sample())).decode().splitlines()[0].split("\t")
    assert (len(V1_COLUMNS), len(with_promotions), len(without)) == (36, 36, 33)
    assert set(with_promotions) - set(without) == {"promotion-id", "promotion-type", "promotion-amount"}


def test_v1_advertising_has_two_amounts_on_one_row_and_items_begin_without_one() -> None:
    """The quirks observed in real V1 files."""
    rows = [
        dict(zip(V1_COLUMNS, line.split("\t"), strict=True)) for line in write_v1(_sample()).decode().splitlines()[1:]
    ]
    advertising = next(row for row in rows if row["transaction-type"] == "ServiceFee")
    assert (advertising["item-related-fee-amount"], advertising["other-fee-amount"]) == ("-205.41", "-24.65")
    assert advertising["other-fee-reason-description"] == "TaxAmount"
    first_item = rows[1]
    assert first_item["quantity-purchased"] == "2"
    assert not any(value for name, value in first_item.items() if name.endswith("amount"))
    assert next(row for row in rows if row["other-amount"])["transaction-type"] == "Current Reserve Amount"


def test_v1_sums_to_the_same_total() -> None:
    """All amount columns over all rows are the total."""
    lines = write_v1(_sample(), amounts_padded=True, blank_last_line=True).decode().split("\n")
    amounts = [index for index, name in enumerate(V1_COLUMNS) if name.endswith("-amount") and name != "total-amount"]
    fields = [line.split("\t") for line in lines[2:] if line]
    total = sum(Decimal(row[index].strip()) for row in fields for index in amounts if row[index].strip())
    assert total == _sample().total
    assert lines[-2:] == ["", ""]


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        ("0", "USD", US, "0.00"),
        ("-0.00", "EUR", EUR, "0,00"),
        ("-22.8", "EUR", EUR, "-22,80"),
        ("1234567.5", "USD", US, "1234567.50"),
        ("1234567.5", "EUR", replace(EUR, thousands_sign="."), "1.234.567,50"),
        ("-0.05", "GBP", UK, "-0.05"),
        ("1500", "JPY", US, "1500"),
        ("-3.125", "KWD", US, "-3.125"),
    ],
)
def test_amounts_are_written_with_the_currencys_decimals(amount, currency, locale, text) -> None:
    """Two decimals, or none for JPY and three for KWD; no minus before a zero."""
    assert amount_text(Decimal(amount), currency, locale) == text


def test_an_amount_with_too_many_decimals_is_refused() -> None:
    """A writer that rounded would make a file that does not tie."""
    with pytest.raises(ValueError, match="more than 2 decimals"):
        amount_text(Decimal("1.005"), "USD", US)


@given(
    amounts=st.lists(st.integers(-(10**9), 10**9).map(lambda cents: Decimal(cents).scaleb(-2)), max_size=20),
    locale=st.sampled_from(LOCALES),
)
def test_every_written_file_ties(amounts: list[Decimal], locale) -> None:
    """The amounts read back by the locale's own sign sum to the summary row's total."""
    rows = tuple(Row("Order", "ItemPrice", "Principal", amount, POSTED) for amount in amounts)
    content = write_v2(Settlement("1", START, START, "EUR", rows), locale).decode()
    lines = [dict(zip(V2_COLUMNS, line.split("\t"), strict=True)) for line in content.splitlines()[1:]]
    assert [_read(line["amount"], locale) for line in lines[1:]] == amounts
    assert sum(amounts) == _read(lines[0]["total-amount"], locale)


def _read(text: str, locale) -> Decimal:
    return Decimal(text.replace(locale.decimal_sign, "."))


def test_the_ugly_variants_of_bytes() -> None:
    """BOM, CRLF, another encoding, a blank last line: all seen somewhere."""
    settlement = replace(_sample("EUR"), rows=(odd_rows.localised_label(POSTED),))
    content = write_v2(settlement, EUR, encoding="cp1252", line_end="\r\n", has_bom=False, blank_last_line=True)
    assert b"Gutschein f\xfcr Trinkflasche \x96 10 % sparen" in content
    assert content.endswith(b"\r\n\r\n")
    assert write_v2(settlement, EUR, has_bom=True).startswith(b"\xef\xbb\xbfsettlement-id")


def test_odd_rows_are_what_they_say() -> None:
    """Twins equal, a blank marketplace, a zero principal with a quantity, an order id that is none."""
    first, second = odd_rows.identical_pair(POSTED)
    assert first == second
    assert odd_rows.blank_marketplace(POSTED, "111-1-1").marketplace_name == ""
    principal, fee, transport = odd_rows.multi_channel(POSTED, number=1095)
    assert (principal.amount, principal.quantity, principal.marketplace_name) == (Decimal(0), 1, "Non-Amazon US")
    assert principal.merchant_order_id == "#1095"
    assert fee.amount < 0 > transport.amount
    assert odd_rows.inbound_fee(POSTED).order_id.startswith("FBA")
    assert odd_rows.unknown_triple(POSTED, "Amazon.com").marketplace_name == "Amazon.com"
