"""`make bench`: every measurement of docs/benchmarks.md in one run, one table each, with the machine it ran on.

Each measurement is a process of its own, so that peak memory is its own. Ratios are taken within one run: machines are
noisy, and an absolute second says little. Nothing is asserted; `--quick` takes smaller files.
"""

import argparse
import os
import platform
import subprocess
import sys
from importlib.metadata import version

FULL = (
    ("P1  TSV to typed Parquet against a bare DuckDB copy and pandas", ("benchmarks.settlement_reader", "5000000")),
    ("P2  540,000 lines (100 MB) from bytes to balanced journals", ("benchmarks.settlement_road", "540000")),
    ("P3  10,000,000 lines from bytes to balanced journals", ("benchmarks.settlement_road", "10000000")),
    ("P4  settlements through Dagster's daemon against its default executors", ("benchmarks.dagster_backfill",)),
    ("P5  a year of 100,000 orders against the published quotas", ("benchmarks.quota_year",)),
    ("P8  outbox steps against the same rows written by hand", ("benchmarks.outbox_steps",)),
    ("P9  orders to invoices and lines to the journal file against bare DuckDB", ("benchmarks.order_documents",)),
)
QUICK = (
    ("P1  TSV to typed Parquet, small", ("benchmarks.settlement_reader", "200000", "--pandas-lines", "50000")),
    ("P2  small settlement from bytes to journals", ("benchmarks.settlement_road", "50000")),
    (
        "P4  few settlements through Dagster's daemon",
        ("benchmarks.dagster_backfill", "--steady", "2", "--default", "1", "--click", "0"),
    ),
    ("P5  ten days against the published quotas", ("benchmarks.quota_year", "--days", "10")),
    ("P8  few outbox steps against sqlite3 by hand", ("benchmarks.outbox_steps", "--rounds", "2", "--documents", "10")),
    ("P9  few orders and lines", ("benchmarks.order_documents", "--orders", "2000", "--lines", "20000")),
)


def main() -> int:
    """Run all measurements, the first that fails ends it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smaller files, to see that everything runs")
    chosen = QUICK if parser.parse_args().quick else FULL
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dagster", "pandas"))
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, {packages}")
    for title, command in chosen:
        print(f"\n{title}", flush=True)
        done = subprocess.run([sys.executable, "-m", *command], check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
