"""Say what a credit memo takes back of an invoice that carries lines of tax: of which line how much, and how much tax.

In: the credit memo, the invoice as Fusion holds it. Out: amounts by line of the invoice. Pure. The memo counts tax
among the lines of its document; what is a line of tax in Fusion stands on another line there, whatever the settings
were when the invoice was sent. So each amount is found by what it is: account, side and words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ledger import money
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalLine
from resources.erp.fusion.books import shown
from resources.erp.fusion.receivables import payload
from resources.erp.fusion.receivables.books import Booked, Held
from resources.erp.fusion.receivables.layout import carried_by, is_tax, item, kind, of
from resources.erp.fusion.settings import FusionSettings


@dataclass(frozen=True)
class TakenBack:
    """What is taken back of one line of an invoice, above zero in favour of the buyer.

    `is_taxed` tells that tax is among it, even if that comes to nothing. `whole` and `whole_tax` are what the line came
    to.
    """

    line: int
    amount: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    is_taxed: bool = False
    whole: Decimal = Decimal(0)
    whole_tax: Decimal = Decimal(0)


def taken_back(journal: Journal, invoice: Held, settings: FusionSettings) -> Iterator[TakenBack]:
    """Yield what is taken back of each line of the invoice, in its order.

    Raises InputRefused for what the invoice does not hold.
    """
    receivable = payload.receivable_line(journal)
    found: dict[int, TakenBack] = {}
    for line in (one for one in journal.lines if one.account != receivable.account):
        booked = _found(line, journal, invoice, settings)
        known = found.get(booked.line, TakenBack(booked.line))
        found[booked.line] = (
            replace(known, tax=known.tax + line.amount, is_taxed=True)
            if booked.is_tax
            else replace(known, amount=known.amount + line.amount)
        )
    for number in sorted(found):
        whole, tax = (_came_to(invoice, number, is_tax=one) for one in (False, True))
        yield replace(found[number], whole=whole, whole_tax=tax)


def require_in_proportion(journal: Journal, taken: Sequence[TakenBack]) -> None:
    """Refuse tax that the service would compute otherwise; raises InputRefused.

    It is only told whether to compute the tax of what is credited: then each line gives its tax back in proportion, to
    the cent however that is rounded.
    """
    cent = Decimal(1).scaleb(-money.minor_units(journal.currency))
    for one in taken:
        due = one.whole_tax * one.amount / one.whole if one.whole else Decimal(0)
        if abs(one.tax - due) >= cent:
            tax, would = money.text(one.tax, journal.currency), _rounded(due, journal)
            raise InputRefused(
                f"Document {journal.key} takes back {tax} of tax with line {one.line} of its invoice, and Fusion would "
                f"compute about {would}. Set are_taxes_credited_by_amount where the service of this site takes amounts "
                "of tax by line; else make it by hand in Fusion."
            )


def _rounded(amount: Decimal, journal: Journal) -> str:
    return money.text(round(amount, money.minor_units(journal.currency)), journal.currency)


def _found(line: JournalLine, journal: Journal, invoice: Held, settings: FusionSettings) -> Booked:
    """Return which line or tax of the invoice an amount is taken back of."""
    billing = of(journal)
    fitting = [
        one
        for one in invoice.booked
        if one.line
        and shown(one.account, settings) == shown(line.account, settings)
        and (one.amount < 0) == (line.amount > 0)
    ]
    words = payload.line_text(line, item(billing, line))
    own = [one for one in fitting if not one.is_tax and one.text == words]
    if not own and is_tax(kind(billing, line)):
        carrier, product = carried_by(kind(billing, line), item(billing, line)), item(billing, line)
        own = sorted(
            (one for one in fitting if one.is_tax),
            key=lambda one: (one.text.endswith(f" {product}"), one.text == carrier, _size(invoice, one.line)),
        )
    if not own:
        raise InputRefused(
            f"Document {journal.key} takes back {words}, and its invoice {invoice.header.number} has no such line or "
            "tax in Fusion. Make it by hand there."
        )
    return own[-1]


def _size(invoice: Held, number: int) -> Decimal:
    return abs(_came_to(invoice, number, is_tax=False))


def _came_to(invoice: Held, number: int, *, is_tax: bool) -> Decimal:
    of_line = (one.amount for one in invoice.booked if (one.line, one.is_tax) == (number, is_tax))
    return -sum(of_line, Decimal(0))
