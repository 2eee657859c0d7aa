"""Returns: units that came back to Amazon's warehouses, and in which condition, one version per day of return.

In: the FBA customer returns report. Out: one Parquet file per day of UTC, a row per unit or several alike. What the
buyer wrote is neither read nor kept.
"""

from assets.stages.report_days import Asking, ReportStage
from assets.stages.verdicts import Verdict
from ledger.cost_returns import CONDITIONS
from resources.amazon.report_file.customer_returns import CUSTOMER_RETURNS as TABLE
from resources.amazon.requested_reports import CUSTOMER_RETURNS as REPORT_TYPE

ASSET = "fba_returns"
_ROWS_MAX = 25


def _verdicts(ask: Asking) -> tuple[Verdict, ...]:
    return _once(ask), _known(ask)


def _once(ask: Asking) -> Verdict:
    """Amazon labels every unit that comes back; one label twice for an order and product is one unit told twice."""
    found = ask(
        "SELECT order_id, sku, license_plate, count(*) AS times FROM {rows} "
        "WHERE license_plate IS NOT NULL GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL"
    )
    rows = tuple({name.replace("_", " "): str(value or "") for name, value in row.items()} for row in found)
    sentence = "Every unit that came back stands once."
    if found:
        sentence = f"{len(found)} units stand several times; each is counted once."
    return Verdict("each_return_once", not found, sentence, is_blocking=False, rows=rows).cut(_ROWS_MAX)


def _known(ask: Asking) -> Verdict:
    """A condition that Amazon invents tomorrow is not taken for sellable; a person should know of it."""
    listed = ", ".join(f"'{one}'" for one in sorted(CONDITIONS))
    found = ask(
        "SELECT replace(upper(trim(disposition)), ' ', '_') AS condition, count(*) AS returns FROM {rows} "
        f"GROUP BY ALL HAVING condition NOT IN ({listed}) ORDER BY ALL"
    )
    rows = tuple({name: str(value) for name, value in row.items()} for row in found)
    sentence = "Every condition is one that is known here."
    if found:
        names = ", ".join(row["condition"] for row in rows)
        sentence = f"Units came back in conditions that are not known here, and count as not sellable: {names}."
    return Verdict("conditions_known", not found, sentence, is_blocking=False, rows=rows).cut(_ROWS_MAX)


FBA_RETURNS = ReportStage(
    asset=ASSET,
    report_type=REPORT_TYPE,
    table=TABLE,
    dated_by="returned_at",
    sums=(),
    verdicts=_verdicts,
    is_personal=True,
)
