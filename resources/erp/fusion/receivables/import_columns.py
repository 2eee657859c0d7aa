"""The columns of AutoInvoice's two files that we fill, by position counted from 1, as the import template has them.

Plain data. Positions of the lines file were seen in loads of a live pod (reference: RaInterfaceLinesAll, 25C template,
372 columns with END); those of the legal entity (55), of accounting rules and of tax (63 to 66, 81 to 84, links from
114 on) and of the whole distributions file are as public generators of these files write them, which agree with the
loads wherever both tell a column. A site lays its own over all of them. ATTRIBUTE1, LINK_ATTRIBUTE1 and SEGMENT1 are
the first of 15, 15 and 30 columns that stand together. Names of the columns:
docs.oracle.com/en/cloud/saas/financials/24c/oedmf/rainterfacelinesall-18285.html.
"""

from __future__ import annotations

LINES_FILE, DISTRIBUTIONS_FILE = "RaInterfaceLinesAll.csv", "RaInterfaceDistributionsAll.csv"
LINE_COLUMNS: dict[str, int] = {
    "SOURCE": 2,
    "TYPE": 3,
    "TERMS": 4,
    "TRX_DATE": 5,
    "GL_DATE": 6,
    "TRX_NUMBER": 7,
    "BILL_TO_ACCOUNT": 19,
    "LINE_TYPE": 26,
    "DESCRIPTION": 27,
    "CURRENCY": 28,
    "CONVERSION_TYPE": 29,
    "CONVERSION_DATE": 30,
    "CONVERSION_RATE": 31,
    "AMOUNT": 32,
    "QUANTITY": 33,
    "UNIT_PRICE": 35,
    "CONTEXT": 37,
    "ATTRIBUTE1": 38,
    "LEGAL_ENTITY": 55,
    "SALES_ORDER": 57,
    "INVOICING_RULE": 63,
    "ACCOUNTING_RULE": 64,
    "RULE_DURATION": 65,
    "RULE_START": 66,
    "TAX_REGIME_CODE": 81,
    "TAX": 82,
    "TAX_STATUS_CODE": 83,
    "TAX_RATE_CODE": 84,
    "LINK_CONTEXT": 114,
    "LINK_ATTRIBUTE1": 115,
    "BUSINESS_UNIT": 287,
    "COMMENTS": 288,
    "INTERNAL_NOTES": 289,
}
# What stands in the last column of a line: END at 372.
LINE_END = 372
DISTRIBUTION_COLUMNS: dict[str, int] = {
    "ACCOUNT_CLASS": 2,
    "PERCENT": 4,
    "CONTEXT": 6,
    "ATTRIBUTE1": 7,
    "SEGMENT1": 22,
    "BUSINESS_UNIT": 99,
}
# A key of a line has so many characters in each of its attributes; notes and comments as the invoice's.
ATTRIBUTE_LENGTH, NOTES_LENGTH = 30, 240
