"""The mapped lines that stand in the books, whatever the mapping and the settings say by now.

In: a settlement, and the document it was sent as. Out: the version of its mapped lines that the document was made of. A
plan with a changed mapping, or with other settings and the same mapping, makes newer lines that nobody has posted; who
looks at the books must not read those.
"""

from assets.mapped_lines import TABLE as MAPPED_TABLE
from assets.posting.document_sets import IN_BOOKS, settlement_source
from assets.stages.roadmap import Road
from ledger.posting import MAY_EXIST
from resources.store.outbox import OutboxDocument
from resources.store.stores import Stores
from resources.store.warehouse import Version


def lines_made_with(
    stores: Stores, connection: str, settlement_id: str, document: OutboxDocument | None
) -> Version | None:
    """Return the lines that a document was planned with: the newest of its mapping that were there by then.

    Where none of them is told by its time, the newest of its mapping, else those that count now.
    """
    current = stores.warehouse.current(connection, MAPPED_TABLE, settlement_id)
    if current is None or document is None:
        return current
    versions = stores.warehouse.versions(connection, MAPPED_TABLE, settlement_id)
    same = [one for one in versions if one.facts.get("mapping") == document.mapping_hash]
    planned_at = stores.outbox.planned_at(document.source, document.revision)
    by_then = [one for one in same if planned_at is not None and one.created_at <= planned_at]
    return next((found[-1] for found in (by_then, same) if found), current)


def posted_lines(road: Road, settlement_id: str) -> Version | None:
    """Return the mapped lines of what a settlement has in the books, or may have; before that those that count now."""
    documents = road.stores.outbox.documents(settlement_source(road, settlement_id))
    sent = next((one for one in documents if one.state in MAY_EXIST | IN_BOOKS), None)
    return lines_made_with(road.stores, road.connection, settlement_id, sent)
