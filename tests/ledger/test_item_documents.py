"""An item as a document: no lines, a key of organization and number, and the same content after it was stored."""

from __future__ import annotations

import json
from datetime import date

from ledger.item_documents import item_document, item_source
from ledger.journal import Journal
from ledger.masters import NewItem

ITEM = NewItem("MUG-1.5", (("ItemNumber", "MUG-1.5"), ("ItemClass", "Root Item Class")))


def test_a_number_with_dots_belongs_to_itself():
    """The first dot divides an id, so none may stand in it; two numbers never share a key."""
    numbers = ("A.B", "A%2EB", "A", "A%", "A.B.C")
    sources = [item_source("fusion:1", "V1", one) for one in numbers]
    assert len(set(map(str, sources))) == len(numbers)
    assert all("." not in one.source_id and one.belongs_to == one.source_id for one in sources)


def test_it_comes_back_from_its_content():
    """Lines there are none, so it is balanced; its fingerprint holds what the item is given."""
    [journal] = item_document("fusion:1", "V1", ITEM, "USD", date(2026, 11, 14)).journals
    back = Journal.from_content(json.loads(json.dumps(journal.content())))
    assert back == journal
    assert (journal.form, journal.is_balanced, journal.lines) == ("item", True, ())
    other = NewItem("MUG-1.5", (("ItemNumber", "MUG-1.5"), ("ItemClass", "Other")))
    [changed] = item_document("fusion:1", "V1", other, "USD", date(2026, 11, 14)).journals
    assert (changed.key, changed.fingerprint) == (journal.key, changed.fingerprint)
    assert changed.fingerprint != journal.fingerprint
