"""Amazon Seller Central to PeopleSoft."""

from typing import ClassVar

from pydantic import BaseModel

from connector_defs.amazon_to_peoplesoft import AmazonToPeopleSoftSettings
from connector_defs.components.connection_component import ConnectionComponent


class AmazonToPeopleSoft(ConnectionComponent):
    """Settlements of one Amazon seller account as journals in one PeopleSoft ledger group, exactly once."""

    settings_model: ClassVar[type[BaseModel]] = AmazonToPeopleSoftSettings
    shown: ClassVar[str] = "Amazon settlements to PeopleSoft journals."
