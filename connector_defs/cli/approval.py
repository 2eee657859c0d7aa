"""`connector approve` and `connector reject`: a person's word on planned journals.

What is decided on is shown with it: totals, count of lines, revision, and the fingerprint of the whole set. With
`--fingerprint` (as `connector plan` shows it) only that very set is approved. Where the connection says `approval:
required`, whoever planned the journals or changed the files they are made with cannot approve them.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.deciding import decider, sign_option
from connector_defs.cli.opened import opened_road
from connector_defs.cli.options import connection_option, examples, json_option, reason_option
from ledger.accrual import month_of_accrual
from ledger.four_eyes import statement

if TYPE_CHECKING:
    from resources.store.outbox import OutboxDocument


@click.command(
    "approve",
    epilog=examples(
        'connector approve 24758260539 -c amazon_us --reason "checked with the plan"',
        'connector approve 24758260539 -c amazon_us --fingerprint 3f9a1c0b7d24 --sign-as maria --reason "as planned"',
    ),
)
@click.argument("settlement")
@connection_option
@reason_option
@click.option("--fingerprint", default="", metavar="TEXT", help="Approve only the set whose fingerprint begins so.")
@sign_option
@json_option
def approve(
    settlement: str, connection_name: str | None, reason: str, fingerprint: str, sign_as: str, as_json: bool
) -> None:
    """Approve the planned journals of a settlement; they are sent by the next run."""
    _decide(settlement, connection_name, reason, sign_as, as_json, is_approval=True, fingerprint=fingerprint)


@click.command("reject", epilog=examples('connector reject 24758260539 -c amazon_us --reason "wrong department"'))
@click.argument("settlement")
@connection_option
@reason_option
@sign_option
@json_option
def reject(settlement: str, connection_name: str | None, reason: str, sign_as: str, as_json: bool) -> None:
    """Reject the journals of a settlement of which nothing was sent; corrected ones become a new revision."""
    _decide(settlement, connection_name, reason, sign_as, as_json, is_approval=False)


def _decide(
    settlement: str,
    connection_name: str | None,
    reason: str,
    sign_as: str,
    as_json: bool,
    *,
    is_approval: bool,
    fingerprint: str = "",
) -> None:
    from assets.posting.document_sets import called, content_mark, open_documents
    from assets.review import approval
    from assets.stages.day_names import day_of_name

    road = opened_road(connection_name)
    planned = open_documents(road, settlement)
    content = content_mark(planned) if planned else ""
    word = "approve" if is_approval else "reject"
    person = decider(sign_as, statement(word, road.connection, settlement, content, reason))
    if is_approval:
        # What was shown, or signed, is what is approved: nothing that somebody planned meanwhile.
        documents = approval.approve(road, settlement, person, reason, fingerprint or content)
    else:
        documents = approval.reject(road, settlement, person, reason)
    if as_json:
        parts = [{"key": one.key, "state": str(one.state), **_content(one)} for one in documents]
        fingerprint = content_mark(documents)
        told = {"connection": road.connection, "settlement_id": settlement, "fingerprint": fingerprint}
        output.write_json({**told, "documents": parts})
        return
    output.print_table([_content(one) for one in documents])
    output.say(f"Fingerprint of the set: {content_mark(documents)}")
    states = ", ".join(sorted({f"part {one.part} {one.state}" for one in documents}))
    month, day = month_of_accrual(settlement), day_of_name(settlement)
    now = f"connector post {settlement}" if month is None else f"connector month-end {month} --only accruals"
    if day is not None:
        now = f"connector fetch {day[0]} --from {day[1]} --to {day[1]}"
    follow = f" The next run sends it; or now: {now} -c {road.connection}" if is_approval else ""
    output.say(f"{called(settlement)} of {road.connection}: {states}.{follow}")


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
