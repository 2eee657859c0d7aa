"""Which earlier settlement a carried row brings in: debts, returned payouts, reserves, charges to the card.

In: a settlement, its predecessor and the settlements before it. Out: for each such row the settlement whose open item
it moves, found by chain and amount, or a finding where that is not certain. Nothing here is profit or loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ledger import categories, money
from ledger.errors import Finding
from ledger.golive import opening_of
from ledger.policy import Policy
from ledger.settlement_head import CarryRow, SettlementHead

Kind = Literal["reserve", "payable", "charge", "transfer_returned"]


@dataclass(frozen=True)
class Carried:
    """A row that brings in something of an earlier settlement; `from_settlement_id` is empty for what the books held
    by hand before go-live (or before an accepted gap) where no settlement is known."""

    source_row: int
    amount: Decimal
    kind: Kind
    from_settlement_id: str


@dataclass(frozen=True)
class Carrying:
    """One settlement among those before it; `earlier` from the newest of its series back, then other series.

    `spent` names what an earlier settlement has brought in already, as (kind, settlement id).
    """

    head: SettlementHead
    previous: SettlementHead | None
    earlier: tuple[SettlementHead, ...]
    policy: Policy
    choices: Mapping[str, str]
    spent: AbstractSet[tuple[str, str]] = frozenset()

    def carried(self, *, is_first_posted: bool) -> tuple[tuple[Carried, ...], list[Finding]]:
        """Return every carried row with its origin, in the order of the file, and what could not be told."""
        findings: list[Finding] = []
        before = self.previous.settlement_id if self.previous else ""
        rows = [
            *(self._row(row, "reserve", before) for row in self.head.rows(categories.RESERVE) if row.amount > 0),
            *(self._row(row, "charge", before) for row in self.head.rows(categories.DEBT_CHARGED)),
            *self._payables(findings, is_first_posted=is_first_posted),
            *(self._returned(row, findings) for row in self.head.rows(categories.TRANSFER_RETURNED) if row.amount),
        ]
        return tuple(sorted(rows, key=lambda row: row.source_row)), findings

    def _row(self, row: CarryRow, kind: Kind, origin: str) -> Carried:
        return Carried(row.source_row, row.amount, kind, origin)

    def _payables(self, findings: list[Finding], *, is_first_posted: bool) -> list[Carried]:
        """Find whose debt came in: the predecessor's as a whole, else each row an older one of exactly its amount."""
        rows = [row for row in self.head.rows(categories.DEBT_CARRIED) if row.amount]
        if self.previous is not None and self.head.debt_brought_in == self.previous.debt:
            return [self._row(row, "payable", self.previous.settlement_id) for row in rows]
        found = []
        for row in rows:
            candidates = self._open("payable", row.amount)
            origin = self._chosen(row, candidates)
            if origin is None and not is_first_posted and self.previous is not None:
                findings.append(self._unknown("debt_chain", row, "debt", candidates))
            found.append(self._row(row, "payable", origin or ""))
        return found

    def _returned(self, row: CarryRow, findings: list[Finding]) -> Carried:
        """Find the payout that came back: the only earlier settlement of that total, else what the books held."""
        candidates = self._open("transfer_returned", row.amount)
        origin = self._chosen(row, candidates)
        if origin is None and not candidates and opening_of(self.head, self.policy).unpaid_payouts >= row.amount:
            return self._row(row, "transfer_returned", "")
        if origin is None:
            findings.append(self._unknown("transfer_origin", row, "payout", candidates))
        return self._row(row, "transfer_returned", origin or "")

    def _open(self, kind: Kind, total: Decimal) -> list[SettlementHead]:
        """Return the earlier settlements of exactly this total that nothing has brought in yet."""
        return [one for one in self.earlier if one.total == total and (kind, one.settlement_id) not in self.spent]

    def _chosen(self, row: CarryRow, candidates: list[SettlementHead]) -> str | None:
        """Return what a person chose among the settlements before, else the only candidate."""
        chosen = self.choices.get(f"{self.head.settlement_id}:{row.source_row}")
        if chosen in {one.settlement_id for one in self.earlier}:
            return chosen
        return candidates[0].settlement_id if len(candidates) == 1 else None

    def _unknown(self, code: str, row: CarryRow, name: str, candidates: list[SettlementHead]) -> Finding:
        amount = money.text(abs(row.amount), self.head.currency)
        ids = ", ".join(one.settlement_id for one in candidates)
        which = f"it may be that of {ids}" if ids else "no earlier settlement has it"
        return Finding(
            code,
            f"Row {row.source_row} of settlement {self.head.settlement_id} ({row.description}) brings back a {name} of "
            f"{amount} {self.head.currency}, and {which}.",
            "Choose the settlement it belongs to in the review queue, or import the one that is missing.",
            origin=f"{self.head.settlement_id} row {row.source_row}",
            amount=row.amount,
        )


def reserve_broken(head: SettlementHead, previous: SettlementHead) -> tuple[Finding, ...]:
    """Say where the reserve that came back is not the one that was held."""
    if head.reserve_returned == previous.reserve_held:
        return ()
    held, returned = (money.text(one, head.currency) for one in (previous.reserve_held, head.reserve_returned))
    return (
        Finding(
            "reserve_chain",
            f"Settlement {previous.settlement_id} held a reserve of {held} {head.currency}, and {head.settlement_id} "
            f"returns {returned}.",
            "Check that both files are whole and none is missing between them; if they are, ask Amazon.",
            origin=head.settlement_id,
            amount=head.reserve_returned - previous.reserve_held,
        ),
    )


def debt_not_carried(head: SettlementHead, previous: SettlementHead) -> tuple[Finding, ...]:
    """Say where a debt was left and not brought in: charged to the card before the settlement closed, most likely."""
    if not previous.debt or head.debt_brought_in:
        return ()
    amount = money.text(previous.debt, head.currency)
    return (
        Finding(
            "debt_not_carried",
            f"Settlement {previous.settlement_id} left a debt of {amount} {head.currency}, and {head.settlement_id} "
            "does not bring it in.",
            f"Look for the charge on the card or bank account and close the clearing item of {previous.settlement_id}.",
            origin=previous.settlement_id,
            amount=previous.total,
            is_blocking=False,
        ),
    )
