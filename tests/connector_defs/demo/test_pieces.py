"""The pieces of the demonstration: its environment, its processes, its proof."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from connector_defs.cli.program import program
from connector_defs.demo import with_dagster
from connector_defs.demo.billing import ASSETS
from connector_defs.demo.dagster_api import DagsterApi, DagsterFault
from connector_defs.demo.display import progress_display
from connector_defs.demo.place import environment, write_shell_file
from connector_defs.demo.processes import MEMORY, Processes, demo_home, running
from connector_defs.demo.proof import LEFT_ALONE, ProofRow, in_order, table_rows, verdict_sentence
from connector_defs.demo.with_dagster import left_open
from connector_defs.jobs import DISCOVERY_TAGS
from connector_defs.project import PACKAGE
from ledger.errors import ConfigurationRefused
from resources.worker import started_at

SLEEP = [sys.executable, "-c", "import signal; signal.pause()"]


def test_the_demonstration_sees_nothing_of_a_real_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses and keys are taken out inside the block, and are back afterwards."""
    monkeypatch.setenv("CONNECTOR_CONTROL_URL", "postgresql://books")
    monkeypatch.setenv("CONNECTOR_VAULT_KEY", "key")
    before = dict(os.environ)
    with environment({"CONNECTOR_HOME": "/demo"}):
        assert os.environ["CONNECTOR_HOME"] == "/demo"
        assert not {"CONNECTOR_CONTROL_URL", "CONNECTOR_VAULT_KEY"} & set(os.environ)
    assert dict(os.environ) == before


def test_a_shell_that_reads_the_file_sees_the_demonstration_and_nothing_real(tmp_path: Path) -> None:
    """Values arrive whole, blanks and quotes included; what points at a real installation is gone."""
    write_shell_file(tmp_path / "environment", {"CONNECTOR_HOME": "/it's a demo"})
    said = subprocess.run(
        ["sh", "-c", f'. {tmp_path}/environment; echo "$CONNECTOR_HOME|${{CONNECTOR_PROJECT-gone}}"'],
        env={"CONNECTOR_PROJECT": "/books"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "/it's a demo|gone\n"


def test_a_shell_that_reads_the_file_can_end_the_demonstration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its home is the demonstration's own there; in any other shell the demonstration lies below the project's."""
    monkeypatch.setenv("CONNECTOR_HOME", str(tmp_path))
    assert demo_home() == tmp_path / "demo"
    started = Processes(tmp_path).start("sleeper", SLEEP, os.environ)
    assert demo_home() == tmp_path
    assert CliRunner().invoke(program, ["demo", "--stop"]).stdout == "Ended: sleeper.\n"
    assert started.wait(10) != 0


def test_started_processes_are_remembered_and_ended(tmp_path: Path) -> None:
    """Afterwards neither process nor memory is left."""
    processes = Processes(tmp_path)
    started = processes.start("sleeper", SLEEP, os.environ)
    assert list(running(tmp_path)) == ["sleeper"]
    processes.require_alive()
    processes.stop()
    assert started.returncode is not None
    assert running(tmp_path) == {}
    assert not (tmp_path / MEMORY).exists()


def test_a_process_that_ended_by_itself_is_told_with_its_log(tmp_path: Path) -> None:
    """The sentence names the code and where the last words are."""
    processes = Processes(tmp_path)
    processes.start("broken", [sys.executable, "-c", "raise SystemExit(3)"], os.environ).wait()
    with pytest.raises(ConfigurationRefused, match=r"code 3.*broken\.log"):
        processes.require_alive()
    processes.stop()


def test_a_number_that_another_process_got_is_not_ours(tmp_path: Path) -> None:
    """Memory holds the moment of start beside the number: this test's own process is never ended by it."""
    (tmp_path / MEMORY).write_text(f'{{"other": {{"pid": {os.getpid()}, "started": "1"}}}}', encoding="utf-8")
    assert started_at(os.getpid())
    assert running(tmp_path) == {}


def test_stop_ends_what_another_command_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`connector demo --stop` reads the memory; a second one finds nothing."""
    monkeypatch.setenv("CONNECTOR_HOME", str(tmp_path))
    (tmp_path / "demo").mkdir()
    started = Processes(tmp_path / "demo").start("sleeper", SLEEP, os.environ)
    # Its parent has to fetch the end of a child, or it stays as a zombie, which counts as ended.
    first = CliRunner().invoke(program, ["demo", "--stop"])
    assert first.stdout == "Ended: sleeper.\n"
    assert started.wait(10) != 0
    assert CliRunner().invoke(program, ["demo", "--stop"]).stdout == "No demonstration is running here.\n"


def test_what_make_demo_left_open_is_ended_by_make(tmp_path: Path) -> None:
    """A shell that has only run `make demo` knows no `connector`: sentence and README name the Makefile's target."""
    assert "End it: make demo-stop" in left_open("http://127.0.0.1:1", tmp_path)
    assert "\ndemo-stop:" in (PACKAGE.parent / "Makefile").read_text(encoding="utf-8")
    assert "`make demo-stop` ends it" in (PACKAGE.parent / "README.md").read_text(encoding="utf-8")


def test_stop_and_once_exclude_each_other() -> None:
    """`--once` has nothing to stop."""
    assert CliRunner().invoke(program, ["demo", "--once", "--stop"]).exit_code == 2


def test_a_folder_of_something_else_is_never_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demonstration removes only a folder that carries its own mark."""
    monkeypatch.setenv("CONNECTOR_HOME", str(tmp_path))
    precious = tmp_path / "demo" / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(program, ["demo"])
    assert result.exit_code == 2
    assert "holds files of something else" in result.stderr
    assert precious.read_text(encoding="utf-8") == "mine"


def test_a_log_gets_one_line_per_kind_of_work(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there is no bar to draw."""
    with progress_display() as report:
        for number in range(3):
            report(f"Posting settlement {number}", number, 3)
    assert capsys.readouterr().err == "Posting settlement 0 (0 of 3)\n"


def test_dagster_that_does_not_answer_ends_the_wait() -> None:
    """The wait is bounded, and what ends meanwhile is looked at."""
    looked: list[bool] = []
    with pytest.raises(DagsterFault, match="did not load"):
        DagsterApi("http://127.0.0.1:9").wait_until_loaded(0.01, lambda: looked.append(True))
    assert looked


ROW = ProofRow(
    connection="amazon_us",
    settlement_id="24758260539",
    marketplace="Amazon.com",
    period="2026-09-09 to 2026-09-19",
    currency="USD",
    total=Decimal("3185.11"),
    erp="PeopleSoft",
    journals="US001 AQXE87QA6U 2026-09-19, US001 AQXE87QA6V 2026-09-30",
    clearing=Decimal("3185.11"),
    open_item=Decimal("3185.11"),
    payout=Decimal("3185.11"),
    difference=Decimal("0.00"),
    state="posted",
    ties=True,
)


FUSION = replace(ROW, erp="Fusion", journals="AMZ 24758260539 r1 p1/2 A0B1C2D3E4, AMZ 24758260539 r1 p2/2 AZ9IVDXTPT")


def test_the_table_shows_journal_ids_alone() -> None:
    """Unit, date and settlement stand in other places; what is named otherwise is shown whole."""
    other = replace(ROW, journals="JV-7")
    shown = [row["journals there"] for row in table_rows([ROW, FUSION, other])]
    assert shown == ["AQXE87QA6U, AQXE87QA6V", "A0B1C2D3E4, AZ9IVDXTPT", "JV-7"]


def test_rows_stand_by_connection_currency_and_period() -> None:
    """In the order in which the demonstration names its connections."""
    euros = replace(ROW, connection="amazon_eu", currency="EUR")
    canada = replace(FUSION, connection="amazon_ca", currency="CAD")
    later = replace(ROW, period="2026-09-19 to 2026-09-30")
    assert in_order([canada, replace(euros, currency="GBP"), later, euros, ROW]) == [
        ROW,
        later,
        euros,
        replace(euros, currency="GBP"),
        canada,
    ]


def test_a_row_that_does_not_tie_says_so() -> None:
    """Whatever its figures look like; a state that is not posted says enough."""
    wrong = (replace(ROW, ties=False), replace(ROW, ties=False, state="review"))
    assert [row["state"] for row in table_rows([ROW, *wrong])] == ["posted", "posted, does not tie", "review"]


@pytest.mark.parametrize(
    "rows, sentence",
    [
        ([ROW, replace(ROW, state=LEFT_ALONE)], "1 settlements are posted"),
        ([ROW, FUSION, FUSION], "3 settlements are posted (1 in PeopleSoft, 2 in Fusion), each exactly once"),
        ([], "No settlement was found, so nothing is proved."),
        (
            [ROW, replace(ROW, settlement_id="2", ties=False, why="-0.01 is open under its reference, not 0.00")],
            "1 of 2 settlements do not tie:\n  2: -0.01 is open under its reference, not 0.00",
        ),
        (
            [replace(ROW, bank=bank) for bank in ("2026-09-28", "", "on its way", "differs by -0.80")],
            "4 settlements are posted, each exactly once and tied to the cent; 0 before go-live are left alone. 1 of 3 "
            "payouts are in the bank to the cent, 1 on their way, 1 with a difference.",
        ),
    ],
)
def test_the_verdict_names_what_does_not_tie(rows: list[ProofRow], sentence: str) -> None:
    """One that does not tie is enough to say so."""
    assert verdict_sentence(rows).startswith(sentence)


@pytest.mark.parametrize(
    "rows, code, ties",
    [([ROW], 0, True), ([ROW, replace(ROW, ties=False, why="1.00 is open")], 2, False), ([], 2, False)],
)
@pytest.mark.parametrize("way", ["--once", "--leave"])
def test_it_ends_with_zero_only_where_every_settlement_ties(monkeypatch, rows, code, ties, way) -> None:
    """With Dagster and without; the document says the same as the exit code."""

    def run_with_dagster(*, show, **_):
        show(rows)
        return rows

    monkeypatch.setattr("connector_defs.demo.once.run_once", lambda *_, **__: rows)
    monkeypatch.setattr("connector_defs.demo.with_dagster.run_with_dagster", run_with_dagster)
    ended = CliRunner().invoke(program, ["demo", way, "--json"])
    assert (ended.exit_code, json.loads(ended.stdout)["ties"]) == (code, ties)


class _Api:
    """Takes runs as Dagster would and says that they are over after so many looks."""

    def __init__(self, looks: int) -> None:
        self.launched: list[tuple[str, dict[str, str]]] = []
        self.looks = looks

    def launch_job(self, name: str, tags: dict[str, str] | None = None) -> str:
        self.launched.append((name, dict(tags or {})))
        return name

    def is_run_ended(self, run: str) -> bool:
        self.looks -= 1
        return self.looks < 0


def test_the_demonstrations_own_runs_do_not_wait_behind_what_schedules_queue(monkeypatch):
    """At a quarter of an hour schedules of all connections fetch months, one after the other: that takes minutes."""
    seconds = [0.0]
    clock = SimpleNamespace(monotonic=lambda: seconds[0], sleep=lambda wait: seconds.__setitem__(0, seconds[0] + wait))
    monkeypatch.setattr(with_dagster, "time", clock)
    span = (date(2026, 11, 1), date(2026, 11, 14))
    monkeypatch.setattr(with_dagster, "billed_days", lambda road: span)
    api, processes = _Api(300), SimpleNamespace(require_alive=lambda: None)
    with_dagster._bill(api, processes, [SimpleNamespace(connection="amazon_ca")], lambda *_: None)
    assert 299 <= seconds[0] < with_dagster.RUN_SECONDS_MAX
    schedules = int(DISCOVERY_TAGS["dagster/priority"])
    assert [int(tags["dagster/priority"]) > schedules for _, tags in api.launched] == [True] * len(ASSETS)
