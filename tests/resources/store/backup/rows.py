"""What a control database holds, and a restore by a person."""

from contextlib import closing

from sqlalchemy import select

from resources.store import schema
from resources.store.backup import LEFT_BEHIND
from resources.store.control import ControlDatabase
from resources.store.restore import restore_backup


def rows_in(url: str, clock, *, but=frozenset()) -> dict[str, list]:
    """Return every row of every table that a backup holds."""
    with closing(ControlDatabase(url, clock)) as control, control.reading() as reading:
        return {
            name: [tuple(row) for row in reading.execute(select(table).order_by(*table.primary_key.columns))]
            for name, table in schema.metadata.tables.items()
            if name not in LEFT_BEHIND | but
        }


# What a restore changes on purpose: every chain goes on with one event, numbers jump ahead.
MOVED = frozenset({"audit_events", "audit_chains", "leases", "due_rows"})


def restored(urls, clock, path, **more):
    """Restore with a person."""
    return restore_backup(urls, clock, path, person="tester", **more)
