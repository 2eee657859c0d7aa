"""The categories a marketplace's money falls into, and what each is in the books.

The table ships as `data/categories.csv`: nature and usual side of every category, whether its amounts contain VAT
where prices are stated with it, whether a month earns it, and whether it posts only after the user's mapping has named
the row. Nothing of a category is decided anywhere else.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from ledger.accounts import Nature

# Booked clearing against clearing, so no account of the user's is asked for.
CARRIED = frozenset({"negative_balance_carry", "transfer_returned"})
# The two sides of tax on sales; their account and treatment follow from the tax model of the marketplace.
TAX_COLLECTED = "tax_collected"
TAX_WITHHELD = "marketplace_tax_withheld"
TAX_ON_FEES = "tax_on_fees"
RESERVE = "reserve_movement"
DEBT_CARRIED = "negative_balance_carry"
TRANSFER_RETURNED = "transfer_returned"
DEBT_CHARGED = "debt_recovery"
DEBT_MOVED = "cross_account_debt"
LENDING = "lending"

# Where the mapping names no account for a category, this role of `accounts:` is taken.
ROLE_OF_CATEGORY = {"debt_recovery": "card_in_transit", TAX_ON_FEES: "input_tax"}
# Where tax on fees stands until the number of its invoice is known, in books that wait for it.
INPUT_TAX_WAITING = "input_tax_waiting"


@dataclass(frozen=True)
class Category:
    """One category: `natures` are those a mapping may choose, the first is the default.

    `usual_side` is the side its account is booked on: debit, credit or either. `is_revenue_split` marks gross amounts
    that contain VAT where the marketplace states prices with it. `is_earned` is what belongs to a period, sales with
    their tax and costs; reserves, debts, loans and transfers only move money that was earned before.
    """

    name: str
    natures: tuple[Nature, ...]
    usual_side: str
    is_revenue_split: bool
    is_earned: bool
    posts_only_when_named: bool
    description: str

    @property
    def nature(self) -> Nature:
        """Return what it is unless the mapping says otherwise."""
        return self.natures[0]

    @property
    def is_carried(self) -> bool:
        """Tell whether it moves an open item of an earlier settlement, clearing against clearing."""
        return self.name in CARRIED

    @property
    def is_fee(self) -> bool:
        """Tell whether it is what Amazon charges for its services, or the tax on that."""
        return self.nature is Nature.EXPENSE or self.name == TAX_ON_FEES

    @property
    def is_sales_tax(self) -> bool:
        """Tell whether the tax model of the marketplace decides how it is booked."""
        return self.name in (TAX_COLLECTED, TAX_WITHHELD)


@lru_cache(maxsize=1)
def categories() -> dict[str, Category]:
    """Return all shipped categories by name, in the order of the table."""
    text = resources.files("ledger").joinpath("data/categories.csv").read_text(encoding="utf-8")
    return {row["category"]: _category(row) for row in csv.DictReader(text.splitlines())}


def _category(row: dict[str, str]) -> Category:
    natures = (row["nature"], *row["natures_also"].split(";"))
    return Category(
        name=row["category"],
        natures=tuple(Nature(name) for name in natures if name),
        usual_side=row["usual_side"],
        is_revenue_split=row["is_revenue_split"] == "yes",
        is_earned=row["is_earned"] == "yes",
        posts_only_when_named=row["posts_only_when_named"] == "yes",
        description=row["description"],
    )
