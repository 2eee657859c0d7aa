"""Read posted journals period by period: what moved accounts in a span, and what stands on an open item.

In: accounts, dates, the search. Out: the values of `resources.erp.target`, entered amounts, debit positive. No read of
Fusion's answers lines by account or reference, so the batches of each period are walked; a general ledger with many
journals makes that long, and `rows_max` bounds it. Source:
docs.oracle.com/en/cloud/saas/financials/23d/farfa/api-journal-batches.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from ledger.accounts import AccountKey
from resources.erp.fusion.books import BookLine, Held
from resources.erp.fusion.search import Search
from resources.erp.fusion.settings import FusionSettings
from resources.erp.target import BooksState, ItemEntry, LedgerEntry


def entries(
    wanted: Sequence[AccountKey], first: date, last: date, settings: FusionSettings, search: Search
) -> list[LedgerEntry]:
    """Return what posted journals dated within a span move on each account, per reference and currency."""
    accounts = {(one.unit, one.account): AccountKey.of(one.unit, account=one.account) for one in wanted}
    sums: dict[tuple[str, str, str, str, str], LedgerEntry] = {}
    for held in _posted(first, last, settings, search):
        for line in held.lines:
            account = accounts.get((line.account.unit, line.account.account))
            if account is None:
                continue
            one = _entry(held, line, account, settings)
            key = (held.batch.id, account.unit, account.account, one.reference, one.currency)
            sums[key] = _added(sums.get(key), one)
    kept = (one for one in sums.values() if one.amount)
    return sorted(kept, key=lambda one: (one.accounting_date, one.erp_id, str(one.account), one.reference))


def lines_of(
    account: AccountKey, first: date, last: date, settings: FusionSettings, search: Search
) -> Iterator[BookLine]:
    """Yield the lines of posted journals dated within a span on an account, whatever its other segments."""
    for held in _posted(first, last, settings, search):
        for line in held.lines:
            if (line.account.unit, line.account.account) == (account.unit, account.account):
                yield line


def item_entries(
    account: AccountKey, reference: str, span: tuple[date, date], settings: FusionSettings, search: Search
) -> list[ItemEntry]:
    """Return what posted journals dated within a span move on one open item, one entry a batch and currency."""
    found: dict[tuple[str, str], ItemEntry] = {}
    for held in _posted(*span, settings, search):
        for line in held.lines:
            if (line.account.unit, line.account.account, line.reference) != (account.unit, account.account, reference):
                continue
            known = found.get((held.batch.id, line.currency))
            found[held.batch.id, line.currency] = ItemEntry(
                erp_id=_name(held),
                accounting_date=held.day,
                amount=line.amount + (known.amount if known else Decimal(0)),
                currency=line.currency,
                description=held.batch.description,
                base_amount=line.base_amount + ((known.base_amount if known else None) or Decimal(0)),
                base_currency=settings.ledger_currency,
            )
    return sorted(found.values(), key=lambda one: (one.accounting_date, one.erp_id, one.currency))


def _posted(first: date, last: date, settings: FusionSettings, search: Search) -> Iterator[Held]:
    for period in _periods(first, last, settings):
        for batch in search.of_period(period):
            held = search.held_posted(batch) if batch.state is BooksState.POSTED else None
            if held is not None and first <= held.day <= last:
                yield held


def _periods(first: date, last: date, settings: FusionSettings) -> Iterable[str]:
    names: dict[str, None] = {}
    day = first.replace(day=1)
    while day <= last:
        names[settings.period_name(day)] = None
        day = (day + timedelta(days=32)).replace(day=1)
    return names


def _entry(held: Held, line: BookLine, account: AccountKey, settings: FusionSettings) -> LedgerEntry:
    receivables = settings.receivables
    return LedgerEntry(
        erp_id=_name(held),
        account=account,
        accounting_date=held.day,
        amount=line.amount,
        currency=line.currency,
        reference=line.reference,
        source=held.batch.source,
        description=held.batch.description,
        period=held.period,
        is_of_receivables=receivables is not None and held.batch.source == receivables.ledger_source,
    )


def _added(known: LedgerEntry | None, one: LedgerEntry) -> LedgerEntry:
    if known is None:
        return one
    return LedgerEntry(**{**vars(one), "amount": known.amount + one.amount})


def _name(held: Held) -> str:
    return held.batch.own_name or held.batch.name


def span_of_item(days: Iterable[date], today: date, settings: FusionSettings) -> tuple[date, date]:
    """Return the days between which an item may have been moved: from a month before its own journal until now.

    `days` are the dates of our journals of its source; without any, `item_months` back from today.
    """
    known = sorted(days)
    start = known[0] if known else today - timedelta(days=31 * (settings.item_months - 1))
    end = max((today, *known))
    return (start.replace(day=1) - timedelta(days=1)).replace(day=1), end
