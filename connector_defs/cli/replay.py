"""`connector replay`: journals made again from the archived bytes, held against what was posted; nobody is asked.

A replay writes nothing and reaches neither marketplace nor ERP. Equal is exit 0, any difference exit 6.
"""

from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import opened_road
from connector_defs.cli.options import connection_option, examples, json_option
from connector_defs.cli.outbox import journal_lines
from ledger.errors import InputRefused

if TYPE_CHECKING:
    from assets.settlements.replay import Replay


@click.command(
    "replay",
    epilog=examples(
        "connector replay 24758260539 -c amazon_us",
        "connector replay 24758260539 -c amazon_us --posted-mapping --json",
        "connector replay --all -c amazon_us",
    ),
)
@click.argument("settlements", nargs=-1, metavar="SETTLEMENT...")
@connection_option
@click.option("--all", "is_all", is_flag=True, help="Replay every settlement that has journals.")
@click.option("--posted-mapping", is_flag=True, help="Use the archived mapping that the posting was made with.")
@json_option
@click.pass_context
def replay(
    ctx: click.Context,
    settlements: tuple[str, ...],
    connection_name: str | None,
    is_all: bool,
    posted_mapping: bool,
    as_json: bool,
) -> None:
    """Make journals again from the archive and show line by line what differs from what was posted.

    Exit 0 when they are the same, 6 when anything differs. Nothing is written, nobody is asked.
    """
    from assets.settlements import replay as replaying

    if bool(settlements) == is_all:
        raise InputRefused("Name the settlements to replay, or say --all.")
    with replaying.without_doors(opened_road(connection_name)) as road:
        chosen = replaying.settlements_with_documents(road) if is_all else settlements
        made = [replaying.replay(road, one, posted_mapping=posted_mapping) for one in chosen]
    if as_json:
        output.write_json({"connection": road.connection, "replays": [_document(one) for one in made]})
    else:
        for one in made:
            _show(one)
    ctx.exit(ExitCode.FINE if all(one.is_same for one in made) else ExitCode.WAITS)


def _show(replayed: "Replay") -> None:
    output.say(replayed.sentence())
    if replayed.rows:
        output.print_table(list(replayed.rows))


def _document(replayed: "Replay") -> dict[str, object]:
    posted = replayed.documents[0]
    return {
        "settlement_id": replayed.settlement_id,
        "same": replayed.is_same,
        "sentence": replayed.sentence(),
        "revision": replayed.revision,
        "mapping": {"posted": posted.mapping_hash, "now": replayed.mapping_hash},
        "fingerprints": {
            "posted": [one.fingerprint for one in replayed.documents],
            "now": [one.fingerprint for one in replayed.journals],
        },
        "posted": [
            {"key": one.key, "erp_id": one.erp_id or "", "state": str(one.state), "revision": one.revision}
            for one in replayed.documents
        ],
        "journals": [
            {
                "key": one.key,
                "accounting_date": one.accounting_date,
                "debits": one.debits,
                "credits": one.credits,
                "lines": journal_lines(one),
            }
            for one in replayed.journals
        ],
        "differences": list(replayed.rows),
    }
