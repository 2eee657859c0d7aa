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
    # Not stated in the model: as the other operations of finance, until Amazon's answers say otherwise.
    "getInvoiceHeaders": Quota(0.5, 10),
    "getInvoice": Quota(0.5, 10),
    "searchOrders": Quota(0.0056, 20),
    "getOrder": Quota(0.5, 30),
    "searchCatalogItems": Quota(2.0, 2),
    "getMarketplaceParticipations": Quota(0.016, 15),
}


# What reports of orders and their like leave in the buckets that settlement reports draw from as well: enough to list
# what is new and to fetch a week of every marketplace at once, however much of a year is being read beside it.
KEPT_FOR_SETTLEMENTS: dict[str, int] = {"getReports": 3, "getReportDocument": 5}


def limit_of(
    operation: str, client_id: str, seller_id: str, region: str, *, is_for_settlements: bool = False
) -> Limit | None:
    """Return the bucket of a call; None for what has no quota (token endpoint, storage).

    Settlements come first: what is not for them leaves some tokens of the buckets they share.
    Amazon counts per application and selling partner; the application enters as a hash, so that the key tells nothing.
    """
    quota = QUOTAS.get(operation)
    if quota is None:
        return None
    application = hashlib.sha256(client_id.encode()).hexdigest()[:12]
    key = f"amazon:{application}:{seller_id}:{region}:{operation}"
    kept = 0 if is_for_settlements else KEPT_FOR_SETTLEMENTS.get(operation, 0)
    return Limit(key, quota.rate_per_second, quota.burst, kept)
