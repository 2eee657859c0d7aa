"""The Dagster asset of one day stage: a partition per day, one run for as many days as are asked for.

A run of a range fetches it in spans; each day has its own materialization, metadata and check verdicts. Dagster keeps a
check that an asset returns from a range without a partition, so the verdict of each day is logged beside it, and what
is returned says which days fail. A day that is refused, or was not reached, is not materialized.
"""

import warnings
from collections.abc import Iterator, Mapping
from datetime import date

import dagster as dg

from assets.stages.checks import CHECKS
from assets.stages.days import DayStage, RefusedDay, fetch_days
from assets.stages.factory import RoadOfRun, partitioned_check_specs
from assets.stages.metadata import check_result, metadata_of
from assets.stages.partitions import day_partitions
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger.errors import ConnectorError


def day_asset(
    connection: str, stage: DayStage, first_day: date, road_of_run: RoadOfRun, resource_keys: set[str]
) -> dg.AssetsDefinition:
    """Return the asset of a day stage, its partitions beginning on a day."""
    key = dg.AssetKey([connection, stage.asset])
    partitions = day_partitions(first_day)
    with warnings.catch_warnings():
        # Backfill policies are marked beta; the exact version is pinned.
        warnings.filterwarnings("ignore", "Parameter `backfill_policy`", dg.BetaWarning)

        @dg.asset(
            key=key,
            deps=[dg.AssetKey([connection, one]) for one in stage.reads],
            partitions_def=partitions,
            backfill_policy=dg.BackfillPolicy.single_run(),
            group_name=f"{connection}_by_day",
            description=stage.description,
            kinds={"parquet"},
            tags={"connector/connection": connection},
            required_resource_keys=resource_keys,
            check_specs=partitioned_check_specs(key, CHECKS[stage.asset], partitions),
        )
        def body(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
            yield _made(context, road_of_run(context), key, stage)

    return body


def _made(context: dg.AssetExecutionContext, road: Road, key: dg.AssetKey, stage: DayStage) -> dg.MaterializeResult:
    made: dict[date, StageResult] = {}
    refused: dict[date, RefusedDay] = {}
    try:
        for day, outcome in fetch_days(road, stage, map(date.fromisoformat, context.partition_keys)):
            if isinstance(outcome, RefusedDay):
                refused[day] = outcome
            else:
                made[day] = outcome
    except ConnectorError as error:
        _log(context, road, key, made)
        raise dg.Failure(description=str(error), allow_retries=False) from error
    if refused:
        _log(context, road, key, made)
        raise dg.Failure(description=_refusal(stage, refused, len(made)), allow_retries=False)
    if context.has_partition_key:
        [(_, result)] = made.items()
        return _of_one_day(road, key, result)
    return _of_range(context, road, key, stage, made)


def _of_one_day(road: Road, key: dg.AssetKey, result: StageResult) -> dg.MaterializeResult:
    return dg.MaterializeResult(
        asset_key=key,
        metadata=_metadata(road, result),
        check_results=[check_result(verdict, key) for verdict in result.verdicts],
        data_version=dg.DataVersion(result.version),
    )


def _of_range(
    context: dg.AssetExecutionContext, road: Road, key: dg.AssetKey, stage: DayStage, made: Mapping[date, StageResult]
) -> dg.MaterializeResult:
    for day, result in made.items():
        context.add_asset_metadata(_metadata(road, result), asset_key=key, partition_key=day.isoformat())
    _log_checks(context, key, made)
    return dg.MaterializeResult(
        asset_key=key,
        check_results=[check_result(verdict, key) for verdict in over_days(stage, made)],
    )


def over_days(stage: DayStage, made: Mapping[date, StageResult]) -> list[Verdict]:
    """Return one verdict per check over several days, naming the days that fail."""
    joined = []
    for check in CHECKS[stage.asset]:
        of_days = {
            day: verdict for day, result in made.items() for verdict in result.verdicts if verdict.check == check.name
        }
        failing = {day: verdict for day, verdict in of_days.items() if not verdict.passed}
        rows: list[Row] = [{"day": str(day), "says": verdict.sentence} for day, verdict in failing.items()]
        words = f"{len(failing)} of {len(of_days)} days: {', '.join(map(str, failing))}."
        joined.append(
            Verdict(
                check.name,
                not failing,
                words if failing else f"All {len(of_days)} days are fine.",
                is_blocking=any(verdict.is_blocking for verdict in failing.values()),
                rows=tuple(rows),
                findings=tuple(finding for verdict in failing.values() for finding in verdict.findings),
            )
        )
    return joined


def _log(context: dg.AssetExecutionContext, road: Road, key: dg.AssetKey, made: Mapping[date, StageResult]) -> None:
    """Say which days were kept although the run fails."""
    for day, result in made.items():
        context.log_event(
            dg.AssetMaterialization(asset_key=key, partition=day.isoformat(), metadata=_metadata(road, result))
        )
    _log_checks(context, key, made)


def _log_checks(context: dg.AssetExecutionContext, key: dg.AssetKey, made: Mapping[date, StageResult]) -> None:
    for day, result in made.items():
        for verdict in result.verdicts:
            check = check_result(verdict, key)
            context.log_event(
                dg.AssetCheckEvaluation(
                    asset_key=key,
                    check_name=verdict.check,
                    passed=verdict.passed,
                    metadata=check.metadata,
                    severity=check.severity,
                    partition=day.isoformat(),
                )
            )


def _metadata(road: Road, result: StageResult) -> dict[str, dg.MetadataValue]:
    document = result.links.get("document")
    return metadata_of(result, road.stores.documents.local_path(document) if document else None)


def _refusal(stage: DayStage, refused: Mapping[date, RefusedDay], made: int) -> str:
    told = " ".join(f"{day}: {one.sentence}" for day, one in list(refused.items())[:5])
    head = f"{len(refused)} of {len(refused) + made} days of {stage.asset} cannot be taken over."
    return f"{head} {told} What was kept of these days before stays; see the review queue."
