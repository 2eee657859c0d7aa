"""Every switch of the Amazon emulator in one place.

In: nothing. Out: `Settings`, whose defaults show Amazon as documented or observed; a fact that no source confirms is a
field here, so that a client can be tried with both positions. The published rates and bursts are `USAGE_PLANS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# Rate per second and burst, from https://developer-docs.amazon.com/sp-api/docs/usage-plans-and-rate-limits-in-the-sp-api
# and the operation descriptions of Amazon's Swagger models.
USAGE_PLANS: dict[str, tuple[float, int]] = {
    "getReports": (0.0222, 10),
    "createReport": (0.0167, 15),
    "getReport": (2.0, 15),
    "cancelReport": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "listTransactions": (0.5, 10),
    "listBalances": (0.5, 10),
    "listSummary": (0.5, 10),
    "listFinancialEventGroups": (0.5, 30),
    "listFinancialEvents": (0.5, 30),
    "listFinancialEventsByGroupId": (0.5, 30),
    "listFinancialEventsByOrderId": (0.5, 30),
    "listPayouts": (0.5, 10),
    "listExpectedPayouts": (0.5, 10),
    "initiatePayout": (0.017, 2),
    "getMarketplaceParticipations": (0.016, 15),
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "searchCatalogItems": (2.0, 2),
}

SETTLEMENT_TYPE = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"

# Gone since 2026-11-11, see https://developer-docs.amazon.com/sp-api/docs/sp-api-deprecations
SETTLEMENT_TYPES_REMOVED = frozenset({"GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE", "GET_V2_SETTLEMENT_REPORT_DATA_XML"})


@dataclass(frozen=True, slots=True)
class Settings:
    """How this Amazon behaves. Seconds are of the emulator's clock."""

    # Login with Amazon
    access_token_seconds: int = 3600
    access_token_length: int = 360
    # Statuses of errors for which Amazon publishes none; the confirmed ones (invalid_grant 400, invalid_client 401,
    # invalid_request 400) are not switchable.
    login_statuses: Mapping[str, int] = field(
        default_factory=lambda: {
            "unauthorized_client": 400,
            "invalid_scope": 400,
            "unsupported_grant_type": 400,
            "access_denied": 403,
            "server_error": 500,
            "temporarily_unavailable": 503,
        }
    )

    # Every API call
    user_agent_missing_status: int = 403
    user_agent_long_status: int = 400
    user_agent_form_required: bool = False
    wrong_region_status: int = 403
    wrong_region_details: str = ""
    unknown_operation_status: int = 404
    usage_plans: Mapping[str, tuple[float, int]] = field(default_factory=lambda: dict(USAGE_PLANS))
    # "sometimes" leaves the header out of every third answer.
    rate_limit_header: Literal["always", "sometimes", "never"] = "sometimes"

    # A parameter that an operation does not know.
    unknown_parameters: Literal["ignored", "refused"] = "ignored"

    # Reports
    time_shape: Literal["offset", "millis", "mixed"] = "mixed"
    reports_order: Literal["newest_first", "oldest_first", "shuffled"] = "newest_first"
    # Numbers of pages, from 1, that come out empty and still carry a nextToken.
    empty_pages: frozenset[int] = frozenset()
    # Numbers of pages, from 1, that come again as the page after.
    repeated_pages: frozenset[int] = frozenset()
    # Finances. How many transactions a page has at most, and numbers of pages that come out empty and lead on.
    transactions_page_size: int = 500
    empty_transaction_pages: frozenset[int] = frozenset()
    # On which of the two transactions of a deferral the identifiers stand that name the other one.
    deferral_names_on: Literal["expected", "swapped"] = "expected"
    # The model knows no null, Amazon's guide speaks of one on the last page.
    last_page_token: Literal["absent", "null"] = "absent"
    # About one of so many transactions comes without status and breakdowns; 0 is none.
    bare_transactions: int = 0
    # How such a one writes the lists it lacks.
    bare_breakdowns: Literal["empty", "null", "absent"] = "empty"
    # Whether the deferred one of two transactions names the group in which the other one was released.
    deferral_group_on: Literal["release", "both"] = "release"
    # Names of leaves as they are made of the settlement's, or as integrators have seen them.
    leaf_names: Literal["expected", "seen"] = "expected"
    # Whether transfers to the bank and reserves are transactions: FundTransfer was seen, with a positive amount.
    transfer_transactions: Literal["absent", "positive", "negative"] = "absent"
    reserve_transactions: bool = False
    account_type: str = "Standard Orders"
    balances_page_size: int = 500
    # Which midnight ends the day of `asOfDate`: that of UTC, or that of the marketplace.
    balance_day: Literal["utc", "local"] = "utc"
    # When a payout leaves the balance: when it begins, or when it has arrived.
    balance_payout: Literal["created", "paid"] = "created"
    # The model calls some days date-times, Amazon's own samples write dates.
    dates_told_as: Literal["date_time", "date"] = "date_time"
    # In Amazon's sample the reserve of the account is negative and lessens what is deferred.
    account_reserve_sign: Literal["positive", "negative"] = "positive"
    summaries_page_size: int = 500
    # Whether net proceeds of a settlement hold what it carries in and out: reserves and debts.
    summary_carries: Literal["left_out", "included"] = "left_out"
    # About one of so many closed groups has no OriginalTotal (amzn/selling-partner-api-models issue 4535); 0 is none.
    closed_groups_without_total: int = 0
    # A token that is none: nothing, as if there were no more, or a 400 (amzn/selling-partner-api-models issue 1172).
    old_token_wrong: Literal["empty", "refused"] = "empty"
    # Lists of events without events: all 34 of them empty, or not there.
    old_empty_lists: Literal["absent", "empty"] = "absent"
    # Reserves are events of type ReserveDebit and ReserveCredit in production; the model has ReserveEvent.
    old_reserve_events: bool = True
    # A page with more events is a 400 (amzn/selling-partner-api-models issue 501); None is no limit.
    old_page_events_max: int | None = None
    # What the removed operations answer after their last day.
    old_events_gone_status: int = 410
    payouts_page_size: int = 100
    invoices_page_size: int = 100
    invoice_lines_page_size: int = 600
    # A settlement that pays nothing has no amount in listPayouts, or one of zero.
    no_payout_amount: Literal["absent", "zero"] = "absent"
    created_since_too_old: Literal["refused", "clamped"] = "refused"
    removed_types: Literal["refused", "empty"] = "refused"
    retention_days: int = 90

    # Orders. A dataset with personal data, asked for without the role: 403, or as though it had not been asked for.
    personal_data_without_role: Literal["refused", "absent"] = "refused"
    # Signs and taxes of proceeds are asked about and not answered: amzn/selling-partner-api-models issue 5297.
    proceeds_discount: Literal["negative", "positive"] = "negative"
    # Where prices hold VAT: inside ITEM and SHIPPING with TAX telling how much of them, or beside them.
    proceeds_vat: Literal["inside", "beside"] = "inside"

    # Catalog. Whether an item found by SKU tells the SKU among its identifiers.
    catalog_tells_sku: bool = True

    # Requested reports
    # A report of FBA asked for again too soon (30 minutes, or 4 hours for a daily one).
    fba_report_too_soon: Literal["cancelled", "fatal", "previous"] = "cancelled"
    # Too soon counts from the last report of the same type, or of the same type and dates.
    fba_limit_per: Literal["type", "dates"] = "type"
    # Dates that a type does not take: too many days, too long ago.
    report_dates_refused: Literal["fatal", "at_once"] = "fatal"
    fatal_has_document: bool = True
    all_orders_days_max: int | None = None
    all_orders_marketplaces: Literal["filtered", "ignored"] = "filtered"
    all_orders_promotion: Literal["positive", "negative"] = "positive"
    shipments_delay_hours: float = 2.0
    vat_rate: Literal["fraction", "percent"] = "fraction"
    vat_report_first_day: int = 3

    # Storage
    document_url_seconds: int = 300
    # None: on Amazon's own host names an https host of its own, on loopback the path /storage of the same address.
    storage_base: str | None = None
