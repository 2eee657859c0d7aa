"""The statements every planning and every step of a document runs, written once by SQLAlchemy Core.

In: the tables of the schema. Out: prepared statements with named values: `of_` narrows, `to_` is what a column becomes.
"""

from __future__ import annotations

from sqlalchemy import bindparam, func, insert, select, update

from ledger.posting import PostingState
from resources.store.outbox_document import select_documents
from resources.store.prepared import Prepared
from resources.store.schema import outbox_contents, outbox_differences, outbox_documents, outbox_sets

_DOCUMENT = outbox_documents.c
_STEP_COLUMNS = ("state", "state_version", "reason", "changed_at", "not_before", "erp_id", "sending_since", "attempts")

SELECT_DOCUMENT = Prepared(select_documents().where(_DOCUMENT.key == bindparam("of_key")))
_OF_SOURCE = select_documents().where(_DOCUMENT.source == bindparam("of_source")).order_by(_DOCUMENT.part)
_NEWEST = select(func.max(_DOCUMENT.revision)).where(_DOCUMENT.source == bindparam("of_source"))
SELECT_NEWEST = Prepared(_OF_SOURCE.where(_DOCUMENT.revision == _NEWEST.scalar_subquery()))
SELECT_REVISION = Prepared(_OF_SOURCE.where(_DOCUMENT.revision == bindparam("of_revision")))
SELECT_BEGUN = Prepared(
    select(_DOCUMENT.key)
    .where(_DOCUMENT.source == bindparam("of_source"), _DOCUMENT.state != PostingState.REFUSED.value)
    .order_by(_DOCUMENT.revision, _DOCUMENT.part)
    .limit(1)
)
STEP_DOCUMENT = Prepared(
    update(outbox_documents)
    .where(_DOCUMENT.key == bindparam("of_key"))
    .values({name: bindparam(f"to_{name}") for name in _STEP_COLUMNS})
)
SELECT_OTHER_OF_ERP_ID = Prepared(
    select(_DOCUMENT.key).where(
        _DOCUMENT.ledger == bindparam("of_ledger"),
        _DOCUMENT.erp_id == bindparam("of_erp_id"),
        _DOCUMENT.key != bindparam("of_key"),
    )
)
SELECT_LATEST_SET = Prepared(
    select(outbox_sets.c.revision, outbox_sets.c.fingerprint)
    .where(outbox_sets.c.source == bindparam("of_source"))
    .order_by(outbox_sets.c.revision.desc())
    .limit(1)
)
SELECT_PARTS = Prepared(
    select(_DOCUMENT.key, _DOCUMENT.part, _DOCUMENT.state, _DOCUMENT.fingerprint)
    .where(_DOCUMENT.source == bindparam("of_source"), _DOCUMENT.revision == bindparam("of_revision"))
    .order_by(_DOCUMENT.part)
)
COUNT_DIFFERENCES = Prepared(
    select(func.count().label("number"))
    .select_from(outbox_differences)
    .where(
        outbox_differences.c.source == bindparam("of_source"),
        outbox_differences.c.fingerprint == bindparam("of_fingerprint"),
    )
)
INSERT_SET = Prepared(insert(outbox_sets))
INSERT_DOCUMENT = Prepared(
    insert(outbox_documents).values(
        {column.name: bindparam(column.name) for column in outbox_documents.columns}
        | {"erp_id": None, "sending_since": None, "not_before": None}
    )
)
INSERT_CONTENT = Prepared(insert(outbox_contents))
_REDATED = {"fingerprint": bindparam("to_fingerprint")}
UPDATE_CONTENT = Prepared(
    update(outbox_contents).where(outbox_contents.c.key == bindparam("of_key")).values(content=bindparam("to_content"))
)
UPDATE_FINGERPRINT = Prepared(update(outbox_documents).where(_DOCUMENT.key == bindparam("of_key")).values(_REDATED))
UPDATE_SET_FINGERPRINT = Prepared(
    update(outbox_documents)
    .where(_DOCUMENT.source == bindparam("of_source"), _DOCUMENT.revision == bindparam("of_revision"))
    .values(set_fingerprint=bindparam("to_fingerprint"))
)
UPDATE_SET = Prepared(
    update(outbox_sets)
    .where(outbox_sets.c.source == bindparam("of_source"), outbox_sets.c.revision == bindparam("of_revision"))
    .values(_REDATED)
)
INSERT_DIFFERENCE = Prepared(insert(outbox_differences))
