"""Raw documents: write-once, by content, checked on the way out."""

import errno
import hashlib
import uuid
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InputRefused, StoreError
from resources.store import places
from resources.store.documents import DocumentStore


@pytest.fixture(params=["folder", "remote"])
def store(request, tmp_path) -> DocumentStore:
    """A store in a folder, and one behind fsspec."""
    remote = f"memory://documents-{uuid.uuid4().hex}"
    return DocumentStore(str(tmp_path / "documents") if request.param == "folder" else remote)


@pytest.mark.parametrize("data", [b"", b"settlement-id\tamount\n", bytes(range(256)) * 9000])
def test_bytes_come_back_as_they_were(store, data):
    """Under their SHA-256, with their size, as a body and as a file."""
    document = store.put_bytes(data)
    assert (document.sha256, document.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert store.read_bytes(document.sha256) == data
    assert store.local_path(document.sha256).read_bytes() == data
    assert store.exists(document.sha256)


def test_a_file_is_copied_whole(store, tmp_path):
    """The file that was handed in stays where it is."""
    path = tmp_path / "report.txt"
    path.write_bytes(b"line\n" * 500_000)
    document = store.put_file(path)
    assert document == store.put_bytes(path.read_bytes())
    assert store.local_path(document.sha256).stat().st_size == path.stat().st_size


def test_the_same_bytes_are_written_once(tmp_path, monkeypatch):
    """However they come."""
    kept = []
    keep = places.Place.keep
    monkeypatch.setattr(
        places.Place, "keep", lambda place, path, name, sha256: (kept.append(name), keep(place, path, name, sha256))
    )
    store = DocumentStore(f"file://{tmp_path}/documents")
    (tmp_path / "again").write_bytes(b"body")
    documents = [store.put_bytes(b"body"), store.put_bytes(b"body"), store.put_file(tmp_path / "again")]
    assert len(set(documents)) == len(kept) == 1


@settings(max_examples=30, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_come_back(tmp_path_factory, data):
    """Whatever an outside system sends."""
    store = DocumentStore(str(tmp_path_factory.getbasetemp() / "any-documents"))
    assert store.read_bytes(store.put_bytes(data).sha256) == data


def test_a_missing_document_is_named(store):
    """With its hash, and what to do."""
    missing = "a" * 64
    assert not store.exists(missing)
    with pytest.raises(StoreError, match=rf"{missing} is missing .*backup"):
        store.local_path(missing)


@pytest.mark.parametrize("damage", [b"other", b"bod", b""])
def test_a_damaged_document_is_named_and_not_used(tmp_path, damage):
    """One changed byte is enough; the bytes are never handed out."""
    store = DocumentStore(str(tmp_path / "documents"))
    sha256 = store.put_bytes(b"body!").sha256
    path = store.local_path(sha256)
    path.chmod(0o644)
    path.write_bytes(damage)
    with pytest.raises(StoreError, match=rf"{sha256}.*is damaged"):
        store.read_bytes(sha256)


def test_a_shortened_document_is_healed_by_putting_it_again(tmp_path):
    """The archive trusts what it has just hashed."""
    store = DocumentStore(str(tmp_path / "documents"))
    sha256 = store.put_bytes(b"body!").sha256
    path = store.local_path(sha256)
    path.chmod(0o644)
    path.write_bytes(b"bod")
    store.put_bytes(b"body!")
    assert store.read_bytes(sha256) == b"body!"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, f"{'a' * 64}\n"])
def test_what_is_no_hash_names_no_document(store, name):
    """Nothing outside the archive can be reached by a name."""
    for ask in (store.exists, store.local_path, store.read_bytes):
        with pytest.raises(StoreError, match="names no document"):
            ask(name)


def test_a_file_that_is_not_there_is_refused(store, tmp_path):
    """With its path."""
    with pytest.raises(InputRefused, match=r"no file .*nowhere"):
        store.put_file(tmp_path / "nowhere")


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    """Neither a half document nor a temporary file."""
    store = DocumentStore(str(tmp_path / "documents"))

    def full(path: Path, data: bytes) -> None:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match=r"No space left on device\. Free some space"):
        store.put_bytes(b"body")
    assert [path for path in (tmp_path / "documents").rglob("*") if path.is_file()] == []


def test_a_crash_before_the_move_leaves_no_document(tmp_path, monkeypatch):
    """The name appears only when every byte is on the disk."""
    store = DocumentStore(str(tmp_path / "documents"))

    def crash(path: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            store.put_bytes(b"body")
    sha256 = hashlib.sha256(b"body").hexdigest()
    assert not store.exists(sha256)
    assert store.read_bytes(store.put_bytes(b"body").sha256) == b"body"


def test_a_file_system_without_links_will_do(tmp_path, monkeypatch):
    """Some network folders have none: the document is copied instead."""

    def refuse(path: Path, second: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(places.os, "link", refuse)
    store = DocumentStore(str(tmp_path / "documents"))
    assert store.read_bytes(store.put_bytes(b"body").sha256) == b"body"
    assert len([path for path in (tmp_path / "documents").rglob("*") if path.is_file()]) == 1


def test_an_archived_document_cannot_be_written_by_mistake(tmp_path):
    """It is read-only for its owner too."""
    store = DocumentStore(str(tmp_path / "documents"))
    assert store.local_path(store.put_bytes(b"body").sha256).stat().st_mode & 0o222 == 0


def test_an_address_is_shown_without_credentials():
    """Neither user nor options."""
    assert DocumentStore("memory://user:s3cret@bucket/prefix?key=s3cret").url_shown == "memory://bucket/prefix"
