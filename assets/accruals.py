"""Accruals: what a month earned and its books do not hold yet, posted once, with its reversal.

In: the transactions of a month that is over, and the settlements in the books at its end. Out: per marketplace and
currency one set of documents, the accrual on the last day of the month and its reversal on the day after, through the
protocol that posts everything; and the proof that the books of the month are what its transactions say. What is told
later is shown, and reaches the books with its settlement.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from assets.month_end.accrual_events import EventsOfMonth, events_of_month
from assets.month_end.accrual_invoices import unbilled
from assets.month_end.accrual_posting import post_accrual
from assets.month_end.accrual_proof import events_verdict
from assets.month_end.accrual_sets import TABLE, Accrual, make_accrual
from assets.month_end.accrued_months import accrual_of
from assets.stages.checks import CHECKS
from assets.stages.months import MonthStage
from assets.stages.outcome import ENDS_BY_ITSELF, align
from assets.stages.resumption import ended, taken_up
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger.journal import SourceKey
from ledger.month import Month
from resources.amazon.marketplaces import marketplace_named

ASSET = TABLE
COMPLETE_CHECK, MAPPED_CHECK = "everything_told", "every_leaf_mapped"
_ROWS_MAX = 200


def accrue(road: Road, month: Month) -> StageResult:
    """Make and post the accruals of a month that is over; never twice, whoever calls how often.

    While something is still waited for nothing new is made, and what is under way is followed.
    """
    if road.policy.books_from is None:
        return StageResult(facts={"accrual": "none: books_from is not set, so nothing is posted"})
    mapping = road.load_mapping()
    events = events_of_month(road, mapping, month)
    events = replace(events, waits_for=(*events.waits_for, *unbilled(road, events)))
    is_held = bool(events.waits_for or events.findings)
    made = {} if is_held else {one.source: one for one in _made(road, events)}
    results: dict[str, StageResult] = {}
    for source in dict.fromkeys((*made, *_stored(road, month))):
        results[source.source_id] = _one(road, events, source, made.get(source))
    return _joined(month, [_complete(events), *_homes(events)], results, list(made.values()))


def _made(road: Road, events: EventsOfMonth) -> Iterator[Accrual]:
    mapping = road.load_mapping()
    return (make_accrual(road, mapping, events, place) for place in events.places)


def _stored(road: Road, month: Month) -> Iterator[SourceKey]:
    """Yield the accruals of a month that were planned once, whatever is known of its transactions now."""
    for name in road.marketplaces:
        place = marketplace_named(name)
        source = accrual_of(road, (name, place.currency), month) if place else None
        if source is not None and road.stores.outbox.documents(source):
            yield source


def _one(road: Road, events: EventsOfMonth, source: SourceKey, accrual: Accrual | None) -> StageResult:
    """Take one accrual as far as it goes now, its review items and due rows kept under its own name."""
    name = source.source_id
    taken_up(road, ASSET, name)
    result = post_accrual(road, events, source, accrual)
    if accrual is not None:
        mapped = _mapped(accrual)
        proof = (events_verdict(road, events, accrual),) if mapped.passed else ()
        result = replace(result, verdicts=(mapped, *result.verdicts, *proof))
    align(road, name, result.findings, ENDS_BY_ITSELF[ASSET])
    ended(road, name)
    return result


def _mapped(accrual: Accrual) -> Verdict:
    if not accrual.findings:
        return Verdict(MAPPED_CHECK, True, f"{accrual.name}: {accrual.lines} lines are mapped.")
    rows = tuple({"accrual": accrual.name, "what": one.sentence, "what to do": one.cure} for one in accrual.findings)
    sentence = f"{accrual.name}: {len(rows)} kinds of lines stop it. {accrual.findings[0].sentence}"
    return Verdict(MAPPED_CHECK, False, sentence, rows=rows, findings=accrual.findings)


def _complete(events: EventsOfMonth) -> Verdict:
    """Nothing is accrued before everything is here that decides it."""
    if events.waits_for:
        return Verdict(COMPLETE_CHECK, False, " ".join(events.waits_for), is_blocking=False, is_waiting=True)
    sentence = f"Amazon has told all of {events.month}, and it is certain which settlements its books hold."
    return Verdict(COMPLETE_CHECK, True, sentence, is_blocking=False)


def _homes(events: EventsOfMonth) -> Iterator[Verdict]:
    """Transactions that are of no marketplace stop every accrual: it is not known whose they are."""
    if events.findings:
        words = " ".join(one.sentence for one in events.findings)
        yield Verdict(MAPPED_CHECK, False, words, findings=events.findings)


def _joined(
    month: Month, of_month: Iterable[Verdict], results: dict[str, StageResult], made: list[Accrual]
) -> StageResult:
    """Return one result of all accruals of a month: a verdict per check, and the table of what is accrued.

    Findings of an accrual are kept under its name already; those of the month itself stay.
    """
    verdicts: dict[str, list[Verdict]] = {check.name: [] for check in CHECKS[ASSET]}
    for one in of_month:
        verdicts[one.check].append(one)
    for result in results.values():
        for one in result.verdicts:
            verdicts[one.check].append(replace(one, findings=()))
    facts: dict = {"month": str(month), "accruals": len(made)}
    for accrual in made:
        facts[f"{accrual.name}, {accrual.place.currency}"] = accrual.total
    for name, result in results.items():
        facts[f"{name}, posting"] = result.facts.get("posting", "")
    rows: tuple[Row, ...] = tuple(row for accrual in made for row in accrual.rows)
    links = {f"{name}: {what}": link for name, result in results.items() for what, link in result.links.items()}
    return StageResult(
        facts=facts,
        rows=rows[:_ROWS_MAX],
        rows_total=sum(accrual.lines for accrual in made),
        verdicts=tuple(_together(check, found, list(results)) for check, found in verdicts.items()),
        links=links,
        version="+".join(accrual.version for accrual in made if accrual.version),
    )


def _together(check: str, found: list[Verdict], accrued: list[str]) -> Verdict:
    """Return the verdicts of several accruals as one; it waits when none fails and one waits."""
    if not found:
        what = f"of {', '.join(accrued)} nothing is to be told here" if accrued else "nothing is accrued"
        return Verdict(check, True, f"Nothing to check: {what}.", is_blocking=False)
    failing = [one for one in found if not one.passed and not one.is_waiting]
    chosen = failing or [one for one in found if not one.passed] or found
    return Verdict(
        check,
        all(one.passed for one in found),
        " ".join(one.sentence for one in chosen),
        is_blocking=any(one.is_blocking for one in chosen),
        is_waiting=not failing and any(one.is_waiting for one in chosen),
        rows=tuple(row for one in chosen for row in one.rows),
        findings=tuple(finding for one in found for finding in one.findings),
    )


STAGE = MonthStage(
    ASSET,
    accrue,
    "What a month earned and its books do not hold yet, accrued on its last day and reversed on the day after.",
    reads=("financial_events", "settlement_lines", "erp_postings"),
    is_wanted=lambda policy: policy.month_end == "accrue",
)
