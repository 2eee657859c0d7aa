"""Reversals of receipts of one Fusion site: an action on the receipt, known by the state that it leaves there.

A reversal has no number and no row of its own in Fusion. So it is asked for by the receipt's state before it is sent
and after an unclear answer, and who reversed a receipt makes no difference: it is applied to nothing any more. The
action takes no date; Fusion dates the reversal itself. Source: docs.oracle.com/en/cloud/saas/financials/26d/farfa/
op-standardreceipts-standardreceiptid-action-reversereceipt-post.html.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ledger.errors import TargetMisconfigured, TargetRefused, TargetUnavailable, TargetUnclear
from ledger.journal import Journal
from resources.erp.fusion.door import Door
from resources.erp.fusion.receivables import receipt_payload as payload
from resources.erp.fusion.receivables.receipt_payload import RESOURCE, HeldReceipt
from resources.erp.fusion.receivables.refusal import after_refusal
from resources.erp.fusion.receivables.settings import ReceiptSettings, ReceivablesSettings
from resources.erp.fusion.settings import FusionSettings
from resources.erp.target import BooksState, FoundDocument, ReadBack, TargetStatus

_ACTION = "reverseReceipt"


class ReceiptReversals:
    """Reverses receipts of one business unit; `of_number` returns the receipts of a number, as they stand."""

    def __init__(
        self,
        settings: FusionSettings,
        ours: ReceivablesSettings,
        receipts: ReceiptSettings,
        door: Door,
        of_number: Callable[[str], list[HeldReceipt]],
    ) -> None:
        self._settings = settings
        self._ours = ours
        self._receipts = receipts
        self._door = door
        self._of_number = of_number

    def submit(self, journal: Journal) -> str:
        """Reverse one receipt, once; return what we call that.

        Raises TargetUnavailable, TargetMisconfigured (nothing was done), TargetRefused (a parsed no) and TargetUnclear
        (ask by state, also when it is reversed already).
        """
        number, reversal = payload.number(journal, self._ours), self._receipts.reversal
        if reversal is None:
            raise TargetMisconfigured(
                f"Receipt {number} was not reversed: the Fusion settings do not say how. Set category and reason under "
                "receivables, receipts, reversal; or reverse it in Fusion by hand."
            )
        held = self._of_number(number)
        if len(held) != 1:
            there = f"Fusion shows {len(held)} of this number" if held else "Fusion does not show it"
            raise TargetUnavailable(f"Receipt {number} was not reversed: {there}. A later run looks again.")
        if held[0].state is BooksState.REMOVED:
            raise TargetUnclear(f"Receipt {number} is reversed already: nothing was sent, and its state is asked.")
        path = f"{RESOURCE}/{held[0].id}/action/{_ACTION}"
        what = f"Reversal of receipt {number}"
        try:
            self._door.act(what, path, f"POST {RESOURCE}/{_ACTION}", payload.reversal(reversal))
        except TargetRefused as refusal:
            raise after_refusal(refusal, number, lambda: self._reversed(journal) is not None) from None
        return payload.reversal_id(journal, self._ours)

    def status(self, journal: Journal) -> TargetStatus:
        """Read whether a receipt is reversed, once."""
        held = self._reversed(journal)
        if held is None:
            return TargetStatus(BooksState.ABSENT, "")
        return TargetStatus(BooksState.POSTED, held.status)

    def find(self, journals: Sequence[Journal]) -> list[FoundDocument]:
        """Return the reversals that the books show, each as the document that asked."""
        found = []
        for journal in journals:
            held = self._reversed(journal)
            if held is not None:
                one = payload.found(held, payload.undone(journal), self._settings, self._receipts)
                name = payload.reversal_id(journal, self._ours)
                told = {"erp_id": name, "state": BooksState.POSTED, "key_matches": journal.key, "happened": ""}
                # Fusion dates the reversal itself; what is compared is the receipt.
                found.append(replace(one, **told, accounting_date=journal.accounting_date, is_same=True))
        return found

    def read_back(self, journal: Journal, link: str) -> ReadBack:
        """Read what a reversed receipt takes back; raises TargetUnavailable when it is not shown as reversed."""
        held = self._reversed(journal)
        name = payload.reversal_id(journal, self._ours)
        if held is None:
            raise TargetUnavailable(f"Reversal {name} is not in Fusion's books: its receipt is not reversed there.")
        lines = payload.lines(held, payload.undone(journal), self._settings)
        return ReadBack(
            erp_id=name,
            state=BooksState.POSTED,
            erp_status=held.status,
            accounting_date=journal.accounting_date,
            currency=held.currency,
            lines=tuple(replace(one, amount=-one.amount) for one in lines),
            link=link,
        )

    def _reversed(self, journal: Journal) -> HeldReceipt | None:
        """Return the receipt that a document reverses where it is reversed, and no other of its number stands."""
        held = self._of_number(payload.number(journal, self._ours))
        return held[0] if held and held[0].state is BooksState.REMOVED else None
