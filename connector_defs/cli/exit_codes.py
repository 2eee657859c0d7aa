"""What the exit status of `connector` says, in one place.

Errors carry the same numbers (`ConnectorError.exit_code`); `connector --help` prints this table.
"""

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of every command."""

    FINE = 0
    FAULT = 1
    REFUSED = 2
    MARKETPLACE = 3
    ERP = 4
    STORES = 5
    WAITS = 6


MEANINGS: dict[ExitCode, str] = {
    ExitCode.FINE: "fine",
    ExitCode.FAULT: "a fault of the program",
    ExitCode.REFUSED: "input refused, or it does not tie",
    ExitCode.MARKETPLACE: "the marketplace did not give what was asked",
    ExitCode.ERP: "the ERP did not do what was asked",
    ExitCode.STORES: "our own stores or a secret",
    ExitCode.WAITS: "something waits for a person",
}


def help_text() -> str:
    """Return the table as the epilog of `connector --help`."""
    return "\b\nExit codes:\n" + "\n".join(f"  {code.value}  {meaning}" for code, meaning in MEANINGS.items())


def first_failure(codes: Iterable[int]) -> int:
    """Return the first code that is not fine; what only waits for a person gives way to every other one."""
    failed = [code for code in codes if code != ExitCode.FINE]
    return next((code for code in failed if code != ExitCode.WAITS), failed[0] if failed else ExitCode.FINE)
