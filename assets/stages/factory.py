"""The Dagster assets of one connection, made from the stages of the road.

Each asset body is one call of one stage. Checks belong to their asset and carry the settlement's partition; a blocking
one that fails stops what lies downstream in the same run. Two assets have no partition: they look at the connection.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import dagster as dg

from assets import erp_documents, master_data, review_queue
from assets.road import STAGES, StageOfRoad, run_stage
from assets.stages.checks import CHECKS, CheckOfAsset
from assets.stages.metadata import check_result, markdown_in_sight, metadata_of
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger.errors import ConnectorError
from resources.clock import Clock
from resources.store.stores import Stores

RoadOfRun = Callable[[Any], Road]  # an execution context -> the connection's road for that run
_LINES_MAX = 12
StoresOfRun = Callable[[Any], tuple[Stores, Clock]]


def settlement_assets(
    connection: str, partitions: dg.DynamicPartitionsDefinition, road_of_run: RoadOfRun, resource_keys: set[str]
) -> list[dg.AssetsDefinition]:
    """Return the assets of the settlement road, in order of travel."""
    made: list[dg.AssetsDefinition] = []
    for before, stage in zip((None, *STAGES), STAGES, strict=False):
        made.append(_asset(connection, stage, before, partitions, road_of_run, resource_keys))
    return made


def _asset(
    connection: str,
    stage: StageOfRoad,
    before: StageOfRoad | None,
    partitions: dg.DynamicPartitionsDefinition,
    road_of_run: RoadOfRun,
    resource_keys: set[str],
) -> dg.AssetsDefinition:
    key = dg.AssetKey([connection, stage.asset])
    checks = partitioned_check_specs(key, CHECKS.get(stage.asset, ()), partitions)

    @dg.asset(
        key=key,
        deps=[dg.AssetKey([connection, before.asset])] if before else [],
        partitions_def=partitions,
        group_name=connection,
        description=stage.description,
        kinds={"parquet"} if stage.asset in ("settlement_lines", "mapped_lines", "journals") else None,
        tags={"connector/connection": connection},
        required_resource_keys=resource_keys,
        check_specs=checks,
        pool=f"{connection}_erp" if stage.asset in ("erp_postings", "cash_entries") else None,
    )
    def body(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        road = road_of_run(context)
        try:
            result = run_stage(road, stage, context.partition_key)
        except ConnectorError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        yield _materialized(road, key, stage, context.partition_key, result)

    return body


def connection_assets(
    connection: str, road_of_run: RoadOfRun, stores_of_run: StoresOfRun, resource_keys: set[str]
) -> tuple[dg.AssetsDefinition, dg.AssetsDefinition]:
    """Return what looks at the whole connection: the ERP's documents under our source, and the review queue."""

    @dg.asset(
        key=dg.AssetKey([connection, erp_documents.ASSET]),
        group_name=connection,
        description="What the ERP holds under our source since the last closed period, and what of it is not ours.",
        tags={"connector/connection": connection},
        required_resource_keys=resource_keys,
        check_specs=_plain_check_specs(connection, erp_documents.ASSET),
    )
    def listed(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        try:
            result = erp_documents.list_documents(road_of_run(context))
        except ConnectorError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        return _looked_at(connection, erp_documents.ASSET, result, erp_documents.line)

    @dg.asset(
        key=dg.AssetKey([connection, review_queue.ASSET]),
        group_name=connection,
        description="What waits for a person, with sentence, amount, age and the command that decides.",
        tags={"connector/connection": connection},
        required_resource_keys={"stores"},
        check_specs=_plain_check_specs(connection, review_queue.ASSET),
    )
    def queue(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        stores, clock = stores_of_run(context)
        return _queue_seen(connection, stores, clock)

    return listed, queue


def master_asset(
    connection: str, day_assets: Iterable[str], road_of_run: RoadOfRun, resource_keys: set[str]
) -> dg.AssetsDefinition:
    """Return the match of the ERP's master data, of a connection that reads it; beside the road, which never waits.

    `day_assets` are those that the connection reads by day.
    """
    # Which days tell what was sold is known once it is looked at: in the lineage it depends on all of them.
    by_day = [
        dg.AssetDep(dg.AssetKey([connection, one]), partition_mapping=dg.AllPartitionMapping())
        for one in day_assets
        if one in master_data.READS
    ]

    @dg.asset(
        key=dg.AssetKey([connection, master_data.ASSET]),
        deps=by_day,
        group_name=f"{connection}_proofs",
        description="Customers and items of the ERP, matched to marketplaces, SKUs and ASINs.",
        kinds={"parquet"},
        tags={"connector/connection": connection},
        required_resource_keys=resource_keys,
        check_specs=_plain_check_specs(connection, master_data.ASSET),
    )
    def matched(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        try:
            result = master_data.match_masters(road_of_run(context))
        except ConnectorError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        return _looked_at(connection, master_data.ASSET, result, master_data.line)

    return matched


def queue_events(
    connection: str, stores: Stores, clock: Clock
) -> tuple[dg.AssetMaterialization, dg.AssetCheckEvaluation]:
    """Return the review queue as events, for a run that is about something else and changes it on its way."""
    seen = _queue_seen(connection, stores, clock)
    key, [check] = dg.AssetKey([connection, review_queue.ASSET]), seen.check_results or []
    return (
        dg.AssetMaterialization(asset_key=key, metadata=seen.metadata),
        dg.AssetCheckEvaluation(
            asset_key=key,
            check_name=review_queue.CHECK,
            passed=check.passed,
            metadata=check.metadata,
            severity=check.severity,
        ),
    )


def _queue_seen(connection: str, stores: Stores, clock: Clock) -> dg.MaterializeResult:
    """Return the queue with a short table that is seen without a click beside the whole one."""
    result = review_queue.review_queue(stores, connection, clock)
    seen = _looked_at(connection, review_queue.ASSET, result, review_queue.line)
    short = markdown_in_sight([review_queue.short_row(row) for row in result.rows])
    in_sight = {"in short": dg.MetadataValue.md(short)} if short else {}
    return seen._replace(metadata={**in_sight, **(seen.metadata or {})})


def _looked_at(
    connection: str, asset: str, result: StageResult, line: Callable[[Row], tuple[str, str]]
) -> dg.MaterializeResult:
    """Return a look as Dagster keeps it; a check hides tables behind a click, so its first rows are lines as well."""
    key = dg.AssetKey([connection, asset])
    checks = [check_result(verdict, key) for verdict in result.verdicts]
    lines = [dict(line(row) for row in verdict.rows[:_LINES_MAX]) for verdict in result.verdicts]
    told = [
        check._replace(
            metadata={**check.metadata, **{name: dg.MetadataValue.text(words) for name, words in one.items()}}
        )
        for check, one in zip(checks, lines, strict=True)
    ]
    return dg.MaterializeResult(asset_key=key, metadata=metadata_of(result), check_results=told)


def _plain_check_specs(connection: str, asset: str) -> list[dg.AssetCheckSpec]:
    key = dg.AssetKey([connection, asset])
    return [
        dg.AssetCheckSpec(check.name, asset=key, description=check.description, blocking=check.is_blocking)
        for check in CHECKS[asset]
    ]


def partitioned_check_specs(
    key: dg.AssetKey, checks: Iterable[CheckOfAsset], partitions: dg.PartitionsDefinition
) -> list[dg.AssetCheckSpec]:
    """Return the checks of an asset, each with a verdict per partition."""
    with warnings.catch_warnings():
        # Partitioned checks are new in Dagster 1.13 and marked preview; the exact version is pinned.
        warnings.filterwarnings("ignore", "Specifying a partitions_def on an AssetCheckSpec", dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(
                check.name,
                asset=key,
                description=check.description,
                blocking=check.is_blocking,
                partitions_def=partitions,
            )
            for check in checks
        ]


def _materialized(
    road: Road, key: dg.AssetKey, stage: StageOfRoad, settlement_id: str, result: StageResult
) -> dg.MaterializeResult:
    document = result.links.get("document")
    path = road.stores.documents.local_path(document) if document else None
    given = {verdict.check: verdict for verdict in result.verdicts}
    verdicts = [given.get(check.name) or _without_verdict(check.name, result) for check in CHECKS.get(stage.asset, ())]
    return dg.MaterializeResult(
        asset_key=key,
        metadata=metadata_of(result, path),
        check_results=[check_result(verdict, key) for verdict in verdicts],
        data_version=dg.DataVersion(result.version) if result.version else None,
    )


def _without_verdict(check: str, result: StageResult) -> Verdict:
    """A check that was not reached because its stage stopped does not pass; one with nothing to look at does."""
    if result.stops:
        return Verdict(check, False, "Not looked at: the settlement stopped before.", is_blocking=False)
    return Verdict(check, True, "Nothing to check: no journal is made for this settlement.")
