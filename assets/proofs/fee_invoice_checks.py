"""What is checked of a day's fee invoices: they add up, each stands once, its tax can be claimed, and it was charged.

In: the rows of one day, and all that is kept of invoices and settlements. Out: one verdict per check with the invoices
it is about; none of it stops a posting. Invoices are held against settlements by marketplace, currency and the time
they say they are for; several invoices for the same time are held together.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from assets.settlements.settled_fees import Charges, Fee, by_category
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from assets.stages.verdicts import Row, Verdict
from ledger import money
from ledger.fee_periods import Billed, Span, last_moment, spans
from resources.amazon.fee_invoices import REJECTED
from resources.amazon.marketplaces import marketplace

ADDS_UP, ONCE = "fee_invoices_add_up", "each_fee_invoice_once"
EVIDENCED, INVOICED = "input_tax_has_invoice", "invoiced_fees_equal_settled"
_ROWS_MAX = 25


def verdicts_of(road: Road, table: str, rows: Sequence[Mapping]) -> tuple[Verdict, ...]:
    """Return the verdicts of a day, in the order of the table of checks; `table` holds the invoices of all days."""
    invoices = billed_invoices(road, table) if rows else []
    return _adds_up(rows), _once(rows, invoices), _evidenced(rows), _invoiced(road, rows, invoices)


def billed_invoices(road: Road, table: str) -> list[dict]:
    """Return the invoices of all days that are kept, one row each."""
    warehouse = road.stores.warehouse
    files = [str(warehouse.path(one)) for one in warehouse.currents(road.connection, table) if one.rows]
    if not files:
        return []
    with warehouse.connect(road.memory_limit_mb) as duck:
        return dicts(duck.sql(statement("billed_invoices"), params={"invoices": files}))


def input_tax(rows: Sequence[Mapping]) -> list[Row]:
    """Return what input tax is claimed with, a row per invoice and rate; nothing without its number, or rejected."""
    groups: dict[tuple, list[Mapping]] = {}
    for row in rows:
        if row["is_fee"] and row["invoice_number"] and row["status"] != REJECTED and row["line_id"]:
            groups.setdefault((row["identifier"], row["tax_country"], row["tax_rate"]), []).append(row)
    return [_claim(lines) for lines in groups.values()]


def _claim(lines: Sequence[Mapping]) -> Row:
    first = lines[0]
    return {
        "invoice": first["invoice_number"],
        "date": first["issued_at"][:10],
        "country": first["tax_country"] or "",
        "rate": first["tax_rate"] or "",
        "net": _sum(lines, "net"),
        "tax": _sum(lines, "tax"),
        "total": _sum(lines, "total"),
        "currency": first["currency"],
        "issuer": f"{first['issuer']} {first['issuer_registration']}".strip(),
    }


def _sum(lines: Sequence[Mapping], name: str) -> str:
    """Return the sum of an amount as text, nothing where a line does not say it."""
    amount = _stated(lines, name)
    currency = lines[0]["currency"]
    return "" if amount is None else money.text(money.exact(amount, currency), currency)


def _adds_up(rows: Sequence[Mapping]) -> Verdict:
    """Net and tax of a line are its total, and the lines are the invoice, where Amazon states them."""
    wrong: list[Row] = []
    invoices = _by_invoice(rows)
    for lines in invoices.values():
        sums = {name: _stated(lines, name) for name in ("net", "tax", "total")}
        for name, amount in sums.items():
            head = lines[0][f"invoice_{name}"]
            if amount is not None and head is not None and Decimal(head) != amount:
                wrong.append(_wrong(lines[0], f"its lines come to {name} {amount}, its head says {head}"))
        if any(_is_off(one) for one in lines):
            wrong.append(_wrong(lines[0], "net and tax of a line are not its total"))
        if lines[0]["line_id"] is None:
            wrong.append(_wrong(lines[0], "Amazon shows no lines of it"))
    told = f"{len(invoices) - len({one['identifier'] for one in wrong})} of {len(invoices)} invoices add up."
    return Verdict(ADDS_UP, not wrong, told, is_blocking=False, rows=tuple(wrong)).cut(_ROWS_MAX)


def _by_invoice(rows: Sequence[Mapping]) -> dict[str, list[Mapping]]:
    found: dict[str, list[Mapping]] = {}
    for row in rows:
        found.setdefault(row["identifier"], []).append(row)
    return found


def _stated(lines: Sequence[Mapping], name: str) -> Decimal | None:
    """Return the sum of an amount over the lines; None where one of them does not say it."""
    amounts = [one[name] for one in lines]
    return None if None in amounts else sum((Decimal(one) for one in amounts), Decimal(0))


def _is_off(line: Mapping) -> bool:
    stated = [line[name] for name in ("net", "tax", "total")]
    return None not in stated and Decimal(stated[0]) + Decimal(stated[1]) != Decimal(stated[2])


def _wrong(row: Mapping, why: str) -> Row:
    return {"invoice": row["invoice_number"], "identifier": row["identifier"], "why": why}


def _once(rows: Sequence[Mapping], invoices: Sequence[Mapping]) -> Verdict:
    """A number stands for one invoice: under two identifiers its tax would be claimed twice."""
    numbers = {row["invoice_number"] for row in rows if row["invoice_number"]}
    twice: list[Row] = []
    for number in sorted(numbers):
        same = [one for one in invoices if one["invoice_number"] == number and one["status"] != REJECTED]
        if len(same) > 1:
            days = ", ".join(f"{one['identifier']} of {one['issued_at']:%Y-%m-%d}" for one in same)
            twice.append(_wrong({"invoice_number": number, "identifier": days}, "one number, several invoices"))
    sentence = f"{len(twice)} numbers stand on several invoices." if twice else "Every number stands on one invoice."
    return Verdict(ONCE, not twice, sentence, is_blocking=False, rows=tuple(twice)).cut(_ROWS_MAX)


def _evidenced(rows: Sequence[Mapping]) -> Verdict:
    """Input tax is claimed with a number, and in the country whose tax it is."""
    lacking: list[Row] = []
    for row in rows:
        if not row["is_fee"] or row["status"] == REJECTED or not Decimal(row["tax"] or row["invoice_tax"] or 0):
            continue
        missing = [] if row["invoice_number"] else ["an invoice number"]
        missing += [] if row["tax_country"] else ["the country of its tax"]
        if missing:
            lacking.append({**_wrong(row, f"it has not {' and '.join(missing)}"), "tax": row["tax"] or ""})
    told = f"{len(lacking)} lines with tax lack what it is claimed with." if lacking else "All tax can be claimed."
    return Verdict(EVIDENCED, not lacking, told, is_blocking=False, rows=tuple(lacking)).cut(_ROWS_MAX)


def fee_spans(invoices: Sequence[Mapping]) -> dict[tuple[str, str], list[Span]]:
    """Return the invoices for fees by marketplace and currency, grouped by the time they are for."""
    billed: dict[tuple[str, str], list[Billed]] = {}
    for one in invoices:
        if one["is_fee"] and one["status"] != REJECTED and None not in (one["period_start"], one["period_end"]):
            place = marketplace(one["marketplace_id"])
            name = place.settlement_name if place else one["marketplace_id"]
            billed.setdefault((name, one["currency"]), []).append(_billed(one))
    return {key: spans(several) for key, several in billed.items()}


def _billed(one: Mapping) -> Billed:
    start, end = (one[name].replace(tzinfo=UTC) for name in ("period_start", "period_end"))
    is_numbered = bool(one["invoice_number"])
    return Billed(_number(one), start, last_moment(end), one["total"], one["tax"], is_numbered)


def _number(one: Mapping) -> str:
    """Return an invoice's number; of one without, words that name it by Amazon's own identifier."""
    return one["invoice_number"] or f"no number ({one['identifier']})"


def _invoiced(road: Road, rows: Sequence[Mapping], invoices: Sequence[Mapping]) -> Verdict:
    """What is invoiced for a time is what settlements charged in it."""
    fees = [row for row in rows if row["is_fee"] and row["status"] != REJECTED]
    if not fees:
        return Verdict(INVOICED, True, "No fees were invoiced on this day.", is_blocking=False)
    mine = {_number(row) for row in fees}
    undated = {row["identifier"] for row in fees if None in (row["period_start"], row["period_end"])}
    charges, waiting, differing, agreeing = Charges.of(road), [], [], []
    for (place, currency), several in fee_spans(invoices).items():
        for span in several:
            if mine & {one.number for one in span.invoices}:
                state, told = _held(charges, place, currency, span)
                {"waits": waiting, "differs": differing, "agrees": agreeing}[state].extend(told)
    times = len(agreeing) + len({(row["marketplace"], row["period"]) for row in differing})
    sentence = f"{len(agreeing)} of {times} times were charged as invoiced."
    if waiting:
        sentence += f" {waiting[0]['why']}"
    if undated:
        sentence += f" {len(undated)} invoices do not say what time they are for, and are held against nothing."
    shown = (*differing, *waiting, *agreeing)
    told = Verdict(INVOICED, not differing, sentence, is_blocking=False, is_waiting=bool(waiting), rows=shown)
    return told.cut(_ROWS_MAX)


def _held(charges: Charges, place: str, currency: str, span: Span) -> tuple[str, list[Row]]:
    """Return how one time stands (waits, differs or agrees), with its rows: the sum, and the categories behind it."""
    known = charges.known(place, currency)
    if known is None or known[1] < span.end:
        until = "none" if known is None else f"up to {known[1]:%Y-%m-%d}"
        return "waits", [_row(place, currency, span, None, f"Settlements of {place} are staged {until}.")]
    if known[0] > span.start:
        why = f"Settlements of {place} are known from {known[0]:%Y-%m-%d} on only."
        return "agrees", [_row(place, currency, span, None, why)]
    fees = charges.between(place, currency, span.start, span.end)
    settled = money.exact(sum((one.amount for one in fees), Decimal(0)), currency)
    if settled == span.total:
        return "agrees", [_row(place, currency, span, settled, "")]
    rows = [_row(place, currency, span, settled, "invoiced and settled differ")]
    return "differs", rows + _behind(place, currency, span, fees)


def _row(place: str, currency: str, span: Span, settled: Decimal | None, why: str) -> Row:
    return {
        "period": _period(span.start, span.end),
        "marketplace": place,
        "what": ", ".join(one.number for one in span.invoices),
        "invoiced": money.text(money.exact(span.total, currency), currency),
        "tax in it": money.text(money.exact(span.tax, currency), currency),
        "settled": "" if settled is None else money.text(settled, currency),
        "difference": "" if settled is None else money.text(money.exact(span.total - settled, currency), currency),
        "currency": currency,
        "why": why,
    }


def _behind(place: str, currency: str, span: Span, fees: Sequence[Fee]) -> list[Row]:
    """Return what settlements charged, by category."""
    blank = {"period": _period(span.start, span.end), "marketplace": place, "invoiced": "", "tax in it": ""}
    return [
        {
            **blank,
            "what": category,
            "settled": money.text(money.exact(amount, currency), currency),
            "difference": "",
            "currency": currency,
            "why": "",
        }
        for category, amount in by_category(fees).items()
    ]


def _period(start: datetime, end: datetime) -> str:
    return f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"
