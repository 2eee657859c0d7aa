"""What holds for all tests: folders in memory, the long files first, and the numbers that a test measured at the end.

In: `record_property("numbers", line)`. Out: the line in the summary, once per test, whichever worker ran it.
"""

import os

from hypothesis import HealthCheck, settings

# Files of one or two tests that take a minute or more: last they would run alone. The seeds come first, a half on each
# of the two workers. The two that start Dagster's daemon are kept apart by the crash points between them.
_FIRST = (
    "tests/simulation/test_seeds_first_half.py",
    "tests/simulation/test_seeds_second_half.py",
    "tests/browser/test_ui.py",
    "tests/simulation/test_crash_points_kept_first_half.py",
    "tests/simulation/test_crash_points_kept_second_half.py",
    "tests/chaos/test_chaos.py",
    "tests/simulation/test_seeds_fusion.py",
)


def pytest_configure() -> None:
    """Keep the folders of tests in memory where the system has one, and let no example fail for the time it takes.

    Stores write durably, and a disk makes them wait. It is pytest's own variable; who has set it has chosen another
    place.
    """
    if os.access("/dev/shm", os.W_OK):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", "/dev/shm")
    # By default hypothesis fails an example that takes 200 ms: on a busy machine that says nothing of the code.
    settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("untimed")


def pytest_collection_modifyitems(items) -> None:
    """Put the long files first; the order of everything else stays."""
    places = {name: place for place, name in enumerate(_FIRST)}
    items.sort(key=lambda item: places.get(item.location[0], len(places)))


def pytest_terminal_summary(terminalreporter) -> None:
    """Print the lines of all tests that passed or failed."""
    reports = [one for outcome in ("passed", "failed") for one in terminalreporter.getreports(outcome)]
    lines = [value for report in reports for name, value in getattr(report, "user_properties", ()) if name == "numbers"]
    if lines:
        terminalreporter.section("numbers")
    for line in sorted(set(lines)):
        terminalreporter.write_line(line)
