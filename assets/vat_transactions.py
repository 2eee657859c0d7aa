"""VAT transactions: every European sale and refund with the countries it touches, its rate and its VAT, by day.

In: Amazon's VAT transactions report, month by month. Out: one Parquet file per day of completion, a row per item and
transaction. Amazon makes the report of a month from the third of the next on, and ends an earlier request FATAL
(https://developer-docs.amazon.com/sp-api/changelog, 2025-01-21); so only months that are over and out are asked for.
The file may name buyers: no restricted token is asked for, and only the columns that are read are archived.
"""

from datetime import date, timedelta

from assets.stages.report_days import Asking, ReportStage
from assets.stages.verdicts import Row, Verdict
from resources.amazon.report_file.vat_transactions import VAT_TRANSACTIONS as TABLE
from resources.amazon.requested_reports import VAT_TRANSACTIONS as REPORT_TYPE

ASSET = "vat_transactions"
FIRST_DAY_OF_REPORT = 3
_ROWS_MAX = 25
_SHOWN = "order_id, transaction_type, sku, total_net, total_vat, total_gross, currency"
_PARTS = ("item", "shipping", "gift_wrap")


def told_until(today: date) -> date:
    """Return the last day whose report is out: the end of the last month, from the third of a month on."""
    month = today.replace(day=1)
    if today.day < FIRST_DAY_OF_REPORT:
        month = (month - timedelta(days=1)).replace(day=1)
    return month - timedelta(days=1)


def _verdicts(ask: Asking) -> tuple[Verdict, ...]:
    return _adds_up(ask), _countries(ask)


def _adds_up(ask: Asking) -> Verdict:
    """Net and VAT are gross, and VAT is the rate of the net, to a cent per unit: Amazon rounds by unit."""
    wrong = ["total_net + total_vat <> total_gross"]
    wrong += [
        f"abs({part}_net * {part}_rate - {part}_vat) > 0.01 * greatest(abs(coalesce(quantity, 1)), 1)"
        for part in _PARTS
    ]
    found = ask(f"SELECT {_SHOWN} FROM {{rows}} WHERE {' OR '.join(wrong)} ORDER BY order_id, sku")
    sentence = f"{len(found)} rows do not add up." if found else "Every row adds up, and its VAT is that of its rate."
    return Verdict("vat_adds_up", not found, sentence, is_blocking=False, rows=_rows(found)).cut(_ROWS_MAX)


def _countries(ask: Asking) -> Verdict:
    """What was sold or paid back says where it went: without it nobody knows whose VAT it is."""
    found = ask(
        f"SELECT {_SHOWN} FROM {{rows}} WHERE transaction_type IN ('SALE', 'REFUND') AND arrival_country IS NULL "
        "ORDER BY order_id, sku"
    )
    fine = "Every sale and refund names the country it went to."
    sentence = f"{len(found)} sales and refunds name no country of arrival." if found else fine
    told = Verdict("arrival_countries_known", not found, sentence, is_blocking=False, rows=_rows(found))
    return told.cut(_ROWS_MAX)


def _rows(found: list[dict]) -> tuple[Row, ...]:
    return tuple(
        {name.replace("_", " "): "" if value is None else str(value) for name, value in row.items()} for row in found
    )


VAT_TRANSACTIONS = ReportStage(
    asset=ASSET,
    report_type=REPORT_TYPE,
    table=TABLE,
    dated_by="completed_on",
    sums=("total_net", "total_vat", "total_gross"),
    verdicts=_verdicts,
    is_monthly=True,
    is_personal=True,
)
