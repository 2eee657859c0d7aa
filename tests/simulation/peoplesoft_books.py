"""PeopleSoft's books for the oracle: our journals that are in the general ledger or on their way there.

In: the emulator's books. Out: `Booked`. Every header that stands for an entry counts, whatever its status.
"""

from __future__ import annotations

from emulators.peoplesoft.books import WITHOUT_EFFECT, Books, Journal
from tests.simulation.booked import Booked, BookedLine, booked

SOURCE = "AMZ"
# An unposted journal and its counterpart stand for nothing any more.
_WITHOUT = (*WITHOUT_EFFECT, "U")


class PeopleSoftBooks:
    """Reads one site."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def booked(self) -> list[Booked]:
        """Return our journals that are in the books or on their way there."""
        ours = (one for one in self._books.journals() if one.source == SOURCE and one.key.unpost_seq == 0)
        return [self._read(one) for one in ours if one.status not in _WITHOUT]

    def duplicates(self) -> list[str]:
        """Return live journals that share unit and description."""
        return [f"{key} {sorted(found)}" for key, found in self._books.duplicates().items()]

    def waiting(self) -> set[str]:
        """Return nothing: a journal that is not in the books lies nowhere else."""
        return set()

    def _read(self, journal: Journal) -> Booked:
        lines = [BookedLine(one.account, one.amount, one.reference) for one in self._books.lines(journal.key)]
        is_posted = journal.status == "P"
        return booked(str(journal.key), journal.description, journal.status, lines, is_posted=is_posted)
