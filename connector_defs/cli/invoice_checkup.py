"""What `connector check` says of invoices of orders: what is missing before the first can be made, nobody asked.

In: a connection that invoices its orders and its mapping. Out: one row for each thing that is missing, else one that
says what is billed to whom. A marketplace that is not billed to anybody is named before its first order has to wait.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from connector_defs.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from connector_defs.connections import Connection
    from ledger.mapping import Mapping

# ok, sentence, cure, exit code
Answer = tuple[bool, str, str, ExitCode]
_SOURCES = ("financial_events", "receivable_invoices", "invoice_postings")


def invoices_answer(opened: "Connection", mapping: "Mapping | None") -> Iterator[Answer]:
    """Yield what is missing for invoices of orders, or that nothing is; nothing where no orders are invoiced."""
    invoicing = opened.settings.books.invoicing
    if invoicing is None or mapping is None:
        return
    missing = list(_missing(opened, mapping))
    yield from missing
    if not missing:
        closed = "a receipt" if invoicing.clear_by == "receipts" else "the settlement's journal"
        customers = ", ".join(sorted(set(invoicing.bill_to.values())))
        words = f"Orders shipped since {invoicing.shipped_from} are billed to {customers} and cleared by {closed}."
        yield True, words, "", ExitCode.FINE


def _missing(opened: "Connection", mapping: "Mapping") -> Iterator[Answer]:
    from resources.amazon.marketplaces import marketplace

    invoicing, by_day = opened.settings.books.invoicing, opened.settings.by_day
    if mapping.shape.accounts.order_receivable is None:
        words = "Orders are to be invoiced, and no account is named on which invoices stand until they are settled."
        cure = f'Fill in what is empty and add it to {mapping.file} under accounts: order_receivable: ""'
        yield False, words, cure, ExitCode.REFUSED
    off = [name for name in _SOURCES if not getattr(by_day, name)]
    if off:
        words = f"Orders are to be invoiced, and by_day switches {' and '.join(off)} off."
        yield False, words, "Switch it on under by_day, or take books.invoicing out.", ExitCode.REFUSED
    known = [one for one in map(marketplace, opened.settings.amazon.marketplaces) if one is not None]
    for name in (one.settlement_name for one in known if not invoicing.customer(one.settlement_name)):
        words = f"Orders of {name} have no customer to be billed to; they and their settlements would wait."
        yield False, words, f"Name one under books, invoicing, bill_to, {name} in the connection.", ExitCode.REFUSED
