"""The assets that are kept by day, each with how it is fetched: Dagster, schedules and commands go by this table."""

from datetime import date

from assets.bank_deposits import compose_deposits
from assets.days import DayOutcome, DayStage
from assets.fba_reimbursements import FBA_REIMBURSEMENTS
from assets.financial_events import fetch_events
from assets.payouts import fetch_payouts
from assets.report_days import ReportStage, fetch_report_days
from assets.roadmap import Road
from assets.searched_orders import DAYS_PER_REPORT, fetch_orders, orders_kept


def _of_report(stage: ReportStage, description: str, overlap_days: int, days_per_report: int) -> DayStage:
    """Return the day stage of a requested report."""

    def fetch(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
        return fetch_report_days(road, stage, first, last)

    return DayStage(stage.asset, fetch, description, days_per_window=days_per_report, overlap_days=overlap_days)


DAY_STAGES: dict[str, DayStage] = {
    stage.asset: stage
    for stage in (
        DayStage(
            "financial_events",
            fetch_events,
            "Amazon's financial transactions of one day, a row per leaf, with the cash and the accrual view.",
            days_per_window=7,
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
        DayStage(
            "payouts",
            fetch_payouts,
            "What Amazon paid out of each settlement, or why it paid nothing, and how far that has come.",
            days_per_window=60,
            overlap_days=14,
        ),
        DayStage(
            "bank_deposits",
            compose_deposits,
            "The lines of the bank's statements, each with the payout or the charge it brought.",
            days_per_window=400,
            overlap_days=14,
        ),
    )
}
