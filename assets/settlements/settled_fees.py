"""What settlements charged in fees: by marketplace and category, over a time that an invoice is for.

In: the staged lines of a connection's settlements. Out: fees with the tax on them, as charged (a fee is positive, one
given back negative). A row without a marketplace of its own belongs to that of its settlement.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from assets.settlement_lines import TABLE as LINES_TABLE
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from ledger.categories import TAX_ON_FEES, categories
from ledger.mapping import Context, category_of, settlement_marketplace
from ledger.mapping import Mapping as AccountMapping
from resources.amazon.marketplaces import marketplace_named
from resources.store.settlements import SettlementRecord


@dataclass(frozen=True)
class Fee:
    """What was charged of one category on one day in a marketplace, as settlements name it."""

    marketplace: str
    category: str
    day: date
    amount: Decimal

    @property
    def is_tax(self) -> bool:
        """Tell whether it is the tax on fees, in rows of its own."""
        return self.category == TAX_ON_FEES


@dataclass(frozen=True)
class Charges:
    """The fees of a connection's settlements; `known` are (marketplace, currency) -> first and last moment staged."""

    road: Road
    mapping: AccountMapping
    records: tuple[SettlementRecord, ...]

    @classmethod
    def of(cls, road: Road) -> "Charges":
        """Return the charges of all settlements that are staged."""
        staged = {one.partition for one in road.stores.warehouse.currents(road.connection, LINES_TABLE)}
        records = (one for one in road.stores.settlements.all(road.connection) if one.settlement_id in staged)
        return cls(road, road.load_mapping(), tuple(records))

    def known(self, marketplace: str, currency: str) -> tuple[datetime, datetime] | None:
        """Return from when to when a marketplace's settlements are staged; None without any."""
        mine = [_period(one) for one in self._of_currency(currency) if self._home(one) == marketplace]
        return (min(start for start, _ in mine), max(end for _, end in mine)) if mine else None

    def between(self, marketplace: str, currency: str, first: datetime, last: datetime) -> list[Fee]:
        """Return the fees of a marketplace that were charged from a first to a last moment, both included."""
        records = [one for one in self._of_currency(currency) if _overlaps(one, first, last)]
        return [one for one in self._fees(records, first, last) if one.marketplace == marketplace]

    def of_settlement(self, record: SettlementRecord) -> list[Fee]:
        """Return the fees of one settlement."""
        return list(self._fees([record], datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)))

    def _of_currency(self, currency: str) -> Iterator[SettlementRecord]:
        return (one for one in self.records if one.facts["currency"] == currency)

    def _home(self, record: SettlementRecord) -> str:
        """Return the marketplace that rows without one belong to, nothing where the settlement has none or several."""
        context = Context(record.facts["currency"], tuple(record.facts["marketplaces"]))
        home = settlement_marketplace(self.mapping, context) or ""
        known = marketplace_named(home)
        return known.settlement_name if known is not None else home

    def _fees(self, records: Iterable[SettlementRecord], first: datetime, last: datetime) -> Iterator[Fee]:
        warehouse, homes = self.road.stores.warehouse, {}
        for record in records:
            version = warehouse.current(self.road.connection, LINES_TABLE, record.settlement_id)
            if version is not None:
                homes[str(warehouse.path(version))] = self._home(record)
        if not homes:
            return
        bound = {"files": list(homes), "first": _plain(first), "last": _plain(last)}
        with warehouse.connect(self.road.memory_limit_mb) as duck:
            rows = dicts(duck.sql(statement("charges_by_day"), params=bound))
        for row in rows:
            category = category_of(row["transaction_type"], row["amount_type"], row["amount_description"], self.mapping)
            if category is not None and categories()[category].is_fee:
                yield Fee(_marketplace(row, homes), category, row["day"], -row["amount"])


def by_category(fees: Iterable[Fee]) -> dict[str, Decimal]:
    """Return the sums by category, in order of the category's name."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in fees:
        sums[one.category] += one.amount
    return dict(sorted(sums.items()))


def _marketplace(row: Mapping, homes: Mapping[str, str]) -> str:
    """Return a row's own selling marketplace, else its settlement's."""
    own = marketplace_named(row["marketplace_name"])
    return own.settlement_name if own is not None else homes[row["filename"]]


def _period(record: SettlementRecord) -> tuple[datetime, datetime]:
    start, end = (datetime.fromisoformat(record.facts[name]).astimezone(UTC) for name in ("start", "end"))
    return start, end


def _overlaps(record: SettlementRecord, first: datetime, last: datetime) -> bool:
    start, end = _period(record)
    return start <= last and first <= end


def _plain(moment: datetime) -> datetime:
    """Return a moment as the warehouse keeps it: UTC without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.year not in (1, 9999) else moment.replace(tzinfo=None)
