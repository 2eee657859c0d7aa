"""Expected payouts: what Amazon says today that it will pay, and when, or why it will pay nothing.

In: listExpectedPayouts, which knows no other day than the present one; every answer archived first. Out: one Parquet
file per day of UTC, as it was told last on that day, a row per payout to come. Nothing is booked from it: it says what
cash to expect, and that a payout is in danger before it fails.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from assets.stages.day_answers import Archiving, unusable
from assets.stages.day_files import write_day
from assets.stages.day_names import today
from assets.stages.days import DayOutcome, Kept, days_between
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.errors import SourceRefused
from resources.amazon.transfers import ExpectedPayout

TABLE = "expected_payouts"
SAFE = "no_payout_at_risk"
# The words of Amazon's model for a payout that needs the seller
# (https://github.com/amzn/selling-partner-api-models, transfers_2024-06-01).
_IN_DANGER = {
    "DISABLED": "payouts of this account are disabled",
    "AT_RISK": "it may fail because of the deposit method",
}
_CURE = "Look at the deposit methods and notices in Seller Central."
_ROWS_MAX = 25
_DAY = timedelta(days=1)


def only_today(_: object, day: date) -> Kept:
    """Return that Amazon tells the present alone; the day before is let in for a run that began before midnight."""
    return Kept(day - _DAY, "Amazon says only at present what it expects to pay.")


def fetch_expected(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Fetch what is expected today; a day that is over keeps what it was told last.

    Raises SourceRefused or SourceUnavailable when Amazon does not answer; an answer that cannot be used refuses the
    day.
    """
    now = today(road.clock)
    return {day: _asked(road, day) if day == now else _kept(road, day) for day in days_between(first, last)}


def _asked(road: Road, day: date) -> DayOutcome:
    archive = Archiving(road)

    try:
        found = road.source.transfers.expected(archive)
    except SourceRefused as refused:
        return unusable(refused)
    own = [one for one in found if not road.is_foreign(one.marketplace_id)]
    rows = [_row(one) for one in sorted(own, key=_place)]
    version = write_day(road, TABLE, day, rows, {"documents": archive.documents, "is_asked": True})
    return StageResult(
        facts={"expected payouts": len(rows), **_sums(own)},
        rows=tuple({name: str(value or "") for name, value in row.items() if name != "document"} for row in rows),
        rows_total=version.rows,
        verdicts=(_safe(own),),
        links={"document": archive.documents[0]} if archive.documents else {},
        version=version.id,
    )


def _kept(road: Road, day: date) -> StageResult:
    """Leave a day that is over as it is; one on which nobody asked is empty and says so."""
    version = road.stores.warehouse.current(road.connection, TABLE, day.isoformat())
    if version is None:
        version = write_day(road, TABLE, day, (), {"documents": [], "is_asked": False})
    told = "as it was told on that day" if version.facts["is_asked"] else "nobody asked on that day"
    verdict = Verdict(SAFE, True, "The day is over: what became of its payouts is told by them.", is_blocking=False)
    return StageResult(
        facts={"expected payouts": version.rows, "told": told},
        rows_total=version.rows,
        verdicts=(verdict,),
        version=version.id,
    )


def _place(one: ExpectedPayout) -> tuple[str, str, str]:
    return one.marketplace_id, one.account_type, str(one.period_start)


def _row(one: ExpectedPayout) -> dict[str, object]:
    return {
        "status": one.status,
        "amount": None if one.amount is None else money.text(one.amount.amount, one.amount.currency),
        "currency": None if one.amount is None else one.amount.currency,
        "marketplace_id": one.marketplace_id,
        "account_type": one.account_type,
        "account_tail": one.account_tail,
        "payment_method": one.payment_method,
        "scheduled_at": _moment(one.scheduled),
        "period_start": _moment(one.period_start),
        "period_end": _moment(one.period_end),
        "settlement_ids": list(one.settlement_ids),
        "document": one.document,
    }


def _sums(expected: list[ExpectedPayout]) -> dict[str, Decimal]:
    """Return what is expected per currency."""
    amounts = [one.amount for one in expected if one.amount is not None]
    return {
        currency: money.total((one.amount for one in amounts if one.currency == currency), currency)
        for currency in sorted({one.currency for one in amounts})
    }


def _safe(expected: list[ExpectedPayout]) -> Verdict:
    """A payout that will not be made without the seller is told before it fails."""
    held = [one for one in expected if one.status in _IN_DANGER]
    if not held:
        return Verdict(SAFE, True, f"None of {len(expected)} expected payouts is in danger.", is_blocking=False)
    rows: tuple[Row, ...] = tuple(
        {
            "marketplace": one.marketplace_id,
            "account": one.account_type,
            "status": one.status,
            "why": _IN_DANGER[one.status],
            "amount": "" if one.amount is None else money.text(one.amount.amount, one.amount.currency),
            "currency": "" if one.amount is None else one.amount.currency,
        }
        for one in held
    )
    told = " ".join(map(_sentence, held[:5]))
    return Verdict(SAFE, False, f"{told} {_CURE}", is_blocking=False, rows=rows).cut(_ROWS_MAX)


def _sentence(one: ExpectedPayout) -> str:
    told = "" if one.amount is None else f" of {money.text(one.amount.amount, one.amount.currency)} "
    told += "" if one.amount is None else one.amount.currency
    place = " ".join(word for word in (one.marketplace_id, one.account_type) if word)
    return f"The next payout{told} of {place} is {one.status}: {_IN_DANGER[one.status]}."


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.replace(tzinfo=None).isoformat()
