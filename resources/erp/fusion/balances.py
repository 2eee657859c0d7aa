"""Read what accounts hold at a month's end: `ledgerBalances`, asked for by whole account combination.

In: units with natural accounts, a day, the door, the search. Out: `LedgerBalance` per account and currency, entered
amounts, debit positive. The combinations of an account come from `accountCombinationsLOV`; where `is_percent_any` says
that the site takes % for a segment, it is asked for once. In the ledger's own currency the answer is what all
currencies come to, so what the others do is taken off it, by the posted journals since their balance was zero. Without
data access Fusion answers 200 and nothing: nothing is believed only beside a balance of the same unit and period.
Source: docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-ledgerbalances-get.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ledger.accounts import AccountKey
from ledger.errors import TargetMisconfigured, TargetUnavailable
from resources.erp.fusion import accounts, filters, ledger_reads, periods
from resources.erp.fusion.door import Door
from resources.erp.fusion.rows import Row
from resources.erp.fusion.search import Search
from resources.erp.fusion.settings import BalanceSettings, FusionSettings
from resources.erp.target import LedgerBalance

BALANCES = "ledgerBalances"
_FINDER = "AccountBalanceFinder"
_ANY = "%"
# How many combinations of a unit are asked for one that holds something, where no control is named.
_CONTROLS_TRIED = 50
_DAY = timedelta(days=1)
_ZERO = Decimal(0)


def balances(
    wanted: Iterable[AccountKey], as_of: date, settings: FusionSettings, door: Door, search: Search
) -> list[LedgerBalance]:
    """Return the balance of each account and currency at the end of a day.

    Raises TargetMisconfigured when that day ends no month, when nothing at all is shown of a unit, and when an account
    holds a currency that the settings do not name; TargetUnavailable when Fusion cannot be asked, or the currencies of
    an account cannot be told apart.
    """
    if (as_of + _DAY).day != 1:
        raise TargetMisconfigured(
            f"{as_of} does not end a month, and Fusion keeps balances by period, which are calendar months here."
        )
    if not periods.was_opened(as_of, settings, door):
        return []
    read = _Read(as_of, settings, door, search)
    asked = sorted({AccountKey.of(one.unit, account=one.account) for one in wanted})
    found = [balance for account in asked for balance in read.of_account(account)]
    read.require_sight({one.unit for one in asked})
    return found


@dataclass
class _Read:
    """The balances of one month's end; `seen` are the units of which it has shown one."""

    as_of: date
    settings: FusionSettings
    door: Door
    search: Search

    def __post_init__(self) -> None:
        self.seen: set[str] = set()
        self._combinations: dict[AccountKey, list[str]] = {}

    @property
    def _own(self) -> BalanceSettings:
        return self.settings.balances

    def of_account(self, account: AccountKey) -> Iterator[LedgerBalance]:
        """Yield what an account holds, by currency; nothing where it holds nothing."""
        ledger_currency = self.settings.ledger_currency
        held = {currency: self._held(account, currency, self.as_of) for currency in self._own.currencies}
        total = self._held(account, ledger_currency, self.as_of)
        if self._own.ledger_currency_is == "total":
            total -= self._of_other_currencies(account)
        for currency, amount in sorted({**held, ledger_currency: total}.items()):
            if amount:
                yield LedgerBalance(account, currency, amount)

    def require_sight(self, units: set[str]) -> None:
        """Raise TargetMisconfigured for a unit of which no balance came back: then one of zero is no proof."""
        for unit in sorted(units - self.seen):
            if not any(self._rows(one, self.settings.ledger_currency, self.as_of) for one in self._controls(unit)):
                raise TargetMisconfigured(
                    f"Fusion shows no balance of unit {unit} in period {self.settings.period_name(self.as_of)} of "
                    f"ledger {self.settings.ledger_name} to the connector's user, so an empty answer could not be "
                    "told from a blind one. Give the user data access to the ledger, or name under balances, control "
                    "of the Fusion settings a combination of the unit that holds something."
                )

    def _controls(self, unit: str) -> Sequence[str]:
        """Return combinations of a unit that may hold something: the one that is named, else the first ones."""
        named = [self._own.control] if self._own.control and self._unit_of(self._own.control) == unit else []
        return named or self._existing({"unit": unit}, at_most=_CONTROLS_TRIED)

    def _unit_of(self, combination: str) -> str:
        parts = combination.split(self.settings.chart_delimiter)
        units = [part for part, one in zip(parts, self.settings.segments, strict=False) if one.holds == "unit"]
        return units[0] if units else ""

    def _held(self, account: AccountKey, currency: str, as_of: date) -> Decimal:
        """Return what an account holds in a currency, over all its other segments."""
        held = _ZERO
        for combination in self._asked(account):
            for row in self._rows(combination, currency, as_of):
                self.seen.add(account.unit)
                held += row.amount("EndingBalance")
        return held

    def _asked(self, account: AccountKey) -> Sequence[str]:
        if account not in self._combinations:
            given = {"unit": account.unit, "account": account.account}
            if self._own.is_percent_any:
                values = (given.get(one.holds, _ANY) for one in self.settings.segments)
                self._combinations[account] = [self.settings.chart_delimiter.join(values)]
            else:
                self._combinations[account] = self._existing(given)
        return self._combinations[account]

    def _existing(self, given: dict[str, str], at_most: int | None = None) -> list[str]:
        """Return the combinations that have these segments; raises TargetMisconfigured when none of any is shown."""
        found = accounts.combinations(given, self.settings, self.door, at_most=at_most)
        if not found:
            accounts.require_sight(self.settings, self.door)
        return found

    def _rows(self, combination: str, currency: str, as_of: date) -> list[Row]:
        """Return the one row that the finder answers, or none."""
        period = self.settings.period_name(as_of)
        given = {
            "accountCombination": combination,
            "accountingPeriod": period,
            "currency": currency,
            "ledgerName": self.settings.ledger_name,
        }
        variables = {name: filters.finder_value(name, value) for name, value in given.items()} | {"mode": "Summary"}
        rows = self.door.found(BALANCES, _FINDER, variables)
        asked = {
            "LedgerName": self.settings.ledger_name,
            "Currency": currency,
            "CurrentAccountingPeriod": period,
            "AccountCombination": combination,
        }
        told = {
            name: row.text(name) for row in rows for name, value in asked.items() if row.text(name) not in ("", value)
        }
        if told or len(rows) > 1:
            raise TargetUnavailable(
                f"Fusion's {BALANCES} was asked for {combination} in {period} and {currency}, and answers {len(rows)} "
                f"rows{''.join(f', {name} {value[:80]!r}' for name, value in sorted(told.items()))}."
            )
        for row in rows:
            _require_amount(row)
        return rows

    def _of_other_currencies(self, account: AccountKey) -> Decimal:
        """Return what the other currencies on an account come to in the ledger's currency.

        Only journals show that: they are walked from the last month's end at which none of them held anything.
        """
        first = self.as_of.replace(day=1)
        self._require_named(account, first)
        for _ in range(self._own.months_max):
            before = first - _DAY
            if not any(self._holds_before(account, currency, before) for currency in self._own.currencies):
                return self._base_moved(account, first)
            first = before.replace(day=1)
        raise TargetUnavailable(
            f"Account {account} holds {' or '.join(self._own.currencies)} since more than {self._own.months_max} "
            f"months before {self.as_of}, so what it holds in {self.settings.ledger_currency} cannot be told apart. "
            "Raise months_max under balances of the Fusion settings, or keep each currency on an account of its own."
        )

    def _holds_before(self, account: AccountKey, currency: str, day: date) -> bool:
        return periods.was_opened(day, self.settings, self.door) and bool(self._held(account, currency, day))

    def _require_named(self, account: AccountKey, first: date) -> None:
        lines = ledger_reads.lines_of(account, first, self.as_of, self.settings, self.search)
        known = {self.settings.ledger_currency, *self._own.currencies}
        other = sorted({one.currency for one in lines} - known)
        if other:
            raise TargetMisconfigured(
                f"Account {account} moves in {', '.join(other)} as well in {self.settings.period_name(first)}, and its "
                f"balance in {self.settings.ledger_currency} is what all currencies come to. Name {', '.join(other)} "
                "under balances, currencies of the Fusion settings."
            )

    def _base_moved(self, account: AccountKey, first: date) -> Decimal:
        if not self._own.currencies:
            return _ZERO
        lines = ledger_reads.lines_of(account, first, self.as_of, self.settings, self.search)
        others = (one for one in lines if one.currency != self.settings.ledger_currency)
        return sum((one.base_amount for one in others), _ZERO)


def _require_amount(row: Row) -> None:
    """Raise TargetUnavailable for a row without a balance: a missing one is not zero."""
    if not row.text("EndingBalance"):
        raise TargetUnavailable(
            f"Fusion's {BALANCES} answers a row without EndingBalance: {row.text('ErrorDetail')[:200]}"
        )
