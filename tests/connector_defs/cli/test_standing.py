"""With which code a settlement that stands somewhere ends the command that looked."""

import pytest

from connector_defs.cli import standing
from connector_defs.cli.exit_codes import ExitCode


@pytest.mark.parametrize(
    ("states", "waits_for", "code"),
    [
        ({"posted"}, "", ExitCode.FINE),
        ({"posted", "importing"}, "saved; waiting for posting", ExitCode.FINE),
        ({"unclear"}, "no answer could be read", ExitCode.ERP),
        ({"posted", "unclear"}, "no answer could be read", ExitCode.ERP),
        ({"planned"}, "A person approves it", ExitCode.WAITS),
    ],
)
def test_what_nobody_knows_is_not_fine(states, waits_for, code) -> None:
    """The ERP at work is; a nightly job has to see that a call went unanswered."""
    assert standing._code(states, False, waits_for) is code


def test_an_open_item_waits_for_a_person_first() -> None:
    """It says more than that nobody knows."""
    assert standing._code({"unclear"}, True, "[review 1] ...") is ExitCode.WAITS
