"""`connector outbox`: documents on their way into the ERP, and what exactly each would book or has booked."""

from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.opened import opened_project, opened_stores
from connector_defs.cli.options import examples, json_option
from ledger.errors import InputRefused
from ledger.periods import late_words

if TYPE_CHECKING:
    from resources.store.outbox import OutboxDocument

_STATES = ("planned", "approved", "sending", "sent", "importing", "posted", "refused", "unclear", "review", "reversed")


@click.group("outbox", epilog=examples("connector outbox list --state unclear", "connector outbox show 24758260539"))
def outbox() -> None:
    """Look at the documents on their way into the ERP."""


@outbox.command(
    "list", epilog=examples("connector outbox list -c amazon_us", "connector outbox list --state review --json")
)
@click.option("--connection", "-c", "connection_name", metavar="C", help="Only this connection.")
@click.option("--state", "states", multiple=True, type=click.Choice(_STATES), help="Only these states.")
@click.option("--limit", default=200, show_default=True, help="At most so many, the last changed first.")
@json_option
def list_documents(connection_name: str | None, states: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List documents with their state."""
    from ledger.posting import PostingState

    if connection_name is not None:
        opened_project().connection_file(connection_name)
    chosen = [PostingState(state) for state in states] or None
    documents = opened_stores().outbox.listing(connection_name, states=chosen, limit=limit)
    rows = [row_of(one) for one in documents]
    if as_json:
        output.write_json({"documents": rows})
    else:
        columns = [name for name in rows[0] if name not in ("key", "reverses", "late")] if rows else []
        output.print_table(rows, columns, nothing="The outbox holds no such document.")


@outbox.command(
    "show",
    epilog=examples("connector outbox show 24758260539 -c amazon_us", "connector outbox show 24758260539 --json"),
)
@click.argument("name")
@click.option("--connection", "-c", "connection_name", metavar="C", help="Only this connection.")
@json_option
def show_documents(name: str, connection_name: str | None, as_json: bool) -> None:
    """Show documents line by line, by settlement, order, day of invoices, ERP id or posting key."""
    if connection_name is not None:
        opened_project().connection_file(connection_name)
    stores = opened_stores()
    document = stores.outbox.document(name)
    found = [document] if document else stores.outbox.listing(partition=name, limit=100_000)
    found = found or stores.outbox.listing(belongs_to=name, limit=100_000)
    found = found or [one for one in stores.outbox.listing(limit=100_000) if one.erp_id == name]
    found = [one for one in found if connection_name in (None, one.connection)]
    if not found:
        where = f" of connection {connection_name}" if connection_name else ""
        raise InputRefused(f"The outbox holds no document {name}{where}. List what it holds: connector outbox list")
    found = sorted(found, key=lambda one: (one.source.source_id, one.revision, one.part))
    if as_json:
        output.write_json({"documents": [{**row_of(one), "lines": lines_of(one)} for one in found]})
        return
    for one in found:
        output.print_facts(row_of(one))
        output.print_table(lines_of(one))


def row_of(document: "OutboxDocument") -> dict[str, object]:
    """Return one document as a row."""
    journal = document.journal
    return {
        "connection": document.connection,
        "settlement": document.partition,
        "kind": document.source.kind,
        "revision": document.revision,
        "part": f"{document.part}/{document.parts}",
        "state": str(document.state),
        "erp_id": document.erp_id or "",
        "reverses": journal.reverses,
        "unit": journal.unit,
        "date": journal.accounting_date.isoformat(),
        "late": late_words(journal),
        "currency": journal.currency,
        "debits": journal.debits,
        "credits": journal.credits,
        "reason": document.reason,
        "changed_at": output.utc_text(document.changed_at),
        "key": document.key,
    }


def lines_of(document: "OutboxDocument") -> list[dict[str, object]]:
    """Return the lines of one document as rows."""
    return journal_lines(document.journal)


def journal_lines(journal: object) -> list[dict[str, object]]:
    """Return the lines of a journal as rows; debit and credit each in a column of its own, both positive."""
    return [
        {
            "line": line.number,
            "account": str(line.account),
            "reference": line.reference,
            "description": line.description,
            "debit": line.amount if line.amount > 0 else None,
            "credit": -line.amount if line.amount < 0 else None,
            "quantity": line.quantity,
        }
        for line in journal.lines
    ]
