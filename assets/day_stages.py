"""The assets that are kept by day, each with how it is fetched: Dagster, schedules and commands go by this table."""

from assets.days import DayStage
from assets.financial_events import fetch_events

DAY_STAGES: dict[str, DayStage] = {
    stage.asset: stage
    for stage in (
        DayStage(
            "financial_events",
            fetch_events,
            "Amazon's financial transactions of one day, a row per leaf, with the cash and the accrual view.",
        ),
    )
}
