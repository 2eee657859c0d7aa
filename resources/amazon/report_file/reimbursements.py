"""The report of reimbursements: what Amazon paid for units it lost or damaged, and took back.

Columns: https://developer-docs.amazon.com/sp-api/docs/fba-payments-reports-attributes. The settlement names no
reimbursement id: the join is SKU, amount and time.
"""

from __future__ import annotations

import re

from resources.amazon.report_file.table import Column, Kind, ReportTable

REIMBURSEMENTS = ReportTable(
    called="a report of reimbursements",
    columns=(
        Column("approved_at", "approval-date", Kind.INSTANT, is_needed=True, is_filled=True),
        Column("reimbursement_id", "reimbursement-id", is_needed=True, is_filled=True),
        Column("case_id", "case-id"),
        Column("order_id", "amazon-order-id"),
        Column("reason", "reason", is_needed=True),
        Column("sku", "sku", is_needed=True),
        Column("fnsku", "fnsku"),
        Column("asin", "asin"),
        Column("title", "product-name"),
        Column("condition", "condition"),
        Column("currency", "currency-unit", Kind.CURRENCY, is_needed=True),
        Column("amount_per_unit", "amount-per-unit", Kind.AMOUNT),
        Column("amount", "amount-total", Kind.AMOUNT, is_needed=True),
        Column("quantity_cash", "quantity-reimbursed-cash", Kind.COUNT, is_needed=True),
        Column("quantity_inventory", "quantity-reimbursed-inventory", Kind.COUNT, is_needed=True),
        Column("quantity", "quantity-reimbursed-total", Kind.COUNT, is_needed=True),
        Column("original_reimbursement_id", "original-reimbursement-id"),
        Column("original_reimbursement_type", "original-reimbursement-type"),
    ),
    currency="currency",
    dated_by="approved_at",
    left_alone=re.compile("(?!)"),
)
