"""The mapped lines that stand in the books, whatever the mapping says by now.

In: a settlement, and the mapping its documents were made with. Out: the version of its mapped lines made with it. A
plan with a changed mapping makes newer lines that nobody has posted; who looks at the books must not read those.
"""

from assets.mapped_lines import TABLE as MAPPED_TABLE
from assets.posting.document_sets import IN_BOOKS, settlement_source
from assets.stages.roadmap import Road
from ledger.posting import MAY_EXIST
from resources.store.stores import Stores
from resources.store.warehouse import Version


def lines_made_with(stores: Stores, connection: str, settlement_id: str, mapping_hash: str) -> Version | None:
    """Return the newest mapped lines made with a mapping, else those that count now; None where there are none."""
    current = stores.warehouse.current(connection, MAPPED_TABLE, settlement_id)
    if current is None or current.facts.get("mapping") == mapping_hash:
        return current
    versions = stores.warehouse.versions(connection, MAPPED_TABLE, settlement_id)
    same = [one for one in versions if one.facts.get("mapping") == mapping_hash]
    return same[-1] if same else current


def posted_lines(road: Road, settlement_id: str) -> Version | None:
    """Return the mapped lines of what a settlement has in the books, or may have; before that those that count now."""
    documents = road.stores.outbox.documents(settlement_source(road, settlement_id))
    sent = [one for one in documents if one.state in MAY_EXIST | IN_BOOKS]
    made_with = sent[0].mapping_hash if sent else ""
    return lines_made_with(road.stores, road.connection, settlement_id, made_with)
