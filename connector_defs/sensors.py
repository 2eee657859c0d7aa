"""One sensor per connection that reads the control database only and asks for runs.

A due row says: this settlement wants to go on at that moment (found, resolved, approved, waiting for the ERP), or wants
to be read back, or the ERP's documents want to be listed, or a day wants to be fetched again. The run key is kind,
settlement and the row's version, so asking twice starts one run. What a run took up that Dagster knows to be over is
asked for anew within seconds, a row that is still open after `ASK_AGAIN_SECONDS` once more; the protocol underneath
makes that harmless. Whenever the review queue looks otherwise than at the last tick, a run shows it anew; the sensor's
cursor remembers how it looked.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import dagster as dg

from assets import erp_documents, review_queue
from assets.stages.month_names import is_over, month_of_name
from assets.stages.resumption import (
    ARRIVAL_KIND,
    LISTING_KIND,
    POSTING_KIND,
    READ_BACK_KIND,
    SETTLEMENT_KIND,
    WATCH_KINDS,
    ask_after_death,
    take_back,
)
from connector_defs.asked_days import asked_days
from connector_defs.jobs import QUEUE_TAGS
from ledger.month import Month
from resources.clock import Clock
from resources.store.due import DueRow
from resources.store.stores import Stores

ASK_AGAIN_SECONDS = 1800
ROWS_PER_TICK_MAX = 100
FOLLOW_UP_ASSETS = ("erp_postings", "cash_entries", "reconciliations")
# What a row asks for; the whole road where it is not here. Who goes on by itself also arrives by itself.
ASSETS_OF_KIND = {POSTING_KIND: FOLLOW_UP_ASSETS, READ_BACK_KIND: ("reconciliations",)}
BEGUN_KINDS = (SETTLEMENT_KIND, POSTING_KIND, *sorted(WATCH_KINDS))
# So young a row cannot have a run that is over.
UNBEGUN_SECONDS_MIN = 5
# Dagster's own tag of a run that a sensor asked for.
RUN_KEY_TAG = "dagster/run_key"
# A queue that changes all the time, as in a backfill, is shown this often.
QUEUE_SECONDS_MIN = 30


def due_sensor(
    connection: str,
    partitions: dg.DynamicPartitionsDefinition,
    jobs: Sequence,
    stores_of_tick: Callable[[], tuple[Stores, Clock]],
    is_automatic: bool,
    first_days: Mapping[str, date] | None = None,
    first_months: Mapping[str, Month] | None = None,
) -> dg.SensorDefinition:
    """Return the sensor; a connection that is not automatic only goes on with what a person started or decided.

    What is posted is read back all the same, whoever started it. `first_days` are those of the assets kept by day,
    `first_months` of those made by month.
    """
    kinds = (ARRIVAL_KIND, *BEGUN_KINDS) if is_automatic else BEGUN_KINDS

    @dg.sensor(
        name=f"{connection}_due",
        jobs=list(jobs),
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
        take_back(stores, clock, connection, lambda run: _is_over(context.instance, run))
        registered = {record.settlement_id for record in stores.settlements.all(connection)}
        missing = sorted(registered - set(context.instance.get_dynamic_partitions(partitions.name)))
        rows = stores.due.ready(connection, clock.now(), kinds=kinds, limit=ROWS_PER_TICK_MAX)
        rows = [row for row in rows if not _is_unbegun(context.instance, stores, clock, row)]
        requests = [_request(connection, row, clock) for row in rows if row.partition in registered]
        requests += [_listing(connection, row, clock) for row in rows if row.kind == LISTING_KIND]
        requests += _of_days(connection, rows, stores, clock, first_days or {})
        requests += _of_months(connection, rows, stores, clock, first_months or {})
        shown, cursor = _queue(connection, stores, clock, context.cursor)
        requests += shown
        if not requests and not missing and cursor == context.cursor:
            return dg.SkipReason("Nothing is due.")
        added = [partitions.build_add_request(missing)] if missing else []
        return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=added, cursor=cursor)

    return due


def _is_over(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Tell whether a run is over; of what is no run of this instance (work by hand) nothing is known."""
    run = instance.get_run_by_id(run_id)
    return run is not None and run.is_finished


def _is_unbegun(instance: dg.DagsterInstance, stores: Stores, clock: Clock, row: DueRow) -> bool:
    """Tell whether the run of a row is over and has never taken it up, as when it was killed; ask for another then."""
    if (clock.now() - row.at).total_seconds() < UNBEGUN_SECONDS_MIN:
        return False
    asked = instance.get_runs(dg.RunsFilter(tags={RUN_KEY_TAG: _run_key(row, clock)}), limit=1)
    if not asked or not asked[0].is_finished:
        return False
    ask_after_death(stores, clock, row, f"run {asked[0].run_id} ended before it began")
    return True


def _request(connection: str, row: DueRow, clock: Clock) -> dg.RunRequest:
    chosen = ASSETS_OF_KIND.get(row.kind)
    return dg.RunRequest(
        run_key=_run_key(row, clock),
        job_name=f"{connection}_settlement_road",
        partition_key=row.partition,
        asset_selection=[dg.AssetKey([connection, name]) for name in chosen] if chosen else None,
        tags=_tags(connection, row.reason),
    )


def _listing(connection: str, row: DueRow, clock: Clock) -> dg.RunRequest:
    name = f"{connection}_{erp_documents.ASSET}"
    return dg.RunRequest(run_key=_run_key(row, clock), job_name=name, tags=_tags(connection, row.reason))


def _of_days(
    connection: str, rows: Sequence[DueRow], stores: Stores, clock: Clock, first_days: Mapping[str, date]
) -> list[dg.RunRequest]:
    """Ask for days that a person wants fetched again; a row for what is not fetched here any more is closed."""
    return [
        dg.RunRequest(
            run_key=_run_key(row, clock),
            job_name=f"{connection}_{asset}",
            partition_key=day.isoformat(),
            tags=_tags(connection, row.reason),
        )
        for row, asset, day in asked_days(rows, stores, clock, first_days)
    ]


def _of_months(
    connection: str, rows: Sequence[DueRow], stores: Stores, clock: Clock, first_months: Mapping[str, Month]
) -> list[dg.RunRequest]:
    """Ask for months that failed or that a person wants made again; a row for what is not made here is closed."""
    requests = []
    for row in rows:
        found = month_of_name(row.partition)
        if found is None:
            continue
        asset, month = found
        if asset not in first_months or month < first_months[asset] or not is_over(month, clock.now()):
            stores.due.done(row)
            continue
        requests.append(
            dg.RunRequest(
                run_key=_run_key(row, clock),
                job_name=f"{connection}_month_end",
                partition_key=str(month),
                asset_selection=[dg.AssetKey([connection, asset])],
                tags=_tags(connection, row.reason),
            )
        )
    return requests


def _run_key(row: DueRow, clock: Clock) -> str:
    again = int((clock.now() - row.at).total_seconds() // ASK_AGAIN_SECONDS)
    return f"{row.kind}:{row.partition}:{row.version}:{again}"


def _queue(connection: str, stores: Stores, clock: Clock, cursor: str | None) -> tuple[list[dg.RunRequest], str | None]:
    """Return the run that shows the review queue anew, and the cursor that remembers it; nothing while it is the same.

    The moment is part of the run key: a queue that is empty again looks as it looked before.
    """
    looked = json.loads(cursor) if cursor else {"digest": review_queue.digest(()), "at": 0}
    digest, now = review_queue.digest(stores.review.listing(connection)), int(clock.now().timestamp())
    if digest == looked["digest"] or now - looked["at"] < QUEUE_SECONDS_MIN:
        return [], cursor
    name = f"{connection}_{review_queue.ASSET}"
    request = dg.RunRequest(
        run_key=f"{review_queue.ASSET}:{digest}:{now}",
        job_name=name,
        tags={**_tags(connection, "the review queue changed"), **QUEUE_TAGS},
    )
    return [request], json.dumps({"digest": digest, "at": now})


def _tags(connection: str, reason: str) -> dict[str, str]:
    return {"connector/connection": connection, "connector/reason": reason[:200]}
