"""`connector review`: what waits for a person, and the decision that lets the road go on.

Resolving validates first what the action promises: `deleted` asks the ERP, `accept` of a changed settlement makes the
newer document count. Then the item is closed with person and reason, and its settlement is asked for. Where the
connection says `approval: required`, a decision that changes what is posted needs a second person who says the same.
"""

from typing import TYPE_CHECKING

import click

from assets.review_queue import (
    age,
    amount_text,
    command,
    in_order,
    meaning,
    next_command,
    origin_text,
    proposal,
    subject,
)
from assets.stages.day_names import is_of_day_asset
from assets.stages.month_names import month_of_name
from assets.stages.verdicts import rows_as_told
from connector_defs.cli import output
from connector_defs.cli.bank_days import look_again
from connector_defs.cli.deciding import decider, sign_option
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import opened_project, opened_road, opened_stores
from connector_defs.cli.options import examples, json_option, reason_option
from ledger.errors import InputRefused
from ledger.four_eyes import statement
from resources.clock import SystemClock

if TYPE_CHECKING:
    from resources.store.review import ReviewItem


@click.group(
    "review",
    epilog=examples("connector review list", 'connector review resolve 7 --action recheck --reason "corrected in GL"'),
)
def review() -> None:
    """See what waits for a person, and decide."""


@review.command(
    "list", epilog=examples("connector review list -c amazon_us", "connector review list --state all --json")
)
@click.option("--connection", "-c", "connection_name", metavar="C", help="Only this connection.")
@click.option(
    "--state",
    default="open",
    show_default=True,
    type=click.Choice(["open", "resolved", "cleared", "all"]),
    help="Which items: those that wait, those a person ended, those whose cause went away by itself.",
)
@json_option
@click.pass_context
def list_items(ctx: click.Context, connection_name: str | None, state: str, as_json: bool) -> None:
    """List review items; exit 6 when open ones are among them."""
    if connection_name is not None:
        opened_project().connection_file(connection_name)
    items = opened_stores().review.listing(connection_name, None if state == "all" else state)
    if as_json:
        output.write_json({"items": [row_of(one) for one in items]})
    else:
        several = len({one.connection for one in items}) > 1
        rows = [_short_row(one, with_connection=several) for one in in_order(items)]
        output.print_table(rows, nothing="Nothing waits for a person.")
    ctx.exit(ExitCode.WAITS if any(one.state == "open" for one in items) else ExitCode.FINE)


@review.command("show", epilog=examples("connector review show 7", "connector review show 7 --json"))
@click.argument("item_id", metavar="ID", type=int)
@json_option
def show_item(item_id: int, as_json: bool) -> None:
    """Show one review item whole, and what each of its actions does."""
    item = _item(item_id)
    row = row_of(item)
    if as_json:
        output.write_json({**row, "what_actions_do": {one: meaning(item.code, one) for one in item.actions}})
        return
    told = {"amount": amount_text(item), "waits": age(item.opened_at, item.ended_at or SystemClock().now())}
    told["origin"] = origin_text(item)
    output.print_facts({name: value for name, value in {**row, **told}.items() if value})
    if differences := rows_as_told("differences", item.details):
        output.print_table(differences, title="What differs")
    if item.state == "open":
        rows = [{"action": one, "what it does": meaning(item.code, one)} for one in item.actions]
        output.print_table(rows, title="To decide")
        if item.proposed_action:
            output.say(f"{item.proposed_action!r} is proposed by {item.proposed_by}; another person confirms it:")
        output.say(next_command(item))


@review.command(
    "resolve",
    epilog=examples(
        'connector review resolve 7 --action deleted --reason "journal deleted by GL"',
        'connector review resolve 9 --action accept --reason "Amazon restated the report"',
    ),
)
@click.argument("item_id", metavar="ID", type=int)
@click.option("--action", required=True, metavar="A", help="One of the item's actions.")
@reason_option
@sign_option
@json_option
def resolve(item_id: int, action: str, reason: str, sign_as: str, as_json: bool) -> None:
    """End a review item by a decision; its settlement goes on with the next run.

    With the action `choose` the reason begins with the settlement that is meant: "24758260539: its reserve fits".
    """
    from assets.review import decisions

    item = _item(item_id)
    person = decider(sign_as, statement(action, item.connection, f"review item {item_id}", item.sentence, reason))
    road = opened_road(item.connection)
    decided = decisions.resolve(road, item, action, person, reason)
    look_again(road, item.connection)
    if as_json:
        output.write_json(row_of(decided))
    elif decided.state == "open":
        output.say(
            f"{person.name} proposes {action!r} for review item {item_id}. It counts when another person says so too: "
            f"{command(decided, action)}"
        )
    else:
        output.say(f"Review item {item_id} is resolved with {action!r}; {_what_follows(decided)}")


def _what_follows(item: "ReviewItem") -> str:
    if item.partition.isdigit():
        return f"settlement {item.partition} is due again."
    if is_of_day_asset(item.partition):
        return f"{subject(item)} is fetched again."
    if month_of_name(item.partition):
        return f"{subject(item)} is made again."
    return "the next discovery or listing looks again."


def _item(item_id: int) -> "ReviewItem":
    item = opened_stores().review.get(item_id)
    if item is None:
        raise InputRefused(f"There is no review item {item_id}. List the open ones: connector review list")
    return item


def _short_row(item: "ReviewItem", *, with_connection: bool) -> dict[str, object]:
    """Return what a person needs to choose an item: what it is, how much, since when, from where."""
    return {
        "id": item.id,
        **({"connection": item.connection} if with_connection else {}),
        "settlement": subject(item),
        "what it is": f"{item.code}: {item.sentence}",
        "amount": amount_text(item),
        "waits": age(item.opened_at, item.ended_at or SystemClock().now()),
        "from": origin_text(item),
        "actions": "\n".join(item.actions) + proposal(item)
        if item.state == "open"
        else f"{item.state} {item.resolution}".strip(),
    }


def row_of(item: "ReviewItem") -> dict[str, object]:
    """Return one item as a row."""
    return {
        "id": item.id,
        "connection": item.connection,
        "settlement": item.partition,
        "code": item.code,
        "sentence": item.sentence,
        "cure": item.cure,
        "actions": ", ".join(item.actions),
        "amount": item.amount,
        "origin": item.origin,
        "document": item.document_key,
        "state": item.state,
        "opened_at": output.utc_text(item.opened_at),
        "ended_at": output.utc_text(item.ended_at) if item.ended_at else None,
        "person": item.person,
        "resolution": item.resolution,
        "reason": item.resolution_reason,
        "proposed": f"{item.proposed_action} by {item.proposed_by}" if item.proposed_action else "",
    }
