"""The published rate and burst of every operation this connector may call, and whose bucket a call takes from.

In: an operation's name, application, seller and region. Out: a `Limit`. Source:
https://developer-docs.amazon.com/sp-api/docs/usage-plans-and-rate-limits-in-the-sp-api and the usage plan in each
operation's description (https://github.com/amzn/selling-partner-api-models). Operations that move money or write
anything for finance are left out on purpose: no code here calls them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from resources.transport.rate_limit import Limit


@dataclass(frozen=True)
class Quota:
    """Tokens gained per second, and tokens a full bucket holds."""

    rate_per_second: float
    burst: int


QUOTAS: dict[str, Quota] = {
    "getReports": Quota(0.0222, 10),
    "createReport": Quota(0.0167, 15),
    "getReport": Quota(2.0, 15),
    "getReportDocument": Quota(0.0167, 15),
    "listFinancialEventGroups": Quota(0.5, 30),
    "listFinancialEvents": Quota(0.5, 30),
    "listTransactions": Quota(0.5, 10),
    "listBalances": Quota(0.5, 10),
    "listSummary": Quota(0.5, 10),
    "listPayouts": Quota(0.5, 10),
    "listExpectedPayouts": Quota(0.5, 10),
    "searchOrders": Quota(0.0056, 20),
    "getOrder": Quota(0.5, 30),
    "getMarketplaceParticipations": Quota(0.016, 15),
}


def limit_of(operation: str, client_id: str, seller_id: str, region: str) -> Limit | None:
    """Return the bucket of a call; None for what has no quota (token endpoint, storage).

    Amazon counts per application and selling partner; the application enters as a hash, so that the key tells nothing.
    """
    quota = QUOTAS.get(operation)
    if quota is None:
        return None
    application = hashlib.sha256(client_id.encode()).hexdigest()[:12]
    return Limit(f"amazon:{application}:{seller_id}:{region}:{operation}", quota.rate_per_second, quota.burst)
