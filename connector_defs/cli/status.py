"""`connector status`: every connection side by side, each marketplace in its own currency; nobody outside is asked."""

import click

from connector_defs.cli import output
from connector_defs.cli.opened import opened_roads
from connector_defs.cli.options import examples, json_option


@click.command("status", epilog=examples("connector status", "connector status -c amazon_eu --json"))
@click.option("--connection", "-c", "connection_name", metavar="C", help="Only this connection.")
@json_option
def status(connection_name: str | None, as_json: bool) -> None:
    """Show where all connections stand: settlements, what Amazon owes, what the bank lacks, what asks for a person.

    One row per connection, marketplace and currency; amounts are never added across currencies.
    """
    from assets.overview import attention, fetched_until, overview

    roads = opened_roads(connection_name)
    entries = [entry for road in roads for entry in overview(road)]
    asks = [attention(road).row for road in roads]
    until = [
        {"connection": road.connection, "source": asset, "until": day}
        for road in roads
        for asset, day in fetched_until(road).items()
    ]
    if as_json:
        rows = [{**entry.row, **entry.money_row} for entry in entries]
        output.write_json({"marketplaces": rows, "attention": asks, "read_until": until})
        return
    output.print_table([one.row for one in entries], nothing="No settlement and no payout is known yet.")
    if entries:
        output.print_table([one.money_row for one in entries], title="With Amazon, and not in the bank")
    output.print_table(asks, title="What asks for a person", nothing="")
    output.say("Open items: connector review list. Checks that do not pass: connector checks.")
    output.print_table(until, nothing="Nothing was read by day yet.")
