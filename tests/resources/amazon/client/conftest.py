"""The emulated Amazon for the client's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.resources.amazon.client.rig import Rig, make_rig


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Return Amazon as documented."""
    made = make_rig()
    yield made
    made.app.close()
