"""Measure how near a year's backfill comes to the time that Amazon's published quotas leave at least.

In: how many processes. Out: per road the simulated time, the floor, their ratio, and the calls answered 429. The
emulated Amazon holds the published buckets and answers 429 when one is empty; the processes are real ones, each with a
share of the days, and share nothing but the control database and a simulated time, in which only waiting takes any.
A hundredth of the orders stands for all: a page holds 5 transactions where Amazon's holds 500, so the calls are those
of 100,000 orders. Reports of orders hold 30 days however many orders there are, and are made in seconds here.

    python -m benchmarks.quota_year --processes 1 4
"""

import argparse
import math
import multiprocessing
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path

from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import RefusedDay, days_between, fetch_days
from assets.stages.roadmap import Road
from benchmarks.shared_time import SharedTime, WaitingClock
from emulators.amazon.app import AmazonApp, build_app
from emulators.amazon.history import Leaf, OrderLine, OrderRecord, SellerHistory, TransactionItem, TransactionRecord
from emulators.amazon.settings import USAGE_PLANS, Settings
from emulators.amazon.world import Application, Grant, Seller, World
from emulators.serve import serve
from ledger.policy import Policy
from resources.amazon.backfill_plan import TRANSACTIONS_PER_ORDER, TRANSACTIONS_PER_PAGE, Span, roads
from resources.amazon.client import SellingPartner, SellingPartnerSettings
from resources.store.stores import Stores
from resources.transport.access_tokens import MemoryTokenCache

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAYS, ORDERS, SMALLER = 365, 100_000, 100
FIRST = NOW.date() - timedelta(days=DAYS)
SELLER, US = "A0BENCH", "ATVPDKIKX0DER"
SECRETS = {"id": "amzn1.application-oa2-client.demo-bench", "secret": "demo-secret", "refresh": "Atzr|demo-refresh"}
ASSETS = ("financial_events", "orders")


def main() -> None:
    """Print a row per road and number of processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--days", type=int, default=DAYS, help="a shorter year, to see that it runs")
    options = parser.parse_args()
    print("asset | processes | minutes | floor | ratio | calls | answered 429 | calls by operation")
    for asset in ASSETS:
        for processes in options.processes:
            print(measured(asset, options.days, processes), flush=True)


def measured(asset: str, days: int, processes: int) -> str:
    """Backfill the last so many days of an asset by so many processes, from full buckets."""
    time, world, transactions = SharedTime(NOW), *_world(days)
    last = NOW.date() - timedelta(days=1)
    wanted = days_between(last - timedelta(days=days - 1), last)
    settings = Settings(transactions_page_size=TRANSACTIONS_PER_PAGE // SMALLER)
    app = build_app(world, time, None, settings)
    with tempfile.TemporaryDirectory(prefix="quota-year-") as folder, serve({"": app}) as served:
        Stores.open(Path(folder), time).close()
        _carry_out(time, asset, wanted, processes, folder, served.url)
    counted = [one for one in app.exchanges if one.operation in USAGE_PLANS]
    refused = sum(one.status == 429 for one in counted)
    floor, minutes = _floor(asset, transactions, processes, app, days), time.monotonic() / 60
    calls = ", ".join(f"{name} {count}" for name, count in sorted(Counter(one.operation for one in counted).items()))
    app.close()
    ratio = f"{minutes / floor:.3f}" if floor else "no floor"
    share = f"{refused} ({refused / len(counted):.2%})"
    return f"{asset} | {processes} | {minutes:.2f} | {floor:.2f} | {ratio} | {len(counted)} | {share} | {calls}"


def _carry_out(time: SharedTime, asset: str, wanted: list[date], processes: int, folder: str, url: str) -> None:
    """Let processes fetch a share of the days each, and move time until they have ended."""
    context = multiprocessing.get_context("spawn")
    share = math.ceil(len(wanted) / processes)
    started, turns = [], []
    for number in range(processes):
        days = wanted[number * share : (number + 1) * share]
        turn, theirs = context.Pipe()
        process = context.Process(target=_fetch, args=(time, theirs, asset, days, folder, url))
        process.start()
        theirs.close()
        started.append(process)
        turns.append(turn)
    time.run(turns)
    for process in started:
        process.join()
        if process.exitcode:
            raise SystemExit(f"A process that fetched {asset} ended with {process.exitcode}.")


def _fetch(time: SharedTime, turn: Connection, asset: str, days: list[date], folder: str, url: str) -> None:
    """Be one process: fetch days as a run does."""
    clock = WaitingClock(time, turn)
    stores = Stores.open(Path(folder), clock)
    settings = SellingPartnerSettings(
        connection="bench",
        seller_id=SELLER,
        region="na",
        marketplace_ids=(US,),
        client_id_secret="id",
        client_secret_secret="secret",
        refresh_token_secret="refresh",
        api_url=f"{url}/na",
        token_url=f"{url}/lwa/auth/o2/token",
    )
    source = SellingPartner(settings, SECRETS.__getitem__, clock, stores.buckets, MemoryTokenCache(), None)
    policy = Policy(time_zone="UTC", books_from=FIRST, marketplaces={"Amazon.com": {"tax_model": "facilitator"}})
    road = Road("bench", SELLER, "L", policy, _no_mapping, stores, source, None, clock, run="bench")
    for day, outcome in fetch_days(road, DAY_STAGES[asset], days):
        if isinstance(outcome, RefusedDay):
            raise SystemExit(f"{asset} of {day} was refused: {outcome.sentence}")
    source.close()
    stores.close()


def _no_mapping() -> None:
    raise AssertionError("days are fetched without a mapping")


def _floor(asset: str, transactions: int, processes: int, app: AmazonApp, days: int) -> float:
    """Return the minutes that the quotas leave at least for what has to be asked, whoever asks."""
    if asset == "financial_events":
        rate, burst = USAGE_PLANS["listTransactions"]
        pages = math.ceil(transactions / app.settings.transactions_page_size)
        return max(0, pages - burst) / rate / 60
    # Each process asks for reports of its own days, so four of them need a few more.
    share, window = math.ceil(days / processes), DAY_STAGES[asset].days_per_window
    reports = sum(math.ceil(min(share, days - begin) / window) for begin in range(0, days, share))
    span = Span(reports * window, ORDERS / DAYS, {name: stage.days_per_window for name, stage in DAY_STAGES.items()})
    taken = next(one for one in roads(span)[asset] if "report" in one.name)
    return replace(taken, minutes_of_making=0.0).minutes


def _world(days: int) -> tuple[World, int]:
    """Return a seller with the orders and transactions of so many days, and the number of transactions."""
    world = World()
    world.add_application(Application(SECRETS["id"], {SECRETS["secret"]}))
    world.add_seller(Seller(SELLER, "na", "Bench", (US,)), Grant(SECRETS["refresh"], SECRETS["id"], SELLER))
    history: SellerHistory = world.histories[SELLER]
    orders = ORDERS * days // DAYS // SMALLER
    begin = datetime.combine(NOW.date() - timedelta(days=days), datetime.min.time(), UTC)
    step = timedelta(days=days) / orders
    history.orders += [_order(number, begin + number * step) for number in range(orders)]
    transactions = round(orders * TRANSACTIONS_PER_ORDER)
    step = timedelta(days=days) / transactions
    history.transactions += [_transaction(number, begin + number * step) for number in range(transactions)]
    return world, transactions


def _order(number: int, placed: datetime) -> OrderRecord:
    line = OrderLine(f"{number:014d}", "MUG", "B0DEMOMUG1", "Mug", 1, Decimal("20.00"), Decimal("1.60"))
    return OrderRecord(
        order_id=f"112-0000000-{number:07d}",
        marketplace_id=US,
        channel="Amazon.com",
        currency="USD",
        purchased=placed,
        updated=placed,
        lines=(line,),
        shipped=placed,
        ship_country="US",
        shipment_id=f"S{number}",
    )


def _transaction(number: int, posted: datetime) -> TransactionRecord:
    leaves = (Leaf(("Sales", "ProductCharges"), Decimal("20.00")),)
    return TransactionRecord(
        transaction_id=f"T{number}",
        transaction_type="Shipment",
        description="Order Payment",
        posted=posted,
        visible=posted,
        currency="USD",
        marketplace_id=US,
        marketplace_name="Amazon.com",
        leaves=leaves,
        items=(TransactionItem(leaves, "MUG", "B0DEMOMUG1", 1, "AFN"),),
        identifiers=(("ORDER_ID", f"112-0000000-{number:07d}"),),
    )


if __name__ == "__main__":
    main()
