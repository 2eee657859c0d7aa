"""Read the zip of an import: CSV files at its root, columns by position, no header.

What comes in: bytes, and the names that a job's control files know. What goes out: each file's records; or LoadFailed
with the sentence that the load's log shows. Pure. Nothing of a faulty file is loaded.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence

# A bomb or a wrong file is refused before it is unpacked.
ENTRY_BYTES_MAX = 250 * 1024 * 1024
DATE = re.compile(r"\d{4}/(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d{1,22}(\.\d{0,12})?|\.\d{1,12})", re.ASCII)


class LoadFailed(Exception):
    """The load ends in ERROR; the text is the sentence of its log."""


def entries(content: bytes, needed: str, optional: Sequence[str] = ()) -> dict[str, str]:
    """Return the texts of a zip by name; raises LoadFailed for any other entry, or when the needed one is missing."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
            if needed not in names or len(set(names)) < len(names) or set(names) - {needed, *optional}:
                # The loader finds its control file by the name of the entry, upper and lower case included.
                raise LoadFailed(f"No control file was found for {names[:3]}: the zip must hold one {needed}.")
            return {name: _text_of(archive, name) for name in names}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        raise LoadFailed("The document isn't a readable zip file.") from None


def _text_of(archive: zipfile.ZipFile, name: str) -> str:
    if archive.getinfo(name).file_size > ENTRY_BYTES_MAX:
        raise LoadFailed(f"{name} is too large.")
    try:
        return archive.read(name).decode("utf-8")
    except UnicodeDecodeError:
        raise LoadFailed(f"{name} isn't encoded in UTF-8.") from None


def records(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each record, an END marker taken off; raises LoadFailed for what is no CSV."""
    is_empty = True
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1):
            if cells:
                is_empty = False
                yield number, cells[:-1] if cells[-1] == "END" else cells
    except csv.Error as error:
        raise LoadFailed(f"{name} can't be read as CSV: {error}.") from None
    if is_empty:
        raise LoadFailed(f"{name} has no rows.")
