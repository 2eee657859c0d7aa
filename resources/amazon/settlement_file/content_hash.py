"""Hash the content of a settlement file while it is being read.

The hash tells "the same settlement under another report id" from "the same id with other content". It runs in one
thread beside the scans (hashing releases the interpreter) and costs no time of its own on two cores. In: a plain text
file. Out: a future with the SHA-256 of its text, always ending in one line feed.
"""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

_CHUNK_BYTES = 1 << 20


class ContentHash:
    """One worker thread that hashes; leaving the context ends it, also when the file was refused."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="content-hash")
        self._forgotten = threading.Event()

    def __enter__(self) -> ContentHash:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.forget()
        self._worker.shutdown(wait=True)

    def start(self, path: Path) -> Future[str]:
        """Begin to hash a file and return the future of its digest."""
        self._forgotten = threading.Event()
        return self._worker.submit(_digest, path, self._forgotten)

    def known(self, digest: str) -> Future[str]:
        """Return the future of a digest that is known already."""
        found: Future[str] = Future()
        found.set_result(digest)
        return found

    def forget(self) -> None:
        """Stop the hash that is running: its file turned out not to be plain."""
        self._forgotten.set()


def _digest(path: Path, forgotten: threading.Event) -> str:
    digest = hashlib.sha256()
    last = b""
    with path.open("rb") as file:
        while not forgotten.is_set() and (chunk := file.read(_CHUNK_BYTES)):
            digest.update(chunk)
            last = chunk[-1:]
    if last != b"\n":
        digest.update(b"\n")
    return digest.hexdigest()
