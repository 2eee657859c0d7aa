"""Each amount of a wide V1 row becomes a line under the labels V2 gives it."""

from __future__ import annotations

import pytest

from tests.resources.amazon.settlement_file.texts import V1_COLUMNS, Desk, v1_text


@pytest.mark.parametrize(
    "fields, triple",
    [
        ({"price-type": "Principal", "price-amount": "1.00"}, ("Order", "ItemPrice", "Principal")),
        (
            {"item-related-fee-type": "Commission", "item-related-fee-amount": "1.00"},
            ("Order", "ItemFees", "Commission"),
        ),
        (
            {"item-related-fee-type": "MarketplaceFacilitatorTax-Shipping", "item-related-fee-amount": "1.00"},
            ("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Shipping"),
        ),
        (
            {"item-related-fee-type": "LowValueGoodsTax-Principal", "item-related-fee-amount": "1.00"},
            ("Order", "ItemWithheldTax", "LowValueGoodsTax-Principal"),
        ),
        ({"promotion-type": "Shipping", "promotion-amount": "1.00"}, ("Order", "Promotion", "Shipping")),
        (
            {"shipment-fee-type": "FBA transportation fee", "shipment-fee-amount": "1.00"},
            ("Order", "Shipment-Fees", "FBA transportation fee"),
        ),
        ({"order-fee-type": "Wrap", "order-fee-amount": "1.00"}, ("Order", "Order-Fees", "Wrap")),
        ({"misc-fee-amount": "1.00"}, ("Order", "Misc-Fees", "Misc-Fee")),
        ({"direct-payment-type": "X", "direct-payment-amount": "1.00"}, ("Order", "DirectPayment", "X")),
        (
            {"other-fee-reason-description": "Subscription", "other-fee-amount": "1.00"},
            ("Order", "Subscription", "Subscription"),
        ),
        (
            {
                "transaction-type": "ServiceFee",
                "other-fee-reason-description": "Cost of Advertising",
                "other-fee-amount": "1.00",
            },
            ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount"),
        ),
        (
            {"transaction-type": "Subscription Fee", "other-amount": "1.00"},
            ("other-transaction", "other-transaction", "Subscription Fee"),
        ),
        (
            {"transaction-type": "REVERSAL_REIMBURSEMENT", "other-amount": "1.00"},
            ("other-transaction", "FBA Inventory Reimbursement", "REVERSAL_REIMBURSEMENT"),
        ),
        (
            {"transaction-type": "Multichannel Order Lost", "other-amount": "1.00"},
            ("other-transaction", "MCF Inventory Reimbursement", "Multichannel Order Lost"),
        ),
    ],
)
def test_each_amount_column_has_its_labels(desk: Desk, fields: dict[str, str], triple: tuple[str, str, str]) -> None:
    """Rule: V1 amounts are found under the same labels as V2 ones, so one mapping serves both."""
    found = desk.read(v1_text([fields], total_amount="1.00"))
    [only] = found.by_triple
    assert (only.transaction_type, only.amount_type, only.amount_description) == triple


def test_a_row_with_two_amounts_becomes_two_lines_of_one_row(desk: Desk) -> None:
    """Rule: advertising and the tax on it keep their own labels and share their row."""
    row = {
        "transaction-type": "ServiceFee",
        "item-related-fee-type": "Cost of Advertising",
        "item-related-fee-amount": "-150.74",
        "other-fee-amount": "-18.09",
        "other-fee-reason-description": "TaxAmount",
    }
    found = desk.read(v1_text([row], total_amount="-168.83"))
    assert (found.lines, found.amounts) == (1, 2)
    assert [
        (row, leg, amount_type, label, str(amount))
        for row, leg, amount_type, label, amount in desk.rows(
            "source_row, leg, amount_type, amount_description, amount"
        )[1:]
    ] == [
        (3, 0, "Cost of Advertising", "TransactionTotalAmount", "-150.740"),
        (3, 1, "Cost of Advertising", "TaxAmount", "-18.090"),
    ]


def test_a_row_with_all_nine_amounts_gives_nine_legs(desk: Desk) -> None:
    """Rule: every amount of a row counts towards the total, in the order of legs."""
    row = {name: "1.00" for name in V1_COLUMNS if name.endswith("-amount") and name != "total-amount"}
    found = desk.read(v1_text([row, {}], total_amount="9.00"))
    assert (found.lines, found.amounts) == (2, 9)
    assert desk.rows("source_row, leg")[1:] == [*((3, leg) for leg in range(9)), (4, 0)]


def test_a_row_without_amount_stays_with_its_quantity(desk: Desk) -> None:
    """Rule: the first row of an order item carries the quantity and no amount."""
    rows = [{"quantity-purchased": "2"}, {"price-type": "Principal", "price-amount": "5.00"}]
    found = desk.read(v1_text(rows, total_amount="5.00"))
    assert (found.lines, found.amounts) == (2, 1)
    assert desk.rows("source_row, quantity, transaction_type, amount_type, amount")[1] == (3, 2, "Order", None, None)


def test_v1_follows_other_locales_too(desk: Desk) -> None:
    """Rule: the layout says nothing about signs and dates."""
    rows = [
        {"posted-date": "05.03.2026", "price-type": "Principal", "price-amount": "1.234,50"},
        {"posted-date": "06.03.2026", "other-fee-amount": "-0,50", "other-fee-reason-description": "x"},
    ]
    found = desk.read(v1_text(rows, total_amount="1.234,00", currency="EUR"))
    assert (found.decimal_sign, found.date_format) == (",", "dd.mm.yyyy")
    assert desk.amounts() == ["1234.500", "-0.500"]


def test_an_unreadable_amount_names_its_own_column(desk: Desk) -> None:
    """Rule: of nine amount columns the right one is named."""
    rows = [{"price-amount": "1.00"}, {"promotion-amount": "x1"}]
    refusal = desk.refused(v1_text(rows, total_amount="1.00"))
    assert (refusal.row, refusal.column) == (4, "promotion-amount")
