"""Reimbursements: what Amazon paid for units it lost or damaged and took back again, one version per day of approval.

In: the FBA reimbursements report. Out: one Parquet file per day of UTC, a row per reimbursement and product.
"""

from assets.stages.report_days import Asking, ReportStage
from assets.stages.verdicts import Verdict
from resources.amazon.report_file.reimbursements import REIMBURSEMENTS as TABLE
from resources.amazon.requested_reports import REIMBURSEMENTS as REPORT_TYPE

ASSET = "fba_reimbursements"
_ROWS_MAX = 25


def _verdicts(ask: Asking) -> tuple[Verdict, ...]:
    return (_once(ask),)


def _once(ask: Asking) -> Verdict:
    """A reimbursement of a product stands once; twice it would be looked for twice in the settlements."""
    found = ask(
        "SELECT reimbursement_id, sku, count(*) AS times FROM {rows} GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL"
    )
    rows = tuple({name.replace("_", " "): str(value) for name, value in row.items()} for row in found)
    fine = "Every reimbursement of a product stands once."
    sentence = f"{len(found)} reimbursements of a product stand several times." if found else fine
    return Verdict("each_reimbursement_once", not found, sentence, is_blocking=False, rows=rows).cut(_ROWS_MAX)


FBA_REIMBURSEMENTS = ReportStage(
    asset=ASSET,
    report_type=REPORT_TYPE,
    table=TABLE,
    dated_by="approved_at",
    sums=("amount",),
    verdicts=_verdicts,
)
