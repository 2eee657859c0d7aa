"""The file of a backup: one .tar.gz, its manifest first, every other member with the hash it must have.

In: rows and files of the stores. Out: an archive that either is whole or is refused before anything is taken from it.
Tables are JSON lines, so that SQLite and PostgreSQL read each other's backups. Members are read one by one under names
known beforehand and never unpacked by path.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from ledger.errors import InputRefused
from resources.store.columns import moment_from, moment_text

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files.jsonl"
VAULT = "vault"
TABLES = "tables/"
DOCUMENTS = "documents/"
WAREHOUSE = "warehouse/"
_MANIFEST_BYTES_MAX = 16 << 20
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup holds; `members` is name to SHA-256 and bytes, `chains` connection to last number and hash.

    `rows` counts the rows of each table, `files` the documents and warehouse files that these rows refer to.
    """

    made_at: datetime
    connector: str
    schema: str
    engine: str
    rows: dict[str, int]
    chains: dict[str, list]
    files: dict[str, int]
    has_files: bool
    members: dict[str, dict]

    def text(self) -> str:
        """Return the manifest as it stands in the archive."""
        plain = {"format": FORMAT, **asdict(self), "made_at": moment_text(self.made_at)}
        return json.dumps(plain, indent=1, sort_keys=True)


class ArchiveWriter:
    """A backup while it is written."""

    def __init__(self, tar: tarfile.TarFile, made_at: datetime) -> None:
        self._tar = tar
        self._seconds = int(made_at.timestamp())

    def add(self, name: str, path: Path) -> None:
        """Put a file in under a name of ours."""
        with path.open("rb") as file:
            self._put(name, file, path.stat().st_size)

    def add_text(self, name: str, text: str) -> None:
        """Put a text in."""
        data = text.encode()
        self._put(name, io.BytesIO(data), len(data))

    def _put(self, name: str, file: IO[bytes], size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, self._seconds, 0o600
        self._tar.addfile(member, file)


@contextmanager
def writing(target: Path, made_at: datetime) -> Iterator[ArchiveWriter]:
    """Write a backup beside its place and move it there whole; readable by its owner alone, durable at the end."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.writing")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            with (
                gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=int(made_at.timestamp())) as packed,
                tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
            ):
                yield ArchiveWriter(tar, made_at)
            raw.flush()
            os.fsync(raw.fileno())
        temporary.replace(target)
        _flush_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def checked(path: Path) -> Manifest:
    """Return the manifest of a backup of which every byte is as it was written; raise InputRefused otherwise."""
    manifest: Manifest | None = None
    seen: set[str] = set()
    with _refusing(path):
        for name, file in members(path):
            if manifest is None:
                manifest = _manifest(path, name, file)
                continue
            wanted = manifest.members.get(name)
            digest, size = _digest(file)
            if wanted is None or name in seen or (digest, size) != (wanted["sha256"], wanted["bytes"]):
                raise _damaged(path, f"{name[:120]!r} is not what its manifest says")
            seen.add(name)
    if manifest is None:
        raise _damaged(path, "it is empty")
    missing = sorted(manifest.members.keys() - seen)
    if missing:
        raise _damaged(path, f"{missing[0]} is missing")
    return manifest


def members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield name and content of every member in order; the content is read before the next one is asked for."""
    with tarfile.open(path, "r|gz") as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isreg() else None
            if file is None:
                raise _damaged(path, f"{member.name[:120]!r} is no plain file")
            yield member.name, file


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn whatever cannot be read into one sentence."""
    try:
        yield
    except FileNotFoundError:
        raise InputRefused(f"There is no backup {path}. Check the path; nothing was changed.") from None
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise _damaged(path, f"it cannot be read ({type(error).__name__})") from None


def rows_of(file: IO[bytes]) -> Iterator[dict]:
    """Yield the rows of a member of JSON lines."""
    for line in file:
        yield json.loads(line)


def _manifest(path: Path, name: str, file: IO[bytes]) -> Manifest:
    if name != MANIFEST:
        raise _damaged(path, "it does not begin with a manifest")
    try:
        plain = json.loads(file.read(_MANIFEST_BYTES_MAX))
        number = plain.pop("format")
        if number != FORMAT:
            raise InputRefused(
                f"{path} is a backup of format {number}, this connector reads format {FORMAT}. Restore it with the "
                "version that made it; nothing was changed."
            )
        return Manifest(**{**plain, "made_at": moment_from(plain["made_at"])})
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _damaged(path, "its manifest cannot be read") from None


def _digest(file: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _damaged(path: Path, what: str) -> InputRefused:
    return InputRefused(
        f"{path} is no whole backup: {what}. Nothing was changed. Take another copy of it, or an earlier backup."
    )


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
