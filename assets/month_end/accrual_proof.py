"""The proof of an accrual: by category, the books of the month are what its transactions say; and the account empties.

In: an accrual, the settlements, invoices and credit memos of its month and the accrual of the month before, as far as
the books hold them. Out: verdicts that stop nothing, with every category in a table; what is left over has a column of
its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC
from decimal import Decimal
from typing import Any

import duckdb

from assets.mapped_lines import TABLE as MAPPED_TABLE
from assets.month_end.accrual_events import EventsOfMonth, Place, booked_by, cut
from assets.month_end.accrual_sets import TABLE, Accrual, earned_unbooked
from assets.month_end.accrued_months import accrual_of, settlement_place
from assets.posting.document_sets import IN_BOOKS
from assets.receivable_invoices import TABLE as INVOICES_TABLE
from assets.settlements.booked_settlements import entries_of
from assets.settlements.posted_lines import lines_made_with
from assets.stages.roadmap import Road
from assets.stages.statements import composed, dicts, statement
from assets.stages.verdicts import Row, Verdict
from ledger import money
from ledger.accrual import PeriodOfCategory, by_category
from ledger.categories import categories
from ledger.event_classification import classify_event
from ledger.journal import SourceKey
from ledger.mapping import Mapping, category_of
from ledger.month import Month
from ledger.order_documents import KINDS, recognised
from ledger.posting import PostingState
from ledger.source_match import UNKNOWN
from resources.store.outbox import OutboxDocument
from resources.store.warehouse import Version

EVENTS_CHECK, ZERO_CHECK = "books_equal_events", "accrued_account_empties"
Sums = dict[str, Decimal]
# No order has this id: SQL takes the type of an empty list from it.
_NOBODY = "(none)"


@dataclass(frozen=True)
class _Dated:
    """Settlements with documents dated in a month: mapped lines that count, by sign and by month where it was split.

    `parts` are the same settlements by id; the month of one that was booked whole is empty.
    """

    files: dict[tuple[int, str | None], list[str]]
    parts: tuple[dict[str, Any], ...]


def events_verdict(road: Road, events: EventsOfMonth, accrual: Accrual) -> Verdict:
    """Hold accrual, settlements and what is taken back of the month before against the transactions of the month."""
    month, place = accrual.month, accrual.place
    before = accrual_of(road, (place.marketplace, place.currency), month.before)
    not_accrued = _not_accrued(road, events, accrual, before)
    dated = _dated(road, place, month)
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        orders = _billed_orders(road, duck, place)
        rows = by_category(
            settled=_settled(road, duck, dated, orders),
            accrual=_of_accrual(road, duck, accrual.source, is_planned=True),
            before=_of_accrual(road, duck, before, is_planned=False),
            sold_before=_sold_before(road, duck, accrual.mapping, events, place, dated),
            events=_earned(road, duck, accrual.mapping, events, place, month),
            invoiced=None if road.policy.invoicing is None else _invoiced(road, orders, month),
            not_accrued=not_accrued,
        )
    odd = [one for one in rows if one.rest]
    said = tuple(_row(accrual, one) for one in (*odd, *(one for one in rows if not one.rest)))
    if not odd:
        sentence = f"{accrual.name}: the books of {month} hold what was earned, in all {len(rows)} categories."
        sentence += _without_accrual(rows, accrual)
        return Verdict(EVENTS_CHECK, True, sentence, is_blocking=False, rows=said)
    rest = money.text(sum((one.rest for one in odd), Decimal(0)), place.currency)
    sentence = (
        f"{accrual.name}: in {len(odd)} of {len(rows)} categories the books of {month} hold something else than its "
        f"transactions say, {rest} {place.currency} more in all."
    )
    sentence += _without_accrual(rows, accrual)
    return Verdict(EVENTS_CHECK, False, sentence, is_blocking=False, rows=said)


def _without_accrual(rows: Iterable[PeriodOfCategory], accrual: Accrual) -> str:
    """Say what a month begins with whose predecessor has no accrual, such as the first that is accrued."""
    amount = sum((one.not_accrued for one in rows), Decimal(0))
    if not amount and not any(one.not_accrued for one in rows):
        return ""
    begins, currency = accrual.month, accrual.place.currency
    return (
        f" {begins.before} has no accrual in the books: the {money.text(amount, currency)} {currency} that were earned "
        f"before {begins} and not in the books by then are counted as `not accrued`."
    )


def _row(accrual: Accrual, one: PeriodOfCategory) -> Row:
    amounts = {
        "settlements": one.settled,
        "invoices": one.invoiced,
        "accrued": one.accrued,
        "taken back": one.taken_back,
        "sold before go-live": -one.sold_before,
        "not accrued": -one.not_accrued,
        "transactions": one.events,
        "rest": one.rest,
    }
    texts = {name: money.text(amount, accrual.place.currency) for name, amount in amounts.items()}
    return {"accrual": accrual.name, "category": one.category, **texts}


def _dated(road: Road, place: Place, month: Month) -> _Dated:
    """Return the settlements of a marketplace that have documents dated in a month; what undoes one counts negative."""
    files: dict[tuple[int, str | None], list[str]] = {}
    parts: list[dict[str, Any]] = []
    for record in road.stores.settlements.all(road.connection):
        if settlement_place(road, record) != (place.marketplace, place.currency):
            continue
        entries = entries_of(road, record.settlement_id)
        is_split = len({one.belongs_to for one in entries}) > 1
        # A document per unit: what belongs to one month counts once, however many documents it has.
        counted = {
            (one.sign, one.original.revision, one.belongs_to): one.original
            for one in entries
            if Month.of(one.day) == month
        }
        if not counted or road.stores.warehouse.current(road.connection, MAPPED_TABLE, record.settlement_id) is None:
            continue
        for (sign, _, belongs_to), original in sorted(counted.items(), key=lambda one: one[0]):
            version = lines_made_with(road.stores, road.connection, record.settlement_id, original)
            assert version is not None, "there are lines that count now"
            month_of_part = belongs_to if is_split else ""
            parts.append({"settlement_id": record.settlement_id, "sign": sign, "month": month_of_part})
            files.setdefault((sign, belongs_to if is_split else None), []).append(
                str(road.stores.warehouse.path(version))
            )
    return _Dated(files, tuple(parts))


def _billed_orders(road: Road, duck: duckdb.DuckDBPyConnection, place: Place) -> frozenset[str]:
    """Return the orders of a marketplace that invoices were ever made of."""
    versions = road.stores.warehouse.currents(road.connection, INVOICES_TABLE) if road.policy.invoicing else []
    files = [str(road.stores.warehouse.path(one)) for one in versions if one.rows]
    if not files:
        return frozenset()
    bound = {"invoices": files, "marketplace": place.marketplace, "currency": place.currency}
    return frozenset(order for (order,) in duck.sql(statement("orders_billed_in"), params=bound).fetchall())


def _invoiced(road: Road, orders: frozenset[str], month: Month) -> Sums:
    """Return what the invoices and credit memos of a month recognised that stand in the books."""
    standing = (one for kind in KINDS for one in road.stores.outbox.of_kind(road.seller, road.ledger, kind))
    posted = [one for one in standing if one.state is PostingState.POSTED]
    documents = (road.stores.outbox.document(one.key) for one in posted if one.source_id.partition(".")[0] in orders)
    journals = (one.journal for one in documents if one is not None)
    return _added(
        pair for one in journals if Month.of(one.accounting_date) == month for pair in recognised(one).items()
    )


def _settled(road: Road, duck: duckdb.DuckDBPyConnection, dated: _Dated, orders: frozenset[str]) -> Sums:
    """Return what settlements booked by category; a row that clears the item of a billed order earned nothing."""
    sums: Sums = {}
    for (sign, belongs_to), files in dated.files.items():
        bound = {"movements": files, "month": belongs_to, "zone": road.policy.time_zone}
        bound |= {"billed": sorted(orders) or [_NOBODY]}
        for row in dicts(duck.sql(statement("settled_by_category"), params=bound)):
            sums[row["category"]] = sums.get(row["category"], Decimal(0)) + sign * row["amount"]
    return sums


def _of_accrual(road: Road, duck: duckdb.DuckDBPyConnection, source: SourceKey, *, is_planned: bool) -> Sums:
    """Return what an accrual holds by category as it was posted; `is_planned` takes what is planned where none was."""
    documents = road.stores.outbox.documents(source)
    is_posted = any(one.state in IN_BOOKS for one in documents)
    version = _as_planned(road, source) if is_posted else _current(road, source) if is_planned else None
    if version is None or not version.rows:
        return {}
    bound = {"movements": str(road.stores.warehouse.path(version))}
    rows = dicts(duck.sql(statement("accrual_accounts"), params=bound))
    return _added((row["category"], row["amount"]) for row in rows)


def _current(road: Road, source: SourceKey) -> Version | None:
    return road.stores.warehouse.current(road.connection, TABLE, source.source_id)


def _as_planned(road: Road, source: SourceKey) -> Version | None:
    """Return the movements that the newest revision was made of; what came later made newer versions."""
    documents = road.stores.outbox.documents(source)
    planned_at = road.stores.outbox.planned_at(source, documents[0].revision)
    versions = road.stores.warehouse.versions(road.connection, TABLE, source.source_id)
    before = [one for one in versions if planned_at is None or one.created_at <= planned_at]
    return before[-1] if before else None


def _earned(
    road: Road, duck: duckdb.DuckDBPyConnection, mapping: Mapping, events: EventsOfMonth, place: Place, month: Month
) -> Sums:
    since = max(place.since, month.before.end(road.policy.zone).astimezone(UTC).replace(tzinfo=None))
    bound: dict[str, Any] = {"events": list(events.files), "places": place.bound(), "since": since}
    sql = composed("earned_by_leaf", accrual_booked=events.by_hand.statement())
    rows = dicts(duck.sql(sql, params=bound | {"until": events.until, **events.by_hand.bound()}))
    return _added((earned_name(row, mapping), row["amount"]) for row in rows)


def _sold_before(
    road: Road, duck: duckdb.DuckDBPyConnection, mapping: Mapping, events: EventsOfMonth, place: Place, dated: _Dated
) -> Sums:
    if not dated.parts:
        return {}
    sql = composed("sold_before", accrual_links=statement("accrual_links"))
    bound: dict[str, Any] = {"events": list(events.files), "since": place.since, "until": events.until}
    rows = dicts(duck.sql(sql, params=bound | {"parts": list(dated.parts), "zone": road.policy.time_zone}))
    return _added((earned_name(row, mapping), row["amount"]) for row in rows)


def _not_accrued(road: Road, events: EventsOfMonth, accrual: Accrual, before: SourceKey) -> Sums:
    """Return what the month before earned beyond its books, where no accrual of it is taken back in this month."""
    earlier, until = accrual.month.before, cut(accrual.month.before, road)
    if until <= accrual.place.since or any(one.state in IN_BOOKS for one in road.stores.outbox.documents(before)):
        return {}
    booked, _, _ = booked_by(road, earlier, events.since)
    mapped = earned_unbooked(road, replace(events, month=earlier, until=until, booked=booked), accrual)
    known = [(answer.category, row["amount"]) for answer, row in mapped.resolved]
    others = (
        (earned_name({**row, "leaf_path": row["amount_description"]}, accrual.mapping), row["amount"])
        for _, row in mapped.unmapped
    )
    return _added([*known, *others])


def earned_name(row: dict[str, Any], mapping: Mapping) -> str:
    """Return the category of a leaf; of one that the mapping does not name, what is shipped if that is no earning.

    A guess that still waits for the mapping is enough to keep debt that only moves out of what was earned; settlements
    leave that category out as well.
    """
    found = category_of(row["transaction_type"], "", row["leaf_path"], mapping, is_event=True)
    if found is None:
        guess = classify_event(row["transaction_type"], row["leaf_path"])
        known = categories().get(guess.category) if guess else None
        found = known.name if known is not None and not known.is_earned else None
    return found or UNKNOWN


def _added(rows: Iterable[tuple[str, Decimal]]) -> Sums:
    sums: Sums = {}
    for name, amount in rows:
        sums[name] = sums.get(name, Decimal(0)) + amount
    return sums


def zero_verdict(road: Road, name: str, documents: list[OutboxDocument]) -> Verdict:
    """The accrued account holds nothing of an accrual whose reversal is posted with it: the ERP is asked for the item.

    Raises TargetError when the ERP cannot be asked.
    """
    currency, item = documents[0].journal.currency, documents[0].journal.document_reference
    accounts = {line.account for one in documents for line in one.journal.lines if line.reference == item}
    held = (road.target.open_item(one, item, name).get(currency, Decimal(0)) for one in accounts)
    left = money.total((money.exact(one, currency) for one in held), currency)
    names = ", ".join(sorted(map(str, accounts)))
    sentence = f"{name}: the ERP holds {left} {currency} of it on {names}, its reversal counted."
    return Verdict(ZERO_CHECK, not left, sentence, is_blocking=False)
