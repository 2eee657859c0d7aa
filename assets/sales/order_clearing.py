"""Billed against settled, order by order: what invoices and credit memos hold, and what settlements have cleared.

In: the orders of a day of invoices, or of a settlement. Out: a verdict that names orders of which settlements brought
something else than was billed, those that were billed long ago and never settled, and those that are undone and do not
come to nothing; and a table of what is still open. An order of several shipments is settled shipment by shipment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from assets.posting.document_sets import documents_named_in, undoing_of
from assets.sales.billed_gate import of_orders
from assets.sales.order_choices import Billed, billed_before, owed, settled_files
from assets.stages.day_names import today
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, Verdict
from ledger import money
from ledger.order_adjustments import adjusts
from ledger.order_documents import INVOICE
from ledger.posting import PostingState

CHECK = "orders_cleared"
# As long as Amazon may hold a sale back, and a settlement runs after that.
DAYS_OPEN_MAX = 60
_ROWS_MAX = 200
# Of so many shipments every choice of some is tried; nobody sends an order in more parcels.
_SHIPMENTS_MAX = 12
_NAMED_MAX = 5


@dataclass(frozen=True)
class Standing:
    """One order: what was billed and credited, what settlements brought of its sale and of its refunds, in favour.

    What a credit memo took off an invoice because the shipment was told otherwise was never billed. `shipments` are
    what each was billed for, with what adjusts it.
    """

    order_id: str
    currency: str
    billed: Decimal
    credited: Decimal
    sold: Decimal
    refunded: Decimal
    billed_on: date
    billed_until: date
    customer: str = ""
    shipments: tuple[Decimal, ...] = ()

    @property
    def differs(self) -> bool:
        """Tell whether settlements brought another sale than was billed, or took back more than was credited."""
        return not self._is_of_whole_shipments or -self.refunded > self.credited

    @property
    def is_unsettled(self) -> bool:
        """Tell whether less was settled of the sale than was billed and not given back."""
        return self.sold < self.billed - self.credited

    @property
    def _is_of_whole_shipments(self) -> bool:
        """Tell whether what settlements brought is all of the order's shipments, or some of them whole."""
        if self.sold in (Decimal(0), self.billed):
            return True
        sums = {Decimal(0)}
        for amount in self.shipments[:_SHIPMENTS_MAX]:
            sums |= {one + amount for one in sums}
        return self.sold in sums

    @property
    def rest(self) -> Decimal:
        """Return what is still open on the order's item."""
        return self.billed - self.credited - self.sold - self.refunded

    def row(self, now: date) -> Row:
        """Return it as a row of a table."""
        amounts = ("billed", "credited", "sold", "refunded", "rest")
        texts = {name: money.text(getattr(self, name), self.currency) for name in amounts}
        return {
            "order": self.order_id,
            "billed": texts["billed"],
            "credited": texts["credited"],
            "settled": texts["sold"],
            "refunds settled": texts["refunded"],
            "open": texts["rest"],
            "currency": self.currency,
            "days": str((now - self.billed_on).days),
        }


def cleared_verdict(road: Road, orders: Iterable[str]) -> Verdict:
    """Return what is open of some orders, and which of them do not come out."""
    now = today(road.clock)
    chosen = sorted(set(orders))
    standing = [one for one in standing_of(road, chosen) if one.rest or one.differs]
    undone = _undone(road, chosen)
    uneven = [one for one in undone if one.rest]
    differing = [one for one in standing if one.differs]
    open_ones = [one for one in standing if one.is_unsettled and not one.differs]
    late = [one for one in open_ones if (now - one.billed_until).days > DAYS_OPEN_MAX]
    wrong = [*differing, *late]
    told = []
    if differing:
        told.append(differing_words(differing))
    if late:
        told.append(late_words(late, f"more than {DAYS_OPEN_MAX} days ago"))
    if not told:
        told.append(
            f"{len(standing)} orders are open, none for more than {DAYS_OPEN_MAX} days; the others are cleared."
        )
    if undone:
        together = "with their credit memos and what undid the rest"
        come = f"{len(uneven)} of them do not come to nothing {together}" if uneven else f"come to nothing {together}"
        told.append(f"{len(undone)} invoices are reversed{': ' if uneven else ' and '}{come}.")
    shown = [*wrong, *(one for one in standing if one not in wrong)]
    rows = (*(one.row(now) for one in shown), *(one.row(now) for one in undone))
    return Verdict(CHECK, not wrong and not uneven, " ".join(told), is_blocking=False, rows=rows).cut(_ROWS_MAX)


def differing_words(differing: Sequence[Standing]) -> str:
    """Return the sentence that names the orders of which settlements brought something else than was billed."""
    more = f" and {len(differing) - _NAMED_MAX} more" if len(differing) > _NAMED_MAX else ""
    orders = ", ".join(one.order_id for one in differing[:_NAMED_MAX])
    return (
        f"Settlements brought another amount than was billed and credited of {len(differing)} orders: {orders}{more}."
    )


def late_words(late: Sequence[Standing], when: str) -> str:
    """Return the sentence that names the orders that were billed long ago and of which some shipment is not settled."""
    more = f" and {len(late) - _NAMED_MAX} more" if len(late) > _NAMED_MAX else ""
    orders = ", ".join(one.order_id for one in late[:_NAMED_MAX])
    return f"{len(late)} orders were billed {when} and are not settled, or not whole: {orders}{more}."


@dataclass(frozen=True)
class Reversed:
    """One invoice that is undone: what it billed, what its credit memos took back of it, and what undid the rest."""

    order_id: str
    currency: str
    billed: Decimal
    credited: Decimal
    undone: Decimal
    billed_on: date

    @property
    def rest(self) -> Decimal:
        """Return what the three leave on the order's item."""
        return self.billed - self.credited - self.undone

    def row(self, now: date) -> Row:
        """Return it as a row of the same table."""
        nothing = Decimal(0)
        credited, on = self.credited + self.undone, self.billed_on
        as_standing = Standing(self.order_id, self.currency, self.billed, credited, nothing, nothing, on, on)
        return as_standing.row(now) | {"order": f"{self.order_id}, reversed"}


def _undone(road: Road, orders: list[str]) -> list[Reversed]:
    """Return the invoices of some orders that are reversed, whatever was billed since."""
    wanted, found = set(orders), []
    for one in road.stores.outbox.of_kind(road.seller, road.ledger, INVOICE):
        if one.state is not PostingState.REVERSED or one.source_id.partition(".")[0] not in wanted:
            continue
        [invoice] = documents_named_in(road, [one.key])
        undoing = undoing_of(road, [invoice])
        if undoing is None or invoice.key not in undoing.by_original:
            continue
        by = undoing.by_original[invoice.key].journal
        memos = documents_named_in(road, by.takes_along)
        amounts = (owed(invoice.journal), -sum((owed(memo.journal) for memo in memos), Decimal(0)), -owed(by))
        found.append(Reversed(invoice.source.belongs_to, by.currency, *amounts, invoice.journal.accounting_date))
    return found


def standing_of(road: Road, orders: Iterable[str]) -> list[Standing]:
    """Return where each of some orders stands that has an invoice, in their order."""
    held = {order: one for order, one in billed_before(road, orders).items() if one.invoices}
    settled = of_orders(road, list(settled_files(road)), sorted(held))
    return [_of(order, one, settled) for order, one in sorted(held.items())]


def _of(order: str, held: Billed, settled: dict) -> Standing:
    known = settled.get(order)
    return Standing(
        order_id=order,
        currency=held.invoices[0].currency,
        billed=sum((owed(one) for one in (*held.invoices, *held.adjusting_credits)), Decimal(0)),
        credited=-sum((owed(one) for one in held.refunds), Decimal(0)),
        sold=known.sold_cleared if known else Decimal(0),
        refunded=known.refunded_cleared if known else Decimal(0),
        billed_on=min(one.accounting_date for one in held.invoices),
        billed_until=max(one.accounting_date for one in held.invoices),
        customer=held.invoices[0].billing.customer if held.invoices[0].billing else "",
        shipments=tuple(_shipments(held).values()),
    )


def _shipments(held: Billed) -> dict[str, Decimal]:
    """Return what each shipment of an order was billed for, with what adjusts it, by the id of its first invoice."""
    amounts: dict[str, Decimal] = {}
    for one in (*held.invoices, *held.adjusting_credits):
        first = adjusts(one.source.source_id) or one.source.source_id
        amounts[first] = amounts.get(first, Decimal(0)) + owed(one)
    return amounts
