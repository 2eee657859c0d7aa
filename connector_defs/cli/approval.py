"""`connector approve` and `connector reject`: a person's word on planned journals."""

import click

from connector_defs.cli import output
from connector_defs.cli.opened import opened_road
from connector_defs.cli.options import connection_option, examples, json_option, reason_option
from connector_defs.cli.standing import documents_of
from ledger.errors import InputRefused


@click.command(
    "approve", epilog=examples('connector approve 24758260539 -c amazon_us --reason "checked with the plan"')
)
@click.argument("settlement")
@connection_option
@reason_option
@json_option
def approve(settlement: str, connection_name: str | None, reason: str, as_json: bool) -> None:
    """Approve the planned journals of a settlement; they are sent by the next run."""
    _decide(settlement, connection_name, reason, as_json, is_approval=True)


@click.command("reject", epilog=examples('connector reject 24758260539 -c amazon_us --reason "wrong department"'))
@click.argument("settlement")
@connection_option
@reason_option
@json_option
def reject(settlement: str, connection_name: str | None, reason: str, as_json: bool) -> None:
    """Reject the journals of a settlement of which nothing was sent; corrected ones become a new revision."""
    _decide(settlement, connection_name, reason, as_json, is_approval=False)


def _decide(settlement: str, connection_name: str | None, reason: str, as_json: bool, *, is_approval: bool) -> None:
    from assets.settlement_reports import SETTLEMENT_KIND, registered
    from ledger.posting import PostingState

    road = opened_road(connection_name)
    registered(road, settlement)
    documents = documents_of(road, settlement)
    allowed = {PostingState.PLANNED} if is_approval else {PostingState.PLANNED, PostingState.APPROVED}
    undecided = [one for one in documents if one.state in allowed]
    if not undecided or (not is_approval and len(undecided) < len(documents)):
        states = ", ".join(f"part {one.part} {one.state}" for one in documents) or "no journal is planned"
        done = "approved" if is_approval else "rejected"
        raise InputRefused(f"Settlement {settlement} of {road.connection} cannot be {done}: {states}.")
    to = PostingState.APPROVED if is_approval else PostingState.REFUSED
    word = "approved" if is_approval else "rejected"
    for document in undecided:
        road.stores.outbox.step(document.key, to, f"{word} by {road.person}: {reason}", lease=None, person=road.person)
    if is_approval:
        road.stores.due.ask(road.connection, SETTLEMENT_KIND, settlement, road.clock.now(), f"approved: {reason}")
    if as_json:
        parts = [{"key": one.key, "part": one.part, "state": str(to)} for one in undecided]
        output.write_json({"connection": road.connection, "settlement_id": settlement, "documents": parts})
    else:
        follow = " The next run sends them; or now: connector post " + settlement if is_approval else ""
        output.say(f"{len(undecided)} journals of settlement {settlement} are {word}.{follow}")
