"""Measure outbox steps per second against the same rows written by hand with the sqlite3 module.

In: how many documents, rounds and processes. Out: a table with the ratio, and what an fsync costs in that folder. Both
ways take turns within one run, over two databases in one folder of a real disk, so that what the machine does besides
meets both. A document is planned, leased, taken through four steps and given back: seven transactions. At the end the
connector verifies every row of both databases, and one process must have written the same facts in both.

    python -m benchmarks.outbox_steps --processes 1 4
"""

import argparse
import multiprocessing
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from multiprocessing.synchronize import Barrier
from pathlib import Path

from benchmarks.outbox_by_hand import OutboxByHand
from ledger.accounts import AccountKey
from ledger.journal import JournalFrame, JournalSet, Movement, SourceKey, build_journals
from ledger.posting import PostingState
from resources.clock import SystemClock
from resources.store.stores import Stores
from resources.store.verification import verify

CONNECTION, HASH, RUN = "bench", "0" * 64, "00000000-0000-0000-0000-000000000000"
WALK = (
    (PostingState.SENDING, "intent stored before the call"),
    (PostingState.SENT, "the ERP has saved it"),
    (PostingState.IMPORTING, "saved; waiting for edit"),
    (PostingState.POSTED, "the books say posted (P)"),
)
STEPS_EACH = {"plan": 1, "steps": len(WALK) + 2}
WAYS = ("by hand", "outbox")
ACCOUNTS = 12


def journals(source_id: str) -> JournalSet:
    """Return one document of as many lines as a usual settlement has accounts."""
    clearing = AccountKey.of("US001", account="110500")
    movements = [
        Movement(clearing, AccountKey.of("US001", account=f"4000{number:02d}"), Decimal("12.34") + number, "USD")
        for number in range(ACCOUNTS)
    ]
    frame = JournalFrame(
        source=SourceKey("A0BENCH", "peoplesoft:BENCH:ACTUALS", "settlement", source_id),
        revision=1,
        owner_unit="US001",
        currency="USD",
        rate_type="CRRNT",
        description=f"Amazon {source_id}",
        document_reference=source_id,
    )
    return build_journals(movements, frame, date(2026, 10, 14))


class ByHand:
    """The hand-written way behind the two verbs that are measured."""

    def __init__(self, home: Path) -> None:
        self._outbox = OutboxByHand(home / "control.db", CONNECTION)

    def prepared(self, wanted: JournalSet) -> tuple:
        """Return what a program without our types would hold."""
        return str(wanted.source), [journal.content() for journal in wanted.journals], wanted.source.source_id

    def plan(self, prepared: tuple) -> str:
        """Store one document; return its key."""
        source, contents, partition = prepared
        return self._outbox.plan(source, contents, partition, HASH, RUN)[0]

    def walk(self, key: str) -> None:
        """Take it through all its steps."""
        fence = self._outbox.lease(key, RUN, 900)
        for state, reason in WALK:
            erp_id = _erp_id(key) if state is PostingState.SENDING else None
            self._outbox.step(key, state.value, reason, fence, RUN, erp_id)
        self._outbox.release(key, fence)


class ByOutbox:
    """The connector's outbox behind the same verbs."""

    def __init__(self, home: Path) -> None:
        self._outbox = Stores.open(home, SystemClock()).outbox

    def prepared(self, wanted: JournalSet) -> JournalSet:
        """Return the journals as they are."""
        return wanted

    def plan(self, prepared: JournalSet) -> str:
        """Store one document; return its key."""
        partition = prepared.source.source_id
        return self._outbox.plan(
            CONNECTION, prepared, approved=True, mapping_hash=HASH, partition=partition, run=RUN
        ).keys[0]

    def walk(self, key: str) -> None:
        """Take it through all its steps."""
        lease = self._outbox.lease(key, RUN, 900)
        assert lease is not None, "nobody else works on it"
        for state, reason in WALK:
            erp_id = _erp_id(key) if state is PostingState.SENDING else None
            self._outbox.step(key, state, reason, lease=lease, run=RUN, erp_id=erp_id)
        self._outbox.release(lease)


def _erp_id(key: str) -> str:
    return f"US001 {key[-20:]} 2026-10-14"


def work(home: Path, number: int, rounds: int, documents: int, barrier: Barrier, answers) -> None:
    """Take turns with both ways, together with all other workers; report seconds and CPU seconds of each part."""
    ways = {"by hand": ByHand(home / "by hand"), "outbox": ByOutbox(home / "outbox")}
    seconds = {(way, part): [] for way in WAYS for part in STEPS_EACH}
    cpu = dict.fromkeys(WAYS, 0.0)
    for turn in range(-1, rounds):  # the turn before the first warms up and does not count
        names = [f"{number}-{turn}-{one}" for one in range(documents if turn >= 0 else 10)]
        for way in WAYS if turn % 2 else reversed(WAYS):
            door = ways[way]
            prepared = [door.prepared(journals(name)) for name in names]
            began = time.process_time()
            keys, planning = _together(barrier, lambda door=door, all_=prepared: [door.plan(one) for one in all_])
            _, walking = _together(barrier, lambda door=door, all_=keys: [door.walk(key) for key in all_])
            if turn >= 0:
                cpu[way] += time.process_time() - began
                seconds[way, "plan"].append(planning)
                seconds[way, "steps"].append(walking)
    answers.put((number, seconds, cpu))


def _together(barrier: Barrier, doing: Callable[[], list]) -> tuple[list, float]:
    """Begin with all others; return the seconds until the last has ended."""
    barrier.wait()
    began = time.perf_counter()
    done = doing()
    barrier.wait()
    return done, time.perf_counter() - began


def measure(folder: Path, processes: int, rounds: int, documents: int) -> list[dict]:
    """Run workers over two fresh databases; return one row per part."""
    home = Path(tempfile.mkdtemp(prefix="outbox-", dir=folder))
    context = multiprocessing.get_context("spawn")
    try:
        for way in WAYS:
            Stores.open(home / way, SystemClock()).close()
        barrier, answers = context.Barrier(processes), context.Queue()
        given = (rounds, documents, barrier, answers)
        workers = [context.Process(target=work, args=(home, number, *given)) for number in range(processes)]
        for worker in workers:
            worker.start()
        told = [answers.get(timeout=900) for _ in workers]
        for worker in workers:
            worker.join()
        _prove_same_rows(home, exact=processes == 1)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return _rows(processes, documents, told)


def _rows(processes: int, documents: int, told: list[tuple]) -> list[dict]:
    """Return steps per second of both ways; every worker waits for the last, so the first speaks for all."""
    _, seconds, _ = min(told, key=lambda one: one[0])
    rows = []
    for part, each in STEPS_EACH.items():
        rates = {way: [processes * documents * each / one for one in seconds[way, part]] for way in WAYS}
        ratios = [ours / theirs for ours, theirs in zip(rates["outbox"], rates["by hand"], strict=True)]
        rows.append(
            {
                "processes": processes,
                "part": part,
                **{way: _mean_rate(processes * documents * each, seconds[way, part]) for way in WAYS},
                "ratio": sum(seconds["by hand", part]) / sum(seconds["outbox", part]),
                "least": min(ratios),
                "most": max(ratios),
            }
        )
    whole = {way: sum(sum(seconds[way, part]) for part in STEPS_EACH) for way in WAYS}
    cpu = {way: sum(one[2][way] for one in told) for way in WAYS}
    count = processes * documents * sum(STEPS_EACH.values()) * len(seconds["outbox", "plan"])
    together = {way: count / whole[way] for way in WAYS}
    rows.append({"processes": processes, "part": "together", **together, "ratio": whole["by hand"] / whole["outbox"]})
    rows[-1]["cpu"] = {way: cpu[way] / count * 1e6 for way in WAYS}
    return rows


def _mean_rate(steps: int, seconds: list[float]) -> float:
    return steps * len(seconds) / sum(seconds)


def _prove_same_rows(home: Path, exact: bool) -> None:
    """Let the connector verify every row of both; facts are compared where one process makes their order certain."""
    facts = {}
    for way in WAYS:
        stores = Stores.open(home / way, SystemClock())
        verification = verify(stores.control)
        assert verification.first_bad is None, verification.first_bad.sentence
        events = stores.audit.events(CONNECTION, limit=10_000_000)
        told = [(one.kind, one.document_key, sorted(one.facts.items(), key=str)) for one in events]
        facts[way] = told if exact else sorted((kind, key) for kind, key, _ in told)
        stores.close()
    assert facts["by hand"] == facts["outbox"], "both ways write the same rows"


def fsync_microseconds(folder: Path) -> float:
    """Return the median cost of making one page durable in a folder."""
    path, page, taken = folder / "fsync.probe", b"0" * 4096, []
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        for _ in range(200):
            began = time.perf_counter()
            os.write(handle, page)
            os.fsync(handle)
            taken.append(time.perf_counter() - began)
    finally:
        os.close(handle)
        path.unlink()
    return statistics.median(taken) * 1e6


def main() -> None:
    """Measure for each number of processes; print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--rounds", type=int, default=10, help="how often both ways take turns")
    parser.add_argument("--documents", type=int, default=40, help="documents per process and round")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="a folder of the disk to measure on")
    given = parser.parse_args()
    print(f"fsync of one page: {fsync_microseconds(given.folder):.0f} microseconds")
    print("| processes | part | by hand per second | outbox per second | ratio | rounds between |")
    print("| --- | --- | --- | --- | --- | --- |")
    for processes in given.processes:
        for row in measure(given.folder, processes, given.rounds, given.documents):
            between = f"{row['least']:.2f} and {row['most']:.2f}" if "least" in row else ""
            figures = f"{row['by hand']:.0f} | {row['outbox']:.0f} | {row['ratio']:.2f} | {between}"
            print(f"| {processes} | {row['part']} | {figures} |", flush=True)
        cpu = row["cpu"]
        print(f"CPU microseconds per step: by hand {cpu['by hand']:.0f}, outbox {cpu['outbox']:.0f}")


if __name__ == "__main__":
    main()
