"""Replacements: units that Amazon sent once more, without a sale, one version per day of shipment.

In: the FBA report of replacements. Out: one Parquet file per day of UTC, a row per product of a replacement.
"""

from assets.stages.report_days import Asking, ReportStage
from assets.stages.verdicts import Verdict
from resources.amazon.report_file.replacements import REPLACEMENTS as TABLE
from resources.amazon.requested_reports import REPLACEMENTS as REPORT_TYPE

ASSET = "fba_replacements"
_ROWS_MAX = 25


def _verdicts(ask: Asking) -> tuple[Verdict, ...]:
    found = ask(
        "SELECT sku, shipped_at FROM {rows} WHERE coalesce(order_id, '') = '' OR coalesce(sku, '') = '' ORDER BY ALL"
    )
    rows = tuple({name.replace("_", " "): str(value or "") for name, value in row.items()} for row in found)
    sentence = "Every replacement names its order and product."
    if found:
        sentence = f"{len(found)} replacements name no order or no product: their cost is booked by hand."
    return (Verdict("replacements_named", not found, sentence, is_blocking=False, rows=rows).cut(_ROWS_MAX),)


FBA_REPLACEMENTS = ReportStage(
    asset=ASSET, report_type=REPORT_TYPE, table=TABLE, dated_by="shipped_at", sums=(), verdicts=_verdicts
)
