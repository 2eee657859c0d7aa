"""Amazon Seller Central to PeopleSoft."""

from typing import ClassVar

import dagster as dg
from pydantic import BaseModel

from connector_defs.components.connection_component import ConnectionComponent
from connector_defs.connections import AmazonToPeopleSoftSettings


class AmazonToPeopleSoft(ConnectionComponent):
    """Settlements of one Amazon seller account as journals in one PeopleSoft ledger group, exactly once."""

    settings_model: ClassVar[type[BaseModel]] = AmazonToPeopleSoftSettings

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        """Return what `dg list components` shows."""
        return dg.ComponentTypeSpec(
            description="Amazon settlements to PeopleSoft journals.",
            produces=["asset", "asset_check", "job", "schedule", "sensor", "resource"],
        )
