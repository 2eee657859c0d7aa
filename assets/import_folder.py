"""The import folder: archived settlement files that a person drops, taken onto the road by discovery.

In: `<home>/import/<connection>/`. A file that is a settlement moves to `imported/` beside it; one that is refused moves
to `refused/` with a text file that says why. Files are taken when they have not changed for a while, so that one still
being copied is not read half.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from assets.roadmap import Road
from assets.settlement_reports import import_file
from ledger.errors import ConnectorError, Finding, InputRefused

SETTLED_SECONDS = 5
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


def take_files(road: Road, folder: Path, take: Callable[[Path], None]) -> list[str]:
    """Hand every settled file of a folder to `take`, and move it; return the names of those it refused.

    A refused file goes into the review queue, and so does one that could not be read for a reason nobody foresaw.
    """
    refused: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.name.startswith(".") or not _is_settled(road, path):
            continue
        try:
            take(path)
        except InputRefused as error:
            _refuse(road, folder, path, error)
            refused.append(path.name)
            continue
        except ConnectorError:
            raise
        except Exception as error:
            # A fault nobody foresaw holds this file, by the kind of the fault only; it stays, to be tried again.
            _hold(road, path, f"{path.name} could not be read: {type(error).__name__}.", "It is tried again by itself.")
            refused.append(path.name)
            continue
        _move(path, folder / "imported")
    return refused


def _is_settled(road: Road, path: Path) -> bool:
    return road.clock.now().timestamp() - path.stat().st_mtime >= SETTLED_SECONDS


def _refuse(road: Road, folder: Path, path: Path, error: InputRefused) -> None:
    """Put the file aside with the reason beside it, and into the review queue."""
    moved = _move(path, folder / "refused")
    moved.with_name(moved.name + ".why.txt").write_text(f"{error}\n", encoding="utf-8")
    _hold(road, path, str(error), f"Correct the file and put it into {folder} again.", moved.name)


def _hold(road: Road, path: Path, sentence: str, cure: str, origin: str = "") -> None:
    key = "file-" + "".join(letter if letter.isalnum() or letter in "_-" else "-" for letter in path.stem)[:90]
    finding = Finding("file_refused", sentence, cure, origin=origin or path.name)
    road.stores.review.open(road.connection, key, finding, actions=("dismiss",), run=road.run)


def _move(path: Path, folder: Path) -> Path:
    """Move a file without replacing one of the same name."""
    assert folder.name in _OWN_FOLDERS
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}-{number}{path.suffix}"
    return path.rename(target)
