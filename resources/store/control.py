"""The control database: many small durable commits, on SQLite by default and on PostgreSQL by URL.

In: a URL and a clock. Out: write transactions that see everything committed before them, and consistent readings.
Every durable write of the stores beside files goes through `ControlDatabase.transaction`. Writers follow one another:
SQLite by BEGIN IMMEDIATE, PostgreSQL by one advisory lock per scope, so that the same code gives the same answers on
both and nothing is decided on a row that is changing. SQLite runs in WAL mode with synchronous FULL.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, OperationalError

from ledger.errors import ConfigurationRefused, StoreError
from resources.clock import Clock
from resources.store.prepared import Prepared
from resources.store.schema import HEAD

# Writers of one scope follow one another; scopes never touch the same tables. `books` is everything that money hangs
# on, `traffic` rate limits, tokens and recorded exchanges: busy, and of no consequence to each other.
Scope = Literal["books", "traffic"]
_LOCK_NUMBERS: dict[Scope, int] = {"books": 7_302_001, "traffic": 7_302_002}
_LOCK_SCOPE = Prepared(text("SELECT pg_advisory_xact_lock(:number)"))
_BEGIN_WRITING, _BEGIN_READING = Prepared(text("BEGIN IMMEDIATE")), Prepared(text("BEGIN"))

BUSY_SECONDS = 30
_WAL_ATTEMPTS, _WAL_PAUSE_SECONDS = 100, 0.05
_MIGRATIONS = Path(__file__).parent / "migrations"
_POSTGRES_OPTIONS = (
    f"-c lock_timeout={BUSY_SECONDS}s -c idle_in_transaction_session_timeout=60s -c synchronous_commit=on "
    "-c client_encoding=UTF8"
)


class ControlDatabase:
    """One control database; safe to share between threads and, after a fork, between processes."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.clock = clock
        self._url = _checked(url)
        self._is_sqlite = self._url.get_backend_name() == "sqlite"
        self._engine = _sqlite_engine(self._url) if self._is_sqlite else _postgres_engine(self._url)
        self._inside = threading.local()
        self._own: weakref.WeakSet[Connection] = weakref.WeakSet()
        _leave_connections_to_the_parent_after_fork(self)

    @property
    def url_shown(self) -> str:
        """Return the address without password and without options, fit for a person to see."""
        return self._url.set(query={}).render_as_string(hide_password=True)

    @contextmanager
    def transaction(self, scope: Scope = "books") -> Iterator[Connection]:
        """Open a write transaction: committed whole at the end of the block, or not at all.

        This is the only place where a write of the control database is committed: by SQLAlchemy's connection, at the
        end of the block, however the statements inside were run.
        Raises StoreError when the database cannot be reached or stays busy for 30 seconds.
        """
        assert not getattr(self._inside, "open", False), "a write transaction inside another would wait for itself"
        self._inside.open = True
        try:
            with self._lent() as connection, connection.begin():
                if self._is_sqlite:
                    _BEGIN_WRITING.run(connection)
                else:
                    _LOCK_SCOPE.run(connection, number=_LOCK_NUMBERS[scope])
                yield connection
        except (DatabaseError, InterfaceError) as error:
            raise self._refusal("write to", error) from None
        finally:
            self._inside.open = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a reading of one moment: nothing committed meanwhile shows up half way."""
        try:
            with self._lent_to_read() as connection:
                if not self._is_sqlite:
                    connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                with connection.begin():
                    if self._is_sqlite:
                        _BEGIN_READING.run(connection)
                    yield connection
        except (DatabaseError, InterfaceError) as error:
            raise self._refusal("read", error) from None

    def _lent(self) -> AbstractContextManager[Connection]:
        """Return a connection to write with: on SQLite the thread's own, as the pool costs as much as a small write."""
        return nullcontext(self._threads_own("writer")) if self._is_sqlite else self._engine.connect()

    def _lent_to_read(self) -> AbstractContextManager[Connection]:
        """Return a connection to read with: on SQLite one more of the thread's own, unless a reading has it already."""
        if not self._is_sqlite:
            return self._engine.connect()
        own = self._threads_own("reader")
        return self._engine.connect() if own.in_transaction() else nullcontext(own)

    def _threads_own(self, use: str) -> Connection:
        own = getattr(self._inside, use, None)
        if own is None or own.closed or own.invalidated:
            own = self._engine.connect()
            setattr(self._inside, use, own)
            self._own.add(own)
        return own

    def migrate(self) -> None:
        """Bring the tables to the newest version; two processes at once are safe, the second finds it done.

        Raises StoreError when a newer version of the connector has written this database.
        """
        with self.reading() as connection:
            if version_of(connection) == HEAD:
                return
        with self.transaction() as connection:
            present = version_of(connection)
            if present != HEAD:
                self._upgrade(connection, present)

    def _upgrade(self, connection: Connection, present: str | None) -> None:
        if present is not None and present not in known_versions():
            raise StoreError(
                f"The control database {self.url_shown} is at version {present}, this connector knows {HEAD}: a newer "
                "connector has written it. Install that version, or restore a backup made before."
            )
        upgrade(connection)

    def close(self) -> None:
        """Close all idle connections, and those that threads have of their own."""
        for connection in list(self._own):
            connection.close()
        self._engine.dispose()

    def leave_to_parent(self) -> None:
        """Begin anew in a forked child: neither use nor close what the parent has open."""
        _OF_PARENTS.append(self._inside)
        self._inside, self._own = threading.local(), weakref.WeakSet()
        self._engine.dispose(close=False)

    def _refusal(self, doing: str, error: DatabaseError | InterfaceError) -> Exception:
        """Return one sentence without parameters for an unreachable or busy database, any other error as it is."""
        if not isinstance(error, (OperationalError, InterfaceError)) and type(error) is not DatabaseError:
            return error  # a constraint, a trigger or our own SQL: not the database's health
        return StoreError(
            f"Could not {doing} the control database {self.url_shown}: {self._said(error)}. Check that it runs, "
            "that its disk has room and that no other program holds it; then run again: nothing was half done."
        )

    def _said(self, error: DatabaseError | InterfaceError) -> str:
        """Return the first line of what the driver said, without password."""
        lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        password = self._url.password
        return lines[0].replace(str(password), "***") if password else lines[0]


def upgrade(connection: Connection, to: str = HEAD) -> None:
    """Bring the tables to a version inside the caller's write transaction; there are none yet, or older ones."""
    from alembic import command

    config = _alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def known_versions() -> set[str]:
    """Return every version of the tables that this connector can bring to the newest one."""
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(_alembic_config()).walk_revisions()}


def version_of(connection: Connection) -> str | None:
    """Return the version the tables are at, None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _alembic_config():
    # Alembic costs a quarter of a second to import, and is needed once in the life of a database.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _checked(url: str) -> URL:
    """Return the URL with its driver spelled out; raise ConfigurationRefused for one we do not serve."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationRefused(
            "The address of the control database cannot be read. It should look like "
            "sqlite:////srv/connector/control.db or postgresql://user@host/database (CONNECTOR_CONTROL_URL)."
        ) from None
    backend = parsed.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ConfigurationRefused(
            f"The control database is SQLite or PostgreSQL, not {backend} (CONNECTOR_CONTROL_URL)."
        )
    if parsed.database in (None, "", ":memory:"):
        raise ConfigurationRefused(
            "The control database is shared by processes: give it a file, sqlite:////folder/control.db"
        )
    return parsed


def _sqlite_engine(url: URL) -> Engine:
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"Could not make the folder {folder} for the control database: {error.strerror}.") from None
    # SQLite makes files that no group may write, whatever the umask says, and gives its log files the same rights. What
    # keeps this one from being made SQLite says itself.
    with suppress(OSError):
        os.close(os.open(str(url.database), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
    # No isolation level: the driver would open its own deferred transactions, which deadlock when they start to write.
    # So BEGIN is ours, the first statement of `transaction` and `reading`; COMMIT stays SQLAlchemy's.
    arguments = {"timeout": BUSY_SECONDS, "isolation_level": None}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        # sqlite.org/pragma.html#pragma_synchronous: in WAL mode only FULL survives a power cut without losing a commit.
        _use_wal(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _use_wal(connection: Any) -> None:
    """Switch to the write-ahead log; two processes opening a new file at once meet a lock that no time-out covers."""
    for attempt in range(_WAL_ATTEMPTS):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if attempt == _WAL_ATTEMPTS - 1:
                raise
            time.sleep(_WAL_PAUSE_SECONDS)


def _postgres_engine(url: URL) -> Engine:
    arguments = {"options": _POSTGRES_OPTIONS, "connect_timeout": 10}
    return create_engine(url, connect_args=arguments, hide_parameters=True, pool_pre_ping=True)


# Connections of parents, kept alive because their end would close them (sqlite.org/howtocorrupt.html section 2.6).
_OF_PARENTS: list[threading.local] = []


def _leave_connections_to_the_parent_after_fork(control: ControlDatabase) -> None:
    """Give a forked child connections of its own."""
    alive = weakref.ref(control)

    def leave() -> None:
        here = alive()
        if here is not None:
            here.leave_to_parent()

    os.register_at_fork(after_in_child=leave)
