"""The content hash runs in a thread of its own and ends with its context."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

from resources.amazon.settlement_file.content_hash import ContentHash


def test_the_hash_is_that_of_the_text_with_one_line_end(tmp_path: Path) -> None:
    """Rule: a missing last line end does not change the content."""
    wanted = hashlib.sha256(b"a\nb\n").hexdigest()
    with ContentHash() as hashing:
        for content in (b"a\nb\n", b"a\nb"):
            (tmp_path / "f").write_bytes(content)
            assert hashing.start(tmp_path / "f").result() == wanted


def test_no_thread_outlives_the_reading(tmp_path: Path) -> None:
    """Rule: a refused file leaves no thread behind."""
    (tmp_path / "f").write_bytes(b"x" * 10_000_000)
    with ContentHash() as hashing:
        hashing.start(tmp_path / "f")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("content-hash")]


def test_a_known_hash_is_not_computed() -> None:
    """Rule: what the archive knows is taken as it is."""
    with ContentHash() as hashing:
        assert hashing.known("abc").result() == "abc"
