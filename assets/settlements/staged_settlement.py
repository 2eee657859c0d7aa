"""One staged settlement and what is kept beside it, as the source proofs read them.

In: a road and a settlement whose lines are staged. Out: its currency and moments, its lines by category, statements
over its file, and the days of other assets, of which only those that are wanted are opened.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property

from assets.settlement_lines import TABLE as LINES_TABLE
from assets.settlement_reports import registered
from assets.stages.kept_days import KeptDays, kept_days
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from ledger.errors import InputRefused
from ledger.mapping import category_of
from resources.store.settlements import SettlementRecord
from resources.store.warehouse import Version

_LABELS = ("transaction_type", "amount_type", "amount_description")


@dataclass(frozen=True)
class Staged:
    """What is staged of one settlement and beside it."""

    road: Road
    record: SettlementRecord
    version: Version

    @property
    def currency(self) -> str:
        """Return the settlement's currency."""
        return self.record.facts["currency"]

    def moment(self, name: str) -> datetime:
        """Return `start` or `end` of the settlement."""
        return datetime.fromisoformat(self.record.facts[name]).astimezone(UTC)

    def days(self, asset: str) -> KeptDays:
        """Return the kept days of an asset."""
        return kept_days(self.road, asset)

    @cached_property
    def lines(self) -> str:
        """Return the local path of its lines."""
        return str(self.road.stores.warehouse.path(self.version))

    @cached_property
    def by_category(self) -> tuple[tuple[str, str | None, Decimal], ...]:
        """Return order, category and amount of its lines, added up by their labels."""
        mapping = self.road.load_mapping()
        return tuple(
            (row["order_id"], category_of(*(row[name] for name in _LABELS), mapping=mapping), row["amount"])
            for row in self.ask("settlement_by_label")
        )

    def lines_of_all(self, first: datetime, last: datetime | None = None) -> list[str]:
        """Return the lines of every staged settlement that lies within a span at least in part, this one's too."""
        return [*self.settlement_of_files(first, last)]

    def settlement_of_files(self, first: datetime, last: datetime | None = None) -> dict[str, str]:
        """Return the same lines, by their files, with the settlement each is of."""
        stores, connection = self.road.stores, self.road.connection
        near = {
            one.settlement_id
            for one in stores.settlements.all(connection)
            if datetime.fromisoformat(one.facts["end"]) >= first
            and (last is None or datetime.fromisoformat(one.facts["start"]) <= last)
        }
        versions = stores.warehouse.currents(connection, LINES_TABLE)
        return {str(stores.warehouse.path(one)): one.partition for one in versions if one.partition in near}

    def ask(self, name: str, **bound: object) -> list[dict]:
        """Run a statement; a value of None is not bound."""
        given = {name: value for name, value in {"lines": self.lines, **bound}.items() if value is not None}
        with self.road.stores.warehouse.connect(self.road.memory_limit_mb) as duck:
            return dicts(duck.sql(statement(name), params=given))


def staged_settlement(road: Road, settlement_id: str) -> Staged:
    """Return a settlement; raises InputRefused when it is unknown or its lines are not staged."""
    record = registered(road, settlement_id)
    version = road.stores.warehouse.current(road.connection, LINES_TABLE, settlement_id)
    if version is None:
        raise InputRefused(f"Settlement {settlement_id} is not staged: materialize settlement_lines first.")
    return Staged(road, record, version)
