"""The bank's folder: statement files that a person or a download drops, taken in by discovery.

In: `<home>/import/<connection>/bank/`. A statement moves to `imported/` beside it; one that is refused moves to
`refused/` with a text file that says why, and into the review queue. The files themselves hold whole account numbers:
they stay the person's to keep or to delete, and nothing else here keeps one.
"""

from dataclasses import dataclass, field
from pathlib import Path

from assets.bank.statement_files import import_statement
from assets.settlements.import_folder import BANK_FOLDER, take_files
from assets.stages.roadmap import Road
from ledger.bank_line import clean_file_name


@dataclass
class Statements:
    """What one look into the folder did: how many files were new or known, and names of refused ones."""

    new: int = 0
    known: int = 0
    refused: list[str] = field(default_factory=list)


def import_statements(road: Road, folder: Path) -> Statements:
    """Take in every statement that waits in a connection's folder; one bad file stops no other."""
    done = Statements()

    def take(path: Path) -> None:
        is_new = import_statement(road, path).outcome == "new"
        done.new, done.known = done.new + is_new, done.known + (not is_new)

    done.refused = take_files(road, folder / BANK_FOLDER, take, clean_file_name)
    return done
