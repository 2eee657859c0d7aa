"""The reader of Amazon's reports beside the settlements, typed: orders, shipments, what came after them, VAT."""

from resources.amazon.report_file.all_orders import ALL_ORDERS
from resources.amazon.report_file.customer_returns import CUSTOMER_RETURNS
from resources.amazon.report_file.fulfilled_shipments import FULFILLED_SHIPMENTS
from resources.amazon.report_file.reader import ReportFile, read_report, rows_relation
from resources.amazon.report_file.reimbursements import REIMBURSEMENTS
from resources.amazon.report_file.replacements import REPLACEMENTS
from resources.amazon.report_file.table import Column, Kind, ReportTable
from resources.amazon.report_file.vat_transactions import VAT_TRANSACTIONS

__all__ = [
    "ALL_ORDERS",
    "CUSTOMER_RETURNS",
    "FULFILLED_SHIPMENTS",
    "REIMBURSEMENTS",
    "REPLACEMENTS",
    "VAT_TRANSACTIONS",
    "Column",
    "Kind",
    "ReportFile",
    "ReportTable",
    "read_report",
    "rows_relation",
]
