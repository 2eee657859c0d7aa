"""Where a connection stands, marketplace by marketplace and currency by currency, so that several lie side by side.

In: a connection's road; only our own stores are asked. Out: a row per marketplace and currency: settlements, what of
them is posted and what is open, what Amazon owes and keeps as reserve, payouts on their way and not seen at the bank;
per connection what waits for a person, what checks say and which month is proved; and how far each source was read.
Amounts stay in their own currency and are never added across currencies.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from assets.balances import TABLE as BALANCES_TABLE
from assets.bank.matches import money_of
from assets.bank.payout_rows import TABLE as PAYOUTS_TABLE
from assets.bank.statement_files import TABLE as STATEMENTS_TABLE
from assets.month_proofs import ASSET as MONTH_PROOFS
from assets.posting.document_sets import newest_documents
from assets.review_queue import stopped_sums
from assets.settlements.series import heads_of, placed
from assets.stages.checks import BY_DAY
from assets.stages.day_names import today
from assets.stages.failing_checks import FAILS, STOPS, WAITING, FailingCheck, counted, failing_checks
from assets.stages.month_names import month_of_name
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from ledger import money
from ledger.month import Month
from ledger.posting import PostingState
from ledger.series import Place
from ledger.settlement_head import SettlementHead
from resources.amazon.marketplaces import marketplace


@dataclass
class Sum:
    """How many, and what they come to."""

    count: int = 0
    amount: Decimal = Decimal(0)

    def add(self, amount: Decimal, count: int = 1) -> None:
        """Count some more."""
        self.count += count
        self.amount += amount


@dataclass(frozen=True)
class Owed:
    """What Amazon stated at the end of a day that it owes; `held` is what of it cannot be paid out yet."""

    as_of: date
    total: Decimal
    held: Decimal | None


@dataclass
class Overview:
    """One marketplace and currency of a connection; what was settled before go-live is counted and left alone."""

    connection: str
    marketplace: str
    currency: str
    before_go_live: int = 0
    posted: Sum = field(default_factory=Sum)
    open: Sum = field(default_factory=Sum)
    on_their_way: Sum = field(default_factory=Sum)
    not_in_bank: Sum | None = None
    owed: Owed | None = None
    reserve: Decimal = Decimal(0)

    @property
    def settlements(self) -> int:
        """Return how many settlements there are."""
        return self.before_go_live + self.posted.count + self.open.count

    @property
    def row(self) -> dict[str, str | int]:
        """Return the row that people and machines read; amounts are text with the currency's decimals."""
        return {
            "connection": self.connection,
            "marketplace": self.marketplace,
            "currency": self.currency,
            "settlements": self.settlements,
            "before_go_live": self.before_go_live,
            "posted": self.posted.count,
            "posted_amount": money.text(self.posted.amount, self.currency),
            "open": self.open.count,
            "open_amount": money.text(self.open.amount, self.currency),
            "payouts_on_their_way": self.on_their_way.count,
            "amount_on_its_way": money.text(self.on_their_way.amount, self.currency),
        }

    @property
    def money_row(self) -> dict[str, str | int | None]:
        """Return what Amazon owes and what the bank has not seen; None where no source tells it.

        `reserve_held` is what the newest settlements kept back, so it is known without Amazon's balances.
        """
        owed, missing = self.owed, self.not_in_bank
        return {
            "connection": self.connection,
            "marketplace": self.marketplace,
            "currency": self.currency,
            "owed_by_amazon": owed and money.text(owed.total, self.currency),
            "of_it_held_back": None if owed is None or owed.held is None else money.text(owed.held, self.currency),
            "owed_as_of": owed and owed.as_of,
            "reserve_held": money.text(self.reserve, self.currency),
            "not_in_bank": missing and missing.count,
            "amount_not_in_bank": missing and money.text(missing.amount, self.currency),
        }


@dataclass(frozen=True)
class Attention:
    """What of a connection asks for a person: items, the money they stop by currency, checks, the last month proved."""

    connection: str
    items: int
    stopping: int
    stopped: dict[str, Decimal]
    checks: tuple[FailingCheck, ...]
    proved: Month | None

    @property
    def row(self) -> dict[str, str | int | None]:
        """Return the row that people and machines read."""
        stopped = (f"{money.text(amount, currency)} {currency}" for currency, amount in sorted(self.stopped.items()))
        return {
            "connection": self.connection,
            "items_open": self.items,
            "stopping_money": self.stopping,
            "stopped": ", ".join(stopped),
            "checks_that_stop": counted(self.checks, STOPS),
            "checks_to_look_at": counted(self.checks, FAILS),
            "checks_that_wait": counted(self.checks, WAITING),
            "last_month_proved": str(self.proved) if self.proved else None,
        }


def overview(road: Road) -> list[Overview]:
    """Return where a connection stands, one entry per marketplace and currency."""
    found: dict[tuple[str, str], Overview] = {}

    def of(place: str, currency: str) -> Overview:
        return found.setdefault((place, currency), Overview(road.connection, place, currency))

    places = placed(road)
    for head in heads_of(road):
        entry = of(head.marketplace, head.currency)
        if places[head.settlement_id].is_before_go_live:
            entry.before_go_live += 1
        else:
            (entry.posted if _is_posted(road, head) else entry.open).add(head.total)
    for head in _newest(heads_of(road), places):
        of(head.marketplace, head.currency).reserve += head.reserve_held
    for place, currency, payouts, amount in _on_their_way(road):
        of(place, currency).on_their_way.add(amount, payouts)
    for place, currency, owed in _owed(road):
        of(place, currency).owed = owed
    for place, currency, missing in _not_in_bank(road):
        if missing.count or (place, currency) in found:
            of(place, currency).not_in_bank = missing
    return [found[key] for key in sorted(found)]


def attention(road: Road) -> Attention:
    """Return what of a connection asks for a person."""
    items = road.stores.review.listing(road.connection)
    blocking = [one for one in items if one.is_blocking]
    checks = tuple(failing_checks(road.stores, road.connection))
    return Attention(road.connection, len(items), len(blocking), stopped_sums(blocking), checks, _proved(road))


def _proved(road: Road) -> Month | None:
    """Return the last month whose proof passes whole."""
    passed: dict[Month, bool] = {}
    for one in road.stores.verdicts.latest(road.connection):
        named = month_of_name(one.partition)
        if named is not None and named[0] == MONTH_PROOFS:
            passed[named[1]] = passed.get(named[1], True) and one.passed
    return max((month for month, is_proved in passed.items() if is_proved), default=None)


def fetched_until(road: Road) -> dict[str, date]:
    """Return the last day that was read of each source kept by day."""
    kept = {asset: road.stores.warehouse.currents(road.connection, asset) for asset in BY_DAY}
    return {asset: max(date.fromisoformat(one.partition) for one in days) for asset, days in kept.items() if days}


def _newest(heads: Iterable[SettlementHead], places: Mapping[str, Place]) -> Iterable[SettlementHead]:
    """Return the last settlement of each series: what an earlier one kept back has come back since."""
    last: dict[str, SettlementHead] = {}
    for head in sorted(heads, key=lambda one: (one.end, one.settlement_id)):
        last[places[head.settlement_id].series] = head
    return last.values()


def _is_posted(road: Road, head: SettlementHead) -> bool:
    documents = newest_documents(road, head.settlement_id)
    return bool(documents) and all(one.state is PostingState.POSTED for one in documents)


def _on_their_way(road: Road) -> Iterable[tuple[str, str, int, Decimal]]:
    warehouse = road.stores.warehouse
    files = [str(warehouse.path(one)) for one in warehouse.currents(road.connection, PAYOUTS_TABLE)]
    if not files:
        return
    with warehouse.connect(road.memory_limit_mb) as duck:
        rows = dicts(duck.sql(statement("payouts_on_their_way"), params={"payouts": files}))
    for row in rows:
        yield _place(row), row["currency"], row["payouts"], money.exact(row["amount"], row["currency"])


def _owed(road: Road) -> Iterable[tuple[str, str, Owed]]:
    """Yield what Amazon stated last; an account it no longer names keeps what was stated of it."""
    warehouse = road.stores.warehouse
    files = [str(warehouse.path(one)) for one in warehouse.currents(road.connection, BALANCES_TABLE) if one.rows]
    if not files:
        return
    with warehouse.connect(road.memory_limit_mb) as duck:
        rows = dicts(duck.sql(statement("owed_now"), params={"balances": files}))
    for row in rows:
        currency = row["currency"]
        held = None if row["held_back"] is None else money.exact(row["held_back"], currency)
        yield _place(row), currency, Owed(row["as_of"], money.exact(row["total"], currency), held)


def _not_in_bank(road: Road) -> Iterable[tuple[str, str, Sum]]:
    """Yield what was paid until today and no bank line is known to have brought; nothing where no statement is read."""
    if not road.stores.warehouse.currents(road.connection, STATEMENTS_TABLE):
        return
    place_of = {head.settlement_id: head.marketplace for head in heads_of(road)}
    known, now = money_of(road), today(road.clock)
    found: dict[tuple[str, str], Sum] = {}
    for one in known.payments:
        place = next((place_of[each] for each in one.settlement_ids if each in place_of), "")
        entry = found.setdefault((place, one.currency), Sum())
        if one.day <= now and known.matching.of_payment(one.payment_id) is None:
            entry.add(one.amount)
    for (place, currency), entry in found.items():
        yield place, currency, entry


def _place(row: dict) -> str:
    known = marketplace(row["marketplace_id"] or "")
    return known.settlement_name if known else row["marketplace_id"] or ""
