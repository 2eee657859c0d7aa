"""The harness can fail: with the protocol broken on purpose, oracle or witness say what is wrong.

The oracle reads the books; the witness stands at the ERP's door and sees what the books, by luck, do not show.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from assets import settlement_reports
from assets.posting.desk import Desk, Driven
from assets.posting.protocol import protocol as posting
from assets.posting.protocol import sending
from assets.posting.protocol import sets as posting_sets
from assets.posting.protocol import steps as posting_steps
from ledger.posting import PostingState
from resources.erp.fusion import client as fusion
from resources.erp.fusion import payload as fusion_payload
from resources.erp.fusion.search import Search as FusionSearch
from resources.erp.peoplesoft import client, payload
from resources.erp.peoplesoft.search import Search as PeopleSoftSearch
from resources.erp.target import BooksState, Sightings, TargetStatus
from resources.store.due import Due
from tests.simulation import oracle
from tests.simulation.cases import SINGLE, TWO_PARTS
from tests.simulation.crash import survived, watched
from tests.simulation.fusion_side import FusionSide
from tests.simulation.schedule import Schedule
from tests.simulation.world import World, simulated


def blind_and_without_key(patch):
    """Find sees nothing and is sure of it, and the ERP numbers journals itself, so its key refuses nothing."""
    patch.setattr(client.PeopleSoft, "find", lambda self, journals: Sightings((), True, "made up", frozenset()))
    patch.setattr(client.PeopleSoft, "_require_own_key", lambda self, reply, journal: None)
    really = payload.buffer
    patch.setattr(payload, "buffer", lambda journal, profile: really(journal, profile) | {"JOURNAL_ID": "NEXT"})


def forgets_the_last_part(patch):
    """The last part of a set is never driven and taken for posted."""
    really = posting_sets.drive_all

    def first_only(road, settlement_id, documents, **named):
        driven = really(road, settlement_id, documents[:1], **named)
        return [*driven, *(Driven(one) for one in documents[1:])]

    patch.setattr(posting_sets, "drive_all", first_only)


def forgets_what_arrived(patch):
    """Discovery registers a settlement and asks nobody to take it up."""
    patch.setattr(settlement_reports, "arrived", lambda road, settlement_id, reason: None)


def closes_rows_when_taken_up(patch):
    """A run that takes a row up closes it at once instead of leaving its mark, so that a death loses it."""
    really = Due.ask

    def ask(self, connection, kind, partition, at, reason):
        really(self, connection, kind, partition, at, reason)
        if "on its way" in reason:
            self.done(self.open_row(connection, kind, partition))

    patch.setattr(Due, "ask", ask)


def a_cent_short(journal):
    """Return a journal whose sides are both a cent short: balanced, and wrong."""
    cent = Decimal("0.01")
    lines = [replace(one, amount=one.amount - cent if one.amount > 0 else one.amount) for one in journal.lines]
    first = next(number for number, one in enumerate(lines) if one.amount < 0)
    moved = cent * sum(one.amount > 0 for one in lines)
    lines[first] = replace(lines[first], amount=lines[first].amount + moved)
    return replace(journal, lines=tuple(lines))


def books_a_cent_less(patch):
    """Every journal that leaves for PeopleSoft is short."""
    really = payload.buffer
    patch.setattr(payload, "buffer", lambda journal, profile: really(a_cent_short(journal), profile))


def loads_a_cent_less(patch):
    """Every journal that leaves for Fusion is short."""
    really = fusion_payload.rows
    patch.setattr(fusion_payload, "rows", lambda journal, settings: really(a_cent_short(journal), settings))


def sure_of_absence(patch):
    """Fusion refuses nothing, and the look for our own batch, job and file sees nothing and is sure of it."""
    patch.setattr(fusion.Fusion, "find", lambda self, journals: Sightings((), True, "made up", frozenset()))
    patch.setattr(fusion.Fusion, "_require_free", lambda self, journal, name: None)
    patch.setattr(fusion.Fusion, "status", lambda self, journal: TargetStatus(BooksState.ABSENT, ""))


def sends_anew_after_a_death(patch):
    """What a dead worker was sending is sent by the next one, which asks nobody whether it arrived."""

    def again(desk, lease, document, siblings):
        erp_id, error = sending._called(desk, [lease], lambda: desk.target.submit(document.journal))
        return sending._told(desk, lease, document, erp_id, error)

    patch.setitem(posting._STEP_OF_STATE, PostingState.SENDING, again)


def sends_before_the_intent(patch):
    """The call is made first; that it was going to be made is stored afterwards."""

    def send(desk, lease, document, siblings):
        desk.look(document, siblings)
        erp_id, error = sending._called(desk, [lease], lambda: desk.target.submit(document.journal))
        intended = sending._intended(desk, lease, document)
        return sending._told(desk, lease, intended.document, erp_id, error)

    patch.setitem(posting._STEP_OF_STATE, PostingState.APPROVED, send)


def sends_a_first_time_without_a_look(patch):
    """A document of which nothing was sent is taken for absent."""
    really = Desk.look

    def look(desk, document, siblings):
        nothing = Sightings((), True, "made up", frozenset())
        return really(desk, document, siblings) if document.attempts else nothing

    patch.setattr(Desk, "look", look)


def counts_a_dead_worker_as_silent(patch):
    """What a dead worker was sending counts as never sent, and what is sent again is not looked for."""
    really = Desk.look

    def left(desk, lease, document, siblings):
        return Driven(posting_steps.move(desk, lease, document, PostingState.APPROVED, "it never left"))

    def look(desk, document, siblings):
        nothing = Sightings((), True, "made up", frozenset())
        return nothing if document.attempts else really(desk, document, siblings)

    patch.setitem(posting._STEP_OF_STATE, PostingState.SENDING, left)
    patch.setattr(Desk, "look", look)


def asks_for_no_control(patch):
    """An empty answer is proof although no record was seen to come back through the same search."""
    for search, control in (
        (PeopleSoftSearch, "control"),
        (FusionSearch, "control"),
        (FusionSearch, "ledger_control"),
    ):
        patch.setattr(search, control, lambda self, unit="": "made up")


_IN_FUSION = replace(SINGLE, erp=FusionSide)
# The intent is committed, and nothing was called yet.
_INTENDED = "after commit outbox_documents"
_NOT_COMMITTED = "its own intent is not committed"
_NO_CONTROL = "showed no record at all"
_NOT_LOOKED_FOR = "no look of this worker has shown that it is not there"
# The break, the world, the death after which it shows ("" for none), and what the oracle says.
MUTANTS = [
    (blind_and_without_key, SINGLE, "after http erp CI_JOURNAL_ENTRY_CI_C", "two documents of one key"),
    (forgets_the_last_part, TWO_PARTS, "", "neither posted nor in review"),
    (forgets_what_arrived, SINGLE, "", "neither posted nor in review"),
    (closes_rows_when_taken_up, SINGLE, "before file write warehouse", "neither posted nor in review"),
    (books_a_cent_less, SINGLE, "", "its clearing item is"),
    (sure_of_absence, _IN_FUSION, "after http erp importBulkData", "two documents of one key"),
    (loads_a_cent_less, _IN_FUSION, "", "its clearing item is"),
    (sends_anew_after_a_death, SINGLE, _INTENDED, _NOT_COMMITTED),
    (sends_anew_after_a_death, _IN_FUSION, _INTENDED, _NOT_COMMITTED),
    (sends_before_the_intent, SINGLE, "", "what no stored intent names"),
    (sends_before_the_intent, _IN_FUSION, "", "what no stored intent names"),
    (sends_a_first_time_without_a_look, SINGLE, "", _NOT_LOOKED_FOR),
    (sends_a_first_time_without_a_look, _IN_FUSION, "", _NOT_LOOKED_FOR),
    (counts_a_dead_worker_as_silent, SINGLE, _INTENDED, _NOT_LOOKED_FOR),
    (counts_a_dead_worker_as_silent, _IN_FUSION, _INTENDED, _NOT_LOOKED_FOR),
    (asks_for_no_control, SINGLE, "", _NO_CONTROL),
    (asks_for_no_control, _IN_FUSION, "", _NO_CONTROL),
]


def _named(mutate, case, *_):
    return f"{mutate.__name__} {case.erp.__name__}"


@pytest.mark.parametrize(("mutate", "case", "death", "said"), MUTANTS, ids=[_named(*one) for one in MUTANTS])
def test_a_broken_protocol_is_seen(mutate, case, death, said, monkeypatch):
    """Each break alone; without it the same world, and the same death, are in order."""
    with simulated() as folder:
        for is_broken in (False, True):
            with monkeypatch.context() as patch:
                if is_broken:
                    mutate(patch)
                world = World(case, folder)
                if death:
                    moment = next(one for one in watched(world).moments if one.name.startswith(death))
                    found = survived(moment)
                else:
                    Schedule(world).until_rest()
                    found = oracle.problems(world)
                world.close()
            assert any(said in one for one in found) == is_broken, found
