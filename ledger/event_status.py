"""What a financial transaction counts for: the money that reaches the seller, or the sale when it was made.

A sale that Amazon holds back is told twice over its life: first as DEFERRED, and on release as a second transaction,
RELEASED, while the first becomes DEFERRED_RELEASED. So cash is what is RELEASED, and the sales of a period are what was
never a release of something told before. In: status and related identifiers. Out: what it counts for.

Source: models/finances_2024-06-19.json of https://github.com/amzn/selling-partner-api-models. Which of the two carries
DEFERRED_TRANSACTION_ID and which RELEASE_TRANSACTION_ID is not said there, so either marks a release.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

RELEASED, DEFERRED, DEFERRED_RELEASED = "RELEASED", "DEFERRED", "DEFERRED_RELEASED"
STATUSES = frozenset({RELEASED, DEFERRED, DEFERRED_RELEASED})
_BETWEEN_WORDS = re.compile(r"[\s_-]+")


@dataclass(frozen=True, slots=True)
class Standing:
    """Status as we compare it, whether it was told, and what the transaction counts for."""

    status: str
    is_told: bool
    is_cash: bool
    is_accrual: bool

    @property
    def is_known(self) -> bool:
        """Tell whether we know what the status means."""
        return self.status in STATUSES


def standing_of(
    status: str | None, deferred_transaction_id: str, release_transaction_id: str, *, tells_deferral: bool = True
) -> Standing:
    """Return how a transaction stands; one without a status counts as released, one of an unknown status not at all.

    One without a status that names another transaction may be the sale that was held or its release, so its status is
    unknown: the other one says what it is. A source that hides what is held back (`tells_deferral` off) cannot say when
    a sale was made: what it tells is cash.
    """
    word = _BETWEEN_WORDS.sub("_", (status or "").strip()).upper()
    names_another = bool(deferred_transaction_id or release_transaction_id)
    known = word or ("" if names_another else RELEASED)
    is_release = known == RELEASED and names_another
    return Standing(
        status=known,
        is_told=bool(word),
        is_cash=known == RELEASED,
        is_accrual=tells_deferral and known in STATUSES and not is_release,
    )
