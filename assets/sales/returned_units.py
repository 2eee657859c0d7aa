"""What came back on one day, and what of its cost is taken back, as journals to be posted.

In: a road, the returns of a day, the mapping, and the catalogue. Out: a set of journals per return of a unit whose cost
stands in the books, at the cost that was booked for its shipment. A return whose cost is under way or reversed waits; a
return of what was never costed here is told; more than was costed, or a loss without an account, stops that return.
"""

from dataclasses import dataclass, field
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path
from typing import Any

from assets.posting.document_sets import DEAD, called_by_day, is_withheld, undoing_of
from assets.posting.findings import ORDER_REVERSED_CODE
from assets.review.hands import decisions
from assets.sales.order_choices import dismissed
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from assets.stages.verdicts import Row
from assets.undo.undoing import withheld_origin
from ledger.accounts import AccountKey
from ledger.catalogue import Catalogue
from ledger.cost_documents import KIND as COST
from ledger.cost_documents import Costed, costed_units
from ledger.cost_returns import KIND as COST_RETURN
from ledger.cost_returns import Back, is_sellable, return_source, returned_cost, taken_back, units_back
from ledger.errors import Finding
from ledger.journal import JournalSet, SourceKey
from ledger.mapping import Mapping
from ledger.policy import CostOfGoods
from ledger.posting import PostingState
from ledger.reversal import reversal_source
from resources.store.outbox import OutboxDocument

BEYOND_CODE, ACCOUNT_CODE, UNCLEAR_CODE = "return_exceeds_cost", "inventory_loss_account", "return_unclear"
_ALL_DOCUMENTS = 1_000_000
_FINDINGS_MAX, _NAMED_MAX = 20, 5


@dataclass
class ReturnedDay:
    """The journals of one day's returns, and what keeps others from being made.

    `unless_begun` are, by return, the reversals of the cost it takes back: what is being undone is taken back by that.
    `rows` say of each return that is not booked why; `waiting` of them wait for their cost.
    """

    documents: list[JournalSet] = field(default_factory=list)
    unless_begun: dict[SourceKey, tuple[SourceKey, ...]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    returns: int = 0
    waiting: int = 0
    uncosted: int = 0


@dataclass(frozen=True)
class _Cost:
    """The cost of one shipment as it is stored; `waits_for` says why it does not stand in the books, if it may yet."""

    documents: tuple[OutboxDocument, ...]
    is_coming: bool
    waits_for: str = ""

    @property
    def source(self) -> SourceKey:
        return self.documents[0].source

    def of(self, sku: str) -> list[Costed]:
        """Return what it says of a product."""
        return [unit for one in self.documents for unit in costed_units(one.journal) if unit.sku == sku]

    @property
    def on(self) -> date:
        return self.documents[0].journal.accounting_date


@dataclass
class _OrderBooks:
    """What is stored of the cost of one order, and of its returns; `made` are those that this look makes."""

    costs: list[_Cost]
    returns: dict[SourceKey, list[OutboxDocument]]
    made: dict[SourceKey, JournalSet] = field(default_factory=dict)

    def back_before(self, sku: str, besides: SourceKey) -> Decimal:
        """Return how many units of a product other returns take back that stand, or are to."""
        standing = {
            source: [one.journal for one in documents if one.state not in DEAD]
            for source, documents in self.returns.items()
        }
        standing |= {source: list(made.journals) for source, made in self.made.items() if not standing.get(source)}
        return units_back((one for source, of in standing.items() if source != besides for one in of), sku)


def returned_day(
    road: Road, costs: CostOfGoods, mapping: Mapping, catalogue: Catalogue, day: date, partition: str, returns: Path
) -> ReturnedDay:
    """Return what is taken back of the cost of what came back on a day; `partition` is what its documents are under."""
    making = _Making(road, costs, mapping, catalogue, day, partition)
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        rows = dicts(duck.sql(statement("returned_units"), params={"returns": [str(returns)]}))
    for row in rows:
        making.take(row)
    return making.done()


@dataclass
class _Making:
    """One day's journals out of its returns, order by order."""

    road: Road
    costs: CostOfGoods
    mapping: Mapping
    catalogue: Catalogue
    day: date
    partition: str
    made: ReturnedDay = field(default_factory=ReturnedDay)
    known: dict[str, _OrderBooks] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    def take(self, row: dict[str, Any]) -> None:
        """Make the journals of one return, or note why there are none."""
        self.made.returns += 1
        back, order, sku = self._back(row), row["order_id"], row["sku"]
        source = return_source(back.seller, back.ledger, order, back.return_id)
        books = self.known.setdefault(order, _order_books(self.road, order)) if order else _OrderBooks([], {})
        stored = books.returns.get(source, [])
        if stored and stored[0].partition != self.partition:
            # Amazon may tell a return on two days: it is booked on the one that told it first.
            self._note(row, f"it is booked with {stored[0].partition}")
            return
        costs = [one for one in books.costs if one.is_coming and one.of(sku)]
        if not self.costs.takes_back(back.on):
            self._leave(row, "it came back before returned_from")
            return
        if not costs or row["quantity"] <= 0:
            self._leave(row, "its cost is not booked here" if not costs else "it tells no unit")
            return
        waits = next((one.waits_for for one in costs if one.waits_for), "")
        if waits:
            self.made.waiting += 1
            self._note(row, waits)
            return
        found = self._journals(row, back, costs, books.back_before(sku, source), stored)
        if found is not None and found.journals:
            books.made[source] = found
            self.made.documents.append(found)
            self.made.unless_begun[source] = tuple(
                reversal_source(one.source, one.documents[0].revision) for one in costs
            )

    def _journals(
        self, row: dict[str, Any], back: Back, costs: list[_Cost], before: Decimal, stored: list[OutboxDocument]
    ) -> JournalSet | None:
        costed, quantity = [unit for one in costs for unit in one.of(row["sku"])], Decimal(row["quantity"])
        total = sum((one.quantity for one in costed), Decimal(0))
        if before + quantity > total:
            return self._refuse(row, _beyond(back, row, total, before))
        to = {one: self._account(row, back, one) for one in costed}
        if None in to.values():
            return self._without_account(row, back)

        def made(first: Decimal) -> JournalSet:
            taken = taken_back(costed, first, quantity)
            assert taken is not None, "as many are left"
            pairs = [(one, account) for one in taken if (account := to[one.costed]) is not None]
            return returned_cost(back, pairs, min(self.road.policy.lines_max, self.road.target.lines_max))

        wanted = made(before)
        if not stored or wanted.fingerprint == stored[0].set_fingerprint:
            return wanted
        # Which of alike units came back first is nobody's to say: what was booked stays right whatever came since.
        others = (made(Decimal(first)) for first in range(int(total - quantity) + 1))
        return next((one for one in others if one.fingerprint == stored[0].set_fingerprint), wanted)

    def _account(self, row: dict[str, Any], back: Back, costed: Costed) -> AccountKey | None:
        """Return where the cost of a unit goes that came back: its stock, or what is lost; None where nothing says."""
        if is_sellable(row["disposition"]):
            return self._stock(costed)
        found, owner = self.mapping.role("inventory_loss", back.on), self.mapping.owner_unit(costed.cogs.unit)
        return found[0].key(owner.unit, owner.segments) if found else None

    def _stock(self, costed: Costed) -> AccountKey | None:
        """Return the account that a product's stock was taken from."""
        if len(costed.inventories) == 1:
            return costed.inventories[0]
        told = self.catalogue.cost(costed.sku, costed.on, self.mapping.owner_unit(costed.cogs.unit))
        return told.inventory if told and told.inventory in costed.inventories else None

    def _without_account(self, row: dict[str, Any], back: Back) -> None:
        if is_sellable(row["disposition"]):
            self._refuse(row, _unclear(back, row, self.catalogue.file))
            return
        self.lost += [] if back.order_id in self.lost else [back.order_id]
        self._note(row, "there is no account for what is lost")

    def _back(self, row: dict[str, Any]) -> Back:
        returned = row["returned_at"].replace(tzinfo=UTC)
        label = f"{row['license_plate']} {row['sku']}"
        if not row["license_plate"]:
            label = f"{returned:%Y-%m-%dT%H:%M:%S} {row['fulfillment_center']} {row['sku']} {row['number']}"
        return Back(
            seller=self.road.seller,
            ledger=self.road.ledger,
            order_id=row["order_id"],
            return_id=label,
            rate_type=self.road.policy.rate_type,
            on=returned.astimezone(self.road.policy.zone).date(),
            with_quantities=bool(self.road.policy.quantities),
        )

    def _note(self, row: dict[str, Any], why: str) -> None:
        self.made.rows.append(
            {
                "order": row["order_id"],
                "product": row["sku"],
                "units": str(row["quantity"]),
                "condition": row["disposition"],
                "why it is not booked": why,
            }
        )

    def _leave(self, row: dict[str, Any], why: str) -> None:
        self.made.uncosted += 1
        self._note(row, why)

    def _refuse(self, row: dict[str, Any], finding: Finding) -> None:
        self.made.findings.append(finding)
        self._note(row, finding.sentence)

    def done(self) -> ReturnedDay:
        """Return what was made; what people dismissed is not told again."""
        alone = {(code, origin) for code in (BEYOND_CODE, UNCLEAR_CODE) for origin in dismissed(self.road, code)}
        told = [one for one in self.made.findings if (one.code, one.origin) not in alone][:_FINDINGS_MAX]
        self.made.findings = [*([_no_account(self.mapping, self.lost, self.day)] if self.lost else []), *told]
        return self.made


def _order_books(road: Road, order: str) -> _OrderBooks:
    """Return what is stored of an order's cost and returns: of each the newest revision, the oldest shipment first."""
    listed = road.stores.outbox.listing(road.connection, belongs_to=order, limit=_ALL_DOCUMENTS)
    sources = {one.source for one in listed if one.source.belongs_to == order}
    newest = {one: road.stores.outbox.documents(one) for one in sources if one.kind in (COST, COST_RETURN)}
    costs = [_cost(road, documents) for source, documents in newest.items() if source.kind == COST]
    returns = {source: documents for source, documents in newest.items() if source.kind == COST_RETURN}
    return _OrderBooks(sorted(costs, key=lambda one: (one.on, one.source.source_id)), returns)


def _cost(road: Road, documents: list[OutboxDocument]) -> _Cost:
    """Say whether the cost of a shipment stands in the books, may come to stand there, or is left out for good."""
    what, undoing = called_by_day(documents[0].source), undoing_of(road, documents)
    if undoing is not None and undoing.is_under_way:
        return _Cost(tuple(documents), True, f"{what} is being reversed")
    if is_withheld(documents):
        is_left_out = _is_kept_out(road, documents)
        return _Cost(tuple(documents), not is_left_out, f"{what} is reversed and not in the books")
    if all(one.state in DEAD for one in documents):
        return _Cost(tuple(documents), False)
    states = {str(one.state) for one in documents if one.state is not PostingState.POSTED}
    return _Cost(tuple(documents), True, f"{what} is not posted yet: {', '.join(sorted(states))}" if states else "")


def _is_kept_out(road: Road, documents: list[OutboxDocument]) -> bool:
    """Tell whether a person leaves what is reversed out of the books."""
    origin = withheld_origin(documents[0].source, documents[0].revision)
    kept = decisions(road, documents[0].partition, frozenset({ORDER_REVERSED_CODE}), "keep")
    return any(one.origin == origin for one in kept)


def _beyond(back: Back, row: dict[str, Any], total: Decimal, before: Decimal) -> Finding:
    earlier = f", and {before:f} of them came back before" if before else ""
    return Finding(
        BEYOND_CODE,
        f"{row['quantity']} of {row['sku']} of order {back.order_id} came back on {back.on}, but the cost of {total:f} "
        f"was booked{earlier}: its cost is not taken back.",
        "Look at the return in Seller Central and book by hand what is right; then `dismiss` this.",
        origin=f"{back.order_id} {back.return_id}",
    )


def _unclear(back: Back, row: dict[str, Any], file: str) -> Finding:
    return Finding(
        UNCLEAR_CODE,
        f"{row['sku']} of order {back.order_id} came back on {back.on} and can be sold, but its cost journal took "
        f"stock from several accounts, and {file} does not say any more which of them is the product's.",
        f"Name that account again in {file} for the day it was shipped; or book the return by hand and `dismiss` this.",
        origin=f"{back.order_id} {back.return_id}",
    )


def _no_account(mapping: Mapping, orders: list[str], day: date) -> Finding:
    more = f" and {len(orders) - _NAMED_MAX} more" if len(orders) > _NAMED_MAX else ""
    return Finding(
        ACCOUNT_CODE,
        f"{mapping.file} names no account for units that came back and cannot be sold: returns of {day} of orders "
        f"{', '.join(orders[:_NAMED_MAX])}{more} are not booked.",
        f'Fill in what is empty and add it to {mapping.file} under accounts: inventory_loss: ""',
        origin="accounts, inventory_loss",
        details={"orders": orders},
    )
