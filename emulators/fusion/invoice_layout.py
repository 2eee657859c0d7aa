"""Where the columns of AutoInvoice's two files stand, from 1; a site whose template differs has a layout of its own.

What comes in: nothing. What goes out: `InvoiceLayout`. Positions of the lines file up to 77, 99, 107, 111, 114, 287 and
after are those of the reference; unverified are the legal entity (55), the rules (63 to 66), the tax codes of TAX lines
(81 to 84) and the whole of the distributions file, as public generators of these files write them. A TAX line's amount
is assumed to stand where a line's does.
Lengths: https://docs.oracle.com/en/cloud/saas/financials/24c/oedmf/rainterfacelinesall-18285.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

LINES_ENTRY, DISTRIBUTIONS_ENTRY = "RaInterfaceLinesAll.csv", "RaInterfaceDistributionsAll.csv"
ATTRIBUTES = 15
KEY_LENGTH = 30

_LINES = {
    "ORG_ID": 1,
    "SOURCE": 2,
    "TYPE": 3,
    "TERMS": 4,
    "TRX_DATE": 5,
    "GL_DATE": 6,
    "NUMBER": 7,
    "BILL_TO": 19,
    "BILL_TO_SITE": 20,
    "LINE_TYPE": 26,
    "DESCRIPTION": 27,
    "CURRENCY": 28,
    "RATE_TYPE": 29,
    "RATE_DATE": 30,
    "RATE": 31,
    "AMOUNT": 32,
    "QUANTITY": 33,
    "UNIT_PRICE": 35,
    "CONTEXT": 37,
    "ATTRIBUTE1": 38,
    "TAX_CODE": 54,
    "LEGAL_ENTITY": 55,
    "SALES_ORDER": 57,
    "UOM": 61,
    "INVOICING_RULE": 63,
    "ACCOUNTING_RULE": 64,
    "RULE_DURATION": 65,
    "RULE_START": 66,
    "TAX_COUNTRY": 77,
    "TAX_REGIME": 81,
    "TAX": 82,
    "TAX_STATUS": 83,
    "TAX_RATE_CODE": 84,
    "PURCHASE_ORDER": 107,
    "MEMO_LINE": 111,
    "LINK_CONTEXT": 114,
    "LINK_ATTRIBUTE1": 115,
    "BUSINESS_UNIT": 287,
    "COMMENTS": 288,
    "INTERNAL_NOTES": 289,
}
_DISTRIBUTIONS = {
    "ORG_ID": 1,
    "ACCOUNT_CLASS": 2,
    "AMOUNT": 3,
    "PERCENT": 4,
    "ACCOUNTED_AMOUNT": 5,
    "CONTEXT": 6,
    "ATTRIBUTE1": 7,
    "SEGMENT1": 22,
    "COMMENTS": 52,
    "BUSINESS_UNIT": 99,
}


def _fixed(columns: Mapping[str, int]) -> Mapping[str, int]:
    return MappingProxyType(dict(columns))


@dataclass(frozen=True)
class InvoiceLayout:
    """Positions by column name; ATTRIBUTE1, LINK_ATTRIBUTE1 and SEGMENT1 are followed by their siblings."""

    lines: Mapping[str, int] = field(default_factory=lambda: _fixed(_LINES))
    distributions: Mapping[str, int] = field(default_factory=lambda: _fixed(_DISTRIBUTIONS))
