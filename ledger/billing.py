"""How an ERP that keeps receivables takes a document: as an invoice to a customer, or as a credit memo against one.

The amounts stand in the document's lines as those of a journal do, so that it balances, is stored, approved, posted and
undone like one. Here is what receivables ask beside them: the customer, the account the total stands on, the order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ledger.accounts import AccountKey


@dataclass(frozen=True)
class Billing:
    """The receivables side of one document.

    `customer` is the bill-to account, `receivable` the account of the one line that holds the total. `items` are SKUs
    by line of the document, "" where a line is of no product, `kinds` the categories by line, "" on the receivable; on
    a credit memo they are those of the invoice's lines, so that each is credited by its own. `credits` is the posting
    key of the invoice that a credit memo takes back, "" on an invoice; `transaction_id` and `refund_id` are Amazon's,
    as far as it tells them.
    """

    order_id: str
    customer: str
    receivable: AccountKey
    items: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    credits: str = ""
    transaction_id: str = ""
    refund_id: str = ""

    @property
    def is_credit(self) -> bool:
        """Tell whether the document takes an invoice back, in whole or in part."""
        return bool(self.credits)

    def undone(self, posting_key: str) -> Billing:
        """Return the form of what undoes the document of that key: an invoice is credited, a credit billed again."""
        return replace(self, credits="" if self.is_credit else posting_key)

    def content(self) -> dict:
        """Return all of it as plain JSON values."""
        return {
            "order_id": self.order_id,
            "customer": self.customer,
            "receivable": str(self.receivable),
            "items": list(self.items),
            "kinds": list(self.kinds),
            "credits": self.credits,
            "transaction_id": self.transaction_id,
            "refund_id": self.refund_id,
        }

    @classmethod
    def from_content(cls, content: dict) -> Billing:
        """Rebuild it from `content()`."""
        plain = {name: content[name] for name in ("order_id", "customer", "credits", "transaction_id", "refund_id")}
        rows = {name: tuple(content[name]) for name in ("items", "kinds")}
        return cls(receivable=AccountKey.parse(content["receivable"]), **rows, **plain)
