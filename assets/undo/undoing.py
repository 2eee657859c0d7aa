"""Follow a reversal: take what undoes a settlement, or a document of an order, as far as it goes now.

In: a stored reversal, of whatever day. Out: its documents driven through the same gate and protocol as any posting.
When a reversing document is posted, the one it undoes becomes `reversed`: derived anew by every run, so that a crash
between the two loses nothing. Of an invoice that its credit memos took back whole nothing is left to be sent: the wish
takes the same road, is approved and waits as any other, and its end stands in our records alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from assets.bank.cash_sources import is_cash
from assets.month_end.accrued_months import accruals_beside
from assets.posting.accounting_dates import settled_dates
from assets.posting.desk import Driven
from assets.posting.document_sets import (
    DONE,
    IN_BOOKS,
    Undoing,
    called,
    called_by_day,
    documents_named_in,
    invoice_of_memo,
    kind_by_day,
    undoing_of,
)
from assets.posting.driving import ask_again, drive_all, is_refused_late, is_retried, progress, result_of, spoken_for
from assets.posting.findings import (
    BY_DAY_REVERSED_CODES,
    CASH_REVERSED_CODE,
    INPUT_TAX_REVERSED_CODE,
    ORDER_REVERSED_CODE,
    REVERSED_CODE,
    named,
)
from assets.posting.gate import accounts_verdict
from assets.posting.unasked_gate import unasked
from assets.stages.commands import deciding
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict
from assets.undo.order_dependents import reversal_now, waits_for
from assets.undo.reversals import BUSY, ask_for_reversal, cash_in_books, dependents, store_reversal
from ledger import money
from ledger.errors import Finding, IllegalStep, InputRefused, TargetError
from ledger.input_tax import KIND as INPUT_TAX
from ledger.journal import JournalSet, SourceKey
from ledger.order_adjustments import is_made_up_for
from ledger.posting import MAY_EXIST, PostingState
from ledger.reconciliation import unbalanced
from resources.erp.target import BooksState
from resources.store.outbox import OutboxDocument


def follow(road: Road, settlement_id: str, undoing: Undoing) -> StageResult:
    """Take a reversal as far as it goes now; what a run of the posting stage does while one is under way."""
    undoing = _renewed(road, settlement_id, _marked(road, undoing))
    verdicts = _gate(road, settlement_id, undoing)
    is_held = any(not verdict.passed for verdict in verdicts)
    beside = accruals_beside(road, JournalSet(undoing.source, 1, tuple(one.journal for one in undoing.documents)))
    if all(one.journal.is_on_record for one in undoing.documents):
        driven = _on_record(road, undoing.documents, is_held=is_held)
    else:
        driven = drive_all(road, settlement_id, undoing.documents, is_held=is_held, unless_begun=tuple(beside))
    ask_again(road, settlement_id, driven)
    if any(verdict.is_waiting for verdict in verdicts):
        ask_for_reversal(road, settlement_id, "the reversal waits", seconds=road.patience.follow_up)
    rest = [one for one in driven if one.document.state is not PostingState.POSTED]
    known = [one for one in undoing.documents if one.key in {each.document.key for each in rest}]
    if known and is_refused_late(road, JournalSet(undoing.source, 1, tuple(one.journal for one in known)), known, rest):
        ask_for_reversal(road, settlement_id, "its period was closed meanwhile")
    undoing = _marked(road, _as_it_stands(road, undoing))
    if undoing.is_done:
        return withheld(road, settlement_id, undoing, verdicts)
    return result_of(road, [*undoing.originals, *undoing.documents], (*verdicts, progress(driven)))


def _on_record(road: Road, documents: Sequence[OutboxDocument], *, is_held: bool) -> list[Driven]:
    """Take what undoes nothing more in the ERP to its end once it is approved and nothing holds it; no call is made."""
    documents = spoken_for(road, documents)
    for one in documents if not is_held else ():
        if one.state is PostingState.APPROVED:
            memos = ", ".join(each.erp_id or each.key for each in documents_named_in(road, one.journal.takes_along))
            said = f"nothing was left to be sent: {memos} took all of it back"
            _step(road, one, PostingState.POSTED, said)
    return [Driven(one) for one in road.stores.outbox.documents(documents[0].source, documents[0].revision)]


def _step(road: Road, document: OutboxDocument, to: PostingState, said: str, facts: dict | None = None) -> None:
    """Take a document one step further; another run that follows the same reversal may have been here a moment ago."""
    if document.state is to:
        return
    try:
        road.stores.outbox.step(document.key, to, said, lease=None, run=road.run, person=road.person, facts=facts)
    except IllegalStep:
        now = road.stores.outbox.document(document.key)
        if now is None or now.state is not to:
            raise


def withheld(road: Road, settlement_id: str, undoing: Undoing, before: tuple[Verdict, ...] = ()) -> StageResult:
    """Say of what is reversed that it is not in the books, until a person wants it again or keeps it so."""
    pairs = ", ".join(
        f"{one.erp_id} by {_undone_by_what(road, undoing.by_original[one.key])}"
        for one in undoing.originals
        if one.key in undoing.by_original
    )
    sentence = f"{withheld_name(settlement_id, undoing)} is reversed and not in the books: {pairs}."
    finding = withheld_finding(settlement_id, undoing, sentence)
    verdict = Verdict("accepted_by_erp", False, sentence, is_blocking=False, findings=(finding,))
    kept = _kept(road, settlement_id, finding.origin, finding.code)
    if kept:
        verdict = Verdict("accepted_by_erp", True, f"{sentence} {kept}", is_blocking=False)
    return result_of(road, [*undoing.originals, *undoing.documents], (*before, verdict))


def withheld_with_its_invoice(road: Road, memo: OutboxDocument) -> StageResult:
    """Say of a credit memo that it is undone with its invoice: what is decided of that counts for both."""
    undoing, invoice = undoing_of(road, [memo]), invoice_of_memo(road, memo)
    assert undoing is not None, "what was reversed was in the books"
    assert invoice is not None, "a credit memo is undone with its invoice alone"
    sentence = (
        f"{called_by_day(memo.source)} is reversed with its invoice {invoice.erp_id} and not in the books: "
        f"{memo.erp_id} stands in the ERP against what it took back. It is made again when that is billed again."
    )
    if is_made_up_for(memo.source):
        words = (
            f"{called_by_day(memo.source)} is reversed with its invoice {invoice.erp_id}: billed again, that holds "
            "what is told by then."
        )
        return result_of(road, [memo], (Verdict("accepted_by_erp", True, words, is_blocking=False),))
    kept = _kept(road, invoice.partition, withheld_origin(invoice.source, invoice.revision), ORDER_REVERSED_CODE)
    words = f"{sentence} {kept}".strip()
    return result_of(road, [memo], (Verdict("accepted_by_erp", bool(kept), words, is_blocking=False),))


def _kept(road: Road, partition: str, origin: str, code: str) -> str:
    """Return who leaves what is reversed out of the books, and why; "" where nobody does."""
    decided = road.stores.review.decisions(road.connection, partition, code)
    kept = [one for one in decided if one.origin == origin and one.resolution == "keep"]
    return f"{kept[-1].person} leaves it so: {kept[-1].resolution_reason}" if kept else ""


def _undone_by_what(road: Road, reversing: OutboxDocument) -> str:
    """Return the documents that together undo one: the reversing one, and the credit memos it takes along."""
    memos = [one.erp_id for one in documents_named_in(road, reversing.journal.takes_along)]
    return " and ".join(one for one in (reversing.erp_id, *memos) if one)


def withheld_name(settlement_id: str, undoing: Undoing) -> str:
    """Name what is reversed, as a sentence begins with it."""
    source = undoing.originals[0].source
    if kind_by_day(source):
        return called_by_day(source)
    return f"A cash entry of settlement {settlement_id}" if is_cash(source) else called(settlement_id)


def withheld_code(source: SourceKey) -> str:
    """Return the code under which what is reversed is kept in sight."""
    if kind_by_day(source):
        return INPUT_TAX_REVERSED_CODE if source.kind == INPUT_TAX else ORDER_REVERSED_CODE
    return CASH_REVERSED_CODE if is_cash(source) else REVERSED_CODE


def withheld_origin(source: SourceKey, revision: int) -> str:
    """Return what a decision on what is reversed is about: this revision and no other."""
    return f"{source.source_id}.{revision}"


def withheld_finding(settlement_id: str, undoing: Undoing, sentence: str) -> Finding:
    """Return the finding that keeps a reversed settlement, or cash entry, in sight."""
    first = undoing.originals[0]
    source, code = first.source, withheld_code(first.source)
    again = deciding("repost", first.connection, source.source_id if code in BY_DAY_REVERSED_CODES else settlement_id)
    return Finding(
        code,
        sentence,
        f"Correct what was wrong, then resolve this item with `repost` to post it again, or: {again} Resolve it with "
        "`keep` to leave it out of the books.",
        origin=withheld_origin(source, first.revision),
        amount=_cleared(undoing.originals),
    )


def _cleared(originals: Sequence[OutboxDocument]) -> Decimal:
    """Return what documents moved on the open item that they are named after; their debits where they have none."""
    journals = [one.journal for one in originals]
    named_after = [(one.document_reference, one.lines) for one in journals if one.document_reference]
    own = [line.amount for reference, lines in named_after for line in lines if line.reference == reference]
    return money.total(own or [one.debits for one in journals], journals[0].currency)


def _as_it_stands(road: Road, undoing: Undoing) -> Undoing:
    """Read originals and reversal anew."""
    originals = road.stores.outbox.documents(undoing.originals[0].source, undoing.originals[0].revision)
    return undoing_of(road, originals) or replace(undoing, originals=tuple(originals))


def _marked(road: Road, undoing: Undoing) -> Undoing:
    """Take every document whose reversing document is posted to `reversed`; harmless to repeat.

    What is undone with it goes first: as long as the document itself is not marked, a later run comes back to both.
    """
    ready = [
        one
        for one in undoing.originals
        if one.state is PostingState.POSTED and undoing.state_of(one) is PostingState.POSTED
    ]
    for original in ready:
        by = undoing.by_original[original.key]
        facts = {"reversed_by": by.key, "reversing_document": by.erp_id}
        for memo in documents_named_in(road, by.journal.takes_along):
            said = f"undone with {original.erp_id}" + (f" by {by.erp_id}" if by.erp_id else ", which it took back")
            _step(road, memo, PostingState.REVERSED, said, facts | {"invoice": original.key})
        _step(road, original, PostingState.REVERSED, f"undone by {_undone_by_what(road, by)}", facts)
    return _as_it_stands(road, undoing) if ready else undoing


def _renewed(road: Road, settlement_id: str, undoing: Undoing) -> Undoing:
    """Plan what is not sent anew where its date moves, or where a person wants refused documents sent again."""
    rest = [one for one in undoing.originals if one.state in IN_BOOKS and undoing.state_of(one) not in MAY_EXIST]
    known = [undoing.by_original[one.key] for one in rest if one.key in undoing.by_original]
    if not known or any(one.state in BUSY for one in undoing.documents):
        return undoing
    again = is_retried(road, settlement_id, known)
    wanted = settled_dates(road, _reversal_now(road, rest, known), known)
    stored = {one.journal.reverses: (one.journal.accounting_date, one.journal.takes_along) for one in known}
    if not again and all(stored.get(one.reverses) == (one.accounting_date, one.takes_along) for one in wanted.journals):
        return undoing
    beside = frozenset(one.key for one in undoing.documents if one.state is PostingState.POSTED)
    person = road.stores.outbox.planned_by(undoing.source, known[0].revision)
    store_reversal(road, settlement_id, wanted, rest, again=again, person=person, beside=beside)
    return _as_it_stands(road, undoing)


def _reversal_now(road: Road, rest: Sequence[OutboxDocument], known: Sequence[OutboxDocument]) -> JournalSet:
    """Return what undoes these documents as they stand; what is planned where nothing can undo them any more."""
    try:
        return reversal_now(road, rest)
    except InputRefused:  # The gate says what stands in its way.
        return JournalSet(known[0].source, known[0].revision, tuple(one.journal for one in known))


def _gate(road: Road, settlement_id: str, undoing: Undoing) -> tuple[Verdict, ...]:
    """Ask what must be true before a reversing document is sent; nothing when none is left to send."""
    unsent = [one for one in undoing.documents if one.state not in DONE]
    if not unsent:
        return ()
    try:
        verdicts = [*_dependents_verdict(road, settlement_id, undoing), *_originals_verdict(road, undoing, unsent)]
        sending = tuple(one.journal for one in unsent if not one.journal.is_on_record)
        journals = JournalSet(undoing.source, unsent[0].revision, sending)
        verdicts.append(accounts_verdict(road, None, journals))
    except TargetError as error:
        return (unasked(road, error, unsent),)
    failed = [verdict for verdict in verdicts if not verdict.passed and verdict.is_blocking]
    if not failed:
        return (
            Verdict("gate", True, "What it undoes is posted; nothing depends on it; accounts valid; periods open."),
        )
    sentence = " ".join(verdict.sentence for verdict in failed)
    findings = tuple(finding for verdict in failed for finding in verdict.findings)
    is_waiting = all(verdict.is_waiting for verdict in failed)
    return (Verdict("gate", False, sentence, is_waiting=is_waiting, findings=findings),)


def _dependents_verdict(road: Road, settlement_id: str, undoing: Undoing) -> Iterable[Verdict]:
    """What carries the item in and is not sent yet need not be waited for: its sending step sees this reversal."""
    if kind_by_day(undoing.source):
        for sentence in waits_for(road, undoing):
            yield Verdict("dependents", False, sentence, is_waiting=True)
        return
    cash = [] if is_cash(undoing.source) else cash_in_books(road, settlement_id)
    if cash:
        names = ", ".join(one.erp_id or named(one) for one in cash)
        sentence = f"The reversal waits until the receipt of the settlement is reversed: {names}."
        yield Verdict("dependents", False, sentence, is_waiting=True)
    found = [] if is_cash(undoing.source) else [one for one, _ in dependents(road, settlement_id, sent_only=True)]
    if found:
        sentence = f"The reversal waits until {', '.join(found)} is reversed, which carried its open item in."
        yield Verdict("dependents", False, sentence, is_waiting=True)


def _originals_verdict(road: Road, undoing: Undoing, unsent: Sequence[OutboxDocument]) -> Iterable[Verdict]:
    """What is undone must stand in the books; else the reversal would book it the other way round."""
    keys = {one.journal.reverses for one in unsent}
    originals = [one for one in undoing.originals if one.key in keys]
    memos = documents_named_in(road, (key for one in unsent for key in one.journal.takes_along))
    per_unit = road.policy.inter_unit == "accounts"
    sets = [originals, *([one] for one in memos)]
    shown = [one for of_set in sets for one in road.target.find([each.journal for each in of_set]).found]
    seen = {one.key_matches: one for one in shown}
    for original in (*originals, *memos):
        found = seen.get(original.key)
        # Of a receipt that was reversed there meanwhile, by whomever, nothing is left to be booked the other way round.
        is_gone = found is not None and found.state is BooksState.REMOVED and original.journal.applied is not None
        if is_gone:
            continue
        if found is None or found.state is not BooksState.POSTED or original.state not in IN_BOOKS:
            where = f"status {found.erp_status}" if found else "not to be seen"
            sentence = (
                f"{original.erp_id}, which the reversal undoes, is not posted in the ERP ({where}): nothing is sent."
            )
            reject = deciding("reject", road.connection, undoing.documents[0].partition)
            cure = f"Materialize reconciliations and resolve what it finds; or reject the reversal: {reject}"
            yield Verdict("originals", False, sentence, findings=(Finding("reversal_of_nothing", sentence, cure),))
    if any(unbalanced(one.journal, per_unit=per_unit) for one in unsent):
        yield Verdict("balanced", False, "A reversing document is out of balance: nothing is sent.")
