"""`connector export`: one settlement as a workbook for finance: summary, categories, journal, lines, proof."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector_defs.cli import output, spreadsheet, statement
from connector_defs.cli.opened import opened_road
from connector_defs.cli.options import connection_option, examples, json_option
from connector_defs.cli.pivot import pivot
from ledger.errors import InputRefused

if TYPE_CHECKING:
    from assets.stages.roadmap import Road

_JOURNAL_COLUMNS = ("ERP document", "part", "state", "date", "unit", "line", "account", "reference", "description")
_JOURNAL_AMOUNTS = ("debit", "credit", "currency")
_PROOF_COLUMNS = ("check", "passed", "severity", "sentence", "at")


@click.command(
    "export",
    epilog=examples(
        "connector export 24758260539 -c amazon_us --to exports",
        "connector export 24758260539 -c amazon_us --to exports --format csv",
    ),
)
@click.argument("settlement")
@connection_option
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The folder to write into; it is made where it is missing.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["xlsx", "csv"]),
    default="xlsx",
    show_default=True,
    help="One workbook, or a file per table.",
)
@json_option
def export(settlement: str, connection_name: str | None, folder: Path, kind: str, as_json: bool) -> None:
    """Write a settlement's summary, journal, lines and proof for a spreadsheet program."""
    road = opened_road(connection_name)
    sheets = tables_of(road, settlement)
    name = f"{road.connection}-{settlement}"
    if kind == "xlsx":
        written = [spreadsheet.write_xlsx(folder / f"{name}.xlsx", sheets)]
    else:
        written = spreadsheet.write_csv(folder / name, sheets)
    if as_json:
        output.write_json({"settlement_id": settlement, "files": [str(path) for path in written]})
    else:
        output.say("\n".join(str(path) for path in written))


def tables_of(road: "Road", settlement_id: str) -> spreadsheet.Tables:
    """Return the tables of a settlement, categories once it is mapped; raise InputRefused for lines never read."""
    from assets.settlement_reports import registered

    record = registered(road, settlement_id)
    version = road.stores.warehouse.current(road.connection, "settlement_lines", settlement_id)
    if version is None:
        raise InputRefused(
            f"The lines of settlement {settlement_id} are not staged yet. Run it first: connector post {settlement_id} "
            f"--connection {road.connection} (or connector plan, which posts nothing)."
        )
    columns, lines = _lines(road, version, record.facts["currency"])
    mapped = road.stores.warehouse.current(road.connection, "mapped_lines", settlement_id)
    by_category = {"categories": pivot(road, mapped, record.facts["currency"])} if mapped else {}
    return {
        "summary": (("what", "value"), _summary(road, record)),
        **by_category,
        "journal": ((*_JOURNAL_COLUMNS, *_JOURNAL_AMOUNTS), _journal_rows(road, settlement_id)),
        "lines": (columns, lines),
        "proof": (_PROOF_COLUMNS, _proof_rows(road, settlement_id)),
        **_month_sheet(road, record),
    }


def _month_sheet(road: "Road", record) -> spreadsheet.Tables:
    """Return the statement of the settlement's account for the month it ended in; nothing until that is made."""
    from assets.month_proofs import kept_statement
    from assets.settlement_summaries import day_of_end
    from ledger.month import Month

    kept = kept_statement(road, Month.of(day_of_end(record)))
    places, currency = record.facts["marketplaces"], record.facts["currency"]
    rows = [row for row in (kept.rows if kept else ()) if row["currency"] == currency and row["marketplace"] in places]
    return {"month": (statement.COLUMNS, rows)} if rows else {}


def _summary(road: "Road", record) -> Iterator[dict[str, object]]:
    from assets.review.approval import documents_of
    from ledger import money

    facts = record.facts
    documents = documents_of(road, record.settlement_id)
    rows = {
        "connection": road.connection,
        "settlement": record.settlement_id,
        "marketplaces": ", ".join(facts["marketplaces"]),
        "start": facts["start"],
        "end": facts["end"],
        "deposit date": facts["deposit_date"],
        "currency": facts["currency"],
        "total": money.exact(facts["total_amount"], facts["currency"]),
        "lines": facts["lines"],
        "documents": ", ".join(one.erp_id for one in documents if one.erp_id),
        "state": ", ".join(dict.fromkeys(str(one.state) for one in documents)) or "nothing posted",
        "raw document (SHA-256)": record.document_sha,
    }
    for name, value in rows.items():
        yield {"what": name, "value": value}


def _journal_rows(road: "Road", settlement_id: str) -> Iterator[dict[str, object]]:
    """Yield the lines of the newest revision, and of every document that was or is in the books besides it."""
    from assets.posting.document_sets import ever_in_books, newest_documents, settlement_source

    newest = road.stores.outbox.documents(settlement_source(road, settlement_id))
    every = {one.key: one for one in (*ever_in_books(road, newest), *newest_documents(road, settlement_id))}
    for document in every.values():
        journal = document.journal
        for line in journal.lines:
            yield {
                "ERP document": document.erp_id or "",
                "part": f"{document.part} of {document.parts}",
                "state": str(document.state),
                "date": journal.accounting_date,
                "unit": journal.unit,
                "line": line.number,
                "account": str(line.account),
                "reference": line.reference,
                "description": line.description,
                "debit": line.amount if line.amount > 0 else None,
                "credit": -line.amount if line.amount < 0 else None,
                "currency": journal.currency,
            }


def _lines(road: "Road", version, currency: str) -> tuple[list[str], Iterator[dict[str, object]]]:
    """Return the columns and rows of the staged lines, in file order; amounts stay decimals, with their currency's."""
    from ledger import money
    from resources.amazon.settlement_file import lines_relation

    path = road.stores.warehouse.path(version)
    connection = road.stores.warehouse.connect(memory_limit_mb=road.memory_limit_mb)
    answer = connection.execute(f"SELECT * FROM {lines_relation(path)} AS lines")
    columns = [column[0] for column in answer.description]

    def rows() -> Iterator[dict[str, object]]:
        with connection:
            while batch := answer.fetchmany(10_000):
                for values in batch:
                    row = dict(zip(columns, values, strict=True))
                    amount = row["amount"]
                    yield {**row, "amount": None if amount is None else money.exact(amount, currency)}

    return columns, rows()


def _proof_rows(road: "Road", settlement_id: str) -> Iterator[dict[str, object]]:
    for verdict in road.stores.verdicts.latest(road.connection, settlement_id):
        yield {
            "check": verdict.check,
            "passed": verdict.passed,
            "severity": verdict.severity,
            "sentence": verdict.facts.get("sentence", ""),
            "at": output.utc_text(verdict.at),
        }
