"""The doors below which nothing lasting can happen: commits, changes of files, and calls to the outside.

In: a worker (one simulated process) that acts. Out: every effect of it, numbered, told to whoever watches before and
after it happens; whoever watches may end the worker there. Nothing is listed by hand: SQLite's own connection, the
interpreter's audit events for files and sockets, and the HTTP transport are the doors, so new code finds itself
watched. From its death on, no effect of a worker takes place, its clean-up included.
"""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from tests.simulation.witness import Witness


class Death(BaseException):
    """The process ended here, as by SIGKILL."""


@dataclass(frozen=True)
class Effect:
    """One lasting thing a worker does: a commit, a change of a file, or a call."""

    number: int
    kind: str
    name: str


class Watcher:
    """Is told of every effect; the methods of this one do nothing."""

    def begins(self, worker: Worker) -> None:
        """A write transaction is about to begin; may raise what a busy database raises."""

    def before(self, worker: Worker, effect: Effect) -> None:
        """It is about to happen; may raise Death, or what the door itself would raise."""

    def answered(self, worker: Worker, effect: Effect, answer: str) -> None:
        """A call was answered: its HTTP status, or the name of the error that came instead."""

    def after(self, worker: Worker, effect: Effect) -> None:
        """It has happened (files: told before the next effect only, for the interpreter tells nothing after)."""


@dataclass
class Worker:
    """One process: the folder of its stores, and who watches it."""

    name: str
    home: Path
    watcher: Watcher = field(default_factory=Watcher)
    effects: int = 0
    is_dead: bool = False
    is_in_transaction: bool = False

    def die(self) -> None:
        """End here."""
        self.is_dead = True
        raise Death(self.name)

    def before(self, kind: str, name: str) -> Effect:
        """Announce an effect; a dead worker has none."""
        if self.is_dead:
            raise Death(self.name)
        self.effects += 1
        effect = Effect(self.effects, kind, name)
        self.watcher.before(self, effect)
        return effect


_acting: list[Worker | None] = [None]
# How often anything lasting was changed by any worker: two equal readings mean the same stores.
changes = [0]


def present() -> Worker | None:
    """Return who acts."""
    return _acting[-1]


@contextmanager
def acting(worker: Worker | None) -> Iterator[None]:
    """Let a worker act, or nobody (building a world, looking into it); workers may act inside one another."""
    install()
    _acting.append(worker)
    try:
        yield
    finally:
        _acting.pop()


# --- SQLite ----------------------------------------------------------------------------------------------------------

_TABLE = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|DROP TABLE)\s+\"?(\w+)", re.IGNORECASE)
_watched_root = ["/nowhere"]


def watch_under(root: Path) -> None:
    """Watch everything below this folder from now on, and nothing else."""
    _watched_root[0] = f"{root}{os.sep}"


class _Connection(sqlite3.Connection):
    """A connection whose commits are effects. It does not wait for the disk: a killed process loses nothing by that."""

    tables: tuple[str, ...] = ()
    changed_at = 0
    writer: Worker | None = None

    def cursor(self, factory=None):
        return super().cursor(factory or _Cursor)

    def execute(self, statement, parameters=()):
        # The interpreter's own shortcut goes round the cursor's methods.
        return self.cursor().execute(statement, parameters)

    def executemany(self, statement, parameters):
        return self.cursor().executemany(statement, parameters)

    def executescript(self, statements):
        raise AssertionError("a script commits on its own and would pass the doors unseen")

    def commit(self) -> None:
        worker = present()
        is_change = self.in_transaction and (self.tables or self.total_changes != self.changed_at)
        if worker is None or not is_change:
            super().commit()
            self._ended()
            return
        effect = worker.before("commit", "+".join(dict.fromkeys(self.tables)))
        super().commit()
        changes[0] += 1
        self._ended()
        worker.watcher.after(worker, effect)

    def rollback(self) -> None:
        super().rollback()
        self._ended()

    def _ended(self) -> None:
        self.tables = ()
        self.changed_at = self.total_changes
        if self.writer is not None:
            self.writer.is_in_transaction, self.writer = False, None


class _Cursor(sqlite3.Cursor):
    """Notes what a transaction writes; a write outside of one is an effect of its own."""

    def execute(self, statement, parameters=()):
        if statement == "PRAGMA synchronous=FULL":
            statement = "PRAGMA synchronous=OFF"
        return self._watched(statement, lambda: super(_Cursor, self).execute(statement, parameters))

    def executemany(self, statement, parameters):
        return self._watched(statement, lambda: super(_Cursor, self).executemany(statement, parameters))

    def _watched(self, statement, run):
        worker = present()
        if worker is None:
            return run()
        connection = self.connection
        if statement.startswith("BEGIN IMMEDIATE"):
            if worker.is_dead:
                raise Death(worker.name)
            worker.watcher.begins(worker)
            answer = run()
            worker.is_in_transaction, connection.writer = True, worker
            connection.changed_at = connection.total_changes
            return answer
        written = _TABLE.match(statement)
        if written is None:
            return run()
        # With an isolation level the driver itself begins before a statement that changes rows.
        is_begun = connection.isolation_level is not None and written[0].split()[0].upper() not in ("CREATE", "DROP")
        if connection.in_transaction or is_begun:
            connection.tables += (written[1],)
            return run()
        effect = worker.before("commit", written[1])
        answer = run()
        changes[0] += 1
        worker.watcher.after(worker, effect)
        return answer


# --- files and sockets -----------------------------------------------------------------------------------------------

_CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PATHS_OF_EVENT = {
    "os.rename": 2,
    "os.link": 2,
    "os.symlink": 2,
    "os.remove": 1,
    "os.mkdir": 1,
    "os.rmdir": 1,
    "os.truncate": 1,
    "os.chmod": 1,
}
# SQLite's own files are its own matter: what lasts of them is told by the commit.
_OF_SQLITE = (".db", ".db-wal", ".db-shm", ".db-journal")


def _heard(event: str, given: tuple) -> None:
    """Take the interpreter's audit events; called for every one of them, so it leaves at once where it can."""
    worker = _acting[-1]
    if worker is None:
        return
    if event == "open":
        path, _, flags = given
        if isinstance(flags, int) and flags & _CHANGING and isinstance(path, (str, os.PathLike)):
            _file_effect(worker, "write", (path,))
    elif event in _PATHS_OF_EVENT:
        _file_effect(worker, event.partition(".")[2], given[: _PATHS_OF_EVENT[event]])
    elif event == "socket.connect":
        raise AssertionError(f"{worker.name} opens a socket past the doors: {given[1:]!r}")


def _file_effect(worker: Worker, what: str, paths: tuple) -> None:
    names = [os.fspath(path) for path in paths if isinstance(path, (str, os.PathLike))]
    home = f"{worker.home}{os.sep}"
    inside = [name.removeprefix(home) for name in names if name.startswith(home)]
    if not inside or inside[-1].endswith(_OF_SQLITE):
        return
    worker.before("file", f"{what} {_masked(inside[-1])}")
    changes[0] += 1


def _masked(name: str) -> str:
    """Leave out of a name what differs from run to run: temporary names."""
    folder = name.rpartition("/")[0]
    return f"{folder}/*" if folder.endswith(".writing") else name


# --- HTTP ------------------------------------------------------------------------------------------------------------


class HttpDoor(httpx.BaseTransport):
    """A transport whose every call is an effect; the call has taken place even where its answer is an error."""

    def __init__(self, inner: httpx.BaseTransport, side: str, witness: Witness | None = None) -> None:
        self._inner = inner
        self._side = side
        self._witness = witness

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        worker = present()
        assert worker is not None, "nobody acts, and still somebody calls"
        called = request.url.path.rsplit("/", 1)[-1] if request.method == "GET" else ""
        operation = request.extensions.get("operation", request.method)
        if operation == "ExecuteQuery":
            operation = request.url.path.split("/")[-3]
        with acting(None):
            heard = self._witness.called(worker.name, operation, request) if self._witness else None
        effect = worker.before("http", f"{self._side} {operation or called}")
        try:
            with acting(None):
                response = self._inner.handle_request(request)
            worker.watcher.answered(worker, effect, str(response.status_code))
            if heard:
                response.stream = Heard(response.stream, partial(heard, response.status_code))
            return response
        except httpx.TransportError as error:
            worker.watcher.answered(worker, effect, type(error).__name__)
            raise
        finally:
            if not worker.is_dead:
                worker.watcher.after(worker, effect)


class Heard(httpx.SyncByteStream):
    """A body that is told whole to somebody once it has been read to its end."""

    def __init__(self, inner: httpx.SyncByteStream, tell: Callable[[bytes], None]) -> None:
        self._inner = inner
        self._tell = tell

    def __iter__(self) -> Iterator[bytes]:
        read = []
        for chunk in self._inner:
            read.append(chunk)
            yield chunk
        self._tell(b"".join(read))

    def close(self) -> None:
        self._inner.close()


def disk_full(path: str) -> OSError:
    """Return what a full disk raises."""
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


@cache
def install() -> None:
    """Put the doors in place, once in a process; they do nothing while nobody acts."""
    original = sqlite3.connect

    def connect(database, *given, **named):
        if str(database).startswith(_watched_root[0]):
            # Busy means busy: nobody else will let go while this one waits, there is one thread.
            named |= {"factory": _Connection, "timeout": 0}
        return original(database, *given, **named)

    sqlite3.connect = sqlite3.dbapi2.connect = connect
    sys.addaudithook(_heard)
