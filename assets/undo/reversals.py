"""Undo: reversing journals for what a settlement has in the books, planned and stored.

In: a settlement, a person's wish and reason; documents of orders are planned in `order_reversals.py`. Out: first a plan
that changes nothing; then the reversing set, stored as intent, which every later run takes further until it is posted
(`undoing.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from assets.bank.cash_sources import cash_sets
from assets.posting.accounting_dates import settled_dates
from assets.posting.document_sets import (
    ITEM_POSTINGS,
    Undoing,
    called,
    called_by_day,
    sets_of,
    settlement_source,
    source_named,
    undoing_of,
)
from assets.posting.findings import named
from assets.posting.gate import accounts_verdict
from assets.settlement_reports import require_known
from assets.settlements.series import placed
from assets.settlements.settlement_books import CARRIES
from assets.stages.commands import deciding
from assets.stages.day_names import day_of_name
from assets.stages.resumption import follow_up_kind
from assets.stages.roadmap import Road
from ledger import money
from ledger.errors import DoneAlready, InputRefused
from ledger.journal import JournalSet
from ledger.posting import MAY_EXIST, PostingState
from ledger.reversal import KIND as REVERSAL_KIND
from ledger.reversal import Posted, reversal_of
from resources.erp.target import BooksState
from resources.store.outbox import OutboxDocument
from resources.store.review import ReviewItem

UNSENT = frozenset({PostingState.PLANNED, PostingState.APPROVED})
BUSY = MAY_EXIST - {PostingState.POSTED}


@dataclass(frozen=True)
class ReversalPlan:
    """What reversing one settlement, or one document of an order, would do; `warnings` are read before it is stored.

    `name` is what a person calls it, `kept_under` the day under which a document of an order is kept. `withdrawn` are
    parts of which nothing was sent: they never will be. `is_resumed` marks a reversal that is under way already,
    `is_closed_elsewhere` a clearing item on which something else than our journals stands. `before` are the cash
    entries of the settlement: they are undone first. `credits` are the credit memos against an invoice that are
    undone with it, and stay in the ERP.
    """

    name: str
    originals: tuple[OutboxDocument, ...]
    journals: JournalSet
    withdrawn: tuple[OutboxDocument, ...] = ()
    warnings: tuple[str, ...] = ()
    is_resumed: bool = False
    is_closed_elsewhere: bool = False
    before: "tuple[ReversalPlan, ...]" = ()
    kept_under: str = ""
    credits: tuple[OutboxDocument, ...] = ()

    @property
    def partition(self) -> str:
        """Return what its due rows, review items and documents are kept under."""
        return self.kept_under or self.name

    @property
    def called(self) -> str:
        """Return what is undone, at the beginning of a sentence."""
        return called_by_day(self.originals[0].source) if self.kept_under else called(self.name)


def dependents_first(road: Road, settlement_ids: Iterable[str]) -> list[str]:
    """Return settlements in the order in which they can be undone: what carries an item in comes before its origin."""
    order = {one: number for number, one in enumerate(placed(road))}
    return sorted(dict.fromkeys(settlement_ids), key=lambda one: order.get(one, -1), reverse=True)


def plan_reversal(road: Road, settlement_id: str, together: frozenset[str] = frozenset()) -> ReversalPlan:
    """Return what would be posted to undo a settlement; nothing is stored and nothing is sent.

    `together` are the settlements undone by the same wish. Raises InputRefused, with the reason, for what cannot be
    undone now, DoneAlready for what is; TargetError when the ERP cannot be asked.
    """
    require_undoable(road, settlement_id)
    newest = road.stores.outbox.documents(source_named(road, settlement_id))
    undoing = undoing_of(road, newest)
    if undoing is not None and undoing.is_done:
        raise DoneAlready(already(called(settlement_id), settlement_id, undoing))
    if undoing is not None and undoing.is_under_way:
        return replace(resumed(settlement_id, newest, undoing), before=plan_cash_reversals(road, settlement_id))
    require_reversible(road, called(settlement_id), newest)
    warnings = list(_require_no_dependents(road, settlement_id, together))
    originals = tuple(one for one in newest if one.state is PostingState.POSTED)
    journals = settled_dates(road, reversal_for(originals), undoing.documents if undoing else ())
    warnings += [finding.sentence for finding in accounts_verdict(road, None, journals).findings]
    closed = _closed_elsewhere(road, settlement_id, originals)
    return ReversalPlan(
        settlement_id,
        originals,
        journals,
        withdrawn=tuple(one for one in newest if one.state in UNSENT),
        warnings=(*warnings, *([closed] if closed else [])),
        is_closed_elsewhere=bool(closed),
        before=plan_cash_reversals(road, settlement_id),
    )


def require_undoable(road: Road, name: str) -> None:
    """Raise InputRefused for what is no settlement or accrual of the connection, such as a day of order documents."""
    require_known(road, name)
    day = day_of_name(name)
    if day is not None and day[0] == ITEM_POSTINGS:
        raise items_stay(road, called(name), name)
    if day is not None:
        raise InputRefused(f"{called(name)} of {road.connection} is undone by its documents, not as a settlement is.")


def items_stay(road: Road, what: str, partition: str) -> InputRefused:
    """Return the sentence on items of the ERP that are to be undone or made again: no document takes an item back."""
    return InputRefused(
        f"{what} of {road.connection} cannot be reversed or posted again. An item is not undone by command: make it "
        f"inactive in the ERP. Nothing was done. See what was created: connector outbox show {partition} "
        f"-c {road.connection}"
    )


def plan_cash_reversals(road: Road, settlement_id: str) -> tuple[ReversalPlan, ...]:
    """Return what would be posted to undo the cash entries of a settlement alone; nothing where none is in the books.

    Raises InputRefused while one of them is between sent and posted.
    """
    plans = []
    for newest in cash_sets(road, settlement_id):
        undoing = undoing_of(road, newest)
        if undoing is not None and undoing.is_under_way:
            plans.append(resumed(settlement_id, newest, undoing))
        busy = [f"{named(one)} is {one.state}" for one in newest if one.state in BUSY]
        if busy:
            raise InputRefused(
                f"The receipt of settlement {settlement_id} of {road.connection} cannot be reversed while "
                f"{', '.join(busy)}: let it come to its end, or resolve its review item: connector review list"
            )
        originals = tuple(one for one in newest if one.state is PostingState.POSTED)
        unsent = tuple(one for one in newest if one.state in UNSENT)
        if (undoing is None or not undoing.is_under_way) and (originals or unsent):
            undone = reversal_for(originals) if originals else JournalSet(newest[0].source, 1, ())
            journals = settled_dates(road, undone, undoing.documents if undoing else ())
            plans.append(ReversalPlan(settlement_id, originals, journals, withdrawn=unsent))
    return tuple(plans)


def require_cash_reversals(road: Road, settlement_id: str) -> tuple[ReversalPlan, ...]:
    """Return what undoes the cash entries of a settlement alone.

    Raises InputRefused where none of them is posted, DoneAlready where all that were are reversed.
    """
    require_undoable(road, settlement_id)
    plans = tuple(one for one in plan_cash_reversals(road, settlement_id) if one.originals)
    undone = [] if plans else [undoing_of(road, newest) for newest in cash_sets(road, settlement_id)]
    for undoing in undone:
        if undoing is not None and undoing.is_done:
            raise DoneAlready(already(f"The receipt of settlement {settlement_id}", settlement_id, undoing))
    if not plans:
        raise InputRefused(
            f"Settlement {settlement_id} of {road.connection} has no receipt to reverse: the connector posted none. "
            f"One of which nothing was sent is rejected: {deciding('reject', road.connection, settlement_id)}"
        )
    return plans


def cash_in_books(road: Road, settlement_id: str) -> list[OutboxDocument]:
    """Return the cash entries of a settlement that are in the books, or on their way; those undone are not."""
    return [one for newest in cash_sets(road, settlement_id) for one in newest if one.state in MAY_EXIST]


def resumed(name: str, newest: Sequence[OutboxDocument], undoing: Undoing, kept_under: str = "") -> ReversalPlan:
    """Return the plan of a reversal that is under way already."""
    journals = JournalSet(undoing.source, 1, tuple(one.journal for one in undoing.documents))
    return ReversalPlan(name, tuple(newest), journals, is_resumed=True, kept_under=kept_under)


def require_applicable(plan: ReversalPlan, reason: str, *, even_if_closed: bool = False) -> None:
    """Raise InputRefused without a reason, and for an item that something else has closed unless told to go on."""
    if not reason.strip():
        raise InputRefused(f"{plan.called} cannot be reversed without a reason.")
    if plan.is_closed_elsewhere and not even_if_closed:
        raise InputRefused(
            f"{plan.called} is not reversed: {plan.warnings[-1]} Undo that entry first, or say "
            "--even-if-closed: the item is then open again by that amount."
        )


def apply_reversal(road: Road, plan: ReversalPlan, reason: str, *, even_if_closed: bool = False) -> None:
    """Store a planned reversal as intent and ask for its settlement or day; one that is under way is only asked for.

    Raises InputRefused as `require_applicable` does.
    """
    require_applicable(plan, reason, even_if_closed=even_if_closed)
    for one in plan.before:
        apply_reversal(road, one, reason)
    # Asked for before and after: whichever moment this process ends at, a run looks again.
    ask_for_reversal(road, plan.partition, f"to be reversed: {reason}")
    if plan.is_resumed:
        return
    _note(road, plan, reason)
    unsent = [one.key for one in plan.withdrawn]
    if unsent:
        said = f"withdrawn: the {'document' if plan.kept_under else 'settlement'} is reversed ({reason})"
        refused = PostingState.REFUSED
        road.stores.outbox.decide(unsent, refused, said, person=road.person, run=road.run, only_from=UNSENT)
    if plan.originals:
        store_reversal(road, plan.partition, plan.journals, plan.originals, again=True, person=road.person)
    ask_for_reversal(road, plan.partition, f"reversal planned: {reason}")


def require_may_be_given_up(road: Road, item: ReviewItem) -> list[OutboxDocument]:
    """Return the documents of a refused reversal; raise InputRefused when one may be in the books, or is newer."""
    sets = sets_of(road, item.partition)
    found = [undoing.documents for one in sets if (undoing := undoing_of(road, one)) is not None]
    documents = next((one for one in found if item.document_key in [each.key for each in one]), ())
    if item.document_key not in [one.key for one in documents]:
        raise InputRefused(f"Review item {item.id} is about a reversal that was replaced since: nothing was given up.")
    there = [f"part {one.part} by {one.erp_id} ({one.state})" for one in documents if one.state in MAY_EXIST]
    if there:
        raise InputRefused(
            f"The reversal of {called(item.partition)} cannot be given up: undone already, or on its way, is "
            f"{', '.join(there)}. Correct what the item names and resolve it with `retry`: only the rest is sent."
        )
    return list(documents)


def give_up_reversal(road: Road, item: ReviewItem, person: str, reason: str) -> None:
    """Withdraw what is unsent of a refused reversal: what it would have undone stays in the books.

    Raises as `require_may_be_given_up` does.
    """
    unsent = [one.key for one in require_may_be_given_up(road, item) if one.state in UNSENT]
    if unsent:
        said = f"withdrawn: the reversal is given up ({reason})"
        refused = PostingState.REFUSED
        road.stores.outbox.decide(unsent, refused, said, person=person, run=road.run, only_from=UNSENT)


def unknown_reversals(road: Road, documents: Sequence[OutboxDocument]) -> list[str]:
    """Return what the ERP holds as a reversal of these posted documents and our records do not know.

    So it is when the control database is older than the books, or was lost.
    """
    originals = [one for one in documents if one.state is PostingState.POSTED and one.source.kind != REVERSAL_KIND]
    if not originals:
        return []
    found = road.target.find(list(reversal_for(originals).journals)).found
    undoing = undoing_of(road, originals)
    known = {one.erp_id for one in undoing.documents} if undoing else set()
    return [one.erp_id for one in found if one.state is not BooksState.REMOVED and one.erp_id not in known]


def carriers(road: Road, settlement_id: str) -> list[str]:
    """Return the settlements that carry this one's open item in, whatever of them is in the books."""
    return [
        other
        for other, place in placed(road).items()
        if any(one.from_settlement_id == settlement_id and one.kind in CARRIES for one in place.carried)
    ]


def dependents(road: Road, settlement_id: str, *, sent_only: bool = False) -> list[tuple[str, bool]]:
    """Return the settlements in the books, or on their way, that carry this one's open item in.

    Each with whether it is being reversed itself. `sent_only` leaves out those that are only approved.
    """
    states = MAY_EXIST if sent_only else MAY_EXIST | {PostingState.APPROVED}
    found = []
    for other in carriers(road, settlement_id):
        documents = road.stores.outbox.documents(settlement_source(road, other))
        if any(one.state in states for one in documents):
            undoing = undoing_of(road, documents)
            found.append((other, undoing is not None and undoing.is_under_way))
    return found


def already(what: str, name: str, undoing: Undoing) -> str:
    """Say by what something is reversed, and how it is posted again."""
    by = ", ".join(one.erp_id for one in undoing.documents if one.erp_id) or "what its credit memos took back"
    again = deciding("repost", undoing.originals[0].connection, name)
    return f"{what} is reversed already, by {by}. Post it again: {again}"


def require_reversible(road: Road, what: str, newest: Sequence[OutboxDocument]) -> None:
    """Raise InputRefused unless something is posted, nothing is in between, and no receipt that the ERP cannot undo."""
    busy = [one for one in newest if one.state in BUSY]
    if busy:
        parts = ", ".join(f"part {one.part} is {one.state}" for one in busy)
        raise InputRefused(
            f"{what} of {road.connection} cannot be reversed while {parts}: it has to be certain "
            "what stands in the books. Let it come to its end, or resolve its review item: connector review list"
        )
    receipts = ", ".join(one.erp_id or one.key for one in newest if one.journal.applied and one.state in MAY_EXIST)
    if receipts and not road.target.reverses_receipts:
        raise InputRefused(
            f"{what} of {road.connection} cannot be reversed by command: it has receipts that are applied to invoices "
            f"({receipts}), and the settings do not say how a receipt is reversed. Set category and reason of the "
            "ERP's reversal where it has one (receivables, receipts, reversal). Where it has none: Reverse them in the "
            "ERP by hand and materialize reconciliations: each then has a review item that is resolved with `deleted`. "
            "After that its journal is reversed by this command, and all of it posted again by `connector repost`."
        )
    if not any(one.state is PostingState.POSTED for one in newest):
        states = ", ".join(f"part {one.part} {one.state}" for one in newest) or "no journal was ever planned"
        raise InputRefused(f"{what} of {road.connection} has nothing to reverse: {states}.")


def _require_no_dependents(road: Road, settlement_id: str, together: frozenset[str]) -> Iterable[str]:
    """Yield a warning per dependent that is being reversed as well; raise InputRefused for one that is not."""
    found = dependents(road, settlement_id)
    others = [other for other, is_under_way in found if other not in together and not is_under_way]
    if others:
        raise InputRefused(
            f"{called(settlement_id)} cannot be reversed before {', '.join(others)}, which carried its open item "
            f"in. Reverse them together, in the right order by itself: "
            f"{deciding('reverse', road.connection, *others, settlement_id)}"
        )
    return [f"It waits until {other}, which carried its open item in, is reversed." for other, _ in found]


def _closed_elsewhere(road: Road, settlement_id: str, originals: Sequence[OutboxDocument]) -> str:
    """Say what stands on the clearing item besides our journals, such as a bank receipt; nothing when nothing does."""
    journal = originals[0].journal
    reference, currency = journal.document_reference, journal.currency
    accounts = {line.account for one in originals for line in one.journal.lines if line.reference == reference}
    sources = [settlement_source(road, other) for other, _ in dependents(road, settlement_id)]
    carriers = [one for source in sources for one in road.stores.outbox.documents(source)]
    cash = cash_in_books(road, settlement_id)
    ours = [one.journal for one in (*originals, *carriers, *cash) if one.state is PostingState.POSTED]
    for account in sorted(accounts, key=str):
        booked = money.total((one.reference_total(account, reference) for one in ours), currency)
        held = road.target.open_item(account, reference, settlement_id).get(currency, Decimal(0))
        if held != booked:
            texts = money.text(money.exact(held, currency), currency), money.text(booked, currency)
            return (
                f"the clearing item {reference} of {account} stands at {texts[0]} {currency}, and our journals booked "
                f"{texts[1]}: a bank receipt or somebody else's entry stands on it."
            )
    return ""


def reversal_for(
    originals: Sequence[OutboxDocument], credited: Mapping[str, Sequence[OutboxDocument]] | None = None
) -> JournalSet:
    """Return what undoes these documents, dated as they are; `credited` are the credit memos against each by key.

    Raises InputRefused as `reversal_of` does.
    """
    memos = {key: tuple(map(_posted, against)) for key, against in (credited or {}).items()}
    return reversal_of([replace(_posted(one), credits=memos.get(one.key, ())) for one in originals])


def _posted(document: OutboxDocument) -> Posted:
    return Posted(document.journal, document.erp_id or "")


def store_reversal(
    road: Road,
    settlement_id: str,
    journals: JournalSet,
    originals: Sequence[OutboxDocument],
    *,
    again: bool,
    person: str,
    beside: frozenset[str] = frozenset(),
) -> None:
    """Store a reversing set as intent, as the next revision of its own source."""
    road.stores.outbox.plan(
        road.connection,
        journals,
        approved=road.policy.approval == "automatic",
        mapping_hash=originals[0].mapping_hash,
        partition=settlement_id,
        run=road.run,
        person=person,
        again=again,
        beside=beside,
    )


def _note(road: Road, plan: ReversalPlan, reason: str) -> None:
    """Write who wants what undone, and why, into the audit trail."""
    facts = {"reason": reason, "documents": [one.erp_id for one in plan.originals], "warnings": list(plan.warnings)}
    facts |= {"credit_memos": [one.erp_id for one in plan.credits]} if plan.credits else {}
    with road.stores.control.transaction() as transaction:
        road.stores.audit.append(
            transaction,
            road.connection,
            "reversal_asked",
            facts,
            document_key=plan.originals[0].key if plan.kept_under and plan.originals else "",
            partition=plan.partition,
            run=road.run,
            person=road.person,
        )


def ask_for_reversal(road: Road, settlement_id: str, reason: str, seconds: float = 0) -> None:
    """Ask for another look at a settlement's documents."""
    at = road.clock.now() + timedelta(seconds=seconds)
    road.stores.due.ask(road.connection, follow_up_kind(settlement_id), settlement_id, at, reason)
