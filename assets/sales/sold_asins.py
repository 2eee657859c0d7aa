"""The ASINs that Amazon's transactions tell of products, for those its catalog was not or could not be asked for.

In: the stores, a connection, the day it is, how many days are looked at. Out: SKU -> ASIN, where all tell the same.
"""

from datetime import date, timedelta

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.stages.statements import statement
from resources.store.stores import Stores


def asins_of_days(stores: Stores, connection: str, today: date, days: int) -> dict[str, str]:
    """Return the ASIN of each product in the transactions of the last days, today among them."""
    since = (today - timedelta(days=days - 1)).isoformat()
    versions = [
        one
        for one in stores.warehouse.currents(connection, EVENTS_TABLE)
        if since <= one.partition <= today.isoformat()
    ]
    if not versions:
        return {}
    with stores.warehouse.connect() as duck:
        bound = {"files": [str(stores.warehouse.path(one)) for one in versions]}
        return dict(duck.sql(statement("asins_of_days"), params=bound).fetchall())
