"""Whether the files that a warm process has loaded are still those on disk.

In: what is imported, and the project's folder. Out: a yes or no in a few milliseconds, asked before every run. Watched
are the folders of all packages that are not a library's, the project's own wherever they are installed, the connections
under `defs/`, and `.env`. A file that changed while it was being loaded counts as changed.
"""

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from connector_defs.project import Project

OWN_PACKAGES = frozenset({"connector_defs", "assets", "resources", "ledger"})
_LIBRARY = ("stdlib", "platstdlib", "purelib", "platlib")
Stamps = dict[str, tuple[int, int]]


class LoadedSources:
    """The files as they were when a process began to load them."""

    def __init__(self, began_ns: int) -> None:
        self._folders, self._files = _places()
        self._known = {name: stamp for name, stamp in self._stamps().items() if stamp[0] < began_ns}

    def changed(self) -> str:
        """Return the path of a file that is new, gone or different; empty when there is none."""
        differing = {name for name, _ in self._stamps().items() ^ self._known.items()}
        return min(differing, default="")

    def _stamps(self) -> Stamps:
        found: Stamps = {}
        for folder in self._folders:
            found |= dict(_stamps_below(folder))
        for path in self._files:
            if path.exists():
                found[str(path)] = _stamp(path.stat())
        return found


def _places() -> tuple[set[Path], set[Path]]:
    """Return folders and single files that hold what is loaded and may change."""
    library = {Path(sysconfig.get_path(name)).resolve() for name in _LIBRARY}
    folders, files = {Project().folder / "defs"}, {Path.cwd() / ".env"}
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if not path or name in ("__main__", "__mp_main__"):
            continue
        top = sys.modules.get(name.partition(".")[0])
        place = Path(path).resolve()
        if name.partition(".")[0] not in OWN_PACKAGES and any(place.is_relative_to(one) for one in library):
            continue
        folders |= {Path(one).resolve() for one in getattr(top, "__path__", ())}
        files.add(place)
    return folders, files


def _stamps_below(folder: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name == "__pycache__" or entry.name.startswith(".") or entry.name.endswith("~"):
            continue
        if entry.is_dir():
            yield from _stamps_below(Path(entry.path))
        elif entry.is_file():
            yield entry.path, _stamp(entry.stat())


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_mtime_ns, status.st_size
