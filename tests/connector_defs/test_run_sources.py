"""Which files a warm process watches, and what counts as a change."""

import os
import time
from pathlib import Path

import pytest

from connector_defs.run_sources import LoadedSources

BEFORE = (1_000_000_000, 1_000_000_000)


@pytest.fixture
def connection_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the YAML of the only connection of a project folder, written long ago."""
    path = tmp_path / "defs" / "amazon_us" / "defs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("type: one", encoding="utf-8")
    os.utime(path, BEFORE)
    monkeypatch.setenv("CONNECTOR_PROJECT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return path


def test_files_as_they_were_are_current(connection_file: Path) -> None:
    """Hidden files and what Python leaves behind are nobody's content."""
    sources = LoadedSources(time.time_ns())
    (connection_file.parent / ".defs.yaml.swp").touch()
    (connection_file.parent / "__pycache__").mkdir()
    (connection_file.parent / "__pycache__" / "one.pyc").touch()
    assert sources.changed() == ""


def test_a_file_that_is_new_gone_or_different_is_named(connection_file: Path, tmp_path: Path) -> None:
    """So is the file with environment variables."""
    sources = LoadedSources(time.time_ns())
    for path in (connection_file.parent / "more.yaml", tmp_path / ".env"):
        path.touch()
        assert sources.changed() == str(path)
        path.unlink()
    connection_file.write_text("type: two", encoding="utf-8")
    assert sources.changed() == str(connection_file)
    connection_file.unlink()
    assert sources.changed() == str(connection_file)


def test_a_file_that_changed_while_it_was_loaded_counts_as_changed(connection_file: Path) -> None:
    """Nobody knows which content was read."""
    began_ns = time.time_ns()
    os.utime(connection_file, ns=(began_ns + 1, began_ns + 1))
    assert LoadedSources(began_ns).changed() == str(connection_file)
