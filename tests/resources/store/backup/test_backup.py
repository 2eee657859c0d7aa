"""Backup and restore: consistent while others write, and the same file for both engines."""

import tarfile
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import create_engine, text

from ledger.errors import InputRefused, LeaseLost, StoreError
from ledger.posting import PostingState
from resources.erp.sent_jobs import SentJob
from resources.store import schema
from resources.store.audit import Audit
from resources.store.backup import write_backup
from resources.store.control import ControlDatabase, upgrade
from resources.store.stores import Stores, StoreUrls
from resources.store.verdicts import Said, Verdicts
from resources.store.verification import verify
from tests.resources.store.backup.rows import MOVED, restored, rows_in
from tests.resources.store.samples import finding, journals
from tests.resources.store.test_exchanges import ASKED

VAULT = b"an encrypted vault"
on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"])  # the engine makes no difference to it


def test_what_was_backed_up_comes_back_on_the_other_engine(stores, urls, elsewhere, open_stores, clock, tmp_path):
    """Row for row from SQLite or PostgreSQL into a fresh SQLite; the chains verify and go on; files are whole."""
    stores.jobs.remember("a journal", SentJob("10073567", "f" * 64))
    made = write_backup(stores, tmp_path / "b.tar.gz", "0.1.0", with_files=True)
    assert made.lacking == ()
    assert made.manifest.files == {"present": 2}
    result = restored(elsewhere, clock, made.path)
    assert (result.aside, result.missing, result.broken) == ("", (), ())
    assert rows_in(elsewhere.control, clock, but=MOVED) == rows_in(urls.control, clock, but=MOVED)
    again = open_stores(elsewhere)
    for name, (number, _) in made.manifest.chains.items():
        assert again.audit.verify(name).ok
        last = again.audit.events(name, after=number)
        assert [(one.kind, one.person, one.facts["backup"]) for one in last] == [("restored", "tester", made.sha256)]
    assert again.jobs.recall("a journal") == SentJob("10073567", "f" * 64)
    document = again.settlements.get("amazon_us", "11111111111").document_sha
    assert again.documents.read_bytes(document) == b"a settlement"
    assert again.warehouse.path(again.warehouse.current("amazon_us", "numbers", "11111111111")).exists()


def test_chains_of_rows_come_back_and_go_on(stores, elsewhere, open_stores, clock, tmp_path):
    """Exchanges and verdicts are still what the trail says, and the next ones follow the last."""

    def add_rows(to: Stores) -> None:
        to.exchanges.record(ASKED)
        Verdicts(to.control, clock).store("amazon_us", "1", [Said("ties_to_total", True, "error", {})], "r")

    add_rows(stores)
    stores.outbox.plan("amazon_us", journals("2.00", settlement_id="3"), approved=True, mapping_hash="m", partition="3")
    made = write_backup(stores, tmp_path / "b.tar.gz", "0.1.0", with_files=True)
    assert made.manifest.rows["row_chains"] == 2
    assert restored(elsewhere, clock, made.path).broken == ()
    again = open_stores(elsewhere)
    add_rows(again)
    verification = verify(again.control)
    assert verification.is_ok, verification.first_bad.sentence
    assert (verification.rows["exchanges"], verification.rows["check_verdicts"]) == (2, 2)
    assert verification.older == {}


def test_a_backup_of_sqlite_goes_into_either_engine(stores, elsewhere, urls, open_stores, clock, tmp_path):
    """There and back again: ids go on after the last one, and the guards of the trail stand."""
    first = write_backup(stores, tmp_path / "b.tar.gz", "0.1.0", with_files=True)
    restored(elsewhere, clock, first.path)
    moved = open_stores(elsewhere)
    second = write_backup(moved, tmp_path / "c.tar.gz", "0.1.0")
    stores.close()
    result = restored(urls, clock, second.path, replace=True)
    assert "before" in result.aside
    back = open_stores(urls)
    assert back.audit.verify("amazon_us").ok
    assert back.review.open("amazon_us", "3", finding()) == 2
    with pytest.raises(Exception, match="append-only"), back.control.transaction() as transaction:
        transaction.execute(text("UPDATE audit_events SET person = 'nobody'"))


def test_a_backup_is_of_one_moment_while_others_write(stores, elsewhere, clock, tmp_path):
    """A writer never stops; documents, contents and events in every backup belong together."""
    stop = Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            wanted = journals("1.00", settlement_id=str(30000000000 + number))
            stores.outbox.plan("amazon_us", wanted, approved=True, mapping_hash="m", partition="p")

    writer = Thread(target=write)
    writer.start()
    try:
        made = [write_backup(stores, tmp_path / f"{number}.tar.gz", "0.1.0") for number in range(2)]
    finally:
        stop.set()
        writer.join()
    for number, one in enumerate(made):
        rows = one.manifest.rows
        assert rows["outbox_documents"] == rows["outbox_contents"] == rows["outbox_sets"]
        result = restored(elsewhere, clock, one.path, replace=number > 0)
        assert result.broken == ()


def test_rows_are_replaced_only_when_asked_and_kept_aside(stores, urls, open_stores, engine_name, clock, tmp_path):
    """Refused without --replace, nothing changed; with it the present rows lie beside, whole."""
    made = write_backup(stores, tmp_path / "b.tar.gz", "0.1.0")
    stores.outbox.plan(
        "amazon_us", journals("9.00", settlement_id="4"), approved=False, mapping_hash="m", partition="4"
    )
    before = rows_in(urls.control, clock)
    with pytest.raises(InputRefused, match="--replace"):
        restored(urls, clock, made.path)
    assert rows_in(urls.control, clock) == before
    aside = restored(urls, clock, made.path, replace=True).aside
    assert [one.source.source_id for one in open_stores(urls).outbox.listing()] == ["11111111111"]
    if engine_name == "sqlite":
        assert aside.endswith("control.db.before-restore")
        assert rows_in(f"sqlite:///{aside}", clock) == before
        assert restored(urls, clock, made.path, replace=True).aside.endswith("before-restore-2")
    else:
        name = aside.removeprefix("schema ")
        with open_stores(urls).control.reading() as reading:
            kept = reading.execute(text(f"SELECT count(*) FROM {name}.outbox_documents")).scalar_one()
            guarded = reading.execute(text(f"SELECT count(*) FROM {name}.audit_events")).scalar_one()
        assert (kept, guarded) == (2, len(before["audit_events"]))


def test_nothing_is_restored_while_a_worker_holds_a_document(stores, urls, clock, tmp_path):
    """A live lease is refused; one that has run out is not."""
    made = write_backup(stores, tmp_path / "b.tar.gz", "0.1.0")
    stores.outbox.lease("a document", "host:17:run", 900)
    with pytest.raises(StoreError, match=r"host:17:run is sending .* Stop Dagster"):
        restored(urls, clock, made.path, replace=True)
    clock.advance(901)
    assert restored(urls, clock, made.path, replace=True).aside


def test_a_worker_from_before_the_restore_is_refused(stores, urls, open_stores, clock, tmp_path):
    """Fences and due rows go on beyond whatever was given out meanwhile."""
    key = journals("1.00").journals[0].key
    stores.outbox.release(stores.outbox.lease(key, "first", 60))
    made = write_backup(stores, tmp_path / "b.tar.gz", "0.1.0")
    frozen = stores.outbox.lease(key, "frozen", 60)
    clock.advance(61)
    version = stores.due.listing("amazon_us")[0].version
    restored(urls, clock, made.path, replace=True)
    again = open_stores(urls)
    new = again.outbox.lease(key, "new", 60)
    assert new.fence > frozen.fence
    with pytest.raises(LeaseLost):
        again.outbox.step(key, PostingState.SENDING, "late", lease=frozen, erp_id="X")
    assert again.due.listing("amazon_us")[0].version > version + 1000


def test_an_older_backup_is_brought_to_the_newest_tables(clock, elsewhere, open_stores, tmp_path):
    """Rows go into the tables of their time; the migrations do the rest."""
    old = f"sqlite:///{tmp_path / 'old.db'}"
    engine = create_engine(old)
    with engine.begin() as connection:
        upgrade(connection, "0002")
        values = "('s', 1, 'amazon_us', 'p', '1', 1, 'f', 'm', '2026-10-01T00:00:00.000000Z')"
        connection.execute(text(f"INSERT INTO outbox_sets VALUES {values}"))
    engine.dispose()
    control = ControlDatabase(old, clock)
    known = open_stores(elsewhere)
    aged = Stores(**{**vars(known), "control": control})
    made = write_backup(aged, tmp_path / "b.tar.gz", "0.0.9")
    control.close()
    assert made.manifest.schema == "0002"
    restored(elsewhere, clock, made.path)
    assert rows_in(elsewhere.control, clock)["outbox_sets"][0][-1] == ""
    with open_stores(elsewhere).control.reading() as reading:
        assert reading.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == schema.HEAD


def test_a_chain_that_was_broken_before_is_named(stores, elsewhere, clock, tmp_path, engine_name):
    """The hashes of the archive are right, those of the events are not."""
    with stores.control.transaction() as transaction:
        if engine_name == "sqlite":
            transaction.execute(text("DROP TRIGGER audit_events_no_update"))
        else:
            transaction.execute(text("ALTER TABLE audit_events DISABLE TRIGGER ALL"))
        transaction.execute(text("UPDATE audit_events SET person = 'somebody' WHERE sequence = 1"))
        if engine_name == "postgresql":
            transaction.execute(text("ALTER TABLE audit_events ENABLE TRIGGER ALL"))
    made = write_backup(stores, tmp_path / "b.tar.gz", "0.1.0")
    broken = restored(elsewhere, clock, made.path).broken
    assert "Event 1 of amazon_us was changed" in " ".join(broken)
    if engine_name == "sqlite":
        with closing(ControlDatabase(elsewhere.control, clock)) as control:
            assert not Audit(control).verify("amazon_us").ok


@on_sqlite
def test_files_that_are_gone_or_damaged_are_named(stores, tmp_path):
    """The backup is written; without files only their presence is looked at, with files every byte."""
    sha256 = stores.settlements.get("amazon_us", "11111111111").document_sha
    path = stores.documents.local_path(sha256)
    path.chmod(0o600)
    path.write_bytes(b"A settlement")
    assert write_backup(stores, tmp_path / "1.tar.gz", "0.1.0").lacking == ()
    assert [one.state for one in write_backup(stores, tmp_path / "2.tar.gz", "0.1.0", with_files=True).lacking] == [
        "damaged"
    ]
    path.unlink()
    lacking = write_backup(stores, tmp_path / "3.tar.gz", "0.1.0", with_files=True).lacking
    assert [(one.sha256, one.state) for one in lacking] == [(sha256, "missing")]


@on_sqlite
def test_files_that_a_restore_does_not_bring_are_counted(stores, elsewhere, clock, tmp_path):
    """Without files in it, a restore on an empty machine says what is missing."""
    made = write_backup(stores, tmp_path / "b.tar.gz", "0.1.0")
    assert len(restored(elsewhere, clock, made.path).missing) == 2


@on_sqlite
def test_the_vault_goes_along_encrypted_and_only_when_asked(stores, elsewhere, clock, tmp_path):
    """Its own bytes, never a key; one that is there gives way only when asked, and is kept."""
    (tmp_path / "vault").write_bytes(VAULT)
    (tmp_path / "vault.key").write_bytes(b"the key")
    with pytest.raises(InputRefused, match="no vault"):
        write_backup(stores, tmp_path / "a.tar.gz", "0.1.0", vault=tmp_path / "nothing")
    plain = write_backup(stores, tmp_path / "b.tar.gz", "0.1.0")
    made = write_backup(stores, tmp_path / "c.tar.gz", "0.1.0", vault=tmp_path / "vault")
    assert "vault" not in plain.manifest.members
    with tarfile.open(made.path) as archive:
        assert [one.name for one in archive if "vault" in one.name] == ["vault"]
        archive_text = b"".join(archive.extractfile(one).read() for one in archive.getmembers())
    assert b"the key" not in archive_text
    target = tmp_path / "new" / "vault"
    restored(elsewhere, clock, made.path, vault=target)
    assert target.read_bytes() == VAULT
    assert target.stat().st_mode & 0o077 == 0
    target.write_bytes(b"another")
    with pytest.raises(InputRefused, match="There is a vault"):
        restored(StoreUrls(f"sqlite:///{tmp_path / 'x.db'}", "", ""), clock, made.path, vault=target)
    aside = restored(elsewhere, clock, made.path, vault=target, replace=True).vault_aside
    assert Path(aside).read_bytes() == b"another"


@on_sqlite
def test_a_backup_never_replaces_a_file_and_copies_none_from_far_away(stores, open_stores, tmp_path):
    """Both are refused before anything is written."""
    (tmp_path / "b.tar.gz").write_text("precious")
    with pytest.raises(InputRefused, match="exists already"):
        write_backup(stores, tmp_path / "b.tar.gz", "0.1.0")
    far = Stores.open(
        StoreUrls(f"sqlite:///{tmp_path / 'f.db'}", "memory://documents", "memory://w"), stores.control.clock
    )
    with closing(far), pytest.raises(InputRefused, match="do not lie on this machine"):
        write_backup(far, tmp_path / "c.tar.gz", "0.1.0", with_files=True)
    assert sorted(path.name for path in tmp_path.glob("*.tar.gz")) == ["b.tar.gz"]
