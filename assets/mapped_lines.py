"""Mapped lines: every settlement line as a movement between two accounts.

In: the typed lines. Distinct combinations of what the mapping looks at are resolved by the pure rules, then joined back
in SQL, so that ten million lines cost what their few hundred combinations cost. Out: one Parquet file of movements.
Blocking: every line mapped. A settlement with unmapped lines stops here; others go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from assets.sales.opening_orders import opening_verdict
from assets.sales.order_countries import NO_ORDER, note_countries, orders_behind
from assets.settlements.mapped_summary import bars, labels_of, loan_verdict, sign_verdict, tax_verdict
from assets.settlements.settlement_books import PARTS_MAX, Books, LineBooks, books_of, made_of
from assets.stages.roadmap import Road
from assets.stages.statements import composed, dicts, statement
from assets.stages.verdicts import StageResult, Verdict
from ledger import money
from ledger.categories import TAX_COLLECTED, TAX_WITHHELD
from ledger.errors import Finding
from ledger.mapping import (
    Combination,
    Resolved,
    Treatment,
    Unmapped,
    category_of,
    dimensions,
    resolve,
)
from ledger.tax import NO_COUNTRY, NO_RATE, rate_ratio

__all__ = ["TABLE", "Books", "Mapped", "books_of", "map_lines", "resolve_combinations"]

TABLE = "mapped_lines"

# Fast zstd; a dictionary for columns of few values only, trying one on order ids costs more than it saves.
_PARQUET = "FORMAT parquet, CODEC 'zstd', COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 4000"
_NO_FLAGS = "SELECT *, false AS order_has_withheld, false AS order_has_tax FROM ({numbered_lines})"
_NO_OPENING = "SELECT *, false AS order_is_opening FROM ({lines})"
_NO_BILLED = "SELECT *, false AS order_is_billed, false AS order_is_credited FROM ({lines})"
# What clears an invoice stands on the order's own item; where none does, the sides are as they were resolved.
_SIDES = {name: f"lines.{name}" for name in ("debit_reference", "credit_reference")}
_SIDES_OF_ORDERS = {
    name: f"CASE WHEN lines.clears_order AND lines.{name} = '' THEN lines.order_id ELSE lines.{name} END"
    for name in _SIDES
}
_NO_COUNTRY = "SELECT *, '' AS country FROM ({lines})"
# Amazon repeats the quantity on every row of an order item: it counts on the first revenue row with an amount.
_QUANTITY_ONCE = (
    "CASE WHEN lines.category = 'revenue' AND lines.amount <> 0 AND row_number() OVER (PARTITION BY lines.order_id, "
    "CASE WHEN lines.order_id = '' THEN lines.source_row END, lines.order_item_code, lines.shipment_id, "
    "lines.category, lines.amount = 0 ORDER BY lines.source_row, lines.leg) = 1 THEN lines.quantity END"
)


@dataclass
class Mapped:
    """The combinations of a settlement: resolved (with their SQL row) and not."""

    resolved: list[tuple[Resolved, dict[str, Any]]] = field(default_factory=list)
    unmapped: list[tuple[Unmapped, dict[str, Any]]] = field(default_factory=list)


def map_lines(road: Road, settlement_id: str) -> StageResult:
    """Map every line of a settlement, or say which cannot be mapped and how to end it."""
    books = books_of(road, settlement_id).opened(road)
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        mapped = resolve_combinations(duck, books, road)
        _require_origins(duck, books, road, mapped)
        if mapped.unmapped:
            return _unmapped_result(books, mapped)
        version = road.stores.warehouse.write(
            road.connection,
            TABLE,
            settlement_id,
            lambda path: write_movements(duck, books, mapped, road, path),
            made_of(road, books),
        )
        return _result(road, books, mapped, duck, road.stores.warehouse.path(version), version.id)


def resolve_combinations(duck: duckdb.DuckDBPyConnection, books: LineBooks, road: Road) -> Mapped:
    """Ask the rules once per distinct combination."""
    if books.is_by_country(road.policy):
        note_countries(duck, road, books.lines_path)
    mapped = Mapped()
    sql = composed("combinations", lines=lines_statement(road, books))
    rows = duck.sql(sql, params=bound_values(duck, books, road, ("by_sku",)))
    for row in dicts(rows):
        answer = resolve(_combination(row, books), books.mapping, road.policy, books.context)
        if isinstance(answer, Unmapped):
            mapped.unmapped.append((answer, row))
        else:
            mapped.resolved.append((answer, row))
    return _with_orders(duck, books, road, mapped)


def _with_orders(duck: duckdb.DuckDBPyConnection, books: LineBooks, road: Road, mapped: Mapped) -> Mapped:
    """Name the orders of what stops because VAT is split by country: a country or a rate is looked for by order."""
    stopped = [row for answer, row in mapped.unmapped if answer.finding.code in (NO_COUNTRY, NO_RATE)]
    if not stopped or not books.is_by_country(road.policy):
        return mapped
    said = orders_behind(duck, lines_statement(road, books), bound_values(duck, books, road, ()), stopped)
    return Mapped(mapped.resolved, [(_naming(answer, said(row)), row) for answer, row in mapped.unmapped])


def _naming(answer: Unmapped, orders: str) -> Unmapped:
    if not orders or answer.finding.code not in (NO_COUNTRY, NO_RATE):
        return answer
    return replace(answer, finding=replace(answer.finding, sentence=f"{answer.finding.sentence} Orders: {orders}."))


def _combination(row: dict[str, Any], books: LineBooks) -> Combination:
    return Combination(
        transaction_type=row["transaction_type"],
        amount_type=row["amount_type"],
        amount_description=row["amount_description"],
        marketplace=row["marketplace_name"],
        sku=row["sku"] or None,
        fulfilment=row["fulfilment"] or None,
        accounting_date=books.parts[row["part"] - 1].accounting_date,
        positive=None if row["direction"] == 0 else row["direction"] > 0,
        order_has_withheld=row["order_has_withheld"],
        order_has_tax=row["order_has_tax"],
        order_is_opening=row["order_is_opening"],
        order_is_billed=row["order_is_billed"],
        order_is_credited=row["order_is_credited"],
        country="" if row["country"] == NO_ORDER else row["country"],
        has_order=row["country"] != NO_ORDER,
        is_event=books.of_events,
    )


def _require_origins(duck: duckdb.DuckDBPyConnection, books: Books, road: Road, mapped: Mapped) -> None:
    """Stop where a carried line brings in something whose settlement is not known: it would move nothing."""
    carries = Mapped([one for one in mapped.resolved if _carries(*one)])
    if not carries.resolved:
        return
    sql = composed("carry_unknown", resolved_lines=resolved_statement(road, books))
    rows = duck.sql(sql, params=bound_values(duck, books, road, ("by_sku", "resolutions", "carried"), carries))
    for row in dicts(rows):
        sentence = f"{labels_of(row)}: it is not known which settlement these {row['lines']} lines bring back."
        cure = "Import the earlier settlement or choose it in the review queue, or map the label otherwise."
        finding = Finding("carry_unknown", sentence, cure, origin=labels_of(row))
        found = next(answer for answer in carries.resolved if labels_of(answer[1]) == labels_of(row))
        mapped.unmapped.append((Unmapped(_combination(found[1], books), finding), row))


def _carries(answer: Resolved, row: dict[str, Any]) -> bool:
    return answer.treatment is Treatment.CARRY and row["direction"] != 0


def write_movements(duck: duckdb.DuckDBPyConnection, books: Books, mapped: Mapped, road: Road, path: Path) -> None:
    """Write the movements of all lines, in the order of the file per kind."""
    treatments = {answer.treatment for answer, _ in mapped.resolved}
    resolved_lines = resolved_statement(road, books)
    quantity = _QUANTITY_ONCE if road.policy.quantities else "NULL::INTEGER"
    branches = [plain_movements(books, resolved_lines, quantity)]
    bound = ["by_sku", "resolutions"]
    if Treatment.CARRY in treatments:
        branches.append(composed("carry_movements", resolved_lines=resolved_lines))
        bound += ["carried", "clearing", "reference"]
    if Treatment.SPLIT_VAT in treatments:
        country = "vat_country," if books.is_by_country(road.policy) else ""
        branches.append(composed("vat_movements", resolved_lines=resolved_lines, quantity=quantity, country=country))
        bound += ["clearing", "reference", "minor_factor", "minor_unit"]
    if Treatment.PASS_THROUGH in treatments:
        # Added up first: beside the writer it would take twice the time in the same memory.
        remainders = composed("tax_remainders", resolved_lines=resolved_lines)
        taken = bound_values(duck, books, road, ("by_sku", "resolutions"), mapped)
        duck.execute(f"CREATE OR REPLACE TEMP TABLE tax_remainders AS {remainders}", taken)
        if duck.sql("SELECT 1 FROM tax_remainders LIMIT 1").fetchall():
            branches.append("FROM tax_remainders")
    values = bound_values(duck, books, road, tuple(bound), mapped)
    movements = "\nUNION ALL BY NAME\n".join(f"({one})" for one in branches)
    duck.execute(f"COPY ({movements}) TO $path ({_PARQUET})", values | {"path": str(path)})


def plain_movements(books: LineBooks, resolved_lines: str, quantity: str = "NULL::INTEGER") -> str:
    """Return the statement of the plain movements of resolved lines; `quantity` is the expression of units sold."""
    sides = _SIDES_OF_ORDERS if books.billed_orders else _SIDES
    return composed("plain_movements", resolved_lines=resolved_lines, quantity=quantity, **sides)


def lines_statement(road: Road, books: LineBooks) -> str:
    """Return the statement of the lines, with what is known of their orders where that decides anything."""
    numbered = statement("numbered_lines")
    if road.policy.decides_by_order:
        taxes = composed("order_taxes", numbered_lines=numbered)
        lines = composed("flagged_lines", numbered_lines=numbered, order_taxes=taxes)
    else:
        lines = _NO_FLAGS.replace("{numbered_lines}", numbered)
    is_cleared = books.clears_receivable
    lines = composed("opening_lines", lines=lines) if is_cleared else _NO_OPENING.replace("{lines}", lines)
    is_billed = bool(books.billed_orders)
    lines = composed("billed_lines", lines=lines) if is_billed else _NO_BILLED.replace("{lines}", lines)
    if books.is_by_country(road.policy):
        return composed("lines_with_country", lines=lines)
    return _NO_COUNTRY.replace("{lines}", lines)


def resolved_statement(road: Road, books: LineBooks) -> str:
    """Return the statement of the lines with what they resolved to; the country is looked at only where it decides."""
    by_country = "AND numbered.country = resolved.country" if books.is_by_country(road.policy) else ""
    return composed("resolved_lines", lines=lines_statement(road, books), by_country=by_country)


def bound_values(
    duck: duckdb.DuckDBPyConnection, books: LineBooks, road: Road, names: Sequence[str], mapped: Mapped | None = None
) -> dict[str, Any]:
    """Return the bound values a composed statement names."""
    unit = Decimal(1).scaleb(-money.minor_units(books.currency))
    known: dict[str, Any] = {
        "by_sku": "sku" in dimensions(books.mapping),
        "clearing": str(books.clearing),
        "reference": books.reference,
        "minor_unit": unit,
        "minor_factor": int(1 / unit),
        # Never empty: SQL takes names and types of the columns from the values.
        "carried": books.carried_items() or [{"source_row": -1, "account": "", "reference": ""}],
        "resolutions": [_resolution(*one, books) for one in mapped.resolved] if mapped else [],
    }
    if not known["resolutions"]:
        known["resolutions"] = [_NO_RESOLUTION]
    values = {name: known[name] for name in names} | _cuts(books) | {"lines": str(books.lines_path)}
    if books.clears_receivable:
        values["opening_orders"] = list(books.opening_orders.orders) or [""]
    if books.billed_orders:
        values["billed_orders"] = sorted(books.billed_orders)
        values["credited_orders"] = sorted(books.credited_orders) or [""]
    if road.policy.decides_by_order:
        values["tax_labels"] = _tax_labels(duck, books)
    return values


def _cuts(books: LineBooks) -> dict[str, datetime | None]:
    """Return the moments at which a part ends and the next begins, as UTC without zone like the staged column."""
    ends = [part.to_utc.astimezone(UTC).replace(tzinfo=None) for part in books.parts[:-1]]
    return {f"cut_{number}": ends[number - 1] if number <= len(ends) else None for number in range(1, PARTS_MAX)}


def _tax_labels(duck: duckdb.DuckDBPyConnection, books: LineBooks) -> list[dict[str, Any]]:
    """Return the labels that are tax, and whether it is tax withheld; never empty, SQL needs its columns."""
    values = _cuts(books) | {"lines": str(books.lines_path)}
    rows = dicts(duck.sql(composed("triples", numbered_lines=statement("numbered_lines")), params=values))
    kinds = [(row, category_of(**row, mapping=books.mapping, is_event=books.of_events)) for row in rows]
    taxes = (TAX_COLLECTED, TAX_WITHHELD)
    found = [{**row, "is_withheld": kind == TAX_WITHHELD} for row, kind in kinds if kind in taxes]
    nothing = {"transaction_type": "", "amount_type": "", "amount_description": "", "is_withheld": False}
    return found or [nothing]


_FLAGS = ("order_has_withheld", "order_has_tax", "order_is_opening", "order_is_billed", "order_is_credited")


def _resolution(answer: Resolved, row: dict[str, Any], books: LineBooks) -> dict[str, Any]:
    """Return a combination's keys and answer as the row SQL joins; a negative amount swaps the sides."""
    share, whole = rate_ratio(answer.vat_rate) if answer.vat_rate is not None else (0, 1)
    keys = ("transaction_type", "amount_type", "amount_description", "marketplace_name", "sku", "fulfilment", "part")
    keys += ("country",)
    return {
        **{name: row[name] for name in (*keys, *_FLAGS, "direction")},
        "category": answer.category,
        "rule": answer.rule,
        "treatment": answer.treatment.value,
        "marketplace": answer.marketplace,
        "account": str(answer.account),
        **_sides((str(books.clearing), books.reference), (str(answer.account), ""), is_swapped=row["direction"] < 0),
        "vat_account": str(answer.vat_account or ""),
        "vat_share": share,
        "vat_whole": whole,
        "vat_country": answer.vat_country,
        "remainder_account": str(answer.remainder_account or ""),
        "is_sale": answer.is_sale,
        "is_refund": answer.is_refund,
        "clears_order": answer.clears_order,
    }


# A settlement without any amount has no combination, and SQL needs the columns: no line is of part 0.
_TEXTS = ("transaction_type", "amount_type", "amount_description", "marketplace_name", "sku", "fulfilment", "category")
_TEXTS += ("rule", "treatment", "marketplace", "account", "debit", "debit_reference", "credit", "credit_reference")
_TEXTS += ("vat_account", "vat_country", "remainder_account", "country")
_NO_RESOLUTION = {
    **dict.fromkeys(_TEXTS, ""),
    **dict.fromkeys((*_FLAGS, "is_sale", "is_refund", "clears_order"), False),
    **{"part": 0, "direction": 0, "vat_share": 0, "vat_whole": 1},
}


def _sides(own: tuple[str, str], other: tuple[str, str], *, is_swapped: bool) -> dict[str, str]:
    debit, credit = (other, own) if is_swapped else (own, other)
    return {"debit": debit[0], "debit_reference": debit[1], "credit": credit[0], "credit_reference": credit[1]}


def _unmapped_result(books: Books, mapped: Mapped) -> StageResult:
    """Stop this settlement: each unmapped combination with its first row, count, amount and cure."""
    findings = tuple(_with_amount(answer, row, books) for answer, row in mapped.unmapped)
    rows = tuple(
        {
            "labels": labels_of(row),
            "marketplace": row["marketplace_name"],
            "lines": str(row["lines"]),
            "first row": str(row["first_row"]),
            "amount": money.text(row["amount"], books.currency),
            "what to do": answer.finding.cure,
        }
        for answer, row in mapped.unmapped
    )
    sentence = f"{sum(row['lines'] for _, row in mapped.unmapped)} lines cannot be mapped: {findings[0].sentence}"
    verdict = Verdict("every_line_mapped", False, sentence, rows=rows, findings=findings)
    return StageResult(facts={"mapped": "no: nothing was staged"}, rows=rows, rows_total=0, verdicts=(verdict,))


def _with_amount(answer: Unmapped, row: dict[str, Any], books: Books) -> Finding:
    found = answer.finding
    origin = f"row {row['first_row']} of document {books.record.document_sha[:12]}: {found.origin}"
    amount = money.exact(row["amount"], books.currency)
    return Finding(found.code, found.sentence, found.cure, origin, amount=amount)


def _result(
    road: Road, books: Books, mapped: Mapped, duck: duckdb.DuckDBPyConnection, path: Path, version: str
) -> StageResult:
    totals = dicts(duck.sql(statement("category_totals"), params={"movements": str(path)}))
    rows = tuple(
        {"category": row["category"], "lines": str(row["lines"]), "amount": money.text(row["amount"], books.currency)}
        for row in totals
    )
    lines = sum(row["lines"] for _, row in mapped.resolved)
    return StageResult(
        facts={
            "lines": lines,
            "categories": len(totals),
            "marketplace": books.marketplace,
            "clearing": str(books.clearing),
            "mapping": books.mapping.content_hash[:12],
            "parts": ", ".join(part.accounting_date.isoformat() for part in books.parts),
        },
        rows=rows,
        rows_total=lines,
        verdicts=(
            Verdict("every_line_mapped", True, f"{lines} lines in {len(mapped.resolved)} combinations are mapped."),
            tax_verdict(duck, path, books),
            sign_verdict([row for answer, row in mapped.resolved if answer.is_sign_unexpected], books),
            opening_verdict(road, duck, books),
            loan_verdict(road, duck, books, totals),
        ),
        picture=tuple(bars(totals, books)),
        version=version,
    )
