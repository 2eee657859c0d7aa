"""Which products that were sold lately the catalogue says nothing of, before an order has to wait for it.

In: the stores, a connection, its catalogue and the day it is. Out: each product with the keys the file lacks. Orders
that are not shipped yet are looked at as well, so that the line can be there before the shipment is.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.orders import ASSET as ORDERS_TABLE
from assets.stages.statements import statement
from ledger.catalogue import Catalogue
from ledger.policy import Policy
from resources.store.stores import Stores

DAYS = 14


@dataclass(frozen=True)
class Gap:
    """A product and what the catalogue does not say of it."""

    sku: str
    lacks: tuple[str, ...]


def products_of_days(stores: Stores, connection: str, today: date, days: int = DAYS) -> list[str]:
    """Return the products in the orders and transactions of the last days that are kept, today among them."""
    since = (today - timedelta(days=days - 1)).isoformat()
    versions = [
        one
        for table in (EVENTS_TABLE, ORDERS_TABLE)
        for one in stores.warehouse.currents(connection, table)
        if since <= one.partition <= today.isoformat()
    ]
    if not versions:
        return []
    with stores.warehouse.connect() as duck:
        bound = {"files": [str(stores.warehouse.path(one)) for one in versions]}
        return [sku for (sku,) in duck.sql(statement("products_of_days"), params=bound).fetchall()]


def gaps(stores: Stores, connection: str, policy: Policy, catalogue: Catalogue, today: date) -> list[Gap]:
    """Return what the catalogue lacks of products that were sold lately, as far as the connection needs it."""
    needs = {"with_cost": policy.cost_of_goods is not None, "with_revenue": policy.invoicing is not None}
    told = ((sku, catalogue.lacks(sku, today, **needs)) for sku in products_of_days(stores, connection, today))
    return [Gap(sku, lacks) for sku, lacks in told if lacks]
