"""Cron lines of schedules: what Dagster takes is taken, everything else is refused by its field."""

import dagster as dg
import pytest

from connector_defs.cron import cron_line


@pytest.mark.parametrize(
    "line",
    ["17 * * * *", "*/15 * * * *", "10 7 3-9 * *", "35 3,9,15,21 * * *", "0 6 * jan-mar mon-fri", "0 0 1 */2 7"],
)
def test_lines_that_dagster_takes_are_taken(line: str) -> None:
    """Spans, lists, steps and names."""
    assert cron_line(line) == line
    assert dg.ScheduleDefinition(name="any", job_name="any", cron_schedule=line).cron_schedule == line


@pytest.mark.parametrize(
    "line, words",
    [
        ("hourly", "1 fields"),
        ("@hourly", "1 fields"),
        ("* * * *", "4 fields"),
        ("60 * * * *", "'60' is no minute"),
        ("0 24 * * *", "'24' is no hour"),
        ("0 0 0 * *", "'0' is no day of the month"),
        ("0 0 * 13 *", "'13' is no month"),
        ("0 0 * * 8", "'8' is no day of the week"),
        ("0 0 * * fry", "'fry' is no day of the week"),
        ("*/0 * * * *", "'\\*/0' is no minute"),
        ("9-3 * * * *", "'9-3' is no minute"),
        ("1,,2 * * * *", "'' is no minute"),
    ],
)
def test_other_lines_are_refused_by_their_field(line: str, words: str) -> None:
    """One bad line would keep every connection from loading."""
    with pytest.raises(ValueError, match=words):
        cron_line(line)
