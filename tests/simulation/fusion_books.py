"""Fusion's books for the oracle: our batches, posted or not, and rows of ours that lie in the interface.

In: the emulator's books. Out: `Booked`. Every batch under our source counts, whoever made it and whatever its status.
A posted batch and the posted batch by which a person reversed it in Fusion are nothing together, where the lines say so
to the cent; all else stands for itself.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from emulators.fusion.books import Batch, Books
from emulators.fusion.demo_site import SOURCE, US_LEDGER
from emulators.fusion.journals import POSTED
from tests.simulation.booked import Booked, BookedLine, booked, settlement_named

# Where the natural account stands in a combination of the demo chart.
_ACCOUNT = 2


class FusionBooks:
    """Reads one pod's ledger."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def booked(self) -> list[Booked]:
        """Return our batches, those left out that a person has reversed with the reversal."""
        batches = [one for one in self._books.batches(US_LEDGER) if one.source == SOURCE]
        by_id = {one.id: one for one in batches}
        pairs = [(by_id[one.reverses], one) for one in batches if one.reverses in by_id]
        undone = {each.id for pair in pairs if self._are_nothing(*pair) for each in pair}
        return [self._read(one) for one in batches if one.id not in undone]

    def duplicates(self) -> list[str]:
        """Return live batches that were loaded under one name."""
        return [f"{key} {sorted(found)}" for key, found in self._books.duplicates().items()]

    def waiting(self) -> set[str]:
        """Return the settlements of which rows lie in the interface, where any import may still take them."""
        rows = (row for row in self._books.interface() if row["SOURCE"] == SOURCE)
        return {settlement_named(row["REFERENCE2"]) for row in rows}

    def _are_nothing(self, batch: Batch, reversal: Batch) -> bool:
        """Tell whether a batch and its reversal, both posted, come to nothing on every account and reference."""
        sums: Counter[tuple[str, str]] = Counter()
        for line in (*self._lines(batch), *self._lines(reversal)):
            sums[line.account, line.reference] += line.amount
        return (batch.status, reversal.status) == (POSTED, POSTED) and not any(sums.values())

    def _lines(self, batch: Batch) -> list[BookedLine]:
        return [
            BookedLine(one.account.split("-")[_ACCOUNT], Decimal(one.amount), one.fields["RECONCILIATION"])
            for one in self._books.lines(batch.id)
        ]

    def _read(self, batch: Batch) -> Booked:
        description, is_posted = batch.fields["DESCRIPTION"], batch.status == POSTED
        return booked(batch.id, description, batch.status, self._lines(batch), is_posted=is_posted)
