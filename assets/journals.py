"""Journals: the movements of a settlement as balanced, numbered documents, not yet sent.

In: the mapped lines. Out: the lines of all documents as Parquet for people, and the whole set as one archived document
for the posting step. Where receipts clear the invoices of orders, they stand in the set behind the journals. Blocking:
every part balances and clearing equals the settlement's total; the ERP has the accounts and open periods. A settlement
before go-live, or without any amount, makes no journal and says so.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import duckdb

from assets.mapped_lines import TABLE as MAPPED_TABLE
from assets.posting.accounting_dates import settled_dates
from assets.posting.document_sets import is_withheld, may_exist
from assets.posting.gate import WHOLE_CHECK, accounts_verdict, journal_verdict
from assets.sales.settled_receipts import receipts_of_settlement
from assets.settlements.settlement_books import Books, LineBooks, books_of, changed_since, made_of
from assets.stages.roadmap import Road
from assets.stages.statements import composed, dicts, statement
from assets.stages.verdicts import StageResult, Verdict
from ledger import money
from ledger.accounts import AccountKey
from ledger.clearing_receipts import with_receipts
from ledger.errors import Finding, InputRefused
from ledger.journal import SETTLEMENT as KIND
from ledger.journal import Journal, JournalFrame, JournalSet, Movement, SourceKey, build_journals
from ledger.mapping import InterUnitAccounts, Mapping
from ledger.periods import late_words
from resources.store.warehouse import Version

TABLE = "journals"
_NOT_RECEIVED = (
    "AND NOT coalesce(order_id IN (SELECT unnest($received)) "
    "AND order_id IN (debit_reference, credit_reference), false)"
)


@dataclass(frozen=True)
class Planned:
    """The journals of a settlement as they would be posted, and what they were made with.

    `held` is what keeps a receipt from being made: then the set is not whole, and nothing of it may be sent.
    """

    journals: JournalSet
    clearing: AccountKey
    reference: str
    mapping_hash: str
    made_of: dict[str, str] = field(default_factory=dict)
    held: tuple[Finding, ...] = ()


def make_journals(road: Road, settlement_id: str) -> StageResult:
    """Build the journals of a settlement and check them against the settlement and the ERP."""
    books = books_of(road, settlement_id)
    version = _mapped_version(road, books, settlement_id)
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        planned = plan_of(road, books, duck, version)
        known = road.stores.outbox.documents(planned.journals.source)
        if not books.place.is_before_go_live and not is_withheld(known):
            planned = replace(planned, journals=settled_dates(road, planned.journals, known))
        staged = _stage(road, settlement_id, planned, duck)
    facts = _facts(planned, books)
    if books.place.is_before_go_live:
        facts = {"journal": "none will be posted: the settlement lies before go-live", **facts}
        return StageResult(facts=facts, rows=_rows(planned), rows_total=_count(planned), version=staged.id)
    currency = books.currency
    total = money.exact(books.record.facts["total_amount"], currency)
    verdicts = [whole_verdict(road, planned, total, currency)]
    if planned.journals.journals and not is_withheld(known):
        # What may be in the ERP is followed whatever its periods say; the posting step asks before it sends any more.
        asked = replace(planned.journals, journals=()) if may_exist(known) else planned.journals
        verdicts.append(accounts_verdict(road, books.mapping, asked))
    return StageResult(facts, _rows(planned), _count(planned), tuple(verdicts), version=staged.id)


def plan_of(road: Road, books: Books, duck: duckdb.DuckDBPyConnection, version: Version) -> Planned:
    """Return the journals that the mapped lines make; nothing is stored."""
    groups = groups_of(road, duck, version, books.open_orders.orders)
    movements = list(movements_of(groups, books, road))
    frame = JournalFrame(
        source=SourceKey(road.seller, road.ledger, KIND, books.record.settlement_id),
        revision=1,
        owner_unit=books.clearing.unit,
        currency=books.currency,
        rate_type=road.policy.rate_type,
        description=f"Amazon settlement {books.record.settlement_id}",
        document_reference=books.reference,
        lines_max=min(road.policy.lines_max, road.target.lines_max),
        one_unit_each=road.policy.inter_unit == "accounts",
        open_item_accounts=accounts_without_grain(movements, books),
    )
    journals = build_journals(movements, frame, books.parts[-1].accounting_date)
    received = receipts_of_settlement(road, books, road.stores.warehouse.path(version), frame.source)
    return Planned(
        with_receipts(journals, received.journals),
        books.clearing,
        books.reference,
        books.mapping.content_hash,
        made_of(road, books),
        received.held,
    )


def whole_verdict(road: Road, planned: Planned, total: Decimal, currency: str) -> Verdict:
    """All parts together are the settlement, receipts included; without one that cannot be made they are not."""
    if planned.held:
        sentence = " ".join(one.sentence for one in planned.held)
        return Verdict(WHOLE_CHECK, False, f"{sentence} Nothing of the settlement is sent.", findings=planned.held)
    return journal_verdict(road, planned.journals, planned.clearing, planned.reference, total, currency)


def _mapped_version(road: Road, books: Books, settlement_id: str) -> Version:
    """Return the mapped lines; raise InputRefused when anything that decides them has changed since."""
    version = road.stores.warehouse.current(road.connection, MAPPED_TABLE, settlement_id)
    if version is None:
        raise InputRefused(f"The lines of settlement {settlement_id} are not mapped: materialize mapped_lines first.")
    changed = changed_since(version.facts, made_of(road, books))
    if changed:
        raise InputRefused(
            f"Since the lines of settlement {settlement_id} were mapped, {changed} changed: materialize mapped_lines "
            "again, then journals."
        )
    return version


def out_of_date(road: Road, settlement_id: str, planned: Planned) -> str:
    """Say what changed since the journals were made, or return nothing; the posting step asks before it sends."""
    return changed_since(planned.made_of, made_of(road, books_of(road, settlement_id)))


def groups_of(
    road: Road, duck: duckdb.DuckDBPyConnection, version: Version, received: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Return the movements added up; what clears the orders that are `received` is left out."""
    path = road.stores.warehouse.path(version)
    bound: dict[str, Any] = {"movements": str(path), "grain": road.policy.grain, "zone": road.policy.time_zone}
    bound |= {"received": sorted(received)} if received else {}
    sql = composed("movement_groups", received=_NOT_RECEIVED if received else "")
    return dicts(duck.sql(sql, params=bound))


def movements_of(groups: list[dict[str, Any]], books: LineBooks, road: Road) -> Iterator[Movement]:
    """Yield one movement per group, two where it crosses units through accounts of ours."""
    labels = _labels(groups)
    for group in groups:
        debit, credit = AccountKey.parse(group["debit"]), AccountKey.parse(group["credit"])
        movement = Movement(
            debit=debit,
            credit=credit,
            amount=money.exact(group["amount"], books.currency),
            currency=books.currency,
            debit_reference=group["debit_reference"],
            credit_reference=group["credit_reference"],
            label=labels[credit if debit == books.clearing else debit],
            detail=group["detail"],
            quantity=None if group["quantity"] is None else Decimal(group["quantity"]),
            part_date=books.parts[group["part"] - 1].accounting_date,
        )
        yield from _within_units(movement, books.mapping, books.clearing.unit, road)


def _labels(groups: list[dict[str, Any]]) -> dict[AccountKey, str]:
    """Return one short label per account: its category, or the first of several and how many more."""
    named: dict[AccountKey, set[str]] = {}
    for group in groups:
        for side in ("debit", "credit"):
            named.setdefault(AccountKey.parse(group[side]), set()).update(group["categories"])
    return {
        account: sorted(categories)[0] + (f" +{len(categories) - 1}" if len(categories) > 1 else "")
        for account, categories in named.items()
    }


def _within_units(movement: Movement, mapping: Mapping, owner: str, road: Road) -> Iterator[Movement]:
    """Split a movement between units into one in each unit, through due-from and due-to.

    The owner of the settlement stands between two other units, because pairs are stated with the owner.
    """
    debit, credit = movement.debit.unit, movement.credit.unit
    if debit == credit or road.policy.inter_unit == "erp":
        yield movement
    elif debit == owner:
        to_credit = _between(mapping, owner, credit)
        yield _replaced(movement, credit=to_credit.owner_due_to)
        yield _replaced(movement, debit=to_credit.partner_due_from)
    elif credit == owner:
        to_debit = _between(mapping, owner, debit)
        yield _replaced(movement, debit=to_debit.owner_due_from)
        yield _replaced(movement, credit=to_debit.partner_due_to)
    else:
        to_debit, to_credit = _between(mapping, owner, debit), _between(mapping, owner, credit)
        yield _replaced(movement, credit=to_debit.partner_due_to)
        yield _replaced(movement, debit=to_debit.owner_due_from, credit=to_credit.owner_due_to)
        yield _replaced(movement, debit=to_credit.partner_due_from)


def _between(mapping: Mapping, owner: str, partner: str) -> InterUnitAccounts:
    found = mapping.between(mapping.owner_unit(owner), partner)
    if found is None:
        raise InputRefused(
            f"The mapping names no inter-unit accounts between {owner} and {partner}: add the pair under accounts, "
            "inter_unit, or set inter_unit: erp in the connection."
        )
    return found


def _replaced(movement: Movement, **side: AccountKey) -> Movement:
    """Return the movement with one side on an inter-unit account, which carries no reference."""
    return replace(movement, **side, **{f"{name}_reference": "" for name in side})


def accounts_without_grain(movements: list[Movement], books: LineBooks) -> frozenset[AccountKey]:
    """Return clearing, order receivables and the accounts between units: no day, SKU or quantity belongs to them."""
    owner = books.mapping.owner_unit(books.clearing.unit)
    partners = {side.unit for one in movements for side in (one.debit, one.credit)} - {owner.unit}
    pairs = (books.mapping.between(owner, partner) for partner in sorted(partners))
    dues = (account for pair in pairs if pair for account in vars(pair).values())
    receivables = map(books.mapping.order_receivable, books.context.marketplaces)
    return frozenset({books.clearing, *dues, *(account for account in receivables if account)})


def _stage(road: Road, settlement_id: str, planned: Planned, duck: duckdb.DuckDBPyConnection) -> Version:
    """Archive the set as one document and stage its lines; the version's facts lead to the document."""
    content = {
        "mapping": planned.mapping_hash,
        "made_of": planned.made_of,
        "held": [[one.code, one.sentence, one.cure, one.origin] for one in planned.held],
        "clearing": str(planned.clearing),
        "reference": planned.reference,
        "journals": [journal.content() for journal in planned.journals.journals],
        "source": [
            planned.journals.source.seller,
            planned.journals.source.ledger,
            planned.journals.source.kind,
            planned.journals.source.source_id,
        ],
    }
    archived = road.stores.documents.put_bytes(json.dumps(content, sort_keys=True).encode())
    rows = list(_staged_rows(planned.journals.journals)) or [_NO_ROW]

    def produce(path) -> None:
        duck.sql(statement("journals"), params={"rows": rows}).write_parquet(str(path), compression="zstd")

    facts = {"set": archived.sha256, **planned.made_of, "fingerprint": planned.journals.fingerprint}
    return road.stores.warehouse.write(road.connection, TABLE, settlement_id, produce, facts)


# SQL needs the columns even when there are no lines; part 0 is left out.
_NO_ROW = {
    "part": 0,
    "unit": "",
    "accounting_date": "1970-01-01",
    "line": 0,
    "account": "",
    "reference": "",
    "description": "",
    "amount": "0",
    "currency": "",
    "quantity": None,
}


def _staged_rows(journals: tuple[Journal, ...]) -> Iterator[dict[str, Any]]:
    for journal in journals:
        for line in journal.lines:
            yield {
                "part": journal.part,
                "unit": line.account.unit,
                "accounting_date": journal.accounting_date.isoformat(),
                "line": line.number,
                "account": str(line.account),
                "reference": line.reference,
                "description": line.description,
                "amount": money.text(line.amount, journal.currency),
                "currency": journal.currency,
                "quantity": None if line.quantity is None else format(line.quantity, "f"),
            }


def planned_journals(road: Road, settlement_id: str) -> Planned:
    """Return the staged journals, whether they still hold or not (`out_of_date`); raises InputRefused without any."""
    version = road.stores.warehouse.current(road.connection, TABLE, settlement_id)
    if version is None:
        raise InputRefused(f"Settlement {settlement_id} has no journals yet: materialize journals first.")
    content = json.loads(road.stores.documents.read_bytes(version.facts["set"]))
    journals = tuple(Journal.from_content(one) for one in content["journals"])
    source = SourceKey(*content["source"])
    return Planned(
        JournalSet(source, 1, journals),
        AccountKey.parse(content["clearing"]),
        content["reference"],
        content["mapping"],
        content.get("made_of", {}),
        tuple(Finding(*one) for one in content.get("held", ())),
    )


def _count(planned: Planned) -> int:
    return sum(len(journal.lines) for journal in planned.journals.journals)


def _facts(planned: Planned, books: Books) -> dict:
    journals = planned.journals.journals
    if not journals:
        return {"journal": "none: the settlement has no amount other than zero", "currency": books.currency}
    receipts = sum(one.applied is not None for one in journals)
    return {
        "journals": len(journals) - receipts,
        **({"receipts": receipts} if receipts else {}),
        "lines": _count(planned),
        "debits": sum((journal.debits for journal in journals), Decimal(0)),
        "credits": sum((journal.credits for journal in journals), Decimal(0)),
        "clearing": planned.journals.reference_total(planned.clearing, planned.reference),
        "currency": books.currency,
        "dates": ", ".join(sorted({journal.accounting_date.isoformat() for journal in journals})),
        "units": ", ".join(sorted({journal.unit for journal in journals})),
        **_late_fact(journals),
        "fingerprint": planned.journals.fingerprint[:16],
    }


def _late_fact(journals: tuple[Journal, ...]) -> dict[str, str]:
    late = sorted({late_words(journal) for journal in journals if late_words(journal)})
    return {"late": ", ".join(late)} if late else {}


def _rows(planned: Planned) -> tuple[dict[str, str], ...]:
    """Return the journal lines as a person reads them: debit and credit in columns of their own."""
    return tuple(
        {
            "part": str(journal.part),
            "date": journal.accounting_date.isoformat(),
            "account": str(line.account),
            "debit": money.text(line.amount, journal.currency) if line.amount > 0 else "",
            "credit": money.text(-line.amount, journal.currency) if line.amount < 0 else "",
            "reference": line.reference,
            "description": line.description,
        }
        for journal in planned.journals.journals
        for line in journal.lines
    )
