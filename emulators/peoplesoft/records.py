"""The two records every journal is made of, field by field.

What comes in: nothing. What goes out: `HEADER_FIELDS` (JRNL_HEADER) and `LINE_FIELDS` (JRNL_LN) in the order of the
component's buffer, with type, length and whether a caller may set them. The WSDL, the tables, the edits at Create and
the queries are all made from these two tuples, so a field exists in every place or in none.
Source: PeopleSoft FSCM 9.2 record dictionary for JRNL_HEADER and JRNL_LN.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

Kind = Literal["text", "number", "date", "amount"]


@dataclass(frozen=True)
class Field:
    """One record field; `length` counts characters of a text and digits of a number, `decimals` of those digits."""

    name: str
    kind: Kind
    length: int
    decimals: int = 0
    is_settable: bool = True


def _text(name: str, length: int, is_settable: bool = True) -> Field:
    return Field(name, "text", length, is_settable=is_settable)


def _number(name: str, length: int, is_settable: bool = True) -> Field:
    return Field(name, "number", length, is_settable=is_settable)


def _date(name: str, is_settable: bool = True) -> Field:
    return Field(name, "date", 10, is_settable=is_settable)


def _amount(name: str, length: int, decimals: int, is_settable: bool = True) -> Field:
    return Field(name, "amount", length, decimals, is_settable)


KEY_FIELDS = ("BUSINESS_UNIT", "JOURNAL_ID", "JOURNAL_DATE", "UNPOST_SEQ")

HEADER_FIELDS: tuple[Field, ...] = (
    _text("BUSINESS_UNIT", 5),
    _text("JOURNAL_ID", 10),
    _date("JOURNAL_DATE"),
    _number("UNPOST_SEQ", 2),
    _text("LEDGER_GROUP", 10),
    _text("LEDGER", 10),
    _text("SOURCE", 3),
    _number("FISCAL_YEAR", 4, is_settable=False),
    _number("ACCOUNTING_PERIOD", 3, is_settable=False),
    _text("CURRENCY_CD", 3, is_settable=False),
    _text("FOREIGN_CURRENCY", 3),
    _text("RT_TYPE", 5),
    _text("DESCR", 30),
    _text("DESCR254", 254),
    _text("TRANS_REF_NUM", 8),
    _text("REVERSAL_CD", 1),
    _date("REVERSAL_DATE"),
    _number("JRNL_TOTAL_LINES", 9, is_settable=False),
    _amount("JRNL_TOTAL_DEBITS", 26, 3, is_settable=False),
    _amount("JRNL_TOT_CREDITS", 26, 3, is_settable=False),
    _text("JRNL_HDR_STATUS", 1, is_settable=False),
    _text("JRNL_PROCESS_REQST", 1, is_settable=False),
    _text("JRNL_BALANCE_STAT", 1, is_settable=False),
    _text("JRNL_EDIT_ERR_STAT", 1, is_settable=False),
    _text("CONTROL_TOTAL_STAT", 1, is_settable=False),
    _text("OPRID", 30, is_settable=False),
    _number("PROCESS_INSTANCE", 10, is_settable=False),
    _date("POSTED_DATE", is_settable=False),
)

LINE_FIELDS: tuple[Field, ...] = (
    _text("BUSINESS_UNIT", 5),
    _number("JOURNAL_LINE", 9),
    _text("LEDGER", 10),
    _text("ACCOUNT", 10),
    _text("ALTACCT", 10),
    _text("DEPTID", 10),
    _text("OPERATING_UNIT", 8),
    _text("PRODUCT", 6),
    _text("FUND_CODE", 5),
    _text("CLASS_FLD", 5),
    _text("PROGRAM_CODE", 5),
    _text("BUDGET_REF", 8),
    _text("AFFILIATE", 5),
    _text("AFFILIATE_INTRA1", 10),
    _text("AFFILIATE_INTRA2", 10),
    _text("CHARTFIELD1", 10),
    _text("CHARTFIELD2", 10),
    _text("CHARTFIELD3", 10),
    _text("PROJECT_ID", 15),
    _text("BOOK_CODE", 4),
    _text("GL_ADJUST_TYPE", 4),
    _text("CURRENCY_CD", 3, is_settable=False),
    _text("FOREIGN_CURRENCY", 3),
    _amount("MONETARY_AMOUNT", 26, 3),
    _amount("FOREIGN_AMOUNT", 26, 3),
    _text("RT_TYPE", 5),
    _amount("RATE_MULT", 15, 8),
    _amount("RATE_DIV", 15, 8),
    _text("STATISTICS_CODE", 3),
    _amount("STATISTIC_AMOUNT", 15, 2),
    _text("LINE_DESCR", 30),
    _text("JRNL_LN_REF", 10),
)

# The line fields whose values come from a list that the site keeps, in the order the edits name them.
CHARTFIELDS = (
    "ACCOUNT",
    "ALTACCT",
    "DEPTID",
    "OPERATING_UNIT",
    "PRODUCT",
    "FUND_CODE",
    "CLASS_FLD",
    "PROGRAM_CODE",
    "BUDGET_REF",
    "AFFILIATE",
    "AFFILIATE_INTRA1",
    "AFFILIATE_INTRA2",
    "CHARTFIELD1",
    "CHARTFIELD2",
    "CHARTFIELD3",
    "PROJECT_ID",
    "BOOK_CODE",
    "GL_ADJUST_TYPE",
)

HEADER_BY_NAME = {field.name: field for field in HEADER_FIELDS}
LINE_BY_NAME = {field.name: field for field in LINE_FIELDS}


def stored(field: Field, value: str) -> str:
    """Return `value` as the record keeps it; blank is "" for every kind.

    Raises ValueError with a reason when the value does not fit: too long, not a number, not a date.
    """
    if field.kind == "text":
        return _stored_text(field, value)
    if not value.strip():
        return ""
    if field.kind == "date":
        return date.fromisoformat(value.strip().replace("/", "-")).isoformat()
    return _stored_number(field, value.strip())


def _stored_text(field: Field, value: str) -> str:
    if len(value.rstrip()) > field.length:
        raise ValueError(f"{field.name} holds {field.length} characters, {len(value.rstrip())} were given")
    return value.rstrip()


def _stored_number(field: Field, value: str) -> str:
    allowed = set("0123456789.-+") if field.kind == "amount" else set("0123456789")
    if not set(value) <= allowed:
        raise ValueError(f"{field.name} is not a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{field.name} is not a number") from None
    if -number.as_tuple().exponent > field.decimals and number != round(number, field.decimals):
        raise ValueError(f"{field.name} has more than {field.decimals} decimals")
    if abs(number) >= Decimal(10) ** (field.length - field.decimals):
        raise ValueError(f"{field.name} has more than {field.length - field.decimals} digits before the point")
    return plain(number)


def plain(number: Decimal) -> str:
    """Return a number without exponent and without zeros at the end: `1250.37`, `-3`, `0`."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
