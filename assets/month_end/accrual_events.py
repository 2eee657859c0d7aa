"""Which financial transactions a month's accrual is made of, and whether all of them are here.

In: a road and a month. Out: the days of events from go-live to the end of the month in the ledger's time zone, the
marketplaces and currencies in them, and the settlements that the books hold by then; or a sentence that says what is
still waited for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.settlement_lines import TABLE as LINES_TABLE
from assets.settlements.booked_settlements import entries_of, is_held, is_in_doubt
from assets.settlements.series import heads_of, placed
from assets.stages.day_names import start_of
from assets.stages.days import days_between
from assets.stages.roadmap import Road
from assets.stages.statements import composed, dicts, statement
from ledger.accrual import TOLD_LATE
from ledger.combination import is_multi_channel
from ledger.errors import Finding
from ledger.mapping import Mapping
from ledger.month import Month
from resources.amazon.marketplaces import marketplace

_NAMED_MAX = 5
# No settlement has this id: SQL takes the type of an empty list from it.
_NOBODY = "(none)"
_NOTHING_SETTLED = "SELECT NULL::TIMESTAMP AS moment, '' AS order_id WHERE false"


@dataclass(frozen=True)
class Told:
    """A marketplace as transactions name it; `settlement_name` is how settlements and the mapping do."""

    marketplace_id: str
    marketplace_name: str
    currency: str

    @property
    def settlement_name(self) -> str:
        """Return the name that settlements use; nothing where the transaction names no marketplace."""
        known = marketplace(self.marketplace_id)
        return known.settlement_name if known else self.marketplace_name.strip()


@dataclass(frozen=True)
class Place:
    """One marketplace and currency that has an accrual of its own, with the names under which its sales are told."""

    marketplace: str
    currency: str
    told: tuple[Told, ...]
    since: datetime

    def bound(self) -> list[dict[str, str]]:
        """Return what the statements join: every name it is told under, with the one of settlements."""
        return [{**vars(one), "settlement_name": one.settlement_name or self.marketplace} for one in self.told]


@dataclass(frozen=True)
class Booked:
    """The settlements whose money the books hold, with the files of their lines, among all that are registered."""

    settlement_ids: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    registered: tuple[str, ...] = ()

    def statement(self) -> str:
        """Return the statement of the transactions in these settlements; it binds what `bound` gives, and events."""
        settled = statement("accrual_settled") if self.lines else _NOTHING_SETTLED
        return composed("accrual_booked", settled=settled, accrual_links=statement("accrual_links"))

    def bound(self) -> dict[str, list[str]]:
        """Return what the statement binds."""
        bound = {"booked": list(self.settlement_ids) or [_NOBODY], "registered": list(self.registered) or [_NOBODY]}
        return bound | ({"settled_lines": list(self.lines)} if self.lines else {})


@dataclass(frozen=True)
class EventsOfMonth:
    """Everything an accrual is made of; `waits_for` are sentences, and nothing is accrued while there is one.

    `booked` are the settlements in the books at the end of the month; `by_hand` those of them before go-live.
    """

    month: Month
    since: datetime
    until: datetime
    files: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    booked: Booked = field(default_factory=Booked)
    by_hand: Booked = field(default_factory=Booked)
    waits_for: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def cut(month: Month, road: Road) -> datetime:
    """Return the moment a month is over in the ledger's time zone, in UTC without zone like the staged columns."""
    return month.end(road.policy.zone).astimezone(UTC).replace(tzinfo=None)


def events_of_month(road: Road, mapping: Mapping, month: Month) -> EventsOfMonth:
    """Return what a month's accrual is made of, or what it waits for."""
    until = cut(month, road)
    starts = _starts(road)
    if not starts:
        return EventsOfMonth(month, until, until)
    first = min(starts.values())
    waits = tuple(_missing_days(road, month, first.date(), until))
    if waits:
        return EventsOfMonth(month, first, until, waits_for=waits)
    warehouse = road.stores.warehouse
    kept = {date.fromisoformat(one.partition): one for one in warehouse.currents(road.connection, EVENTS_TABLE)}
    days = [day for day in sorted(kept) if first.date() <= day and start_of(day).replace(tzinfo=None) < until]
    files = tuple(str(warehouse.path(kept[day])) for day in days)
    places, findings = places_of(road, mapping, files, starts, until)
    booked, by_hand, waits = booked_by(road, month, first)
    return EventsOfMonth(month, first, until, files, places, booked, by_hand, waits, findings)


def _starts(road: Road) -> dict[tuple[str, str], datetime]:
    """Return from when on sales are ours to accrue, by marketplace and currency; ("", "") stands for every one."""
    books_from = road.policy.books_from
    if isinstance(books_from, date):
        start = datetime(books_from.year, books_from.month, books_from.day, tzinfo=road.policy.zone)
        return {("", ""): start.astimezone(UTC).replace(tzinfo=None)}
    places = placed(road)
    starts: dict[tuple[str, str], datetime] = {}
    for head in heads_of(road):
        if not places[head.settlement_id].is_before_go_live:
            key, start = (head.marketplace, head.currency), head.start.astimezone(UTC).replace(tzinfo=None)
            starts[key] = min(start, starts.get(key, start))
    return starts


def _missing_days(road: Road, month: Month, first: date, until: datetime) -> Iterator[str]:
    """Yield a sentence for days of events that are missing, and one for days that Amazon may still add to."""
    kept = {
        date.fromisoformat(one.partition): one for one in road.stores.warehouse.currents(road.connection, EVENTS_TABLE)
    }
    last = (until - timedelta(seconds=1)).date()
    missing = [day for day in days_between(first, last) if day not in kept]
    fetch = f"connector fetch financial_events --from {{}} --to {{}} -c {road.connection}"
    if missing:
        asked = fetch.format(missing[0], missing[-1])
        yield f"Financial events of {_spans(missing)} are not here: {asked}"
    of_month = [day for day in days_between(max(first, month.first), last) if day in kept]
    young = [day for day in of_month if not kept[day].facts.get("is_final", False)]
    if young:
        hours = int(TOLD_LATE.total_seconds() // 3600)
        asked = fetch.format(young[0], young[-1])
        yield (
            f"Financial events of {_spans(young)} were last fetched within {hours} hours of their end, and Amazon "
            f"tells late: the schedule fetches them once more, or: {asked}"
        )


def _spans(days: list[date]) -> str:
    more = f" and {len(days) - _NAMED_MAX} more days" if len(days) > _NAMED_MAX else ""
    return ", ".join(map(str, days[:_NAMED_MAX])) + more


def places_of(
    road: Road, mapping: Mapping, files: tuple[str, ...], starts: dict[tuple[str, str], datetime], until: datetime
) -> tuple[tuple[Place, ...], tuple[Finding, ...]]:
    """Return the marketplaces and currencies in which something was sold, each with all names it is told under."""
    if not files:
        return (), ()
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        bound = {"events": list(files), "since": min(starts.values()), "until": until}
        told = [Told(**row) for row in dicts(duck.sql(statement("accrual_places"), params=bound))]
    homes: dict[tuple[str, str], list[Told]] = {}
    findings = []
    for one in told:
        home = _home(one, told, mapping)
        if home is None:
            findings.append(_homeless(one, mapping))
        else:
            homes.setdefault((home, one.currency), []).append(one)
    since = {key: starts.get(key) or starts.get(("", "")) for key in homes}
    places = tuple(
        Place(home, currency, tuple(names), start)
        for (home, currency), names in sorted(homes.items())
        if (start := since[home, currency]) is not None
    )
    return places, tuple(findings)


def _home(one: Told, told: list[Told], mapping: Mapping) -> str | None:
    """Return the marketplace whose accrual a transaction belongs to: its own, else the only one of the currency."""
    if one.settlement_name and not is_multi_channel(one.settlement_name):
        return one.settlement_name
    selling = {
        other.settlement_name
        for other in told
        if other.currency == one.currency and other.settlement_name and not is_multi_channel(other.settlement_name)
    }
    return next(iter(selling)) if len(selling) == 1 else mapping.marketplace_for_blank(one.currency)


def _homeless(one: Told, mapping: Mapping) -> Finding:
    name = one.settlement_name or "no marketplace"
    return Finding(
        "no_marketplace",
        f"Transactions in {one.currency} name {name}, and there is none or several that their accrual could be of.",
        f"Say in marketplace_for_blank of {mapping.file} which marketplace such transactions belong to.",
        origin=f"transactions in {one.currency}, {name}",
    )


def booked_by(road: Road, month: Month, first: datetime) -> tuple[Booked, Booked, tuple[str, ...]]:
    """Return the settlements that the books hold at the end of a month, those before go-live among them, and waits.

    A part dated in the month holds everything that was released in it; a later part what was released afterwards. What
    ended before the first sale that is ours to accrue holds none of them.
    """
    warehouse, places = road.stores.warehouse, placed(road)
    records = {one.settlement_id: one for one in road.stores.settlements.all(road.connection)}
    files: dict[str, str] = {}
    booked, by_hand, busy, unread = [], [], [], []
    for settlement_id, record in records.items():
        if datetime.fromisoformat(record.facts["end"]).astimezone(UTC).replace(tzinfo=None) <= first:
            continue
        if places[settlement_id].is_before_go_live:
            by_hand.append(settlement_id)
        else:
            entries = entries_of(road, settlement_id)
            busy += [settlement_id] * is_in_doubt(entries, month)
            if not is_held(entries, month):
                continue
        booked.append(settlement_id)
        staged = warehouse.current(road.connection, LINES_TABLE, settlement_id)
        if staged is None:
            unread.append(settlement_id)
        else:
            files[settlement_id] = str(warehouse.path(staged))
    waits = []
    if busy:
        waits.append(
            f"Settlements {', '.join(busy)} have documents dated by {month.last}, and it is not certain yet that the "
            "books hold them: let them come to an end, or resolve their review items."
        )
    if unread:
        waits.append(f"Settlements {', '.join(unread)} are not read: materialize settlement_lines of them.")
    return _of(booked, files, records), _of(by_hand, files, records), tuple(waits)


def _of(settlement_ids: list[str], files: dict[str, str], registered: Iterable[str]) -> Booked:
    lines = tuple(files[one] for one in settlement_ids if one in files)
    return Booked(tuple(settlement_ids), lines, tuple(registered))
