"""Return postings: the cost of units that came back on one day, off cost of goods in the ERP's general ledger, once.

In: the returns of a day, and the cost that was booked for their shipments. What can be sold goes back to inventory,
what cannot to `accounts.inventory_loss`. Each return's journals are made anew, stored as intent, looked for, sent and
followed by the protocol that posts everything, and read back. A return that would be booked otherwise than it was sent
is told, and nothing is sent a second time.
"""

from datetime import date, timedelta
from functools import partial

from assets.fba_returns import ASSET as RETURNS_TABLE
from assets.posting.day_journals import facts_of, kept_day, take_day
from assets.posting.day_postings import Posted, changed_verdict
from assets.posting.document_sets import RETURN_POSTINGS as TABLE
from assets.sales.returned_units import ReturnedDay, returned_day
from assets.stages.commands import undo_and_repost
from assets.stages.day_names import day_name
from assets.stages.days import DayOutcome, RefusedDay, days_between
from assets.stages.resumption import follow_up_kind
from assets.stages.roadmap import Road
from assets.stages.verdicts import Verdict
from ledger.catalogue import Catalogue
from ledger.errors import ConfigurationRefused
from ledger.journal import JournalSet, SourceKey
from ledger.mapping import Mapping
from ledger.policy import CostOfGoods
from resources.store.outbox import OutboxDocument

BOOKED = "every_return_booked"
_POSTED = Posted(TABLE, "journals of returned cost", "Every journal of returned cost", "read_back_equals_journal")
_ROWS_MAX = 200
# A return whose cost is not in the books is looked at again every day, however long that takes.
_LOOK_AGAIN = timedelta(days=1)


def post_returns(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Take back the cost of what came back on each day of a span as far as it goes now; never twice.

    Raises ConfigurationRefused where the connection books no cost.
    """
    costs, catalogue = _settings(road)
    mapping = road.load_mapping()
    return {day: _day(road, costs, mapping, catalogue, day) for day in days_between(first, last)}


def returns_of_day(road: Road, day: date) -> dict[SourceKey, JournalSet]:
    """Return what would be booked of a day now, by return; nothing is stored. Raises as `post_returns` does."""
    costs, catalogue = _settings(road)
    made = _made(road, costs, road.load_mapping(), catalogue, day)
    return {one.source: one for one in made.documents} if made else {}


def _settings(road: Road) -> tuple[CostOfGoods, Catalogue]:
    costs, catalogue = road.policy.cost_of_goods, road.load_catalogue()
    if costs is None or catalogue is None:
        raise ConfigurationRefused(f"{road.connection} books no cost of goods: books.cost_of_goods is not set.")
    return costs, catalogue


def _made(road: Road, costs: CostOfGoods, mapping: Mapping, catalogue: Catalogue, day: date) -> ReturnedDay | None:
    returns = road.stores.warehouse.current(road.connection, RETURNS_TABLE, day.isoformat())
    if returns is None:
        return None
    path = road.stores.warehouse.path(returns)
    return returned_day(road, costs, mapping, catalogue, day, day_name(TABLE, day), path)


def _day(road: Road, costs: CostOfGoods, mapping: Mapping, catalogue: Catalogue, day: date) -> DayOutcome:
    made = _made(road, costs, mapping, catalogue, day)
    if made is None:
        fetch = f"connector fetch {RETURNS_TABLE} --from {day} --to {day} -c {road.connection}"
        return RefusedDay(((str(day), f"Its returns are not here yet: {fetch}"),))
    if made.waiting:
        # What is asked for by its documents comes sooner, and asks again.
        at, name = road.clock.now() + _LOOK_AGAIN, day_name(TABLE, day)
        road.stores.due.ask(road.connection, follow_up_kind(name), name, at, "returns wait for their cost")
    wanted = {one.source: one for one in made.documents}
    taken = take_day(
        road, _POSTED, day, wanted, mapping.content_hash, partial(_changed, road), unless_begun=made.unless_begun
    )
    made_of = {"mapping": mapping.content_hash, "catalogue": catalogue.content_hash}
    own = {"returns": made.returns, **facts_of(taken.documents, "cost taken back")}
    return kept_day(road, _POSTED, day, taken, made_of, own, _booked(made))


def _changed(road: Road, partition: str, wanted: JournalSet, documents: list[OutboxDocument]) -> Verdict:
    """Same return, other cost or another account than what was sent: an alarm, never a second journal."""
    order = wanted.source.belongs_to
    commands = undo_and_repost(road.connection, wanted.source.source_id)
    redo = f"; or undo what was booked, and book it as it is now: {commands}"
    return changed_verdict(road, partition, wanted, documents, f"A return of order {order} is otherwise now:", redo)


def _booked(made: ReturnedDay) -> Verdict:
    """What came back is off the cost of its order; what is not says why."""
    words = f"{len(made.documents)} of {made.returns} returns take cost back."
    if made.findings:
        words += f" {made.findings[0].sentence}"
    if made.waiting:
        words += f" {made.waiting} wait for their cost to stand in the books."
    if made.uncosted:
        words += f" {made.uncosted} take nothing back: their cost is not booked here."
    is_waiting = bool(made.waiting) and not made.findings
    told = Verdict(
        BOOKED,
        not made.findings and not made.waiting,
        words,
        is_blocking=False,
        is_waiting=is_waiting,
        rows=tuple(made.rows),
        findings=tuple(made.findings),
    )
    return told.cut(_ROWS_MAX)
