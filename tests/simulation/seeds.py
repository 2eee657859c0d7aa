"""Seeds as a test: all of them in order, every kind of trouble where money moves, the numbers printed in one line."""

from __future__ import annotations

import time

from tests.simulation.__main__ import failures, simulated_seeds, summary
from tests.simulation.outcomes import never_happened


def assert_in_order(seeds: range, record_property, erp: str = "peoplesoft") -> None:
    """Run the seeds; raise with the seeds that failed, or with what should have gone wrong among them and never did.

    Every kind has to have happened; those that strike a process, each while a worker held a document, and while one lay
    between its intent and the books' word.
    """
    started = time.monotonic()
    outcomes = simulated_seeds(seeds, erp)
    named = "" if erp == "peoplesoft" else f" of {erp.capitalize()}"
    *_, line = summary(outcomes, time.monotonic() - started, erp)
    record_property("numbers", f"simulation{named}, seeds {seeds.start} to {seeds.stop - 1}: {line}")
    assert list(failures(outcomes, erp)) == []
    assert never_happened(outcomes, erp) == []
