"""An order of the Orders API as rows of the report of all orders."""

from __future__ import annotations

from typing import Any

import pytest

from assets.sales.order_lines import rows_of_order
from resources.amazon.order import order_of

US, JP = "ATVPDKIKX0DER", "A1VC38T7YXB528"


def money(amount: str) -> dict[str, str]:
    """Write an amount in dollars."""
    return {"amount": amount, "currencyCode": "USD"}


def rows(proceeds: dict[str, Any] | None = None, **changes: Any) -> list[dict[str, Any]]:
    """Return the rows of an order with one item."""
    item = {"orderItemId": "1", "quantityOrdered": 2, "product": {"sellerSku": "MUG"}}
    order = {
        "orderId": "112-1",
        "createdTime": "2026-11-01T23:59:59.900Z",
        "lastUpdatedTime": "2026-11-02T00:00:00.400Z",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": US},
        "fulfillment": {"fulfillmentStatus": "PARTIALLY_SHIPPED", "fulfilledBy": "MERCHANT"},
        "orderItems": [item | ({"proceeds": proceeds} if proceeds else {})],
        **changes,
    }
    return list(rows_of_order(order_of("demo", order)))


def proceeds(total: str | None, *parts: tuple[str, str, dict[str, str]]) -> dict[str, Any]:
    """Write proceeds: type, subtotal, details by subtype."""
    breakdowns = [
        {
            "type": kind,
            "subtotal": money(amount),
            "detailedBreakdowns": [{"subtype": name, "value": money(one)} for name, one in details.items()],
        }
        for kind, amount, details in parts
    ]
    return {"breakdowns": breakdowns} | ({"proceedsTotal": money(total)} if total else {})


def test_words_and_moments_are_the_reports():
    """To the second, statuses as one word, channels by their name in settlements."""
    [row] = rows()
    assert (row["purchased_at"], row["updated_at"]) == ("2026-11-01 23:59:59", "2026-11-02 00:00:00")
    assert (row["order_status"], row["fulfillment_channel"], row["sales_channel"]) == (
        "PartiallyShipped",
        "Merchant",
        "Amazon.com",
    )
    assert (row["quantity"], "currency" in row) == (2, False)


@pytest.mark.parametrize(
    "channel, name",
    [
        ({"channelName": "AMAZON", "marketplaceId": US, "marketplaceName": "Amazon.com"}, "Amazon.com"),
        ({"channelName": "NON_AMAZON"}, "Non-Amazon"),
        ({"channelName": "NON_AMAZON", "marketplaceName": "Non-Amazon US"}, "Non-Amazon US"),
        ({"channelName": "AMAZON", "marketplaceId": "AMOON"}, None),
    ],
)
def test_where_it_was_sold_is_named_as_settlements_name_it(channel, name):
    """Orders of another shop are told as such; a marketplace nobody knows is left to the check of channels."""
    [row] = rows(salesChannel=channel)
    assert row["sales_channel"] == name


def test_a_replacement_names_what_it_replaces():
    """It has no price and needs none."""
    association = {"orderId": "112-0", "associationType": "REPLACEMENT_ORIGINAL_ID"}
    [row] = rows(associatedOrders=[association])
    assert (row["is_replacement"], row["original_order_id"]) == (True, "112-0")


def test_what_the_report_has_no_column_for_is_told_with_the_items():
    """A tax on a discount, a discount on gift wrap: the sums stay whole."""
    made = proceeds(
        "27.00",
        ("ITEM", "20.00", {}),
        ("SHIPPING", "5.00", {}),
        ("TAX", "4.00", {"ITEM": "4.50", "SHIPPING": "0.50", "DISCOUNT": "-1.00"}),
        ("DISCOUNT", "-2.00", {"ITEM": "-1.50", "GIFT_WRAP": "-0.50"}),
    )
    [row] = rows(made)
    assert (row["item_tax"], row["shipping_tax"], row["item_promotion"]) == ("3.50", "0.50", "-2.00")
    assert (row["item_price"], row["shipping_price"]) == ("20.00", "5.00")
    assert not {"gift_wrap_price", "gift_wrap_tax", "ship_promotion"} & set(row)


def test_a_tax_without_details_is_the_items():
    """Amazon tells details where it has them."""
    [row] = rows(proceeds("22.00", ("ITEM", "20.00", {}), ("TAX", "2.00", {})))
    assert (row["item_price"], row["item_tax"]) == ("20.00", "2.00")


def test_american_prices_that_hold_the_tax_are_told_without_it():
    """The report states them so; where nothing says how a marketplace states them, nothing is moved."""
    inside = proceeds("20.00", ("ITEM", "20.00", {}), ("TAX", "2.00", {"ITEM": "2.00"}))
    [row] = rows(inside)
    assert (row["item_price"], row["item_tax"]) == ("18.00", "2.00")
    [row] = rows(inside, salesChannel={"channelName": "AMAZON", "marketplaceId": JP})
    assert row["item_price"] == "20.00"
