"""Component types, one per pairing of a marketplace and an ERP."""

from connector_defs.components.amazon_to_fusion import AmazonToFusion
from connector_defs.components.amazon_to_peoplesoft import AmazonToPeopleSoft

__all__ = ["AmazonToFusion", "AmazonToPeopleSoft"]
