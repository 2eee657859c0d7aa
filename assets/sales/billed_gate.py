"""Before a settlement is posted: every order in it that is billed has its invoice in the books, and none is forgotten.

In: a settlement whose lines are mapped. Out: a verdict that holds it while an invoice is missing or under way, or while
it is not known whether an order was shipped since orders are billed; and a table that holds billed against settled.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.mapped_lines import TABLE as MAPPED_TABLE
from assets.sales.billing_findings import BEYOND_CODE, NO_SALE_CODE
from assets.sales.order_choices import (
    Billed,
    being_reversed,
    billed_before,
    billing_begins,
    credits_by_order,
    dismissed,
    invoices_by_order,
    owed,
    settled_files,
    shipped,
    shipped_before,
    undone_orders,
)
from assets.sales.reported_shipments import REPORT, reported_since
from assets.settlements.settlement_books import Books, books_of
from assets.stages.commands import deciding
from assets.stages.days import days_between
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from assets.stages.verdicts import Row, Verdict
from ledger.errors import Finding
from ledger.posting import PostingState
from ledger.series import Place
from resources.store.outbox_reading import Standing

CHECK, CODE = "orders_billed", "order_not_billed"
_ROWS_MAX, _NAMED_MAX = 200, 5


@dataclass(frozen=True)
class OfOrder:
    """What settlements brought of one order: its sale and what refunds took back, and what of each clears its item."""

    order_id: str
    sold: Decimal
    refunded: Decimal
    sold_cleared: Decimal
    refunded_cleared: Decimal


def billed_verdict(road: Road, settlement_id: str, place: Place) -> Iterator[Verdict]:
    """Yield what is to be said of the orders of a settlement; nothing where the connection bills none."""
    if road.policy.invoicing is None or place.is_before_go_live:
        return
    own = _orders(road, settlement_id)
    invoices = invoices_by_order(road, own)
    undone = being_reversed(road) if invoices else set()
    under_way = [
        order
        for order, found in invoices.items()
        if any(not _is_posted(one) or (one.source_id, one.revision) in undone for one in found)
    ]
    unbilled = [one.order_id for one in own.values() if one.sold and one.order_id not in invoices]
    missing, unknown = _forgotten(road, books_of(road, settlement_id), unbilled)
    # What took a sale back is no refund of revenue either, as long as the sale itself is undone.
    reversed_ = sorted(undone_orders(road, own) - invoices.keys() - missing.keys())
    uncredited = _uncredited(road, own, settlement_id, invoices)
    rows: list[Row] = [_row(order, _states(invoices[order]), "follow its invoice") for order in under_way]
    rows += [_row(order, "none", f"make the invoices of {day}") for order, day in missing.items()]
    rows += [_row(order, why, "make the credit memos of the day of its refund") for order, why in uncredited.items()]
    rows += [_row(order, "reversed", deciding("repost", road.connection, order)) for order in reversed_]
    left_open = _left_open(road, invoices)
    rows += [_row(order, "open", "set clear_by: receipts") for order in left_open]
    if not rows and not unknown:
        words = f"{len(invoices)} orders clear their invoices, {len(unbilled)} are revenue of this settlement."
        yield Verdict(CHECK, True, words)
        return
    sentence = _sentence(under_way, missing, reversed_, uncredited, unknown, left_open)
    finding = Finding(CODE, sentence, _CURE, origin=f"settlement {settlement_id}")
    is_waiting = not missing and not uncredited and not left_open and not reversed_
    yield Verdict(CHECK, False, sentence, is_waiting=is_waiting, rows=tuple(rows), findings=(finding,)).cut(_ROWS_MAX)


_CURE = (
    "Fetch the events and make and post the invoices of the days that are named; those in review have items of their "
    "own. The settlement goes on by itself when all its orders are billed; `retry` asks at once."
)


def _orders(road: Road, settlement_id: str) -> dict[str, OfOrder]:
    """Return the orders whose sale or refund stands in a settlement's mapped lines."""
    version = road.stores.warehouse.current(road.connection, MAPPED_TABLE, settlement_id)
    if version is None:
        return {}
    path = str(road.stores.warehouse.path(version))
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        found = duck.sql(statement("billable_orders"), params={"movements": [path]}).fetchall()
    return of_orders(road, [path], [order for (order,) in found])


def of_orders(road: Road, files: Sequence[str], orders: Sequence[str]) -> dict[str, OfOrder]:
    """Return what mapped lines hold of some orders, by order; those without any are left out."""
    if not files or not orders:
        return {}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        bound = {"movements": list(files), "orders": list(orders)}
        rows = dicts(duck.sql(statement("billed_and_cleared"), params=bound))
    amounts = ("sold", "refunded", "sold_cleared", "refunded_cleared")
    return {row["order_id"]: OfOrder(row["order_id"], *(Decimal(row[name]) for name in amounts)) for row in rows}


def _uncredited(
    road: Road, own: Mapping[str, OfOrder], settlement_id: str, invoices: Mapping[str, Sequence[Standing]]
) -> dict[str, str]:
    """Return the billed orders of which more is refunded so far than posted credit memos took back, with the reason.

    Deferred refunds are credited before they are settled, so more may be credited than settlements show. What a person
    left to its settlement needs no credit memo.
    """
    refunded = [order for order, one in own.items() if one.refunded and order in invoices]
    if not refunded:
        return {}
    memos = credits_by_order(road, refunded)
    left_alone = {origin.partition(" ")[0] for origin in dismissed(road, BEYOND_CODE)}
    settled = of_orders(road, list(settled_files(road, besides=settlement_id)), refunded)
    held = billed_before(road, refunded)
    found = {}
    for order in refunded:
        standing = memos.get(order, [])
        if not standing and order in left_alone:
            continue
        if any(not _is_posted(one) for one in standing):
            found[order] = f"its credit memo is {_states(standing)}"
        elif abs(settled[order].refunded if order in settled else own[order].refunded) > _credited(held.get(order)):
            found[order] = "its refund has no credit memo"
    return found


def _credited(billed: Billed | None) -> Decimal:
    """Return what the credit memos of an order's refunds took back, as a positive amount."""
    return -sum((owed(memo) for memo in billed.refunds), Decimal(0)) if billed else Decimal(0)


def _forgotten(road: Road, books: Books, orders: Sequence[str]) -> tuple[dict[str, date], str]:
    """Return the orders that were shipped since orders are billed and have no invoice, each with its day.

    What a person left to its settlement, because no invoice can hold it, is not among them. Also the days of
    transactions that are missing to tell, as one sentence, "" where none is.
    """
    invoicing = road.policy.invoicing
    if invoicing is None or not orders:
        return {}, ""
    begins = billing_begins(road, invoicing)
    end = max(part.to_utc for part in books.parts).replace(tzinfo=None)
    kept = {
        date.fromisoformat(one.partition): one for one in road.stores.warehouse.currents(road.connection, EVENTS_TABLE)
    }
    wanted = days_between(begins.date(), (end - timedelta(seconds=1)).date()) if end > begins else []
    absent = [day for day in wanted if day not in kept]
    told = shipped(road, orders, [road.stores.warehouse.path(kept[day]) for day in wanted if day in kept])
    early = shipped_before(road, orders, invoicing)
    since = {order: moment.date() for order, moment in told.items() if moment >= begins and order not in early}
    untold = [order for order in orders if order not in told and order not in early]
    by_report, unreported = reported_since(road, invoicing, untold, wanted)
    since |= by_report
    left_alone = {origin.partition(" ")[0] for origin in dismissed(road, NO_SALE_CODE)}
    found = {order: day for order, day in since.items() if order not in left_alone}
    if len(since) == len(orders):
        return found, ""
    rest = [order for order in orders if order not in since]
    unknown = (_unknown(road, EVENTS_TABLE, absent, rest), _unknown(road, REPORT, unreported, rest))
    return found, " ".join(one for one in unknown if one)


def _unknown(road: Road, asset: str, absent: Sequence[date], orders: Sequence[str]) -> str:
    """Say which days of an asset are missing to tell what was shipped; "" where none is."""
    if not absent:
        return ""
    span = f"{absent[0]} to {absent[-1]}" if len(absent) > 1 else str(absent[0])
    fetch = f"connector fetch {asset} --from {absent[0]} --to {absent[-1]} -c {road.connection}"
    missing = f"{asset.replace('_', ' ').capitalize()} of {len(absent)} days ({span}) are not here"
    return f"{missing}, so it is not known whether these orders were to be billed: {_named(orders)}. {fetch}"


def _left_open(road: Road, invoices: Mapping[str, Sequence[Standing]]) -> list[str]:
    """Return the orders whose invoices only a receipt can close, where the connection clears by journal by now."""
    if road.policy.invoicing is None or road.policy.invoicing.clear_by == "receipts":
        return []
    documents = {order: [road.stores.outbox.document(one.key) for one in found] for order, found in invoices.items()}
    return [
        order
        for order, found in documents.items()
        if any(one is not None and one.journal.billing and one.journal.billing.is_open for one in found)
    ]


def _sentence(
    under_way: Sequence[str],
    missing: dict[str, date],
    reversed_: Sequence[str],
    uncredited: dict[str, str],
    unknown: str,
    left_open: Sequence[str],
) -> str:
    told = []
    if left_open:
        told.append(
            f"{len(left_open)} orders have an invoice that only a receipt closes, and the connection clears by journal "
            f"now: {_named(left_open)}."
        )
    if under_way:
        told.append(f"{len(under_way)} orders have an invoice that is not posted yet: {_named(under_way)}.")
    if missing:
        days = ", ".join(sorted({day.isoformat() for day in missing.values()})[:_NAMED_MAX])
        told.append(f"{len(missing)} orders were shipped and have no invoice (days {days}): {_named(list(missing))}.")
    if reversed_:
        told.append(f"{len(reversed_)} orders have an invoice that is reversed: {_named(reversed_)}.")
    if uncredited:
        told.append(f"{len(uncredited)} billed orders are refunded and not credited: {_named(list(uncredited))}.")
    return " ".join((*told, unknown)).strip()


def _named(orders: Sequence[str]) -> str:
    more = f" and {len(orders) - _NAMED_MAX} more" if len(orders) > _NAMED_MAX else ""
    return ", ".join(sorted(orders)[:_NAMED_MAX]) + more


def _states(found: Sequence[Standing]) -> str:
    return ", ".join(sorted({str(one.state) for one in found}))


def _is_posted(one: Standing) -> bool:
    return one.state is PostingState.POSTED


def _row(order: str, invoice: str, cure: str) -> Row:
    return {"order": order, "invoice": invoice, "what to do": cure}
