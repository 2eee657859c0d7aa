"""The road of a settlement, stages in order, as plain functions.

    discover → settlement_reports → settlement_lines → mapped_lines → journals → erp_postings → cash_entries →
    reconciliations

Every stage is `stage(road, settlement_id) -> StageResult`. A Dagster asset body is one call of one of them; the command
line and the demo call the same functions without Dagster. `walk` runs the stages one after the other and stops where
a blocking verdict fails.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from assets.cash_entries import book_receipts
from assets.erp_postings import post
from assets.journals import make_journals
from assets.mapped_lines import TABLE as MAPPED_TABLE
from assets.mapped_lines import map_lines
from assets.reconciliations import reconcile
from assets.sales.order_countries import look_again
from assets.settlement_lines import read_lines
from assets.settlement_reports import fetch_report
from assets.stages.configuration import READING_STAGES, note_configuration
from assets.stages.outcome import keep, keep_failure
from assets.stages.resumption import ended, failed, sentence_of, taken_up
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult
from ledger.errors import StoreError


@dataclass(frozen=True)
class StageOfRoad:
    """One stage: the asset it makes and the function that makes it."""

    asset: str
    run: Callable[[Road, str], StageResult]
    description: str


STAGES: tuple[StageOfRoad, ...] = (
    StageOfRoad(
        "settlement_reports", fetch_report, "The settlement report as Amazon sent it, archived under its SHA-256."
    ),
    StageOfRoad(
        "settlement_lines", read_lines, "Typed lines in file order; their sum ties to total-amount to the cent."
    ),
    StageOfRoad("mapped_lines", map_lines, "Every line as a movement between two accounts."),
    StageOfRoad("journals", make_journals, "Balanced journals, numbered parts, planned as one set."),
    StageOfRoad("erp_postings", post, "The journals in the ERP, exactly once, followed until posted."),
    StageOfRoad("cash_entries", book_receipts, "What the bank received of the payout, where the connector books it."),
    StageOfRoad("reconciliations", reconcile, "The books read back: once, the same, and the clearing item ties."),
)


@dataclass(frozen=True)
class Walked:
    """How far one settlement came; `stopped_at` names the asset whose verdict stopped it, or is empty."""

    settlement_id: str
    results: dict[str, StageResult] = field(default_factory=dict)
    stopped_at: str = ""


def run_stage(road: Road, stage: StageOfRoad, settlement_id: str) -> StageResult:
    """Run one stage and keep its verdicts and findings; what a Dagster asset body does.

    A stage that raises is asked for again by a due row, later each time; the error goes on to whoever called.
    """
    taken_up(road, stage.asset, settlement_id)
    try:
        if stage.asset in READING_STAGES:
            note_configuration(road)
        result = stage.run(road, settlement_id)
        keep(road, stage.asset, settlement_id, result)
    except Exception as error:
        _note_failure(road, stage.asset, settlement_id, error)
        raise
    if stage.asset == MAPPED_TABLE:
        look_again(road, settlement_id, result)
    if result.stops or stage is STAGES[-1]:
        ended(road, settlement_id)
    return result


def _note_failure(road: Road, asset: str, settlement_id: str, error: Exception) -> None:
    """Ask again, and tell people what waits for them; a key that is no settlement leaves no trace."""
    try:
        if road.stores.settlements.get(road.connection, settlement_id) is not None:
            failures = failed(road, asset, settlement_id, sentence_of(error))
            keep_failure(road, asset, settlement_id, error, failures)
    except StoreError:
        # The stores themselves are out of order: the error that is on its way says more than this one.
        return


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
