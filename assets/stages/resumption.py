"""Due rows of the road: how a settlement is taken up again by itself, and when it no longer has to be.

A row asks for a settlement: the whole road (it arrived, or somebody decided something), its postings (the ERP is still
at work), or that it is read back (every day while its period is young). A run that takes a row up leaves its mark on it
and a time after which it counts as dead; at the end of the road it closes the row, unless somebody asked anew
meanwhile. A stage that raises asks again, later each time, so that an outage heals.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from assets.stages.checks import BY_DAY, BY_MONTH
from assets.stages.day_names import is_of_day_asset
from assets.stages.month_names import month_of_name
from assets.stages.roadmap import Road
from ledger.errors import ConnectorError
from resources.clock import Clock
from resources.store.due import SETTLEMENT_KIND, DueRow
from resources.store.stores import Stores

ARRIVAL_KIND = (
    "arrival"  # kind of a due row: a settlement nobody has looked at yet; an automatic connection takes it up
)
POSTING_KIND = "posting"  # kind of a due row: look again at this settlement's documents
READ_BACK_KIND = "read_back"  # kind of a due row: read this posted settlement back, as every day
LISTING_KIND = "listing"  # kind of a due row: list the ERP's documents under our source; its partition is LISTING
LISTING = "documents"

# Rows that only look at what is done already: they come back every day, and nothing waits for them.
WATCH_KINDS = frozenset({READ_BACK_KIND, LISTING_KIND})

# A run that has not come to its end by then is taken for dead, and another one is asked for.
RUN_SECONDS_MAX = 1800
RETRY_SECONDS_FIRST = 60
RETRY_SECONDS_MAX = 3600
_KINDS_TAKEN_UP_BY = {"settlement_reports": (ARRIVAL_KIND, SETTLEMENT_KIND), "erp_postings": (POSTING_KIND,)}
_KINDS_TAKEN_UP_BY |= {"reconciliations": (READ_BACK_KIND,), "erp_documents": (LISTING_KIND,)}
_KINDS_TAKEN_UP_BY |= dict.fromkeys((*BY_DAY, *BY_MONTH), (SETTLEMENT_KIND,))
_KINDS_TAKEN_UP_BY["accruals"] = (SETTLEMENT_KIND, POSTING_KIND)
_FOLLOWED_UP = ("erp_postings", "cash_entries", "reconciliations")
_KIND_OF_FAILURE = {"erp_documents": LISTING_KIND}
# A run that was killed may have been killed by what it does, so the next one comes later each time.
KILLED_SECONDS_FIRST = 10
_FAILURE = re.compile(r"failure (\d+)")
_MARK = re.compile(r"run (\S+) is on its way")


def ask_for(road: Road, settlement_id: str, reason: str) -> None:
    """Ask for a settlement to be taken down the whole road now."""
    road.stores.due.ask(road.connection, SETTLEMENT_KIND, settlement_id, road.clock.now(), reason)


def follow_up_kind(name: str) -> str:
    """Return the kind of the row that asks for another look at documents; a day has one kind of row for everything."""
    return SETTLEMENT_KIND if is_of_day_asset(name) else POSTING_KIND


def arrived(road: Road, settlement_id: str, reason: str) -> None:
    """Ask for a settlement that is new; a connection that is not automatic leaves the first walk to a person."""
    road.stores.due.ask(road.connection, ARRIVAL_KIND, settlement_id, road.clock.now(), reason)


def taken_up(road: Road, asset: str, settlement_id: str) -> None:
    """Mark the rows that asked for this stage, so that its run is not asked for twice.

    Posting leaves a mark even where nobody had asked: whatever a run killed in the middle has sent is then looked for.
    """
    for kind in _KINDS_TAKEN_UP_BY.get(asset, ()):
        row = road.stores.due.open_row(road.connection, kind, settlement_id)
        if row is None and kind != POSTING_KIND:
            continue
        if row is not None and kind in WATCH_KINDS and row.at > road.clock.now():
            continue  # It asks for tomorrow's look, not for this one.
        failed = _FAILURE.search(row.reason) if row else None
        reason = _mark(road) + (f", after {failed[0]}" if failed else "")
        dead_at = road.clock.now() + timedelta(seconds=RUN_SECONDS_MAX)
        road.stores.due.ask(road.connection, kind, settlement_id, dead_at, reason)


def ended(road: Road, settlement_id: str) -> None:
    """Close what this run took up; a row that was asked for anew meanwhile stays."""
    for kind in (ARRIVAL_KIND, SETTLEMENT_KIND, POSTING_KIND, READ_BACK_KIND, LISTING_KIND):
        row = road.stores.due.open_row(road.connection, kind, settlement_id)
        if row is not None and _is_marked(road, row):
            road.stores.due.done(row)


def comes_again(road: Road, settlement_id: str, at: datetime, reason: str) -> None:
    """Ask later for a settlement that came by itself; one that a person took up ends with what that person sees."""
    for kind in (ARRIVAL_KIND, SETTLEMENT_KIND):
        row = road.stores.due.open_row(road.connection, kind, settlement_id)
        if row is not None and _is_marked(road, row):
            road.stores.due.ask(road.connection, kind, settlement_id, at, reason)


def failed(road: Road, asset: str, settlement_id: str, sentence: str) -> int:
    """Ask again after a stage that raised: a minute later first, an hour at most; return how many failed in a row."""
    kind = POSTING_KIND if asset in _FOLLOWED_UP else _KIND_OF_FAILURE.get(asset, SETTLEMENT_KIND)
    row = road.stores.due.open_row(road.connection, kind, settlement_id)
    before = _FAILURE.search(row.reason) if row else None
    count = int(before[1]) + 1 if before else 1
    seconds = min(RETRY_SECONDS_MAX, RETRY_SECONDS_FIRST * 2 ** min(count - 1, 10))
    at = road.clock.now() + timedelta(seconds=seconds)
    reason = f"failure {count} of {asset}: {sentence[:300]}"
    road.stores.due.ask(road.connection, kind, settlement_id, at, reason)
    ended(road, settlement_id)
    return count


def take_back(stores: Stores, clock: Clock, connection: str, is_over: Callable[[str], bool]) -> int:
    """Ask anew for what runs took up that are over by now without having come to its end; return how many rows.

    `is_over` tells of a run by its id. Such a run was killed: a document it had leased need not wait for that lease.
    """
    taken = 0
    for row in stores.due.listing(connection):
        mark = _MARK.match(row.reason)
        if mark is None or not is_over(mark[1]):
            continue
        stores.outbox.run_out(mark[1])
        ask_after_death(stores, clock, row, f"run {mark[1]} ended before its work did")
        taken += 1
    return taken


def ask_after_death(stores: Stores, clock: Clock, row: DueRow, said: str) -> None:
    """Ask anew for what a dead run was meant to do, later each time that happens."""
    before = _FAILURE.search(row.reason)
    count = int(before[1]) + 1 if before else 1
    seconds = min(RETRY_SECONDS_MAX, KILLED_SECONDS_FIRST * 2 ** min(count - 1, 10))
    at = clock.now() + timedelta(seconds=seconds)
    stores.due.ask(row.connection, row.kind, row.partition, at, f"failure {count}: {said}")


def sweep(road: Road, registered: set[str]) -> None:
    """Close rows that ask for what is no settlement, such as a report that was refused and then resolved."""
    for row in road.stores.due.listing(road.connection):
        is_period = is_of_day_asset(row.partition) or month_of_name(row.partition) is not None
        is_known = row.partition in registered or is_period
        if row.kind in (ARRIVAL_KIND, SETTLEMENT_KIND) and not is_known:
            road.stores.due.done(row)


def sentence_of(error: Exception) -> str:
    """Return what may be stored of an exception: our own sentences; of foreign ones only the kind."""
    return str(error) if isinstance(error, ConnectorError) else f"a fault of the program ({type(error).__name__})"


def _mark(road: Road) -> str:
    return f"run {road.run or 'by hand'} is on its way"


def _is_marked(road: Road, row: DueRow) -> bool:
    return row.reason.split(", after ")[0] == _mark(road)
