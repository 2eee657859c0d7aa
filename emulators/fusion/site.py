"""What one customer's Fusion pod is: ledgers, accounts, periods, sources, rates, OAuth clients, timing, open questions.

What comes in: master data, written down as plain values (see `demo_site.py`). What goes out: a `Site`, which the books
and the endpoints ask; how long things take and what is not documented is in `switches.py`.
Source: https://docs.oracle.com/en/cloud/saas/financials/25d/farfa/ (REST API for Financials).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from emulators.fusion.inventory import Inventory
from emulators.fusion.receivables import Receivables
from emulators.fusion.switches import Switches, Timing

GENERAL_LEDGER = 101
RECEIVABLES = 222

FULL, NO_PRIVILEGE, NO_DATA = "full", "no_privilege", "no_data"


@dataclass(frozen=True)
class Client:
    """An OAuth client of the identity domain and the Fusion user behind it.

    `role` is FULL, NO_PRIVILEGE (403 everywhere) or NO_DATA (empty answers); `ledger_ids` narrows the data access,
    None means every ledger.
    """

    client_id: str
    secret: str = field(repr=False)
    scope: str = "urn:opc:resource:fa:instanceid=1234567urn:opc:resource:consumer::all"
    role: str = FULL
    ledger_ids: frozenset[int] | None = None
    is_revoked: bool = False


@dataclass(frozen=True)
class Ledger:
    """A primary ledger; without a suspense account an unbalanced journal is refused."""

    id: int
    name: str
    currency: str
    chart_id: int
    legal_entity: str = ""
    business_unit: str = ""
    suspense_account: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart of accounts: segments in order, by the names REST shows; `account_segment` is the natural account."""

    id: int
    name: str
    segments: tuple[str, ...]
    account_segment: str
    is_dynamic_insertion_allowed: bool = True
    delimiter: str = "-"


@dataclass(frozen=True)
class SegmentValue:
    """One value of a segment; `account_type` (A asset, L liability, O equity, R revenue, E expense) of accounts."""

    segment: str
    value: str
    description: str = ""
    account_type: str = ""
    is_enabled: bool = True
    is_postable: bool = True
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class Combination:
    """An account combination that exists, with what was decided for it beyond its values."""

    chart_id: int
    account: str
    is_enabled: bool = True
    is_postable: bool = True
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class CrossValidationRule:
    """Accounts in a range go only with these values of another segment."""

    name: str
    account_from: str
    account_to: str
    segment: str
    allowed: tuple[str, ...]


@dataclass(frozen=True)
class Period:
    """A period of one application in one ledger; `status` is O open, F future enterable, C closed, N never opened,
    P permanently closed."""

    ledger_id: int
    application_id: int
    name: str
    first_day: date
    last_day: date
    status: str
    is_adjustment: bool = False


@dataclass(frozen=True)
class Rate:
    """A daily rate: one unit of `currency_from` is `rate` units of `currency_to` on that day."""

    rate_type: str
    currency_from: str
    currency_to: str
    day: date
    rate: Decimal


@dataclass(frozen=True)
class OpeningBatch:
    """A batch that stands posted in the books from the start; lines are (account, debit positive amount, text)."""

    ledger_id: int
    name: str
    day: date
    source: str
    category: str
    lines: tuple[tuple[str, Decimal, str], ...]


@dataclass
class Site:
    """One pod. Mutable on purpose: a test revokes a client or disables an account while the pod runs.

    `sources` and `categories` map names to ids; `autopost_criteria` maps a criteria set id to the source it posts.
    """

    clients: tuple[Client, ...]
    ledgers: tuple[Ledger, ...]
    charts: tuple[Chart, ...]
    values: tuple[SegmentValue, ...]
    combinations: tuple[Combination, ...]
    periods: tuple[Period, ...]
    sources: Mapping[str, int]
    categories: Mapping[str, int]
    currencies: tuple[str, ...]
    rules: tuple[CrossValidationRule, ...] = ()
    rates: tuple[Rate, ...] = ()
    rate_types: tuple[str, ...] = ("Corporate", "Spot", "User")
    autopost_criteria: Mapping[str, str] = field(default_factory=dict)
    opening_batches: tuple[OpeningBatch, ...] = ()
    data_access_sets: tuple[str, ...] = ()
    document_accounts: tuple[str, ...] = (
        "fin$/generalLedger$/import$",
        "fin$/journal$/import$",
        "fin$/journal$/import",
    )
    receivables_accounts: tuple[str, ...] = ("fin$/receivables$/import$", "fin/receivables/import")
    receivables: Receivables = field(default_factory=Receivables)
    inventory: Inventory = field(default_factory=Inventory)
    timing: Timing = field(default_factory=Timing)
    switches: Switches = field(default_factory=Switches)

    def client(self, client_id: str) -> Client | None:
        """Return the OAuth client of that id, or None."""
        return next((client for client in self.clients if client.client_id == client_id), None)

    def ledger(self, ledger_id: int) -> Ledger | None:
        """Return the ledger of that id, or None."""
        return next((ledger for ledger in self.ledgers if ledger.id == ledger_id), None)

    def chart_of(self, ledger: Ledger) -> Chart:
        """Return a ledger's chart of accounts."""
        return next(chart for chart in self.charts if chart.id == ledger.chart_id)

    def value(self, segment: str, value: str) -> SegmentValue | None:
        """Return a segment's value, or None."""
        return next((row for row in self.values if (row.segment, row.value) == (segment, value)), None)

    def combination(self, chart_id: int, account: str) -> Combination | None:
        """Return a combination that was set up, or None."""
        return next((row for row in self.combinations if (row.chart_id, row.account) == (chart_id, account)), None)

    def rate_on(self, rate_type: str, currency_from: str, currency_to: str, day: date) -> Decimal | None:
        """Return the daily rate of exactly that day, or None."""
        wanted = (rate_type, currency_from, currency_to, day)
        return next(
            (row.rate for row in self.rates if (row.rate_type, row.currency_from, row.currency_to, row.day) == wanted),
            None,
        )

    def replace_client(self, client: Client) -> None:
        """Put a client in place of the one with the same id."""
        self.clients = (*(row for row in self.clients if row.client_id != client.client_id), client)

    def replace_value(self, row: SegmentValue) -> None:
        """Put a segment value in place of the one with the same name."""
        kept = tuple(old for old in self.values if (old.segment, old.value) != (row.segment, row.value))
        self.values = (*kept, row)

    def replace_combination(self, row: Combination) -> None:
        """Put a combination in place of the same one."""
        kept = tuple(old for old in self.combinations if (old.chart_id, old.account) != (row.chart_id, row.account))
        self.combinations = (*kept, row)


def currency_decimals(currency: str) -> int:
    """Return the decimals of a currency's amounts (ISO 4217)."""
    return {"JPY": 0, "KRW": 0, "KWD": 3}.get(currency, 2)
