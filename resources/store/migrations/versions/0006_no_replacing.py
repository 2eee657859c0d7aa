"""No event is replaced by INSERT either, and no head of a chain: on SQLite that goes around the triggers of 0001.

`INSERT OR REPLACE` removes the row in its way without the DELETE trigger (https://www.sqlite.org/lang_conflict.html),
found by its key or by its rowid. PostgreSQL has only ON CONFLICT DO UPDATE, which the UPDATE trigger refuses.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

_APPEND_ONLY = "audit events are append-only"
_HEAD_MOVES_ON = "the head of an audit chain only moves on by one"

# Where a statement gives no rowid, NEW.rowid is no rowid in a trigger before it (sqlite.org/lang_createtrigger.html).
_SQLITE_TRIGGERS = (
    f"""CREATE TRIGGER audit_events_no_replace BEFORE INSERT ON audit_events
        WHEN EXISTS (SELECT 1 FROM audit_events WHERE connection = NEW.connection AND sequence = NEW.sequence)
          OR (NEW.rowid > 0 AND EXISTS (SELECT 1 FROM audit_events WHERE rowid = NEW.rowid))
        BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END""",
    f"""CREATE TRIGGER audit_chains_no_replace BEFORE INSERT ON audit_chains
        WHEN EXISTS (SELECT 1 FROM audit_chains WHERE connection = NEW.connection)
          OR (NEW.rowid > 0 AND EXISTS (SELECT 1 FROM audit_chains WHERE rowid = NEW.rowid))
        BEGIN SELECT RAISE(ABORT, '{_HEAD_MOVES_ON}'); END""",
    f"""CREATE TRIGGER audit_chains_keeps_its_row BEFORE UPDATE ON audit_chains WHEN NEW.rowid <> OLD.rowid
        BEGIN SELECT RAISE(ABORT, '{_HEAD_MOVES_ON}'); END""",
)


def upgrade() -> None:
    """Add the guards."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_TRIGGERS:
            op.execute(statement)
