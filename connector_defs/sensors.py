"""One sensor per connection that reads the control database only and asks for runs.

A due row says: this settlement wants to go on at that moment (found, resolved, approved, waiting for the ERP). The run
key is kind, settlement and the row's version, so asking twice starts one run; a row that is still open after
`ASK_AGAIN_SECONDS` (its run was killed) is asked for once more. The protocol underneath makes that harmless.
"""

from collections.abc import Callable

import dagster as dg

from assets.resumption import ARRIVAL_KIND, POSTING_KIND, SETTLEMENT_KIND
from resources.clock import Clock
from resources.store.due import DueRow
from resources.store.stores import Stores

ASK_AGAIN_SECONDS = 1800
ROWS_PER_TICK_MAX = 100
FOLLOW_UP_ASSETS = ("erp_postings", "reconciliations")


def due_sensor(
    connection: str,
    partitions: dg.DynamicPartitionsDefinition,
    job: object,
    stores_of_tick: Callable[[], tuple[Stores, Clock]],
    is_automatic: bool,
) -> dg.SensorDefinition:
    """Return the sensor; a connection that is not automatic only goes on with what a person started or decided."""
    kinds = (ARRIVAL_KIND, SETTLEMENT_KIND, POSTING_KIND) if is_automatic else (SETTLEMENT_KIND, POSTING_KIND)

    @dg.sensor(
        name=f"{connection}_due",
        job=job,
        minimum_interval_seconds=10,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Carries new settlements to posted and follows up what the ERP is still working on."
            if is_automatic
            else "Goes on with what a person started or decided; new settlements wait for a person."
        ),
    )
    def due(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        stores, clock = stores_of_tick()
        registered = {record.settlement_id for record in stores.settlements.all(connection)}
        missing = sorted(registered - set(context.instance.get_dynamic_partitions(partitions.name)))
        rows = stores.due.ready(connection, clock.now(), kinds=kinds, limit=ROWS_PER_TICK_MAX)
        requests = [_request(connection, row, clock) for row in rows if row.partition in registered]
        if not requests and not missing:
            return dg.SkipReason("Nothing is due.")
        added = [partitions.build_add_request(missing)] if missing else []
        return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=added)

    return due


def _request(connection: str, row: DueRow, clock: Clock) -> dg.RunRequest:
    again = int((clock.now() - row.at).total_seconds() // ASK_AGAIN_SECONDS)
    chosen = [dg.AssetKey([connection, name]) for name in FOLLOW_UP_ASSETS] if row.kind == POSTING_KIND else None
    return dg.RunRequest(
        run_key=f"{row.kind}:{row.partition}:{row.version}:{again}",
        partition_key=row.partition,
        asset_selection=chosen,
        tags={"connector/connection": connection, "connector/reason": row.reason[:200]},
    )
