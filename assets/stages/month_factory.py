"""The Dagster asset of one month stage: a partition per calendar month that is over, beside the posting road.

The body is one call of the stage. What it reads is shown in the lineage; which days and settlements tell of a month is
known once it is looked at, so it depends on all of them.
"""

from collections.abc import Collection

import dagster as dg

from assets.stages.checks import BY_MONTH, CHECKS, OF_CONNECTION
from assets.stages.factory import RoadOfRun, partitioned_check_specs
from assets.stages.metadata import check_result, metadata_of
from assets.stages.months import MonthStage, run_month
from assets.stages.partitions import month_partitions
from ledger.errors import ConnectorError
from ledger.month import Month


def month_asset(
    connection: str,
    stage: MonthStage,
    first_month: Month,
    road_of_run: RoadOfRun,
    resource_keys: set[str],
    known_assets: Collection[str],
) -> dg.AssetsDefinition:
    """Return the asset of a month stage; `known_assets` are those that the connection has."""
    key = dg.AssetKey([connection, stage.asset])
    partitions = month_partitions(first_month)

    @dg.asset(
        key=key,
        deps=[_dep(connection, one) for one in stage.reads if one in known_assets],
        partitions_def=partitions,
        group_name=f"{connection}_by_month",
        description=stage.description,
        tags={"connector/connection": connection},
        required_resource_keys=resource_keys,
        check_specs=partitioned_check_specs(key, CHECKS[stage.asset], partitions),
    )
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        road = road_of_run(context)
        try:
            result = run_month(road, stage, Month.read(context.partition_key))
        except ConnectorError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        document = result.links.get("document")
        return dg.MaterializeResult(
            asset_key=key,
            metadata=metadata_of(result, road.stores.documents.local_path(document) if document else None),
            check_results=[check_result(verdict, key) for verdict in result.verdicts],
            data_version=dg.DataVersion(result.version) if result.version else None,
        )

    return body


def _dep(connection: str, asset: str) -> dg.AssetDep:
    """Depend on an asset: on the same month, else on all its partitions."""
    key = dg.AssetKey([connection, asset])
    if asset in BY_MONTH or asset in OF_CONNECTION:
        return dg.AssetDep(key)
    return dg.AssetDep(key, partition_mapping=dg.AllPartitionMapping())
