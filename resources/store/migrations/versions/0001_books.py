"""Audit chain, outbox and leases: what the promise of posting once rests on.

The triggers refuse to change or remove an event, and let the head of a chain only move on by one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_APPEND_ONLY = "audit events are append-only"
_HEAD_MOVES_ON = "the head of an audit chain only moves on by one"

_SQLITE_TRIGGERS = (
    f"""CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events
        BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END""",
    f"""CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
        BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END""",
    f"""CREATE TRIGGER audit_chains_no_delete BEFORE DELETE ON audit_chains
        BEGIN SELECT RAISE(ABORT, '{_HEAD_MOVES_ON}'); END""",
    f"""CREATE TRIGGER audit_chains_moves_on BEFORE UPDATE ON audit_chains
        WHEN NEW.connection <> OLD.connection OR NEW.sequence <> OLD.sequence + 1
        BEGIN SELECT RAISE(ABORT, '{_HEAD_MOVES_ON}'); END""",
)

_POSTGRES_TRIGGERS = (
    f"""CREATE FUNCTION audit_events_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_APPEND_ONLY}'; END $$""",
    """CREATE TRIGGER audit_events_no_change BEFORE UPDATE OR DELETE ON audit_events
        FOR EACH ROW EXECUTE FUNCTION audit_events_refuse()""",
    """CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events
        FOR EACH STATEMENT EXECUTE FUNCTION audit_events_refuse()""",
    f"""CREATE FUNCTION audit_chains_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_HEAD_MOVES_ON}'; END $$""",
    """CREATE TRIGGER audit_chains_no_delete BEFORE DELETE ON audit_chains
        FOR EACH ROW EXECUTE FUNCTION audit_chains_refuse()""",
    """CREATE TRIGGER audit_chains_no_truncate BEFORE TRUNCATE ON audit_chains
        FOR EACH STATEMENT EXECUTE FUNCTION audit_chains_refuse()""",
    """CREATE TRIGGER audit_chains_moves_on BEFORE UPDATE ON audit_chains FOR EACH ROW
        WHEN (NEW.connection <> OLD.connection OR NEW.sequence <> OLD.sequence + 1)
        EXECUTE FUNCTION audit_chains_refuse()""",
)


def upgrade() -> None:
    """Create the tables and their guards."""
    _audit()
    _outbox()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE_TRIGGERS if is_sqlite else _POSTGRES_TRIGGERS:
        op.execute(statement)


def _audit() -> None:
    op.create_table(
        "audit_events",
        sa.Column("connection", sa.Text, primary_key=True, nullable=False),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False, nullable=False),
        *_texts("at", "kind", "document_key", "partition", "run", "exchange", "person", "facts"),
        *_texts("previous_hash", "hash"),
    )
    op.create_index("audit_events_document", "audit_events", ["document_key"])
    op.create_index("audit_events_partition", "audit_events", ["connection", "partition"])
    op.create_table(
        "audit_chains",
        sa.Column("connection", sa.Text, primary_key=True, nullable=False),
        *_numbers("sequence"),
        *_texts("hash"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox_sets",
        sa.Column("source", sa.Text, primary_key=True, nullable=False),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False, nullable=False),
        *_texts("connection", "partition", "source_id"),
        *_numbers("parts"),
        *_texts("fingerprint", "mapping_hash", "planned_at"),
    )
    op.create_table(
        "outbox_documents",
        sa.Column("key", sa.Text, primary_key=True, nullable=False),
        *_texts("source"),
        *_numbers("revision", "part", "parts"),
        *_texts("connection", "partition", "ledger", "source_id", "state"),
        *_numbers("state_version"),
        *_texts("fingerprint", "set_fingerprint", "mapping_hash"),
        sa.Column("erp_id", sa.Text),
        *_texts("reason"),
        *_numbers("attempts"),
        *_texts("changed_at"),
        sa.Column("sending_since", sa.Text),
        sa.Column("not_before", sa.Text),
        sa.UniqueConstraint("source", "revision", "part", name="outbox_documents_part"),
        sa.UniqueConstraint("ledger", "erp_id", name="outbox_documents_erp_id"),
    )
    op.create_index("outbox_documents_state", "outbox_documents", ["connection", "state"])
    op.create_index("outbox_documents_source_id", "outbox_documents", ["source_id"])
    op.create_table(
        "outbox_contents",
        sa.Column("key", sa.Text, primary_key=True, nullable=False),
        *_texts("content"),
    )
    op.create_table(
        "outbox_differences",
        sa.Column("source", sa.Text, primary_key=True, nullable=False),
        sa.Column("fingerprint", sa.Text, primary_key=True, nullable=False),
        *_texts("seen_at"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True, nullable=False),
        *_texts("holder"),
        *_numbers("fence"),
        *_texts("expires_at"),
    )


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]
