"""One accrual: what a month earned in one marketplace and currency beyond its books, as a set of journals.

In: the transactions that no settlement of the books holds. Out: their lines and movements staged under the accrual's
own id (`US-USD-2026-10`), so that a journal line can be opened down to the transaction; and the journals, the accrual
dated the last day of the month and its reversal the day after. A line that cannot be mapped stops the whole set.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from assets.events.event_books import EventBooks
from assets.journals import accounts_without_grain, groups_of, movements_of
from assets.mapped_lines import Mapped, bound_values, plain_movements, resolve_combinations, resolved_statement
from assets.month_end.accrual_events import EventsOfMonth, Place
from assets.month_end.accrued_months import place_code
from assets.sales.order_choices import orders_in_books
from assets.stages.roadmap import Road
from assets.stages.statements import PARQUET, composed, dicts, statement
from assets.stages.verdicts import Row
from ledger import money
from ledger.accounts import AccountKey
from ledger.accrual import accrual_source, with_reversal
from ledger.categories import categories
from ledger.errors import Finding
from ledger.journal import JournalFrame, JournalSet, SourceKey, build_journals
from ledger.mapping import Context, Mapping, Treatment
from ledger.month import Month
from ledger.order_documents import CREDIT_MEMO, INVOICE
from ledger.parts import Part
from ledger.references import reference
from resources.store.warehouse import Version

LINES_TABLE, TABLE = "accrual_lines", "accruals"
# Beyond that the leaves have changed their shape, and the first ones say so for all.
_FINDINGS_MAX = 20


@dataclass(frozen=True, kw_only=True)
class AccrualBooks(EventBooks):
    """What the lines of one accrual are booked with; its counter-account stands where a settlement has clearing."""

    source: SourceKey
    month: Month


@dataclass(frozen=True)
class Accrual:
    """One accrual as it would be posted now; without journals there is nothing to accrue, or `findings` stop it.

    `rows` say what each category adds to the accrued account, in favour of the seller, and where it goes.
    """

    source: SourceKey
    place: Place
    month: Month
    mapping: Mapping
    journals: JournalSet
    account: AccountKey | None = None
    rows: tuple[Row, ...] = ()
    total: Decimal = Decimal(0)
    lines: int = 0
    findings: tuple[Finding, ...] = ()
    version: str = ""

    @property
    def name(self) -> str:
        """Return its id, under which its documents, review items and due rows are kept."""
        return self.source.source_id


def make_accrual(road: Road, mapping: Mapping, events: EventsOfMonth, place: Place) -> Accrual:
    """Stage the lines of one accrual and make its journals; nothing is stored for posting."""
    source = accrual_source(road.seller, road.ledger, place_code(place.marketplace), place.currency, events.month)
    nothing = Accrual(source, place, events.month, mapping, JournalSet(source, 1, ()))
    account = mapping.accrued(place.marketplace)
    if account is None:
        return replace(nothing, findings=(_no_account(place, mapping),))
    staged = _staged_lines(road, events, place, source)
    if not staged.rows:
        return replace(nothing, account=account, version=staged.id)
    books = _books(road, source, place, events, mapping, account, road.stores.warehouse.path(staged))
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        mapped = resolve_combinations(duck, books, road)
        if mapped.unmapped:
            findings = tuple(_unmapped(answer.finding, row, books) for answer, row in mapped.unmapped)
            return replace(nothing, account=account, lines=staged.rows, findings=findings[:_FINDINGS_MAX])
        version = _movements(road, duck, books, _earned(mapped), staged)
        booked = dicts(duck.sql(statement("accrual_accounts"), params={"movements": _path(road, version)}))
        journals = _journals(road, duck, books, version)
    return replace(
        nothing,
        account=account,
        journals=journals,
        lines=staged.rows,
        rows=tuple(_row(source, row, place.currency) for row in booked),
        total=money.exact(sum((row["amount"] for row in booked), Decimal(0)), place.currency),
        version=version.id,
    )


def _row(source: SourceKey, row: dict[str, Any], currency: str) -> Row:
    return {
        "accrual": source.source_id,
        "category": row["category"],
        "account": row["account"],
        "lines": str(row["lines"]),
        "amount": money.text(row["amount"], currency),
        "currency": currency,
    }


def _path(road: Road, version: Version) -> str:
    return str(road.stores.warehouse.path(version))


def _no_account(place: Place, mapping: Mapping) -> Finding:
    return Finding(
        "unmapped_category",
        f"What is earned in {place.marketplace} and not settled yet has no account to be accrued on.",
        f"Add one under accounts, accrued in {mapping.file}.",
        origin="accounts, accrued",
    )


def _staged_lines(road: Road, events: EventsOfMonth, place: Place, source: SourceKey) -> Version:
    """Write the lines that the books do not hold, one per leaf."""

    def produce(path: Path) -> None:
        _write_lines(road, events, place, path)

    facts = {"month": str(events.month), "marketplace": place.marketplace, "currency": place.currency}
    return road.stores.warehouse.write(road.connection, LINES_TABLE, source.source_id, produce, facts)


def _write_lines(road: Road, events: EventsOfMonth, place: Place, path: Path) -> None:
    not_booked = f"events.transaction_id NOT IN ({events.booked.statement()})"
    sql = composed("earned_lines", wanted=not_booked)
    bound = {"events": list(events.files), "since": place.since, "until": events.until, "places": place.bound()}
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        duck.execute(f"COPY ({sql}) TO $path ({PARQUET})", bound | events.booked.bound() | {"path": str(path)})


def earned_unbooked(road: Road, events: EventsOfMonth, accrual: Accrual) -> Mapped:
    """Return what a month earned and its books did not hold at its end, by what the mapping looks at.

    It is what the month's accrual would be made of, in the place and by the mapping of another one; nothing is kept.
    """
    assert accrual.account is not None, "an accrual that is proved has its account"
    with TemporaryDirectory(prefix="connector-") as folder:
        path = Path(folder) / "lines.parquet"
        _write_lines(road, events, accrual.place, path)
        books = _books(road, accrual.source, accrual.place, events, accrual.mapping, accrual.account, path)
        with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
            mapped = resolve_combinations(duck, books, road)
    return Mapped(_earned(mapped).resolved, mapped.unmapped)


def _books(
    road: Road,
    source: SourceKey,
    place: Place,
    events: EventsOfMonth,
    mapping: Mapping,
    account: AccountKey,
    lines_path: Path,
) -> AccrualBooks:
    month, zone = events.month, road.policy.zone
    return AccrualBooks(
        source=source,
        place=place,
        month=month,
        mapping=mapping,
        context=Context(place.currency, (place.marketplace,)),
        parts=(Part(1, month.before.end(zone), month.end(zone), month.last),),
        clearing=account,
        reference=reference(source.source_id),
        **_billed(road, month),
        lines_path=lines_path,
    )


def _billed(road: Road, month: Month) -> dict[str, frozenset[str]]:
    """Return the orders whose sale invoices have recognised by the end of a month, and those that were credited.

    Only documents count that are in the books then: what is merely planned has recognised nothing.
    """
    if road.policy.invoicing is None:
        return {}
    billed, credited = (orders_in_books(road, kind, month.last) for kind in (INVOICE, CREDIT_MEMO))
    return {"billed_orders": billed, "credited_orders": credited}


def _unmapped(finding: Finding, row: dict[str, Any], books: AccrualBooks) -> Finding:
    """Return why a leaf stops the accrual, with what it comes to."""
    amount = money.exact(row["amount"], books.currency)
    sentence = f"{finding.sentence} {row['lines']} lines of {books.month} wait for it."
    details = {"currency": books.currency}
    return replace(finding, sentence=sentence, amount=amount, details=details)


def _earned(mapped: Mapped) -> Mapped:
    """Leave out what no month earns (reserves, debts, loans, transfers), and what invoices have recognised already."""
    kept = (one for one in mapped.resolved if categories()[one[0].category].is_earned)
    return Mapped([one for one in kept if not one[0].clears_order])


def _movements(
    road: Road, duck: duckdb.DuckDBPyConnection, books: AccrualBooks, mapped: Mapped, staged: Version
) -> Version:
    """Write the movements of the earned lines against the accrued account; pass-through tax that meets is left out."""
    resolved = resolved_statement(road, books)
    others = f"SELECT * FROM ({resolved}) WHERE treatment <> 'pass_through'"
    branches = [plain_movements(books, others)]
    bound = ["by_sku", "resolutions"]
    treatments = {answer.treatment for answer, _ in mapped.resolved}
    if Treatment.SPLIT_VAT in treatments:
        branches.append(composed("vat_movements", resolved_lines=others, quantity="NULL::INTEGER", country=""))
        bound += ["minor_factor", "minor_unit"]
    if Treatment.PASS_THROUGH in treatments:
        branches.append(composed("accrual_tax_left", resolved_lines=resolved))
    if len(branches) > 1:
        bound += ["clearing", "reference"]
    sql = "\nUNION ALL BY NAME\n".join(f"({one})" for one in branches)
    values = bound_values(duck, books, road, tuple(bound), mapped)

    def produce(path: Path) -> None:
        duck.execute(f"COPY ({sql} ORDER BY source_row, kind) TO $path ({PARQUET})", values | {"path": str(path)})

    facts = {**staged.facts, "mapping": books.mapping.content_hash, "lines": staged.id}
    return road.stores.warehouse.write(road.connection, TABLE, books.source.source_id, produce, facts)


def _journals(road: Road, duck: duckdb.DuckDBPyConnection, books: AccrualBooks, version: Version) -> JournalSet:
    """Return the accrual and its reversal as one set."""
    movements = list(movements_of(groups_of(road, duck, version), books, road))
    words = f"Accrual {books.month} {books.place.marketplace}"
    frame = JournalFrame(
        source=books.source,
        revision=1,
        owner_unit=books.clearing.unit,
        currency=books.currency,
        rate_type=road.policy.rate_type,
        description=words,
        document_reference=books.reference,
        lines_max=min(road.policy.lines_max, road.target.lines_max),
        one_unit_each=road.policy.inter_unit == "accounts",
        open_item_accounts=accounts_without_grain(movements, books),
        netted=frozenset({books.clearing}),
    )
    made = build_journals(with_reversal(movements, books.month), frame, books.month.last)
    return replace(
        made,
        journals=tuple(
            one if one.accounting_date == books.month.last else replace(one, description=f"Reversal of {words}")
            for one in made.journals
        ),
    )
