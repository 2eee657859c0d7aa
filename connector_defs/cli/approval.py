"""`connector approve` and `connector reject`: a person's word on planned journals."""

import click

from connector_defs.cli import output
from connector_defs.cli.opened import opened_road
from connector_defs.cli.options import connection_option, examples, json_option, reason_option


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
    from assets import approval

    road = opened_road(connection_name)
    decide = approval.approve if is_approval else approval.reject
    documents = decide(road, settlement, road.person, reason)
    if as_json:
        parts = [{"key": one.key, "part": one.part, "state": str(one.state)} for one in documents]
        output.write_json({"connection": road.connection, "settlement_id": settlement, "documents": parts})
        return
    states = ", ".join(f"part {one.part} {one.state}" for one in documents)
    follow = f" The next run sends it; or now: connector post {settlement} -c {road.connection}" if is_approval else ""
    output.say(f"Settlement {settlement} of {road.connection}: {states}.{follow}")
