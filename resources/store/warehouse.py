"""The warehouse: staged tables as immutable Parquet files, one per connection, table, partition and version.

In: a function that writes one Parquet file. Out: versions, of which one is current. A file gets a name of its own and
is never replaced, because DuckDB opens a file when it binds and again when it scans, and would mix two versions without
an error. The row in the control database is what makes a version exist; a file without a row is nobody's.
"""

from __future__ import annotations

import errno
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from ledger.errors import InputRefused, StoreError, WrittenMeanwhile
from resources.clock import Clock
from resources.duckdb_engine import bounded_duckdb
from resources.store.columns import facts_text
from resources.store.control import ControlDatabase
from resources.store.places import Place, digest_of
from resources.store.prepared import Prepared
from resources.store.schema import warehouse_versions
from resources.store.warehouse_views import write_views

_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")  # connections and partitions: names of folders, and of Dagster partitions
_TABLE = re.compile(r"[a-z][a-z0-9_]{0,62}")
_ATTEMPTS_MAX = 20


_ROW = warehouse_versions.c
_OF_PARTITION = select(warehouse_versions).where(
    _ROW.connection == bindparam("of_connection"),
    _ROW.table_name == bindparam("of_table"),
    _ROW.partition == bindparam("of_partition"),
)
_SELECT_CURRENT = Prepared(_OF_PARTITION.where(_ROW.is_current))
_SELECT_VERSIONS = Prepared(_OF_PARTITION.order_by(_ROW.version))


@dataclass(frozen=True)
class Version:
    """One version of one partition; `rows` and `bytes` are counted, `facts` are plain JSON values."""

    connection: str
    table: str
    partition: str
    version: int
    sha256: str
    bytes: int
    rows: int
    facts: dict
    created_at: datetime

    @property
    def id(self) -> str:
        """Return number and content in one word, for example `3-0f2a91c4d5e6`."""
        return f"{self.version}-{self.sha256[:12]}"

    @property
    def name(self) -> str:
        """Return where the file lies inside the warehouse."""
        return f"{self.connection}/{self.table}/{self.partition}/{self.id}.parquet"


class Warehouse:
    """Versions of partitions, files in a folder or at an address fsspec knows."""

    def __init__(self, url: str, control: ControlDatabase, clock: Clock) -> None:
        self._place = Place(url)
        self._control = control
        self._clock = clock

    @property
    def url_shown(self) -> str:
        """Return the address without credentials."""
        return self._place.shown

    @property
    def place(self) -> Place:
        """Return the place that versions lie in, each under its `name`."""
        return self._place

    def write(
        self,
        connection: str,
        table: str,
        partition: str,
        produce: Callable[[Path], None],
        facts: dict,
        *,
        after: int | None = None,
    ) -> Version:
        """Let `produce` write a Parquet file, and make it the current version.

        The same bytes with the same facts are no new version: the one that stands is returned.
        What `produce` raises goes through and leaves nothing behind; errors of the file system become StoreError, as
        does what is no Parquet file. Raises InputRefused for a name that cannot be used.
        `after` is the number of the version this one was made from, 0 where there was none: WrittenMeanwhile is raised
        when another writer has made a newer one.
        """
        _require_names(connection, table, partition)
        with self._place.temporary(".parquet") as temporary:
            what = f"{table} of {connection}, partition {partition}"
            with self._place.sentence_for_disk(f"write {what}"), _duckdb_as_disk():
                produce(temporary)
            rows = _rows_of(temporary, what)
            draft = Version(
                connection=connection,
                table=table,
                partition=partition,
                version=0,
                sha256=digest_of(temporary),
                bytes=temporary.stat().st_size,
                rows=rows,
                facts=json.loads(facts_text(facts)),
                created_at=self._clock.now(),
            )
            return self._make_current(draft, temporary, after)

    def current(self, connection: str, table: str, partition: str) -> Version | None:
        """Return the version that counts, None when nothing was staged."""
        with self._control.reading() as reading:
            row = _SELECT_CURRENT.row(reading, of_connection=connection, of_table=table, of_partition=partition)
        return None if row is None else _version(row)

    def currents(self, connection: str | None = None, table: str | None = None) -> list[Version]:
        """Return the current versions of all partitions, of one connection or table if given."""
        wanted = {"is_current": True, "connection": connection, "table_name": table}
        return self._select(**{name: value for name, value in wanted.items() if value is not None})

    def versions(self, connection: str, table: str, partition: str) -> list[Version]:
        """Return all versions of a partition, the first first."""
        key = {"of_connection": connection, "of_table": table, "of_partition": partition}
        with self._control.reading() as reading:
            return [_version(row) for row in _SELECT_VERSIONS.rows(reading, **key)]

    def path(self, version: Version) -> Path:
        """Return a local path to a version, every byte checked; raise StoreError when it is missing or damaged."""
        return self._place.fetch(version.name, version.sha256)

    def holds(self, version: Version) -> bool:
        """Tell whether the file of a version lies where it should, by its length; who does not find it writes anew."""
        return self._place.holds(version.name, version.bytes)

    def connect(self, memory_limit_mb: int = 512, threads: int = 2) -> duckdb.DuckDBPyConnection:
        """Open a bounded DuckDB in memory that never fetches an extension and spills into the warehouse's folder."""
        return _duckdb(self._place.scratch(), memory_limit_mb, threads)

    def write_views(self, path: Path) -> list[str]:
        """Write a DuckDB file with one view per table over all current versions; return the names of the views.

        A view has the columns `connection` and `partition` before those of the table. The file is replaced whole, so
        that somebody who has it open keeps what he had.
        """
        files: dict[str, list[tuple[str, str, str]]] = {}
        for version in self.currents():
            place = (version.connection, version.partition, str(self._beside(Path(path), version)))
            files.setdefault(version.table, []).append(place)
        with self._place.sentence_for_disk(f"write {path.name}"):
            return write_views(Path(path), files)

    def _beside(self, path: Path, version: Version) -> Path:
        """Return where a view finds a version: in the warehouse, or for a remote one in a folder beside the views."""
        if self._place.is_local:
            return self._place.root / version.name
        copy = path.with_suffix(".files") / version.name
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(self.path(version), copy)
        return copy

    def _make_current(self, draft: Version, temporary: Path, after: int | None) -> Version:
        """Put the file in place under the next number, then the row; start over when another writer was first.

        The file of a lost race stays under a number that is not its own: nobody's, unless a writer of the same content
        has won that number.
        """
        for _ in range(_ATTEMPTS_MAX):
            last = self._last(draft)
            is_known = last is not None and (last.sha256, last.facts) == (draft.sha256, draft.facts)
            number = 0 if last is None else last.version
            if after is not None and number != after and not is_known:
                raise WrittenMeanwhile(
                    f"{draft.table} of {draft.connection}, partition {draft.partition}, was made from version {after},"
                    f" and there is version {number} by now. Run it again."
                )
            version = last if is_known else _numbered(draft, number + 1)
            if not self._place.holds(version.name, version.bytes):
                self._place.keep(temporary, version.name, version.sha256)
            if is_known:
                return version
            with self._control.transaction() as transaction:
                if _last_number(transaction, draft) == version.version - 1:
                    _insert_current(transaction, version)
                    return version
        raise StoreError(
            f"{draft.table} of {draft.connection}, partition {draft.partition}, was written {_ATTEMPTS_MAX} times by "
            "others meanwhile. Something asks for it again and again; stop that, then materialize the partition."
        )

    def _last(self, draft: Version) -> Version | None:
        found = self.versions(draft.connection, draft.table, draft.partition)
        return found[-1] if found else None

    def _select(self, **wanted: object) -> list[Version]:
        table = warehouse_versions.c
        query = select(warehouse_versions).filter_by(**wanted)
        query = query.order_by(table.table_name, table.connection, table.partition, table.version)
        with self._control.reading() as reading:
            return [_version(row) for row in reading.execute(query)]


@contextmanager
def _duckdb_as_disk() -> Iterator[None]:
    """Let DuckDB's error of a disk look like everybody else's."""
    try:
        yield
    except duckdb.IOException as error:
        is_full = "No space left" in str(error)
        raise OSError(errno.ENOSPC if is_full else errno.EIO, str(error).splitlines()[0]) from None


def _require_names(connection: str, table: str, partition: str) -> None:
    for what, name in (("connection", connection), ("partition", partition)):
        if not _KEY.fullmatch(name):
            raise InputRefused(f"{name[:80]!r} cannot name a {what}: 1 to 100 letters, digits, _ and - only.")
    if not _TABLE.fullmatch(table):
        raise InputRefused(f"{table[:80]!r} cannot name a table: small letters, digits and _ only, a letter first.")


def _duckdb(scratch: Path, memory_limit_mb: int = 512, threads: int = 2) -> duckdb.DuckDBPyConnection:
    return bounded_duckdb(scratch / "spill", memory_limit_mb, threads)


def _rows_of(path: Path, what: str) -> int:
    """Count the rows by the file's own footer; raise StoreError for what is no Parquet file."""
    try:
        with _duckdb(path.parent) as duck:
            found = duck.execute("SELECT num_rows FROM parquet_file_metadata(?)", [str(path)]).fetchone()
    except duckdb.Error:
        found = None
    if found is None:
        raise StoreError(
            f"What was written for {what} is no whole Parquet file, so it was not taken over. Run it again."
        )
    return int(found[0])


def _numbered(draft: Version, number: int) -> Version:
    return Version(**{**vars(draft), "version": number})


def _partition_of(version: Version) -> tuple:
    table = warehouse_versions.c
    return (
        table.connection == version.connection,
        table.table_name == version.table,
        table.partition == version.partition,
    )


def _last_number(transaction: Connection, version: Version) -> int:
    query = select(warehouse_versions.c.version).where(*_partition_of(version))
    return transaction.execute(query.order_by(warehouse_versions.c.version.desc()).limit(1)).scalar() or 0


def _insert_current(transaction: Connection, version: Version) -> None:
    """Make one version the current one."""
    transaction.execute(update(warehouse_versions).where(*_partition_of(version)).values(is_current=False))
    values = {**vars(version), "facts": facts_text(version.facts), "is_current": True}
    values["table_name"] = values.pop("table")
    transaction.execute(insert(warehouse_versions), values)


def _version(row: Row) -> Version:
    values = {name: value for name, value in row._asdict().items() if name != "is_current"}
    values["table"] = values.pop("table_name")
    return Version(**{**values, "facts": json.loads(row.facts)})
