"""Fulfilled shipments: what Amazon sent to buyers and when it left, one version per day of shipment.

In: the report of fulfilled shipments. Out: one Parquet file per day of UTC, a row per item of a shipment. Who bought
it, where it went and how the parcel is tracked is never read, nor archived: only the columns that are read are kept.
"""

from assets.stages.report_days import Asking, ReportStage
from assets.stages.verdicts import Verdict
from resources.amazon.report_file.fulfilled_shipments import FULFILLED_SHIPMENTS as TABLE
from resources.amazon.requested_reports import FULFILLED_SHIPMENTS as REPORT_TYPE

ASSET = "fulfilled_shipments"
# One report covers a month at most.
DAYS_PER_REPORT = 30
_ROWS_MAX = 25


def _verdicts(ask: Asking) -> tuple[Verdict, ...]:
    return (_once(ask),)


def _once(ask: Asking) -> Verdict:
    """An item of a shipment stands once; twice it would look like another shipment than its transaction."""
    found = ask(
        "SELECT order_id, shipment_id, shipment_item_id, count(*) AS times FROM {rows} "
        "WHERE shipment_item_id IS NOT NULL GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL"
    )
    rows = tuple({name.replace("_", " "): str(value or "") for name, value in row.items()} for row in found)
    fine = "Every item of a shipment stands once."
    sentence = f"{len(found)} items of shipments stand several times." if found else fine
    return Verdict("each_shipped_item_once", not found, sentence, is_blocking=False, rows=rows).cut(_ROWS_MAX)


FULFILLED_SHIPMENTS = ReportStage(
    asset=ASSET,
    report_type=REPORT_TYPE,
    table=TABLE,
    dated_by="shipped_at",
    sums=("item_price", "item_tax", "shipping_price", "shipping_tax", "item_promotion", "ship_promotion"),
    verdicts=_verdicts,
    # The file says who bought what, and where each parcel went.
    is_personal=True,
)
