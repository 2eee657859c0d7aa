"""The root: help with examples, exit codes, and errors as sentences."""

import errno
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from connector_defs.cli import program as root
from connector_defs.cli.exit_codes import MEANINGS, ExitCode, first_failure
from ledger.errors import SourceRefused, StoreError, TargetRefused
from resources.accounts import acting_account


def _paths(command: click.Command, name: str) -> list[tuple[list[str], click.Command]]:
    """Return every command below one, with the words that call it."""
    if not isinstance(command, click.Group):
        return [([name], command)]
    context = click.Context(command)
    found = [([name], command)]
    for inner in command.list_commands(context):
        found += [([name, *words], one) for words, one in _paths(command.get_command(context, inner), inner)]
    return found


COMMANDS = [
    pytest.param(words, id=" ".join(words))
    for name in sorted(root.COMMANDS)
    for words, _ in _paths(root.program.get_command(click.Context(root.program), name), name)
]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_helps_with_an_example_that_calls_it(words: list[str]) -> None:
    """A person never has to guess how a command is written."""
    result = CliRunner().invoke(root.program, [*words, "--help"])
    assert result.exit_code == 0
    _, found, example = result.stdout.partition("Examples:")
    assert found
    assert f"connector {' '.join(words)}" in example


@pytest.mark.parametrize("words", COMMANDS)
def test_every_option_says_what_it_means(words: list[str]) -> None:
    """In words of its own, beside its type."""
    command: click.Command = root.program
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert not [one.name for one in options if not one.help]


def test_help_lists_every_exit_code() -> None:
    """The codes are documented in the help, from the one table."""
    text = CliRunner().invoke(root.program, ["--help"]).stdout
    for code, meaning in MEANINGS.items():
        assert f"{code.value}  {meaning}" in text


@pytest.mark.parametrize(
    "codes, expected",
    [
        ([], ExitCode.FINE),
        ([0, 0], ExitCode.FINE),
        ([0, 6, 3], ExitCode.MARKETPLACE),
        ([6, 0], ExitCode.WAITS),
        ([5, 2], ExitCode.STORES),
    ],
)
def test_the_first_failure_counts_and_waiting_gives_way(codes: list[int], expected: ExitCode) -> None:
    """A person waiting is reported only when nothing else went wrong."""
    assert first_failure(codes) == expected


@pytest.mark.parametrize(
    "error, code", [(SourceRefused("no role"), 3), (TargetRefused("closed"), 4), (StoreError("full"), 5)]
)
def test_a_refusal_is_one_sentence_and_its_code(error: Exception, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors of the project end as their sentence on standard error, without a traceback."""
    result = _failing(error, monkeypatch)
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", f"{error}\n")


def test_a_fault_of_the_program_hides_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected message may hold anything, so only class and place are shown."""
    result = _failing(KeyError("Atzr|demo-secret"), monkeypatch)
    assert result.exit_code == ExitCode.FAULT
    assert "KeyError" in result.stderr
    assert "Atzr" not in result.output
    assert "Traceback" not in result.output


def test_a_file_that_the_account_may_not_use_is_one_sentence(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which account, which file, whose it is, what to do; a no that names no file is told by its place."""
    barred = tmp_path / "defs.yaml"
    barred.touch(mode=0o600)
    result = _failing(PermissionError(errno.EACCES, "Permission denied", str(barred)), monkeypatch)
    assert result.exit_code == ExitCode.STORES
    assert f"The account {acting_account()} may not use {barred}: it belongs to " in result.stderr
    assert "mode 0600. Give it the right (chown" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    nameless = _failing(PermissionError(errno.EPERM, "Operation not permitted"), monkeypatch)
    assert (nameless.exit_code, "PermissionError in test_program.py" in nameless.stderr) == (ExitCode.FAULT, True)


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """With --debug the place is shown whole."""
    assert "Traceback" in _failing(StoreError("full"), monkeypatch, "--debug").stderr


def _failing(error: Exception, monkeypatch: pytest.MonkeyPatch, *options: str):
    def fail() -> None:
        raise error

    failing = click.Command("check", callback=fail)
    monkeypatch.setattr(root.Program, "get_command", lambda self, ctx, name: failing)
    return CliRunner().invoke(root.program, [*options, "check"])


def test_inspect_starts_without_anything_heavy() -> None:
    """A file is looked at without Dagster, pandas, SQLAlchemy or zeep being imported."""
    code = (
        "import sys\n"
        "from connector_defs.cli.program import program\n"
        "program(['inspect', '/nowhere/at/all'], standalone_mode=False)\n"
        "print([name for name in ('dagster', 'pandas', 'sqlalchemy', 'zeep') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
