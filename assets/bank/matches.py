"""Bank lines held against payouts: everything that is known on both sides, matched by the rules of the ledger.

In: the payouts that were read (a settlement's own total where none was), charges to the card, the bank's lines, and
what people chose. Out: one `Matching` for the whole connection. Nothing is written and nobody is asked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from assets.bank.cash_sources import charges_of
from assets.bank.payout_rows import TABLE as PAYOUTS
from assets.bank.statement_files import bank_lines
from assets.review.decisions import chosen
from assets.settlement_lines import TABLE as LINES_TABLE
from assets.stages.kept_days import kept_days
from assets.stages.roadmap import Road
from assets.stages.statements import dicts
from ledger import money
from ledger.bank_line import BankLine
from ledger.bank_matching import UNCLEAR, UNEXPLAINED, HandMade, Matching, Payment, Window, match
from resources.amazon.transfers import BROKEN, NO_PAYOUT
from resources.store.settlements import SettlementRecord

CHARGE = "charge"


@dataclass(frozen=True)
class Money:
    """Payments and lines of a connection, and what is certain between them."""

    payments: tuple[Payment, ...]
    lines: tuple[BankLine, ...]
    by_hand: tuple[HandMade, ...]
    left_alone: frozenset[str]
    window: Window
    payers: tuple[str, ...] = ()

    @cached_property
    def matching(self) -> Matching:
        """Return what belongs together; a line that a person has put aside is not looked at."""
        lines = [one for one in self.lines if one.key not in self.left_alone]
        return match(self.payments, lines, self.window, self.by_hand, self.payers)

    def of_settlement(self, settlement_id: str) -> tuple[Payment, ...]:
        """Return the payments of a settlement: its payout, and charges to the card in it."""
        return tuple(one for one in self.payments if settlement_id in one.settlement_ids)


def money_of(road: Road) -> Money:
    """Gather everything that is known on both sides."""
    payments = tuple(_payments(road))
    by_hand, left_alone = _said(road, payments)
    window = Window(road.bank.days_before, road.bank.days_after)
    return Money(payments, tuple(bank_lines(road)), by_hand, left_alone, window, road.bank.payers)


def payout_rows(road: Road) -> list[dict]:
    """Return the rows of all payouts that were read."""
    days = kept_days(road, PAYOUTS)
    if not days:
        return []
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        return dicts(duck.sql("SELECT * FROM read_parquet($paths)", params={"paths": days.files()}))


def _payments(road: Road) -> Iterator[Payment]:
    told: set[str] = set()
    for row in payout_rows(road):
        told |= set(row["settlement_ids"])
        if row["status"] in BROKEN or row["status"] == NO_PAYOUT or row["bank_amount"] is None:
            continue
        moment = row["paid_at"] or row["created_at"]
        currency = row["bank_currency"]
        amount = money.exact(row["bank_amount"], currency)
        ids = tuple(row["settlement_ids"])
        yield Payment(row["payout_id"], ids, amount, currency, moment.date(), row["trace_id"] or "")
    for record in road.stores.settlements.all(road.connection):
        if record.settlement_id not in told:
            yield from _own_total(record)
        yield from _charges(road, record)


def _own_total(record: SettlementRecord) -> Iterator[Payment]:
    """Yield what a settlement pays by its own word, where no payout of it was read."""
    facts = record.facts
    amount = money.exact(facts["total_amount"], facts["currency"])
    if amount > 0:
        day = datetime.fromisoformat(facts["deposit_date"] or facts["end"]).date()
        yield Payment(record.settlement_id, (record.settlement_id,), amount, facts["currency"], day)


def _charges(road: Road, record: SettlementRecord) -> Iterator[Payment]:
    """Yield what Amazon charged to the card within a settlement: the bank sees a debit of it."""
    currency, charged = record.facts["currency"], charges_of(record)
    days = _days_of(road, record.settlement_id, {one.description for one in charged}) if charged else {}
    for number, one in enumerate(charged, start=1):
        day = days.get((one.description, one.amount)) or datetime.fromisoformat(record.facts["end"]).date()
        yield Payment(charge_id(record.settlement_id, number), (record.settlement_id,), -one.amount, currency, day)


def charge_id(settlement_id: str, number: int) -> str:
    """Return under which name a charge to the card is matched, counted from 1."""
    return f"{CHARGE}-{settlement_id}-{number}"


def _days_of(road: Road, settlement_id: str, descriptions: Iterable[str]) -> dict[tuple, date]:
    """Return on which day rows of these descriptions were posted, by description and amount."""
    version = road.stores.warehouse.current(road.connection, LINES_TABLE, settlement_id)
    if version is None:
        return {}
    query = "SELECT amount_description, amount, posted_at FROM read_parquet($path) WHERE amount_description IN $wanted"
    bound = {"path": str(road.stores.warehouse.path(version)), "wanted": sorted(descriptions)}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        found = dicts(duck.sql(query, params=bound))
    return {(row["amount_description"], row["amount"]): row["posted_at"].date() for row in found if row["posted_at"]}


def _said(road: Road, payments: Iterable[Payment]) -> tuple[tuple[HandMade, ...], frozenset[str]]:
    """Return what people chose for a line, and the lines they put aside; the last word on a line counts."""
    by_line: dict[str, HandMade | None] = {}
    for item in road.stores.review.listing(road.connection, state=None):
        if item.code not in (UNCLEAR, UNEXPLAINED) or item.resolution not in ("choose", "dismiss"):
            continue
        by_line[item.origin] = (
            None if item.resolution == "dismiss" else _hand_made(item.origin, item.resolution_reason, payments)
        )
    by_hand = tuple(one for one in by_line.values() if one is not None)
    return by_hand, frozenset(key for key, one in by_line.items() if one is None)


def _hand_made(line_key: str, reason: str, payments: Iterable[Payment]) -> HandMade:
    """Read `24758260539 24758260540: pooled`: payouts by their own ids or by the settlements they pay."""
    words = chosen(reason).replace(",", " ").split()
    ids = [_payment_id(word, payments) for word in words]
    return HandMade(line_key, tuple(ids))


def _payment_id(word: str, payments: Iterable[Payment]) -> str:
    payments = tuple(payments)
    if any(one.payment_id == word for one in payments):
        return word
    paid = [one.payment_id for one in payments if word in one.settlement_ids and one.amount > 0]
    return paid[0] if len(paid) == 1 else word
