"""What is kept by day among what `connector reverse` and `connector repost` are given: meant, driven, shown.

In: names. Out: which of them are settlements and which mean documents of orders, claimed input tax, or whole days of
these; their days run again, and where each document stands then.
"""

from typing import TYPE_CHECKING

from connector_defs.cli.standing import Standing, order_standing
from ledger.accrual import month_of_accrual
from ledger.errors import ConnectorError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assets.stages.roadmap import Road
    from ledger.journal import SourceKey


def meant_by(road: "Road", names: "Iterable[str]", *, again: bool = False) -> "tuple[list[str], list[SourceKey]]":
    """Return the names of settlements, accruals and of nothing we know, and the documents by day that others mean.

    The documents are in the order in which they are undone. A day means all that was sent of it, `again` all that was
    ever undone of it. Raises InputRefused for a day of which there is none.
    """
    from assets.stages.day_names import day_of_name
    from assets.undo.order_reversals import in_order, order_sources
    from assets.undo.whole_days import is_undone_as_day, sent_on, undone_on

    others, sources = [], []
    for name in dict.fromkeys(names):
        if is_undone_as_day(road, name):
            sources += undone_on(road, name) if again else sent_on(road, name)
            continue
        is_plain = bool(road.stores.settlements.get(road.connection, name))
        is_plain = is_plain or month_of_accrual(name) is not None or day_of_name(name) is not None
        found = [] if is_plain else order_sources(road, name)
        sources += found
        others += [] if found else [name]
    return others, in_order(sources)


def days_among(road: "Road", names: "Iterable[str]") -> list[str]:
    """Return the whole days among what is to be undone."""
    from assets.undo.whole_days import is_undone_as_day

    return [name for name in dict.fromkeys(names) if is_undone_as_day(road, name)]


def driven_orders(road: "Road", sources: "Iterable[SourceKey]") -> list[Standing]:
    """Run the days of documents of orders, each once, and say where each document stands; an error stops no other.

    The days of credit memos that are undone with an invoice come after it.
    """
    from assets.posting.document_sets import INVOICE_POSTINGS
    from assets.receivable_invoices import TABLE as INVOICES
    from assets.stages.day_names import day_of_name
    from assets.stages.day_stages import DAY_STAGES
    from assets.stages.days import fetch_days
    from assets.undo.order_reversals import days_of, with_credits

    sources = with_credits(road, sources)
    wanted = {source: days_of(road, source) for source in sources}
    failed: dict[str, ConnectorError] = {}
    for partition in dict.fromkeys(day for days in wanted.values() for day in days):
        found = day_of_name(partition)
        assert found is not None, "documents of orders are kept by day"
        # What is posted again is made anew, by the mapping as it is now.
        assets = (INVOICES, INVOICE_POSTINGS) if found[0] == INVOICE_POSTINGS else (found[0],)
        try:
            for asset in assets:
                for _ in fetch_days(road, DAY_STAGES[asset], [found[1]]):
                    pass
        except ConnectorError as error:
            failed[partition] = error
    return [
        order_standing(road, source, next((failed[day] for day in days if day in failed), None))
        for source, days in wanted.items()
    ]


def posted_again(road: "Road", sources: "Iterable[SourceKey]") -> tuple[list[dict[str, object]], list[str]]:
    """Return what would be posted again of documents of orders as rows, and sentences on those that are not made."""
    from assets.posting.document_sets import called_by_day
    from assets.undo.order_reversals import made_again, with_credits
    from ledger.cost_returns import KIND as COST_RETURN
    from ledger.order_adjustments import is_made_up_for

    rows: list[dict[str, object]] = []
    sentences = []
    for source in sources:
        made = made_again(road, source)
        with_memos = (one for one in with_credits(road, [source]) if one != source)
        memos = [called_by_day(one) for one in with_memos if not is_made_up_for(one)]
        if memos:
            sentences.append(f"{called_by_day(source)} is billed in full; after it are made again: {', '.join(memos)}.")
        rows += [
            {
                "settlement": source.source_id,
                "erp_id": road.target.erp_id(one),
                "part": one.part,
                "unit": one.unit,
                "accounting_date": one.accounting_date.isoformat(),
                "currency": one.currency,
                "debits": one.debits,
                "credits": one.credits,
            }
            for one in made.journals
        ]
        if not made.journals:
            day = road.stores.outbox.documents(source)[0].partition
            why = "is not made any more"
            if source.kind == COST_RETURN:
                why = "is made once the cost it takes back stands in the books"
            sentences.append(f"{called_by_day(source)} {why}; see the checks of {day}.")
    return rows, sentences
