"""Read a list of Amazon's finance operations to its end, page after page, each archived before anything looks inside.

In: an operation with its arguments, and where in its answer the list and the next token stand. Out: what is listed,
each different entry once, with the name of the archived page it stands on; or a sentence. A page may be empty and lead
on; pages that bring nothing new under a token that was there before would go round for ever.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ledger.errors import SourceRefused, SourceUnavailable
from resources.amazon.answers import Answer, json_of, misshapen, object_of, objects_of, text_of
from resources.amazon.door import Door
from resources.amazon.stated import shown

PAGES_MAX = 2000
Archive = Callable[[bytes], str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing operation: its name and path, and how its answer words the list and the next token.

    `is_wrapped` tells whether all that stands in an object `payload`; `is_needed`, whether a page must have the list.
    """

    operation: str
    path: str
    items: str
    token: str = "nextToken"
    is_wrapped: bool = False
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry as Amazon wrote it, and the name of the archived page, "" where it is kept as an exchange alone."""

    document: str
    answer: Answer


def listed(door: Door, listing: Listing, parameters: Mapping[str, str], archive: Archive) -> tuple[Listed, ...]:
    """Return everything that is listed, in Amazon's order; an entry that comes twice, word for word, is one.

    Raises:
        SourceRefused: A person has to act; without `status` an answer is not of the documented shape.
        SourceUnavailable: Throttled or out of order beyond all attempts, or the pages do not come to an end.
    """
    found: dict[str, Listed] = {}
    tokens: set[str] = set()
    token = ""
    for _ in range(PAGES_MAX):
        # The other arguments go along unchanged, as the models ask.
        content = door.read(
            listing.operation, listing.path, {**parameters, **({listing.token: token} if token else {})}
        )
        document = archive(content)
        body = _body_of(door.connection, listing, content)
        count = len(found)
        for answer in objects_of(door.connection, body, listing.items):
            found.setdefault(_identity(door.connection, listing, answer), Listed(document, answer))
        token = text_of(door.connection, body, listing.token) or ""
        if not token:
            return tuple(found.values())
        if token in tokens and len(found) == count:
            break
        tokens.add(token)
    raise SourceUnavailable(
        f"The list of {listing.operation} for connection {door.connection} does not come to an end: {len(found)}"
        f" entries on {len(tokens) + 1} pages, and still a further page. Nothing was taken from it; run it again later."
    )


@dataclass
class Unusable:
    """Collects the entries of a list that cannot be used, so that one refusal names them all.

    Args:
        what: One entry in words, for example "Payout".
        id_name: The field that holds an entry's id.
        reasons: What cannot be used, and why: a name and a sentence each.
        ids: Their ids, of those that have one.
    """

    what: str
    id_name: str
    reasons: list[tuple[str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def read(self, entries: Iterable[Listed], read: Callable[[Listed], T]) -> list[T]:
        """Return the entries that can be used; keep why the others cannot, and raise what Amazon itself refuses."""
        found = []
        for number, one in enumerate(entries, start=1):
            try:
                found.append(read(one))
            except SourceRefused as refused:
                if refused.status is not None:
                    raise
                self.reasons.append((self._name(one, number), str(refused)))
                given = one.answer.get(self.id_name)
                self.ids |= {given} if isinstance(given, str) else set()
        return found

    def raise_any(self) -> None:
        """Raise one refusal of all entries that cannot be used; do nothing when there are none."""
        if self.reasons:
            told = tuple((name, f"{name}: {sentence}") for name, sentence in self.reasons)
            more = f" And {len(told) - 3} more." if len(told) > 3 else ""
            raise SourceRefused(" ".join(sentence for _, sentence in told[:3]) + more, reasons=told)

    def _name(self, one: Listed, number: int) -> str:
        given = one.answer.get(self.id_name)
        if isinstance(given, str) and given:
            return f"{self.what} {shown(given)}"
        return f"{self.what} number {number}" + (f" of document {one.document[:12]}" if one.document else "")


def read_each(what: str, id_name: str, entries: Iterable[Listed], read: Callable[[Listed], T]) -> list[T]:
    """Return what all entries of a list say, or raise one refusal that names each one that cannot be used."""
    unusable = Unusable(what, id_name)
    found = unusable.read(entries, read)
    unusable.raise_any()
    return found


def _body_of(connection: str, listing: Listing, content: bytes) -> Answer:
    body = json_of(connection, listing.operation, content)
    if not isinstance(body, dict):
        raise misshapen(connection, f"the page of {listing.operation} is no JSON object")
    if listing.is_wrapped:
        body = object_of(connection, body, "payload")
    # A list that is not there is no empty list: money would be missed without a word.
    if listing.is_needed and body.get(listing.items) is None:
        raise misshapen(connection, f"the page of {listing.operation} has no {listing.items}")
    return body


def _identity(connection: str, listing: Listing, answer: Answer) -> str:
    try:
        return json.dumps(answer, sort_keys=True, default=str)
    except RecursionError:
        raise misshapen(connection, f"an entry of {listing.operation} does not come to an end") from None
