"""The fields of JRNL_HEADER and JRNL_LN that we write or read, and how long each may be.

Everything of this package speaks in record field names; what a site calls them in its component interface and in its
queries is the profile's business. Lengths are those of the delivered records and can be widened by a site.
Source: PeopleSoft FSCM 9.2 record definitions JRNL_HEADER and JRNL_LN.
"""

from __future__ import annotations

# Record field -> length in characters (dates and signed amounts are not limited by us).
HEADER_LENGTHS: dict[str, int] = {
    "BUSINESS_UNIT": 5,
    "JOURNAL_ID": 10,
    "JOURNAL_DATE": 10,
    "UNPOST_SEQ": 2,
    "LEDGER_GROUP": 10,
    "SOURCE": 3,
    "FOREIGN_CURRENCY": 3,
    "RT_TYPE": 5,
    "CUR_EFFDT": 10,
    "DESCR254": 254,
    "TRANS_REF_NUM": 8,
}

LINE_LENGTHS: dict[str, int] = {
    "BUSINESS_UNIT": 5,
    "JOURNAL_LINE": 9,
    "LEDGER": 10,
    "ACCOUNT": 10,
    "ALTACCT": 10,
    "DEPTID": 10,
    "OPERATING_UNIT": 8,
    "PRODUCT": 6,
    "FUND_CODE": 5,
    "CLASS_FLD": 5,
    "PROGRAM_CODE": 5,
    "BUDGET_REF": 8,
    "AFFILIATE": 5,
    "AFFILIATE_INTRA1": 10,
    "AFFILIATE_INTRA2": 10,
    "CHARTFIELD1": 10,
    "CHARTFIELD2": 10,
    "CHARTFIELD3": 10,
    "PROJECT_ID": 15,
    "BOOK_CODE": 4,
    "GL_ADJUST_TYPE": 4,
    "FOREIGN_CURRENCY": 3,
    "FOREIGN_AMOUNT": 28,
    "MONETARY_AMOUNT": 28,
    "RT_TYPE": 5,
    "STATISTICS_CODE": 3,
    "STATISTIC_AMOUNT": 17,
    "LINE_DESCR": 30,
    "JRNL_LN_REF": 10,
}

# Segment of an account, as mappings name it -> ChartField.
CHARTFIELDS: dict[str, str] = {
    "account": "ACCOUNT",
    "alternate_account": "ALTACCT",
    "department": "DEPTID",
    "operating_unit": "OPERATING_UNIT",
    "product": "PRODUCT",
    "fund": "FUND_CODE",
    "class": "CLASS_FLD",
    "program": "PROGRAM_CODE",
    "budget_reference": "BUDGET_REF",
    "affiliate": "AFFILIATE",
    "affiliate_intra1": "AFFILIATE_INTRA1",
    "affiliate_intra2": "AFFILIATE_INTRA2",
    "chartfield1": "CHARTFIELD1",
    "chartfield2": "CHARTFIELD2",
    "chartfield3": "CHARTFIELD3",
    "project": "PROJECT_ID",
    "book_code": "BOOK_CODE",
    "adjustment_type": "GL_ADJUST_TYPE",
}

# The fields that make a journal one journal; UNPOST_SEQ 0 is the live one.
KEY_FIELDS = ("BUSINESS_UNIT", "JOURNAL_ID", "JOURNAL_DATE", "UNPOST_SEQ")

# Sent with every journal, and so asked of every WSDL; the others only where the profile or a line has a value.
HEADER_FIELDS_SENT = (*KEY_FIELDS, "LEDGER_GROUP", "SOURCE", "FOREIGN_CURRENCY", "RT_TYPE", "DESCR254")
LINE_FIELDS_SENT = ("BUSINESS_UNIT", "JOURNAL_LINE", "FOREIGN_CURRENCY", "FOREIGN_AMOUNT", "JRNL_LN_REF", "LINE_DESCR")
