"""The road of a settlement, stages in order, as plain functions.

    discover → settlement_reports → settlement_lines → mapped_lines → journals → erp_postings → reconciliations

Every stage is `stage(road, settlement_id) -> StageResult`. A Dagster asset body is one call of one of them; the command
line and the demo call the same functions without Dagster. `walk` runs the stages one after the other and stops where
a blocking verdict fails.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from assets.erp_postings import post
from assets.journals import make_journals
from assets.mapped_lines import map_lines
from assets.outcome import keep
from assets.reconciliations import reconcile
from assets.roadmap import Road
from assets.settlement_lines import read_lines
from assets.settlement_reports import fetch_report
from assets.verdicts import StageResult


@dataclass(frozen=True)
class StageOfRoad:
    """One stage: the asset it makes and the function that makes it."""

    asset: str
    run: Callable[[Road, str], StageResult]
    description: str


STAGES: tuple[StageOfRoad, ...] = (
    StageOfRoad("settlement_reports", fetch_report, "The settlement report as Amazon sent it, archived under its SHA-256."),
    StageOfRoad("settlement_lines", read_lines, "Typed lines in file order; their sum ties to total-amount to the cent."),
    StageOfRoad("mapped_lines", map_lines, "Every line as a movement between two accounts."),
    StageOfRoad("journals", make_journals, "Balanced journals, numbered parts, planned as one set."),
    StageOfRoad("erp_postings", post, "The journals in the ERP, exactly once, followed until posted."),
    StageOfRoad("reconciliations", reconcile, "The books read back: once, the same, and the clearing item ties."),
)


@dataclass(frozen=True)
class Walked:
    """How far one settlement came; `stopped_at` names the asset whose verdict stopped it, or is empty."""

    settlement_id: str
    results: dict[str, StageResult] = field(default_factory=dict)
    stopped_at: str = ""


def run_stage(road: Road, stage: StageOfRoad, settlement_id: str) -> StageResult:
    """Run one stage and keep its verdicts and findings; what a Dagster asset body does."""
    result = stage.run(road, settlement_id)
    keep(road, stage.asset, settlement_id, result)
    return result


def steps(road: Road, settlement_id: str) -> Iterator[tuple[str, StageResult]]:
    """Yield stage after stage with its result, ending after the first that stops."""
    for stage in STAGES:
        result = run_stage(road, stage, settlement_id)
        yield stage.asset, result
        if result.stops:
            return


def walk(road: Road, settlement_id: str) -> Walked:
    """Take one settlement down the road as far as it goes now."""
    walked = Walked(settlement_id)
    for asset, result in steps(road, settlement_id):
        walked = replace(
            walked,
            results={**walked.results, asset: result},
            stopped_at=asset if result.stops else "",
        )
    return walked
