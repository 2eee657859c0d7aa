"""Read what stands on an open item out of the lines that carry its reference, whoever made them.

In: rows of the query by reference. Out: one entry a journal and currency, so that a person sees by which document an
item was closed. Pure. Only posted journals count, and of those not the reversals that unposting makes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from ledger.accounts import AccountKey
from resources.erp.peoplesoft import books, payload
from resources.erp.peoplesoft.queries import Row
from resources.erp.target import ItemEntry


def item_entries(rows: Iterable[Row], account: AccountKey, reference: str, source_id: str) -> list[ItemEntry]:
    """Return what posted journals move on one open item, one entry a journal and currency, the oldest first."""
    entries: dict[tuple[str, str], ItemEntry] = {}
    wanted = (account.unit, account.account, reference)
    for row in rows:
        is_item = (row.text("LINE_BUSINESS_UNIT"), row.text("ACCOUNT"), row.text("JRNL_LN_REF")) == wanted
        if not is_item or not books.is_live(row) or row.text("JRNL_HDR_STATUS") != "P":
            continue
        if payload.names_another_source(row.text("LINE_DESCR", ""), row.text("DESCR254", ""), source_id):
            continue
        head, currency = books.header(row), row.text("LINE_FOREIGN_CURRENCY")
        base = _base(row)
        one = ItemEntry(head.erp_id, head.day, row.amount("FOREIGN_AMOUNT"), currency, head.description, *base)
        known = entries.get((head.erp_id, currency))
        entries[head.erp_id, currency] = one if known is None else _added(known, one)
    return sorted(entries.values(), key=lambda one: (one.accounting_date, one.erp_id, one.currency))


def _base(row: Row) -> tuple[Decimal | None, str]:
    """Return base amount and currency of a line; nothing where the site's query leaves out MONETARY_AMOUNT."""
    currency = row.text("LINE_CURRENCY_CD", "")
    return (row.amount("MONETARY_AMOUNT"), currency) if currency and row.has("MONETARY_AMOUNT") else (None, "")


def _added(one: ItemEntry, other: ItemEntry) -> ItemEntry:
    is_known = one.base_amount is not None and other.base_amount is not None
    base = one.base_amount + other.base_amount if is_known else None
    return replace(one, amount=one.amount + other.amount, base_amount=base)
