"""The VAT of a settlement held against Amazon's VAT report: by country and rate, and by order where they differ.

In: a settlement whose lines are mapped, and the VAT transactions kept by day. Out: a verdict that stops nothing, with
the sums by country and rate and the orders that differ. What all settlements hold of an order is compared, because one
order may be paid by two of them. Amazon rounds VAT by amount, the books round it once per order: a cent per amount may
lie between the two. The report of a month is out on the third of the next; until then the check waits.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from assets.settlements.posted_lines import posted_lines
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from assets.stages.verdicts import Row, Verdict, nothing_compared
from assets.vat_transactions import ASSET
from ledger import money
from resources.store.settlements import SettlementRecord

CHECK = "vat_equals_report"
# An order is completed when it is shipped, and paid weeks later at most: what was completed earlier is not missed.
PAID_WITHIN = timedelta(days=45)
_MAPPED = "mapped_lines"
# Say of which order a row is, and why it differs; the sums by country have neither.
ORDER, WHY = "order", "why"


@dataclass(frozen=True)
class Compared:
    """One order's sale or refund: both sides, and why they differ, empty where they do not."""

    order_id: str
    is_sale: bool
    place: str
    settled: Decimal
    reported: Decimal
    vat_settled: Decimal
    vat_reported: Decimal
    why: str


def vat_verdict(road: Road, record: SettlementRecord) -> Verdict:
    """The VAT that settlements hold of an order is what the VAT report says of it, in the same country."""
    warehouse, connection = road.stores.warehouse, road.connection
    days = warehouse.currents(connection, ASSET)
    if not days:
        return nothing_compared(CHECK, "No VAT transactions are read by this connection.")
    mapped = posted_lines(road, record.settlement_id)
    if mapped is None:
        return _said("The lines are not mapped yet.", is_waiting=True)
    # What the books hold, also where a changed mapping would book it otherwise by now.
    mapped_ids = [one.partition for one in warehouse.currents(connection, _MAPPED)]
    everything = [one for name in mapped_ids if (one := posted_lines(road, name)) is not None]
    bound = {
        "movements": str(warehouse.path(mapped)),
        "all_movements": [str(warehouse.path(one)) for one in everything],
        "vat_transactions": [str(warehouse.path(one)) for one in days],
    }
    with warehouse.connect(road.memory_limit_mb) as duck:
        found = dicts(duck.sql(statement("vat_of_orders"), params=bound))
    kept = [date.fromisoformat(one.partition) for one in days]
    return compared_verdict(found, record.facts["currency"], min(kept), max(kept))


def compared_verdict(found: Sequence[Mapping], currency: str, first: date, last: date) -> Verdict:
    """Return the verdict of orders with both their sides; `first` and `last` day of the report are kept.

    What is not told yet (posted after the last day) waits; what was completed before the first is left alone. Where the
    report states no VAT at all, because Amazon calculates none for the seller, amounts and countries are compared.
    """
    told, waiting, left = [], 0, 0
    is_vat_stated = any(row["reported_vat"] or row["is_of_marketplace"] for row in found)
    for row in found:
        one = _compared(row, currency, is_vat_stated=is_vat_stated)
        posted = row["posted_at"].date() if row["posted_at"] is not None else None
        if one.why and (posted is None or posted > last):
            waiting += 1
        elif row["reported_gross"] is None and posted is not None and posted - PAID_WITHIN < first:
            left += 1
        else:
            told.append(one)
    differing = [one for one in told if one.why]
    agreeing = f"{len(told) - len(differing)} of {len(told)} sales and refunds"
    sentence = f"{agreeing} hold the VAT that Amazon reports."
    if told and not is_vat_stated:
        sentence = f"{agreeing} have the amount and country that Amazon reports; it calculates no VAT for them."
    if waiting:
        sentence += f" {waiting} more are not told yet: the report of a month is out on the third of the next."
    if left:
        sentence += f" {left} more were completed before VAT transactions are read."
    if not told and not waiting and not left:
        sentence = "No amount of this settlement holds VAT that is split off."
    rows = (*_by_place(told, currency), *(_of_order(one, currency) for one in differing))
    # Where nothing is told yet nothing was compared, and nothing has passed.
    is_told = bool(told) or not waiting
    return _said(sentence, passed=is_told and not differing, is_waiting=bool(waiting) and not differing, rows=rows)


def _compared(row: Mapping, currency: str, *, is_vat_stated: bool) -> Compared:
    settled, vat = (money.exact(row[name], currency) for name in ("gross", "vat"))
    reported, vat_reported = (
        money.exact(row[name] or Decimal(0), currency) for name in ("reported_gross", "reported_vat")
    )
    why = ""
    if row["reported_gross"] is None:
        why = "the report does not name it"
    elif settled != reported:
        why = "the amounts differ"
    elif row["country"] and row["country"] != row["reported_country"]:
        why = f"booked for {row['country']}"
    elif is_vat_stated and abs(vat - vat_reported) > row["amounts"] * _cent(currency):
        why = "the VAT differs"
    place = f"{row['reported_country'] or row['country'] or 'country unknown'} {_rates(row)}".strip()
    return Compared(row["order_id"], bool(row["is_sale"]), place, settled, reported, vat, vat_reported, why)


def _rates(row: Mapping) -> str:
    if row["is_of_marketplace"]:
        return "VAT of the marketplace"
    stated = [rate for rate in row["rates"] if rate is not None]
    return ", ".join(f"{(rate * 100).normalize():f} %" for rate in stated)


def _cent(currency: str) -> Decimal:
    return Decimal(1).scaleb(-money.minor_units(currency))


def _by_place(told: list[Compared], currency: str) -> list[Row]:
    """Return the sums by the country and rate that the report states."""
    places: dict[str, list[Compared]] = defaultdict(list)
    for one in told:
        places[one.place].append(one)
    return [_row(place, len(several), several, currency) for place, several in sorted(places.items())]


def _of_order(one: Compared, currency: str) -> Row:
    kind = "sale" if one.is_sale else "refund"
    told = _row(f"{kind} of order {one.order_id}, {one.place}: {one.why}", 1, [one], currency)
    vat = f"VAT {told['VAT settled']}, reported {told['VAT reported']}"
    return told | {ORDER: one.order_id, WHY: f"{kind}, {one.place}: {one.why}; {vat}"}


def _row(what: str, count: int, several: list[Compared], currency: str) -> Row:
    sums = {
        "settled": sum((one.settled for one in several), Decimal(0)),
        "reported": sum((one.reported for one in several), Decimal(0)),
        "VAT settled": sum((one.vat_settled for one in several), Decimal(0)),
        "VAT reported": sum((one.vat_reported for one in several), Decimal(0)),
    }
    sums["VAT difference"] = sums["VAT settled"] - sums["VAT reported"]
    told = {name: money.text(money.exact(amount, currency), currency) for name, amount in sums.items()}
    return {"what": what, "count": str(count), **told, "currency": currency}


def _said(sentence: str, *, passed: bool = True, is_waiting: bool = False, rows: tuple[Row, ...] = ()) -> Verdict:
    return Verdict(CHECK, passed, sentence, is_blocking=False, is_waiting=is_waiting, rows=rows)
