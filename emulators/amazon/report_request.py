"""What was asked of a report: seller, dates, marketplaces, and the moment it is made as of.

Out: `Asked`, which the makers of the single types read. A report says what was known when it was asked for, however
often it is opened afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from emulators.amazon.history import SellerHistory
from emulators.amazon.settings import Settings
from emulators.amazon.world import Seller


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a report, as its maker sees it; start and end both count as inside."""

    seller: Seller
    history: SellerHistory
    start: datetime
    end: datetime
    marketplace_ids: frozenset[str]
    as_of: datetime
    settings: Settings
