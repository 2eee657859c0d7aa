"""Measure the settlement reader against a bare DuckDB copy of the same file and against pandas with Decimal.

In: a number of lines. Out: one line of JSON per way and round, then the ratios of the best rounds. Every measurement
runs in a process of its own, because peak memory is a high-water mark, and the ways take turns, because a shared
machine is not equally fast at all times. The file is written by the emulator's generator and its total is checked.

    python benchmarks/settlement_reader.py 5000000 --rounds 3 --pandas-lines 500000
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import duckdb

from emulators.amazon.big_settlement import write_big_settlement
from resources.amazon.settlement_file import read_settlement
from resources.amazon.settlement_file.scan import csv_relation

COLUMNS = 24
# CPU seconds are the steadier figure on a machine that is shared.
UNITS = ("seconds", "cpu_seconds")


def copy_bare(source: Path, target: Path) -> Decimal | None:
    """Copy the text to Parquet as it is: what any DuckDB reading costs at least."""
    with duckdb.connect() as connection:
        literal = str(target).replace("'", "''")
        connection.execute(f"COPY (SELECT * FROM {csv_relation(source, COLUMNS)}) TO '{literal}' (FORMAT parquet)")
    return None


def read(source: Path, target: Path) -> Decimal | None:
    """Read with the settlement reader, hashing included."""
    return read_settlement(source, target).total_amount


def read_archived(source: Path, target: Path) -> Decimal | None:
    """Read as the pipeline does: the archive knows the document's hash already."""
    return read_settlement(source, target, document_sha256=hashlib.sha256().hexdigest()).total_amount


def check(source: Path, target: Path) -> Decimal | None:
    """Check and describe only; `target` is not written."""
    assert not target.exists(), target
    return read_settlement(source, None).total_amount


def read_with_pandas(source: Path, target: Path) -> Decimal | None:
    """Read as a careful script would: text, exact decimals, typed dates, Parquet."""
    import csv

    import pandas

    frame = pandas.read_csv(source, sep="\t", dtype=str, quoting=csv.QUOTE_NONE, keep_default_na=False)
    rows = frame.iloc[1:].copy()
    rows["amount"] = rows["amount"].map(Decimal)
    rows["posted_at"] = pandas.to_datetime(rows["posted-date-time"], format="%Y-%m-%d %H:%M:%S UTC", utc=True)
    rows["quantity"] = pandas.to_numeric(rows["quantity-purchased"], errors="coerce").astype("Int64")
    total = sum(rows["amount"], Decimal(0))
    rows.to_parquet(target, index=False)
    return total


WAYS = {way.__name__: way for way in (copy_bare, read, read_archived, check, read_with_pandas)}


def measure(way: str, source: Path, total: Decimal) -> None:
    """Run one way in this process and print what it took."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        target = Path(folder) / "lines.parquet"
        seconds, cpu = time.perf_counter(), _cpu_seconds()
        found = WAYS[way](source, target)
        taken, cpu = time.perf_counter() - seconds, _cpu_seconds() - cpu
        megabytes = target.stat().st_size / 1e6 if target.exists() else 0.0
    assert found in (None, total), (found, total)
    # Linux counts the high-water mark in KiB.
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"seconds": round(taken, 2), "cpu_seconds": round(cpu, 2), "peak_mb": round(peak_mb)}
    print(json.dumps({"way": way, **figures, "written_mb": round(megabytes, 1)}), flush=True)


def compare(lines: int, rounds: int, pandas_lines: int, folder: Path) -> dict[str, dict[str, float]]:
    """Measure all ways in turn; return wall and CPU seconds per million lines, the best round of each."""
    best: dict[str, dict[str, float]] = {}
    sizes = {
        "copy_bare": lines,
        "read": lines,
        "read_archived": lines,
        "check": lines,
        "read_with_pandas": pandas_lines,
    }
    written = {size: write_big_settlement(folder / f"{size}.txt", size) for size in set(sizes.values()) if size}
    for _ in range(rounds):
        for way, size in sizes.items():
            if size:
                found = _in_a_child(way, written[size].path, written[size].total)
                paces = {unit: found[unit] / size * 1e6 for unit in UNITS}
                best[way] = {unit: min(best.get(way, paces)[unit], paces[unit]) for unit in UNITS}
    return best


def _in_a_child(way: str, source: Path, total: Decimal) -> dict[str, float]:
    command = [sys.executable, __file__, "--way", way, "--file", str(source), "--total", str(total)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    print(answer, end="", flush=True)
    return json.loads(answer)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Compare the ways, or measure one of them as a child."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", type=int, nargs="?", default=500_000, help="detail lines of the settlement")
    parser.add_argument("--rounds", type=int, default=3, help="how often each way is measured")
    parser.add_argument("--pandas-lines", type=int, default=500_000, help="lines for pandas; 0 leaves it out")
    parser.add_argument("--way", choices=sorted(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--total", type=Decimal, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        measure(given.way, given.file, given.total)
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        paces = compare(given.lines, given.rounds, given.pandas_lines, Path(folder))
    for unit in UNITS:
        bare = paces["copy_bare"][unit]
        ratios = {f"{way}_to_bare_copy": paces[way][unit] / bare for way in ("read", "read_archived", "check")}
        if "read_with_pandas" in paces:
            ratios["pandas_to_read"] = paces["read_with_pandas"][unit] / paces["read"][unit]
        rounded = {name: round(ratio, 2) for name, ratio in ratios.items()}
        print(json.dumps({"lines": given.lines, "unit": unit, **rounded}))


if __name__ == "__main__":
    main()
