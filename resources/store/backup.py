"""A backup of everything that cannot be fetched again: the control database, and by choice the files it refers to.

In: open stores. Out: one archive (`backup_archive.py`). All tables are read in one moment of the database while others
go on writing; files are written once and never changed, so those the rows name are copied afterwards. Rate limits and
cached tokens stay behind: they are of no consequence, and a token is nobody's to keep.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, MetaData, Table, select

from ledger.errors import InputRefused, StoreError
from resources.store import schema
from resources.store.backup_archive import DOCUMENTS, FILES, MANIFEST, TABLES, VAULT, WAREHOUSE, Manifest, writing
from resources.store.control import version_of
from resources.store.documents import document_name
from resources.store.places import Place, digest_of
from resources.store.stores import Stores

# Of no consequence after a restore, busy while others work, or secret.
LEFT_BEHIND = frozenset({"rate_buckets", "sealed_tokens"})
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class StoredFile:
    """A file that the rows refer to: `state` is present, missing, damaged, or unchecked where it lies far away."""

    store: str
    name: str
    sha256: str
    bytes: int | None
    state: str

    @property
    def member(self) -> str:
        """Return its name in a backup."""
        return f"{self.store}{self.name}"


@dataclass(frozen=True)
class Backup:
    """A finished backup; `lacking` are files it refers to that are not there any more, or not whole."""

    path: Path
    bytes: int
    sha256: str
    manifest: Manifest
    lacking: tuple[StoredFile, ...]


def write_backup(
    stores: Stores, target: Path, connector: str, *, with_files: bool = False, vault: Path | None = None
) -> Backup:
    """Write a backup to a new file; `vault` is the encrypted vault's own file, copied as it is.

    Raises InputRefused for a target that exists, a vault that does not, or files that do not lie on this machine.
    """
    _require_writable(stores, target, with_files, vault)
    made_at = stores.control.clock.now()
    with TemporaryDirectory(prefix=".connector-backup-", dir=target.parent) as name:
        folder = Path(name)
        rows, version, engine, chains = _dump(stores, folder)
        files = list(_files(stores, folder, with_files))
        held = [one for one in files if with_files and one.state == "present"]
        (folder / FILES).write_text("".join(f"{json.dumps(vars(one), sort_keys=True)}\n" for one in files))
        inside = {**{f"{TABLES}{table}.jsonl": folder / f"{table}.jsonl" for table in rows}, FILES: folder / FILES}
        if vault is not None:
            (folder / VAULT).write_bytes(vault.read_bytes())
            inside[VAULT] = folder / VAULT
        members = {name: {"sha256": digest_of(path), "bytes": path.stat().st_size} for name, path in inside.items()}
        members |= {one.member: {"sha256": one.sha256, "bytes": one.bytes} for one in held}
        counts = {state: sum(one.state == state for one in files) for state in sorted({one.state for one in files})}
        manifest = Manifest(made_at, connector, version, engine, rows, chains, counts, with_files, members)
        with writing(target, made_at) as archive:
            archive.add_text(MANIFEST, manifest.text())
            for member, path in inside.items():
                archive.add(member, path)
            for one in held:
                archive.add(one.member, places_of(stores)[one.store].root / one.name)
    lacking = tuple(one for one in files if one.state in ("missing", "damaged"))
    return Backup(target, target.stat().st_size, digest_of(target), manifest, lacking)


def tables_of(connection: Connection) -> dict[str, Table]:
    """Return the tables of a backup as they stand in a database, with plain text for moments and facts."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name in schema.metadata.tables and name not in LEFT_BEHIND)
    return dict(sorted(found.tables.items()))


def _require_writable(stores: Stores, target: Path, with_files: bool, vault: Path | None) -> None:
    if target.exists():
        raise InputRefused(f"{target} exists already, and a backup never replaces another one. Choose another name.")
    if vault is not None and not vault.is_file():
        raise InputRefused(f"There is no vault {vault} to back up. Leave the vault out, or set a secret first.")
    if with_files and not (stores.documents.place.is_local and stores.warehouse.place.is_local):
        raise InputRefused(
            f"Documents ({stores.documents.url_shown}) and warehouse ({stores.warehouse.url_shown}) do not lie on this "
            "machine, so they are not copied into a backup. Switch on versions in that storage instead, and make the "
            "backup without files."
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"Could not make the folder {target.parent} for the backup: {error.strerror}.") from None


def _dump(stores: Stores, folder: Path) -> tuple[dict[str, int], str, str, dict[str, list]]:
    """Write every table to a file of JSON lines, all as of one moment; return rows, version, engine and chains."""
    with stores.control.reading() as reading:
        tables = tables_of(reading)
        rows = {name: _dump_table(reading, table, folder / f"{name}.jsonl") for name, table in tables.items()}
        heads = reading.execute(select(schema.audit_chains).order_by(schema.audit_chains.c.connection)).all()
        chains = {head.connection: [head.sequence, head.hash] for head in heads}
        return rows, version_of(reading) or "", reading.dialect.name, chains


def _dump_table(reading: Connection, table: Table, path: Path) -> int:
    count = 0
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_ROWS_AT_ONCE)
    with path.open("w", encoding="utf-8") as file, reading.execute(query) as answer:
        for row in answer.mappings():
            file.write(f"{json.dumps(dict(row), sort_keys=True)}\n")
            count += 1
    return count


def _files(stores: Stores, folder: Path, is_read: bool) -> Iterator[StoredFile]:
    """Yield every document and warehouse file that the dumped rows refer to; `is_read` checks every byte."""
    places = places_of(stores)
    for sha256 in sorted(_documents_of(folder)):
        yield _stored(places, StoredFile(DOCUMENTS, document_name(sha256), sha256, None, "missing"), is_read)
    for sha256 in sorted(_texts_of(folder)):
        one = _stored(places, StoredFile(DOCUMENTS, document_name(sha256), sha256, None, "missing"), is_read)
        if one.state != "missing":
            yield one
    for row in _rows(folder, "warehouse_versions"):
        name = f"{row['connection']}/{row['table_name']}/{row['partition']}/{row['version']}-{row['sha256'][:12]}"
        one = StoredFile(WAREHOUSE, f"{name}.parquet", row["sha256"], row["bytes"], "missing")
        yield _stored(places, one, is_read)


def places_of(stores: Stores) -> dict[str, Place]:
    """Return where files lie, by the first word of their name in a backup."""
    return {DOCUMENTS: stores.documents.place, WAREHOUSE: stores.warehouse.place}


def _stored(places: dict[str, Place], one: StoredFile, is_read: bool) -> StoredFile:
    """Return the file with its size and state."""
    place = places[one.store]
    if not place.is_local:
        return replace(one, state="unchecked")
    size = place.size(one.name)
    if size is None:
        return one
    is_whole = one.bytes in (None, size)
    if is_read and is_whole:
        is_whole = digest_of(place.root / one.name) == one.sha256
    return replace(one, bytes=size, state="present" if is_whole else "damaged")


def _documents_of(folder: Path) -> set[str]:
    """Return the documents that rows name: settlements, journal sets, bodies of exchanges."""
    columns = {
        "settlement_documents": ("document_sha",),
        "exchanges": ("request_document", "response_document"),
    }
    found = {row[name] for table, names in columns.items() for row in _rows(folder, table) for name in names}
    found |= {json.loads(row["facts"]).get("set", "") for row in _rows(folder, "warehouse_versions")}
    return found - {""}


def _texts_of(folder: Path) -> set[str]:
    """Return the hashes of mappings and settings, whose text is archived or not."""
    hashes = {row["sha256"] for row in _rows(folder, "configuration_changes")}
    hashes |= {row["mapping_hash"] for row in _rows(folder, "outbox_sets")}
    return {one for one in hashes - _documents_of(folder) if re.fullmatch("[0-9a-f]{64}", one)}


def _rows(folder: Path, table: str) -> Iterator[dict]:
    """Yield the dumped rows of a table; older databases do not have every one."""
    if not (folder / f"{table}.jsonl").exists():
        return
    with (folder / f"{table}.jsonl").open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
