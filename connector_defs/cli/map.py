"""`connector map`: what a mapping or catalogue lacks, ready to paste, and whether the mapping holds together."""

from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import chosen_settlements, opened_connection, opened_road, opened_stores
from connector_defs.cli.options import connection_option, examples, json_option
from ledger.errors import ConfigurationRefused, InputRefused

if TYPE_CHECKING:
    from assets.settlements.settlement_books import Books
    from assets.stages.roadmap import Road
    from ledger.mapping import Unmapped


@click.group("map", epilog=examples("connector map suggest -c amazon_us", "connector map check -c amazon_us"))
def map_commands() -> None:
    """Complete and check the mapping and the product catalogue of a connection."""


@map_commands.command(
    "suggest", epilog=examples("connector map suggest -c amazon_us", "connector map suggest 24758260539 -c amazon_us")
)
@click.argument("settlements", nargs=-1)
@connection_option
@json_option
@click.pass_context
def suggest(ctx: click.Context, settlements: tuple[str, ...], connection_name: str | None, as_json: bool) -> None:
    """Write the YAML that settlements need and the mapping lacks; exit 6 when there is any."""
    from ledger.mapping import suggest as suggestion

    road = opened_road(connection_name)
    found = {one: missing(road, one) for one in chosen_settlements(road, settlements)}
    everything = [one for several in found.values() for one in several]
    snippet = suggestion(everything) if everything else ""
    if as_json:
        lacking = {name: [one.finding.sentence for one in several] for name, several in found.items() if several}
        output.write_json({"connection": road.connection, "missing": lacking, "snippet": snippet})
    elif snippet:
        click.echo("# Put each line under the key of that name which the mapping has already; fill in what is empty.")
        click.echo(output.plain(snippet).rstrip())
    else:
        output.say(f"# The mapping of {road.connection} covers these {len(found)} settlements.")
    ctx.exit(ExitCode.WAITS if everything else ExitCode.FINE)


def missing(road: "Road", settlement_id: str) -> list["Unmapped"]:
    """Return the combinations of a settlement that the mapping does not resolve; its lines are staged if need be."""
    from assets.mapped_lines import resolve_combinations

    books = _books(road, settlement_id).opened(road)
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        return [unmapped for unmapped, _ in resolve_combinations(duck, books, road).unmapped]


def _books(road: "Road", settlement_id: str) -> "Books":
    from assets.settlement_lines import read_lines
    from assets.settlement_reports import fetch_report, registered
    from assets.settlements.settlement_books import books_of

    registered(road, settlement_id)
    try:
        return books_of(road, settlement_id)
    except InputRefused:  # not read yet, or read from a report that no longer counts
        fetch_report(road, settlement_id)
        read_lines(road, settlement_id)
        return books_of(road, settlement_id)


@map_commands.command(
    "products", epilog=examples("connector map products -c amazon_us", "connector map products --json")
)
@connection_option
@json_option
@click.pass_context
def products(ctx: click.Context, connection_name: str | None, as_json: bool) -> None:
    """Write the lines that products sold lately need and the catalogue lacks; exit 6 when there is any."""
    from assets.sales.catalogue_gaps import DAYS, gaps
    from resources.clock import SystemClock

    opened, stores = opened_connection(connection_name), opened_stores()
    catalogue = opened.load_catalogue()
    if catalogue is None:
        raise ConfigurationRefused(f"{opened.name} has no product catalogue: books.catalogue names none.")
    found = gaps(stores, opened.name, opened.settings.books, catalogue, SystemClock().now().date())
    lines = catalogue.lines_for((output.plain(one.sku), one.lacks) for one in found)
    if as_json:
        missing = {one.sku: list(one.lacks) for one in found}
        output.write_json({"connection": opened.name, "file": catalogue.file, "missing": missing, "lines": list(lines)})
    elif found:
        if catalogue.form:
            click.echo(catalogue.form.head())
        for line in lines:
            click.echo(line)
    else:
        output.say(f"# {catalogue.file} covers the products of the last {DAYS} days.")
    ctx.exit(ExitCode.WAITS if found else ExitCode.FINE)


@map_commands.command("check", epilog=examples("connector map check -c amazon_us", "connector map check --json"))
@connection_option
@json_option
def check(connection_name: str | None, as_json: bool) -> None:
    """Read the mapping; name what no settlement line could be booked to yet. Exit 2 when it is refused."""
    from ledger.mapping import account_uses, coverage, warnings

    opened = opened_connection(connection_name)
    mapping = opened.load_mapping()
    document = {
        "connection": opened.name,
        "file": str(opened.mapping_path),
        "accounts": len({use.account for use in account_uses(mapping)}),
        "content_hash": mapping.content_hash,
        "categories_without_account": list(coverage(mapping)),
        "warnings": list(warnings(mapping)),
    }
    if as_json:
        output.write_json(document)
        return
    lists = {"categories_without_account", "warnings"}
    output.print_facts({name: value for name, value in document.items() if name not in lists})
    output.say(f"Categories without an account: {', '.join(document['categories_without_account']) or 'none'}.")
    for warning in document["warnings"]:
        output.say(f"Worth a look: {warning}")
