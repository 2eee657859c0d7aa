"""The days of an asset that are kept, and the files of those that are wanted.

In: an asset kept by day. Out: which days there are, and local paths for a span of them. A path costs a look at every
byte of the file, so nothing is opened that nobody reads: days outside the span, and days on which nothing happened.
"""

from dataclasses import dataclass
from datetime import date

from assets.stages.roadmap import Road
from resources.store.warehouse import Version, Warehouse


@dataclass(frozen=True)
class KeptDays:
    """Every day of an asset that has a version, in order."""

    warehouse: Warehouse
    versions: dict[date, Version]

    @property
    def first(self) -> date:
        """Return the first day; there must be one."""
        return min(self.versions)

    def __bool__(self) -> bool:
        return bool(self.versions)

    def files(self, first: date = date.min, last: date = date.max) -> list[str]:
        """Return the files that hold something of a span of days, both ends included.

        One that is empty where the span holds nothing: a statement finds its columns in it.
        """
        assert self.versions, "whoever asks for files has looked whether there are days"
        wanted = [one for day, one in self.versions.items() if first <= day <= last and one.rows]
        return [str(self.warehouse.path(one)) for one in wanted or [*self.versions.values()][-1:]]


def kept_days(road: Road, asset: str) -> KeptDays:
    """Return the days of an asset that are kept."""
    versions = road.stores.warehouse.currents(road.connection, asset)
    return KeptDays(road.stores.warehouse, {date.fromisoformat(one.partition): one for one in versions})
