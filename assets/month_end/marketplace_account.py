"""The accounts a seller has with the marketplace, rolled forward over a month from what is kept by day.

In: kept balances, financial events and payouts. Out: an `AccountMonth` per marketplace and currency, or the sentence
that says why nothing can be said yet. Which midnight ends a day of listBalances no source says, nor whether a payout
leaves the balance when it begins or when it arrives; so each account is read by days of UTC and by those of the
marketplace, and with payouts either way, and the reading that fits is taken. Nothing is written and nobody is asked.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from assets.balances import TABLE as BALANCES
from assets.bank.matches import payout_rows
from assets.bank.payout_rows import LEFT_OUT
from assets.bank.payout_rows import TABLE as PAYOUTS
from assets.events.event_rows import TABLE as EVENTS
from assets.stages.kept_days import KeptDays, kept_days
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from ledger import money
from ledger.event_classification import classify_event
from ledger.month import Month
from ledger.roll_forward import (
    Held,
    Movement,
    PaidOut,
    Reason,
    RollForward,
    Transfer,
    beside_payouts,
    fitting,
    roll_forward,
)
from ledger.source_match import UNKNOWN
from resources.amazon.marketplaces import marketplace
from resources.amazon.stated import shown
from resources.amazon.transfers import BROKEN, NO_PAYOUT

_DAY = timedelta(days=1)
_ZERO = Decimal(0)
_NOTHING = {"total": _ZERO, "deferred": _ZERO}
Key = tuple[str, str]  # marketplace id, currency


@dataclass(frozen=True)
class AccountMonth:
    """One account over one month; `days_of` says whose days fit, `stated` is what Amazon states at the month's end.

    One that moved something and of which Amazon states no balance at all is rolled forward from nothing to nothing.
    """

    marketplace_id: str
    currency: str
    days_of: str
    rolled: RollForward
    stated: Mapping[str, Decimal | None]
    is_stated: bool = True

    @property
    def marketplace(self) -> str:
        """Return the marketplace's name as settlements write it, else what can be shown of its id."""
        known = marketplace(self.marketplace_id)
        return known.settlement_name if known else shown(self.marketplace_id)


@dataclass(frozen=True)
class NotYet:
    """Why a month cannot be proved: what it needs cannot be had (off, too early), or `is_waiting` to be read."""

    sentence: str
    is_waiting: bool


def accounts_of_month(road: Road, month: Month) -> list[AccountMonth] | NotYet:
    """Return every account that held or moved something, or why nothing can be said."""
    balances, events, payouts = (kept_days(road, one) for one in (BALANCES, EVENTS, PAYOUTS))
    before = month.first - _DAY
    lacking = _lacking(road, month, {BALANCES: balances, EVENTS: events, PAYOUTS: payouts})
    if lacking is not None:
        return lacking
    stated = _stated(road, balances.files(before, month.last))
    reader = _Reader(road, month, events.files(before, month.last + _DAY), tuple(sorted(stated)))
    # One of which Amazon begins to state a balance on the month's last day is proved from the next month on.
    found = [_account(reader, key, by_day) for key, by_day in stated.items() if len(by_day) > 1]
    nothing = dict.fromkeys((before, month.last), dict.fromkeys(("available", "account_level_reserve")) | _NOTHING)
    found += [replace(_account(reader, key, nothing), is_stated=False) for key in reader.unstated()]
    return [one for one in found if one.rolled.opening.total or one.rolled.closing.total or one.rolled.movements]


def _lacking(road: Road, month: Month, kept: Mapping[str, KeptDays]) -> NotYet | None:
    before = month.first - _DAY
    for asset, days in kept.items():
        what = asset.replace("_", " ")
        if asset in road.switched_off and not days:
            return NotYet(f"No {what} are kept: `by_day.{asset}` is off, so nothing is compared.", is_waiting=False)
        if not days:
            cure = f"connector fetch {asset} --from {before} --to {month.last} -c {road.connection}"
            return NotYet(f"No {what} are kept yet, so nothing is compared. By hand: {cure}", is_waiting=True)
        if days.first > before:
            words = f"{what.capitalize()} are read from {days.first} on only, so nothing is compared."
            if before < road.fetched_from(road.clock.now()) or asset in road.switched_off:
                return NotYet(words, is_waiting=False)
            cure = f"connector fetch {asset} --from {before} --to {days.first - _DAY} -c {road.connection}"
            return NotYet(f"{words} By hand: {cure}", is_waiting=True)
        whole = {BALANCES: "is_over", EVENTS: "is_complete"}.get(asset)
        wanted = (before, month.last) if asset == BALANCES else _days(before, month.last)
        for day in wanted:
            version = days.versions.get(day)
            if version is None or (whole is not None and not version.facts[whole]):
                cure = f"connector fetch {asset} --from {day} --to {day} -c {road.connection}"
                return NotYet(f"{what.capitalize()} of {day} are not read yet; by hand: {cure}", is_waiting=True)
            if version.facts.get(LEFT_OUT):
                words = f"{what.capitalize()} of {day} lack what cannot be used: see the review queue."
                return NotYet(words, is_waiting=True)
    return None


def _days(first: date, last: date) -> list[date]:
    return [first + _DAY * number for number in range((last - first).days + 1)]


def _stated(road: Road, files: list[str]) -> dict[Key, dict[date, dict]]:
    """Return what Amazon states by account and day."""
    stated: dict[Key, dict[date, dict]] = {}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        for row in dicts(duck.sql(statement("balances_of_days"), params={"balances": files})):
            stated.setdefault((row["marketplace_id"], row["currency"]), {})[row["as_of"]] = row
    return stated


class _Reader:
    """What moved in a month, read once per time zone."""

    def __init__(self, road: Road, month: Month, files: list[str], accounts: tuple[Key, ...]) -> None:
        self.month = month
        self._road = road
        self._files = files
        self._accounts = accounts
        self._payouts = payout_rows(road)
        self._read: dict[str, tuple[list[dict], list[dict]]] = {}

    def movements(self, zone: tzinfo, key: Key) -> tuple[list[Movement], Decimal]:
        """Return the movements of an account, and what names no marketplace although several have this currency."""
        found, nameless = [], _ZERO
        for row in self._rows(zone)[0]:
            if not self._is_of(row, key):
                if (row["marketplace_id"], row["currency"]) == ("", key[1]) and row["day"] <= self.month.last:
                    nameless += row["occurred"]
                continue
            known = classify_event(row["transaction_type"], row["leaf_path"])
            amounts = (money.exact(row[name], key[1]) for name in ("occurred", "released", "unknown"))
            found.append(Movement(row["day"], known.category if known else UNKNOWN, *amounts))
        return found, nameless

    def transfers(self, zone: tzinfo, key: Key) -> list[Transfer]:
        """Return the transfers of an account, payouts told once more among them."""
        return [
            Transfer(row["day"], money.exact(row["amount"], key[1]), row["settlement_id"] or "")
            for row in self._rows(zone)[1]
            if self._is_of(row, key)
        ]

    def payouts(self, zone: tzinfo, key: Key) -> Iterator[tuple[PaidOut, frozenset[str]]]:
        """Yield the payouts of an account with the settlements they pay."""
        for row in self._payouts:
            moved = row["amount"] is not None and row["status"] != NO_PAYOUT
            if moved and (row["marketplace_id"], row["currency"]) == key:
                yield _paid_out(row, zone), frozenset(row["settlement_ids"])

    def unstated(self) -> list[Key]:
        """Return accounts in which something moved, and of which Amazon states no balance on any day."""
        currencies = {currency for _, currency in self._accounts}
        moved = {(row["marketplace_id"], row["currency"]) for row in self._rows(UTC)[0]}
        return sorted(key for key in moved - {*self._accounts} if key[0] or key[1] not in currencies)

    def _is_of(self, row: dict, key: Key) -> bool:
        """Tell whether a row is of an account; what names no marketplace is of the only one in its currency."""
        own = (row["marketplace_id"], row["currency"])
        return own == key or (not own[0] and [one for one in self._accounts if one[1] == own[1]] == [key])

    def _rows(self, zone: tzinfo) -> tuple[list[dict], list[dict]]:
        name = str(zone)
        if name not in self._read:
            days = _days(self.month.first, self.month.last + _DAY)
            starts = [datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None) for day in days]
            bound = {"events": self._files, "days": days, "starts": starts}
            with self._road.stores.warehouse.connect(self._road.memory_limit_mb) as duck:
                movements = dicts(duck.sql(statement("account_movements"), params=bound))
                transfers = dicts(duck.sql(statement("account_transfers"), params=bound))
            self._read[name] = movements, transfers
        return self._read[name]


def _paid_out(row: dict, zone: tzinfo) -> PaidOut:
    def day(moment: datetime | None) -> date | None:
        return None if moment is None else moment.replace(tzinfo=UTC).astimezone(zone).date()

    history = [(status, datetime.fromisoformat(at)) for status, at in json.loads(row["history"])]
    left = day(row["created_at"] or min(at for _, at in history))
    assert left is not None, "a payout without any moment was refused when it was read"
    broke = max((at for status, at in history if status in BROKEN), default=None) if row["status"] in BROKEN else None
    return PaidOut(row["payout_id"], money.exact(row["amount"], row["currency"]), left, day(row["paid_at"]), day(broke))


def _account(reader: _Reader, key: Key, by_day: Mapping[date, dict]) -> AccountMonth:
    """Read an account both ways in both respects, and return the reading that fits."""
    place = marketplace(key[0])
    zones: dict[str, tzinfo] = {"UTC": UTC}
    if place is not None:
        zones["the marketplace"] = place.time_zone
    readings = [
        (name, _rolled(reader, zone, key, by_day, until_arrival=until_arrival))
        for until_arrival in (False, True)
        for name, zone in zones.items()
    ]
    best = fitting([rolled for _, rolled in readings])
    name = next(name for name, rolled in readings if rolled is best)
    last = by_day[best.last]
    stated = {one: _exact(last[one], key[1]) for one in ("available", "account_level_reserve")}
    return AccountMonth(*key, name, best, stated)


def _rolled(
    reader: _Reader, zone: tzinfo, key: Key, by_day: Mapping[date, dict], *, until_arrival: bool
) -> RollForward:
    """Roll an account forward between the first and the last day of which Amazon states a balance."""
    movements, nameless = reader.movements(zone, key)
    payouts = list(reader.payouts(zone, key))
    others = [Reason("transactions that name no marketplace", nameless)]
    held = {
        day: Held(money.exact(row["total"], key[1]), _exact(row["deferred"], key[1])) for day, row in by_day.items()
    }
    transfers = beside_payouts(reader.transfers(zone, key), payouts)
    first, last = min(held) + _DAY, max(held)
    paid = [one for one, _ in payouts]
    return roll_forward(first, last, held, movements, paid, transfers, others, until_arrival=until_arrival)


def _exact(amount: Decimal | None, currency: str) -> Decimal | None:
    return None if amount is None else money.exact(amount, currency)
