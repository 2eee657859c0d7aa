"""Month proofs: the marketplace's account rolled forward over a month, equal to what Amazon states at its end.

In: a month that is over, and what is kept by day: balances, financial events, payouts. Out: the statement of each
account as one Parquet file, verdicts with the days on which a rest arose, and a review item for a rest that nothing
explains. Nobody outside is asked, so a person may repeat it at will; a month is proved anew while it is young.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from decimal import Decimal
from pathlib import Path

from assets.month_end.marketplace_account import AccountMonth, NotYet, accounts_of_month
from assets.month_end.month_statement import StatementLine, bars_of, lines_of
from assets.stages.months import MonthStage
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, write_parquet
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.errors import Finding
from ledger.month import Month

ASSET = "month_proofs"
BALANCE, DEFERRED = "balance_rolls_forward", "deferred_rolls_forward"
UNEXPLAINED = "balance_unexplained"
# What a proof reads.
READS = ("balances", "financial_events", "payouts")
# Amazon tells of a transaction up to two days after it was posted; a day more for our own schedules.
TOLD_WITHIN = timedelta(days=3)
_ROWS_MAX = 25


def prove_month(road: Road, month: Month) -> StageResult:
    """Prove a month of all accounts of a connection; what is not read yet waits, and stages nothing."""
    found = accounts_of_month(road, month)
    if isinstance(found, NotYet):
        return StageResult(facts={"month": str(month), "not proved": found.sentence}, verdicts=tuple(_not_yet(found)))
    is_young = road.clock.now() < month.end(UTC) + TOLD_WITHIN
    version = road.stores.warehouse.write(
        road.connection, ASSET, str(month), lambda path: _write(road, found, path), {"accounts": _accounts(found)}
    )
    return StageResult(
        facts={"month": str(month), "accounts": len(found), **_figures(found)},
        rows=tuple(_shown(one, line) for one in found for line in lines_of(one)),
        rows_total=version.rows,
        verdicts=(
            _balance(found, month, is_young=is_young),
            _hidden() if road.events_source == "v0" else _deferred(found, is_young=is_young),
        ),
        pictures={f"{one.marketplace} {one.currency}": bars_of(one) for one in found},
        version=version.id,
    )


@dataclass(frozen=True)
class KeptStatement:
    """The statements of a month as they were proved last; `accounts` say which are proved, `rows` are all lines."""

    accounts: tuple[dict, ...]
    rows: tuple[dict, ...]


def kept_statement(road: Road, month: Month) -> KeptStatement | None:
    """Return what is kept of a month, amounts with their currency's decimals; None when it was never proved."""
    version = road.stores.warehouse.current(road.connection, ASSET, str(month))
    if version is None:
        return None
    path = str(road.stores.warehouse.path(version))
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        rows = dicts(duck.sql("SELECT * FROM read_parquet($path)", params={"path": path}))
    amounts = ("amount", "deferred")
    exact = (
        {**row, **{one: None if row[one] is None else money.exact(row[one], row["currency"]) for one in amounts}}
        for row in rows
    )
    return KeptStatement(tuple(version.facts["accounts"]), tuple(exact))


def _not_yet(found: NotYet) -> Iterator[Verdict]:
    for check in (BALANCE, DEFERRED):
        yield Verdict(check, not found.is_waiting, found.sentence, is_blocking=False, is_waiting=found.is_waiting)


def _write(road: Road, accounts: list[AccountMonth], path: Path) -> None:
    rows = (_staged(one, number, line) for one in accounts for number, line in enumerate(lines_of(one), start=1))
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        write_parquet(duck, ASSET, rows, path)


def _staged(account: AccountMonth, number: int, line: StatementLine) -> dict[str, object]:
    currency = account.currency
    return {
        "marketplace_id": account.marketplace_id,
        "marketplace": account.marketplace,
        "currency": currency,
        "number": number,
        "kind": line.kind,
        "part": line.group,
        "line": line.line,
        "amount": money.text(line.amount, currency),
        "deferred": None if line.deferred is None else money.text(line.deferred, currency),
    }


def _accounts(accounts: list[AccountMonth]) -> list[dict]:
    """Return what the version says of each account: whether it is proved, and whose days fit."""
    return [
        {
            "marketplace": one.marketplace,
            "currency": one.currency,
            "is_proved": one.rolled.is_proved,
            "days_of": one.days_of,
        }
        for one in accounts
    ]


def _figures(accounts: list[AccountMonth]) -> dict:
    figures: dict = {}
    for one in accounts:
        name = f"{one.marketplace} {one.currency}"
        figures[f"closing, {name}"] = one.rolled.closing.total
        figures[f"unexplained, {name}"] = one.rolled.unexplained
        figures[f"days end in, {name}"] = one.days_of
    return figures


def _shown(account: AccountMonth, line: StatementLine) -> Row:
    row = _staged(account, 0, line)
    return {
        "marketplace": account.marketplace,
        "line": f"{line.group}: {line.line}" if line.group else line.line,
        "amount": str(row["amount"]),
        "deferred": str(row["deferred"] or ""),
        "currency": account.currency,
    }


def _balance(accounts: list[AccountMonth], month: Month, *, is_young: bool) -> Verdict:
    differing = [one for one in accounts if one.rolled.unexplained]
    if not differing:
        words = "1 account rolled forward is" if len(accounts) == 1 else f"{len(accounts)} accounts rolled forward are"
        sentence = f"{words} what Amazon states."
        explained = [_explained(one) for one in accounts if one.rolled.reasons]
        return Verdict(BALANCE, True, " ".join([sentence, *_shorter(accounts, month), *explained]), is_blocking=False)
    words = [_differs(one) for one in differing]
    if is_young:
        words.append("Amazon may still tell of transactions of the month's last days.")
    findings = () if is_young else tuple(map(_finding, differing))
    rows = tuple(row for one in differing for row in _rests(one))
    return Verdict(BALANCE, False, " ".join(words), False, is_young, rows, findings).cut(_ROWS_MAX)


def _name(one: AccountMonth) -> str:
    return f"{one.marketplace} ({one.currency})"


def _text(one: AccountMonth, amount: Decimal | None) -> str:
    return f"{money.text(amount or Decimal(0), one.currency)} {one.currency}"


def _shorter(accounts: list[AccountMonth], month: Month) -> Iterator[str]:
    """Say of which accounts Amazon states no balance at one end of the month."""
    for one in accounts:
        rolled = one.rolled
        if (rolled.first, rolled.last) != (month.first, month.last):
            yield f"{_name(one)} from {rolled.first} to {rolled.last} only: Amazon states no balance beyond."


def _explained(one: AccountMonth) -> str:
    reasons = ", ".join(f"{reason.words}: {_text(one, reason.amount)}" for reason in one.rolled.reasons)
    return f"{_name(one)}: {_text(one, one.rolled.rest)} are explained by {reasons}."


def _differs(one: AccountMonth) -> str:
    rolled = one.rolled
    comes_to = f"{_name(one)} comes to {_text(one, rolled.expected.total)}"
    if not one.is_stated:
        return f"{comes_to}, and Amazon states no balance of it."
    states = _text(one, rolled.closing.total)
    return f"{comes_to}, Amazon states {states}: {_text(one, rolled.unexplained)} are unexplained."


def _rests(one: AccountMonth) -> Iterator[Row]:
    """Yield the days on which the rest arose, as far as the balances of the days are kept."""
    for day, rest in one.rolled.rests:
        known = [moved for moved in one.rolled.movements if moved.day == day]
        left = [paid.amount for paid in one.rolled.payouts if paid.left == day]
        yield {
            "account": _name(one),
            "day": day.isoformat(),
            "unexplained": money.text(rest, one.currency),
            "events of the day": str(money.total((moved.occurred for moved in known), one.currency)),
            "payouts of the day": str(money.total(left, one.currency)),
        }


def _finding(one: AccountMonth) -> Finding:
    days = ", ".join(f"{day}: {_text(one, rest)}" for day, rest in one.rolled.rests[:5])
    return Finding(
        UNEXPLAINED,
        f"{_differs(one)}{f' It arose on {days}.' if days else ''}",
        "Compare that day in Seller Central (Payments, transactions by date) with `financial_events`; fetch the day "
        "again if it lacks something. The item ends when the month is proved; what stays is asked of Amazon.",
        origin=one.marketplace,
        amount=one.rolled.unexplained,
        details={"currency": one.currency},
    )


def _hidden() -> Verdict:
    sentence = "The older API of financial events hides what is held back, so deferred money is not rolled forward."
    return Verdict(DEFERRED, True, sentence, is_blocking=False)


def _deferred(accounts: list[AccountMonth], *, is_young: bool) -> Verdict:
    differing = [one for one in accounts if one.rolled.rest_deferred]
    told = [one for one in accounts if one.rolled.closing.deferred is not None]
    if not differing:
        sentence = f"Deferred money of {len(told)} accounts rolled forward is what Amazon states."
        return Verdict(DEFERRED, True, sentence, is_blocking=False)
    rows = tuple(
        {
            "account": _name(one),
            "by what is known": _text(one, one.rolled.expected.deferred),
            "by Amazon": _text(one, one.rolled.closing.deferred),
            "difference": _text(one, one.rolled.rest_deferred),
        }
        for one in differing
    )
    sentence = f"Deferred money of {len(differing)} of {len(told)} accounts is not what Amazon states."
    return Verdict(DEFERRED, False, sentence, False, is_young, rows).cut(_ROWS_MAX)


STAGE = MonthStage(
    ASSET,
    prove_month,
    "The marketplace's account rolled forward over a month, equal to what Amazon states at its end.",
    READS,
)
