"""The root of the command line: which commands exist, and how every error ends.

A command's module is imported when the command is asked for, and imports what is heavy inside its function: `connector
inspect` starts without Dagster. A refusal is one sentence on standard error and the exit code of its class, never a
traceback (unless --debug) and never a secret.
"""

import importlib
import os
import sys
import traceback
from pathlib import Path

import click

from connector_defs.cli.exit_codes import ExitCode, help_text
from connector_defs.cli.output import complain
from ledger.errors import ConnectorError

# Command -> module and name of the click command in it.
COMMANDS: dict[str, str] = {
    "approve": "connector_defs.cli.approval:approve",
    "audit": "connector_defs.cli.audit:audit",
    "changes": "connector_defs.cli.changes:changes",
    "backup": "connector_defs.cli.backup:backup",
    "bank": "connector_defs.cli.bank:bank",
    "check": "connector_defs.cli.check:check",
    "checks": "connector_defs.cli.checks:checks",
    "demo": "connector_defs.cli.demo:demo",
    "discover": "connector_defs.cli.intake:discover",
    "export": "connector_defs.cli.export:export",
    "fetch": "connector_defs.cli.fetch:fetch",
    "import": "connector_defs.cli.intake:import_files",
    "inspect": "connector_defs.cli.inspect_file:inspect_file",
    "ledger-tie": "connector_defs.cli.ledger_tie:ledger_tie",
    "masters": "connector_defs.cli.masters:masters",
    "map": "connector_defs.cli.map:map_commands",
    "month-end": "connector_defs.cli.month_end:month_end",
    "new": "connector_defs.cli.new:new",
    "outbox": "connector_defs.cli.outbox:outbox",
    "people": "connector_defs.cli.people:people",
    "plan": "connector_defs.cli.plan:plan",
    "post": "connector_defs.cli.post:post",
    "proofs": "connector_defs.cli.proofs:proofs",
    "reject": "connector_defs.cli.approval:reject",
    "replay": "connector_defs.cli.replay:replay",
    "repost": "connector_defs.cli.reverse:repost",
    "restore": "connector_defs.cli.backup:restore",
    "reverse": "connector_defs.cli.reverse:reverse",
    "review": "connector_defs.cli.review:review",
    "secrets": "connector_defs.cli.secrets:secrets",
    "statement": "connector_defs.cli.statement:statement",
    "sql": "connector_defs.cli.sql:sql",
    "status": "connector_defs.cli.status:status",
}


class Program(click.Group):
    """A group whose commands are imported on demand and whose errors end as sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        return getattr(importlib.import_module(module), name)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; end refusals with their sentence and code."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort, EOFError, KeyboardInterrupt, BrokenPipeError):
            raise
        except ConnectorError as error:
            self._show_traceback(ctx)
            complain(str(error))
            ctx.exit(error.exit_code)
        except Exception as error:
            self._show_traceback(ctx)
            closed = _closed_file(error)
            complain(closed or _fault(error))
            ctx.exit(ExitCode.STORES if closed else ExitCode.FAULT)

    @staticmethod
    def _show_traceback(ctx: click.Context) -> None:
        if ctx.params.get("debug"):
            from resources.transport.redact import redact_text

            complain(redact_text(traceback.format_exc()))


def _closed_file(error: Exception) -> str:
    """Say which file the system keeps from which account; nothing where an error is of another kind."""
    if not isinstance(error, PermissionError) or not isinstance(error.filename, (str, bytes)):
        return ""
    from resources.accounts import acting_account, whose

    path = Path(os.fsdecode(error.filename))
    return (
        f"The account {acting_account()} may not use {path}: {whose(path)}. Give it the right (chown, or chgrp and "
        "chmod), or run the command as an account that has it. What was stored before stays valid."
    )


def _fault(error: Exception) -> str:
    """Name a fault of the program by class and place; its message may hold anything, so it is left out."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if "site-packages" not in one.filename]
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return (
        f"The connector has a fault: {type(error).__name__}{place}. What was stored before stays valid. Run the same "
        "command as `connector --debug ...` and report what it prints."
    )


@click.group(cls=Program, epilog=help_text(), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="settlement-connector", prog_name="connector")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def program(debug: bool) -> None:
    """Turn marketplace settlements into ERP journals, exactly once, tied to the cent."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(program(prog_name="connector"))
