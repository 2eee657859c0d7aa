"""The tables of a pod's books: names, columns, keys.

What comes in: nothing. What goes out: `TABLES` (columns in order) and `KEYS`. GL_INTERFACE is the interface table of
Journal Import; its columns are those of the template that a load may fill and an import reads.
"""

from __future__ import annotations

BATCH_COLUMNS = (
    "ID",
    "LEDGER_ID",
    "NAME",
    "DESCRIPTION",
    "PERIOD_NAME",
    "SOURCE",
    "STATUS",
    "POSTED_DATE",
    "ERROR_MESSAGE",
    "REFERENCE1",
    "GROUP_ID",
    "REQUEST_ID",
    "COMPLETION",
    "REVERSAL_DATE",
    "REVERSAL_PERIOD",
    "REVERSAL_METHOD",
    "REVERSED_BATCH_ID",
    "CREATED_BY",
    "CREATED_AT",
    "UPDATED_AT",
    "POST_DUE",
    "VISIBLE_AT",
)
HEADER_COLUMNS = (
    "ID",
    "JE_BATCH_ID",
    "NAME",
    "DESCRIPTION",
    "PERIOD_NAME",
    "EFFECTIVE_DATE",
    "CATEGORY",
    "CURRENCY",
    "RATE_TYPE",
    "RATE_DATE",
    "RATE",
    "EXTERNAL_REFERENCE",
)
LINE_COLUMNS = (
    "ID",
    "JE_HEADER_ID",
    "NUMBER",
    "ACCOUNT",
    "ENTERED_DR",
    "ENTERED_CR",
    "ACCOUNTED_DR",
    "ACCOUNTED_CR",
    "DESCRIPTION",
    "STAT_AMOUNT",
    "RECONCILIATION",
    "REFERENCES_KEPT",
)
INTERFACE_COLUMNS = (
    "ID",
    "LOAD_REQUEST_ID",
    "STATUS",
    "LEDGER_ID",
    "ACCOUNTING_DATE",
    "SOURCE",
    "CATEGORY",
    "CURRENCY",
    "ACTUAL_FLAG",
    "SEGMENTS",
    "ENTERED_DR",
    "ENTERED_CR",
    "ACCOUNTED_DR",
    "ACCOUNTED_CR",
    "REFERENCE1",
    "REFERENCE2",
    "REFERENCE4",
    "REFERENCE5",
    "REFERENCE6",
    "REFERENCE10",
    "REFERENCES_KEPT",
    "STAT_AMOUNT",
    "RATE_TYPE",
    "RATE_DATE",
    "RATE",
    "GROUP_ID",
    "RECONCILIATION",
    "PERIOD_NAME",
    "ERROR_TEXT",
)
# A job of the Enterprise Scheduler: MOVED_ON are seconds that polling added, LOADED and IMPORTED statuses of children.
REQUEST_COLUMNS = (
    "ID",
    "OPERATION",
    "JOB",
    "PARAMETERS",
    "OPTIONS",
    "FILE_NAME",
    "DOCUMENT_ID",
    "CLIENT_ID",
    "SUBMITTED_AT",
    "MOVED_ON",
    "LOADED",
    "IMPORTED",
    "STATUS",
    "LOAD_LOG",
    "IMPORT_LOG",
    "REPORT",
    "FORCED",
)

# Header, lines and distributions of an invoice are kept as they were sent, in BODY: they never change afterwards.
INVOICE_COLUMNS = (
    "ID",
    "LEDGER_ID",
    "SOURCE",
    "NUMBER",
    "STATUS",
    "BODY",
    "AMOUNT",
    "CREATED_BY",
    "CREATED_AT",
    "UPDATED_AT",
    "VISIBLE_AT",
)
# CREDITED_ID is the invoice a credit memo credits, "" on account; AMOUNT is below zero.
CREDIT_MEMO_COLUMNS = (*INVOICE_COLUMNS[:6], "CREDITED_ID", *INVOICE_COLUMNS[6:])
RECEIPT_COLUMNS = (
    "ID",
    "LEDGER_ID",
    "NUMBER",
    "BODY",
    "AMOUNT",
    "CREATED_BY",
    "CREATED_AT",
    "UPDATED_AT",
    "VISIBLE_AT",
)

TABLES: dict[str, tuple[str, ...]] = {
    "JE_BATCH": BATCH_COLUMNS,
    "JE_HEADER": HEADER_COLUMNS,
    "JE_LINE": LINE_COLUMNS,
    "GL_INTERFACE": INTERFACE_COLUMNS,
    "RA_INTERFACE_LINES": ("ID", "LOAD_REQUEST_ID", "SOURCE", "LINE_KEY", "STATUS", "ERROR_TEXT", "BODY"),
    "RA_INTERFACE_DISTRIBUTIONS": ("ID", "LOAD_REQUEST_ID", "LINE_KEY", "BODY"),
    # The key of every line that AutoInvoice ever made a line of an invoice: it is never taken again.
    "RA_LINE_KEY": ("LINE_KEY", "INVOICE_ID", "NUMBER"),
    "ESS_REQUEST": REQUEST_COLUMNS,
    "DOCUMENT": ("ID", "FILE_NAME", "CONTENT", "ACCOUNT"),
    "COMBINATION": ("ID", "CHART_ID", "ACCOUNT"),
    "AR_INVOICE": INVOICE_COLUMNS,
    "AR_CREDIT_MEMO": CREDIT_MEMO_COLUMNS,
    "AR_RECEIPT": RECEIPT_COLUMNS,
    "ITEM": ("ID", "BODY", "CREATED_AT", "VISIBLE_AT", "CREATED_BY"),
    "AR_APPLICATION": ("ID", "INVOICE_ID", "DOCUMENT", "AMOUNT"),
    "TOKEN": ("DIGEST", "CLIENT_ID", "EXPIRES_AT"),
    "PENDING": ("ID", "DUE", "KIND", "CLIENT_ID", "BODY"),
}
KEYS = {name: columns[0] for name, columns in TABLES.items()}
