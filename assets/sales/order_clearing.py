"""Billed against settled, order by order: what invoices and credit memos hold, and what settlements have cleared.

In: the orders of a day of invoices. Out: a verdict that names orders of which settlements brought something else than
was billed, and those that were billed long ago and never settled; and a table of what is still open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from assets.sales.billed_gate import of_orders
from assets.sales.order_choices import Billed, billed_before, owed, settled_files
from assets.stages.day_names import today
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, Verdict
from ledger import money

CHECK = "orders_cleared"
# As long as Amazon may hold a sale back, and a settlement runs after that.
DAYS_OPEN_MAX = 60
_ROWS_MAX = 200


@dataclass(frozen=True)
class Standing:
    """One order: what was billed and credited, what settlements brought of its sale and of its refunds, in favour.

    What a credit memo took off an invoice because the shipment was told otherwise was never billed.
    """

    order_id: str
    currency: str
    billed: Decimal
    credited: Decimal
    sold: Decimal
    refunded: Decimal
    billed_on: date

    @property
    def differs(self) -> bool:
        """Tell whether settlements brought another sale than was billed, or took back more than was credited."""
        return self.sold not in (Decimal(0), self.billed) or -self.refunded > self.credited

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
    standing = [one for one in _standing(road, sorted(set(orders))) if one.rest or one.differs]
    differing = [one for one in standing if one.differs]
    late = [one for one in standing if not one.sold and (now - one.billed_on).days > DAYS_OPEN_MAX]
    wrong = [*differing, *(one for one in late if not one.differs)]
    told = []
    if differing:
        told.append(f"Of {len(differing)} orders settlements brought another amount than was billed and credited.")
    if late:
        told.append(f"{len(late)} orders were billed more than {DAYS_OPEN_MAX} days ago and never settled.")
    if not told:
        told.append(
            f"{len(standing)} orders are open, none for more than {DAYS_OPEN_MAX} days; the others are cleared."
        )
    shown = [*wrong, *(one for one in standing if one not in wrong)]
    rows = tuple(one.row(now) for one in shown)
    return Verdict(CHECK, not wrong, " ".join(told), is_blocking=False, rows=rows).cut(_ROWS_MAX)


def _standing(road: Road, orders: list[str]) -> list[Standing]:
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
    )
