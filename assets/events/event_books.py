"""What lines of financial transactions are booked with, whatever is made of them: an accrual, or invoices.

In: a marketplace and currency, the mapping, the account that stands where a settlement has clearing. Out: one value
with the same questions that a settlement's books answer, so that transactions are mapped by the very same rules.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assets.month_end.accrual_events import Place
from ledger.accounts import AccountKey
from ledger.mapping import Context, Mapping
from ledger.opening_orders import OpeningOrders
from ledger.parts import Part
from ledger.policy import Policy


@dataclass(frozen=True)
class EventBooks:
    """What the lines of transactions of one marketplace and currency are booked with."""

    place: Place
    mapping: Mapping
    context: Context
    parts: tuple[Part, ...]
    clearing: AccountKey
    reference: str = ""
    opening_orders: OpeningOrders = field(default_factory=OpeningOrders)
    billed_orders: frozenset[str] = frozenset()
    credited_orders: frozenset[str] = frozenset()
    lines_path: Path | None = None
    of_events: bool = True

    @property
    def currency(self) -> str:
        """Return the currency of its transactions."""
        return self.place.currency

    @property
    def clears_receivable(self) -> bool:
        """Orders that were shipped before go-live are told by settlements alone."""
        return False

    def is_by_country(self, policy: Policy) -> bool:
        """Tell whether VAT of its marketplace is split by the country an order was sent to."""
        settings = policy.marketplace(self.place.marketplace)
        return settings is not None and settings.is_by_country

    def carried_items(self) -> list[dict[str, Any]]:
        """Nothing is carried into what transactions make."""
        return []
