"""One row of AutoInvoice's interface as an invoice's header and line, and what decides which rows share an invoice.

What comes in: a row of the interface table. What goes out: attributes under the names of REST, so that an imported
invoice is checked and shown as any other; the grouping key; distributions with their amounts, or a Refusal. Pure.
Which attributes group is assumed after AutoInvoice's standard rule; that internal notes do is reported of a live pod.
https://docs.oracle.com/en/cloud/saas/financials/25c/oedmf/rainterfacedistributionsall-8842.html.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from emulators.fusion.answers import plain
from emulators.fusion.entry_checks import fault, rounded
from emulators.fusion.invoice_entry import FLEX_CONTEXT, LINE_FLEXFIELD
from emulators.fusion.receivables import LineContext
from emulators.fusion.store import Fields

LINE, TAX = "LINE", "TAX"
RECEIVABLE = "REC"
CLASSES = {"REV": "Revenue", RECEIVABLE: "Receivable", "TAX": "Tax"}
_CLASSES_OF = {LINE: ("REV", RECEIVABLE), TAX: ("TAX",)}
_HEADER = {
    "SOURCE": "TransactionSource",
    "TYPE": "TransactionType",
    "TERMS": "PaymentTerms",
    "TRX_DATE": "TransactionDate",
    "GL_DATE": "AccountingDate",
    "NUMBER": "TransactionNumber",
    "BILL_TO": "BillToCustomerNumber",
    "BILL_TO_SITE": "BillToSite",
    "CURRENCY": "InvoiceCurrencyCode",
    "RATE_TYPE": "ConversionRateType",
    "RATE_DATE": "ConversionDate",
    "RATE": "ConversionRate",
    "INVOICING_RULE": "InvoicingRule",
    "LEGAL_ENTITY": "LegalEntityIdentifier",
    "TAX_COUNTRY": "DefaultTaxationCountry",
    "PURCHASE_ORDER": "PurchaseOrder",
    "COMMENTS": "Comments",
    "INTERNAL_NOTES": "InternalNotes",
}
_LINE = {
    "DESCRIPTION": "Description",
    "MEMO_LINE": "MemoLine",
    "QUANTITY": "Quantity",
    "UNIT_PRICE": "UnitSellingPrice",
    "AMOUNT": "LineAmount",
    "UOM": "UnitOfMeasure",
    "TAX_CODE": "TaxClassificationCode",
    "SALES_ORDER": "SalesOrder",
    "ACCOUNTING_RULE": "AccountingRule",
    "RULE_DURATION": "AccountingRuleDuration",
    "RULE_START": "RuleStartDate",
}


@dataclass(frozen=True)
class InterfaceLine:
    """A row of the lines interface; `status` is blank, REJECTED or HELD."""

    id: int
    load_id: str
    key: str
    status: str
    cells: Mapping[str, str]

    @staticmethod
    def of(row: Fields) -> InterfaceLine:
        """Read a row of the table."""
        return InterfaceLine(
            int(row["ID"]), row["LOAD_REQUEST_ID"], row["LINE_KEY"], row["STATUS"], json.loads(row["BODY"])
        )

    @property
    def kind(self) -> str:
        """Return the line type."""
        return self.cells["LINE_TYPE"]

    @property
    def link(self) -> str:
        """Return the key of the line that this one is linked to, "" for none."""
        return self.cells["LINK_KEY"]


def group_of(line: InterfaceLine, day: str) -> tuple[str, ...]:
    """Return what lines of one invoice have in common."""
    header = header_of(line, day)
    return tuple(header.get(name, "") for name in _HEADER.values())


def header_of(line: InterfaceLine, day: str) -> dict[str, str]:
    """Return the invoice's attributes as a line has them; `day` stands in for dates that are blank."""
    found = {new: line.cells[old] for old, new in _HEADER.items() if line.cells[old]}
    return {"TransactionDate": day, "AccountingDate": day, **found}


def line_of(line: InterfaceLine, context: LineContext) -> dict[str, Any]:
    """Return a line's own attributes, with its flexfield."""
    _, *attributes = json.loads(line.key)
    named = zip(context.segments, attributes, strict=False)
    flexfield = {FLEX_CONTEXT: context.name, **{name: text for name, text in named if text}}
    found = {new: line.cells[old] for old, new in _LINE.items() if line.cells[old]}
    return {**found, LINE_FLEXFIELD: [flexfield]}


def tax_of(line: InterfaceLine) -> dict[str, str]:
    """Return a TAX line as a tax line of the line it is linked to."""
    names = {"TAX_REGIME": "TaxRegimeCode", "TAX_RATE_CODE": "TaxRateCode", "AMOUNT": "TaxAmount"}
    return {new: line.cells[old] for old, new in names.items() if line.cells[old]}


def check_distributions(line: InterfaceLine, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse distributions of a class that a line can't have, or with neither or both of amount and percent."""
    for row in rows:
        name = row["ACCOUNT_CLASS"]
        if name not in _CLASSES_OF[line.kind]:
            raise fault("", f"The account class {name[:30]} isn't valid for a line of type {line.kind}.")
        if bool(row["AMOUNT"]) == bool(row["PERCENT"]):
            raise fault("", f"A distribution of class {name} needs an amount or a percentage, and not both.")
    for name in _CLASSES_OF[line.kind]:
        own = [row for row in rows if row["ACCOUNT_CLASS"] == name]
        if len({bool(row["PERCENT"]) for row in own}) > 1:
            raise fault("", f"The distributions of class {name} mix amounts and percentages.")


def distributed(
    name: str, rows: Sequence[Mapping[str, Any]], whole: Decimal, step: Decimal, delimiter: str
) -> list[dict[str, str]]:
    """Return the distributions of one class with their amounts; raises Refusal when they don't make up the whole."""
    own = [row for row in rows if row["ACCOUNT_CLASS"] == name]
    amounts = _amounts(name, own, whole, step)
    found = []
    for row, amount in zip(own, amounts, strict=True):
        segments = delimiter.join(one for one in row["SEGMENTS"] if one)
        shown = {"AccountClass": CLASSES[name], "AccountCombination": segments, "Amount": plain(amount)}
        shown |= {"Percent": plain(Decimal(row["PERCENT"]))} if row["PERCENT"] else {}
        found.append(shown | ({"Comments": row["COMMENTS"][:240]} if row["COMMENTS"] else {}))
    return found


def _amounts(name: str, own: Sequence[Mapping[str, Any]], whole: Decimal, step: Decimal) -> list[Decimal]:
    if not own:
        return []
    if own[0]["PERCENT"]:
        percents = [Decimal(row["PERCENT"]) for row in own]
        if sum(percents) != 100:
            raise fault("", f"The percentages of class {name} make {plain(sum(percents))}, and must make 100.")
        amounts = [rounded(whole * percent / 100, step) for percent in percents[:-1]]
        return [*amounts, whole - sum(amounts, Decimal(0))]
    amounts = [Decimal(row["AMOUNT"]) for row in own]
    if sum(amounts) != whole:
        raise fault("", f"The amounts of class {name} make {plain(sum(amounts))}, and must make {plain(whole)}.")
    return amounts
