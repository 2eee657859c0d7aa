"""The rows of one order: where they stand in settlements, what they became, and which journal they went into.

In: an Amazon order id. Out: its rows by settlement, each with category, accounts and the documents that hold them. The
movements are those of the mapping the documents were made with, as long as that version is kept; journals add rows up,
so a row names every document of its date with a line on its accounts.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from assets.settlement_lines import TABLE as LINES_TABLE
from assets.settlements.posted_lines import lines_made_with
from assets.stages.statements import dicts, statement
from ledger import money
from ledger.parts import parts
from ledger.policy import Policy
from resources.store.outbox import OutboxDocument
from resources.store.settlements import SettlementRecord
from resources.store.stores import Stores


@dataclass(frozen=True)
class Movement:
    """One movement of a row: accounts with their open items, and the documents it went into."""

    category: str
    rule: str
    debit: str
    debit_reference: str
    credit: str
    credit_reference: str
    amount: str
    accounting_date: date | None
    documents: tuple[str, ...]


@dataclass(frozen=True)
class OrderRow:
    """One amount of an order in a settlement file, by row number and its three labels."""

    row: int
    labels: tuple[str, str, str]
    marketplace: str
    sku: str
    posted_at: datetime | None
    amount: str
    movements: tuple[Movement, ...]


def settlements_of_order(stores: Stores, connection: str, order_id: str) -> dict[str, list[dict]]:
    """Return the staged rows of an order by settlement, of every current version."""
    versions = {str(stores.warehouse.path(one)): one for one in stores.warehouse.currents(connection, LINES_TABLE)}
    if not versions:
        return {}
    with stores.warehouse.connect() as duck:
        rows = dicts(duck.sql(statement("order_rows"), params={"files": list(versions), "order_id": order_id}))
    found: dict[str, list[dict]] = {}
    for row in rows:
        found.setdefault(versions[row["filename"]].partition, []).append(row)
    return found


def order_rows(
    stores: Stores,
    record: SettlementRecord,
    policy: Policy | None,
    order_id: str,
    rows: list[dict],
    documents: list[OutboxDocument],
) -> list[OrderRow]:
    """Return the rows of an order in one settlement with what they became; `policy` tells the date of each part."""
    movements = _movements(stores, record, order_id, documents)
    dates = _dates(record, policy)
    currency = record.facts["currency"]
    return [
        OrderRow(
            row=row["source_row"],
            labels=(row["transaction_type"], row["amount_type"], row["amount_description"]),
            marketplace=row["marketplace"],
            sku=row["sku"],
            posted_at=row["posted_at"],
            amount=money.text(row["amount"], currency),
            movements=tuple(
                _movement(one, currency, dates, documents)
                for one in movements
                if (one["source_row"], one["leg"]) == (row["source_row"], row["leg"])
            ),
        )
        for row in rows
    ]


def _movements(stores: Stores, record: SettlementRecord, order_id: str, documents: list[OutboxDocument]) -> list[dict]:
    made_as = documents[-1] if documents else None
    version = lines_made_with(stores, record.connection, record.settlement_id, made_as)
    if version is None:
        return []
    bound = {"movements": str(stores.warehouse.path(version)), "order_id": order_id}
    with stores.warehouse.connect() as duck:
        return dicts(duck.sql(statement("order_movements"), params=bound))


def _dates(record: SettlementRecord, policy: Policy | None) -> list[date]:
    if policy is None:
        return []
    start, end = (datetime.fromisoformat(record.facts[name]) for name in ("start", "end"))
    deposit = record.facts["deposit_date"]
    chosen = parts(start, end, datetime.fromisoformat(deposit) if deposit else None, policy)
    return [one.accounting_date for one in chosen]


def _movement(row: dict, currency: str, dates: list[date], documents: list[OutboxDocument]) -> Movement:
    day = dates[row["part"] - 1] if row["part"] <= len(dates) else None
    return Movement(
        category=row["category"],
        rule=row["rule"] or "",
        debit=row["debit"],
        debit_reference=row["debit_reference"],
        credit=row["credit"],
        credit_reference=row["credit_reference"],
        amount=money.text(Decimal(row["amount"]), currency),
        accounting_date=day,
        documents=tuple(_names(row, day, documents)),
    )


def _names(row: dict, day: date | None, documents: list[OutboxDocument]) -> list[str]:
    """Return the documents of that date that hold both sides of a movement; a moved date keeps its own period.

    Sides are accounts with their references: which of several receipts paid an order only its reference tells. Where a
    movement went through other accounts, the documents that hold one of its own.
    """
    sides = {(row["debit"], row["debit_reference"]), (row["credit"], row["credit_reference"])}
    held = [({(str(line.account), line.reference) for line in one.journal.lines}, one) for one in documents]
    found = [one for lines, one in held if sides <= lines]
    accounts = {account for account, _ in sides}
    found = found or [one for lines, one in held if accounts & {account for account, _ in lines}]
    same_day = [one for one in found if one.journal.accounting_date == day]
    return [name_of(one) for one in same_day or found]


def name_of(document: OutboxDocument) -> str:
    """Return what a person calls a document: its key in the ERP, or part and revision before it has one."""
    if document.erp_id:
        return document.erp_id
    return f"part {document.part} of {document.parts}, revision {document.revision}"
