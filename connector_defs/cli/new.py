"""`connector new`: the two files of a new connection, with comments, ready to edit.

What must be decided is left open in a way that `connector check` refuses, so that nothing is booked by an example.
"""

import re
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import click

from connector_defs.cli import output
from connector_defs.cli.opened import opened_project
from connector_defs.cli.options import examples, json_option
from ledger.errors import InputRefused

_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")


class _Erp(NamedTuple):
    """What a new connection says of its ERP: the file with its settings, what a ledger is called, a rate type."""

    file: str
    ledger: str
    rate_type: str


_ERPS = {
    "AmazonToPeopleSoft": _Erp("new_peoplesoft.yaml", "PeopleSoft ledger group", "CRRNT"),
    "AmazonToFusion": _Erp("new_fusion.yaml", "Fusion ledger", "Corporate"),
}
TYPES = tuple(_ERPS)

_MAPPING_HEAD = """\
# Where the money of {name} is booked. Accountants own this file.
# `connector map suggest --connection {name}` writes what a settlement needs and is not here yet.
version: 1

# The unit whose bank account the marketplace pays, and segments that each of its lines carries.
owner:
  unit: ""
  segments: {{}}        # for example {{department: "10000", product: AMZ}}

# Accounts by the part they play.
accounts:
  clearing: ""          # open items, one per settlement: the counter-account of every line
  # pass_through_tax: ""   # tax on sales that the marketplace collects and remits
  # tax_liability: ""      # tax on sales that the seller owes
  # input_tax: ""          # tax on the marketplace's fees, where it is claimed
  # input_tax_waiting: ""  # the same until its invoice has a number; without it, books.input_tax: when_settled
  # order_receivable: ""   # invoices of orders until they are settled, where orders are invoiced
  # card_in_transit: ""    # what the marketplace charged to the card

# Category -> account. Take away the # where your settlements need it.
categories:
"""


@click.command("new", epilog=examples("connector new amazon_us", "connector new amazon_jp --type AmazonToFusion"))
@click.argument("connection")
@click.option(
    "--type",
    "kind",
    type=click.Choice(TYPES),
    default=TYPES[0],
    show_default=True,
    help="Which ERP the connection posts to.",
)
@json_option
def new(connection: str, kind: str, as_json: bool) -> None:
    """Write defs.yaml and a mapping for a new connection; files that exist are never touched."""
    if not _NAME.fullmatch(connection):
        raise InputRefused(f"{connection!r} cannot name a connection: small letters, digits and _, a letter first.")
    folder = opened_project().folder
    settings, mapping = folder / "defs" / connection / "defs.yaml", folder / "mappings" / f"{connection}.yaml"
    for path in (settings, mapping):
        if path.exists():
            raise InputRefused(f"{path} exists already; nothing was written.")
    _write(settings, _settings(connection, kind))
    _write(mapping, _mapping(connection))
    if as_json:
        output.write_json({"connection": connection, "files": [str(settings), str(mapping)]})
        return
    output.say(f"{settings}\n{mapping}\nFill in what is open, then: connector check --connection {connection}")


def _settings(connection: str, kind: str) -> str:
    erp = _ERPS[kind]
    facts = {"@ERP@": _shipped(erp.file), "@LEDGER@": erp.ledger, "@RATE_TYPE@": erp.rate_type}
    text = _shipped("new_connection.yaml")
    for mark, value in {**facts, "@CONNECTION@": connection, "@TYPE@": kind}.items():
        text = text.replace(mark, value)
    return text


def _shipped(name: str) -> str:
    return resources.files("connector_defs.cli").joinpath(name).read_text(encoding="utf-8")


def _mapping(connection: str) -> str:
    from ledger.categories import ROLE_OF_CATEGORY, categories

    rows = [
        f'  # {one.name}: ""   # {one.description} ({one.nature})'
        for one in categories().values()
        if not (one.is_carried or one.is_sales_tax or one.posts_only_when_named or one.name in ROLE_OF_CATEGORY)
    ]
    return _MAPPING_HEAD.format(name=connection) + "\n".join(rows) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputRefused(f"{path} cannot be written: {error.strerror}.") from None
