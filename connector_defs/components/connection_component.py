"""What every component type shares: strict settings, templates resolved first, and the definitions of a connection.

Dagster widens each field of a resolved component to "this or text", which lets a misspelt nested key pass. So a
component names a strict settings model, and `get_model_cls` gives Dagster that model with one thing before it:
templates are resolved first, then everything is validated, so that an error names key and line.
"""

from functools import cache
from pathlib import Path
from typing import ClassVar, Self

import dagster as dg
from pydantic import BaseModel, model_validator

from assets.stages.day_factory import day_asset
from assets.stages.factory import connection_assets, master_asset, settlement_assets
from assets.stages.month_factory import month_asset
from assets.stages.month_stages import month_stages
from assets.stages.partitions import settlement_partitions
from assets.stages.proof_factory import proof_asset
from assets.stages.roadmap import Road
from connector_defs.connections import Connection
from connector_defs.day_schedules import day_schedule
from connector_defs.day_sources import day_stages, first_day
from connector_defs.jobs import FETCH_TAGS, connection_job, discovery_job, discovery_schedule, month_job, road_job
from connector_defs.master_schedule import master_schedule
from connector_defs.month_schedule import month_schedule
from connector_defs.project import Project, render
from connector_defs.proof_schedule import proof_schedule
from connector_defs.resources import ConnectionResource, StoresResource
from connector_defs.sensors import due_sensor
from ledger.errors import ConfigurationRefused
from ledger.month import Month
from resources.clock import SystemClock


@cache
def templated(model: type[BaseModel]) -> type[BaseModel]:
    """Return a model that resolves templates in what it is given, then is the given model."""

    class Templated(model):
        """Settings as they stand in YAML, templates and all."""

        @model_validator(mode="before")
        @classmethod
        def _resolve(cls, value: object) -> object:
            try:
                return render(value)
            except ConfigurationRefused as error:
                raise ValueError(str(error)) from None

    Templated.__name__ = Templated.__qualname__ = model.__name__
    return Templated


class ConnectionComponent(dg.Component):
    """Base of the component types: one connection from a marketplace to an ERP."""

    settings_model: ClassVar[type[BaseModel]]
    shown: ClassVar[str]

    def __init__(self, settings: BaseModel) -> None:
        self.settings = settings

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        """Return what `dg list components` shows."""
        produces = ["asset", "asset_check", "job", "schedule", "sensor", "resource"]
        return dg.ComponentTypeSpec(description=cls.shown, produces=produces)

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        """Return the strict settings model, resolving templates before it validates."""
        return templated(cls.settings_model)

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> Self:
        """Take the validated settings."""
        return cls(attributes if attributes is not None else cls.settings_model.model_validate({}))

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Return assets, checks, jobs, schedule and sensor of the connection named like its folder."""
        name = Path(context.path).name
        project = Project()
        return connection_definitions(Connection(name, self.settings, project.mapping_path(self.settings.mapping)))


def connection_definitions(connection: Connection) -> dg.Definitions:
    """Return the Dagster definitions of one connection."""
    name, settings = connection.name, connection.settings
    partitions = settlement_partitions(name)
    door = f"{name}_connection"
    resource_keys = {"stores", door}

    def road_of_run(context: dg.AssetExecutionContext | dg.OpExecutionContext) -> Road:
        opened: StoresResource = context.resources.stores
        resource: ConnectionResource = getattr(context.resources, door)
        return resource.road(opened, run=context.run.run_id)

    def stores_of_tick():
        return StoresResource().open(), SystemClock()

    def stores_of_run(context: dg.AssetExecutionContext):
        return context.resources.stores.open(), SystemClock()

    assets = settlement_assets(name, partitions, road_of_run, resource_keys)
    whole = connection_assets(name, road_of_run, stores_of_run, resource_keys)
    discovery = discovery_job(name, partitions, road_of_run, resource_keys)
    road = road_job(name, assets)
    looks = [connection_job(name, asset) for asset in whole]
    begin = first_day(settings.by_day, settings.books, SystemClock().now())
    stages = day_stages(settings.by_day, settings.books)
    by_day = [day_asset(name, stage, begin, road_of_run, resource_keys) for stage in stages.values()]
    # What asks no marketplace waits for none.
    of_days = [FETCH_TAGS if stage.asks_marketplace else {} for stage in stages.values()]
    day_jobs = [connection_job(name, asset, tags) for asset, tags in zip(by_day, of_days, strict=True)]
    fetches = [
        day_schedule(
            name,
            stage,
            job,
            getattr(settings.by_day.schedules, asset),
            begin,
            settings.amazon.marketplaces,
            stores_of_tick,
        )
        for (asset, stage), job in zip(stages.items(), day_jobs, strict=True)
    ]
    proofs = proof_asset(name, partitions, stages, road_of_run, resource_keys)
    proof_job = connection_job(name, proofs)
    fetches.append(proof_schedule(name, proof_job, settings.books.time_zone, stores_of_tick))
    masters, master_jobs = [], []
    if settings.reads_masters:
        masters = [master_asset(name, stages, road_of_run, resource_keys)]
        # Amazon's catalog is asked as well, so it takes its turn with what else asks a marketplace.
        master_jobs = [connection_job(name, masters[0], FETCH_TAGS)]
        fetches.append(master_schedule(name, master_jobs[0], settings.master_data_schedule))
    of_month = month_stages(settings.books)
    known = {one.key.path[-1] for one in (*assets, *whole, *by_day, proofs)} | set(of_month)
    first = Month.of(begin)
    by_month = [month_asset(name, stage, first, road_of_run, resource_keys, known) for stage in of_month.values()]
    months = month_job(name, by_month)
    fetches.append(month_schedule(name, months, settings.books.time_zone, first, stores_of_tick))
    schedule = discovery_schedule(name, discovery, settings.discovery_schedule, settings.books.time_zone)
    jobs = [road, *looks, *day_jobs, months]
    first_days, first_months = dict.fromkeys(stages, begin), dict.fromkeys(of_month, first)
    due = due_sensor(name, partitions, jobs, stores_of_tick, settings.automatic, first_days, first_months)
    return dg.Definitions(
        assets=[*assets, *whole, *by_day, proofs, *masters, *by_month],
        jobs=[discovery, road, *looks, *day_jobs, months, proof_job, *master_jobs],
        schedules=[schedule, *fetches],
        sensors=[due],
        resources={door: ConnectionResource.of(connection)},
    )
