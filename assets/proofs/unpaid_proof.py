"""What should have been paid by now and stands in no settlement: shipped orders, and reimbursements.

In: a staged settlement. Out: a verdict each. Amazon pays an order weeks after it was shipped, so a settlement answers
for what was shipped between `PAID_WITHIN` before its start and `PAID_WITHIN` before its end: each order is one
settlement's to answer for, and by then another may have paid it. Reimbursements are paid about when they are approved.
Before the first settlement that is known nothing is looked for: it may have been paid there.
"""

from datetime import UTC, datetime, timedelta

from assets.proofs.proof_rows import DOCUMENTS, SETTLEMENT_ROWS, reimbursement_rows, report_documents
from assets.settlements.staged_settlement import Staged
from assets.stages.day_names import start_of
from assets.stages.verdicts import Row, Verdict, nothing_compared
from ledger import money
from resources.amazon.marketplaces import marketplace_named

# An order is changed when it is shipped, and paid weeks later at most: what was changed earlier is not looked for.
PAID_WITHIN = timedelta(days=45)
# A reimbursement is approved about when it is paid.
APPROVED_WITHIN = timedelta(days=7)


def shipped_verdict(staged: Staged) -> Verdict:
    """Every order that was shipped long enough ago stands in a settlement."""
    check, days = "shipped_orders_settled", staged.days("orders")
    if not days:
        return nothing_compared(check, "No orders are read by this connection.")
    channels = _channels(staged)
    first = max(staged.moment("start") - PAID_WITHIN, _known_since(staged), start_of(days.first))
    last = staged.moment("end") - PAID_WITHIN
    if first >= last or not channels:
        sentence = f"No order that is read was shipped {PAID_WITHIN.days} days before its end, or in its marketplace."
        return nothing_compared(check, sentence)
    found = staged.ask(
        "shipped_not_settled",
        lines=None,
        orders=days.files(first.date()),
        all_lines=staged.lines_of_all(first),
        channels=channels,
        first=first.replace(tzinfo=None),
        last=last.replace(tzinfo=None),
    )
    span = f"{first.date()} to {last.date()}"
    if not found:
        return Verdict(check, True, f"Every order shipped from {span} stands in a settlement.", is_blocking=False)
    names = {row["order_id"] for row in found}
    documents = report_documents(staged, days, days.files(first.date()), "order_id", names)
    rows = tuple(
        {
            "order": row["order_id"],
            "shipped": str(row["updated_at"].date()),
            "status": row["order_status"],
            "sold for": money.text(money.exact(row["prices"], staged.currency), staged.currency),
            DOCUMENTS: documents.get(row["order_id"], ""),
        }
        for row in found
    )
    sentence = (
        f"{len(found)} orders shipped from {span} stand in no settlement, {PAID_WITHIN.days} days and more later."
    )
    return Verdict(check, False, sentence, is_blocking=False, rows=rows)


def unpaid_reimbursements(staged: Staged) -> tuple[Row, ...]:
    """Return the reimbursements that were approved in time for this settlement and that no settlement pays."""
    days = staged.days("fba_reimbursements")
    first = max(staged.moment("start") - APPROVED_WITHIN, _known_since(staged), start_of(days.first))
    last = staged.moment("end") - APPROVED_WITHIN
    if first >= last:
        return ()
    files = days.files(first.date(), last.date())
    lines = staged.settlement_of_files(first - APPROVED_WITHIN)
    found = staged.ask(
        "reimbursed_not_settled",
        lines=None,
        reimbursements=files,
        all_lines=[*lines],
        currency=staged.currency,
        first=first.replace(tzinfo=None),
        last=last.replace(tzinfo=None),
    )
    skus = {row["sku"] for row in found}
    rows_of = reimbursement_rows(staged, lines, skus) if skus else {}
    documents = report_documents(staged, days, files, "sku", skus) if skus else {}
    return tuple(
        {
            "sku": row["sku"],
            "amount": money.text(money.exact(row["amount"], staged.currency), staged.currency),
            "in settlements": str(row["paid"]),
            "in the report": str(row["named"]),
            "why": f"approved and not paid: {row['ids']}",
            SETTLEMENT_ROWS: rows_of.get((row["sku"], row["amount"]), ""),
            DOCUMENTS: documents.get(row["sku"], ""),
        }
        for row in found
    )


def _channels(staged: Staged) -> list[str]:
    """Return what the order report calls the marketplaces that a settlement sold in."""
    places = [marketplace_named(name) for name in staged.record.facts["marketplaces"]]
    return sorted({place.settlement_name.lower() for place in places if place is not None})


def _known_since(staged: Staged) -> datetime:
    """Return when the first settlement begins that is known of this currency and any of these marketplaces."""
    own = set(staged.record.facts["marketplaces"])
    records = [one.facts for one in staged.road.stores.settlements.all(staged.road.connection)]
    same = [facts for facts in records if facts["currency"] == staged.currency]
    starts = [facts["start"] for facts in same if not own or own & set(facts["marketplaces"])]
    return min(datetime.fromisoformat(start).astimezone(UTC) for start in starts)
