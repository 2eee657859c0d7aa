"""A private PostgreSQL cluster for tests: its own folder, its own Unix socket, no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


def server_folder() -> Path | None:
    """Return the folder of the newest server's binaries, None when there is none."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    return max(found, key=lambda path: path.parent.name, default=None)


_WITHOUT_GUARDS = "SET session_replication_role = replica"  # the audit trail's guards refuse otherwise


def _tables_and_sequences(connection: psycopg.Connection) -> list[tuple[str, str | None]]:
    """Return each table with the sequence that numbers its rows, if one does."""
    numbering = (
        "SELECT pg_get_serial_sequence('public.' || tablename, 'id') FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = tablename AND column_name = 'id'"
    )
    asked = f"SELECT tablename, ({numbering}) FROM pg_tables WHERE schemaname = 'public'"
    return connection.execute(asked).fetchall()


class Cluster:
    """A running server; databases are created in it and go with it."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._folder = folder

    @classmethod
    @contextmanager
    def running(cls, binaries: Path) -> Iterator[Cluster]:
        """Start a cluster and stop it at the end."""
        folder = Path(tempfile.mkdtemp(prefix="connector-pg-"))
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        cluster = cls(binaries, folder)
        try:
            cluster._run("initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
            shutil.rmtree(folder, ignore_errors=True)

    def start(self) -> None:
        """Start the server on the data it has."""
        # A test cluster survives no power cut, so it need not wait for the disk.
        options = f"-c listen_addresses= -c unix_socket_directories={self._folder} -c fsync=off -c max_connections=60"
        folder = self._folder
        self._run("pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")

    def stop(self) -> None:
        """Stop the server at once, as a crash does: what was not committed is lost."""
        self._run("pg_ctl", "-D", f"{self._folder}/data", "-m", "immediate", "stop")

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def recreate(self, database: str) -> None:
        """Create an empty database in place of the one before."""
        with self._connected("postgres") as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {database} TEMPLATE template0 STRATEGY wal_log")

    def keep(self, database: str) -> None:
        """Remember all rows of a database beside its tables; `bring_back` is far faster than a copied database."""
        with self._connected(database) as connection:
            statements = ["CREATE SCHEMA kept"]
            for name, _ in _tables_and_sequences(connection):
                statements.append(f"CREATE TABLE kept.{name} AS TABLE public.{name}")
            connection.execute("; ".join(statements))

    def bring_back(self, database: str) -> None:
        """Put back the rows that were kept, whatever the tables hold."""
        with self._connected(database) as connection:
            statements = [_WITHOUT_GUARDS]
            for name, sequence in _tables_and_sequences(connection):
                statements.append(f"DELETE FROM public.{name}")
                statements.append(f"INSERT INTO public.{name} OVERRIDING SYSTEM VALUE TABLE kept.{name}")
                if sequence:
                    statements.append(f"SELECT setval('{sequence}', (SELECT max(id) FROM kept.{name}))")
            connection.execute("; ".join(statements))

    def empty(self, database: str, head: str) -> None:
        """Empty all tables of a migrated database; far faster than another database."""
        with self._connected(database) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            numbers = connection.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'").fetchall()
            statements = [_WITHOUT_GUARDS]
            statements += [f"DELETE FROM {name}" for (name,) in tables]
            statements += [f"ALTER SEQUENCE {name} RESTART" for (name,) in numbers]
            connection.execute("; ".join([*statements, f"INSERT INTO alembic_version VALUES ('{head}')"]))

    def _connected(self, database: str) -> psycopg.Connection:
        return psycopg.connect(host=str(self._folder), user="postgres", dbname=database, autocommit=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        if os.geteuid() == 0:  # the server refuses to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(command, stdout=said, stderr=said, cwd="/", check=False)
            said.seek(0)
            assert done.returncode == 0, said.read().decode(errors="replace")
