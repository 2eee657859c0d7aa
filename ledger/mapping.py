"""The mapping, in one place: everything that turns labels of settlement lines into accounts.

`load_mapping` reads the user's file, `resolve` answers for one combination of line values, `dimensions` says what
lines must be grouped by, `coverage`, `account_uses` and `warnings` what the file names and lacks, `suggest` what to
paste. The parts stand in mapping_shape, mapping_file, mapping_rules, mapping_book, mapping_uses, resolution and
suggestion; the shipped half in classification and categories.
"""

from ledger.combination import Combination, Context, Resolved, Treatment, Unmapped, is_multi_channel
from ledger.mapping_book import InterUnitAccounts, Mapping, load_mapping, mapping_schema
from ledger.mapping_uses import AccountUsed, account_uses, coverage, dimensions, sku_patterns, warnings
from ledger.resolution import category_of, resolve, settlement_marketplace
from ledger.suggestion import suggest

__all__ = [
    "AccountUsed",
    "Combination",
    "Context",
    "InterUnitAccounts",
    "Mapping",
    "Resolved",
    "Treatment",
    "Unmapped",
    "account_uses",
    "category_of",
    "coverage",
    "dimensions",
    "is_multi_channel",
    "load_mapping",
    "mapping_schema",
    "resolve",
    "settlement_marketplace",
    "sku_patterns",
    "suggest",
    "warnings",
]
