"""The assets that are made by month, each with what makes it: Dagster and `connector month-end` go by this table."""

from assets.months import MonthStage

MONTH_STAGES: dict[str, MonthStage] = {}
