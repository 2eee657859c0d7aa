"""How an ERP that keeps receivables takes a document: as an invoice to a customer, or as a credit memo against one.

The amounts stand in the document's lines as those of a journal do, so that it balances, is stored, approved, posted and
undone like one. Here is what receivables ask beside them: the customer, the account the total stands on, the order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate
from typing import Literal

from ledger.accounts import AccountKey

ClearBy = Literal["journal", "receipts"]


@dataclass(frozen=True)
class LineRule:
    """The accounting rule of one line: the ERP earns its revenue by it, from `start` on and over `periods` if given."""

    name: str
    start: date
    periods: int | None = None

    def content(self) -> dict:
        """Return it as plain JSON values."""
        return {"name": self.name, "start": self.start.isoformat(), "periods": self.periods}

    @classmethod
    def from_content(cls, content: dict) -> LineRule:
        """Rebuild it from `content()`."""
        return cls(content["name"], date.fromisoformat(content["start"]), content["periods"])


@dataclass(frozen=True)
class Billing:
    """The receivables side of one document.

    `customer` is the bill-to account, `receivable` the account of the one line that holds the total. `items` are SKUs
    by line of the document, "" where a line is of no product, `kinds` the categories by line, "" on the receivable; on
    a credit memo they are those of the invoice's lines, so that each is credited by its own. `credited_lines` are the
    places of those among the invoice's own, from 1, and 0 on the receivable. `rules` are the accounting rules by line,
    empty where no line has one; a credit memo has none, it follows those of its invoice. `credits` is the posting key
    of the invoice that a credit memo takes back, "" on an invoice; `transaction_id` and `refund_id` are Amazon's, as
    far as it tells them. `clear_by` says what closes it when Amazon settles: a line of the settlement's journal on an
    account that nobody pays into, or a receipt that is applied to it.
    """

    order_id: str
    customer: str
    receivable: AccountKey
    items: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    credited_lines: tuple[int, ...] = ()
    credits: str = ""
    transaction_id: str = ""
    refund_id: str = ""
    rules: tuple[LineRule | None, ...] = ()
    clear_by: ClearBy = "journal"

    @property
    def is_credit(self) -> bool:
        """Tell whether the document takes an invoice back, in whole or in part."""
        return bool(self.credits)

    @property
    def is_open(self) -> bool:
        """Tell whether the ERP keeps it open until a receipt is applied to it."""
        return self.clear_by == "receipts"

    def undone(self, posting_key: str) -> Billing:
        """Return the form of what undoes the document of that key: an invoice is credited, a credit billed again."""
        if self.is_credit:
            return replace(self, credits="", credited_lines=())
        places = accumulate(bool(kind) for kind in self.kinds)
        credited = tuple(place if kind else 0 for place, kind in zip(places, self.kinds, strict=True))
        return replace(self, credits=posting_key, credited_lines=credited, rules=())

    def rule_of(self, line_number: int) -> LineRule | None:
        """Return the accounting rule of a line of the document, None where it has none."""
        return self.rules[line_number - 1] if line_number <= len(self.rules) else None

    def content(self) -> dict:
        """Return all of it as plain JSON values."""
        return {
            "order_id": self.order_id,
            "customer": self.customer,
            "receivable": str(self.receivable),
            "items": list(self.items),
            "kinds": list(self.kinds),
            "credited_lines": list(self.credited_lines),
            "credits": self.credits,
            "transaction_id": self.transaction_id,
            "refund_id": self.refund_id,
            # Left out where there is none, so that the fingerprints of ordinary invoices stay what they were.
            **({"rules": [one and one.content() for one in self.rules]} if self.rules else {}),
            # Left out where it is as ever, so that the fingerprints of those documents stay what they were.
            **({"clear_by": self.clear_by} if self.is_open else {}),
        }

    @classmethod
    def from_content(cls, content: dict) -> Billing:
        """Rebuild it from `content()`."""
        plain = {name: content[name] for name in ("order_id", "customer", "credits", "transaction_id", "refund_id")}
        rows = {name: tuple(content[name]) for name in ("items", "kinds", "credited_lines")}
        rules = tuple(one and LineRule.from_content(one) for one in content.get("rules", ()))
        receivable, clear_by = AccountKey.parse(content["receivable"]), content.get("clear_by", "journal")
        return cls(receivable=receivable, rules=rules, clear_by=clear_by, **rows, **plain)
