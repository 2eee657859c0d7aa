"""The Dagster asset of the source proofs: one partition per settlement, beside the posting road and never part of it.

It reads what is staged and asks nobody outside. What it depends on is shown in the lineage; a day that has not been
fetched keeps no settlement from being posted.
"""

from collections.abc import Iterable

import dagster as dg

from assets import source_proofs
from assets.stages.checks import CHECKS
from assets.stages.factory import RoadOfRun, partitioned_check_specs
from assets.stages.metadata import check_result, metadata_of
from assets.stages.outcome import keep
from ledger.errors import ConnectorError


def proof_asset(
    connection: str,
    partitions: dg.DynamicPartitionsDefinition,
    day_assets: Iterable[str],
    road_of_run: RoadOfRun,
    resource_keys: set[str],
) -> dg.AssetsDefinition:
    """Return the asset; `day_assets` are those that the connection reads by day."""
    key = dg.AssetKey([connection, source_proofs.ASSET])
    # Which days tell of a settlement is known once it is looked at: in the lineage it depends on all of them.
    by_day = [
        dg.AssetDep(dg.AssetKey([connection, one]), partition_mapping=dg.AllPartitionMapping())
        for one in day_assets
        if one in source_proofs.SOURCES
    ]

    @dg.asset(
        key=key,
        deps=[dg.AssetKey([connection, "settlement_lines"]), *by_day],
        partitions_def=partitions,
        group_name=f"{connection}_proofs",  # beside the road: posting does not wait for what is only compared
        description="A settlement held against everything else that Amazon says of the same money.",
        tags={"connector/connection": connection},
        required_resource_keys=resource_keys,
        check_specs=partitioned_check_specs(key, CHECKS[source_proofs.ASSET], partitions),
    )
    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        road = road_of_run(context)
        try:
            result = source_proofs.prove(road, context.partition_key)
            keep(road, source_proofs.ASSET, context.partition_key, result)
        except ConnectorError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        checks = [check_result(verdict, key) for verdict in result.verdicts]
        return dg.MaterializeResult(asset_key=key, metadata=metadata_of(result), check_results=checks)

    return body
