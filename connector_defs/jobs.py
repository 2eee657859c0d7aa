"""Jobs of one connection: discovery, which talks to the marketplace, the settlement road, one partition a run, and what
looks at the whole connection. Discovery shows the review queue as it leaves it.
"""

from collections.abc import Mapping

import dagster as dg

from assets.bank.folder import Statements, import_statements
from assets.discovery import told
from assets.erp_documents import ask_first
from assets.settlement_reports import Discovery, discover
from assets.settlements.import_folder import Imported, import_waiting
from assets.stages.factory import RoadOfRun, queue_events
from connector_defs.project import Project
from connector_defs.under_way import skip_while_under_way

# What asks a marketplace takes turns, by `dagster.yaml`: one that does not answer never holds the slot of a posting.
# Of what waits for a turn settlements go first; what only reads the control database goes before everything.
DISCOVERY_TAGS = {"connector/fetch": "settlements", "dagster/priority": "1"}
FETCH_TAGS = {"connector/fetch": "by_day", "dagster/priority": "-1"}
QUEUE_TAGS = {"dagster/priority": "2"}


def discovery_job(
    connection: str, partitions: dg.DynamicPartitionsDefinition, road_of_run: RoadOfRun, resource_keys: set[str]
) -> dg.JobDefinition:
    """Find new settlements (at Amazon and in the import folder), register them, and add their partitions."""

    @dg.op(name=f"{connection}_discover", required_resource_keys=resource_keys)
    def discover_settlements(context: dg.OpExecutionContext) -> None:
        road = road_of_run(context)
        # The folder first: it needs nobody outside. A discovery that raises ends the run, partitions are added before.
        imported, statements, found = Imported(), Statements(), Discovery()
        try:
            imported = import_waiting(road, Project().import_folder(connection))
            statements = import_statements(road, Project().import_folder(connection))
            found = told(road, discover)
        finally:
            everything = [record.settlement_id for record in road.stores.settlements.all(connection)]
            context.instance.add_dynamic_partitions(partitions.name, everything)
            ask_first(road)
            for event in queue_events(connection, road.stores, road.clock):
                context.log_event(event)
        context.log.info(sentence(connection, found))
        if imported.new or imported.refused:
            context.log.info(
                f"Import folder: {len(imported.new)} new, refused: {', '.join(imported.refused) or 'none'}."
            )
        context.add_output_metadata(
            {
                "new": len(found.new),
                "already known": len(found.known),
                "came again with other content": ", ".join(found.changed) or "none",
                "refused": ", ".join(found.refused) or "none",
                "damaged, fetched again next time": ", ".join(found.damaged) or "none",
                "held by another connection": ", ".join(found.elsewhere) or "none",
                "of marketplaces not listed here": len(found.foreign),
                "imported from files": len(imported.new),
                "files refused": ", ".join(imported.refused) or "none",
                "bank statements taken in": statements.new,
                "bank statements refused": ", ".join(statements.refused) or "none",
                "interrupted": found.interrupted or "no",
            }
        )

    @dg.job(
        name=f"{connection}_discovery",
        description="Asks Amazon for settlement reports, archives new ones and adds their partitions.",
        executor_def=dg.in_process_executor,
        tags={"connector/connection": connection, "dagster/max_runtime": "3600", **DISCOVERY_TAGS},
    )
    def job() -> None:
        discover_settlements()

    return job


def discovery_schedule(connection: str, job: dg.JobDefinition, cron: str, time_zone: str) -> dg.ScheduleDefinition:
    """Return the schedule of discovery; one behind another would only keep the marketplace's turn from what is read."""

    @dg.schedule(
        name=f"{connection}_discovery_schedule",
        job=job,
        cron_schedule=cron,
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Asks for new settlements, unless a discovery is under way.",
    )
    def discovery(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return skip_while_under_way(context.instance, job.name) or dg.RunRequest()

    return discovery


def sentence(connection: str, found: Discovery) -> str:
    """Say what one discovery found."""
    words = f"{connection}: {len(found.new)} new settlements, {len(found.known)} already known"
    if found.changed:
        words += f", {len(found.changed)} came again with other content (see the review queue)"
    if found.refused:
        words += f", {len(found.refused)} files refused (see the review queue)"
    if found.damaged:
        words += f", {len(found.damaged)} came damaged and are fetched again (see the review queue)"
    if found.elsewhere:
        words += f", {len(found.elsewhere)} held by another connection (see the review queue)"
    if found.foreign:
        words += f", {len(found.foreign)} of marketplaces that this connection does not list"
    return f"{words}. Interrupted: {found.interrupted}" if found.interrupted else f"{words}."


def road_job(connection: str, assets: list[dg.AssetsDefinition]):
    """Take one settlement down the whole road."""
    return dg.define_asset_job(
        name=f"{connection}_settlement_road",
        selection=dg.AssetSelection.assets(*assets),
        description="One settlement from its archived report to a reconciled posting.",
        executor_def=dg.in_process_executor,
        tags={"connector/connection": connection},
    )


def month_job(connection: str, assets: list[dg.AssetsDefinition]):
    """Make everything that is made of one month, in order of the lineage."""
    return dg.define_asset_job(
        name=f"{connection}_month_end",
        selection=dg.AssetSelection.assets(*assets),
        description="What closes one calendar month.",
        executor_def=dg.in_process_executor,
        tags={"connector/connection": connection},
    )


def connection_job(connection: str, asset: dg.AssetsDefinition, tags: Mapping[str, str] | None = None):
    """Make one asset of the whole connection, or of one that has partitions of its own."""
    name = asset.key.path[-1]
    return dg.define_asset_job(
        name=f"{connection}_{name}",
        selection=dg.AssetSelection.assets(asset),
        description=asset.descriptions_by_key[asset.key],
        executor_def=dg.in_process_executor,
        tags={"connector/connection": connection, **(tags or {})},
    )
