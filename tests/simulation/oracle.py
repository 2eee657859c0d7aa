"""The oracle: what the ERP's books say about every settlement that Amazon has, and whether that is right.

In: the emulator's books, the documents in Amazon's list, and, the one exception, the reasons of the review queue. Out:
sentences about what is wrong, none when all is well. It knows nothing of the connector's own records: one document per
key, balanced, posted or in review with a reason, each clearing item equal to its settlement's total and closed at most
once, and nothing in the books that nobody asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from emulators.peoplesoft.books import WITHOUT_EFFECT, Books, Journal
from ledger.references import reference
from tests.simulation.doors import acting
from tests.simulation.world import CONNECTION, SELLER, World

CLEARING = "110500"
SOURCE = "AMZ"
_DESCRIPTION = re.compile(
    r"AMZ (?:(?P<kind>[a-z]\w*) )?(?P<id>\d{11,20}) r(?P<revision>\d+) p(?P<part>\d+)/(?P<parts>\d+)"
)


@dataclass(frozen=True)
class Listed:
    """A settlement as Amazon lists it."""

    settlement_id: str
    total: Decimal


@dataclass(frozen=True)
class Booked:
    """One of our journals that counts; `cleared` is what its clearing lines come to, by reference."""

    journal: Journal
    kind: str
    settlement_id: str
    revision: int
    part: int
    parts: int
    cleared: Mapping[str, Decimal]


def problems(world: World) -> list[str]:
    """Return everything that is wrong in this world."""
    with acting(None):
        items = world.stores.review.listing(CONNECTION)
    reasons = {one.partition: one.sentence for one in items if one.sentence}
    return list(judged(world.erp.books, listed(world), reasons))


def listed(world: World) -> list[Listed]:
    """Return the settlements in Amazon's documents, each once, by what stands in their second line."""
    found = {}
    for (seller, _), document in world.amazon.world.documents.items():
        if seller == SELLER:
            fields = document.content.decode().splitlines()[1].split("\t")
            found[fields[0]] = Listed(fields[0], Decimal(fields[4]))
    return list(found.values())


def judged(books: Books, amazon: list[Listed], reasons: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong, given what Amazon lists and what people have been told."""
    yield from (f"two documents of one key: {key} {sorted(found)}" for key, found in books.duplicates().items())
    booked = [_booked(books, journal) for journal in _counting(books)]
    for one in booked:
        if one is None or one.settlement_id not in {each.settlement_id for each in amazon}:
            yield "a journal of ours that belongs to no settlement of Amazon's"
    of_settlement = defaultdict(list)
    for one in booked:
        if one is not None:
            of_settlement[one.settlement_id].append(one)
    for settlement in amazon:
        yield from _settlement(settlement, of_settlement[settlement.settlement_id], settlement.settlement_id in reasons)
    yield from _closed_once(amazon, [one for one in booked if one is not None])
    yield from unbalanced(books)


def _counting(books: Books) -> list[Journal]:
    """Return our journals that are in the books or on their way there."""
    without = (*WITHOUT_EFFECT, "U")
    return [
        one
        for one in books.journals()
        if one.source == SOURCE and one.key.unpost_seq == 0 and one.status not in without
    ]


def _booked(books: Books, journal: Journal) -> Booked | None:
    named = _DESCRIPTION.match(journal.description)
    if named is None:
        return None
    cleared: dict[str, Decimal] = defaultdict(Decimal)
    for line in books.lines(journal.key):
        if line.account == CLEARING:
            cleared[line.reference] += line.amount
    numbers = (int(named[name]) for name in ("revision", "part", "parts"))
    return Booked(journal, named["kind"] or "", named["id"], *numbers, cleared)


def _settlement(settlement: Listed, booked: list[Booked], is_in_review: bool) -> Iterator[str]:
    """Judge one settlement by its journals."""
    name = f"settlement {settlement.settlement_id}"
    keys = [(one.kind, one.part) for one in booked]
    if len(set(keys)) < len(keys):
        yield f"{name}: a part stands in the books twice: {[one.journal.description for one in booked]}"
    if len({(one.revision, one.parts) for one in booked}) > 1:
        yield f"{name}: parts of two revisions stand side by side: {[one.journal.description for one in booked]}"
    own = sum((one.cleared.get(reference(settlement.settlement_id), Decimal(0)) for one in booked), Decimal(0))
    is_whole = bool(booked) and len(booked) == booked[0].parts and all(one.journal.status == "P" for one in booked)
    if is_whole and own != settlement.total:
        yield f"{name}: its clearing item is {own}, its total is {settlement.total}"
    if not is_whole and not is_in_review and (settlement.total or booked):
        held = [f"{one.journal.description} ({one.journal.status})" for one in booked]
        yield f"{name}: neither posted nor in review; in the books: {held}"


def _closed_once(amazon: list[Listed], booked: list[Booked]) -> Iterator[str]:
    """Judge that no item is closed by two settlements, and that one that is closed is closed exactly."""
    for settlement in amazon:
        item = reference(settlement.settlement_id)
        own = [one for one in booked if one.settlement_id == settlement.settlement_id]
        others = [one for one in booked if one.settlement_id != settlement.settlement_id and one.cleared.get(item)]
        if len({one.settlement_id for one in others}) > 1:
            yield f"item {item} is closed by {[one.settlement_id for one in others]}"
        closed = sum((one.cleared[item] for one in others), Decimal(0))
        if others and own and closed != -settlement.total:
            yield f"item {item} of {settlement.total} is closed with {closed}"


def unbalanced(books: Books) -> list[str]:
    """Return our journals whose debits are not their credits."""
    sums = [(one, sum((line.amount for line in books.lines(one.key)), Decimal(0))) for one in _counting(books)]
    return [f"{one.description} is out of balance by {rest}" for one, rest in sums if rest]
