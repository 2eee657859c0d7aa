"""Assets that are fetched by a span of days and kept day by day.

A marketplace is asked for a span, because a call per day would cost hundreds where a few pages do; what it tells is
kept per day of UTC, so that a person fetches, compares and proves one day. `DayStage` says how one asset is fetched;
`fetch_days` carries it out with all that belongs to it: verdicts kept, review items opened and closed, due rows taken
up. A day without anything gets an empty version, so that "nothing happened" is not "never asked".
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta

from assets.stages import outages
from assets.stages.day_names import day_name, day_of_name, today
from assets.stages.outcome import ENDS_BY_ITSELF, PASSING, align, is_told, keep_changed
from assets.stages.resumption import SETTLEMENT_KIND, ended, failed, sentence_of, taken_up
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult
from ledger.errors import DocumentDamaged, Finding, InputRefused, SourceRefused, StoreError
from ledger.policy import Policy
from resources.store.review import ReviewItem
from resources.store.stores import Stores

REFUSED_CODE = "day_refused"
FAILED_CODE = "fetch_failed"
GONE_CODE = "days_gone"
# What one run of a schedule takes on at most; the next one goes on from there.
DAYS_PER_RUN_MAX = 200
# Refusals of what is asked for, not of who asks: another span may be fetched all the same.
UNREADABLE = "unreadable"
_OF_ONE_SPAN = frozenset({"FATAL", "InvalidInput", UNREADABLE})
# After that a span that was refused is tried again, by its first day alone.
_SPAN_AGAIN = timedelta(hours=24)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RefusedDay:
    """A day of which something cannot be used: nothing of it is taken over, and what was kept before stays.

    `reasons` are (origin, sentence), one review item each; `is_gone` marks a day that the source keeps no more, and one
    item speaks for all of those.
    """

    reasons: tuple[tuple[str, str], ...]
    is_gone: bool = False

    @property
    def sentence(self) -> str:
        """Return the reasons in one text, the first few of many."""
        words = " ".join(sentence for _, sentence in self.reasons[:3])
        return words if len(self.reasons) <= 3 else f"{words} And {len(self.reasons) - 3} more."


DayOutcome = StageResult | RefusedDay


@dataclass(frozen=True)
class Kept:
    """From which day on a source still has what is asked for, and the sentence that says so by marketplace."""

    since: date
    sentence: str


@dataclass(frozen=True)
class DayStage:
    """One asset that is kept by day.

    `fetch` is given a road, a first and a last day, and returns an outcome for every day between them, both included;
    it writes each day that is not refused as a version of the table that is named like the asset. It raises for what
    concerns the whole span. `days_per_window` bounds how much is fetched before it is kept; `overlap_days` is how many
    days, today among them, a schedule fetches anew each time, for what is told late. `kept` says how far back the
    source goes for some marketplaces on a day, where it forgets; `told_until` returns the last day that can be fetched,
    from today. `reads` are the day assets it is made of, for the lineage; `asks_marketplace` is false where what is
    there already is enough, so that nobody outside is waited for; `is_wanted` says of a connection's policy
    whether it has the asset at all, beside what the connection switches off.
    """

    asset: str
    fetch: Callable[[Road, date, date], Mapping[date, DayOutcome]]
    description: str
    days_per_window: int = 14
    overlap_days: int = 4
    kept: Callable[[Sequence[str], date], Kept] | None = None
    told_until: Callable[[date], date] = lambda today: today
    reads: tuple[str, ...] = ()
    asks_marketplace: bool = True
    is_wanted: Callable[[Policy], bool] = lambda policy: True


def days_between(first: date, last: date) -> list[date]:
    """Return the days of a span, both ends included."""
    return [first + _DAY * number for number in range((last - first).days + 1)]


def windows(days: Iterable[date], length_max: int) -> Iterator[tuple[date, date]]:
    """Yield first and last day of unbroken spans of at most so many days, in order."""
    span: list[date] = []
    for day in sorted(set(days)):
        if span and (day != span[-1] + _DAY or len(span) == length_max):
            yield span[0], span[-1]
            span = []
        span.append(day)
    if span:
        yield span[0], span[-1]


def fetch_days(road: Road, stage: DayStage, days: Iterable[date]) -> Iterator[tuple[date, DayOutcome]]:
    """Fetch days span by span; yield each with its outcome once it is kept.

    A span that the marketplace refuses for what it holds (a report that cannot be made) keeps no later one out, so that
    one bad month does not end the news; its error is raised in the end. Any other error ends the fetch, with what came
    before kept; who asked for these days asks again later. Days that the source does not keep any more are not asked
    for: they come out refused, and one review item names them.
    """
    wanted = sorted(set(days))
    if wanted and wanted[-1] > today(road.clock):
        raise InputRefused(f"{stage.asset} of {wanted[-1]} cannot be fetched: that day lies ahead.")
    told_until = stage.told_until(today(road.clock))
    if wanted and wanted[-1] > told_until:
        raise InputRefused(f"{stage.asset} of {wanted[-1]} is not told yet: today there is nothing after {told_until}.")
    names = _take_up(road, stage, wanted)
    gone = _gone(road, stage, wanted)
    yield from gone.items()
    refused: Exception | None = None
    came: set[date] = set()
    for first, last in windows(set(wanted) - set(gone), stage.days_per_window):
        try:
            outcomes = stage.fetch(road, first, last)
            for day in days_between(first, last):
                keep_outcome(road, stage, day, outcomes[day])
        except Exception as error:
            _note_failure(road, stage, first, last, error, names)
            if not _is_of_one_span(error):
                raise
            refused = refused or error
            continue
        came |= set(days_between(first, last))
        yield from ((day, outcomes[day]) for day in days_between(first, last))
    align(road, stage.asset, (), {FAILED_CODE}, lambda item: _is_over(stage, item, came))
    outages.is_over(road, stage.asset)
    if refused is not None:
        raise refused
    for name in names:
        ended(road, name)


def _is_over(stage: DayStage, item: ReviewItem, came: Set[date]) -> bool:
    """Tell whether an item of a fetch that failed is over, now that these days came: its own span's day is among them.

    That an earlier version of the day is kept says nothing of the fetch that failed.
    """
    first = _first_day(stage, item)
    return first is None or first in came


def _first_day(stage: DayStage, item: ReviewItem) -> date | None:
    """Return the first day of the one span an item is about, None where it is about the source as a whole."""
    named = re.fullmatch(rf"{stage.asset} (\d{{4}}-\d\d-\d\d)", item.origin)
    return date.fromisoformat(named[1]) if named else None


def _is_of_one_span(error: Exception) -> bool:
    return isinstance(error, SourceRefused) and error.code in _OF_ONE_SPAN


def span_to_fetch(
    stores: Stores, connection: str, stage: DayStage, first_day: date, last_day: date, marketplace_ids: Sequence[str]
) -> tuple[date, date] | None:
    """Return the span a schedule fetches now: from the first day never fetched, or from the overlap before the last.

    So a day that was missed is caught up, and what is told late is seen. A day that was refused counts as fetched: it
    waits for a person; so does a span that was refused, of which one day is tried every day. Days that the source keeps
    no more are left out, and what is made of another day asset begins and ends with the days that it has. None when no
    day is left.
    """
    if stage.kept:
        first_day = max(first_day, stage.kept(marketplace_ids, last_day).since)
    can_be_made = _days_to_make(stores, connection, stage, first_day, last_day)
    if not can_be_made:
        return None
    first_day, last_day = can_be_made[0], can_be_made[-1]
    known = {date.fromisoformat(one.partition) for one in stores.warehouse.currents(connection, stage.asset)}
    known |= _waiting_days(stores, connection, stage)
    missing = next((day for day in can_be_made if day not in known), last_day)
    begin = missing
    newest = max((day for day in known if day <= last_day), default=None)
    if newest is not None:
        begin = min(missing, newest - _DAY * (stage.overlap_days - 1))
    begin = max(begin, first_day)
    return begin, min(last_day, begin + _DAY * (DAYS_PER_RUN_MAX - 1))


def _days_to_make(stores: Stores, connection: str, stage: DayStage, first: date, last: date) -> list[date]:
    """Return the days of a span that the assets a stage is made of have, in order."""
    days = days_between(first, last)
    for asset in stage.reads:
        told = {date.fromisoformat(one.partition) for one in stores.warehouse.currents(connection, asset)}
        days = [day for day in days if day in told]
    return days


def _waiting_days(stores: Stores, connection: str, stage: DayStage) -> set[date]:
    items = stores.review.listing(connection)
    named = (day_of_name(one.partition) for one in items if one.code == REFUSED_CODE)
    refused = {found[1] for found in named if found is not None and found[0] == stage.asset}
    for item in items:
        first = _first_day(stage, item) if item.code == FAILED_CODE and item.partition == stage.asset else None
        if first is not None:
            refused |= set(days_between(first, date.fromisoformat(item.details["last"])))
    return refused


def _take_up(road: Road, stage: DayStage, days: list[date]) -> list[str]:
    """Mark the due rows of these days, and of the asset as a whole; return whose rows there are."""
    names = {stage.asset, *(day_name(stage.asset, day) for day in days)}
    asked = [row.partition for row in road.stores.due.listing(road.connection) if row.kind == SETTLEMENT_KIND]
    mine = [name for name in asked if name in names]
    for name in mine:
        taken_up(road, stage.asset, name)
    return mine


def keep_outcome(road: Road, stage: DayStage, day: date, outcome: DayOutcome) -> None:
    """Keep the verdicts that changed, and bring the review queue in line with what was found of a day."""
    name = day_name(stage.asset, day)
    if isinstance(outcome, RefusedDay):
        findings = tuple(_refused(road, stage, day, *reason) for reason in outcome.reasons)
        align(road, name, findings, {REFUSED_CODE})
        return
    ends = ENDS_BY_ITSELF.get(stage.asset, frozenset()) | {REFUSED_CODE}
    keep_changed(road, stage.asset, name, outcome, ends)


def _gone(road: Road, stage: DayStage, days: list[date]) -> dict[date, RefusedDay]:
    """Return the days that the source has forgotten, told as one review item; what was kept of them stays."""
    kept = stage.kept(road.source.marketplace_ids, today(road.clock)) if stage.kept else None
    gone = [day for day in days if kept is not None and day < kept.since]
    if kept is None or not gone:
        return {}
    sentence = f"{kept.sentence} What happened before is not absent, it is unknown here."
    words = str(gone[0]) if len(gone) == 1 else f"{gone[0]} to {gone[-1]} ({len(gone)} days)"
    finding = Finding(
        GONE_CODE,
        f"{stage.asset} of {words} cannot be had any more. {sentence}",
        f"Ask for days from {kept.since} on, set `by_day.events_from` in the connection's settings to it, and `dismiss`"
        " this.",
        origin=stage.asset,
    )
    align(road, stage.asset, (finding,), frozenset())
    return {day: RefusedDay(((f"{stage.asset} {day}", sentence),), is_gone=True) for day in gone}


def _refused(road: Road, stage: DayStage, day: date, origin: str, sentence: str) -> Finding:
    return Finding(
        "day_refused",
        f"{stage.asset} of {day} cannot be taken over: {sentence} What was kept of that day before stays.",
        "Look at the archived answer; `retry` fetches the day again, as does "
        f"`connector fetch {stage.asset} --from {day} --to {day} -c {road.connection}`.",
        origin=origin,
    )


def _note_failure(road: Road, stage: DayStage, first: date, last: date, error: Exception, names: list[str]) -> None:
    """Tell people what does not pass by itself; who asked for these days asks again later."""
    try:
        failures = max((failed(road, stage.asset, name, sentence_of(error)) for name in names), default=1)
        is_of_one_span = _is_of_one_span(error)
        if is_of_one_span:
            at, name = road.clock.now() + _SPAN_AGAIN, day_name(stage.asset, first)
            road.stores.due.ask(road.connection, SETTLEMENT_KIND, name, at, "a span that was refused is tried again")
        since = outages.lasts_since(road, stage.asset, sentence_of(error)) if isinstance(error, PASSING) else None
        if since is not None or isinstance(error, DocumentDamaged) or is_told(error, failures):
            when = "every day one of its days is tried" if is_of_one_span else "the next fetch tries again"
            finding = Finding(
                FAILED_CODE,
                f"{stage.asset} of {first} to {last} could not be fetched{outages.since_words(since)}:"
                f" {sentence_of(error)}",
                f"Correct what the sentence names; {when}, and this item ends with it.",
                origin=f"{stage.asset} {first}" if is_of_one_span else stage.asset,
                details={"last": last.isoformat()} if is_of_one_span else {},
            )
            align(road, stage.asset, (finding,), frozenset())
    except StoreError:
        # The stores themselves are out of order: the error that is on its way says more than this one.
        return
