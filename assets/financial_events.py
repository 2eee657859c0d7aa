"""Financial events: what Amazon says of the seller's money, transaction by transaction, one version per day.

In: listTransactions over a span of days, every answer archived first. Out: one Parquet file per day of UTC by the date
posted, one row per leaf of one breakdown tree. Cash (RELEASED) and the sales of a period (what was not told before) are
two views of the same rows. A day of which something cannot be used keeps what it had; the days beside it go on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta

from assets.events.event_checks import verdicts_of
from assets.events.event_rows import TABLE, EventRows, fingerprint, rows_of
from assets.events.event_summary import facts_of, rows_by_type
from assets.stages.day_answers import HALVINGS_MAX, Archiving
from assets.stages.day_files import write_day
from assets.stages.day_names import start_of, today
from assets.stages.days import DayOutcome, RefusedDay, days_between
from assets.stages.roadmap import Road
from assets.stages.statements import statement
from assets.stages.verdicts import StageResult
from ledger.accrual import TOLD_LATE
from ledger.errors import ConfigurationRefused, InputRefused, SourceRefused
from ledger.mapping import Mapping
from resources.amazon.finances import TransactionPage
from resources.amazon.old_events import KEPT_DAYS, LAST_DAY
from resources.amazon.transaction import Transaction
from resources.store.warehouse import Version

_LINKS_MAX = 10
_DAY = timedelta(days=1)


@dataclass
class _Told:
    """What was told of one day: transactions by id with the answer they stood in, and what speaks against the day.

    `changed` are ids that came twice with other content, `pages` the answers of the whole span.
    """

    transactions: dict[str, tuple[Transaction, str]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    foreign: int = 0
    pages: tuple[str, ...] = ()
    reasons: list[tuple[str, str]] = field(default_factory=list)


def fetch_events(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Fetch the transactions posted from a first to a last day, both included, and stage each day.

    Raises SourceRefused or SourceUnavailable when Amazon does not answer, ConfigurationRefused once the older API is
    gone; what is answered and cannot be used is an outcome of its day.
    """
    _require_source(road)
    until = road.source.finances.told_until(start_of(last + _DAY) + TOLD_LATE)
    told: dict[date, _Told] = {}
    halvings_left = [HALVINGS_MAX]
    gone = _gone(road, first, last)
    for begin, end in _spans(road, max(gone, default=first - _DAY) + _DAY, last):
        told |= _gathered(road, begin, end, halvings_left)
    return gone | {day: _staged(road, day, told[day], until - start_of(day + _DAY)) for day in told}


def _require_source(road: Road) -> None:
    """Refuse the older API once Amazon has removed it."""
    if road.events_source == "v0" and today(road.clock) > LAST_DAY:
        raise ConfigurationRefused(
            f"Amazon removed the older API of financial events (Finances v0) after {LAST_DAY}. Set"
            f" `by_day.events_source: transactions` in the settings of {road.connection}; what was kept before stays."
        )


def _gone(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Refuse the days that the older API keeps no more: it would answer them with nothing, as if nothing had happened.

    How far back the newer one goes is not documented: of its old and empty days a check warns.
    """
    since = _kept_since(road)
    if road.events_source != "v0" or first >= since:
        return {}
    sentence = f"Amazon's older API keeps financial events from {since} on; what happened before is unknown here."
    return {day: RefusedDay(((str(day), sentence),)) for day in days_between(first, min(last, since - _DAY))}


def _kept_since(road: Road) -> date:
    return today(road.clock) - _DAY * (KEPT_DAYS - 1)


def _spans(road: Road, first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the spans to ask for: days never fetched together, a day that is fetched again alone.

    What has not changed is then the same answer to the byte, archived once however often it is fetched. The older API
    is asked for every day alone, because not all of its events have a date.
    """
    if road.events_source == "v0":
        yield from ((day, day) for day in days_between(first, last))
        return
    known = {one.partition for one in road.stores.warehouse.currents(road.connection, TABLE)}
    begin = first
    for day in days_between(first, last):
        if day.isoformat() in known:
            if begin < day:
                yield begin, day - _DAY
            yield day, day
            begin = day + _DAY
    if begin <= last:
        yield begin, last


def _gathered(road: Road, first: date, last: date, halvings_left: list[int]) -> dict[date, _Told]:
    """Ask for a span; where an answer cannot be used and does not say for which day, halve the span to find it."""
    try:
        pages = _pages(road, first, last)
        undated = [(one.name, one.sentence) for page in pages for one in page.unreadable if one.posted is None]
    except SourceRefused as refused:
        if refused.status is not None:
            raise
        pages, undated = [], [("an answer", str(refused))]
    if not undated:
        return _by_day(road, first, last, pages)
    if first == last or halvings_left[0] <= 0:
        return {day: _Told(reasons=undated) for day in days_between(first, last)}
    halvings_left[0] -= 1
    middle = first + (last - first) // 2
    return _gathered(road, first, middle, halvings_left) | _gathered(road, middle + _DAY, last, halvings_left)


def _pages(road: Road, first: date, last: date) -> Sequence[TransactionPage]:
    archive = Archiving(road)
    if road.events_source == "v0":
        return road.source.old_events.transactions(start_of(first), archive)
    return list(road.source.finances.transactions(start_of(first), start_of(last + _DAY), archive))


def _by_day(road: Road, first: date, last: date, pages: Iterable[TransactionPage]) -> dict[date, _Told]:
    """Lay the transactions of a span under their days; of one that comes twice the later answer counts."""
    pages = tuple(pages)
    told = {day: _Told(pages=tuple(page.document for page in pages)) for day in days_between(first, last)}
    latest: dict[str, tuple[Transaction, str]] = {}
    changed: set[str] = set()
    for page in pages:
        for unreadable in page.unreadable:
            assert unreadable.posted is not None, "what has no date was sorted out before"
            day = unreadable.posted.astimezone(UTC).date()
            if day in told:
                told[day].reasons.append((unreadable.name, unreadable.sentence))
        for one in page.transactions:
            known = latest.get(one.transaction_id)
            if known is not None and known[0] != one:
                changed.add(one.transaction_id)
            if known is None or known[0] != one:
                latest[one.transaction_id] = (one, page.document)
    for transaction_id, (one, document) in latest.items():
        # What Amazon tells beyond the span that was asked for comes with its own day.
        day = told.get(one.posted.astimezone(UTC).date())
        if day is None:
            continue
        if road.is_foreign(one.marketplace_id):
            day.foreign += 1
            continue
        day.transactions[transaction_id] = (one, document)
        day.changed |= {transaction_id} & changed
    return told


def _staged(road: Road, day: date, told: _Told, since_its_end: timedelta) -> DayOutcome:
    """Write a day as its new version unless it is told in the same words again, and say what was found."""
    standing = {"is_complete": since_its_end >= timedelta(0), "is_final": since_its_end >= TOLD_LATE}
    events: list[EventRows] = []
    for transaction, document in told.transactions.values():
        rows = rows_of(transaction, document)
        if rows is None:
            name = transaction.transaction_id
            told.reasons.append((name, f"Transaction {name} says neither a total nor any part of one."))
        else:
            events.append(rows)
    if told.reasons:
        return RefusedDay(tuple(told.reasons))
    version, vanished = _written(road, day, told, events, standing)
    documents = version.facts["documents"]
    names = ("document", *(f"document {number}" for number in range(2, _LINKS_MAX + 1)))
    return StageResult(
        facts=facts_of(events, foreign=told.foreign, documents=len(documents), **standing),
        rows=rows_by_type(events),
        rows_total=version.rows,
        verdicts=verdicts_of(day, events, told.changed, vanished, _kept_since(road), _mapping(road)),
        links=dict(zip(names, documents, strict=False)),
        version=version.id,
    )


def _mapping(road: Road) -> Mapping | None:
    """Return the mapping, which names categories of its own; None where it cannot be read: events need none."""
    try:
        return road.load_mapping()
    except InputRefused:
        return None


def _written(
    road: Road, day: date, told: _Told, events: list[EventRows], standing: dict[str, bool]
) -> tuple[Version, tuple[str, ...]]:
    """Return the version that holds a day now, and the transactions that earlier versions had and it does not."""
    before = road.stores.warehouse.current(road.connection, TABLE, day.isoformat())
    mark = fingerprint(events)
    said = {"fingerprint": mark, **standing}
    is_there = before is not None and road.stores.warehouse.holds(before)
    if is_there and all(before.facts.get(name, False) == word for name, word in said.items()):
        return before, tuple(before.facts["vanished"])
    vanished = sorted(_told_before(road, before) - set(told.transactions))
    holding = sorted({one.document for one in events}) or sorted(set(told.pages))
    facts = {"documents": holding, **said, "vanished": vanished, "source": road.events_source}
    return write_day(road, TABLE, day, (row for one in events for row in one.rows), facts), tuple(vanished)


def _told_before(road: Road, before: Version | None) -> set[str]:
    """Return the ids of all transactions that any earlier version of a day had, as far as its file is there."""
    # The two interfaces have no ids in common: nothing vanishes when the connection changes from one to the other.
    if before is None or before.facts.get("source", "transactions") != road.events_source:
        return set()
    if not road.stores.warehouse.holds(before):
        return set(before.facts["vanished"])
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        path = str(road.stores.warehouse.path(before))
        held = duck.sql(statement("told_transactions"), params={"path": path}).fetchall()
    return {transaction_id for (transaction_id,) in held} | set(before.facts["vanished"])
