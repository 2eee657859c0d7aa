"""The items of a pod's item organizations, and what of items and customer accounts REST shows differently by pod.

What comes in: master data as plain values. What goes out: `Inventory`, a part of the `Site`. Source:
https://docs.oracle.com/en/cloud/saas/supply-chain-and-manufacturing/26b/fasrp/api-product-lifecycle-management-items-version-2.html.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Item:
    """One item in one organization; `references` are values of its descriptive flexfield, such as an ASIN."""

    id: int
    number: str
    description: str
    updated: datetime
    organization: str = "V1"
    status: str = "Active"
    unit: str = "Each"
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class MasterSwitches:
    """Facts that no source confirms: names of attributes and children, and what is listed at all.

    `item_updated_attribute` tells when an item changed last. `references_child` is the child of an item with a row per
    reference, under `reference_attribute`; "" for none. `customer_status_attribute` is where the site of a customer
    account shows whether it is active, "" for nowhere; `are_inactive_customers_listed` lists those that are not.
    `required_of_item` are attributes without which no item is created, beside number and organization.
    """

    item_updated_attribute: str = "LastUpdateDateTime"
    references_child: str = "ItemDFF"
    reference_attribute: str = "marketplaceReference"
    customer_status_attribute: str = ""
    are_inactive_customers_listed: bool = False
    required_of_item: tuple[str, ...] = ("ItemClass", "PrimaryUOMValue")


@dataclass
class Inventory:
    """Items of one pod. Mutable on purpose, as the site is."""

    items: tuple[Item, ...] = ()
    switches: MasterSwitches = field(default_factory=MasterSwitches)

    def put(self, item: Item) -> None:
        """Add an item, or put it in place of the one with the same id and organization."""
        key = (item.id, item.organization)
        self.items = (*(one for one in self.items if (one.id, one.organization) != key), item)
