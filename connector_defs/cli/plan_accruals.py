"""`connector plan accruals MONTH`: what a month's accruals would be now; nothing is planned for posting or sent."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import opened_road
from connector_defs.cli.options import connection_option, examples, json_option
from connector_defs.cli.outbox import journal_lines
from ledger.month import Month
from ledger.references import reference

if TYPE_CHECKING:
    from assets.month_end.accrual_sets import Accrual
    from assets.stages.roadmap import Road
    from resources.store.outbox import OutboxDocument


@click.command(
    "accruals",
    epilog=examples("connector plan accruals 2026-10 -c amazon_us", "connector plan accruals 2026-10 --json"),
)
@click.argument("month")
@connection_option
@json_option
@click.pass_context
def accruals(ctx: click.Context, month: str, connection_name: str | None, as_json: bool) -> None:
    """Show what MONTH (such as 2026-10) would accrue: earned, and in no settlement of its books. Exit 6 if it waits."""
    document = planned_accruals(opened_road(connection_name), Month.read(month))
    if as_json:
        output.write_json(document)
    else:
        _show(document)
    is_held = bool(document["waits_for"]) or any(one["stops"] for one in document["accruals"])
    ctx.exit(ExitCode.WAITS if is_held else ExitCode.FINE)


def planned_accruals(road: "Road", month: Month) -> dict:
    """Return the accruals of a month as plain values; `waits_for` says what is not here yet."""
    from assets.month_end.accrual_events import events_of_month
    from assets.month_end.accrual_sets import make_accrual

    mapping = road.load_mapping()
    events = events_of_month(road, mapping, month)
    waits = [*events.waits_for, *(f"{one.sentence} {one.cure}" for one in events.findings)]
    made = [] if waits else [make_accrual(road, mapping, events, place) for place in events.places]
    return {
        "connection": road.connection,
        "month": str(month),
        "waits_for": waits,
        "accruals": [_planned(road, one) for one in made],
    }


def _planned(road: "Road", accrual: "Accrual") -> dict:
    known = road.stores.outbox.documents(accrual.source)
    is_known = bool(known) and known[0].set_fingerprint == accrual.journals.fingerprint
    revision = (known[0].revision + (not is_known)) if known else 1
    wanted = accrual.journals.with_revision(revision)
    return {
        "accrual": accrual.name,
        "marketplace": accrual.place.marketplace,
        "currency": accrual.place.currency,
        "total": accrual.total,
        "stored": _stored(accrual, known),
        "state": ", ".join(dict.fromkeys(str(one.state) for one in known)) or "not planned",
        "fingerprint": wanted.fingerprint if wanted.journals else "",
        "stops": [{"sentence": one.sentence, "cure": one.cure} for one in accrual.findings],
        "categories": list(accrual.rows),
        "journals": [
            {
                "erp_id": road.target.erp_id(one),
                "part": f"{one.part}/{one.parts}",
                "unit": one.unit,
                "accounting_date": one.accounting_date.isoformat(),
                "description": one.description,
                "debits": one.debits,
                "credits": one.credits,
                "lines": journal_lines(one),
            }
            for one in wanted.journals
        ],
    }


def _stored(accrual: "Accrual", known: "Sequence[OutboxDocument]") -> Decimal | None:
    """Return what the stored documents accrue, None where none is stored or their account is not known."""
    if not known or accrual.account is None:
        return None
    item = reference(accrual.name)
    of_month = [one.journal for one in known if one.journal.accounting_date <= accrual.month.last]
    return sum((one.reference_total(accrual.account, item) for one in of_month), Decimal(0))


def _show(document: dict) -> None:
    for sentence in document["waits_for"]:
        output.say(f"Waits: {sentence}")
    if not document["waits_for"] and not document["accruals"]:
        output.say(f"Nothing was earned in {document['month']} that is ours to accrue.")
    for one in document["accruals"]:
        output.say(f"{one['accrual']}: {one['total']} {one['currency']} of {one['marketplace']} ({one['state']})")
        if one["stored"] is not None and one["stored"] != one["total"]:
            output.say(f"Stored: {one['stored']} {one['currency']}. What is shown here holds what was told since.")
        for stop in one["stops"]:
            output.say(f"Stopped: {stop['sentence']} {stop['cure']}")
        output.print_table(one["categories"], ("category", "account", "lines", "amount"), nothing="Nothing to accrue.")
        for journal in one["journals"]:
            output.say("")
            output.print_facts({name: value for name, value in journal.items() if name != "lines"})
            output.print_table(journal["lines"])
        if one["fingerprint"]:
            output.say(f"Fingerprint of the set, for `connector approve --fingerprint`: {one['fingerprint']}")
