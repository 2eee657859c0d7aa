"""Amazon Seller Central to Fusion Cloud ERP."""

from typing import ClassVar

from pydantic import BaseModel

from connector_defs.amazon_to_fusion import AmazonToFusionSettings
from connector_defs.components.connection_component import ConnectionComponent


class AmazonToFusion(ConnectionComponent):
    """Settlements of one Amazon seller account as journal batches in one Fusion ledger, exactly once."""

    settings_model: ClassVar[type[BaseModel]] = AmazonToFusionSettings
    shown: ClassVar[str] = "Amazon settlements to journal batches of Fusion Cloud ERP."
