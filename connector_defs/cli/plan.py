"""`connector plan`: what would be posted for a settlement; nothing is written to the ERP.

The stages up to the journals run as they would for posting (they read the ERP's accounts and periods, nothing more).
When something is missing, the plan says what instead of the journals. Of a settlement that was sent already, it also
shows line by line what would be booked otherwise now. What warns and stops nothing is shown as well.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.map import missing
from connector_defs.cli.opened import opened_road
from connector_defs.cli.options import connection_option, examples, json_option
from connector_defs.cli.outbox import journal_lines
from connector_defs.cli.plan_accruals import accruals
from connector_defs.cli.plan_backfill import backfill
from ledger.errors import TargetError

if TYPE_CHECKING:
    from assets.stages.roadmap import Road
    from assets.stages.verdicts import Verdict
    from ledger.journal import JournalSet

_STAGES = ("settlement_reports", "settlement_lines", "mapped_lines", "journals")


class PlanCommands(click.Group):
    """A group that takes a settlement where another one takes a command."""

    def completed(self, args: list[str]) -> list[str]:
        """Put `settlement` before what is no command of the group."""
        return ["settlement", *args] if args and args[0] not in (*self.commands, "-h", "--help") else args

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what stands on the command line, a settlement alone as well."""
        return super().parse_args(ctx, self.completed(args))


@click.group(
    "plan",
    cls=PlanCommands,
    epilog=examples(
        "connector plan 24758260539 -c amazon_us",
        "connector plan backfill --from 2026-01-01 --to 2026-10-31 -c amazon_us",
        "connector plan accruals 2026-10 -c amazon_us",
    ),
)
def plan() -> None:
    """Show what would be posted for a settlement or accrued for a month, or what a backfill takes; nothing is sent."""


@plan.command(
    "settlement",
    epilog=examples(
        "connector plan settlement 24758260539 -c amazon_us", "connector plan 24758260539 -c amazon_us --json"
    ),
)
@click.argument("settlement")
@connection_option
@json_option
@click.pass_context
def plan_settlement(ctx: click.Context, settlement: str, connection_name: str | None, as_json: bool) -> None:
    """Show what would be posted: journals with their lines, or what is missing. Exit 6 when something is."""
    document = planned(opened_road(connection_name), settlement)
    if as_json:
        output.write_json(document)
    else:
        _show(document)
    ctx.exit(ExitCode.WAITS if document["stops"] else ExitCode.FINE)


plan.add_command(backfill)
plan.add_command(accruals)


def planned(road: "Road", settlement_id: str) -> dict:
    """Return the plan of a settlement as plain values."""
    from assets.journals import planned_journals
    from assets.road import STAGES
    from assets.settlement_reports import registered
    from assets.settlements.series import placed

    facts = registered(road, settlement_id).facts
    is_before = placed(road)[settlement_id].is_before_go_live
    stops: list[dict[str, str]] = []
    verdicts: list[Verdict] = []
    for stage in STAGES:
        if stage.asset not in _STAGES:
            break
        found, stopped = _looked_at(road, stage, settlement_id)
        verdicts += found
        stops += stopped
        if stopped:
            break
    has_journals = not is_before and not any(stop["stage"] != "journals" for stop in stops)
    planned_set = _as_next_revision(road, planned_journals(road, settlement_id).journals) if has_journals else None
    journals = planned_set.journals if planned_set else ()
    if planned_set is not None and not stops:
        stops += _stops_of_repost(road, planned_set)
    return {
        "connection": road.connection,
        "settlement_id": settlement_id,
        "currency": facts["currency"],
        "total_amount": facts["total_amount"],
        "is_before_go_live": is_before,
        "fingerprint": planned_set.fingerprint if planned_set and journals else "",
        "stands": _standing(road, settlement_id),
        "stops": stops,
        "to_look_at": [
            {"check": one.check, "sentence": one.sentence} for one in verdicts if not one.passed and not one.is_blocking
        ],
        "orders_before_go_live": [row for one in verdicts if one.check == "orders_before_go_live" for row in one.rows],
        "missing_mapping": _snippet(road, settlement_id, stops),
        "journals": [_journal(road, one) for one in journals],
        "differs_from_what_was_sent": _differences(road, settlement_id) if has_journals else [],
    }


def _standing(road: "Road", settlement_id: str) -> list[dict[str, str]]:
    """Return the documents of the newest revision that there are already, as they stand."""
    from assets.posting.document_sets import settlement_source

    documents = road.stores.outbox.documents(settlement_source(road, settlement_id))
    return [
        {"part": f"{one.part}/{one.parts}", "state": str(one.state), "erp_id": one.erp_id or ""} for one in documents
    ]


def _as_next_revision(road: "Road", wanted: "JournalSet") -> "JournalSet":
    """Return the journals under the revision and on the dates they would have: both make their keys in the ERP."""
    from assets.posting.accounting_dates import settled_dates
    from assets.posting.document_sets import is_withheld

    known = road.stores.outbox.documents(wanted.source)
    wanted = settled_dates(road, wanted, known)
    if not known:
        return wanted
    is_known = known[0].set_fingerprint == wanted.fingerprint and not is_withheld(known)
    return wanted.with_revision(known[0].revision + (0 if is_known else 1))


def _stops_of_repost(road: "Road", wanted: "JournalSet") -> list[dict[str, str]]:
    """Return what would stop a reversed settlement that is posted again: its own stages see nothing to send."""
    from assets.posting.document_sets import is_withheld
    from assets.posting.gate import accounts_verdict

    if not is_withheld(road.stores.outbox.documents(wanted.source)):
        return []
    verdict = accounts_verdict(road, road.load_mapping(), wanted)
    cure = " ".join(dict.fromkeys(finding.cure for finding in verdict.findings))
    return [
        {"stage": "erp_postings", "check": verdict.check, "sentence": verdict.sentence, "cure": cure}
    ] * verdict.stops


def _differences(road: "Road", settlement_id: str) -> list[dict[str, str]]:
    """Return line by line what differs from what may be in the ERP already; nothing where nothing was sent."""
    from dataclasses import replace

    from assets.journals import planned_journals
    from assets.posting.accounting_dates import settled_dates
    from assets.posting.document_sets import may_exist
    from assets.settlements.changed_lines import changed_lines

    now = planned_journals(road, settlement_id)
    known = road.stores.outbox.documents(now.journals.source)
    if not may_exist(known):
        return []
    return list(
        changed_lines(road, settlement_id, known, replace(now, journals=settled_dates(road, now.journals, known))).rows
    )


def _looked_at(road: "Road", stage, settlement_id: str) -> "tuple[Sequence[Verdict], list[dict[str, str]]]":
    """Run one stage without keeping its findings; return its verdicts, and what would stop the settlement there."""
    try:
        result = stage.run(road, settlement_id)
    except TargetError as error:
        return (), [{"stage": stage.asset, "check": "erp", "sentence": str(error), "cure": "Run connector check."}]
    return result.verdicts, [
        {
            "stage": stage.asset,
            "check": verdict.check,
            "sentence": verdict.sentence,
            "cure": " ".join(dict.fromkeys(finding.cure for finding in verdict.findings)),
        }
        for verdict in result.verdicts
        if verdict.stops
    ]


def _snippet(road: "Road", settlement_id: str, stops: list[dict[str, str]]) -> str:
    from ledger.mapping import suggest

    if not any(stop["stage"] == "mapped_lines" for stop in stops):
        return ""
    return suggest(missing(road, settlement_id))


def _journal(road: "Road", journal) -> dict:
    return {
        "erp_id": road.target.erp_id(journal),
        "part": f"{journal.part}/{journal.parts}",
        "unit": journal.unit,
        "accounting_date": journal.accounting_date.isoformat(),
        "currency": journal.currency,
        "description": journal.description,
        "debits": journal.debits,
        "credits": journal.credits,
        "lines": journal_lines(journal),
    }


def _show(document: dict) -> None:
    output.say(
        f"Settlement {document['settlement_id']} of {document['connection']}: "
        f"{document['total_amount']} {document['currency']}"
    )
    if document["is_before_go_live"]:
        output.say("It starts before go-live: it is in the books by hand and nothing is posted.")
    for stop in document["stops"]:
        output.say(f"Stopped at {stop['stage']} ({stop['check']}): {stop['sentence']} {stop['cure']}")
    for one in document["to_look_at"]:
        output.say(f"To look at ({one['check']}): {one['sentence']}")
    if document["orders_before_go_live"]:
        output.say("Orders shipped before go-live that it settles:")
        output.print_table(document["orders_before_go_live"])
    if document["missing_mapping"]:
        output.say(f"Add to the mapping:\n\n{document['missing_mapping']}")
    for one in document["stands"]:
        output.say(f"Part {one['part']} is {one['state']} already: {one['erp_id'] or 'not sent yet'}.")
    if document["differs_from_what_was_sent"]:
        output.say("What is in the ERP already, or on its way, would be booked otherwise now; nothing is sent:")
        output.print_table(document["differs_from_what_was_sent"])
    for journal in document["journals"]:
        facts = {name: value for name, value in journal.items() if name != "lines"}
        output.say("")
        output.print_facts(facts)
        output.print_table(journal["lines"])
    if document["fingerprint"]:
        output.say(f"Fingerprint of the set, for `connector approve --fingerprint`: {document['fingerprint']}")
    if not document["journals"] and not document["stops"] and not document["is_before_go_live"]:
        output.say("It has no amount other than zero: nothing is posted.")
