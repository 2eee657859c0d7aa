"""Master data: the ERP's customers and items, matched to the marketplaces and products of a connection.

In: what was sold in the last weeks, Amazon's catalog, the ERP's master data. Out: a row per marketplace and product
with what it is matched to, and checks. Read only, on both sides. A near match is proposed to people and never taken; an
ERP that shows nothing at all is no ERP in which everything is missing, and is told as such.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.sales.master_tables import ItemsKept, ProductsKept, keep_table
from assets.sales.sold_matches import match_sold
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict, nothing_compared
from ledger.errors import ConfigurationRefused, InputRefused
from ledger.masters import Likeness, Match, Product, spellings
from resources.erp.masters import CustomerMaster, MasterReader, MasterTarget

ASSET = "master_data"
SEEN, CUSTOMERS, ITEMS, PRODUCTS = (
    "masters_seen",
    "bill_to_customers_exist",
    "sold_products_have_items",
    "catalog_knows_products",
)
UNTOLD = "not told"
_WORST_FIRST = ("miss", "near match", "several", UNTOLD, "match, inactive", "match")
_SPELLINGS_MAX = 8
_NOT_ASKED = "no account that could be asked for"
# What the stage depends on, for the lineage.
READS = (EVENTS_TABLE, "orders")


@dataclass(frozen=True)
class _Account:
    """One marketplace's bill-to account: what was found under its number, what nearly, or why nothing can be said."""

    marketplace: str
    number: str
    found: CustomerMaster | None = None
    near: tuple[str, ...] = ()
    is_told: bool = True
    why: str = ""


def match_masters(road: Road) -> StageResult:
    """Read both sides, match them, and keep what came of it.

    Raises ConfigurationRefused where the connection reads no master data, TargetUnavailable and TargetMisconfigured
    when the ERP cannot be asked.
    """
    reader = road.target.masters if isinstance(road.target, MasterTarget) else None
    if reader is None:
        raise ConfigurationRefused(f"{road.connection} reads no master data: its settings do not say where it is.")
    accounts, customer_control = _accounts(road, reader)
    found = match_sold(road, reader)
    items, matches, is_told = found.items, found.matches, found.is_told
    rows = [*map(_row_of_account, accounts), *(_row_of_match(one, is_told) for one in matches)]
    rows.sort(key=lambda row: (_WORST_FIRST.index(row["result"]), row["master"], row["name"]))
    version = keep_table(road, ASSET, [dict(row) for row in rows], {})
    verdicts = (
        _seen(accounts, customer_control, items),
        _customers_exist(accounts, rows),
        _products_have_items(matches, rows, is_told=is_told),
        _catalog_knows(found.sold, found.products),
    )
    return StageResult(
        _facts(reader, items, found.products, rows), tuple(rows), len(rows), verdicts, version=version.id
    )


def _accounts(road: Road, reader: MasterReader) -> tuple[list[_Account], str]:
    """Look for the bill-to account of every marketplace; return what was found, and what proves that anything shows."""
    invoicing = road.policy.invoicing
    if invoicing is None:
        return [], ""
    places = road.marketplaces or tuple(one for one in invoicing.bill_to if one != "*")
    numbers = {place: invoicing.customer(place) for place in places}
    asked = list(dict.fromkeys(number for number in numbers.values() if number))
    refused: dict[str, str] = {}
    for number in asked:
        try:
            reader.check_number(number)
        except InputRefused as error:
            refused[number] = str(error)
    askable = [one for one in asked if one not in refused]
    read = reader.customers(askable)
    found = {one.number: one for one in read.found}
    near = {one: _near(reader, one) for one in askable if one not in found} if read.control else {}
    return [
        _Account(
            marketplace=place,
            number=number,
            found=found.get(number),
            near=near.get(number, ()),
            is_told=bool(read.control) or number not in askable,
            why=refused.get(number, ""),
        )
        for place, number in numbers.items()
    ], read.control if askable else _NOT_ASKED


def _near(reader: MasterReader, number: str) -> tuple[str, ...]:
    """Return accounts whose number differs in case, blanks, hyphens or leading zeros only."""
    read = reader.customers(spellings(number)[:_SPELLINGS_MAX])
    return tuple(one.number for one in read.found)


def _row_of_account(one: _Account) -> Row:
    result, advice = "match", ""
    if not one.number:
        result, advice = "miss", f"Name an account for {one.marketplace} under books.invoicing.bill_to."
    elif one.why:
        result, advice = "miss", one.why
    elif not one.is_told:
        result, advice = UNTOLD, "Let the connector's user see one account, or name one that it must see as control."
    elif one.found is None and one.near:
        result = "near match"
        advice = f"The ERP has {', '.join(one.near)}: if that is the one, write it so under books.invoicing.bill_to."
    elif one.found is None:
        result, advice = "miss", f"Create account {one.number} in the ERP, or correct books.invoicing.bill_to."
    elif one.found.is_active is False:
        result, advice = "match, inactive", f"Make account {one.number} active in the ERP, or name another one."
    number = one.found.number if one.found else ", ".join(one.near)
    title = one.found.name if one.found else ""
    by = "account number" if one.found else ""
    return _row("customer", one.marketplace, title, one.number, result, by, number, _status(one), advice)


def _status(one: _Account) -> str:
    if one.found is None:
        return ""
    return {True: "active", False: "inactive", None: "not shown"}[one.found.is_active]


def _row_of_match(one: Match, is_told: bool) -> Row:
    sku, numbers = one.product.sku, ", ".join(item.number for item in one.items)
    title = one.product.title or (one.items[0].description if one.items else "")
    result, advice = str(one.likeness), ""
    if not is_told:
        result, advice = UNTOLD, "Let the connector's user see the items of the organization."
    elif one.likeness is Likeness.MISS:
        advice = f"Create item {sku} in the ERP, or give its item {one.product.asin or 'this SKU'} as a reference."
    elif one.likeness is Likeness.NEAR:
        advice = f"If {numbers} is the same product, let it have {sku} as a reference; it is not taken by itself."
    elif one.likeness is Likeness.SEVERAL:
        advice = f"Leave the reference with one of {numbers}."
    elif not one.is_usable:
        result, advice = "match, inactive", f"Make item {numbers} active in the ERP."
    status = "" if one.likeness is not Likeness.MATCH else "active" if one.is_usable else "inactive"
    return _row("item", sku, title, one.product.asin, result, one.by, numbers, status, advice)


def _row(*values: str) -> Row:
    names = ("master", "name", "title", "asked_for", "result", "matched_by", "erp_number", "status", "advice")
    return dict(zip(names, values, strict=True))


def _seen(accounts: list[_Account], control: str, items: ItemsKept) -> Verdict:
    """An empty answer may be a user without data access: then nothing that is missing is known to be missing."""
    unseen = [*(["customer accounts"] if accounts and not control else []), *([] if items.is_seen else ["items"])]
    if not unseen:
        shown = f", and {control}" if control and accounts else ""
        return Verdict(SEEN, True, f"The ERP shows {len(items.rows)} items{shown}.", is_blocking=False)
    kept = f" What was read before is kept: {len(items.rows)} items." if not items.is_seen and items.rows else ""
    sentence = (
        f"The ERP answers without an error and shows no {' and no '.join(unseen)}: the connector's user may lack data "
        f"access, so this says nothing about what is missing.{kept} Give the user access, or correct where is looked."
    )
    return Verdict(SEEN, False, sentence, is_blocking=False)


def _customers_exist(accounts: list[_Account], rows: Iterable[Row]) -> Verdict:
    if not accounts:
        return nothing_compared(CUSTOMERS, "No order is billed here: books.invoicing is not set.")
    wrong = tuple(row for row in rows if row["master"] == "customer" and row["result"] != "match")
    if not wrong:
        unshown = sum(one.found is not None and one.found.is_active is None for one in accounts)
        words = f" Whether an account is active is not shown for {unshown}." if unshown else ""
        return Verdict(CUSTOMERS, True, f"All {len(accounts)} marketplaces have theirs.{words}", is_blocking=False)
    untold = all(row["result"] == UNTOLD for row in wrong)
    what = f"{len(wrong)} of {len(accounts)} marketplaces have no bill-to account that can be used"
    sentence = f"{what} ({_results(wrong)}): {_names(wrong)}."
    return Verdict(CUSTOMERS, False, sentence, is_blocking=False, is_waiting=untold, rows=wrong)


def _products_have_items(matches: list[Match], rows: Iterable[Row], *, is_told: bool) -> Verdict:
    if not matches:
        return nothing_compared(ITEMS, "No product was sold in the days that are looked at.")
    wrong = tuple(row for row in rows if row["master"] == "item" and row["result"] != "match")
    if not wrong:
        return Verdict(ITEMS, True, f"All {len(matches)} products that were sold have an active item.", False)
    what = f"{len(wrong)} of {len(matches)} products that were sold have no item that can be used"
    sentence = f"{what} ({_results(wrong)}): {_names(wrong)}."
    return Verdict(ITEMS, False, sentence, is_blocking=False, is_waiting=not is_told, rows=wrong)


def _catalog_knows(sold: list[Product], kept: ProductsKept) -> Verdict:
    if not sold:
        return nothing_compared(PRODUCTS, "No product was sold in the days that are looked at.")
    parts = [*_lacking(kept)]
    if not parts:
        return Verdict(PRODUCTS, True, f"Amazon's catalog has all {len(sold)} products that were sold.", False)
    rows = tuple({"SKU": sku, "catalog": "unknown"} for sku in kept.unknown)
    rows += tuple({"SKU": sku, "catalog": "cannot be asked for"} for sku in kept.unaskable)
    is_waiting = not kept.unknown and not kept.unaskable and not kept.trouble
    return Verdict(PRODUCTS, False, " ".join(parts), is_blocking=False, is_waiting=is_waiting, rows=rows)


def _lacking(kept: ProductsKept) -> Iterator[str]:
    if kept.trouble:
        yield f"Amazon's catalog could not be read: {kept.trouble}"
    if kept.unknown:
        yield f"Amazon's catalog has nothing for {len(kept.unknown)} products, by SKU in any marketplace listed here."
    if kept.unaskable:
        yield f"{len(kept.unaskable)} SKUs cannot stand in a list of Amazon's: they hold a comma or a blank at an end."
    if kept.left:
        yield f"{kept.left} products are asked for in the next runs."


def _results(rows: Iterable[Row]) -> str:
    counts = Counter(row["result"] for row in rows)
    return ", ".join(f"{counts[word]} {word}" for word in _WORST_FIRST if counts[word])


def _names(rows: tuple[Row, ...], most: int = 5) -> str:
    more = f" and {len(rows) - most} more" if len(rows) > most else ""
    return ", ".join(row["name"] for row in rows[:most]) + more


def _facts(reader: MasterReader, items: ItemsKept, products: ProductsKept, rows: Iterable[Row]) -> dict:
    counts = Counter((row["master"], row["result"]) for row in rows)
    return {
        "items are read from": reader.place,
        "items known": len(items.rows),
        "read this time": items.read,
        "items new or changed": items.changed,
        "products asked for at Amazon": products.asked,
        **{f"{master}: {result}": count for (master, result), count in sorted(counts.items())},
    }


def line(row: Row) -> tuple[str, str]:
    """Return a row as a name and a text, for where a table hides behind a click."""
    if "SKU" in row:
        return row["SKU"], f"Amazon's catalog: {row['catalog']}"
    return row["name"], f"{row['result']}. {row['advice']}".strip()
