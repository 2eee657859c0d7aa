"""The columns of GlInterface.csv, by position, as the Journal Import template has them.

Plain data: 149 names in their order, without a header line in the file. Columns of one name and a number stand
together. Source: oracle.com/webfolder/technetwork/docs/fbdi-25c/fbdi/xlsm/JournalImportTemplate.xlsm.
"""

from __future__ import annotations


def _numbered(name: str, first: int, last: int) -> tuple[str, ...]:
    return tuple(f"{name}{number}" for number in range(first, last + 1))


COLUMNS: tuple[str, ...] = (
    *("STATUS", "LEDGER_ID", "ACCOUNTING_DATE", "USER_JE_SOURCE_NAME", "USER_JE_CATEGORY_NAME"),  # 0
    *("CURRENCY_CODE", "DATE_CREATED", "ACTUAL_FLAG"),  # 5
    *_numbered("SEGMENT", 1, 30),  # 8
    *("ENTERED_DR", "ENTERED_CR", "ACCOUNTED_DR", "ACCOUNTED_CR"),  # 38
    *_numbered("REFERENCE", 1, 10),  # 42
    *_numbered("REFERENCE", 21, 30),  # 52
    *("STAT_AMOUNT", "USER_CURRENCY_CONVERSION_TYPE", "CURRENCY_CONVERSION_DATE", "CURRENCY_CONVERSION_RATE"),  # 62
    *("GROUP_ID", "ATTRIBUTE_CATEGORY"),  # 66
    *_numbered("ATTRIBUTE", 1, 20),  # 68
    "ATTRIBUTE_CATEGORY3",  # 88
    *("AVERAGE_JOURNAL_FLAG", "ORIGINATING_BAL_SEG_VALUE", "LEDGER_NAME", "ENCUMBRANCE_TYPE_ID"),  # 89
    *("JGZZ_RECON_REF", "PERIOD_NAME"),  # 93
    *_numbered("REFERENCE", 18, 20),  # 95
    *_numbered("ATTRIBUTE_DATE", 1, 10),  # 98
    *_numbered("ATTRIBUTE_NUMBER", 1, 10),  # 108
    "GLOBAL_ATTRIBUTE_CATEGORY",  # 118
    *_numbered("GLOBAL_ATTRIBUTE", 1, 20),  # 119
    *_numbered("GLOBAL_ATTRIBUTE_DATE", 1, 5),  # 139
    *_numbered("GLOBAL_ATTRIBUTE_NUMBER", 1, 5),  # 144
)

LENGTHS: dict[str, int] = {
    **{name: 25 for name in COLUMNS if name.startswith("SEGMENT")},
    **{name: 240 for name in COLUMNS if name.startswith("REFERENCE")},
    "REFERENCE1": 50,
    "REFERENCE4": 25,
    "USER_CURRENCY_CONVERSION_TYPE": 30,
    "JGZZ_RECON_REF": 240,
}
