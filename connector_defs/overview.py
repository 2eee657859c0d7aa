"""The overview of all connections as an asset: one page with what each marketplace holds and what asks for a person.

In: every connection of the project; only our own stores are read. Out: tables in the metadata, made anew every hour.
"""

from collections.abc import Sequence

import dagster as dg

from assets.overview import attention, overview
from assets.stages.metadata import markdown_table
from connector_defs.connections import connections, open_vault
from connector_defs.project import Project
from connector_defs.under_way import skip_while_under_way

ASSET, GROUP = "overview", "all_connections"
JOB = f"{ASSET}_of_{GROUP}"
CRON = "50 * * * *"


def overview_definitions() -> dg.Definitions:
    """Return the asset, its job and its schedule."""

    @dg.asset(
        key=[GROUP, ASSET],
        group_name=GROUP,
        description="Where every connection stands: settlements, what Amazon owes, what the bank lacks, what waits.",
        required_resource_keys={"stores"},
    )
    def stand(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        project = Project()
        stores, vault = context.resources.stores.open(), open_vault(project)
        roads = [one.road(stores, vault, run=context.run.run_id) for one in connections(project).values()]
        entries = [entry for road in roads for entry in overview(road)]
        asks = [attention(road).row for road in roads]
        tables = {
            "settlements": [one.row for one in entries],
            "with Amazon, and not in the bank": [one.money_row for one in entries],
            "what asks for a person": asks,
        }
        return dg.MaterializeResult(metadata={name: _table(rows) for name, rows in tables.items() if rows})

    job = dg.define_asset_job(JOB, selection=[stand], executor_def=dg.in_process_executor)

    @dg.schedule(
        name=f"{JOB}_schedule",
        job=job,
        cron_schedule=CRON,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Makes the overview of all connections anew.",
    )
    def hourly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return skip_while_under_way(context.instance, job.name) or dg.RunRequest()

    return dg.Definitions(assets=[stand], jobs=[job], schedules=[hourly])


def _table(rows: Sequence[dict]) -> dg.MarkdownMetadataValue:
    shown = [{name.replace("_", " "): "" if cell is None else str(cell) for name, cell in row.items()} for row in rows]
    return dg.MetadataValue.md(markdown_table(shown))
