"""How an ERP that keeps receivables takes a receipt: from whom, and to which invoices and credit memos it is applied.

The amounts stand in the document's lines as those of a journal do: clearing on one side, and on the other the account
that the invoices stand on, a line for each of them. Here is what receivables ask beside them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Applied:
    """The receivables side of one receipt.

    `customer` is the bill-to account. `to` are the posting keys of the invoices and credit memos it is applied to, by
    line of the document, "" on the line that the money stands on.
    """

    customer: str
    to: tuple[str, ...]

    def content(self) -> dict:
        """Return all of it as plain JSON values."""
        return {"customer": self.customer, "to": list(self.to)}

    @classmethod
    def from_content(cls, content: dict) -> Applied:
        """Rebuild it from `content()`."""
        return cls(content["customer"], tuple(content["to"]))
