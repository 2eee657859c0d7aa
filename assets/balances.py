"""Balances: what Amazon owes the seller at the end of each day, by its own word, one version per day.

In: listBalances as of each day of a span, every answer archived first. Out: one Parquet file per day, a row per
marketplace and account type. Which midnight ends a day, that of UTC or that of the marketplace, no source says; so a
day is asked for when it is over everywhere, and until then it is kept empty. How far back Amazon answers is not said
either: what is taken every day is there when a month is closed.
"""

from datetime import date, datetime, timedelta

from assets.stages.currencies import currency_verdict
from assets.stages.day_answers import Archiving, unusable
from assets.stages.day_files import write_day
from assets.stages.day_names import start_of
from assets.stages.days import DayOutcome, days_between
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.errors import SourceRefused
from resources.amazon.balances import AccountBalance

TABLE = "balances"
ADDS_UP, STATED = "balance_is_its_parts", "balance_stated"
# A day of UTC ends last on the Pacific coast of America, eight hours later; one more for clocks.
_OVER_AFTER = timedelta(days=1, hours=9)
_PARTS = {"available": "AVAILABLE", "reserved": "RESERVED", "deferred": "DEFERRED"}
_PARTS |= {"account_level_reserve": "ACCOUNT_LEVEL_RESERVE"}


def fetch_balances(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Fetch the balances at the end of every day from a first to a last one, both included, and stage each day.

    Raises SourceRefused or SourceUnavailable when Amazon does not answer; an answer that cannot be used refuses its
    day.
    """
    return {day: _of_day(road, day) for day in days_between(first, last)}


def is_closed(day: date, now: datetime) -> bool:
    """Tell whether a day is over in every marketplace."""
    return start_of(day) + _OVER_AFTER <= now


def _of_day(road: Road, day: date) -> DayOutcome:
    archive = Archiving(road)
    if not is_closed(day, road.clock.now()):
        return _staged(road, day, (), archive.documents, is_over=False)
    try:
        found = road.source.balances.balances(archive, day)
    except SourceRefused as refused:
        return unusable(refused)
    own = tuple(one for one in found if not road.is_foreign(one.marketplace_id))
    return _staged(road, day, own, archive.documents, is_over=True)


def _staged(
    road: Road, day: date, balances: tuple[AccountBalance, ...], documents: list[str], *, is_over: bool
) -> StageResult:
    rows = [_row(day, one) for one in balances]
    version = write_day(road, TABLE, day, rows, {"documents": documents, "is_over": is_over})
    return StageResult(
        facts={"accounts": len(rows), "the day is over": is_over},
        rows=tuple({name: str(value or "") for name, value in row.items() if name != "document"} for row in rows),
        rows_total=version.rows,
        verdicts=(_adds_up(balances), _stated(day, balances, is_over=is_over), _in_currency(day, balances)),
        links={"document": documents[0]} if documents else {},
        version=version.id,
    )


def _row(day: date, one: AccountBalance) -> dict[str, str | None]:
    currency = one.total.stated.currency
    amounts = {name: one.total.amount(kind) for name, kind in _PARTS.items()}
    return {
        "as_of": day.isoformat(),
        "marketplace_id": one.marketplace_id,
        "account_type": one.account_type,
        "currency": currency,
        "total": money.text(one.total.stated.amount, currency),
        **{name: None if amount is None else money.text(amount, currency) for name, amount in amounts.items()},
        "document": one.document,
    }


def _in_currency(day: date, balances: tuple[AccountBalance, ...]) -> Verdict:
    return currency_verdict(((one.marketplace_id, one.total.stated.currency) for one in balances), f"balances of {day}")


def _stated(day: date, balances: tuple[AccountBalance, ...], *, is_over: bool) -> Verdict:
    """No account is not an account without money."""
    if balances or not is_over:
        sentence = f"Amazon states {len(balances)} balances." if is_over else "The day is not over."
        return Verdict(STATED, True, sentence, is_blocking=False)
    sentence = (
        f"Amazon states no balance at all as of {day}. How far back it does, it does not say: the account may not have"
        " existed yet, or it is too long ago to be asked for."
    )
    return Verdict(STATED, False, sentence, is_blocking=False)


def _adds_up(balances: tuple[AccountBalance, ...]) -> Verdict:
    """Nothing forces Amazon to agree with itself."""
    rows: list[Row] = [
        {
            "marketplace": one.marketplace_id,
            "account": one.account_type,
            "balance": part.kind,
            "amount": money.text(part.stated.amount, part.stated.currency),
            "more than its parts": money.text(part.difference, part.stated.currency),
            "currency": part.stated.currency,
        }
        for one in balances
        for part in one.total.walk()
        if part.difference
    ]
    if not rows:
        return Verdict(ADDS_UP, True, f"The balances of {len(balances)} accounts are their parts.", is_blocking=False)
    sentence = f"{len(rows)} balances are not what their parts come to; what counts is the total."
    return Verdict(ADDS_UP, False, sentence, is_blocking=False, rows=tuple(rows))
