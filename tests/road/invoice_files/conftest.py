"""A world whose days are laid by hand, and a pod at which jobs take no time."""

import pytest

from tests.road.fusion_rig import Pod
from tests.road.invoice_files.import_rig import WithoutSeller, pod_of


@pytest.fixture
def world(tmp_path, monkeypatch) -> WithoutSeller:
    """A world of its own."""
    monkeypatch.setenv("CONNECTOR_VAULT_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    return WithoutSeller(tmp_path / "home")


@pytest.fixture
def pod(world) -> Pod:
    """A pod at which jobs take no time."""
    return pod_of(world)
