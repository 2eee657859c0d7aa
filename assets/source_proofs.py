"""Source proofs: a settlement held against everything else that Amazon says of the same money.

In: a staged settlement, and what is kept by day (events, orders, reimbursements,
Amazon's summaries, payouts, the bank's lines). Out: one
verdict per source with what differs and the rows behind it on both sides, all of it staged as a table; none of them
stops money, each says where to look. No ERP is asked, so a person may run it as often as wanted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from assets.proofs.deposit_proof import deposit_verdict
from assets.proofs.fee_proof import fees_verdict
from assets.proofs.invoice_proof import invoices_verdict
from assets.proofs.proof_rows import (
    DOCUMENTS,
    SETTLEMENT_ROWS,
    TRANSACTIONS,
    category_of_event,
    keep,
    order_rows,
    reimbursement_rows,
    report_documents,
    settlement_rows,
    shown,
    transactions,
)
from assets.proofs.summary_proof import summary_verdict
from assets.proofs.unpaid_proof import APPROVED_WITHIN, PAID_WITHIN, shipped_verdict, unpaid_reimbursements
from assets.proofs.vat_proof import ORDER, vat_verdict
from assets.settlement_lines import TABLE as LINES_TABLE
from assets.settlements.staged_settlement import Staged, staged_settlement
from assets.stages.day_names import today
from assets.stages.kept_days import KeptDays
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict, nothing_compared
from ledger import money
from ledger.source_match import Difference, added_up, by_category, by_order
from ledger.stated_tax import paid_by_buyer
from resources.amazon.marketplaces import marketplace_named
from resources.amazon.orders import kept_since, kept_words
from resources.store.stores import Stores

ASSET = "source_proofs"
# What is read by day and held against settlements.
SOURCES = (
    "financial_events",
    "orders",
    "fba_reimbursements",
    "vat_transactions",
    "settlement_summaries",
    "payouts",
    "fee_invoices",
    "bank_deposits",
)
# What is released for a settlement is posted within it; a week more for clocks and corrections.
RELEASED_WITHIN = timedelta(days=7)
# Amazon tells of a transaction up to two days after it was posted: until then a difference waits.
TOLD_WITHIN = timedelta(days=2)
# Orders that Amazon holds for longer are found all the same, as far back as this.
LOOKED_BACK = timedelta(days=180)
# For so long after its end a settlement is held against the others every day: what they tell late is seen.
WATCHED = timedelta(days=45)
# How the table names all orders of a category, and what stands under no order.
_ALL, _NONE = "all of it", "without an order"


def prove(road: Road, settlement_id: str) -> StageResult:
    """Hold a settlement against the other sources.

    Raises InputRefused when it is unknown or its lines are not staged.
    """
    staged = staged_settlement(road, settlement_id)
    orders = (orders_verdict(staged), shipped_verdict(staged))
    sources = (events_verdict(staged), *orders, reimbursements_verdict(staged))
    vat, fees = vat_verdict(road, staged.record), fees_verdict(road, staged.record)
    # Its sums by country stand before the orders that differ, and are no difference themselves.
    version = keep(staged, (*sources, replace(vat, rows=tuple(row for row in vat.rows if row.get(ORDER)))))
    others = (summary_verdict(staged), deposit_verdict(road, staged.record), shown(vat), fees)
    verdicts = (*map(shown, sources), *others, invoices_verdict(staged))
    facts = {
        "settlement": settlement_id,
        "total": money.exact(staged.record.facts["total_amount"], staged.currency),
        "currency": staged.currency,
        "agrees with": ", ".join(one.check for one in verdicts if one.agrees) or "nothing",
        "not compared": ", ".join(one.check for one in verdicts if not one.is_compared) or "nothing",
    }
    return StageResult(facts=facts, rows_total=version.rows, verdicts=verdicts, version=version.id)


def watched(stores: Stores, connection: str, now: datetime) -> list[str]:
    """Return the staged settlements that are young enough to be held against the other sources every day."""
    staged = {one.partition for one in stores.warehouse.currents(connection, LINES_TABLE)}
    records = stores.settlements.all(connection)
    young = [one for one in records if datetime.fromisoformat(one.facts["end"]) >= now - WATCHED]
    return [one.settlement_id for one in young if one.settlement_id in staged]


def events_verdict(staged: Staged) -> Verdict:
    """What was settled is what was released: by category, and by order where they differ.

    Transactions that name the settlement are looked at; until the first of them is told it waits, for a week.
    """
    check, days = "events_equal_settlement", staged.days("financial_events")
    if not days:
        return nothing_compared(check, "No financial events are read by this connection.")
    if staged.road.events_source == "v0":
        sentence = "The older API of financial events names no settlement, so they cannot be held against this one."
        return nothing_compared(check, sentence)
    if staged.moment("start").date() < days.first:
        return nothing_compared(check, f"Financial events are read from {days.first} on only.")
    settled = added_up(staged.by_category)
    first, last = (staged.moment("start") - RELEASED_WITHIN).date(), (staged.moment("end") + RELEASED_WITHIN).date()
    bound = {"events": days.files(first, last), "settlement_id": staged.record.settlement_id}
    events = staged.ask("events_of_settlement", lines=None, **bound)
    if not events and settled:
        if staged.road.clock.now() > staged.moment("end") + RELEASED_WITHIN:
            sentence = f"No released transaction names this settlement, {RELEASED_WITHIN.days} days after its end."
            return Verdict(check, False, sentence, is_blocking=False)
        sentence = "No released transaction names this settlement yet."
        return Verdict(check, True, sentence, is_blocking=False, is_waiting=True)
    released = added_up((row["order_id"], category_of_event(row), row["amount"]) for row in events)
    categories, orders = by_category(settled, released), by_order(settled, released)
    total = money.text(money.exact(sum(settled.values(), Decimal(0)), staged.currency), staged.currency)
    if not orders:
        sentence = f"{total} {staged.currency} were settled and released, the same in every category and order."
        return Verdict(check, True, sentence, is_blocking=False)
    names = {one.order_id for one in orders}
    rows_of, told_of = settlement_rows(staged, names), transactions(staged, bound["events"], names)
    rows = [_event_row(one, staged.currency, _ALL, "", "") for one in categories]
    for one in orders:
        key = one.order_id, one.category
        words = rows_of.get(key, ""), told_of.get(key, "")
        rows.append(_event_row(one, staged.currency, one.order_id or _NONE, *words))
    what = [f"{len(categories)} categories", f"{len(names - {''})} orders"]
    what += ["what stands under no order"] if "" in names else []
    listed = f"{', '.join(what[:-1])} and {what[-1]}"
    sentence = f"{listed} differ between settlement and released events."
    is_young = staged.road.clock.now() < staged.moment("end") + TOLD_WITHIN
    if is_young:
        sentence += " Amazon tells of a transaction up to 48 hours late, so this waits."
    return Verdict(check, False, sentence, is_blocking=False, is_waiting=is_young, rows=tuple(rows))


def _event_row(one: Difference, currency: str, order: str, rows: str, told: str) -> Row:
    settled, released, difference = (
        money.text(money.exact(amount, currency), currency) for amount in (one.ours, one.theirs, one.amount)
    )
    return {
        "category": one.category,
        "order": order,
        "settled": settled,
        "released": released,
        "difference": difference,
        SETTLEMENT_ROWS: rows,
        TRANSACTIONS: told,
    }


def orders_verdict(staged: Staged) -> Verdict:
    """Every order that is paid for was sold, and for that amount."""
    check, days = "orders_equal_settlement", staged.days("orders")
    if not days:
        return nothing_compared(check, "No orders are read by this connection.")
    orders = days.files((staged.moment("start") - LOOKED_BACK).date())
    around = staged.settlement_of_files(staged.moment("start") - LOOKED_BACK, staged.moment("end") + LOOKED_BACK)
    found = staged.ask("orders_of_settlement", all_lines=[*around], orders=orders)
    looked_for = [row for row in found if row["order_status"] is not None or _is_covered(row["posted_at"], days)]
    own, day = staged.road.source.marketplace_ids, today(staged.road.clock)
    rows = list(_differences(looked_for, staged.currency, own, day))
    sentence = f"{len(looked_for) - len(rows)} of {len(looked_for)} orders were sold for what the settlements paid."
    left = [row for row in found if row not in looked_for]
    gone = list(_gone(left, staged.currency, own, day))
    if len(left) > len(gone):
        sentence += f" {len(left) - len(gone)} more were sold before orders are read."
    if gone:
        sentence += f" {len(gone)} more are older than what Amazon keeps and cannot be read any more."
    names = {row["order"] for row in (*rows, *gone)}
    rows_of = order_rows(staged, around, names) if names else {}
    documents = report_documents(staged, days, orders, "order_id", names) if names else {}
    told = [
        {**row, SETTLEMENT_ROWS: rows_of.get(row["order"], ""), DOCUMENTS: documents.get(row["order"], "")}
        for row in (*rows, *gone)
    ]
    return Verdict(check, not rows, sentence, is_blocking=False, rows=tuple(told))


def _gone(left: list[dict], currency: str, own: Sequence[str], day: date) -> Iterator[Row]:
    """Yield the orders that were paid before the oldest day Amazon has orders of, marketplace by marketplace.

    Not every order that is too old is among them: a settlement does not say when an order was placed.
    """
    for row in left:
        ids = _places(row, own)
        if row["posted_at"] is not None and row["posted_at"].date() < kept_since(ids, day):
            settled = money.exact(row["settled"], currency)
            yield _row(row, settled, None, currency, f"cannot be read any more. {kept_words(ids, day)}")


def _places(row: dict, own: Sequence[str]) -> Sequence[str]:
    """Return the marketplace an order was sold in; all of the connection where the settlement does not say."""
    place = marketplace_named(row["marketplace_name"] or "")
    return (place.marketplace_id,) if place else own


def _is_covered(posted_at: datetime | None, days: KeptDays) -> bool:
    """Tell whether an order that was paid at a moment must be among the orders that are read."""
    return posted_at is not None and posted_at.date() - PAID_WITHIN >= days.first


def _differences(found: list[dict], currency: str, own: Sequence[str], day: date) -> Iterator[Row]:
    for row in found:
        settled = money.exact(row["settled"], currency)
        if row["order_status"] is None:
            why = f"no order of that number is known. {kept_words(_places(row, own), day)}"
            yield _row(row, settled, None, currency, why)
            continue
        place = marketplace_named(row["marketplace_name"] or "")
        paid = paid_by_buyer(row["prices"], row["tax"], place.country if place else "")
        if settled not in paid:
            sold = money.exact(paid[0], currency)
            yield _row(row, settled, sold, currency, f"the order is {row['order_status']}")


def _row(row: dict, settled: Decimal, sold: Decimal | None, currency: str, why: str) -> Row:
    return {
        "order": row["order_id"],
        "settled": money.text(settled, currency),
        "sold for": "" if sold is None else money.text(sold, currency),
        "difference": money.text(settled - (sold or Decimal(0)), currency),
        "why": why,
    }


def reimbursements_verdict(staged: Staged) -> Verdict:
    """Every reimbursement that is paid or taken back stands in Amazon's own report, and what that names was paid."""
    check, days = "reimbursements_equal_settlement", staged.days("fba_reimbursements")
    first, last = staged.moment("start") - APPROVED_WITHIN, staged.moment("end") + APPROVED_WITHIN
    if not days:
        return nothing_compared(check, "No reimbursements are read by this connection.")
    if first.date() < days.first:
        return nothing_compared(check, f"Reimbursements are read from {days.first} on only.")
    bound = {"first": first.replace(tzinfo=None), "last": last.replace(tzinfo=None)}
    files = days.files(first.date(), last.date())
    found = staged.ask("reimbursements_of_settlement", reimbursements=files, **bound)
    missing = [row for row in found if row["named"] < row["paid"]]
    skus, own = {row["sku"] for row in missing}, {staged.lines: staged.record.settlement_id}
    rows_of = reimbursement_rows(staged, own, skus) if skus else {}
    documents = report_documents(staged, days, files, "sku", skus) if skus else {}
    rows = tuple(
        {
            "sku": row["sku"],
            "amount": money.text(money.exact(row["amount"], staged.currency), staged.currency),
            "in settlements": str(row["paid"]),
            "in the report": str(row["named"]),
            "why": "paid, and not in the report",
            SETTLEMENT_ROWS: rows_of.get((row["sku"], row["amount"]), ""),
            DOCUMENTS: documents.get(row["sku"], ""),
        }
        for row in missing
    )
    unpaid = unpaid_reimbursements(staged)
    sentence = f"{len(found) - len(missing)} of {len(found)} kinds of reimbursement stand in the report as well."
    if unpaid:
        sentence += f" {len(unpaid)} that were approved in its time are paid by no settlement."
    return Verdict(check, not missing and not unpaid, sentence, is_blocking=False, rows=(*rows, *unpaid))
