"""The assets that are kept by day, each with how it is fetched: Dagster, schedules and commands go by this table."""

from collections.abc import Callable
from datetime import date

from assets.balances import fetch_balances
from assets.bank_deposits import compose_deposits
from assets.cost_postings import post_costs
from assets.expected_payouts import fetch_expected, only_today
from assets.fba_reimbursements import FBA_REIMBURSEMENTS
from assets.fba_replacements import FBA_REPLACEMENTS
from assets.fba_returns import FBA_RETURNS
from assets.fee_invoices import fetch_fee_invoices
from assets.financial_events import fetch_events
from assets.fulfilled_shipments import DAYS_PER_REPORT as DAYS_OF_SHIPMENTS
from assets.fulfilled_shipments import FULFILLED_SHIPMENTS
from assets.input_tax_postings import post_input_tax
from assets.invoice_postings import post_invoices
from assets.item_postings import post_items
from assets.payouts import fetch_payouts
from assets.receivable_invoices import make_invoices
from assets.return_postings import post_returns
from assets.sales.searched_orders import DAYS_PER_REPORT, fetch_orders, orders_kept
from assets.settlement_summaries import fetch_summaries
from assets.stages.days import DayOutcome, DayStage
from assets.stages.report_days import ReportStage, fetch_report_days
from assets.stages.roadmap import Road
from assets.vat_transactions import VAT_TRANSACTIONS, told_until
from ledger.policy import Policy

RETURNS_TOLD_WITHIN = 36


def _of_report(
    stage: ReportStage,
    description: str,
    overlap_days: int,
    days_per_report: int,
    told_until: Callable[[date], date] = lambda today: today,
    is_wanted: Callable[[Policy], bool] = lambda policy: True,
) -> DayStage:
    """Return the day stage of a requested report."""

    def fetch(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
        return fetch_report_days(road, stage, first, last)

    return DayStage(
        stage.asset, fetch, description, days_per_report, overlap_days, told_until=told_until, is_wanted=is_wanted
    )


DAY_STAGES: dict[str, DayStage] = {
    stage.asset: stage
    for stage in (
        DayStage(
            "financial_events",
            fetch_events,
            "Amazon's financial transactions of one day, a row per leaf, with the cash and the accrual view.",
            # A page more for each window, at most: a year of many orders stays near what the quota leaves.
            days_per_window=14,
            overlap_days=5,  # a day is told until 72 hours after its end, so it is fetched once more after that
        ),
        DayStage(
            "orders",
            fetch_orders,
            "Orders that were placed or changed on one day, a row per item, without the buyer.",
            days_per_window=DAYS_PER_REPORT,
            overlap_days=2,
            kept=orders_kept,
        ),
        # Amazon makes this report every four hours at most, so one report holds a whole year.
        _of_report(
            FBA_REIMBURSEMENTS, "What Amazon paid for lost or damaged units, and took back, on one day.", 3, 366
        ),
        # Amazon adds returns to days weeks ago, and says later what became of a unit.
        _of_report(
            FBA_RETURNS,
            "Units that came back to Amazon's warehouses on one day, each with its condition.",
            RETURNS_TOLD_WITHIN,
            366,
            is_wanted=lambda policy: policy.cost_of_goods is not None,
        ),
        _of_report(
            FBA_REPLACEMENTS,
            "Units that Amazon sent once more on one day, without a sale.",
            5,
            366,
            is_wanted=lambda policy: policy.cost_of_goods is not None,
        ),
        _of_report(
            FULFILLED_SHIPMENTS,
            "What Amazon shipped on one day, a row per item of a shipment, without the buyer.",
            3,  # Amazon tells a shipment within hours, rarely a day later
            DAYS_OF_SHIPMENTS,
            is_wanted=lambda policy: policy.invoicing is not None and policy.invoicing.dates_by_report,
        ),
        # A report a month; the whole of the last one is read again, because Amazon corrects it.
        _of_report(
            VAT_TRANSACTIONS,
            "European sales and refunds that were completed on one day, with their countries, rates and VAT.",
            31,
            92,
            told_until,
        ),
        DayStage(
            "payouts",
            fetch_payouts,
            "What Amazon paid out of each settlement, or why it paid nothing, and how far that has come.",
            days_per_window=60,
            overlap_days=14,
        ),
        DayStage(
            "expected_payouts",
            fetch_expected,
            "What Amazon expects to pay and when, or why it will pay nothing, as it was told on the day.",
            overlap_days=1,
            kept=only_today,
        ),
        DayStage(
            "balances",
            fetch_balances,
            "What Amazon owes at the end of each day by its own word: available, deferred, held back.",
        ),
        DayStage(
            "settlement_summaries",
            fetch_summaries,
            "What the settlements that ended on a day came to, by Amazon's own summing up.",
            days_per_window=60,
            overlap_days=14,
        ),
        DayStage(
            "fee_invoices",
            fetch_fee_invoices,
            "Amazon's invoices for its fees that were issued on one day, with the input tax in them.",
            days_per_window=60,
            overlap_days=14,
        ),
        DayStage(
            "bank_deposits",
            compose_deposits,
            "The lines of the bank's statements, each with the payout or the charge it brought.",
            days_per_window=400,
            overlap_days=14,
            asks_marketplace=False,
        ),
        DayStage(
            "receivable_invoices",
            make_invoices,
            "The invoices of orders that were shipped on one day, as they are to be posted.",
            days_per_window=60,
            overlap_days=5,  # what is told late of a day is billed with it
            reads=("financial_events",),
            asks_marketplace=False,
            is_wanted=lambda policy: policy.invoicing is not None,
        ),
        DayStage(
            "invoice_postings",
            post_invoices,
            "The invoices of one day in the ERP's receivables, each exactly once.",
            days_per_window=10,
            overlap_days=5,
            reads=("receivable_invoices",),
            asks_marketplace=False,
            is_wanted=lambda policy: policy.invoicing is not None,
        ),
        DayStage(
            "cost_postings",
            post_costs,
            "What was shipped on one day, from inventory to cost of goods sold in the ERP's general ledger, once each.",
            days_per_window=10,
            overlap_days=5,  # what is told late of a day carries its cost with it
            reads=("financial_events", "fba_replacements"),
            asks_marketplace=False,
            is_wanted=lambda policy: policy.cost_of_goods is not None,
        ),
        DayStage(
            "return_postings",
            post_returns,
            "What came back on one day, off cost of goods: to inventory, or to a loss if it cannot be sold, once each.",
            days_per_window=60,
            overlap_days=RETURNS_TOLD_WITHIN,
            reads=("fba_returns",),
            asks_marketplace=False,
            is_wanted=lambda policy: policy.cost_of_goods is not None,
        ),
        DayStage(
            "input_tax_postings",
            post_input_tax,
            "Tax on fees that waits, claimed with the invoices that were issued on one day, once each.",
            days_per_window=60,
            overlap_days=60,  # the settlements of an invoice's time are posted weeks after it at most
            reads=("fee_invoices",),
            asks_marketplace=False,
            is_wanted=lambda policy: policy.holds_input_tax,
        ),
        DayStage(
            "item_postings",
            post_items,
            "Products that were sold and have no item in the ERP, created there, each once.",
            days_per_window=10,
            overlap_days=5,
            reads=("financial_events", "orders"),
            is_wanted=lambda policy: policy.create_missing_items,
        ),
    )
}
