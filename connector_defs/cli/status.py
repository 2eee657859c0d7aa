"""`connector status`: every connection side by side, each marketplace in its own currency; nobody outside is asked."""

import click

from connector_defs.cli import output
from connector_defs.cli.opened import opened_roads
from connector_defs.cli.options import examples, json_option


@click.command("status", epilog=examples("connector status", "connector status -c amazon_eu --json"))
@click.option("--connection", "-c", "connection_name", metavar="C", help="Only this connection.")
@json_option
def status(connection_name: str | None, as_json: bool) -> None:
    """Show settlements, what is posted and open, payouts on their way and how far each source was read.

    One row per connection, marketplace and currency; amounts are never added across currencies.
    """
    from assets.overview import fetched_until, overview

    roads = opened_roads(connection_name)
    rows = [entry.row for road in roads for entry in overview(road)]
    until = [
        {"connection": road.connection, "source": asset, "until": day}
        for road in roads
        for asset, day in fetched_until(road).items()
    ]
    if as_json:
        output.write_json({"marketplaces": rows, "read_until": until})
        return
    output.print_table(rows, nothing="No settlement and no payout is known yet.")
    output.print_table(until, nothing="Nothing was read by day yet.")
