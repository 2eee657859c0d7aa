"""Orders: what was sold, item by item, one version per day of last update.

In: Amazon's report of all orders by last update. Out: one Parquet file per day of UTC, a row per item as it stood when
it was asked for. An order that changes later stands in a later day as well: the newest row of an item counts
(`orders_now`). Names, addresses and phone numbers are never read.
"""

from assets.stages.currencies import currency_verdict
from assets.stages.report_days import Asking, ReportStage
from assets.stages.verdicts import Verdict
from resources.amazon.marketplaces import marketplace_named
from resources.amazon.report_file.all_orders import ALL_ORDERS
from resources.amazon.requested_reports import ALL_ORDERS_BY_UPDATE

ASSET = "orders"
# Statuses of orders that have no price yet, or never will.
_UNPRICED = ("Pending", "PendingAvailability", "Cancelled", "Canceled")
_ROWS_MAX = 25
_SHOWN = "order_id, sku, order_status, quantity"


def _verdicts(ask: Asking) -> tuple[Verdict, ...]:
    return _priced(ask), _channels(ask), _currencies(ask)


def _priced(ask: Asking) -> Verdict:
    """What was sold has a price: without one an order cannot be held against what was paid for it."""
    statuses = ", ".join(f"'{one}'" for one in _UNPRICED)
    found = ask(
        f"SELECT {_SHOWN} FROM {{rows}} WHERE order_status NOT IN ({statuses}) AND quantity > 0 AND item_price IS NULL "
        "AND coalesce(is_replacement, false) = false ORDER BY order_id, sku"
    )
    rows = tuple({name.replace("_", " "): str(value or "") for name, value in row.items()} for row in found)
    sentence = f"{len(found)} items that are sold have no price." if found else "Every item that is sold has a price."
    return Verdict("orders_priced", not found, sentence, is_blocking=False, rows=rows).cut(_ROWS_MAX)


def _channels(ask: Asking) -> Verdict:
    """Every order was sold in a marketplace we know; a new one may follow rules of its own."""
    found = ask("SELECT sales_channel, count(*) AS items FROM {rows} GROUP BY ALL ORDER BY ALL")
    strange = [row for row in found if not _is_known(row["sales_channel"] or "")]
    rows = tuple({"sales channel": str(row["sales_channel"] or "none"), "items": str(row["items"])} for row in strange)
    names = ", ".join(row["sales channel"] for row in rows)
    sentence = f"Sold in a marketplace that is not known here: {names}." if strange else "All marketplaces are known."
    return Verdict("channels_known", not strange, sentence, is_blocking=False, rows=rows)


def _currencies(ask: Asking) -> Verdict:
    found = ask("SELECT DISTINCT sales_channel, currency FROM {rows} ORDER BY ALL")
    return currency_verdict(((row["sales_channel"] or "", row["currency"] or "") for row in found), "orders")


def _is_known(channel: str) -> bool:
    return marketplace_named(channel) is not None or channel.casefold().startswith("non-amazon")


ORDERS = ReportStage(
    asset=ASSET,
    report_type=ALL_ORDERS_BY_UPDATE,
    table=ALL_ORDERS,
    dated_by="updated_at",
    sums=("item_price", "item_tax", "shipping_price", "shipping_tax", "item_promotion", "ship_promotion"),
    verdicts=_verdicts,
    is_of_orders=True,
    # The file says where each parcel went, down to the postal code.
    is_personal=True,
)
