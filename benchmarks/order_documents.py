"""Measure orders to invoices, and both kinds of files of a bulk import, against bare DuckDB.

In: how many orders and settlement lines. Out: one line of JSON per way: rows per second, CPU seconds, peak memory,
and the ratio to the query in DuckDB alone that yields the same rows. Each measurement runs in a process of its own,
because peak memory is a high-water mark. What is measured are the stages of the road; only the ERP is a stand-in.

    python benchmarks/order_documents.py --orders 100000 --lines 540000
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import duckdb

from assets.journals import make_journals, planned_journals
from assets.mapped_lines import map_lines
from assets.receivable_invoices import make_invoices, staged_invoices
from assets.settlement_lines import read_lines
from assets.settlement_reports import import_file
from benchmarks.settlement_road import road_in
from emulators.amazon.big_settlement import write_big_settlement
from ledger.mapping import load_mapping
from ledger.policy import Policy
from resources.erp.fusion import payload
from resources.erp.fusion.receivables import import_file as invoice_import
from resources.erp.fusion.receivables.settings import ReceivablesSettings
from resources.erp.fusion.settings import FusionSettings

DAY = date(2026, 11, 18)
_MAPPING = """\
version: 1
owner: {unit: "01"}
accounts: {clearing: "110500", order_receivable: "110900", pass_through_tax: "210500", tax_liability: "210600"}
categories: {revenue: "400100", shipping_revenue: "400200", promo_rebate: "410200"}
"""
# One row per leaf, as transactions are staged: price, shipping, promotion, tax and its counterpart, a fee.
_EVENTS = """
SELECT
    printf('T-%07d', n) AS transaction_id,
    printf('L-%07d-%d', n, leaf) AS line_key,
    'Shipment' AS transaction_type,
    'RELEASED' AS transaction_status,
    TIMESTAMP '2026-11-18 08:00:00' + to_seconds(n % 50000) AS posted_at,
    'USD' AS currency,
    'ATVPDKIKX0DER' AS marketplace_id,
    'Amazon.com' AS marketplace_name,
    printf('111-%07d-%07d', n, n) AS order_id,
    printf('S-%07d', n) AS shipment_id,
    '' AS settlement_id,
    '' AS refund_id,
    '' AS deferred_transaction_id,
    '' AS release_transaction_id,
    printf('SKU-%03d', n % 500) AS sku,
    1 AS quantity,
    'AFN' AS network,
    ['ProductCharges/OurPricePrincipal', 'Shipping/ShippingPrincipal', 'Promotions/OurPricePrincipal',
     'Tax/OurPriceTax', 'Tax/MarketplaceFacilitatorTax-Principal', 'AmazonFees/Commission/Base'][leaf] AS leaf_path,
    CAST([20 + n % 80, 4.99, -1.50, 1.60, -1.60, -3.75][leaf] AS DECIMAL(18, 3)) AS amount,
    true AS is_cash,
    true AS is_accrual,
    'bench' AS document
FROM range($orders) AS orders(n), range(1, 7) AS leaves(leaf)
"""
_BARE_INVOICES = """
SELECT order_id, transaction_id, sku, leaf_path, sum(amount) AS amount, sum(quantity) AS quantity
FROM read_parquet($events)
WHERE transaction_type = 'Shipment' AND is_accrual AND leaf_path NOT LIKE 'Tax/%' AND leaf_path NOT LIKE 'AmazonFees/%'
GROUP BY ALL
UNION ALL
SELECT order_id, transaction_id, '', 'receivable', sum(amount), NULL
FROM read_parquet($events)
WHERE transaction_type = 'Shipment' AND is_accrual AND leaf_path NOT LIKE 'Tax/%' AND leaf_path NOT LIKE 'AmazonFees/%'
GROUP BY ALL
ORDER BY ALL
"""
_BARE_FILE = """
SELECT
    'Connector', 'Amazon Order', strftime(accounting_date, '%Y/%m/%d'), customer, 'LINE', description, currency,
    -amount, coalesce(quantity, 1), 'AMAZON', order_id, transaction_id, line
FROM read_parquet($staged)
WHERE account NOT LIKE '%110900%'
ORDER BY order_id, transaction_id, line
"""
_RECEIVABLES = {
    "business_unit": "US1 Business Unit",
    "transaction_source": "Connector",
    "invoice_type": "Amazon Order",
    "credit_memo_type": "Amazon Refund",
    "import_from": 2,
    "line_context": "AMAZON",
}
_BARE_JOURNAL = """
SELECT {detail} AS detail, debit, credit, debit_reference, credit_reference, sum(amount) AS amount
FROM read_parquet($movements)
WHERE amount <> 0
GROUP BY ALL
ORDER BY ALL
"""


def invoices(folder: Path, orders: int, grain: str) -> dict[str, float]:
    """Make the invoices of one day of so many orders, from staged transactions to the staged and archived documents."""
    road = _invoicing(folder, orders)
    seconds, cpu = time.perf_counter(), _cpu_seconds()
    made = make_invoices(road, DAY, DAY)[DAY]
    took = time.perf_counter() - seconds, _cpu_seconds() - cpu
    assert made.facts["invoices"] == orders, made
    return _told(orders, *took)


def invoice_file(folder: Path, orders: int, grain: str) -> dict[str, float]:
    """Take the made invoices of one day of so many orders to the packed files of the import."""
    road = _invoicing(folder, orders)
    make_invoices(road, DAY, DAY)
    site, ours = _site(), ReceivablesSettings.model_validate(_RECEIVABLES)
    site = site.model_copy(update={"receivables": ours})
    seconds, cpu = time.perf_counter(), _cpu_seconds()
    staged = staged_invoices(road, DAY)
    batches = invoice_import.batches([journal for one in staged.documents for journal in one.journals], site, ours)
    packed = sum(len(invoice_import.archive(batch, site, ours)) for batch in batches)
    took = time.perf_counter() - seconds, _cpu_seconds() - cpu
    lines = sum(len(journal.lines) - 1 for batch in batches for journal in batch)
    assert packed, "an empty file is no import"
    return _told(lines, *took) | {"files": len(batches), "packed_mb": round(packed / 1e6, 1)}


def bare_invoice_file(folder: Path, orders: int, grain: str) -> dict[str, float]:
    """Write the same lines by one query into one CSV file, from the staged lines of the invoices."""
    road = _invoicing(folder, orders)
    make_invoices(road, DAY, DAY)
    version = road.stores.warehouse.current("bench", "receivable_invoices", DAY.isoformat())
    staged = str(road.stores.warehouse.path(version))
    seconds, cpu = time.perf_counter(), _cpu_seconds()
    bound = {"staged": staged, "path": str(folder / "lines.csv")}
    with duckdb.connect() as duck:
        duck.execute(f"COPY ({_BARE_FILE}) TO $path (FORMAT csv, HEADER false)", bound)
        rows = duck.execute("SELECT count(*) FROM read_csv($path, header = false)", {"path": bound["path"]}).fetchone()[
            0
        ]
    return _told(rows, time.perf_counter() - seconds, _cpu_seconds() - cpu)


def bare_invoices(folder: Path, orders: int, grain: str) -> dict[str, float]:
    """Write the same rows by one query, with nothing checked, mapped or archived."""
    events = folder / "events.parquet"
    _writes(_EVENTS, {"orders": orders})(events)
    seconds, cpu = time.perf_counter(), _cpu_seconds()
    _writes(_BARE_INVOICES, {"events": str(events)})(folder / "invoices.parquet")
    return _told(orders, time.perf_counter() - seconds, _cpu_seconds() - cpu)


def journal_file(folder: Path, lines: int, grain: str) -> dict[str, float]:
    """Take a settlement's mapped lines to the packed files of the import, by the grain of the connection."""
    road, settlement = _mapped(folder, lines, grain)
    site = _site()
    seconds, cpu = time.perf_counter(), _cpu_seconds()
    make_journals(road, settlement)
    packed = sum(len(payload.archive(one, site)) for one in planned_journals(road, settlement).journals.journals)
    took = time.perf_counter() - seconds, _cpu_seconds() - cpu
    assert packed, "an empty file is no import"
    return _told(lines, *took)


def bare_journal(folder: Path, lines: int, grain: str) -> dict[str, float]:
    """Group the same mapped lines by one query into one CSV file."""
    road, settlement = _mapped(folder, lines, grain)
    detail = {"order": "order_id", "sku": "sku"}.get(grain, "''")
    version = road.stores.warehouse.current("bench", "mapped_lines", settlement)
    movements = str(road.stores.warehouse.path(version))
    seconds, cpu = time.perf_counter(), _cpu_seconds()
    sql = _BARE_JOURNAL.replace("{detail}", detail)
    with duckdb.connect() as duck:
        duck.execute(f"COPY ({sql}) TO $path (FORMAT csv)", {"movements": movements, "path": str(folder / "j")})
    return _told(lines, time.perf_counter() - seconds, _cpu_seconds() - cpu)


WAYS: dict[str, Callable[[Path, int, str], dict[str, float]]] = {
    "invoices": invoices,
    "bare_invoices": bare_invoices,
    "invoice_file": invoice_file,
    "bare_invoice_file": bare_invoice_file,
    "journal_file": journal_file,
    "bare_journal": bare_journal,
}


def _invoicing(folder: Path, orders: int):
    road = road_in(folder / "home", memory_limit_mb=512)
    invoicing = {"shipped_from": "2026-11-01", "bill_to": {"Amazon.com": "1008"}}
    policy = Policy.model_validate(road.policy.model_dump() | {"invoicing": invoicing})
    road = replace(road, policy=policy, load_mapping=lambda: load_mapping(_MAPPING, "mapping.yaml"))
    road.stores.warehouse.write("bench", "financial_events", DAY.isoformat(), _writes(_EVENTS, {"orders": orders}), {})
    return road


def _mapped(folder: Path, lines: int, grain: str):
    road = road_in(folder / "home", memory_limit_mb=512)
    road = replace(road, policy=Policy.model_validate(road.policy.model_dump() | {"grain": grain, "lines_max": 1_000}))
    big = write_big_settlement(folder / "settlement.txt", lines)
    import_file(road, big.path)
    read_lines(road, big.settlement_id)
    map_lines(road, big.settlement_id)
    return road, big.settlement_id


def _site() -> FusionSettings:
    named = ("account", "department", "operating_unit", "product")
    chart = [{"position": 1, "name": "company", "holds": "unit"}]
    chart += [
        {"position": place, "name": name, "holds": name, "default": "000"} for place, name in enumerate(named, start=2)
    ]
    return FusionSettings.model_validate(
        {
            "base_url": "https://pod.example",
            "token_url": "https://idcs.example/oauth2/v1/token",
            "scope": "urn:opc:resource:consumer::all",
            "ledger_id": 1,
            "ledger_name": "US Primary Ledger",
            "ledger_currency": "USD",
            "chart_of_accounts_id": 1,
            "chart": chart,
            "journal_source": "Connector",
            "journal_category": "Marketplace",
        }
    )


def _writes(sql: str, bound: dict) -> Callable[[Path], None]:
    def produce(path: Path) -> None:
        with duckdb.connect() as duck:
            duck.execute(f"COPY ({sql}) TO $path (FORMAT parquet, CODEC 'zstd')", bound | {"path": str(path)})

    return produce


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _told(rows: int, seconds: float, cpu_seconds: float) -> dict[str, float]:
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "rows": rows,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "rows_per_second": round(rows / seconds),
        "peak_mb": round(peak_mb),
    }


def main() -> None:
    """Measure each way in a process of its own, then print the ratios to the bare queries."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=540_000)
    parser.add_argument("--grain", choices=("account", "sku", "order"), default="sku", help="of the journal's lines")
    parser.add_argument("--way", choices=WAYS, help="measure one way in this process")
    given = parser.parse_args()
    if given.way:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            rows = given.orders if "invoice" in given.way else given.lines
            print(json.dumps({"way": given.way, **WAYS[given.way](Path(folder), rows, given.grain)}))
        return
    told = {}
    for way in WAYS:
        command = [sys.executable, "-m", "benchmarks.order_documents", "--way", way]
        command += ["--orders", str(given.orders), "--lines", str(given.lines)]
        command += ["--grain", given.grain]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
        print(done.stdout.strip(), flush=True)
        told[way] = json.loads(done.stdout)
    ratios = {
        f"{way}_to_bare": round(told[way]["cpu_seconds"] / told[bare]["cpu_seconds"], 1)
        for way, bare in (
            ("invoices", "bare_invoices"),
            ("invoice_file", "bare_invoice_file"),
            ("journal_file", "bare_journal"),
        )
    }
    print(json.dumps({"unit": "cpu_seconds", **ratios}))


if __name__ == "__main__":
    main()
