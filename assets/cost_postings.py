"""Cost postings: what was shipped on one day, from inventory to cost in the ERP's general ledger, each shipment once.

In: the transactions of a day, and the catalogue; where revenue is booked when it is settled, the settlements that ended
on the day instead, once they are posted. Each shipment's journals are made anew, stored as intent, looked for, sent and
followed by the protocol that posts everything, and read back. Other cost than what was sent is told and nothing is sent
a second time. A refund reverses no cost: what came back and can be sold is `return_postings`.
"""

from datetime import date
from functools import partial

from assets.events.event_rows import TABLE as EVENTS_TABLE
from assets.posting.day_journals import facts_of, kept_day, take_day
from assets.posting.day_postings import Posted, changed_verdict
from assets.posting.document_sets import COST_POSTINGS as TABLE
from assets.sales.costed_shipments import CostedDay, costed_day, told_of
from assets.sales.replaced_orders import add_replacements
from assets.sales.settled_costs import settled_day
from assets.sales.shipment_dates import waiting_words
from assets.stages.commands import undo_and_repost
from assets.stages.days import DayOutcome, RefusedDay, days_between
from assets.stages.roadmap import Road
from assets.stages.verdicts import Verdict
from ledger.catalogue import Catalogue
from ledger.errors import ConfigurationRefused
from ledger.journal import JournalSet, SourceKey
from ledger.mapping import Mapping
from ledger.policy import CostOfGoods
from resources.store.outbox import OutboxDocument

COSTED = "every_shipment_costed"
_POSTED = Posted(TABLE, "cost journals", "Every cost journal", "read_back_equals_journal")


def post_costs(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Book the cost of each day of a span as far as it goes now; never twice, whoever calls how often.

    Raises ConfigurationRefused where the connection books none.
    """
    costs, catalogue = _settings(road)
    mapping = road.load_mapping()
    return {day: _day(road, costs, mapping, catalogue, day) for day in days_between(first, last)}


def costs_of_day(road: Road, day: date) -> dict[SourceKey, JournalSet]:
    """Return what would be booked of a day now, by shipment; nothing is stored. Raises as `post_costs` does."""
    costs, catalogue = _settings(road)
    found = _made(road, costs, road.load_mapping(), catalogue, day)
    return {one.source: one for one in found[0].documents} if found else {}


def _settings(road: Road) -> tuple[CostOfGoods, Catalogue]:
    costs, catalogue = road.policy.cost_of_goods, road.load_catalogue()
    if costs is None or catalogue is None:
        raise ConfigurationRefused(f"{road.connection} books no cost of goods: books.cost_of_goods is not set.")
    return costs, catalogue


def _made(
    road: Road, costs: CostOfGoods, mapping: Mapping, catalogue: Catalogue, day: date
) -> tuple[CostedDay, str] | None:
    """Return what is made of a day, with the version of the transactions it is made of; None without these."""
    if road.policy.costs_at_settlement:
        made, version = settled_day(road, costs, mapping, catalogue, day), ""
    else:
        events = road.stores.warehouse.current(road.connection, EVENTS_TABLE, day.isoformat())
        if events is None:
            return None
        path, version = road.stores.warehouse.path(events), events.id
        made = costed_day(road, costs, mapping, catalogue, day, path)
    add_replacements(road, costs, mapping, catalogue, day, made)
    return told_of(road, catalogue, made, day), version


def _day(road: Road, costs: CostOfGoods, mapping: Mapping, catalogue: Catalogue, day: date) -> DayOutcome:
    found = _made(road, costs, mapping, catalogue, day)
    if found is None:
        fetch = f"connector fetch {EVENTS_TABLE} --from {day} --to {day} -c {road.connection}"
        return RefusedDay(((str(day), f"Its financial events are not here yet: {fetch}"),))
    made, events = found
    wanted = {one.source: one for one in made.documents}
    taken = take_day(
        road, _POSTED, day, wanted, mapping.content_hash, partial(_changed, road), unless_begun=made.unless_begun
    )
    made_of = {"mapping": mapping.content_hash, "catalogue": catalogue.content_hash, "events": events}
    own = {"shipments": made.shipments, **facts_of(taken.documents, "cost")}
    return kept_day(road, _POSTED, day, taken, made_of, own, _costed(made))


def _changed(road: Road, partition: str, wanted: JournalSet, documents: list[OutboxDocument]) -> Verdict:
    """Same shipment, other cost than what was sent: an alarm, never a second journal."""
    order = wanted.source.belongs_to
    redo = f"; or undo what was booked, and book it as it is now: {undo_and_repost(road.connection, order)}"
    return changed_verdict(road, partition, wanted, documents, f"Order {order} would cost otherwise now:", redo)


def _costed(made: CostedDay) -> Verdict:
    """Every shipment of the day carries its cost; what waits is named with its orders."""
    findings = tuple(made.findings)
    if (made.waiting or made.undated) and not findings:
        words = f"The cost of settlement {', '.join(made.waiting)} follows when it is posted." if made.waiting else ""
        words = f"{words} {waiting_words(made.undated)}".strip()
        return Verdict(COSTED, False, words, is_blocking=False, is_waiting=True)
    if not findings:
        words = f"{len(made.documents)} of {made.shipments} shipments carry cost; the others cost nothing."
        if made.elsewhere:
            words += f" {len(made.elsewhere)} more carry it by something else: shipment, settlement or replacement."
        return Verdict(COSTED, True, words, is_blocking=False)
    rows = tuple({"what": one.sentence, "what to do": one.cure} for one in findings)
    sentence = f"{made.left_out} shipments wait. {findings[0].sentence}"
    return Verdict(COSTED, False, sentence, is_blocking=False, rows=rows, findings=findings)
