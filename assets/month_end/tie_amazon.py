"""Amazon's side of a tie to the ledger: what it says it owes, and what our records say of each settlement by then.

In: a place, a month, and our documents that are in the books. Out: the stated balance with its deferred part, a
`Settled` per settlement, and what was released and is in no settlement yet. Nothing is asked of Amazon: balances,
payouts and events are those that are kept by day. Which midnight ends Amazon's day is said nowhere, nor whether a
payout leaves its balance when it begins or when it arrives: so there are several readings, and the caller tries each.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from assets.balances import TABLE as BALANCES
from assets.bank.matches import money_of, payout_rows
from assets.events.event_rows import TABLE as EVENTS
from assets.month_end.tie_place import Placed, TiePlace
from assets.proofs.payout_checks import settlements as paid_settlements
from assets.settlement_lines import TABLE as LINES_TABLE
from assets.stages.days import days_between
from assets.stages.kept_days import kept_days
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from ledger import categories, money
from ledger.ledger_tie import Settled
from ledger.month import Month
from resources.amazon.marketplaces import MARKETPLACES, marketplace_named
from resources.amazon.transfers import BROKEN

# Rows that carry something between settlements: nothing happened when they were written.
_CARRIES = (categories.RESERVE, categories.DEBT_CARRIED)
# Settlements come every two weeks; a series without any for so long has no sales.
_ASLEEP_AFTER = timedelta(days=45)
_ZERO = Decimal(0)

# The end of Amazon's day for a marketplace, by its name in settlements.
Midnight = Callable[[str], datetime]
Documents = Mapping[str, Sequence[tuple[str, Decimal]]]


@dataclass(frozen=True)
class Reading:
    """One way to read Amazon's balance: when its day ends, and whether a payout is in it until it has arrived."""

    midnight: Midnight
    until_arrival: bool = False


@dataclass(frozen=True)
class Stated:
    """What Amazon says it owed at a day's end; `missing` are marketplaces of which it says nothing."""

    total: Decimal
    deferred: Decimal
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class AmazonSide:
    """What our records say in one reading; `wanting` says why not everything is known, "" when it is."""

    settled: tuple[Settled, ...]
    not_settled: Decimal
    wanting: str = ""


@dataclass(frozen=True)
class Kept:
    """What is kept of payouts and the bank, by settlement: looked up once for all places and readings."""

    payouts: Mapping[str, Sequence[dict]] = field(default_factory=dict)
    at_bank: Mapping[str, date] = field(default_factory=dict)


def readings(month: Month) -> tuple[Reading, ...]:
    """Return the ways to read a month's end: either midnight, and payouts until they leave or until they arrive."""
    utc: Midnight = lambda _: month.end(UTC)  # noqa: E731
    local: Midnight = lambda name: month.end(_zone(name)).astimezone(UTC)  # noqa: E731
    return tuple(Reading(midnight, late) for late in (False, True) for midnight in (utc, local))


def _zone(name: str) -> tzinfo:
    place = marketplace_named(name)
    return place.time_zone if place else UTC


def kept(road: Road) -> Kept:
    """Gather payouts and what the bank shows of them."""
    payouts: dict[str, list[dict]] = defaultdict(list)
    for row in payout_rows(road):
        for settlement_id in paid_settlements(row):
            payouts[settlement_id].append(row)
    at_bank = {
        settlement_id: max(line.value_date for line in match.lines)
        for match in money_of(road).matching.matches
        for payment in match.payments
        for settlement_id in payment.settlement_ids
        if payment.amount > 0
    }
    return Kept(payouts, at_bank)


def stated(road: Road, place: TiePlace, day: date) -> Stated | None:
    """Return what Amazon says it owed at the end of a day; None when no balance of that day is kept of the place."""
    version = road.stores.warehouse.current(road.connection, BALANCES, day.isoformat())
    if version is None or not version.rows or not place.marketplaces:
        return None
    names = {one.marketplace_id: one.settlement_name for one in MARKETPLACES}
    ids = {one: name for one, name in names.items() if name in place.marketplaces}
    bound = {"currency": place.currency, "marketplaces": sorted(ids)}
    path = str(road.stores.warehouse.path(version))
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        rows = dicts(duck.sql(statement("balances_of_day"), params={"balances": path, **bound}))
    missing = set(ids.values()) - {ids[row["marketplace_id"]] for row in rows}
    return Stated(
        money.total((row["total"] for row in rows), place.currency),
        money.total((row["deferred"] or _ZERO for row in rows), place.currency),
        tuple(sorted(missing)),
    )


def amazon_side(road: Road, place: TiePlace, documents: Documents, known: Kept, reading: Reading) -> AmazonSide:
    """Return what our records say of every settlement of a place in one reading."""
    returned, brought = _returned(place.settlements, documents)
    made, wanting = [], ""
    for one in place.settlements:
        head = one.head
        moment, payouts = reading.midnight(head.marketplace), known.payouts.get(head.settlement_id, ())
        earned = _earned(road, one, moment)
        if earned is None:
            wanting = wanting or f"the lines of settlement {head.settlement_id} are not staged"
        made.append(
            Settled(
                head.settlement_id,
                (earned or _ZERO) - brought.get(head.settlement_id, _ZERO),
                _paid(one, payouts, reading),
                _payable(one, payouts, moment),
                returned.get(head.settlement_id, _ZERO),
                tuple(documents.get(head.settlement_id, ())),
                head.end > moment,
                _words(road, one, documents, known),
            )
        )
    not_settled, why = _not_settled(road, place, reading.midnight)
    return AmazonSide(tuple(made), not_settled, wanting or why)


def _earned(road: Road, one: Placed, moment: datetime) -> Decimal | None:
    """Return what happened in a settlement before a moment; None when its lines are needed and not staged."""
    head = one.head
    if head.start >= moment:
        return _ZERO
    carried = [row for name in _CARRIES for row in head.rows(name)]
    if head.end <= moment:
        return head.total - sum((row.amount for row in carried), _ZERO)
    version = road.stores.warehouse.current(road.connection, LINES_TABLE, head.settlement_id)
    if version is None:
        return None
    bound = {
        "lines": str(road.stores.warehouse.path(version)),
        "moment": _naive(moment),
        "carried": sorted({row.description for row in carried}),
    }
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        [row] = dicts(duck.sql(statement("earned_by"), params=bound))
    return money.exact(row["earned"] or _ZERO, head.currency)


def _paid(one: Placed, payouts: Sequence[dict], reading: Reading) -> Decimal:
    """Return what had left Amazon's balance of a settlement: its total when it ended, where no payout of it was read.

    A payout that broke is with Amazon. One of several settlements gives each its own total.
    """
    head, moment = one.head, reading.midnight(one.head.marketplace)
    if not payouts:
        return _payable(one, payouts, moment)
    paid = _ZERO
    for row in payouts:
        left = row["paid_at"] if reading.until_arrival else row["created_at"] or _naive(head.end)
        if row["status"] in BROKEN or row["amount"] is None or left is None or left >= _naive(moment):
            continue
        is_alone = len(paid_settlements(row)) == 1
        paid += money.exact(row["amount"], head.currency) if is_alone else max(head.total, _ZERO)
    return paid


def _payable(one: Placed, payouts: Sequence[dict], moment: datetime) -> Decimal:
    """Return what is paid out of a settlement that has ended: nothing while every payout of it broke."""
    is_broken = bool(payouts) and all(row["status"] in BROKEN for row in payouts)
    return _ZERO if is_broken or one.head.end > moment else max(one.head.total, _ZERO)


def _naive(moment: datetime) -> datetime:
    """Return a moment in UTC as staged columns have it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _returned(settlements: Iterable[Placed], documents: Documents) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Return what came back of a settlement's payout, and what a settlement brings back, once that is in the books."""
    returned: dict[str, Decimal] = defaultdict(Decimal)
    brought: dict[str, Decimal] = defaultdict(Decimal)
    for one in settlements:
        for row in one.place.carried:
            if row.kind == "transfer_returned" and row.from_settlement_id and documents.get(one.head.settlement_id):
                returned[row.from_settlement_id] += row.amount
                brought[one.head.settlement_id] += row.amount
    return returned, brought


def _not_settled(road: Road, place: TiePlace, midnight: Midnight) -> tuple[Decimal, str]:
    """Return what was released and is in no settlement that is known, and why that is not all, "" when it is."""
    found = [_not_settled_in(road, place, name, midnight(name)) for name in place.marketplaces]
    return sum((amount for amount, _ in found), _ZERO), next((why for _, why in found if why), "")


def _not_settled_in(road: Road, place: TiePlace, name: str, moment: datetime) -> tuple[Decimal, str]:
    """Return it for one marketplace: what was released after its newest settlement.

    Where it has two series the events do not say in which a sale will be settled, so both must have theirs.
    """
    ends = _last_ends(place, name, moment)
    if min(ends) >= moment:
        return _ZERO, ""
    if len(ends) > 1:
        return _ZERO, f"one of the series of {name} has no settlement yet that ends after {min(ends).date()}"
    since = ends[0].astimezone(UTC)
    events, last = kept_days(road, EVENTS), (moment - timedelta(microseconds=1)).date()
    lacking = [day for day in days_between(since.date(), last) if day not in events.versions]
    if lacking:
        return _ZERO, f"{name} has no settlement since {since.date()}, and no financial events of {lacking[0]} are kept"
    # What names no marketplace is of the account: it is this one's where the account has no other.
    unnamed = [""] if len(place.marketplaces) == 1 else []
    bound = {
        "events": events.files(since.date(), last),
        "currency": place.currency,
        "marketplaces": [one.marketplace_id for one in MARKETPLACES if one.settlement_name == name] + unnamed,
        "since": _naive(since),
        "moment": _naive(moment),
        "settled": [one.head.settlement_id for one in place.settlements],
    }
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        [row] = dicts(duck.sql(statement("released_since"), params=bound))
    return money.exact(row["released"] or _ZERO, place.currency), ""


def _last_ends(place: TiePlace, name: str, moment: datetime) -> list[datetime]:
    """Return when the newest settlement of each series of a marketplace ended; one that fell asleep has no say."""
    ends: dict[str, datetime] = {}
    series = {one.place.series for one in place.settlements if one.head.marketplace == name}
    for one in place.settlements:
        # A settlement of fees alone names no marketplace: its series does.
        if one.place.series in series:
            ends[one.place.series] = max(ends.get(one.place.series, one.head.end), one.head.end)
    awake = [end for end in ends.values() if moment - end <= _ASLEEP_AFTER]
    return awake or [max(ends.values(), default=place.settlements[-1].head.end)]


def _words(road: Road, one: Placed, documents: Documents, known: Kept) -> str:
    """Say what helps to find a settlement's money: when it ended, and whether the bank shows its payout."""
    words = [f"ends {one.head.end.astimezone(road.policy.zone).date()}"]
    if not documents.get(one.head.settlement_id):
        words.append("not in the books by the month's end")
    if one.head.settlement_id in known.at_bank:
        words.append(f"at the bank since {known.at_bank[one.head.settlement_id]}")
    return ", ".join(words)
