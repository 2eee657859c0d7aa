"""Invoices held against settlements: what one brought was billed, and what was billed long before its end is settled.

In: a staged settlement. Out: a verdict over the orders that it holds and that are invoiced, and over those that were
billed between `PAID_WITHIN` before its start and `PAID_WITHIN` before its end to a customer of its marketplaces: each
invoice is one settlement's to answer for, and by then another may have settled it. Days of invoices are looked at for
some days only, settlements every morning for weeks: so what was billed and is never settled is named here.
"""

from datetime import date, timedelta

from assets.posting.document_sets import INVOICE_POSTINGS
from assets.sales.order_clearing import DAYS_OPEN_MAX, Standing, differing_words, late_words, standing_of
from assets.settlements.staged_settlement import Staged
from assets.stages.day_names import today
from assets.stages.verdicts import Verdict, nothing_compared

CHECK = "invoices_equal_settlement"
PAID_WITHIN = timedelta(days=DAYS_OPEN_MAX)
_ROWS_MAX = 200


def invoices_verdict(staged: Staged) -> Verdict:
    """Billed less credited is what settlements brought of each order, and nothing billed long ago waits for one."""
    days = staged.days(INVOICE_POSTINGS)
    if staged.road.policy.invoicing is None or not days:
        return nothing_compared(CHECK, "No orders are invoiced by this connection.")
    brought = {row["order_id"] for row in staged.ask("orders_of_lines")}
    first, last = ((staged.moment(name) - PAID_WITHIN).date() for name in ("start", "end"))
    told = {row["order_id"] for row in staged.ask("billed_on_days", lines=None, invoices=days.files(first, last))}
    standing = standing_of(staged.road, brought | told)
    compared = [one for one in standing if one.order_id in brought]
    differing = [one for one in compared if one.differs]
    late = [one for one in standing if _is_unsettled(staged, one, first, last) and one not in differing]
    now = today(staged.road.clock)
    rows = tuple(one.row(now) for one in (*differing, *late))
    words = [differing_words(differing)] if differing else []
    if late:
        words.append(late_words(late, f"from {first} to {last}"))
    sentence = " ".join(words) or f"{len(compared)} orders are invoiced, and settlements brought what was billed."
    return Verdict(CHECK, not rows, sentence, is_blocking=False, rows=rows).cut(_ROWS_MAX)


def _is_unsettled(staged: Staged, one: Standing, first: date, last: date) -> bool:
    """Tell whether some shipment of an order, billed in the time that the settlement answers for, is not settled.

    It may be of another series in the same currency, where all are billed to one customer.
    """
    invoicing = staged.road.policy.invoicing
    assert invoicing is not None, "asked before"
    customers = {invoicing.customer(name) for name in staged.record.facts["marketplaces"]}
    is_ours = one.currency == staged.currency and one.customer in customers
    return is_ours and first <= one.billed_until < last and one.is_unsettled
