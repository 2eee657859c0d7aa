"""What one settlement is booked with: mapping, parts by month, its own open item, and the items it brings in.

In: a road and a settlement whose lines are staged. Out: one value that the mapping and the journal stage share, and a
mark of everything that decides how lines become movements, so that a later stage sees when any of it has changed.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from assets.sales.open_items import OpenOrders, open_orders
from assets.sales.order_choices import credits_by_order, invoices_by_order, orders_in
from assets.sales.order_countries import countries_mark
from assets.settlement_lines import TABLE as LINES_TABLE
from assets.settlement_reports import registered
from assets.settlements.series import head_of, heads_of, placed
from assets.stages.roadmap import Road
from ledger.accounts import AccountKey
from ledger.errors import InputRefused
from ledger.mapping import Context, Mapping, settlement_marketplace
from ledger.opening_orders import OpeningOrders
from ledger.parts import Part, parts
from ledger.policy import Marketplace, Policy
from ledger.references import OPENING, reference
from ledger.series import Carried, Place
from resources.store.settlements import SettlementRecord
from resources.store.warehouse import Version

PARTS_MAX = 6
# Kinds of carried rows that move the open item of an earlier settlement, clearing against clearing.
CARRIES = ("payable", "transfer_returned")
_SAID_LATER = ("vat_by", "vat_order_countries", "vat_country_without_order")
# Settings that decide what a movement is; grain, limits and texts of journals are decided later.
_SETTINGS = ("time_zone", "month_end", "accounting_date", "marketplaces", "inter_unit", "quantities")


class LineBooks(Protocol):
    """What lines are mapped with: settlement lines, or those of the events that a month accrues (`of_events`)."""

    mapping: Mapping
    context: Context
    parts: tuple[Part, ...]
    clearing: AccountKey
    reference: str
    opening_orders: OpeningOrders
    billed_orders: frozenset[str]
    credited_orders: frozenset[str]
    lines_path: Path | None
    of_events: bool

    @property
    def currency(self) -> str: ...

    @property
    def clears_receivable(self) -> bool: ...

    def is_by_country(self, policy: Policy) -> bool: ...

    def carried_items(self) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class Books:
    """What the lines of one settlement are booked with: head, mapping, parts, its own open item.

    `by_hand` are the settlements before go-live: their open items are not ours. `opening_orders` are the orders that
    were shipped before it, as the connection lists them, `billed_orders` those of this settlement that have an invoice,
    `credited_orders` those that have a credit memo, `open_orders` those whose invoices receipts close.
    """

    record: SettlementRecord
    mapping: Mapping
    context: Context
    place: Place
    parts: tuple[Part, ...]
    clearing: AccountKey
    reference: str
    lines: Version
    by_hand: frozenset[str] = frozenset()
    opening_orders: OpeningOrders = field(default_factory=OpeningOrders)
    billed_orders: frozenset[str] = frozenset()
    credited_orders: frozenset[str] = frozenset()
    open_orders: OpenOrders = field(default_factory=OpenOrders)
    lines_path: Path | None = None
    of_events: bool = False

    @property
    def currency(self) -> str:
        """Return the settlement's currency."""
        return self.record.facts["currency"]

    @property
    def marketplace(self) -> str:
        """Return the marketplace the settlement belongs to, or nothing."""
        return settlement_marketplace(self.mapping, self.context) or ""

    def opened(self, road: Road) -> "Books":
        """Return the same with a local path to the staged lines, every byte of them checked."""
        return replace(self, lines_path=road.stores.warehouse.path(self.lines))

    @property
    def clears_receivable(self) -> bool:
        """Tell whether sales of listed orders clear the receivable; before go-live whoever posted by hand did that."""
        return self.opening_orders.books_to_receivable and not self.place.is_before_go_live

    def is_by_country(self, policy: Policy) -> bool:
        """Tell whether VAT of any of its marketplaces is split by the country an order was sent to."""
        names = (*self.context.marketplaces, self.marketplace)
        return any(one is not None and one.is_by_country for one in map(policy.marketplace, names))

    def carried_items(self) -> list[dict[str, Any]]:
        """Return the open items that carried rows bring in: source row, account, reference."""
        return [self._item(one) for one in self.place.carried if one.kind in CARRIES]

    def _item(self, carried: Carried) -> dict[str, Any]:
        """Return the open item a row brings in; what the books held by hand at go-live stands under OPENING."""
        if carried.from_settlement_id and carried.from_settlement_id not in self.by_hand:
            account, name = self.clearing, reference(carried.from_settlement_id)
        else:
            account, name = self.mapping.opening_debt(self.marketplace), OPENING
        return {"source_row": carried.source_row, "account": str(account), "reference": name}


def books_of(road: Road, settlement_id: str) -> Books:
    """Bring together what a settlement is booked with.

    Raises InputRefused when its lines are not staged from the report that counts, or it spans too many months.
    """
    record = registered(road, settlement_id)
    version = road.stores.warehouse.current(road.connection, LINES_TABLE, settlement_id)
    if version is None or version.facts.get("document") != record.document_sha:
        raise InputRefused(
            f"The lines of settlement {settlement_id} are not staged from its present report: materialize "
            "settlement_lines first."
        )
    mapping, facts = road.load_mapping(), record.facts
    context = Context(facts["currency"], tuple(facts["marketplaces"]))
    places = placed(road)
    return Books(
        record=record,
        mapping=mapping,
        context=context,
        place=places[settlement_id],
        parts=_parts(road, record),
        clearing=mapping.clearing(settlement_marketplace(mapping, context)),
        reference=reference(settlement_id),
        lines=version,
        by_hand=frozenset(one for one, place in places.items() if place.is_before_go_live),
        opening_orders=road.load_opening_orders(),
        **_billed(road, version, places[settlement_id], settlement_id),
    )


def _billed(road: Road, lines: Version, place: Place, settlement_id: str) -> dict[str, Any]:
    """Return the orders of a settlement that have an invoice, and a credit memo; before go-live it clears none."""
    if road.policy.invoicing is None or place.is_before_go_live:
        return {}
    orders = orders_in(road, road.stores.warehouse.path(lines))
    billed, credited = invoices_by_order(road, orders), credits_by_order(road, orders)
    opened = open_orders(road, billed, settlement_id)
    return {"billed_orders": frozenset(billed), "credited_orders": frozenset(credited), "open_orders": opened}


def mapped_up_to(road: Road, books: Books) -> list[Version]:
    """Return the mapped lines of a settlement and of its sisters before it, from go-live on."""
    own = head_of(books.record)
    heads = {one.settlement_id: one for one in heads_of(road) if one.end <= own.end and one.is_sister_of(own)}
    wanted = heads.keys() - books.by_hand
    return [one for one in road.stores.warehouse.currents(road.connection, "mapped_lines") if one.partition in wanted]


def _parts(road: Road, record: SettlementRecord) -> tuple[Part, ...]:
    facts = record.facts
    deposit = datetime.fromisoformat(facts["deposit_date"]) if facts["deposit_date"] else None
    start, end = (datetime.fromisoformat(facts[name]) for name in ("start", "end"))
    chosen = parts(start, end, deposit, road.policy)
    if len(chosen) > PARTS_MAX:
        raise InputRefused(
            f"Settlement {record.settlement_id} spans {len(chosen)} months, and at most {PARTS_MAX} can be split: set "
            "month_end: none in the connection for it."
        )
    return chosen


def made_of(road: Road, books: Books) -> dict[str, str]:
    """Return the marks of everything that decides the movements: document, mapping, settings, carried items."""
    settings = road.policy.model_dump(mode="json", include=set(_SETTINGS))
    for one in settings["marketplaces"].values():
        # What is left as it was before it could be said is left out: nothing has changed for who does not say it.
        for name in _SAID_LATER:
            if one[name] == Marketplace.model_fields[name].get_default(call_default_factory=True):
                del one[name]
    if road.policy.holds_input_tax:
        settings["input_tax"] = road.policy.input_tax
    settings["carried"] = books.carried_items()
    if books.is_by_country(road.policy):
        lines = books.lines_path or road.stores.warehouse.path(books.lines)
        settings["order_countries"] = countries_mark(road, lines)
    if books.clears_receivable:
        settings["opening_orders"] = books.opening_orders.content_hash
    if books.billed_orders:
        settings["billed_orders"] = sorted(books.billed_orders)
        settings["credited_orders"] = sorted(books.credited_orders)
    if books.open_orders.mark():
        settings["open_items"] = books.open_orders.mark()
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return {
        "document": books.record.document_sha,
        "mapping": books.mapping.content_hash,
        "settings": hashlib.sha256(text.encode()).hexdigest(),
    }


_SAID = {
    "document": "the settlement's report",
    "mapping": "the mapping",
    "settings": "the connection's settings, the orders before go-live, those that were billed, the countries its "
    "orders were sent to, or which earlier settlement a carried row brings in,",
}


def changed_since(then: dict[str, Any], now: dict[str, str]) -> str:
    """Say what changed since something was made, or return nothing."""
    return " and ".join(said for name, said in _SAID.items() if then.get(name) != now[name])
