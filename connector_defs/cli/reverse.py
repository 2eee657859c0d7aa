"""`connector reverse` and `connector repost`: undo what is posted, and post it again; shown first, done with --apply.

In: settlements, orders or days, and a reason. Out: the plan as a table and its warnings; with --apply the reversal is
stored and goes as far as it goes now, and every later run carries it on. Several are put in the right order by
themselves.
"""

from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click

from connector_defs.cli import output
from connector_defs.cli.deciding import decider, sign_option
from connector_defs.cli.exit_codes import first_failure
from connector_defs.cli.opened import opened_road
from connector_defs.cli.options import connection_option, examples, json_option, reason_option
from connector_defs.cli.standing import Standing, standing
from connector_defs.cli.undone_orders import days_among, driven_orders, meant_by, posted_again
from ledger.accrual import month_of_accrual
from ledger.errors import ConnectorError, DoneAlready, InputRefused, NeverUndone, UnderWayAlready
from ledger.four_eyes import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from assets.stages.roadmap import Road
    from assets.undo.reversals import ReversalPlan
    from ledger.month import Month

_Plan = TypeVar("_Plan")
_Name = TypeVar("_Name")
_REFUSALS_MAX = 5
# What depends on something is undone before it: a receipt before its settlement.
_UNDOING_STAGES = ("cash_entries", "erp_postings", "reconciliations")

apply_option = click.option("--apply", "is_applied", is_flag=True, help="Do it; without this it is only shown.")


@click.command(
    "reverse",
    epilog=examples(
        'connector reverse 24758260539 -c amazon_us --reason "wrong department"',
        'connector reverse 24758260539 -c amazon_us --reason "wrong department" --apply',
        'connector reverse 24758270546 24758280553 -c amazon_us --reason "wrong unit" --apply',
        'connector reverse 111-4827361-9928374 -c amazon_us --reason "wrong unit cost" --apply',
        'connector reverse cost_postings-2026-11-14 -c amazon_us --reason "wrong account" --apply',
    ),
)
@click.argument("names", nargs=-1, required=True)
@connection_option
@reason_option
@apply_option
@click.option(
    "--even-if-closed",
    is_flag=True,
    help="Also where something else, such as a bank receipt, stands on the clearing item; it is then open again.",
)
@click.option("--cash-only", is_flag=True, help="Only the receipt that the connector booked; the settlement stays.")
@json_option
@click.pass_context
def reverse(
    ctx: click.Context,
    names: tuple[str, ...],
    connection_name: str | None,
    reason: str,
    is_applied: bool,
    even_if_closed: bool,
    cash_only: bool,
    as_json: bool,
) -> None:
    """Undo posted settlements by reversing journals, dependents first: the receipt, then the settlement.

    An order, or a document of one by its number or key, means its invoice, its cost of goods and what returns took back
    of that: the invoice is undone by a credit memo for what its credit memos left of it; they stay in the ERP and count
    as undone with it. The number of an invoice of Amazon's means the input tax that it claimed. A day, such as
    cost_postings-2026-11-14, means every document of it.

    Refused while anything of a settlement is between sent and posted, and while a later settlement that is not
    reversed with it carries its open item. Safe to repeat: a reversal under way is resumed, and what is reversed
    already is left alone.
    """
    from assets.posting.document_sets import called_by_day
    from assets.undo.order_reversals import plan_order_reversal
    from assets.undo.reversals import (
        apply_reversal,
        dependents_first,
        plan_reversal,
        require_applicable,
        require_cash_reversals,
    )
    from assets.undo.whole_days import require_nothing_beside

    road = opened_road(connection_name)
    settlements, sources = meant_by(road, names)
    together = frozenset(settlements)
    ordered = dependents_first(road, settlements)
    if cash_only and sources:
        raise InputRefused(f"{called_by_day(sources[0])} has no receipt: --cash-only takes settlements.")
    if cash_only:
        found, done, _ = _still_to_do({one: partial(require_cash_reversals, road, one) for one in ordered})
        plans = [plan for of_one in found.values() for plan in of_one]
    else:
        wishes: dict = {one: partial(plan_reversal, road, one, together) for one in ordered}
        everything = together | {one.source_id for one in sources}
        require_nothing_beside(road, days_among(road, names), everything)
        wishes |= {one: partial(plan_order_reversal, road, one, everything) for one in sources}
        planned, done, _ = _still_to_do(wishes)
        plans = list(planned.values())
    if not plans:
        _tell_done(road, done, as_json)
        return
    standings: list[Standing] = []
    for plan in plans if is_applied else ():
        require_applicable(plan, reason, even_if_closed=even_if_closed)
    for plan in plans if is_applied else ():
        apply_reversal(road, plan, reason, even_if_closed=even_if_closed)
    if is_applied:
        standings += [_driven(road, one, _UNDOING_STAGES) for one in _names(plans)]
        standings += driven_orders(road, (plan.originals[0].source for plan in plans if plan.kept_under))
    needs_word = any(plan.is_closed_elsewhere for plan in plans) and not even_if_closed
    how = "--apply --even-if-closed" if needs_word else "--apply"
    rows = [row for plan in plans for row in _rows(road, plan)]
    _tell(road, rows, [*done, *_warnings(plans)], standings, as_json, how)
    ctx.exit(first_failure(one.exit_code for one in standings))


@click.command(
    "repost",
    epilog=examples(
        'connector repost 24758260539 -c amazon_us --reason "mapping corrected"',
        'connector repost 24758260539 -c amazon_us --reason "mapping corrected" --apply',
    ),
)
@click.argument("names", nargs=-1, required=True)
@connection_option
@reason_option
@apply_option
@sign_option
@json_option
@click.pass_context
def repost(
    ctx: click.Context,
    names: tuple[str, ...],
    connection_name: str | None,
    reason: str,
    is_applied: bool,
    sign_as: str,
    as_json: bool,
) -> None:
    """Post reversed settlements again, as the mapping says now: a new revision, of unchanged content too.

    An order, or a document of one by its number or key, is billed and costed again in the same way, and credited again
    what was. A day means all that was undone of it.

    Safe to repeat: what is posted again already is left alone.
    """
    from assets.bank.cash_sources import is_cash
    from assets.road import STAGES
    from assets.undo.order_reversals import repost_order as keep_order_wish
    from assets.undo.order_reversals import require_order_reversed
    from assets.undo.reposting import origins_first, require_reversed
    from assets.undo.reposting import repost as keep_wish

    road = opened_road(connection_name)
    settlements, sources = meant_by(road, names, again=True)
    together = frozenset(settlements)
    wishes: dict = {one: partial(require_reversed, road, one, together) for one in origins_first(road, settlements)}
    # What depends on something is posted again after it.
    wishes |= {one: partial(require_order_reversed, road, one) for one in reversed(sources)}
    undone, warnings, begun = _still_to_do(wishes)
    if not undone and not begun:
        _tell_done(road, warnings, as_json)
        return
    ordered, orders = [one for one in undone if one in together], [one for one in undone if one not in together]
    documents = [_planned_again(road, one) for one in ordered if not is_cash(undone[one].source)]
    warnings += [f"{one['settlement_id']}: {stop['sentence']}" for one in documents for stop in one["stops"]]
    order_rows, sentences = posted_again(road, orders)
    warnings += sentences
    standings: list[Standing] = []
    if is_applied:
        said = statement(
            "repost", road.connection, " ".join([*ordered, *(one.source_id for one in orders)]), "", reason
        )
        who = decider(sign_as, said) if undone else None
        for one in undone:
            is_order = one not in together
            item = keep_order_wish(road, one, who, reason) if is_order else keep_wish(road, one, who, reason, together)
            if item.state == "open":
                name = one.source_id if is_order else one
                warnings.append(f"{name}: proposed by {item.proposed_by}; another person confirms it by this command.")
        again = [*begun, *undone]
        stages = tuple(stage.asset for stage in STAGES)
        # A settlement clears what its orders have billed, so those are posted again before it.
        standings += driven_orders(road, [one for one in again if one not in together])
        standings += [_driven(road, one, stages) for one in again if one in together]
    rows = [_planned_row(one, journal) for one in documents for journal in one["journals"]]
    rows += [{"settlement": one, "erp_id": "its receipt"} for one in ordered if is_cash(undone[one].source)]
    _tell(road, [*rows, *order_rows], warnings, standings, as_json)
    ctx.exit(first_failure(one.exit_code for one in standings))


def _still_to_do(wishes: "dict[_Name, Callable[[], _Plan]]") -> "tuple[dict[_Name, _Plan], list[str], list[_Name]]":
    """Return what is planned for each name, what is said of those that are done already, and those that were begun.

    Where several were begun by one command that died, the same command goes on. Raises InputRefused with the reasons of
    all that is refused, also where nothing of what is to be posted again was ever undone.
    """
    planned: dict[_Name, _Plan] = {}
    done: list[DoneAlready] = []
    begun: list[_Name] = []
    refused: list[InputRefused] = []
    for name, plan in wishes.items():
        try:
            planned[name] = plan()
        except UnderWayAlready as already:
            begun.append(name)
            done.append(already)
        except DoneAlready as already:
            done.append(already)
        except InputRefused as refusal:
            refused.append(refusal)
    if len(refused) > 1:
        more = f" And {len(refused) - _REFUSALS_MAX} more." if len(refused) > _REFUSALS_MAX else ""
        raise InputRefused(" ".join(str(one) for one in refused[:_REFUSALS_MAX]) + more)
    if refused:
        raise refused[0]
    if done and not planned and all(isinstance(one, NeverUndone) for one in done):
        raise done[0]
    return planned, [str(one) for one in done], begun


def _names(plans: "Iterable[ReversalPlan]") -> list[str]:
    """Return the settlements and accruals of plans, each once."""
    return list(dict.fromkeys(plan.name for plan in plans if not plan.kept_under))


def _driven(road: "Road", settlement_id: str, assets: tuple[str, ...]) -> Standing:
    """Run stages in this order until one stops, and say where the settlement stands; an error stops no other."""
    from assets.road import STAGES, run_stage
    from assets.settlements.series import placed

    month = month_of_accrual(settlement_id)
    if month is not None:
        return _driven_accrual(road, settlement_id, month)
    is_before = placed(road)[settlement_id].is_before_go_live
    try:
        by_asset = {stage.asset: stage for stage in STAGES}
        for asset in assets:
            if run_stage(road, by_asset[asset], settlement_id).stops:
                break
    except ConnectorError as error:
        return standing(road, settlement_id, is_before_go_live=is_before, error=str(error), code=error.exit_code)
    return standing(road, settlement_id, is_before_go_live=is_before)


def _driven_accrual(road: "Road", name: str, month: "Month") -> Standing:
    """Make the accruals of the month again, which takes this one along, and say where it stands."""
    from assets.accruals import STAGE
    from assets.stages.months import run_month

    try:
        run_month(road, STAGE, month)
    except ConnectorError as error:
        return standing(road, name, is_before_go_live=False, error=str(error), code=error.exit_code)
    return standing(road, name, is_before_go_live=False)


def _planned_again(road: "Road", name: str) -> dict:
    """Return what would be posted again of a settlement or an accrual, as plain values."""
    from connector_defs.cli.plan import planned
    from connector_defs.cli.plan_accruals import planned_accruals

    month = month_of_accrual(name)
    if month is None:
        return planned(road, name)
    made = planned_accruals(road, month)
    own = next((one for one in made["accruals"] if one["accrual"] == name), {"journals": [], "stops": []})
    waits = [{"sentence": sentence} for sentence in made["waits_for"]]
    journals = [{**one, "currency": own["currency"]} for one in own["journals"]]
    return {"settlement_id": name, "journals": journals, "stops": [*waits, *own["stops"]]}


def _rows(road: "Road", plan: "ReversalPlan") -> "Iterable[dict[str, object]]":
    from ledger.periods import late_words

    for one in plan.before:
        yield from _rows(road, one)
    erp_ids = {one.key: one.erp_id for one in plan.originals}
    for journal in plan.journals.journals:
        yield {
            "settlement": plan.name,
            "undoes": erp_ids.get(journal.reverses, ""),
            "by": "nothing is left of it" if journal.is_on_record else road.target.erp_id(journal),
            "date": journal.accounting_date.isoformat(),
            "late": late_words(journal),
            "currency": journal.currency,
            "debits": journal.debits,
            "credits": journal.credits,
            "lines": len(journal.lines),
        }
    for memo in plan.credits:
        yield {"settlement": plan.name, "undoes": memo.erp_id, "by": "with its invoice; it stays in the ERP"}
    for part in plan.withdrawn:
        yield {"settlement": plan.name, "undoes": f"part {part.part}, {part.state}", "by": "never sent"}


def _planned_row(document: dict, journal: dict) -> dict[str, object]:
    shown = ("erp_id", "part", "unit", "accounting_date", "currency", "debits", "credits")
    return {"settlement": document["settlement_id"], **{name: journal[name] for name in shown}}


def _warnings(plans: "list[ReversalPlan]") -> list[str]:
    resumed = [f"{one.name}: its reversal is under way and goes on." for one in plans if one.is_resumed]
    return [*resumed, *(f"{one.name}: {warning}" for one in plans for warning in one.warnings)]


def _tell_done(road: "Road", sentences: list[str], as_json: bool) -> None:
    """Say that all that was asked for stands already, so that there is nothing left to do."""
    if as_json:
        told = {"connection": road.connection, "is_applied": False, "documents": [], "warnings": sentences}
        output.write_json({**told, "settlements": []})
        return
    for sentence in sentences:
        output.say(sentence)


def _tell(
    road: "Road",
    rows: list[dict[str, object]],
    warnings: list[str],
    standings: list[Standing],
    as_json: bool,
    how: str = "--apply",
) -> None:
    """Show the plan, what a person should know first, and where the settlements stand when it was applied."""
    if as_json:
        told = {"connection": road.connection, "is_applied": bool(standings), "documents": rows, "warnings": warnings}
        output.write_json({**told, "settlements": [one.row for one in standings]})
        return
    output.print_table(rows, nothing="Nothing would be posted.")
    for warning in warnings:
        output.say(f"Note: {warning}")
    if standings:
        output.print_table([one.row for one in standings])
    else:
        output.say(f"Nothing was done. To do it, repeat the command with {how}.")
