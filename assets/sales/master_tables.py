"""The ERP's items and Amazon's products as a connection keeps them: read by what changed, asked once and remembered.

In: doors to both. Out: rows, each kept as one version of a table of the warehouse. Items are read from a little before
the newest change that is known: its row must come back with every answer, so that an empty one is no news but
blindness, and everything is read anew. What nothing at all came of leaves the table as it was, and says so.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assets.stages.day_answers import Archiving
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, write_parquet
from ledger.errors import SourceRefused, SourceUnavailable
from resources.amazon.catalog_items import can_be_asked
from resources.erp.masters import ItemMaster, MasterReader
from resources.store.warehouse import Version

ITEMS_TABLE, PRODUCTS_TABLE = "erp_items", "catalog_items"
WHOLE = "whole"  # the one partition of a table that is of no day
# What Amazon said of a SKU holds so long; what it does not know is asked again sooner.
KNOWN_DAYS, UNKNOWN_DAYS = 30, 7
SKUS_PER_RUN_MAX = 1000
_ITEM_COLUMNS = ("erp_id", "number", "description", "status", "is_active", "unit", "updated", "other_names")
Rows = list[dict[str, object]]


@dataclass(frozen=True)
class ItemsKept:
    """The items as they are known now; `is_seen` is False where the ERP showed none, whatever is still known."""

    rows: Rows
    is_seen: bool
    read: str
    changed: int


@dataclass
class ProductsKept:
    """What Amazon's catalog said, by SKU; `trouble` is why it could not be asked, `left` how many wait for a later run.

    `unknown` are SKUs that Amazon answered for and does not know, `unaskable` those that no list can hold.
    """

    asins: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    unaskable: list[str] = field(default_factory=list)
    asked: int = 0
    left: int = 0
    trouble: str = ""


def read_items(road: Road, reader: MasterReader) -> ItemsKept:
    """Read what changed, or everything where that is due, and keep the table as it is now.

    Raises TargetUnavailable and TargetMisconfigured when the ERP cannot be asked, WrittenMeanwhile when another run
    keeps the same table.
    """
    before = road.stores.warehouse.current(road.connection, ITEMS_TABLE, WHOLE)
    known = _items_of(road, before) if before is not None and before.facts["place"] == reader.place else []
    if before is not None and known and not _is_whole_due(road, before, reader):
        newest = max(datetime.fromisoformat(str(row["updated"])) for row in known).replace(tzinfo=UTC)
        changed = reader.items(newest - timedelta(seconds=reader.overlap))
        if changed:
            return _merged(road, before, known, changed)
    everything = reader.items(None)
    if not everything:
        return ItemsKept(known, False, "nothing came", 0)
    rows = [_row(one) for one in everything]
    held = {row["erp_id"]: row for row in known}
    changed_rows = [row for row in rows if held.get(row["erp_id"]) != row]
    facts = {"place": reader.place, "whole_on": road.clock.now().date().isoformat()}
    _keep(road, ITEMS_TABLE, rows, facts, before)
    return ItemsKept(rows, True, "everything", len(changed_rows))


def _is_whole_due(road: Road, before: Version, reader: MasterReader) -> bool:
    """Tell whether everything is to be read again: an item that was deleted shows in no read by date of change."""
    read = datetime.fromisoformat(before.facts["whole_on"]).date()
    return road.clock.now().date() - read >= timedelta(days=reader.whole_days)


def _merged(road: Road, before: Version, known: Rows, changed: Iterable[ItemMaster]) -> ItemsKept:
    """Lay what changed over what is known, by the ERP's own id."""
    held = {row["erp_id"]: row for row in known}
    fresh = [row for one in changed if held.get((row := _row(one))["erp_id"]) != row]
    held |= {row["erp_id"]: row for row in fresh}
    rows = sorted(held.values(), key=lambda row: (str(row["number"]), str(row["erp_id"])))
    if fresh:
        _keep(road, ITEMS_TABLE, rows, before.facts, before)
    return ItemsKept(rows, True, "what changed", len(fresh))


def _row(item: ItemMaster) -> dict[str, object]:
    return {
        "erp_id": item.erp_id,
        "number": item.number,
        "description": item.description,
        "status": item.status,
        "is_active": item.is_active,
        "unit": item.unit,
        "updated": item.updated.astimezone(UTC).replace(tzinfo=None).isoformat(),
        "other_names": list(item.references),
    }


def _items_of(road: Road, version: Version) -> Rows:
    rows = read_table(road, version)
    for row in rows:
        moment = row["updated"]
        assert isinstance(moment, datetime), "typed by its statement"
        row["updated"] = moment.isoformat()
    return [{name: row[name] for name in _ITEM_COLUMNS} for row in rows]


def read_products(road: Road, skus: Iterable[str]) -> ProductsKept:
    """Return what Amazon's catalog has for SKUs, asking only for what is not known or known too long.

    What Amazon refuses or does not answer is told, and what came before it is kept.
    """
    wanted = list(dict.fromkeys(skus))
    before = road.stores.warehouse.current(road.connection, PRODUCTS_TABLE, WHOLE)
    held = {(str(row["sku"]), str(row["marketplace_id"])): row for row in (read_table(road, before) if before else [])}
    kept = ProductsKept(unaskable=[one for one in wanted if not can_be_asked(one)])
    known = dict(held)
    try:
        for place in road.source.marketplace_ids:
            _ask(road, place, [one for one in wanted if not _is_found(road, known, one)], known, kept)
    except (SourceRefused, SourceUnavailable) as error:
        kept.trouble = str(error)
    if known != held:
        rows = [{**row, "asked_on": str(row["asked_on"])} for _, row in sorted(known.items())]
        _keep(road, PRODUCTS_TABLE, rows, {}, before)
    _tell(road, wanted, known, kept)
    return kept


def _ask(road: Road, place: str, skus: Iterable[str], known: dict, kept: ProductsKept) -> None:
    """Ask for what one marketplace was not asked for lately."""
    stale = [one for one in skus if can_be_asked(one) and not _is_fresh(road, known.get((one, place)))]
    room = max(0, SKUS_PER_RUN_MAX - kept.asked)
    kept.left += len(stale[room:])
    for batch in road.source.catalog_items.by_sku(Archiving(road), place, stale[:room]):
        kept.asked += len(batch)
        for sku, item in batch.items():
            known[sku, place] = {
                "sku": sku,
                "marketplace_id": place,
                "asin": item.asin if item else "",
                "title": item.title if item else "",
                "product_type": item.product_type if item else "",
                "asked_on": road.clock.now().date(),
                "document": item.document if item else "",
            }


def _is_fresh(road: Road, row: Mapping | None) -> bool:
    if row is None:
        return False
    age = road.clock.now().date() - row["asked_on"]
    return age < timedelta(days=KNOWN_DAYS if row["asin"] else UNKNOWN_DAYS)


def _is_found(road: Road, known: Mapping[tuple[str, str], Mapping], sku: str) -> bool:
    """Tell whether a marketplace asked lately knows a SKU, so that the others need not be asked."""
    rows = (known.get((sku, place)) for place in road.source.marketplace_ids)
    return any(row is not None and row["asin"] and _is_fresh(road, row) for row in rows)


def _tell(road: Road, wanted: Iterable[str], known: Mapping[tuple[str, str], Mapping], kept: ProductsKept) -> None:
    """Say of each SKU what is known by now: found somewhere, or asked for everywhere and not known."""
    for sku in wanted:
        rows = [known[sku, place] for place in road.source.marketplace_ids if (sku, place) in known]
        found = next((row for row in rows if row["asin"]), None)
        if found is not None:
            kept.asins[sku], kept.titles[sku] = str(found["asin"]), str(found["title"])
        elif len(rows) == len(road.source.marketplace_ids):
            kept.unknown.append(sku)


def read_table(road: Road, version: Version) -> Rows:
    """Return the rows of a version."""
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        path = {"path": str(road.stores.warehouse.path(version))}
        return dicts(duck.sql("SELECT * FROM read_parquet($path)", params=path))


def keep_table(road: Road, table: str, rows: Rows, facts: dict) -> Version:
    """Keep rows as the table they are from now on; the statement that types them is named like it."""
    return _keep(road, table, rows, facts, road.stores.warehouse.current(road.connection, table, WHOLE))


def _keep(road: Road, table: str, rows: Rows, facts: Mapping, before: Version | None) -> Version:
    def produce(path: Path) -> None:
        with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
            write_parquet(duck, table, rows, path)

    after = before.version if before else 0
    return road.stores.warehouse.write(
        road.connection, table, WHOLE, produce, json.loads(json.dumps(facts)), after=after
    )
