"""Lines of an archived V1 file: each wide row becomes one line per amount, under the labels V2 gives it.

In: the raw table and the formats. Out: a SELECT of lines with source row and leg. A row without an amount (it carries
the quantity of an order item) stays as one line; a row with two amounts (advertising and the tax on it) becomes two,
where V2 has one combined amount. Labels as in Amazon's mapping from V1 to V2,
https://developer-docs.amazon.com/sp-api/docs/report-type-values-payment, and as real files show them.
"""

from __future__ import annotations

from resources.amazon.settlement_file.amounts import NumberFormat
from resources.amazon.settlement_file.header import V1_AMOUNTS
from resources.amazon.settlement_file.lines import TEXT_COLUMNS, projection
from resources.amazon.settlement_file.raw_table import RawTable
from resources.amazon.settlement_file.scan import FIRST_DATA_ROW

# Reasons of inventory reimbursements; V1 has them as transaction-type, V2 as amount-description.
_FBA_REIMBURSEMENTS = (
    "REVERSAL_REIMBURSEMENT", "WAREHOUSE_DAMAGE", "WAREHOUSE_LOST", "WAREHOUSE_LOST_MANUAL",
    "WAREHOUSE_DAMAGE_EXCEPTION", "MISSING_FROM_INBOUND", "INBOUND_CARRIER_DAMAGE", "CS_ERROR_ITEMS",
    "REMOVAL_ORDER_LOST", "REMOVAL_ORDER_DAMAGED", "FREE_REPLACEMENT_REFUND_ITEMS", "CRETURN_WRONG_ITEM",
    "RE_EVALUATION", "PAYMENT_RETRACTION_ITEMS", "COMPENSATED_CLAWBACK", "MISSING_FROM_INBOUND_CLAWBACK",
)  # fmt: skip
_MCF_REIMBURSEMENTS = ("MULTICHANNEL_ORDER_LOST", "MULTICHANNEL_ORDER_DAMAGED", "MULTICHANNEL_ORDER_LATE")
_TOGETHER = ("amount_type", "amount_description", "transaction_type")


def v1_select(table: RawTable, numbers: NumberFormat, posted: str, *, is_describing: bool) -> str:
    """Return the query of the lines of a V1 file."""
    legs = ", ".join(_leg(table, column, numbers) for column in table.present(V1_AMOUNTS))
    legs_filled = f"list_filter([{legs}], lambda each: each.amount IS NOT NULL)"
    # A row without any amount keeps one line that has none.
    no_leg = f"struct_pack(transaction_type := {table.cell('transaction-type')}, amount_type := CAST(NULL AS VARCHAR), "
    no_leg += "amount_description := CAST(NULL AS VARCHAR), amount := CAST(NULL AS DECIMAL(18,3)))"
    values = {
        **{column: table.cell(name) for column, name in TEXT_COLUMNS.items()},
        **{column: f"each.{column}" for column in (*_TOGETHER, "amount")},
        "posted_at": posted,
        "quantity": numbers.sql(table.cell("quantity-purchased")),
        "source_row": f"file_row_number + {FIRST_DATA_ROW}",
        "leg": "leg",
    }
    return f"""
        SELECT {projection(values, is_describing=is_describing)}
        FROM (
            SELECT *, unnest(legs) AS each, generate_subscripts(legs, 1) - 1 AS leg
            FROM (
                SELECT *, CASE WHEN len(filled) > 0 THEN filled ELSE [{no_leg}] END AS legs
                FROM (
                    SELECT *, {legs_filled} AS filled
                    FROM {table.relation}
                )
            )
        )
    """


def _leg(table: RawTable, column: str, numbers: NumberFormat) -> str:
    kind, amount_type, label = _triple(table, column)
    amount = numbers.sql(table.cell(column))
    return (
        f"struct_pack(transaction_type := {kind}, amount_type := {amount_type}, "
        f"amount_description := {label}, amount := {amount})"
    )


def _triple(table: RawTable, column: str) -> tuple[str, str, str]:
    kind = table.cell("transaction-type")
    fee, reason = table.cell("item-related-fee-type"), table.cell("other-fee-reason-description")
    is_service_fee = f"lower({kind}) = 'servicefee'"
    if column == "item-related-fee-amount":
        withheld = f"starts_with({fee}, 'MarketplaceFacilitator') OR starts_with({fee}, 'LowValueGoods')"
        # ServiceFee, Cost of Advertising, TransactionTotalAmount is how V2 words the fee itself.
        amount_type = (
            f"CASE WHEN {is_service_fee} THEN {fee} WHEN {withheld} THEN 'ItemWithheldTax' ELSE 'ItemFees' END"
        )
        return kind, amount_type, f"CASE WHEN {is_service_fee} THEN 'TransactionTotalAmount' ELSE {fee} END"
    if column == "other-fee-amount":
        # The tax of a service fee stands under the fee's name; alone, the reason is the fee.
        alone = f"{is_service_fee} AND {fee} IS NULL AND lower({reason}) <> 'taxamount'"
        label = f"CASE WHEN {alone} THEN 'TransactionTotalAmount' ELSE {reason} END"
        return kind, f"CASE WHEN {is_service_fee} THEN coalesce({fee}, {reason}) ELSE {reason} END", label
    if column == "other-amount":
        code = f"upper(regexp_replace({kind}, '[ _]+', '_', 'g'))"
        amount_type = (
            f"CASE WHEN {code} IN ({_listed(_FBA_REIMBURSEMENTS)}) THEN 'FBA Inventory Reimbursement' "
            f"WHEN {code} IN ({_listed(_MCF_REIMBURSEMENTS)}) THEN 'MCF Inventory Reimbursement' "
            "ELSE 'other-transaction' END"
        )
        return "'other-transaction'", amount_type, kind
    # What V2 calls order, miscellaneous and direct payment amounts is not published; these names follow its pattern.
    named = {
        "price-amount": ("ItemPrice", table.cell("price-type")),
        "promotion-amount": ("Promotion", table.cell("promotion-type")),
        "shipment-fee-amount": ("Shipment-Fees", table.cell("shipment-fee-type")),
        "order-fee-amount": ("Order-Fees", table.cell("order-fee-type")),
        "misc-fee-amount": ("Misc-Fees", "'Misc-Fee'"),
        "direct-payment-amount": ("DirectPayment", table.cell("direct-payment-type")),
    }
    amount_type, label = named[column]
    return kind, f"'{amount_type}'", label


def _listed(texts: tuple[str, ...]) -> str:
    return ", ".join(f"'{text}'" for text in texts)
