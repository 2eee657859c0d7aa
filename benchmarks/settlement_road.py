"""Measure a settlement of any size from its bytes to balanced journals: seconds, CPU seconds, peak memory.

In: a number of detail lines. Out: one line of JSON per stage and one for the whole road. Each measurement runs in a
process of its own, because peak memory is a high-water mark that never falls. The stages are those of the road; only
the ERP is a stand-in that takes every account, because nothing here leaves the machine.

    python benchmarks/settlement_road.py 540000
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from assets.journals import make_journals
from assets.mapped_lines import map_lines
from assets.settlement_lines import read_lines
from assets.settlement_reports import import_file
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult
from emulators.amazon.big_settlement import BigSettlement, write_big_settlement
from ledger.errors import Finding
from ledger.journal import Journal
from ledger.mapping import load_mapping
from ledger.policy import Policy
from resources.clock import ManualClock
from resources.erp.target import AccountUse
from resources.store.stores import Stores

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MAPPING = Path(__file__).parents[1] / "connector_defs" / "mappings" / "amazon_us.yaml"


class EveryAccount:
    """An ERP that takes every account on every date; only what the journals stage asks for."""

    lines_max = 300
    quiet_period_seconds = 0

    def check_accounts(self, uses: Sequence[AccountUse], journals: Sequence[Journal] = ()) -> list[Finding]:
        """Find nothing wrong."""
        assert uses, "a journal uses accounts"
        return []


def road_in(home: Path, *, memory_limit_mb: int) -> Road:
    """Return a road whose stores lie in a folder."""
    clock = ManualClock(NOW)
    policy = Policy(
        time_zone="America/Los_Angeles",
        books_from="2026-08-01",
        marketplaces={"Amazon.com": {"tax_model": "facilitator"}},
    )
    return Road(
        connection="bench",
        seller="A0BENCH",
        ledger="peoplesoft:BENCH:ACTUALS",
        policy=policy,
        load_mapping=lambda: load_mapping(MAPPING.read_text(encoding="utf-8"), MAPPING.name),
        stores=Stores.open(home, clock),
        source=None,
        target=EveryAccount(),
        clock=clock,
        run="bench",
        memory_limit_mb=memory_limit_mb,
    )


def measured(name: str, work: Callable[[], object]) -> object:
    """Run one stage and print what it took."""
    seconds, cpu = time.perf_counter(), _cpu_seconds()
    answer = work()
    _print(name, time.perf_counter() - seconds, _cpu_seconds() - cpu)
    return answer


def walk(road: Road, big: BigSettlement) -> None:
    """Take one file down the road and prove the journal equals the settlement."""
    seconds, cpu = time.perf_counter(), _cpu_seconds()
    measured("import", lambda: import_file(road, big.path))
    stages = (("settlement_lines", read_lines), ("mapped_lines", map_lines), ("journals", make_journals))
    results: dict[str, StageResult] = {}
    for name, stage in stages:
        results[name] = measured(name, lambda stage=stage: stage(road, big.settlement_id))
        assert not results[name].stops, results[name].verdicts
    assert results["journals"].facts["clearing"] == big.total, results["journals"].facts
    assert isinstance(results["journals"].facts["debits"], Decimal), "amounts are never float"
    _print("bytes to journals", time.perf_counter() - seconds, _cpu_seconds() - cpu)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _print(stage: str, seconds: float, cpu_seconds: float) -> None:
    # Linux counts the high-water mark in KiB.
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"seconds": round(seconds, 2), "cpu_seconds": round(cpu_seconds, 2), "peak_mb": round(peak_mb)}
    print(json.dumps({"stage": stage, **figures}), flush=True)


def main() -> None:
    """Write the file first (in a child, so that its memory does not count), then walk the road."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", type=int, help="detail lines of the settlement, for example 540000")
    parser.add_argument("--memory-limit-mb", type=int, default=512, help="what DuckDB may hold before it spills")
    parser.add_argument("--file", type=Path, help="keep the written file here and use it again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = given.file or Path(folder) / "settlement.txt"
        big = _written(path, given.lines)
        walk(road_in(Path(folder) / "home", memory_limit_mb=given.memory_limit_mb), big)


def _written(path: Path, lines: int) -> BigSettlement:
    """Return the settlement of that many lines, written now or lying there."""
    if path.exists():
        fields = path.open(encoding="utf-8").readlines(4096)[1].split("\t")
        return BigSettlement(path, fields[0], lines, path.stat().st_size, Decimal(fields[4]), fields[5])
    return write_big_settlement(path, lines)


if __name__ == "__main__":
    main()
