"""A desk on which a settlement file is laid and read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resources.amazon.settlement_file.texts import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return an empty desk."""
    return Desk(tmp_path)
