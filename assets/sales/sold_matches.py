"""The products that were sold lately, matched to the items of the ERP as both sides show them now.

In: the doors to Amazon's catalog and to the ERP's master data. Out: what was read of either, and a match per product.
Read only.
"""

from dataclasses import dataclass

from assets.sales.catalogue_gaps import products_of_days
from assets.sales.master_tables import ItemsKept, ProductsKept, read_items, read_products
from assets.sales.sold_asins import asins_of_days
from assets.stages.day_names import today
from assets.stages.roadmap import Road
from ledger.masters import Item, Items, Match, Product
from resources.erp.masters import MasterReader


@dataclass(frozen=True)
class SoldMatches:
    """What was sold with what it is matched to; `products` is what Amazon's catalog said of it."""

    items: ItemsKept
    products: ProductsKept
    matches: list[Match]

    @property
    def sold(self) -> list[Product]:
        """Return the products that were sold."""
        return [one.product for one in self.matches]

    @property
    def is_told(self) -> bool:
        """Tell whether any item is known, so that a product without one can be said to have none."""
        return self.items.is_seen or bool(self.items.rows)


def match_sold(road: Road, reader: MasterReader) -> SoldMatches:
    """Read both sides and match them; raises TargetUnavailable, TargetMisconfigured when the ERP cannot be asked."""
    items = read_items(road, reader)
    skus = products_of_days(road.stores, road.connection, today(road.clock), reader.sold_days)
    kept = read_products(road, skus)
    told = asins_of_days(road.stores, road.connection, today(road.clock), reader.sold_days)
    known = Items(_item(row) for row in items.rows)
    products = (Product(sku, kept.asins.get(sku) or told.get(sku, ""), kept.titles.get(sku, "")) for sku in skus)
    return SoldMatches(items, kept, [known.match(one) for one in products])


def _item(row: dict) -> Item:
    return Item(row["number"], row["is_active"], tuple(row["other_names"] or ()), row["description"] or "")
