"""The assets that are made by month, each with what makes it: Dagster and `connector month-end` go by this table."""

from assets import accruals, ledger_ties, month_proofs
from assets.stages.months import MonthStage
from ledger.policy import Policy

MONTH_STAGES: dict[str, MonthStage] = {
    stage.asset: stage for stage in (accruals.STAGE, month_proofs.STAGE, ledger_ties.STAGE)
}


def month_stages(policy: Policy) -> dict[str, MonthStage]:
    """Return those that a connection has, by asset."""
    return {asset: stage for asset, stage in MONTH_STAGES.items() if stage.is_wanted(policy)}
