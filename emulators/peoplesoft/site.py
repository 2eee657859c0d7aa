"""What one customer's PeopleSoft is: units, ChartFields, periods, rates, users, timing, and the facts nobody publishes.

What comes in: master data, written down as plain values (see `demo_site.py`). What goes out: a `Site`, which the books
and the endpoints ask; `Switches` holds every behaviour that differs between sites or is not documented, so that a
client can be tried in both positions.
Source: PeopleSoft FSCM 9.2 General Ledger docs; PeopleTools Integration Broker docs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from emulators.peoplesoft.profile import SiteProfile, journal_entry_profile

ANY_SOURCE = "*"

# Per (rate type, from, to) the rates by date, oldest first.
RateIndex = dict[tuple[str, str, str], list[tuple[date, Decimal]]]


@dataclass(frozen=True)
class Unit:
    """A general ledger business unit; `ledgers` maps ledger group to its ledger."""

    name: str
    base_currency: str
    ledgers: Mapping[str, str]
    balancing_chartfields: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChartFieldValue:
    """One effective-dated value of a ChartField; the last five facts concern ACCOUNT only.

    `status` is A or I; `account_type` is A asset, L liability, Q equity, R revenue, E expense.
    """

    field: str
    value: str
    description: str = ""
    status: str = "A"
    effective_on: date = date(1901, 1, 1)
    account_type: str = ""
    is_open_item: bool = False
    is_statistical: bool = False
    is_postable: bool = True


@dataclass(frozen=True)
class CombinationRule:
    """Accounts in a range go only with these values of another ChartField; "" allows it to be blank."""

    group: str
    account_from: str
    account_to: str
    field: str
    allowed: tuple[str, ...]

    def is_broken_by(self, line: Mapping[str, str]) -> bool:
        """Say whether a line (record fields) breaks this rule."""
        if not self.account_from <= line["ACCOUNT"] <= self.account_to:
            return False
        return line[self.field] not in self.allowed


@dataclass(frozen=True)
class Source:
    """A journal source and its options: `recycle` leaves errors in status E, `suspense` books them to suspense."""

    name: str
    error_handling: str = "recycle"
    is_approval_required: bool = False


@dataclass(frozen=True)
class OpenPeriods:
    """Open periods from first to last, each (fiscal year, accounting period); source `*` means any."""

    unit: str
    ledger_group: str
    first: tuple[int, int]
    last: tuple[int, int]
    source: str = ANY_SOURCE


@dataclass(frozen=True)
class Rate:
    """A market rate: one unit of `currency_from` is `multiplier` units of `currency_to`, from this date on."""

    rate_type: str
    currency_from: str
    currency_to: str
    effective_on: date
    multiplier: Decimal


@dataclass(frozen=True)
class User:
    """An operator; denied operations end in (158,536), denied CI methods in (90,6)."""

    name: str
    password: str = field(repr=False)
    default_unit: str = ""
    operations_denied: frozenset[str] = frozenset()
    methods_denied: frozenset[str] = frozenset()
    is_query_allowed: bool = True


@dataclass(frozen=True)
class Customer:
    """A customer of the receivables side, keyed by SETID."""

    setid: str
    customer_id: str
    name: str
    status: str = "A"


@dataclass(frozen=True)
class Timing:
    """Seconds from Create to the edit run and to the posting run; None means that nobody scheduled it."""

    edit_after_seconds: float | None = 60
    post_after_seconds: float | None = 120


@dataclass(frozen=True)
class OpeningJournal:
    """A journal that stands posted in the books from the start: header and line fields as a Create would give them."""

    header: Mapping[str, str]
    lines: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Switches:
    """Facts that are unverified or differ by site; the defaults are the more demanding position where there is one."""

    fault_http_status: int = 500
    is_unknown_key_a_fault: bool = True
    are_unqualified_children_accepted: bool = False
    is_element_order_strict: bool = True
    duplicate_text: str = "Journal already exists for this business unit, ID and date"
    is_duplicate_a_fault: bool = False
    is_prompt_edit_at_create: bool = True
    is_period_checked_at_create: bool = False
    is_open_item_reference_required: bool = True
    is_external_message_id_honoured: bool = False
    is_text_fragile: bool = False
    is_wsdl_post_accepted: bool = True
    wsdl_address: str = ""
    blank_text: str = " "
    find_rows_max: int = 300
    query_name_key: str = "queryname="
    are_empty_rows_present: bool = True
    are_query_numbers_text: bool = False
    query_failure_http_status: int = 200
    is_year_closed: bool = True


@dataclass
class Site:
    """One installation. Mutable on purpose: a test closes a period or inactivates an account while the site runs.

    `anonymous_user` is the default user of the ANONYMOUS node, "" when it is invalid; `proxy_user` switches on HTTP
    Basic by a front proxy; `query_names` maps the names of `queries.py` to the names this site chose.
    """

    units: tuple[Unit, ...]
    users: tuple[User, ...]
    sources: tuple[Source, ...]
    values: tuple[ChartFieldValue, ...]
    periods: tuple[OpenPeriods, ...]
    profile: SiteProfile = field(default_factory=journal_entry_profile)
    rules: tuple[CombinationRule, ...] = ()
    rates: tuple[Rate, ...] = ()
    statistics_codes: tuple[str, ...] = ()
    customers: tuple[Customer, ...] = ()
    opening_journals: tuple[OpeningJournal, ...] = ()
    setid: str = "SHARE"
    node: str = "PSFT_EP"
    is_node_required: bool = False
    anonymous_user: str = ""
    proxy_user: User | None = None
    rate_type: str = "CRRNT"
    account_due_from: str = ""
    account_due_to: str = ""
    account_suspense: str = ""
    account_rounding: str = ""
    timing: Timing = field(default_factory=Timing)
    switches: Switches = field(default_factory=Switches)
    query_names: Mapping[str, str] = field(default_factory=dict)
    _rates_indexed: tuple[Rate, ...] | None = field(default=None, init=False, repr=False)
    _rate_index: RateIndex = field(default_factory=dict, init=False, repr=False)

    def unit(self, name: str) -> Unit | None:
        """Return the business unit of that name, or None."""
        return next((unit for unit in self.units if unit.name == name), None)

    def source(self, name: str) -> Source | None:
        """Return the journal source of that name, or None."""
        return next((source for source in self.sources if source.name == name), None)

    def user(self, name: str) -> User | None:
        """Return the operator of that name, or None."""
        return next((user for user in self.users if user.name == name), None)

    def currencies(self) -> frozenset[str]:
        """Return every currency the site knows: base currencies and those with a rate."""
        known = {unit.base_currency for unit in self.units}
        return frozenset(known | {rate.currency_from for rate in self.rates})

    def value_on(self, name: str, value: str, day: date) -> ChartFieldValue | None:
        """Return the row of a ChartField value in force on a day: the latest that began on or before it."""
        rows = [row for row in self.values if row.field == name and row.value == value and row.effective_on <= day]
        return max(rows, key=lambda row: row.effective_on, default=None)

    def rate_on(self, rate_type: str, currency_from: str, currency_to: str, day: date) -> Decimal | None:
        """Return the rate in force on a day, or None when the table has none that early."""
        if self._rates_indexed is not self.rates:
            self._rate_index = _indexed(self.rates)
            self._rates_indexed = self.rates
        rows = self._rate_index.get((rate_type, currency_from, currency_to), [])
        place = bisect_right(rows, day, key=lambda row: row[0])
        return rows[place - 1][1] if place else None

    def replace_value(self, row: ChartFieldValue) -> None:
        """Add a ChartField row, in place of one with the same value and effective date."""
        same = (row.field, row.value, row.effective_on)
        kept = tuple(old for old in self.values if (old.field, old.value, old.effective_on) != same)
        self.values = (*kept, row)


def _indexed(rates: tuple[Rate, ...]) -> RateIndex:
    index: RateIndex = {}
    for rate in sorted(rates, key=lambda rate: rate.effective_on):
        key = (rate.rate_type, rate.currency_from, rate.currency_to)
        index.setdefault(key, []).append((rate.effective_on, rate.multiplier))
    return index


def currency_decimals(currency: str) -> int:
    """Return the decimals of a currency's amounts (ISO 4217)."""
    return {"JPY": 0, "KRW": 0, "KWD": 3}.get(currency, 2)
