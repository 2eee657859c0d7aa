"""`connector demo`: a seller's 90 days from Amazon to posted and proved, against emulators, on this machine alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.options import examples, json_option
from ledger.errors import InputRefused

if TYPE_CHECKING:
    from connector_defs.demo.proof import ProofRow


@click.command(
    "demo",
    epilog=examples(
        "connector demo",
        "connector demo --once",
        "connector demo --once --json",
        "connector demo --port 3000",
        "connector demo --leave",
        "connector demo --stop",
    ),
)
@click.option("--once", is_flag=True, help="Without Dagster: run, prove, exit 0 only if every settlement ties.")
@click.option("--exit", "is_ending", is_flag=True, help="With Dagster: end everything after the proof.")
@click.option("--leave", is_flag=True, help="With Dagster: return after the proof and leave everything running.")
@click.option("--stop", is_flag=True, help="End a demonstration that is still running.")
@click.option("--keep", is_flag=True, help="Keep the folder of --once and print where it is.")
@click.option("--port", type=click.IntRange(0, 65533), default=0, help="First port to use; free ones by default.")
@json_option
@click.pass_context
def demo(
    ctx: click.Context, once: bool, is_ending: bool, leave: bool, stop: bool, keep: bool, port: int, as_json: bool
) -> None:
    """Run the demonstration: three connections, four currencies, emulated Amazon, PeopleSoft and Fusion.

    Without --once Dagster runs it: its pages stay open at the address printed at the end, until Ctrl-C, or with
    --leave until `connector demo --stop`.
    """
    if stop and once:
        raise InputRefused("--stop ends a demonstration with Dagster; --once ends by itself.")
    if stop:
        from connector_defs.demo.processes import stop_running

        output.say(stop_running())
        return
    rows = _once(keep, port, as_json) if once else _with_dagster(port, is_ending, leave, as_json)
    ctx.exit(ExitCode.FINE if rows and all(row.ties for row in rows) else ExitCode.REFUSED)


def _once(keep: bool, port: int, as_json: bool) -> list["ProofRow"]:
    from connector_defs.demo.display import progress_display
    from connector_defs.demo.once import run_once
    from connector_defs.demo.place import SHELL_FILE

    billed: list[str] = []
    with _home(keep) as home, progress_display() as progress:
        rows = run_once(home, progress, billed.append, port=port)
    show_proof(rows, as_json)
    output.complain("\n".join(billed))
    if keep:
        output.complain(f"Everything is kept in {home}. Look at it: . {home / SHELL_FILE} && connector status")
    return rows


def _with_dagster(port: int, is_ending: bool, is_leaving: bool, as_json: bool) -> list["ProofRow"]:
    from connector_defs.demo.with_dagster import Afterwards, run_with_dagster

    afterwards = Afterwards.END if is_ending else Afterwards.LEAVE if is_leaving else Afterwards.WAIT
    return run_with_dagster(port=port, afterwards=afterwards, show=lambda rows: show_proof(rows, as_json))


@contextmanager
def _home(keep: bool) -> Iterator[Path]:
    """Give a new folder of its own, removed at the end unless it is to be kept."""
    if keep:
        yield Path(mkdtemp(prefix="connector-demo-"))
        return
    with TemporaryDirectory(prefix="connector-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def show_proof(rows: list["ProofRow"], as_json: bool) -> None:
    """Print the proof table, or one JSON document of it."""
    from connector_defs.demo.proof import table_rows, verdict_sentence

    if as_json:
        ties = bool(rows) and all(row.ties for row in rows)
        output.write_json(
            {"ties": ties, "sentence": verdict_sentence(rows), "settlements": [vars(row) for row in rows]}
        )
        return
    output.print_table(table_rows(rows), title="Each settlement, and what stands in the books of its ERP")
    output.say(verdict_sentence(rows))
