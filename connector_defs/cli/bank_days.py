"""Days of the bank that a command has asked for: made again by the command itself, where no sensor may be running.

In: the due rows that taking in a settlement, a payout or a statement has left. Out: those days staged anew, so that a
line of the bank is explained, and its review item ends, as soon as what it brought is known. Nobody outside is asked.
"""

from typing import TYPE_CHECKING

from connector_defs.cli import output
from connector_defs.cli.opened import opened_connection
from ledger.errors import ConnectorError

if TYPE_CHECKING:
    from assets.stages.roadmap import Road


def look_again(road: "Road", connection_name: str | None) -> None:
    """Make the asked days of the bank again; what fails is said, asked for once more and no failure of the command."""
    from assets.bank.statement_files import DEPOSITS
    from assets.stages.day_names import day_of_name
    from assets.stages.days import fetch_days
    from assets.stages.resumption import SETTLEMENT_KIND
    from connector_defs.asked_days import asked_days
    from connector_defs.day_sources import day_stages, first_day

    settings, now = opened_connection(connection_name).settings, road.clock.now()
    rows = [one for one in road.stores.due.listing(road.connection) if one.kind == SETTLEMENT_KIND and one.at <= now]
    of_bank = [one for one in rows if (found := day_of_name(one.partition)) is not None and found[0] == DEPOSITS]
    stage = day_stages(settings.by_day, settings.books).get(DEPOSITS)
    first_days = {DEPOSITS: first_day(settings.by_day, settings.books, now)} if stage else {}
    days = [day for _, _, day in asked_days(of_bank, road.stores, road.clock, first_days)]
    if stage is None or not days:
        return
    try:
        list(fetch_days(road, stage, days))
    except ConnectorError as error:
        output.complain(f"The bank's lines could not be looked at again: {error}")
