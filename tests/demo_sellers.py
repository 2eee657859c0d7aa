"""The demonstration's seller for tests that change or read one: built once per process, copied for each.

In: the day it is seen from. Out: a seller of the caller's own. Building one takes a third of a second, a copy 7 ms: its
records cannot change and are shared; lists, tables and grants are copied, and who held the same list still does.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache

from emulators.demo_seller.seller import DemoSeller, demo_seller

SEED = 7


def seller_of_its_own(as_of: date) -> DemoSeller:
    """Return the seller as seen from a day; whatever is done to it, the next caller's is as built."""
    built = _built(as_of)
    return deepcopy(built, {id(one): one for one in _records(built)})


@cache
def _built(as_of: date) -> DemoSeller:
    return demo_seller(SEED, as_of)


def _records(seller: DemoSeller) -> Iterator[object]:
    """Yield what is never changed: records of histories, settlements of chains, truths, documents."""
    for history in seller.world.histories.values():
        for field in fields(history):
            values = getattr(history, field.name)
            yield from (one for one in values if is_dataclass(one))
    yield from (link for series in seller.series for link in series.chain)
    yield from (row for series in seller.series for row in series.open_rows)
    yield from seller.settlements
    yield from seller.world.documents.values()
    for entries in seller.world.entries.values():
        yield from entries
