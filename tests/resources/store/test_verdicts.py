"""Verdicts of checks, kept by ourselves."""

from decimal import Decimal

import pytest

from resources.store.verdicts import Verdicts


@pytest.fixture
def verdicts(control, clock):
    """Verdicts in the control database."""
    return Verdicts(control, clock)


def test_the_latest_verdict_of_each_check_counts(verdicts, clock):
    """Per partition, whatever was said before."""
    verdicts.store("amazon_us", "1", "ties_to_total", False, "error", {"difference": Decimal("0.01")}, "r1")
    verdicts.store("amazon_us", "1", "every_line_mapped", True, "error", {}, "r1")
    clock.advance(60)
    verdicts.store("amazon_us", "1", "ties_to_total", True, "error", {"difference": Decimal("0.00")}, "r2")
    verdicts.store("amazon_us", "2", "ties_to_total", False, "warn", {}, "r2")
    verdicts.store("amazon_uk", "1", "ties_to_total", False, "error", {}, "r2")
    found = verdicts.latest("amazon_us", "1")
    assert [(one.check, one.passed) for one in found] == [("every_line_mapped", True), ("ties_to_total", True)]
    assert (found[1].facts, found[1].run, found[1].at) == ({"difference": "0.00"}, "r2", clock.now())
    assert [(one.partition, one.check, one.severity) for one in verdicts.latest("amazon_us")][2] == (
        "2",
        "ties_to_total",
        "warn",
    )


def test_a_partition_nobody_checked_has_no_verdicts(verdicts):
    """Which is not the same as passed."""
    assert verdicts.latest("amazon_us", "1") == []
