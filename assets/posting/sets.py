"""Any set of documents into the ERP: stored as intent where the gate lets it, driven as far as it goes now, told.

In: the documents that somebody wants in the books, of whatever kind (a settlement's journals, its cash entries), what
is known of their source, and what the gate says. Out: what a stage hands back. A set that may be in the ERP is followed
even while the gate is closed; other content than what was sent is an alarm, never a second post.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from assets.posting.desk import UNSENT, Driven
from assets.posting.document_sets import may_exist
from assets.posting.driving import (
    ask_again,
    asked_again_later,
    drive_all,
    is_refused_late,
    is_retried,
    progress,
    result_of,
)
from assets.posting.unasked_gate import unasked
from assets.stages.resumption import ask_for
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict
from ledger.errors import ConnectorError, Finding, TargetError
from ledger.journal import JournalSet, SourceKey
from ledger.posting import PostingState
from resources.store.outbox import OutboxDocument

_UNCHANGED = "unchanged_since_posting"

# What is stored of a source, whose content is not what is wanted now -> the verdict that says so.
Alarm = Callable[[list[OutboxDocument]], Verdict]


@dataclass(frozen=True)
class WantedSet:
    """A set of documents that somebody wants in the ERP's books.

    `partition` is what its due rows, review items and documents are kept under: a settlement, a month. `mapping_hash`
    names the mapping it was made with. `is_wanted_again` says that a person wants reversed content posted once more.
    `is_never_sent` shuts the road whatever the gate says. `unless_begun` are sources of which nothing may be planned,
    under way or done when a document is sent; `other_names` under which the same document may have been planned: what
    is unsent of them gives way, and it is looked for under each.
    """

    journals: JournalSet
    partition: str
    mapping_hash: str
    is_wanted_again: bool = False
    is_never_sent: bool = False
    unless_begun: Sequence[SourceKey] = field(default=())
    other_names: Sequence[SourceKey] = field(default=())

    @property
    def source(self) -> SourceKey:
        """Return what makes the posting keys."""
        return self.journals.source


@dataclass(frozen=True)
class Taken:
    """A wanted set as it is stored by now; `is_held` keeps what is unsent of it from being sent."""

    wanted: WantedSet
    documents: tuple[OutboxDocument, ...]
    verdicts: tuple[Verdict, ...]
    is_held: bool


def take(
    road: Road, wanted: WantedSet, known: list[OutboxDocument], verdicts: tuple[Verdict, ...], alarm: Alarm
) -> StageResult:
    """Take a set as far as it goes now; never twice, whoever calls how often.

    Args:
        road: Of the connection.
        wanted: What is to be in the books.
        known: The newest revision of its source as it stood when the gate was asked.
        verdicts: What the gate says of what would be sent; nothing where nothing is left to send.
        alarm: Says of stored documents that they would be booked otherwise now.
    """
    return take_on(road, take_in(road, wanted, known, verdicts, alarm))


def take_in(
    road: Road, wanted: WantedSet, known: list[OutboxDocument], verdicts: tuple[Verdict, ...], alarm: Alarm
) -> Taken:
    """Store a set as intent where the gate lets it; the first half of `take`, with its arguments."""
    is_held = wanted.is_never_sent or any(one.is_blocking and not one.passed for one in verdicts)
    if any(finding.code == "changed_meanwhile" for verdict in verdicts for finding in verdict.findings):
        ask_for(road, wanted.partition, "something changed after the journals were made")
    if not is_held or (may_exist(known) and not wanted.is_never_sent):
        _let_others_give_way(road, wanted)
        alarms, may_send = _plan(road, wanted, known, alarm)
        verdicts, is_held = (*verdicts, *alarms), is_held or not may_send
    return Taken(wanted, tuple(road.stores.outbox.documents(wanted.source)), verdicts, is_held)


def take_on(road: Road, taken: Taken, resting: Mapping[str, Driven] | None = None) -> StageResult:
    """Drive a stored set as far as it goes now, the second half of `take`.

    `resting` are documents that were driven in this run already and go no further in it.
    """
    wanted, documents, verdicts = taken.wanted, list(taken.documents), taken.verdicts
    if not documents or _is_withdrawn(wanted, documents):
        word = "stopped at the gate" if taken.is_held else "none: no amount other than zero"
        return StageResult(facts={"posting": word}, verdicts=verdicts)
    driven = drive_all(
        road,
        wanted.partition,
        documents,
        is_held=taken.is_held,
        unless_begun=wanted.unless_begun,
        other_names=wanted.other_names,
        resting=resting or {},
    )
    if _is_left_waiting(documents, verdicts):
        driven = asked_again_later(road, driven)
    ask_again(road, wanted.partition, driven)
    if may_exist(documents) and all(one.document.state in UNSENT for one in driven):
        ask_for(road, wanted.partition, "nothing of it is in the ERP: what is planned now may go")
    if is_refused_late(road, wanted.journals, documents, driven):
        ask_for(road, wanted.partition, "its period was closed meanwhile")
    return result_of(road, [one.document for one in driven], (*verdicts, progress(driven)))


def gate_or_hold(
    road: Road, gate: Callable[[], tuple[Verdict, ...]], known: Sequence[OutboxDocument], check: str = "gate"
) -> tuple[Verdict, ...]:
    """Ask the gate; when it cannot be asked, hold what is unsent, so that what is under way is followed all the same.

    Raises what the gate raises while nothing is under way.
    """
    try:
        return gate()
    except ConnectorError as error:
        if not may_exist(known):
            raise
        if isinstance(error, TargetError):
            return (unasked(road, error, known, check),)
        sentence = f"The gate cannot be asked, so nothing is sent: {error}"
        finding = Finding("changed_meanwhile", sentence, "Correct what the sentence names; then resolve with `retry`.")
        return (Verdict(check, False, sentence, findings=(finding,)),)


def gate_of(verdicts: Sequence[Verdict], passed: str, check: str = "gate") -> Verdict:
    """Return what the gate says in one verdict: `passed`, or everything that failed."""
    failed = tuple(verdict for verdict in verdicts if not verdict.passed)
    if not failed:
        return Verdict(check, True, passed)
    sentence = " ".join(verdict.sentence for verdict in failed)
    findings = tuple(finding for verdict in failed for finding in verdict.findings)
    stops, waits = any(one.is_blocking for one in failed), all(one.is_waiting for one in failed)
    return Verdict(check, False, sentence, is_blocking=stops, is_waiting=waits, findings=findings)


def _is_left_waiting(documents: list[OutboxDocument], verdicts: tuple[Verdict, ...]) -> bool:
    """Tell whether what is held waits for something that nobody will tell us of: a gate, or the end of a lease.

    Whoever has the lease may be dead, or have ended without giving it back: then no other worker comes back to it.
    """
    waiting = [one for one in verdicts if one.is_waiting and not one.passed]
    return any(one.is_blocking for one in waiting) if may_exist(documents) else any(map(_is_behind_another, waiting))


def _is_behind_another(verdict: Verdict) -> bool:
    return verdict.check == _UNCHANGED and not verdict.is_blocking


def _is_withdrawn(wanted: WantedSet, documents: list[OutboxDocument]) -> bool:
    """Tell whether there is nothing to post any more, and nothing of it ever was."""
    return not wanted.journals.journals and all(one.state is PostingState.REFUSED for one in documents)


def _let_others_give_way(road: Road, wanted: WantedSet) -> None:
    """Withdraw what is planned of the same document under another name, and was not sent."""
    for name in wanted.other_names:
        documents = road.stores.outbox.documents(name)
        if any(one.state in (PostingState.PLANNED, PostingState.APPROVED) for one in documents):
            road.stores.outbox.plan(
                road.connection,
                JournalSet(name, 1, ()),
                approved=False,
                mapping_hash=wanted.mapping_hash,
                partition=wanted.partition,
                run=road.run,
                person=road.person,
            )


def _plan(road: Road, wanted: WantedSet, known: list[OutboxDocument], alarm: Alarm) -> tuple[tuple[Verdict, ...], bool]:
    """Store the set as intent where it is new; an alarm where something else may be in the ERP already.

    Also tell whether what is stored may be sent: it is what the gate was asked about, and nobody wants it otherwise.
    """
    outcome = road.stores.outbox.plan(
        road.connection,
        wanted.journals,
        approved=road.policy.approval == "automatic",
        mapping_hash=wanted.mapping_hash,
        partition=wanted.partition,
        run=road.run,
        person=road.person,
        again=is_retried(road, wanted.partition, known) or wanted.is_wanted_again,
    ).outcome
    if outcome != "changed":
        return (), outcome == "same" or not may_exist(known)
    documents = road.stores.outbox.documents(wanted.source)
    if may_exist(documents):
        said = alarm(documents)
        return (said,), said.passed and may_exist(known)
    sentence = "The journals changed, and another worker still holds what was planned before; the next run replaces it."
    return (Verdict(_UNCHANGED, False, sentence, is_blocking=False, is_waiting=True),), False
