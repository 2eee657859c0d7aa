"""The report of VAT transactions: sales and refunds with the countries they touch, the rate and the VAT.

Columns: https://developer-docs.amazon.com/sp-api/docs/tax-reports-attributes. Rows of other kinds (goods moved between
warehouses, for example) have no money and are read as well. Amounts of refunds are negative. Buyers' names, addresses
and VAT numbers are not read; the country of a buyer's VAT number is, it decides how a sale is taxed.
"""

from __future__ import annotations

import re

from resources.amazon.report_file.table import Column, Kind, ReportTable

_PARTS = (("item", "price-of-items"), ("shipping", "ship-charge"), ("gift_wrap", "gift-wrap"))


def _amounts() -> tuple[Column, ...]:
    columns = []
    for name, source in _PARTS:
        columns += [
            Column(f"{name}_net", f"total-{source}-amt-vat-excl", Kind.AMOUNT),
            Column(f"{name}_vat", f"total-{source}-vat-amt", Kind.AMOUNT),
            Column(f"{name}_gross", f"total-{source}-amt-vat-incl", Kind.AMOUNT),
            Column(f"{name}_rate", f"{source}-vat-rate-percent", Kind.RATE),
        ]
    return (
        *columns,
        Column("total_net", "total-activity-value-amt-vat-excl", Kind.AMOUNT, is_needed=True),
        Column("total_vat", "total-activity-value-vat-amt", Kind.AMOUNT, is_needed=True),
        Column("total_gross", "total-activity-value-amt-vat-incl", Kind.AMOUNT, is_needed=True),
    )


VAT_TRANSACTIONS = ReportTable(
    called="a report of VAT transactions",
    columns=(
        Column("seller_id", "unique-account-identifier"),
        Column("activity_period", "activity-period", is_needed=True),
        Column("fulfillment_channel", "sales-channel"),
        Column("marketplace", "marketplace", is_needed=True),
        Column("transaction_type", "transaction-type", is_needed=True, is_filled=True),
        Column("order_id", "transaction-event-id", is_needed=True),
        Column("activity_id", "activity-transaction-id"),
        Column("calculated_on", "tax-calculation-date", Kind.DAY),
        Column("departed_on", "transaction-depart-date", Kind.DAY),
        Column("completed_on", "transaction-complete-date", Kind.DAY, is_needed=True),
        Column("sku", "seller-sku", is_needed=True),
        Column("asin", "asin"),
        Column("quantity", "qty", Kind.COUNT),
        *_amounts(),
        Column("currency", "transaction-currency-code", Kind.CURRENCY, is_needed=True),
        Column("depart_country", "sale-depart-country", Kind.COUNTRY, is_needed=True),
        Column("arrival_country", "sale-arrival-country", Kind.COUNTRY, is_needed=True),
        Column("seller_vat_country", "transaction-seller-vat-number-country", Kind.COUNTRY),
        Column("buyer_vat_country", "buyer-vat-number-country", Kind.COUNTRY),
        Column("taxable_jurisdiction", "taxable-jurisdiction"),
        Column("vat_invoice_number", "vat-inv-number"),
        Column("is_export", "export-outside-eu", Kind.TRUTH),
        Column("reporting_scheme", "tax-reporting-scheme"),
        Column("tax_responsibility", "tax-collection-responsibility", is_needed=True),
    ),
    currency="currency",
    dated_by="completed_on",
    left_alone=re.compile(
        r"buyer-name|buyer-vat-number|arrival-(address|city|post-code)|depature-city|departure-(city|post-code)"
        r"|invoice-url|program-type|transaction-arrival-date|item-.*|total-activity-(weight|supplementary-unit)"
        r"|cost-price-of-items|(promo-)?(price-of-items|ship-charge|gift-wrap)-.*|promo-.*|commodity-code.*"
        r"|statistical-code-.*|product-tax-code|(departure|arrival)-country|transportation-mode|delivery-conditions"
        r"|seller-(depart|arrival)-.*|transaction-seller-vat-number|vat-calculation-imputation-country"
        r"|taxable-jurisdiction-level|vat-inv-(converted-amt|currency-code|exchange-rate|exchange-rate-date)|supplier-.*"
    ),
    adds_up=(("total_net", "total_vat", "total_gross"),),
)
