"""A place for files that are written once: a local folder, or any address fsspec knows (S3 and its like).

In: finished temporary files. Out: files under names that never change their content. `keep` is the one durable write of
both file stores: flushed to the disk, then put in place whole, so that a crash leaves either nothing or everything.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from upath import UPath

from ledger.errors import StoreError

_WRITING = ".writing"  # temporary files, inside the folder so that a move never crosses a file system


class Place:
    """One folder of immutable files; names are relative, with forward slashes."""

    def __init__(self, url: str) -> None:
        self.is_local = urlsplit(url).scheme in ("", "file")
        self.root = Path(url.removeprefix("file://")).absolute() if self.is_local else UPath(url)
        self.shown = _without_credentials(url)
        self._copies: Path | None = None
        self._digests: dict[Path, tuple[tuple[int, int, int], str]] = {}

    @contextmanager
    def temporary(self, suffix: str = "") -> Iterator[Path]:
        """Give the path of a file still to be written; whatever is left of it at the end is removed."""
        path = self.scratch() / f"{os.getpid()}-{uuid.uuid4().hex}{suffix}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def keep(self, temporary: Path, name: str, sha256: str) -> None:
        """Put a finished file in place under its final name; raise StoreError when it cannot be written.

        `sha256` is the hash of the temporary file, so that this process need not take it once more.

        The temporary file stays, so that a writer who lost a race can put it under the next name; what stands under a
        name is never moved away, for it may be somebody else's by now.
        """
        with self.sentence_for_disk(f"keep {name}"):
            if self.is_local:
                self._keep_local(temporary, self.root / name)
                self._digests[self.root / name] = (_mark(self.root / name), sha256)
            else:
                self._keep_remote(temporary, name)

    def exists(self, name: str) -> bool:
        """Tell whether a file stands under this name."""
        return (self.root / name).exists()

    def size(self, name: str) -> int | None:
        """Return the length of the file under this name, None without one."""
        return int((self.root / name).stat().st_size) if self.exists(name) else None

    def holds(self, name: str, size_bytes: int) -> bool:
        """Tell whether a file of this length stands under this name."""
        return self.size(name) == size_bytes

    def scratch(self) -> Path:
        """Return a local folder for unfinished files."""
        folder = self.root / _WRITING if self.is_local else self._folder_for_copies()
        with self.sentence_for_disk("write"):
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    def fetch(self, name: str, sha256: str) -> Path:
        """Return a local path to a file, every byte checked; raise StoreError naming a missing or damaged one."""
        with self.sentence_for_disk(f"read {name}"):
            path = self.root / name if self.is_local else self._copy(name, sha256)
            found = self._digest(path) if path.exists() else None
        if found is None:
            raise StoreError(f"File {name} with SHA-256 {sha256} is missing in {self.shown}. Restore it from a backup.")
        if found != sha256:
            raise StoreError(
                f"File {name} in {self.shown} is damaged: its SHA-256 is {found}, it was written as {sha256}. It is "
                "not used. Restore it from a backup, or remove it and fetch it again."
            )
        return path

    def _digest(self, path: Path) -> str:
        """Return the SHA-256 of a file, taken once per process for a file that nobody has written to since."""
        mark = _mark(path)
        known = self._digests.get(path)
        if known is None or known[0] != mark:
            known = self._digests[path] = (mark, digest_of(path))
        return known[1]

    @contextmanager
    def sentence_for_disk(self, doing: str) -> Iterator[None]:
        """Turn an error of the file system into one sentence."""
        try:
            yield
        except OSError as error:
            cure = "Free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Check that it can be reached"
            said = error.strerror or type(error).__name__
            raise StoreError(
                f"Could not {doing} in {self.shown}: {said}. {cure}, then run again: nothing half is left."
            ) from None

    def _keep_local(self, temporary: Path, target: Path) -> None:
        _flush(temporary)
        for folder in _missing_folders(target.parent):
            folder.mkdir(exist_ok=True)
            _flush(folder.parent)
        temporary.chmod(0o444)  # a reminder for people: never edited in place
        with self.temporary() as second:
            _second_name(temporary, second)
            second.replace(target)
        _flush(target.parent)

    def _keep_remote(self, temporary: Path, name: str) -> None:
        # Object stores show an object when its upload is complete, never in part; so no move is needed.
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("rb") as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)

    def _copy(self, name: str, sha256: str) -> Path:
        """Return a private local copy, fetched again when the one at hand is not whole."""
        copy = self._folder_for_copies() / sha256 / PurePosixPath(name).name
        if copy.exists() and digest_of(copy) == sha256:
            return copy
        source = self.root / name
        if source.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            part = copy.with_name(f"{copy.name}.{uuid.uuid4().hex}")
            with source.open("rb") as remote, part.open("wb") as local:
                shutil.copyfileobj(remote, local, 1 << 20)
            part.replace(copy)
        return copy

    def _folder_for_copies(self) -> Path:
        if self._copies is None:
            self._copies = Path(tempfile.mkdtemp(prefix="connector-copies-"))  # readable by this user only
            weakref.finalize(self, shutil.rmtree, self._copies, ignore_errors=True)
        return self._copies


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mark(path: Path) -> tuple[int, int, int]:
    """Return what changes when somebody writes to a file."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _missing_folders(folder: Path) -> list[Path]:
    """Return the folders still to be made, outermost first."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    return missing[::-1]


def _second_name(path: Path, second: Path) -> None:
    """Give a file a second name; where the file system has no links, a copy that is on the disk."""
    try:
        os.link(path, second)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        shutil.copy(path, second)
        _flush(second)


def _flush(path: Path) -> None:
    """Force a file or a folder's entries to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    if not parts.scheme:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
