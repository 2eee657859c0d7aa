"""Account balances as REST shows them: `ledgerBalances`, read by its finder only.

What comes in: the finder's variables, posted lines. What goes out: one row per account combination (mode Detail) or one
sum (mode Summary), debit positive, as text. A period that was never opened has no balances. Revenue and expense begin
each year at zero; their close into retained earnings is not shown. In another currency than the ledger's the amounts
are the entered ones. Switches: whether `%` stands for any value of a segment, as the answer's own description says, and
whether a balance in the ledger's currency holds the accounted amounts of all currencies. Source:
https://docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-ledgerbalances-get.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from emulators.fusion.answers import Refusal, plain
from emulators.fusion.books import Books
from emulators.fusion.journals import amount
from emulators.fusion.masters import ledgers_of
from emulators.fusion.resource import ROW_KEY, Attribute, Resource, Row, hash_key
from emulators.fusion.site import Chart, Client, Ledger, Period
from emulators.fusion.store import Fields

_NAMES = (
    "LedgerName",
    "LedgerSetName",
    "Currency",
    "CurrentAccountingPeriod",
    "PeriodName",
    "AccountCombination",
    "DetailAccountCombination",
    "BeginningBalance",
    "PeriodActivity",
    "EndingBalance",
)
_NEEDED = ("accountCombination", "accountingPeriod", "currency", "ledgerName")
_OPENED = ("O", "C", "P")
_WITHIN_A_YEAR = ("R", "E")


def ledger_balances(books: Books) -> Resource:
    """Return the resource ledgerBalances."""

    def found(client: Client, variables: Mapping[str, str]) -> list[Row]:
        for name in _NEEDED:
            if not variables.get(name):
                raise Refusal(400, f"The finder variable {name} is required.")
        ledgers = {ledger.name: ledger for ledger in ledgers_of(books.site, client)}
        ledger = ledgers.get(variables["ledgerName"])
        if ledger is None:
            return []
        period = books.setup.period_named(ledger.id, variables["accountingPeriod"])
        if period is None:
            raise Refusal(400, f"The accounting period {variables['accountingPeriod'][:30]!r} isn't valid.")
        return _balances(books, ledger, period, variables) if period.status in _OPENED else []

    attributes = tuple(Attribute(name, is_queryable=False) for name in _NAMES)
    finders = {"AccountBalanceFinder": found}
    return Resource("ledgerBalances", attributes, lambda client, parent: [], finders=finders, is_finder_required=True)


def _balances(books: Books, ledger: Ledger, period: Period, variables: Mapping[str, str]) -> list[Row]:
    chart, switches = books.site.chart_of(ledger), books.site.switches
    sums: dict[str, list[Decimal]] = {}
    for line in books.journals.posted_lines(ledger.id):
        if not _fits(line["ACCOUNT"], variables["accountCombination"], chart, has_any=switches.is_percent_any):
            continue
        pair = sums.setdefault(line["ACCOUNT"], [Decimal(0), Decimal(0)])
        signed = _signed(line, variables["currency"], ledger, is_total=switches.is_ledger_balance_total)
        if line["PERIOD_NAME"] == period.name:
            pair[1] += signed
        elif _is_before(books, chart, line, period):
            pair[0] += signed
    if variables.get("mode", "Detail").lower() == "summary" and sums:
        begins, moves = (sum((pair[place] for pair in sums.values()), Decimal(0)) for place in (0, 1))
        return [_row(ledger, period, variables, None, begins, moves)]
    return [_row(ledger, period, variables, account, *pair) for account, pair in sorted(sums.items())]


def _fits(account: str, pattern: str, chart: Chart, *, has_any: bool) -> bool:
    parts, wanted = account.split(chart.delimiter), pattern.split(chart.delimiter)
    return len(parts) == len(wanted) and all(
        one == part or (has_any and one == "%") for part, one in zip(parts, wanted, strict=True)
    )


def _signed(line: Fields, currency: str, ledger: Ledger, *, is_total: bool) -> Decimal:
    if is_total and currency == ledger.currency:
        return amount(line["ACCOUNTED_DR"]) - amount(line["ACCOUNTED_CR"])
    return amount(line["ENTERED_DR"]) - amount(line["ENTERED_CR"]) if line["CURRENCY"] == currency else Decimal(0)


def _is_before(books: Books, chart: Chart, line: Fields, period: Period) -> bool:
    day = date.fromisoformat(line["EFFECTIVE_DATE"])
    if day >= period.first_day:
        return False
    values = books.setup.values_of(chart, line["ACCOUNT"])
    kinds = [value.account_type for value in values if value is not None and value.segment == chart.account_segment]
    return kinds[:1] not in [[kind] for kind in _WITHIN_A_YEAR] or day.year == period.first_day.year


def _row(
    ledger: Ledger, period: Period, variables: Mapping[str, str], account: str | None, begins: Decimal, moves: Decimal
) -> Row:
    return {
        ROW_KEY: hash_key("ledgerBalances", ledger.id, period.name, account),
        "LedgerName": ledger.name,
        "LedgerSetName": None,
        "Currency": variables["currency"],
        "CurrentAccountingPeriod": period.name,
        "PeriodName": period.name,
        "AccountCombination": variables["accountCombination"],
        "DetailAccountCombination": account,
        "BeginningBalance": plain(begins),
        "PeriodActivity": plain(moves),
        "EndingBalance": plain(begins + moves),
    }
