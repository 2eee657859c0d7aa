"""What holds for all tests: numbers that a test measured are shown at the end, whichever worker ran it.

In: `record_property("numbers", line)`. Out: the line in the summary, once per test.
"""


def pytest_terminal_summary(terminalreporter) -> None:
    """Print the lines of all tests that passed or failed."""
    reports = [one for outcome in ("passed", "failed") for one in terminalreporter.getreports(outcome)]
    lines = [value for report in reports for name, value in getattr(report, "user_properties", ()) if name == "numbers"]
    if lines:
        terminalreporter.section("numbers")
    for line in sorted(set(lines)):
        terminalreporter.write_line(line)
