"""The report of all orders, by last update or by order date: one row per item of an order.

Columns: https://developer-docs.amazon.com/sp-api/docs/order-tracking-reports-attributes. A pending order has no price
and no currency. Prices are for the whole quantity; European ones hold VAT, American ones do not. Where a parcel goes is
read as a country only.
"""

from __future__ import annotations

import re

from resources.amazon.report_file.table import Column, Kind, ReportTable

# City, state, postal code, street and phone of the parcel, who bought it, where it was sent from.
PEOPLE_OF_ORDERS = re.compile(
    r"(buyer|recipient|bill|licensee|gift-message|delivery|customized|default-ship-from|actual-ship-from)(-.*)?"
    r"|ship-(city|state|postal-code|phone-number|address-.*)|address-type|cpf|purchase-order-number"
    r"|payment-method-details|item-extensions-data"
)

ALL_ORDERS = ReportTable(
    called="an order report",
    columns=(
        Column("order_id", "amazon-order-id", is_needed=True, is_filled=True),
        Column("merchant_order_id", "merchant-order-id"),
        Column("purchased_at", "purchase-date", Kind.INSTANT, is_needed=True, is_filled=True),
        Column("updated_at", "last-updated-date", Kind.INSTANT, is_needed=True, is_filled=True),
        Column("order_status", "order-status", is_needed=True, is_filled=True),
        Column("fulfillment_channel", "fulfillment-channel", is_needed=True),
        Column("sales_channel", "sales-channel", is_needed=True),
        Column("title", "product-name"),
        Column("sku", "sku", is_needed=True),
        Column("asin", "asin"),
        Column("item_status", "item-status"),
        Column("tax_collection_model", "tax-collection-model"),
        Column("tax_responsible_party", "tax-collection-responsible-party"),
        Column("quantity", "quantity", Kind.COUNT, is_needed=True, is_filled=True),
        Column("currency", "currency", Kind.CURRENCY, is_needed=True),
        Column("item_price", "item-price", Kind.AMOUNT, is_needed=True),
        Column("item_tax", "item-tax", Kind.AMOUNT, is_needed=True),
        Column("shipping_price", "shipping-price", Kind.AMOUNT, is_needed=True),
        Column("shipping_tax", "shipping-tax", Kind.AMOUNT, is_needed=True),
        Column("gift_wrap_price", "gift-wrap-price", Kind.AMOUNT, is_needed=True),
        Column("gift_wrap_tax", "gift-wrap-tax", Kind.AMOUNT, is_needed=True),
        Column("item_promotion", "item-promotion-discount", Kind.DISCOUNT, is_needed=True),
        Column("ship_promotion", "ship-promotion-discount", Kind.DISCOUNT, is_needed=True),
        Column("ship_country", "ship-country", Kind.COUNTRY, is_needed=True),
        Column("promotion_ids", "promotion-ids"),
        Column("is_business", "is-business-order", Kind.TRUTH),
        Column("is_replacement", "is-replacement-order", Kind.TRUTH),
        Column("original_order_id", "original-order-id"),
    ),
    currency="currency",
    dated_by="purchased_at",
    left_alone=re.compile(
        PEOPLE_OF_ORDERS.pattern + r"|order-channel|url|ship-service-level|number-of-items|price-designation"
        r"|is-exchange-order|is-transparency|is-iba|is-sold-by-ab|signature-confirmation-recommended|fulfilled-by"
    ),
)
