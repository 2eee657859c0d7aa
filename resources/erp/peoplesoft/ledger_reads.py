"""Read the general ledger: what accounts hold at a period's end, and the posted entries that moved them.

In: accounts, dates, a way to run queries. Out: the values of `resources.erp.target`, entered amounts, debit positive.
LEDGER keeps amounts by fiscal year and period, so a balance is the balance forward (period 0) of the newest year that
has one and everything since; where no year was closed yet, everything there is. Adjusting periods count from the next
year on, closing periods never. There is no paging: a span of dates that comes back cut short is halved.
Source: PeopleSoft record LEDGER (published record dictionaries); JRNL_HEADER.ACCOUNTING_PERIOD 0, 998 and 999;
`JRNL_HDR_STATUS` P and U as in "Determining the Status of Journals".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from ledger.accounts import AccountKey
from ledger.errors import TargetMisconfigured, TargetUnavailable
from resources.erp.peoplesoft import accounts, books, queries
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import Row
from resources.erp.target import LedgerBalance, LedgerEntry

Ask = Callable[..., list[Row]]

_FORWARD, _CLOSING = 0, 999
# Posted, and unposted by a person: that one stays in the ledger beside the entry that takes it back.
_IN_LEDGER = frozenset({"P", "U"})
_DAY = timedelta(days=1)


def balances(wanted: Iterable[AccountKey], as_of: date, profile: PeopleSoftProfile, ask: Ask) -> list[LedgerBalance]:
    """Return the balance of each account and currency at the end of a day.

    Raises TargetMisconfigured when that day does not end an accounting period of the unit: LEDGER knows no day.
    """
    found, asked = [], _each_once(wanted)
    periods = {unit: _period_ended_by(unit, as_of, profile, ask) for unit in sorted({one.unit for one in asked})}
    for account in asked:
        year, period = periods[account.unit]
        rows = ask(
            "balances",
            BUSINESS_UNIT=account.unit,
            LEDGER=profile.ledger or profile.ledger_group,
            ACCOUNT=account.account,
            FISCAL_YEAR=str(year),
            ACCOUNTING_PERIOD=str(period),
        )
        sums = _sums(rows, year, period)
        found += [LedgerBalance(account, currency, amount) for currency, amount in sorted(sums.items())]
    return found


def entries(
    wanted: Iterable[AccountKey], first: date, last: date, profile: PeopleSoftProfile, ask: Ask
) -> list[LedgerEntry]:
    """Return what posted journals dated within a span move on each account, per reference and currency."""
    found: list[LedgerEntry] = []
    for account in _each_once(wanted):
        found += _entries_of(account, _rows(account, first, last, ask), profile)
    return sorted(found, key=lambda one: (one.accounting_date, one.erp_id, str(one.account), one.reference))


def _each_once(wanted: Iterable[AccountKey]) -> Sequence[AccountKey]:
    """Return units and natural accounts, each once: two marketplaces may differ in other segments alone."""
    return sorted({AccountKey.of(one.unit, account=one.account) for one in wanted})


def _period_ended_by(unit: str, day: date, profile: PeopleSoftProfile, ask: Ask) -> tuple[int, int]:
    """Return fiscal year and number of the period whose last day this is."""
    period, after = (accounts.period_of(unit, one, profile, ask) for one in (day, day + _DAY))
    number, _, year = period.partition("/")
    if not (number.isdigit() and year.isdigit()):
        raise TargetMisconfigured(
            f"Query {profile.queries['period'].name} does not show in which period {day} lies in unit {unit}: add "
            "FISCAL_YEAR and ACCOUNTING_PERIOD to it, or switch read_balances off."
        )
    if period == after:
        raise TargetMisconfigured(
            f"{day} does not end accounting period {period} of unit {unit}, and the ledger keeps balances by period. "
            "Ties are made by calendar month: switch read_balances off where the calendar has other periods."
        )
    return int(year), int(number)


def _sums(rows: Iterable[Row], year: int, period: int) -> dict[str, Decimal]:
    """Add up what counts at the end of a period, by currency."""
    posted: dict[str, dict[tuple[int, int], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        place = row.number("FISCAL_YEAR"), row.number("ACCOUNTING_PERIOD")
        if place <= (year, period) and place[1] != _CLOSING:
            posted[row.text("CURRENCY_CD")][place] += row.amount("POSTED_TRAN_AMT")
    sums = {}
    for currency, amounts in posted.items():
        opened = max((one for one, number in amounts if number == _FORWARD), default=None)
        sums[currency] = sum(
            (
                amount
                for (one, number), amount in amounts.items()
                if (opened is None or one >= opened) and (number != _FORWARD or one == opened)
            ),
            Decimal(0),
        )
    return sums


def _rows(account: AccountKey, first: date, last: date, ask: Ask) -> list[Row]:
    """Return all rows of a span; one that is cut short is asked for in halves, down to a day."""
    try:
        return ask(
            "entries",
            BUSINESS_UNIT=account.unit,
            ACCOUNT=account.account,
            FROM_DATE=first.isoformat(),
            TO_DATE=last.isoformat(),
        )
    except queries.Truncated:
        if first == last:
            raise
    middle = first + (last - first) // 2
    return [*_rows(account, first, middle, ask), *_rows(account, middle + _DAY, last, ask)]


def _entries_of(account: AccountKey, rows: Iterable[Row], profile: PeopleSoftProfile) -> list[LedgerEntry]:
    """Return one entry a journal, reference and currency; an unposted journal and its reversal come to nothing."""
    found: dict[tuple[str, str, str], LedgerEntry] = {}
    seen: dict[tuple[object, ...], str] = {}
    for row in rows:
        if row.text("JRNL_HDR_STATUS") not in _IN_LEDGER:
            continue
        ledger = row.text("LINE_LEDGER", "")
        if profile.ledger and ledger != profile.ledger:
            continue
        head, reference, currency = books.header(row), row.text("JRNL_LN_REF"), row.text("LINE_FOREIGN_CURRENCY")
        _require_once(row, (head.erp_id, row.number("UNPOST_SEQ"), reference, currency), ledger, seen)
        one = LedgerEntry(
            erp_id=head.erp_id,
            account=account,
            accounting_date=head.day,
            amount=row.amount("FOREIGN_AMOUNT"),
            currency=currency,
            reference=reference,
            source=head.source,
            description=head.description,
            period=head.period,
        )
        key = (head.erp_id, reference, currency)
        known = found.get(key)
        found[key] = one if known is None else replace(known, amount=known.amount + one.amount)
    return [one for one in found.values() if one.amount]


def _require_once(row: Row, key: tuple[object, ...], ledger: str, seen: dict[tuple[object, ...], str]) -> None:
    """Raise when a journal's sum comes twice: which of two sums is right cannot be told."""
    if key not in seen:
        seen[key] = ledger
    elif seen[key] != ledger:
        raise TargetMisconfigured(
            f"Query {row.query.name} answers journal {key[0]} in several ledgers: set ledger in the PeopleSoft "
            "settings to ours."
        )
    else:
        raise TargetUnavailable(
            f"Query {row.query.name} answers journal {key[0]} twice under one reference: it must group by journal, "
            "reference and currency."
        )
