"""Raw documents: bytes as received, kept once under their SHA-256 before anything looks inside.

In: files and bodies. Out: the same bytes, every one checked on the way out. A document is never changed and never
replaced by other content: its name is its content.
"""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import InputRefused, StoreError
from resources.store.places import Place

_HASH = re.compile(r"[0-9a-f]{64}")
_PIECE_BYTES = 1 << 22


@dataclass(frozen=True)
class Document:
    """One archived document: its name, and its size in bytes."""

    sha256: str
    bytes: int


class DocumentStore:
    """Documents in a folder or at an address fsspec knows."""

    def __init__(self, url: str) -> None:
        self._place = Place(url)

    @property
    def url_shown(self) -> str:
        """Return the address without credentials."""
        return self._place.shown

    @property
    def place(self) -> Place:
        """Return the place that documents lie in, under `document_name`."""
        return self._place

    def put_file(self, path: Path) -> Document:
        """Archive a copy of a file of any size; putting the same bytes again changes nothing.

        Raises InputRefused when there is no such file, StoreError when the archive cannot take it.
        """
        if not Path(path).is_file():
            raise InputRefused(f"There is no file {path} to archive. Check the path.")
        with self._place.temporary() as temporary, self._place.sentence_for_disk("archive a document"):
            sha256, size = _copy_and_hash(path, temporary)
            return self._keep(temporary, Document(sha256, size))

    def put_bytes(self, data: bytes) -> Document:
        """Archive a body; putting the same bytes again changes nothing."""
        document = Document(hashlib.sha256(data).hexdigest(), len(data))
        if self._is_kept(document):
            return document
        with self._place.temporary() as temporary, self._place.sentence_for_disk("archive a document"):
            temporary.write_bytes(data)
            return self._keep(temporary, document)

    def exists(self, sha256: str) -> bool:
        """Tell whether a document of this hash is archived."""
        return self._place.exists(document_name(sha256))

    def local_path(self, sha256: str) -> Path:
        """Return a local path to the document, every byte checked; raise StoreError naming a hash that is not whole."""
        return self._place.fetch(document_name(sha256), sha256)

    def read_bytes(self, sha256: str) -> bytes:
        """Return the whole document; raise StoreError naming the hash when it is missing or damaged."""
        return self.local_path(sha256).read_bytes()

    def _keep(self, temporary: Path, document: Document) -> Document:
        if not self._is_kept(document):
            self._place.keep(temporary, document_name(document.sha256), document.sha256)
        return document

    def _is_kept(self, document: Document) -> bool:
        """Tell whether it is there in full length; a shortened one is written anew."""
        return self._place.holds(document_name(document.sha256), document.bytes)


def document_name(sha256: str) -> str:
    """Return where a document lies, in folders by the first two bytes of its hash."""
    if not _HASH.fullmatch(sha256):
        raise StoreError(f"{sha256[:80]!r} names no document: a name is a SHA-256 in 64 small hexadecimal digits.")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _copy_and_hash(source: Path, target: Path) -> tuple[str, int]:
    """Copy a file in pieces; return hash and size of what was copied, whatever happens to the source meanwhile.

    A piece is hashed in a thread while it is written: both let go of the interpreter, and the disk is the slower one.
    """
    digest, size = hashlib.sha256(), 0
    with (
        Path(source).open("rb") as reading,
        target.open("wb") as writing,
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="document-hash") as beside,
    ):
        while piece := reading.read(_PIECE_BYTES):
            hashed = beside.submit(digest.update, piece)
            writing.write(piece)
            hashed.result()
            size += len(piece)
    return digest.hexdigest(), size
