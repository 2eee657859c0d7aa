"""The oracle: what the ERP's books say about every settlement that Amazon has, and whether that is right.

In: what an ERP's reader finds in its books, the documents in Amazon's list, and, the one exception, the reasons of the
review queue. Out: sentences about what is wrong, none when all is well. It knows nothing of the connector's own
records: one document per key, balanced, posted or in review with a reason, each clearing item equal to its settlement's
total and closed at most once, nothing in the books that nobody asked for, and nothing of a posted settlement left where
it might still come in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ledger.references import reference
from tests.simulation.booked import Booked, BooksReader
from tests.simulation.doors import acting
from tests.simulation.world import CONNECTION, SELLER, World


@dataclass(frozen=True)
class Listed:
    """A settlement as Amazon lists it."""

    settlement_id: str
    total: Decimal


def problems(world: World) -> list[str]:
    """Return everything that is wrong in this world."""
    with acting(None):
        items = world.stores.review.listing(CONNECTION)
    reasons = {one.partition: one.sentence for one in items if one.sentence and one.is_blocking}
    return [*world.witness.broken, *judged(world.erp.reader, listed(world), reasons)]


def listed(world: World) -> list[Listed]:
    """Return the settlements in Amazon's documents, each once, by what stands in their second line."""
    found = {}
    for (seller, _), document in world.amazon.world.documents.items():
        if seller == SELLER:
            fields = document.content.decode().splitlines()[1].split("\t")
            found[fields[0]] = Listed(fields[0], Decimal(fields[4]))
    return list(found.values())


def judged(books: BooksReader, amazon: list[Listed], reasons: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong, given what Amazon lists and what people have been told."""
    yield from (f"two documents of one key: {one}" for one in books.duplicates())
    booked, waiting = books.booked(), books.waiting()
    known = {one.settlement_id for one in amazon}
    of_settlement = defaultdict(list)
    for one in booked:
        if one.settlement_id not in known:
            yield "a journal of ours that belongs to no settlement of Amazon's"
        of_settlement[one.settlement_id].append(one)
    for settlement in amazon:
        name = settlement.settlement_id
        yield from _settlement(settlement, of_settlement[name], name in reasons, name in waiting)
    yield from _closed_once(amazon, [one for one in booked if one.settlement_id])
    yield from unbalanced(booked)


def _settlement(settlement: Listed, booked: list[Booked], is_in_review: bool, is_waiting: bool) -> Iterator[str]:
    """Judge one settlement by its journals; `is_waiting` tells that more of it may still come in."""
    name = f"settlement {settlement.settlement_id}"
    held = [f"{one.description} ({one.status})" for one in booked]
    keys = [(one.is_reversal, one.revision, one.part) for one in booked]
    if len(set(keys)) < len(keys):
        yield f"{name}: a part stands in the books twice: {held}"
    standing = []
    for revision in sorted({one.revision for one in booked}):
        of_revision = [one for one in booked if one.revision == revision]
        if not _is_undone(of_revision):
            standing.append(of_revision)
        elif _cleared(of_revision, settlement) != 0:
            yield f"{name}: revision {revision} is undone, and {_cleared(of_revision, settlement)} is left of it"
    if len(standing) > 1:
        yield f"{name}: two revisions stand side by side: {held}"
    is_whole = bool(standing) and _is_whole(standing[0])
    if is_whole and _cleared(standing[0], settlement) != settlement.total:
        yield f"{name}: its clearing item is {_cleared(standing[0], settlement)}, its total is {settlement.total}"
    if is_whole and is_waiting and not is_in_review:
        yield f"{name}: rows of it still wait to be imported, and nobody is told; in the books: {held}"
    if not is_whole and not is_in_review and (settlement.total or booked):
        yield f"{name}: neither posted nor in review; in the books: {held}"


def _is_undone(of_revision: list[Booked]) -> bool:
    """Tell whether every journal of a revision has its posted reversal."""
    undone = {one.part for one in of_revision if one.is_reversal and one.is_posted}
    return len(undone) == sum(not one.is_reversal for one in of_revision)


def _is_whole(of_revision: list[Booked]) -> bool:
    """Tell whether all parts are posted and nothing of them is undone."""
    return len(of_revision) == of_revision[0].parts and all(
        one.is_posted and not one.is_reversal for one in of_revision
    )


def _cleared(booked: list[Booked], settlement: Listed) -> Decimal:
    """Return what these journals leave on the settlement's own clearing item."""
    item = reference(settlement.settlement_id)
    return sum((one.cleared.get(item, Decimal(0)) for one in booked), Decimal(0))


def _closed_once(amazon: list[Listed], booked: list[Booked]) -> Iterator[str]:
    """Judge that no item is closed by two settlements, and that one that is closed is closed exactly."""
    for settlement in amazon:
        item = reference(settlement.settlement_id)
        closing: dict[str, Decimal] = defaultdict(Decimal)
        for one in booked:
            if one.settlement_id != settlement.settlement_id:
                closing[one.settlement_id] += one.cleared.get(item, Decimal(0))
        closing = {other: amount for other, amount in closing.items() if amount}
        if len(closing) > 1:
            yield f"item {item} is closed by {sorted(closing)}"
        elif closing and set(closing.values()) != {-settlement.total}:
            yield f"item {item} of {settlement.total} is closed with {closing}"


def unbalanced(booked: list[Booked]) -> list[str]:
    """Return our journals whose debits are not their credits."""
    return [f"{one.description} is out of balance by {one.rest}" for one in booked if one.rest]
