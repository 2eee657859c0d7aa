"""Days of payouts and of the bank that are looked at again when what they lacked has come in.

In: a settlement that is new, or payouts that were told. Out: due rows of the days that said something was missing.
"""

from datetime import date

from assets.bank.payout_rows import TABLE as PAYOUTS
from assets.stages.day_names import day_name, day_of_name
from assets.stages.resumption import ask_for
from assets.stages.roadmap import Road
from assets.stages.statements import statement
from ledger.bank_matching import UNCLEAR, UNEXPLAINED


def ask_for_payouts_of(road: Road, settlement_id: str) -> None:
    """Ask again for the days whose payouts pay a settlement: they are held against it."""
    versions = {
        str(road.stores.warehouse.path(one)): one.partition
        for one in road.stores.warehouse.currents(road.connection, PAYOUTS)
        if one.rows
    }
    if not versions:
        return
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        bound = {"payouts": list(versions), "settlement_id": settlement_id}
        found = duck.sql(statement("payout_days_of"), params=bound).fetchall()
    for (path,) in found:
        day = date.fromisoformat(versions[path])
        ask_for(road, day_name(PAYOUTS, day), f"settlement {settlement_id} came in")


def ask_for_unexplained_days(road: Road, reason: str) -> None:
    """Ask again for the days of the bank on which a line was not explained: a payout may explain it now."""
    items = road.stores.review.listing(road.connection)
    names = {one.partition for one in items if one.code in (UNCLEAR, UNEXPLAINED)}
    for name in sorted(one for one in names if day_of_name(one) is not None):
        ask_for(road, name, reason)
