"""Dagster's event log on SQLite, without preparing everything anew for every event.

Named in `deploy/dagster.yaml`. Same files and same contents as Dagster's own; one may be swapped for the other at any
time. Dagster's makes an engine per event, which compiles every statement again, reads its migration scripts whenever
it meets a run, and waits for the disk after each event. This one keeps the files of the runs at hand open, looks only
whether a file has a revision, and starts the file of a new run as a copy of an empty one.
"""

import os
import sqlite3
import tempfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import sqlalchemy
from dagster import Field, StringSource
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS, create_db_conn_string
from dagster._serdes.config_class import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

ENGINES_MAX = 16


class KeptEventLogStorage(SqliteEventLogStorage):
    """A file per run and one index, with the engines of those used last kept."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._blank: bytes | None = None
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Field]:
        """Return the settings under `config` in dagster.yaml."""
        return {"base_dir": Field(StringSource, is_required=False, description="history/runs of DAGSTER_HOME")}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """Make the storage from its settings; the folder is the one that Dagster's own takes."""
        folder = config_value.get("base_dir") or os.path.join(os.environ["DAGSTER_HOME"], "history", "runs")
        return cls(folder, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._prepare(shard, engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection:
                changes = connection.connection.driver_connection.total_changes
                with connection.begin():
                    yield connection
                if connection.connection.driver_connection.total_changes > changes:
                    # The UI watches this file for a run's news, which a connection that stays open keeps beside it.
                    os.utime(self.path_for_shard(shard))

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            self._engines[shard] = _engine_of(self.conn_string_for_shard(shard))
            while len(self._engines) > ENGINES_MAX:
                self._engines.popitem(last=False)[1].dispose()
        self._engines.move_to_end(shard)
        return self._engines[shard]

    def wipe(self) -> None:
        """Delete everything, through files that nobody here holds open."""
        self._close_files()
        super().wipe()

    def dispose(self) -> None:
        """Close everything."""
        super().dispose()
        self._close_files()

    def _close_files(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()

    def _prepare(self, shard: str, engine: Engine) -> None:
        """Make sure that the file of a shard has its tables."""
        path = Path(self.path_for_shard(shard))
        if shard != INDEX_SHARD_NAME and not path.exists():
            self._place_blank(path)
        if not _has_revision(engine):
            self._initdb(engine)

    def _place_blank(self, path: Path) -> None:
        """Put an empty event log in place whole, unless another process was faster."""
        if self._blank is None:
            self._blank = self._made_blank()
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(self._blank)
        with suppress(FileExistsError):
            os.link(name, path)
        os.unlink(name)

    def _made_blank(self) -> bytes:
        """Return an empty event log as Dagster makes it."""
        with tempfile.TemporaryDirectory() as folder:
            engine = _engine_of(create_db_conn_string(folder, "blank"))
            self._initdb(engine)
            engine.dispose()
            return (Path(folder) / "blank.db").read_bytes()


def _engine_of(address: str) -> Engine:
    """Return an engine with one connection, which stays open; the storage's lock gives it to one thread at a time."""
    engine = sqlalchemy.create_engine(
        address,
        poolclass=StaticPool,
        connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )
    sqlalchemy.event.listen(engine, "connect", _without_waiting_for_the_disk)
    return engine


def _without_waiting_for_the_disk(connection: sqlite3.Connection, _record: object) -> None:
    # https://www.sqlite.org/pragma.html#pragma_synchronous: with a WAL a crash of the process loses nothing, one of the
    # machine the last events, never the file. What was posted stands in the control database, which does wait.
    connection.execute("PRAGMA synchronous=NORMAL")


def _has_revision(engine: Engine) -> bool:
    """Whether Dagster's migrations have been here; bringing an old file up to date is `dagster instance migrate`'s."""
    with engine.connect() as connection:
        try:
            return bool(connection.execute(sqlalchemy.text("SELECT version_num FROM alembic_version")).scalar())
        except OperationalError:
            return False
