"""A seed is a story that is told the same way every time, here and in another process."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.__main__ import main
from tests.simulation.erps import ERPS
from tests.simulation.trouble import simulate
from tests.simulation.world import simulated

_SEEDS = (3, 14, 15)
_WITH_A_FAULT_OF_THE_WIRE = 114
_STATES = ["approved", "sending", "sent", "importing", "posted"]
_FROM_A_BEGINNING = range(20, 28)
_ROOT = Path(__file__).resolve().parents[2]
_ELSEWHERE = "from tests.simulation import test_trouble; print(test_trouble.told())"
# What has to be among the kinds, whatever else is.
ASKED_FOR = 25


def told() -> str:
    """Return a hash over the traces of some seeds of every ERP."""
    with simulated() as folder:
        lines = [line for erp in ERPS for seed in _SEEDS for line in simulate(seed, folder, erp).trace]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_the_same_seed_tells_the_same_story():
    """Twice in this process, where memory is warm, and once in another one that hashes its words otherwise."""
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    elsewhere = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE], cwd=_ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert {told(), told(), elsewhere.stdout.strip()} == {told()}


@pytest.mark.parametrize("erp", ERPS)
def test_a_story_told_from_a_kept_beginning_is_the_whole_story(erp):
    """Line by line the same as told from the start."""
    with simulated() as folder:
        for seed in _FROM_A_BEGINNING:
            assert simulate(seed, folder, erp).trace == simulate(seed, folder, erp, is_from_the_start=True).trace


def test_a_trace_can_be_read():
    """What will happen stands at its head; each line has time and actor, and behind it what came of it."""
    with simulated() as folder:
        outcome = simulate(3, folder)
        struck = simulate(_WITH_A_FAULT_OF_THE_WIRE, folder)
    assert outcome.trace[0].startswith("will happen: ")
    assert sum("run-1 begins: discovery" in line for line in outcome.trace) == 1
    assert any(" http amazon getReports" in line for line in outcome.trace)
    assert any(line.endswith("CI_JOURNAL_ENTRY_CI_C -> 200") for line in outcome.trace)
    assert [state for line in outcome.trace if (state := line.partition("p1/1 is ")[2])] == _STATES
    assert any("  ! 429 without its rate, on the wire of run-" in line for line in struck.trace)
    assert outcome.problems == []


def test_no_seeds_are_refused(monkeypatch, capsys):
    """Nothing that is tried fails nowhere: that is no proof."""
    monkeypatch.setattr(sys, "argv", ["simulate", "--seeds", "0"])
    with pytest.raises(SystemExit):
        main()
    assert "--seeds 0 would simulate nothing" in capsys.readouterr().err


@pytest.mark.parametrize("erp", ERPS)
def test_every_kind_has_one_name(erp):
    """A table of kinds would count two of one name as one."""
    names = [kind.name for kind in ERPS[erp].kinds]
    assert len(set(names)) == len(names) >= ASKED_FOR
