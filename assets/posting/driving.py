"""A set of documents through the posting protocol, and what it says of itself afterwards.

In: the stored documents of a settlement or of a reversal. Out: each driven as far as it goes now, a due row for the
next look, a verdict and a table. A part is not sent before the parts before it are through.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from assets.posting.accounting_dates import is_closed_meanwhile
from assets.posting.document_sets import HANDED_OVER, is_reversal, may_exist
from assets.posting.findings import REFUSED_CODES, SENDABLE_CODES, approval_finding
from assets.posting.protocol import Driven, drive
from assets.posting.steps import after, growing
from assets.review.hands import decisions, has_word
from assets.stages.resumption import follow_up_kind
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict
from ledger import money
from ledger.errors import Finding, LeaseLost, TargetError
from ledger.journal import JournalSet, SourceKey
from ledger.periods import late_words
from ledger.posting import MAY_EXIST, PostingState
from ledger.reversal import undone_by
from resources.store.outbox import OutboxDocument


def drive_all(
    road: Road,
    settlement_id: str,
    documents: Sequence[OutboxDocument],
    *,
    is_held: bool,
    unless_begun: Sequence[SourceKey] = (),
    other_names: Sequence[SourceKey] = (),
    resting: Mapping[str, Driven] | None = None,
) -> list[Driven]:
    """Drive every document, in order of parts; a part is not sent before the parts before it are through.

    So a refused first part leaves the others unsent, and the whole set can be corrected. `unless_begun` and
    `other_names` as of a desk. `resting` are documents that were driven in this run already and go no further in it.
    What the connection approved by itself before it required approval waits for a person's word like everything else.
    """
    documents = spoken_for(road, documents)
    wanted = _wanted_if_absent(road, settlement_id, documents)
    beside = {"unless_begun": tuple(unless_begun), "other_names": tuple(other_names)}
    desk = replace(road.desk, may_send_again=wanted, **beside)
    is_way_clear, driven = not is_held, []
    for document in documents:
        is_held_here = document.state is PostingState.APPROVED and not is_way_clear
        # Each form stands in books of its own: that one of them shows nothing says nothing about the others.
        siblings = [one.journal for one in documents if one.journal.form == document.journal.form]
        rests = Driven(document) if is_held_here else (resting or {}).get(document.key)
        one = rests or drive(replace(desk, may_send=is_way_clear), document.key, siblings)
        is_way_clear = is_way_clear and one.document.state in HANDED_OVER
        driven.append(one)
    return driven


def spoken_for(road: Road, documents: Sequence[OutboxDocument]) -> Sequence[OutboxDocument]:
    """Plan anew what is approved by nobody where approval is required by now; return the documents as they stand."""
    if road.policy.approval != "required":
        return documents
    unspoken = [one.key for one in documents if one.state is PostingState.APPROVED and not has_word(road, one)]
    if not unspoken:
        return documents
    said = "the connection requires approval by now"
    before = frozenset({PostingState.APPROVED})
    with suppress(LeaseLost):  # Whoever has it was asked the same before it began.
        road.stores.outbox.decide(
            unspoken, PostingState.PLANNED, said, person=road.person, run=road.run, only_from=before
        )
    return road.stores.outbox.documents(documents[0].source, documents[0].revision)


def asked_again_later(road: Road, driven: Sequence[Driven]) -> list[Driven]:
    """Give what is held unsent a moment to ask the gate again, later each time: nobody tells us when it opens."""
    return [
        replace(one, again_at=after(road.desk, growing(road.desk, one.document))) if _is_at_rest(one) else one
        for one in driven
    ]


def _is_at_rest(one: Driven) -> bool:
    return one.document.state is PostingState.APPROVED and one.again_at is None and one.finding is None


def ask_again(road: Road, settlement_id: str, driven: Sequence[Driven]) -> None:
    """Leave a due row for the earliest moment at which another look makes sense."""
    moments: list[datetime] = [one.again_at for one in driven if one.again_at is not None]
    if moments:
        states = ", ".join(sorted({str(one.document.state) for one in driven if one.again_at is not None}))
        kind = follow_up_kind(settlement_id)
        road.stores.due.ask(road.connection, kind, settlement_id, min(moments), f"documents are {states}")


def is_retried(road: Road, settlement_id: str, known: Sequence[OutboxDocument]) -> bool:
    """Tell whether a person wants the refused content once more: a decision on one of these very documents."""
    dead = {one.key for one in known if one.state is PostingState.REFUSED}
    items = decisions(road, settlement_id, REFUSED_CODES, "retry")
    return any(item.document_key in dead for item in items)


def is_refused_late(road: Road, wanted: JournalSet, before: Iterable[OutboxDocument], driven: Sequence[Driven]) -> bool:
    """Tell whether the ERP has refused everything just now because a period was closed after the gate had asked."""
    was_refused = all(one.state is PostingState.REFUSED for one in before)
    is_refused = any(one.document.state is PostingState.REFUSED for one in driven)
    if was_refused or not is_refused or may_exist(one.document for one in driven):
        return False
    try:
        return is_closed_meanwhile(road, wanted)
    except TargetError:
        return False


def progress(driven: Sequence[Driven]) -> Verdict:
    """Findings of the posting itself; a part that did not get through names the parts that are in the books.

    What waits for approval waits, and is told to people.
    """
    findings = tuple(_with_parts(one.finding, one, driven) for one in driven if one.finding is not None)
    states = ", ".join(_state_of(one) for one in driven)
    is_waiting = not findings and any(one.document.state is not PostingState.POSTED for one in driven)
    planned = [one.document for one in driven if one.document.state is PostingState.PLANNED]
    if planned:
        findings = (*findings, approval_finding(planned))
    return Verdict(
        "accepted_by_erp",
        not findings and not is_waiting,
        states if is_waiting else " ".join(finding.sentence for finding in findings) or states,
        is_blocking=False,
        is_waiting=is_waiting,
        findings=findings,
    )


def result_of(road: Road, documents: Sequence[OutboxDocument], verdicts: tuple[Verdict, ...]) -> StageResult:
    """Return the table of some documents with what the checks say of them, and where the ERP shows them."""
    journals = [one.journal for one in documents]
    debits: dict[str, Decimal] = {}
    for one in journals:
        debits[one.currency] = debits.get(one.currency, Decimal(0)) + one.debits
    texts = [f"{money.text(amount, currency)} {currency}" for currency, amount in debits.items()]
    facts = {
        "posting": ", ".join(sorted({_words_of_state(one) for one in documents})),
        "documents": len(documents),
        # Of several currencies there is no sum.
        "debits": next(iter(debits.values())) if len(debits) == 1 else ", ".join(texts),
        "currency": ", ".join(debits),
    }
    late = sorted({late_words(one) for one in journals if late_words(one)})
    if late:
        facts["late"] = ", ".join(late)
    links = {link_name(one): _shown_at(road, one) for one in documents if one.erp_id}
    return StageResult(
        facts=facts, rows=tuple(map(_row, documents)), rows_total=len(documents), verdicts=verdicts, links=links
    )


def _shown_at(road: Road, document: OutboxDocument) -> str:
    """Return where a person sees a document; its key where no address is known, or the key would be another by now."""
    is_own = road.target.erp_id(document.journal) == document.erp_id
    return (road.target.link(document.journal) if is_own else "") or document.erp_id or ""


def _row(document: OutboxDocument) -> dict[str, str]:
    journal = document.journal
    return {
        "what": what_it_is(document),
        "part": f"{document.part}/{document.parts}",
        "revision": str(document.revision),
        "ERP document": document.erp_id or "",
        "date": journal.accounting_date.isoformat(),
        "late": late_words(journal),
        "debits": str(journal.debits),
        "credits": str(journal.credits),
        "state": str(document.state),
        "why": document.reason,
    }


def link_name(document: OutboxDocument) -> str:
    """Return under which name a document is linked; revisions and reversals of one settlement stay apart."""
    if is_reversal(document):
        return f"ERP document {document.part}, reversing revision {undone_by(document.source).revision}"
    is_undone = document.state is PostingState.REVERSED
    return f"ERP document {document.part}" + (f", reversed revision {document.revision}" if is_undone else "")


def what_it_is(document: OutboxDocument) -> str:
    """Say what a document is, and which other one it undoes or is undone by."""
    if is_reversal(document):
        return document.journal.description
    what = "receipt" if document.journal.applied else "journal"
    return f"{what}, {document.reason}" if document.state is PostingState.REVERSED else what


def _words_of_state(document: OutboxDocument) -> str:
    return f"reversal {document.state}" if is_reversal(document) else str(document.state)


def _state_of(driven: Driven) -> str:
    """Return where a part stands, since when, and what it waits for."""
    one = driven.document
    name = f"reversal of part {one.part}" if is_reversal(one) else f"part {one.part}"
    if one.state is PostingState.POSTED:
        return f"{name} {one.state}"
    waits = f", waits for {driven.waits_for}" if driven.waits_for else ""
    return f"{name} {one.state} since {one.changed_at:%Y-%m-%d %H:%M} UTC{waits}"


def _with_parts(finding: Finding, driven: Driven, everyone: Sequence[Driven]) -> Finding:
    """Name the parts that are in the books: until they are taken out, the set is held whole."""
    others = [one.document for one in everyone if one is not driven and one.document.state in MAY_EXIST]
    if not others:
        return finding
    parts = ", ".join(f"part {one.part} as {one.erp_id} ({one.state})" for one in others)
    return replace(finding, sentence=f"{finding.sentence} Already in the books or under way: {parts}.")


def _wanted_if_absent(road: Road, settlement_id: str, documents: Sequence[OutboxDocument]) -> frozenset[str]:
    """Return the documents in review of which a person said `recheck` since they came there."""
    since = {one.key: one.changed_at for one in documents if one.state is PostingState.REVIEW}
    if not since:
        return frozenset()
    items = decisions(road, settlement_id, SENDABLE_CODES, "recheck")
    return frozenset(
        item.document_key
        for item in items
        if item.document_key in since and item.ended_at is not None and item.ended_at >= since[item.document_key]
    )
