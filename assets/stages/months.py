"""Assets that are made once per calendar month of a connection: what closes a month.

`MonthStage` says what one asset makes of a month; `run_month` carries it out with all that belongs to it: verdicts
kept, review items opened and closed, due rows taken up, and asked for again when it fails. A month is made when it is
over, and made again every day while it is young: what comes late is then in it, and the same words are kept once.
"""

from collections.abc import Callable
from dataclasses import dataclass

from assets.stages.month_names import is_over, month_name
from assets.stages.outcome import ENDS_BY_ITSELF, align, is_told, keep_changed
from assets.stages.resumption import ended, failed, sentence_of, taken_up
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult
from ledger.errors import Finding, InputRefused, StoreError
from ledger.month import Month
from ledger.policy import Policy

FAILED_CODE = "month_failed"


@dataclass(frozen=True)
class MonthStage:
    """One asset that is made by month.

    `run` is given a road and a month that is over, in UTC; what it returns is shown, and its verdicts and findings kept
    under `month_name`. Running it twice must be harmless. `reads` are the assets it depends on, for the lineage and for
    the order within one run; those that a connection does not have are left out. `is_wanted` says of a connection's
    policy whether it has the asset at all.
    """

    asset: str
    run: Callable[[Road, Month], StageResult]
    description: str
    reads: tuple[str, ...] = ()
    is_wanted: Callable[[Policy], bool] = lambda policy: True


def run_month(road: Road, stage: MonthStage, month: Month) -> StageResult:
    """Make one month of one asset; raises InputRefused for a month that is not over, and what the stage raises."""
    if not is_over(month, road.clock.now()):
        raise InputRefused(f"{stage.asset} of {month} cannot be made: that month is not over.")
    name = month_name(stage.asset, month)
    taken_up(road, stage.asset, name)
    try:
        result = stage.run(road, month)
        keep_changed(road, stage.asset, name, result, ENDS_BY_ITSELF.get(stage.asset, frozenset()) | {FAILED_CODE})
    except Exception as error:
        _note_failure(road, stage, month, error)
        raise
    ended(road, name)
    return result


def _note_failure(road: Road, stage: MonthStage, month: Month, error: Exception) -> None:
    """Ask again, later each time; tell people what does not pass by itself."""
    name = month_name(stage.asset, month)
    try:
        failures = failed(road, stage.asset, name, sentence_of(error))
        if is_told(error, failures):
            finding = Finding(
                "month_failed",
                f"{stage.asset} of {month} could not be made: {sentence_of(error)}",
                "Correct what the sentence names. It is tried again by itself; `retry` tries at once, as does "
                f"`connector month-end {month} -c {road.connection}`.",
                origin=stage.asset,
            )
            align(road, name, (finding,), frozenset())
    except StoreError:
        # The stores themselves are out of order: the error that is on its way says more than this one.
        return
