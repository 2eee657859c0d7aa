"""An emulated Amazon with one seller in Europe and one in North America, and a plain client to ask it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulators.amazon.bench import Bench, make_bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Return the emulator with Amazon's documented behaviour."""
    made = make_bench()
    yield made
    made.app.close()
