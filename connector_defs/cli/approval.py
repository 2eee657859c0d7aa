"""`connector approve` and `connector reject`: a person's word on planned journals.

What is decided on is shown with it: totals, count of lines, revision, and the fingerprint of the whole set. With
`--fingerprint` (as `connector plan` shows it) only that very set is approved.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.opened import opened_road
from connector_defs.cli.options import connection_option, examples, json_option, reason_option
from ledger.errors import InputRefused

if TYPE_CHECKING:
    from resources.store.outbox import OutboxDocument

FINGERPRINT_LETTERS_MIN = 8


@click.command(
    "approve",
    epilog=examples(
        'connector approve 24758260539 -c amazon_us --reason "checked with the plan"',
        'connector approve 24758260539 -c amazon_us --fingerprint 3f9a1c0b7d24 --reason "checked with the plan"',
    ),
)
@click.argument("settlement")
@connection_option
@reason_option
@click.option("--fingerprint", default="", metavar="TEXT", help="Approve only the set whose fingerprint begins so.")
@json_option
def approve(settlement: str, connection_name: str | None, reason: str, fingerprint: str, as_json: bool) -> None:
    """Approve the planned journals of a settlement; they are sent by the next run."""
    _decide(settlement, connection_name, reason, as_json, is_approval=True, fingerprint=fingerprint)


@click.command("reject", epilog=examples('connector reject 24758260539 -c amazon_us --reason "wrong department"'))
@click.argument("settlement")
@connection_option
@reason_option
@json_option
def reject(settlement: str, connection_name: str | None, reason: str, as_json: bool) -> None:
    """Reject the journals of a settlement of which nothing was sent; corrected ones become a new revision."""
    _decide(settlement, connection_name, reason, as_json, is_approval=False)


def _decide(
    settlement: str,
    connection_name: str | None,
    reason: str,
    as_json: bool,
    *,
    is_approval: bool,
    fingerprint: str = "",
) -> None:
    from assets import approval

    road = opened_road(connection_name)
    if fingerprint:
        _require_fingerprint(settlement, approval.documents_of(road, settlement), fingerprint.strip().lower())
    decide = approval.approve if is_approval else approval.reject
    documents = decide(road, settlement, road.person, reason)
    if as_json:
        parts = [{"key": one.key, "state": str(one.state), **_content(one)} for one in documents]
        fingerprint = documents[0].set_fingerprint
        told = {"connection": road.connection, "settlement_id": settlement, "fingerprint": fingerprint}
        output.write_json({**told, "documents": parts})
        return
    output.print_table([_content(one) for one in documents])
    output.say(f"Fingerprint of the set: {documents[0].set_fingerprint}")
    states = ", ".join(f"part {one.part} {one.state}" for one in documents)
    follow = f" The next run sends it; or now: connector post {settlement} -c {road.connection}" if is_approval else ""
    output.say(f"Settlement {settlement} of {road.connection}: {states}.{follow}")


def _content(document: "OutboxDocument") -> dict[str, int | str | Decimal]:
    """Return what a person decides on for one part, amounts exact in the journal's currency."""
    journal = document.journal
    return {
        "part": document.part,
        "revision": document.revision,
        "unit": journal.unit,
        "date": journal.accounting_date.isoformat(),
        "currency": journal.currency,
        "debits": journal.debits,
        "credits": journal.credits,
        "lines": len(journal.lines),
    }


def _require_fingerprint(settlement: str, documents: "list[OutboxDocument]", fingerprint: str) -> None:
    """Raise InputRefused unless the newest revision is the set whose fingerprint begins so."""
    if len(fingerprint) < FINGERPRINT_LETTERS_MIN:
        raise InputRefused(f"--fingerprint needs at least {FINGERPRINT_LETTERS_MIN} letters; nothing was approved.")
    if not documents:
        raise InputRefused(f"Settlement {settlement} has no planned journal; nothing was approved.")
    if any(not one.set_fingerprint.startswith(fingerprint) for one in documents):
        raise InputRefused(
            f"Settlement {settlement} has other journals planned (fingerprint {documents[0].set_fingerprint}); nothing "
            f"was approved. Look at them: connector outbox show {settlement}"
        )
