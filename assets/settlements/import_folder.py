"""The import folder: archived settlement files that a person drops, taken onto the road by discovery.

In: `<home>/import/<connection>/`. A file that is a settlement moves to `imported/` beside it; one that is refused moves
to `refused/` with a text file that says why. Files are taken when they have not changed for a while, so that one still
being copied is not read half.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from assets.settlement_reports import import_file
from assets.stages.outcome import align
from assets.stages.roadmap import Road
from ledger.bank_line import clean, clean_file_name
from ledger.errors import BankFileRefused, ConnectorError, Finding, InputRefused

SETTLED_SECONDS = 5
CODE = "file_refused"
# Bank statements have a folder of their own inside a connection's.
BANK_FOLDER = "bank"
_OWN_FOLDERS = ("imported", "refused")


@dataclass
class Imported:
    """What one look into the folder did: settlement ids by outcome, names of refused files."""

    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def import_waiting(road: Road, folder: Path) -> Imported:
    """Import every file that waits in a connection's folder; one bad file stops no other."""
    done = Imported()

    def take(path: Path) -> None:
        settlement_id, outcome = import_file(road, path)
        getattr(done, outcome).append(settlement_id)

    done.refused = take_files(road, folder, take)
    return done


def take_files(
    road: Road, folder: Path, take: Callable[[Path], None], name_of: Callable[[str], str] = clean
) -> list[str]:
    """Hand every settled file of a folder to `take`, and move it; return the names of those it refused.

    A refused file goes into the review queue, and so does one that could not be read for a reason nobody foresaw; the
    item ends when a file of that name is taken in. `name_of` makes a file's name fit to be shown.
    """
    refused: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not _is_settled(road, path):
            continue
        try:
            take(path)
        except Exception as error:
            if not path.exists():
                continue  # Another process has taken it meanwhile.
            if isinstance(error, ConnectorError) and not isinstance(error, InputRefused):
                raise
            name = shown_name(path.name, error, name_of)
            _refuse(road, folder, path, error, name)
            refused.append(name)
            continue
        _move(path, folder / "imported")
        taken_in(road, name_of(path.name))
    return refused


def shown_name(name: str, error: Exception, name_of: Callable[[str], str] = clean) -> str:
    """Return a refused file's name as it may be shown: that of a bank statement may hold an account number."""
    return clean_file_name(name) if isinstance(error, BankFileRefused) else name_of(name)


def taken_in(road: Road, name: str) -> None:
    """End the item of a file that was refused before under this name."""
    align(road, _item_name(name), (), {CODE})


def hold(road: Road, name: str, sentence: str, cure: str) -> None:
    """Put a file that was refused into the review queue, by a name that is fit to be shown."""
    finding = Finding("file_refused", sentence, cure, origin=name)
    road.stores.review.open(road.connection, _item_name(name), finding, actions=("dismiss",), run=road.run)


def _is_settled(road: Road, path: Path) -> bool:
    try:
        return path.is_file() and road.clock.now().timestamp() - path.stat().st_mtime >= SETTLED_SECONDS
    except FileNotFoundError:
        return False


def _refuse(road: Road, folder: Path, path: Path, error: Exception, name: str) -> None:
    """Put a refused file aside with the reason beside it, and into the review queue."""
    if not isinstance(error, InputRefused):
        # A fault nobody foresaw holds this file, by the kind of the fault only; it stays, to be tried again.
        sentence = f"{name} could not be read: {type(error).__name__}."
        hold(road, name, sentence, "It is tried again by itself; this item ends when it is taken in.")
        return
    moved = _move(path, folder / "refused")
    moved.with_name(moved.name + ".why.txt").write_text(f"{error}\n", encoding="utf-8")
    again = f"Correct the file and put it into {folder} again"
    if isinstance(error, BankFileRefused) and folder.name != BANK_FOLDER:
        again = f"Put it into {folder / BANK_FOLDER}"
    cure = f"{again}, under its name: this item ends then."
    hold(road, name, str(error), cure)


def _item_name(name: str) -> str:
    """Return the name under which a file stands in the review queue."""
    return "file-" + "".join(one if one.isalnum() or one in "_-" else "-" for one in name)[:90]


def _move(path: Path, folder: Path) -> Path:
    """Move a file without replacing one of the same name."""
    assert folder.name in _OWN_FOLDERS
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}-{number}{path.suffix}"
    with suppress(FileNotFoundError):  # Another process was faster.
        path.rename(target)
    return target
