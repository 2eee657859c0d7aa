"""Put a backup back: files first, then every row of the control database in one transaction.

In: an archive and the addresses of the stores. Out: stores as they were when it was made, brought to the newest
version. Nothing is touched before every hash has been checked; a crash leaves the database as it was. What is there
already gives way only when asked, and is kept aside. Numbers by which others know what is newest jump ahead, so that
neither a worker nor a run key from before the restore is taken for one of now.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Table, insert, inspect, select, text, update

from ledger.errors import InputRefused, StoreError
from resources.clock import Clock
from resources.private_file import require_replaceable, write_private
from resources.store import schema
from resources.store.audit import Audit
from resources.store.backup import tables_of
from resources.store.backup_archive import (
    DOCUMENTS,
    FILES,
    TABLES,
    VAULT,
    WAREHOUSE,
    Manifest,
    checked,
    members,
    rows_of,
)
from resources.store.control import ControlDatabase, known_versions, upgrade, version_of
from resources.store.documents import DocumentStore
from resources.store.places import Place, digest_of
from resources.store.stores import StoreUrls
from resources.store.verification import Verification, verify
from resources.worker import has_ended

RESTORED_KIND = "restored"  # kind of the event that every chain gets
# More than any number that can have been given out since the backup was made.
_JUMP = 1_000_000
_ROWS_AT_ONCE = 1000
_FILE = re.compile(
    r"documents/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}"
    r"|warehouse/[A-Za-z0-9_-]{1,100}/[a-z][a-z0-9_]{0,62}/[A-Za-z0-9_-]{1,100}/[0-9]{1,9}-[0-9a-f]{12}\.parquet"
)


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    `aside` and `vault_aside` name what was there before, `missing` are files the rows refer to that are in no store,
    `broken` says of which chains the events, or else which row, is not as it was written.
    """

    manifest: Manifest
    aside: str
    vault_aside: str
    missing: tuple[str, ...]
    broken: tuple[str, ...]


def restore_backup(
    urls: StoreUrls, clock: Clock, archive: Path, *, person: str, replace: bool = False, vault: Path | None = None
) -> Restored:
    """Restore a backup into the stores at these addresses; `vault` is where an encrypted vault in it goes.

    Raises InputRefused for what is no whole backup, is newer than this connector, or would replace something without
    `replace`; StoreError while a worker is at work or a store cannot be reached.
    """
    manifest = _usable(archive)
    into = vault if VAULT in manifest.members else None
    control = ControlDatabase(urls.control, clock)
    try:
        with control.reading() as reading:
            _require_room(reading, clock, replace)
        _require_room_for_vault(into, replace)
        places = {DOCUMENTS: DocumentStore(urls.documents).place, WAREHOUSE: Place(urls.warehouse)}
        _put_files(archive, manifest, places)
        with control.transaction() as transaction:
            _require_room(transaction, clock, replace)
            aside = _make_room(transaction, clock)
            upgrade(transaction, manifest.schema)
            _fill(transaction, archive)
            upgrade(transaction)
            _jump(transaction)
            _tell(transaction, Audit(control), manifest, digest_of(archive), person)
        vault_aside = _put_vault(archive, into)
        broken = _broken(verify(control))
        return Restored(manifest, aside, vault_aside, _missing(archive, places), broken)
    finally:
        control.close()


def _usable(archive: Path) -> Manifest:
    manifest = checked(archive)
    if manifest.schema not in known_versions():
        raise InputRefused(
            f"{archive} was made by connector {manifest.connector} (tables {manifest.schema}), which is newer than "
            f"this one (tables {schema.HEAD}). Install that version and restore again; nothing was changed."
        )
    return manifest


def _require_room(reading: Connection, clock: Clock, replace: bool) -> None:
    """Refuse what would lose something: a database in use, one of a newer connector, one with rows in it."""
    present = version_of(reading)
    if present is None:
        return
    if present not in known_versions():
        raise StoreError(
            f"The present control database is at version {present}, this connector knows {schema.HEAD}: a newer "
            "connector has written it. Restore with that version; nothing was changed."
        )
    tables = tables_of(reading)
    if "leases" in tables:
        live = select(schema.leases.c.holder).where(schema.leases.c.expires_at > clock.now())
        holders = [one for one in reading.execute(live).scalars() if not has_ended(one)]
        if holders:
            raise StoreError(
                f"{holders[0] or 'A worker'} is sending documents at this moment, so nothing was restored. Stop "
                "Dagster and every command; what a dead worker of another machine holds runs out by itself within the "
                "lease_seconds of its connection. Then restore again."
            )
    filled = [name for name, table in tables.items() if _has_rows(reading, table)]
    if filled and not replace:
        raise InputRefused(
            f"The present control database holds rows ({', '.join(filled[:3])}, ...), and nothing was changed. To put "
            "the backup in its place, and keep the present one aside, add --replace."
        )


def _has_rows(reading: Connection, table: Table) -> bool:
    return reading.execute(select(table).limit(1)).first() is not None


def _make_room(transaction: Connection, clock: Clock) -> str:
    """Take the present tables out of the way; return where they are kept, nothing when they held no row."""
    is_kept = any(_has_rows(transaction, table) for table in tables_of(transaction).values())
    names = [name for name in (*schema.metadata.tables, "alembic_version") if inspect(transaction).has_table(name)]
    if transaction.dialect.name == "sqlite":
        aside = _copy_aside(Path(str(transaction.engine.url.database))) if is_kept else ""
        for name in names:
            transaction.execute(text(f"DROP TABLE {name}"))
        return aside
    aside = _free_schema(transaction, f"before_restore_{clock.now():%Y%m%d_%H%M%S}")
    _move_aside(transaction, names, aside)
    if not is_kept:
        transaction.execute(text(f"DROP SCHEMA {aside} CASCADE"))
        return ""
    return f"schema {aside}"


def _copy_aside(path: Path) -> str:
    """Copy a SQLite file under a name that nobody has, while this worker keeps all others from writing."""
    aside = free_name(path)
    with closing(sqlite3.connect(path)) as present, closing(sqlite3.connect(aside)) as copy:
        present.backup(copy)
    return str(aside)


def free_name(path: Path) -> Path:
    """Return the name under which a file is kept aside: the first that is free."""
    number, aside = 1, path.with_name(f"{path.name}.before-restore")
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.before-restore-{number}")
    return aside


def _free_schema(transaction: Connection, name: str) -> str:
    number, aside = 1, name
    while inspect(transaction).has_schema(aside):
        number += 1
        aside = f"{name}_{number}"
    return aside


# What the guards of the audit trail call; they belong to the tables and move with them.
_FUNCTIONS = text(
    "SELECT DISTINCT called.proname FROM pg_trigger AS guard JOIN pg_proc AS called ON called.oid = guard.tgfoid "
    "JOIN pg_class AS guarded ON guarded.oid = guard.tgrelid WHERE NOT guard.tgisinternal "
    "AND guarded.relname = ANY(:names) AND called.pronamespace = current_schema()::regnamespace "
    "AND guarded.relnamespace = current_schema()::regnamespace"
)


def _move_aside(transaction: Connection, names: list[str], aside: str) -> None:
    """Move tables with their guards into a schema of their own (PostgreSQL moves indexes and sequences along)."""
    functions = transaction.execute(_FUNCTIONS, {"names": names}).scalars().all()
    transaction.execute(text(f"CREATE SCHEMA {aside}"))
    for name in names:
        transaction.execute(text(f"ALTER TABLE {name} SET SCHEMA {aside}"))
    for name in functions:
        transaction.execute(text(f"ALTER FUNCTION {name}() SET SCHEMA {aside}"))


def _fill(transaction: Connection, archive: Path) -> None:
    """Write the rows of every table, as the tables were when the backup was made."""
    tables = tables_of(transaction)
    for name, file in members(archive):
        if not name.startswith(TABLES):
            continue
        table = tables.get(name.removeprefix(TABLES).removesuffix(".jsonl"))
        if table is None:
            raise InputRefused(f"{archive} holds {name}, which is no table of its version; nothing was changed.")
        rows: list[dict] = []
        for row in rows_of(file):
            rows.append(row)
            if len(rows) == _ROWS_AT_ONCE:
                transaction.execute(insert(table), rows)
                rows = []
        if rows:
            transaction.execute(insert(table), rows)
        _count_on(transaction, table)


def _count_on(transaction: Connection, table: Table) -> None:
    """Let PostgreSQL number the next row after the last one; SQLite does so by itself."""
    if transaction.dialect.name != "sqlite" and "id" in table.columns:
        sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
        newest = f"SELECT setval({sequence}, max(id)) FROM {table.name} HAVING max(id) IS NOT NULL"
        transaction.execute(text(newest))


def _jump(transaction: Connection) -> None:
    """Let fences and versions of due rows go on far beyond any that were given out after the backup was made."""
    leases, due = schema.leases, schema.due_rows
    transaction.execute(update(leases).values(fence=leases.c.fence + _JUMP))
    transaction.execute(update(due).values(version=due.c.version + _JUMP))


def _tell(transaction: Connection, audit: Audit, manifest: Manifest, sha256: str, person: str) -> None:
    """Write into every chain that it goes on from a backup."""
    for connection, (sequence, head) in manifest.chains.items():
        told = {"backup": sha256, "made_at": manifest.made_at, "events": sequence, "head": head}
        audit.append(transaction, connection, RESTORED_KIND, told, person=person)


def _broken(found: Verification) -> tuple[str, ...]:
    """Say what is not as it was written: every chain, else the first row that differs from what its events tell."""
    chains = tuple(verdict.sentence for verdict in found.chains.values() if not verdict.ok)
    return chains or ((found.first_bad.sentence,) if found.first_bad else ())


def _put_files(archive: Path, manifest: Manifest, places: dict[str, Place]) -> None:
    """Put documents and warehouse files where they belong; what is there whole stays."""
    if not manifest.has_files:
        return
    for name, file in members(archive):
        if not name.startswith(tuple(places)):
            continue
        if not _FILE.fullmatch(name):
            raise InputRefused(f"{archive} holds {name[:120]!r}, which no store would keep under that name.")
        store = f"{name.partition('/')[0]}/"
        place, inner, sha256 = places[store], name.removeprefix(store), manifest.members[name]["sha256"]
        if place.is_local and place.exists(inner) and digest_of(place.root / inner) == sha256:
            continue
        with place.temporary() as temporary, place.sentence_for_disk(f"restore {inner}"):
            _copy(file, temporary)
            place.keep(temporary, inner, sha256)


def _copy(file: IO[bytes], target: Path) -> None:
    with target.open("wb") as writing:
        shutil.copyfileobj(file, writing, 1 << 20)


def _missing(archive: Path, places: dict[str, Place]) -> tuple[str, ...]:
    """Return the files that the rows refer to and no store on this machine holds."""
    for name, file in members(archive):
        if name == FILES:
            listed = [json.loads(line) for line in file]
            return tuple(
                f"{one['store']}{one['name']}"
                for one in listed
                if places[one["store"]].is_local and not places[one["store"]].exists(one["name"])
            )
    return ()


def _require_room_for_vault(vault: Path | None, replace: bool) -> None:
    if vault is not None and vault.exists() and not replace:
        raise InputRefused(
            f"There is a vault {vault} already, and nothing was changed. To put the one of the backup in its place, "
            "and keep the present one aside, add --replace."
        )
    if vault is not None:
        require_replaceable(vault)


def _put_vault(archive: Path, vault: Path | None) -> str:
    """Put the encrypted vault in place, as open as the one before; return where that is kept."""
    if vault is None:
        return ""
    content = next(file.read() for name, file in members(archive) if name == VAULT)
    aside = free_name(vault) if vault.exists() else None
    if aside is not None:
        vault.replace(aside)
    write_private(vault, content, like=aside)
    return str(aside or "")
