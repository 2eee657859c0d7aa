"""Seeds as a test: all of them in order, every kind of trouble among them, and the numbers printed in one line."""

from __future__ import annotations

import time

from tests.simulation.__main__ import failures, simulated_seeds, summary
from tests.simulation.trouble import exercised


def assert_in_order(seeds: range, record_property, erp: str = "peoplesoft") -> None:
    """Run the seeds; raise with the seeds that failed, or with the kinds of trouble that never happened."""
    started = time.monotonic()
    outcomes = simulated_seeds(seeds, erp)
    named = "" if erp == "peoplesoft" else f" of {erp.capitalize()}"
    *_, line = summary(outcomes, time.monotonic() - started, erp)
    record_property("numbers", f"simulation{named}, seeds {seeds.start} to {seeds.stop - 1}: {line}")
    assert list(failures(outcomes, erp)) == []
    assert [name for name, count in exercised(outcomes, erp).items() if not count] == []
