"""Verdicts of checks, kept by ourselves."""

from decimal import Decimal

import pytest

from resources.store.verdicts import Said, Verdicts


@pytest.fixture
def verdicts(control, clock):
    """Verdicts in the control database."""
    return Verdicts(control, clock)


def test_the_latest_verdict_of_each_check_counts(verdicts, clock):
    """Per partition, whatever was said before."""
    verdicts.store("amazon_us", "1", [Said("ties_to_total", False, "error", {"difference": Decimal("0.01")})], "r1")
    verdicts.store("amazon_us", "1", [Said("every_line_mapped", True, "error", {})], "r1")
    clock.advance(60)
    verdicts.store("amazon_us", "1", [Said("ties_to_total", True, "error", {"difference": Decimal("0.00")})], "r2")
    verdicts.store("amazon_us", "2", [Said("ties_to_total", False, "warn", {})], "r2")
    verdicts.store("amazon_uk", "1", [Said("ties_to_total", False, "error", {})], "r2")
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


def test_what_one_look_says_is_kept_whole_or_not_at_all(verdicts):
    """A fact that cannot be written keeps out the verdicts beside it, so that no look is remembered by half."""
    good, bad = Said("ties_to_total", True, "error", {}), Said("every_line_mapped", True, "error", {"what": object()})
    with pytest.raises(TypeError, match="no fact that can be stored"):
        verdicts.store("amazon_us", "1", [good, bad], "r1")
    assert verdicts.latest("amazon_us", "1") == []
    verdicts.store("amazon_us", "1", [good], "r2")
    assert [(one.check, one.run) for one in verdicts.latest("amazon_us", "1")] == [("ties_to_total", "r2")]
