"""A desk on which a settlement file is laid and read, and one engine for all readings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from resources.amazon.settlement_file import reader
from resources.amazon.settlement_file.scan import open_scanner
from tests.resources.amazon.settlement_file.texts import Desk


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a scanner that lives as long as the tests: opening one takes half the time of a small file."""
    with open_scanner(tmp_path_factory.mktemp("engine"), 512) as scanner:
        yield scanner


@pytest.fixture(autouse=True)
def _one_engine(engine: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "open_scanner", lambda folder, memory_limit_mb: engine.cursor())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return an empty desk."""
    return Desk(tmp_path)
