"""The assets that are made by month, each with what makes it: Dagster and `connector month-end` go by this table."""

from assets import month_proofs
from assets.months import MonthStage

MONTH_STAGES: dict[str, MonthStage] = {
    stage.asset: stage
    for stage in (
        MonthStage(
            month_proofs.ASSET,
            month_proofs.prove_month,
            "The marketplace's account rolled forward over a month, equal to what Amazon states at its end.",
            month_proofs.READS,
        ),
    )
}
