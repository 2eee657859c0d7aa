"""Payouts: what Amazon paid out of each settlement, or why it paid nothing, one version per day of creation.

In: listPayouts over a span of days, and the settlement periods of the older API for what was changed into another
currency; every answer archived first. Out: one Parquet file per day of UTC. A payout that is not final asks for its day
again every morning, so that its way to the bank, and its failing there, is seen.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from functools import partial

from assets.bank.bank_due import ask_for_doubtful_days
from assets.bank.cash_due import ask_for_receipts
from assets.bank.payout_days import ask_for_unexplained_days
from assets.bank.payout_rows import LEFT_OUT, TABLE, Row, as_written, rows_of
from assets.proofs.payout_checks import VANISHED, all_usable, still_told, verdicts_of
from assets.stages.day_answers import Archiving, by_halves
from assets.stages.day_files import write_day
from assets.stages.day_names import day_name, start_of
from assets.stages.days import DayOutcome, RefusedDay, days_between
from assets.stages.kept_days import kept_days
from assets.stages.resumption import SETTLEMENT_KIND
from assets.stages.roadmap import Road
from assets.stages.statements import dicts
from assets.stages.verdicts import StageResult
from resources.amazon.event_groups import EventGroup
from resources.amazon.transfers import NO_PAYOUT, PAID, Payout, unusable_payouts

# What does not change any more; a failed payout may be sent again.
FINAL = frozenset({PAID, NO_PAYOUT, "CANCELLED"})
# After that nothing is expected of a payout that never came to its end.
WATCHED = timedelta(days=60)
_AGAIN = timedelta(hours=24)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Told:
    """What was told of one day: its payouts, the periods they may pay, and the answers of the span it was told in.

    `ids` are those of all payouts of the span: one may come under another day than before. `left_out` are those that
    cannot be used, each by name with the reason; `left_out_ids` their ids.
    """

    payouts: tuple[Payout, ...]
    groups: Sequence[EventGroup]
    documents: Sequence[str]
    ids: frozenset[str]
    left_out: Sequence[tuple[str, str]] = ()
    left_out_ids: frozenset[str] = frozenset()


def fetch_payouts(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Fetch the payouts created from a first to a last day, both included, and stage each day.

    Raises SourceRefused or SourceUnavailable when Amazon does not answer, or no day of several can be used. A payout
    that cannot be used is left out of its day and told; a day on which none can be used is refused.
    """
    told = by_halves(partial(_gathered, road), first, last)
    before = _versions(road)
    staged: dict[date, DayOutcome] = {
        day: one if isinstance(one, RefusedDay) else _staged(road, day, one) for day, one in told.items()
    }
    ask_for_receipts(road)
    if _versions(road) != before:
        ask_for_doubtful_days(road, "payouts were told")
    return staged


def _versions(road: Road) -> set[str]:
    return {one.id for one in road.stores.warehouse.currents(road.connection, TABLE)}


def _gathered(road: Road, first: date, last: date) -> dict[date, _Told]:
    """Ask for a span, and lay its payouts under the days they were created on.

    What cannot be used may lack its date: by which question it comes tells its day, so only a single day leaves it out.
    """
    archive, unusable = Archiving(road), unusable_payouts()
    left_out = unusable if first == last else None
    found = road.source.transfers.payouts(start_of(first), start_of(last + _DAY), archive, left_out)
    if not found:
        unusable.raise_any()
    payouts = [one for one in found if not road.is_foreign(one.marketplace_id)]
    if first < last and any(one.created is None for one in payouts):
        # The model lets Amazon leave the date of creation out; by which question a payout comes tells its day.
        return {day: _gathered(road, day, day)[day] for day in days_between(first, last)}
    groups = _periods(road, payouts, archive)
    by_day: dict[date, list[Payout]] = defaultdict(list)
    for one in payouts:
        by_day[first if one.created is None else one.created.astimezone(UTC).date()].append(one)
    ids = frozenset(one.payout_id for one in found)
    lacking = tuple(unusable.reasons), frozenset(unusable.ids)
    days = days_between(first, last)
    return {day: _Told(tuple(by_day[day]), groups, archive.documents, ids, *lacking) for day in days}


def _periods(road: Road, payouts: Sequence[Payout], archive: Callable[[bytes], str]) -> tuple[EventGroup, ...]:
    """Return the settlement periods that these payouts pay; none without payouts that moved money."""
    starts = [one.period_start for one in payouts if one.amount is not None and one.period_start is not None]
    if not starts:
        return ()
    return road.source.event_groups.begun(min(starts) - _DAY, max(starts) + _DAY, archive)


def _staged(road: Road, day: date, told: _Told) -> StageResult:
    """Write a day as its new version and say what was found; ask for it again while something is on its way."""
    not_told = _not_told(road, day, told)
    vanished = [row for row in not_told if row["payout_id"] not in told.left_out_ids]
    rows = [*rows_of(told.payouts, told.groups), *not_told]
    held = sorted({str(row["document"]) for row in rows}) or list(dict.fromkeys(told.documents[:1]))
    before = road.stores.warehouse.current(road.connection, TABLE, day.isoformat())
    lacking = {LEFT_OUT: [name for name, _ in told.left_out]} if told.left_out else {}
    version = write_day(road, TABLE, day, rows, {"documents": held, **lacking})
    if before is None or before.id != version.id:
        ask_for_unexplained_days(road, f"payouts of {day} were told")
    _ask_again(road, day, told)
    return StageResult(
        facts=_facts(rows),
        rows=tuple(map(_shown, rows)),
        rows_total=version.rows,
        verdicts=(*verdicts_of(road, rows), still_told(vanished), all_usable(road, day, told.left_out)),
        links={"document": held[0]} if held else {},
        version=version.id,
    )


def _not_told(road: Road, day: date, told: _Told) -> list[Row]:
    """Return what was kept of a day and is not told any more, or not so that it can be used.

    What a person has let go is not among it.
    """
    before = road.stores.warehouse.current(road.connection, TABLE, day.isoformat())
    if before is None or not before.rows or not road.stores.warehouse.holds(before):
        return []
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        path = str(road.stores.warehouse.path(before))
        kept = dicts(duck.sql("SELECT * FROM read_parquet($path)", params={"path": path}))
    decided = road.stores.review.decisions(road.connection, day_name(TABLE, day), VANISHED)
    gone = (told.ids - told.left_out_ids) | {item.origin for item in decided if item.resolution == "dismiss"}
    left = [row for row in kept if row["payout_id"] not in gone and not road.is_foreign(row["marketplace_id"] or "")]
    moved = _on_other_days(road, day, [row["payout_id"] for row in left])
    return [as_written(row) for row in left if row["payout_id"] not in moved]


def _on_other_days(road: Road, day: date, payout_ids: list[str]) -> set[str]:
    """Return which payouts stand on another day that is kept: there they were told, and here they would count twice."""
    warehouse, days = road.stores.warehouse, kept_days(road, TABLE).versions
    files = [str(warehouse.path(one)) for other, one in days.items() if other != day and one.rows]
    if not payout_ids or not files:
        return set()
    with warehouse.connect(road.memory_limit_mb) as duck:
        query = "SELECT DISTINCT payout_id FROM read_parquet($files) WHERE payout_id IN $ids"
        found = duck.sql(query, params={"files": files, "ids": payout_ids}).fetchall()
    return {payout_id for (payout_id,) in found}


def _ask_again(road: Road, day: date, told: _Told) -> None:
    now = road.clock.now()
    is_open = bool(told.left_out) or any(one.status not in FINAL for one in told.payouts)
    if is_open and start_of(day) >= now - WATCHED:
        name, reason = day_name(TABLE, day), "a payout is not at its end, or cannot be used"
        road.stores.due.ask(road.connection, SETTLEMENT_KIND, name, now + _AGAIN, reason)


def _facts(rows: Sequence[Row]) -> dict:
    statuses = sorted({str(row["status"]) for row in rows})
    counts = {status: sum(row["status"] == status for row in rows) for status in statuses}
    return {"payouts": len(rows), **{status.lower().replace("_", " "): count for status, count in counts.items()}}


def _shown(row: Row) -> dict[str, str]:
    ids = row["settlement_ids"]
    return {
        "payout": str(row["payout_id"]),
        "settlement": ", ".join(map(str, ids)) if isinstance(ids, list) else "",
        "status": str(row["status"]),
        "amount": str(row["amount"] or ""),
        "currency": str(row["currency"] or ""),
        "at the bank": f"{row['bank_amount']} {row['bank_currency']}" if row["bank_amount"] else "",
        "account": f"...{row['account_tail']}" if row["account_tail"] else "",
        "trace": str(row["trace_id"]),
    }
