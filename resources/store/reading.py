"""Stores that are looked at and never written to: for replays.

In: open stores and a scratch folder. Out: stores over the same rows and documents which refuse every write, and a
warehouse of their own in the scratch folder. A refused write is a fault of ours, so it is an assertion.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from resources.clock import Clock
from resources.store.audit import Audit
from resources.store.configuration import Configuration
from resources.store.control import ControlDatabase
from resources.store.documents import Document, DocumentStore
from resources.store.outbox import Outbox
from resources.store.review import Review
from resources.store.settlements import Settlements
from resources.store.stores import Stores
from resources.store.warehouse import Version, Warehouse


@contextmanager
def reading_stores(
    stores: Stores, scratch: Path, clock: Clock, inputs: frozenset[str] = frozenset()
) -> Iterator[Stores]:
    """Yield the stores for reading; what a replay stages goes into the scratch folder and is gone afterwards.

    `inputs` are tables that a replay reads as they are kept and never stages itself.
    """
    control, documents = _ReadControl(stores.control), _ReadDocuments(stores.documents)
    staging = ControlDatabase(f"sqlite:///{scratch / 'control.db'}", clock)
    staging.migrate()
    audit = Audit(control)
    try:
        yield replace(
            stores,
            control=control,
            documents=documents,
            warehouse=_ScratchWarehouse(str(scratch / "warehouse"), staging, clock, stores.warehouse, inputs),
            audit=audit,
            outbox=Outbox(control, audit, clock),
            settlements=Settlements(control, audit, clock),
            review=Review(control, audit, clock),
            configuration=Configuration(control, audit, documents, clock),
        )
    finally:
        staging.close()


class _ScratchWarehouse(Warehouse):
    """A warehouse of its own, but for the tables that are read as others keep them."""

    def __init__(
        self, url: str, control: ControlDatabase, clock: Clock, kept: Warehouse, inputs: frozenset[str]
    ) -> None:
        super().__init__(url, control, clock)
        self._kept = kept
        self._inputs = inputs

    def currents(self, connection: str | None = None, table: str | None = None) -> list[Version]:
        """Return current versions, of an input those that are kept."""
        if table in self._inputs:
            return self._kept.currents(connection, table)
        return super().currents(connection, table)

    def path(self, version: Version) -> Path:
        """Return the local file of a version, wherever it lies."""
        return self._kept.path(version) if version.table in self._inputs else super().path(version)


class _ReadControl(ControlDatabase):
    """The control database of others, for reading."""

    def __init__(self, control: ControlDatabase) -> None:
        self.clock = control.clock
        self._control = control

    @property
    def url_shown(self) -> str:
        """Return the address without password."""
        return self._control.url_shown

    @contextmanager
    def transaction(self, scope: object = "books") -> Iterator[Connection]:
        """Refuse."""
        raise AssertionError("a replay writes nothing to the control database")
        yield

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a reading of one moment."""
        with self._control.reading() as connection:
            yield connection

    def migrate(self) -> None:
        """Do nothing: it was brought to the newest version when it was opened."""

    def close(self) -> None:
        """Do nothing: it is not ours."""


class _ReadDocuments(DocumentStore):
    """The archive of others, for reading."""

    def __init__(self, documents: DocumentStore) -> None:
        self._place = documents.place

    def put_file(self, path: Path) -> Document:
        """Refuse."""
        raise AssertionError("a replay archives nothing")

    def put_bytes(self, data: bytes) -> Document:
        """Refuse."""
        raise AssertionError("a replay archives nothing")
