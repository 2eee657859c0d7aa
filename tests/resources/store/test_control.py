"""The control database on both engines."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, insert, select, text, update

from ledger.errors import ConfigurationRefused, StoreError
from resources.store import control as control_module
from resources.store import schema
from resources.store.control import ControlDatabase
from tests.resources.store.samples import START, new_clock


def add_lease(transaction, name: str, fence: int = 1) -> None:
    transaction.execute(insert(schema.leases), {"name": name, "holder": "", "fence": fence, "expires_at": START})


def count(control) -> int:
    with control.reading() as reading:
        return reading.execute(select(func.count()).select_from(schema.leases)).scalar_one()


def test_a_transaction_is_kept_whole(control):
    """Both rows or none."""
    with control.transaction() as transaction:
        add_lease(transaction, "a")
        add_lease(transaction, "b")
    assert count(control) == 2


def test_a_transaction_that_fails_leaves_nothing(control):
    """The first row goes with the error."""

    def fail_after_a_row():
        with control.transaction() as transaction:
            add_lease(transaction, "a")
            raise KeyError("later")

    with pytest.raises(KeyError):
        fail_after_a_row()
    assert count(control) == 0
    with control.transaction() as transaction:
        add_lease(transaction, "a")
    assert count(control) == 1


@pytest.mark.parametrize("scope", ["books", "traffic"])
def test_writers_of_a_scope_follow_one_another(control_url, open_control, scope):
    """What a writer reads cannot change before it writes: no count is lost between four writers."""
    controls = [open_control(control_url) for _ in range(4)]
    with controls[0].transaction(scope) as transaction:
        add_lease(transaction, "counter", 0)

    def raise_ten_times(control):
        for _ in range(10):
            with control.transaction(scope) as transaction:
                fence = transaction.execute(select(schema.leases.c.fence)).scalar_one()
                transaction.execute(update(schema.leases).values(fence=fence + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(raise_ten_times, controls))
    with controls[0].reading() as reading:
        assert reading.execute(select(schema.leases.c.fence)).scalar_one() == 40


def test_a_reading_is_of_one_moment(control_url, open_control):
    """A commit of somebody else in between is not seen, and not kept waiting."""
    reader, writer = open_control(control_url), open_control(control_url)
    with reader.reading() as reading:
        query = select(func.count()).select_from(schema.leases)
        assert reading.execute(query).scalar_one() == 0
        with writer.transaction() as transaction:
            add_lease(transaction, "a")
        assert reading.execute(query).scalar_one() == 0
    assert count(reader) == 1


def test_a_forked_process_has_connections_of_its_own(control):
    """Dagster forks run workers; a connection used on both sides of a fork damages a database."""
    with control.transaction() as transaction:
        add_lease(transaction, "parent")
    child = os.fork()
    if child == 0:
        try:
            with control.transaction() as transaction:
                add_lease(transaction, "child")
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    with control.transaction() as transaction:
        add_lease(transaction, "parent again")
    assert count(control) == 3


def test_each_thread_writes_through_a_connection_of_its_own(control, engine_name):
    """SQLite keeps it open between writes; after a close it is opened anew, and a failed write does not spoil it."""

    def connections(count_of_writes):
        seen = set()
        for _ in range(count_of_writes):
            with control.transaction() as transaction:
                seen.add(id(transaction.connection.dbapi_connection))
        return seen

    with ThreadPoolExecutor(1) as pool:
        elsewhere = pool.submit(connections, 3).result()
        here = connections(3)
        assert len(here) == len(elsewhere) == 1
        assert engine_name != "sqlite" or here.isdisjoint(elsewhere)
    with pytest.raises(KeyError), control.transaction():
        raise KeyError("later")
    assert connections(1) == here
    control.close()
    with control.transaction() as transaction:
        add_lease(transaction, "a")
    assert count(control) == 1


def test_a_transaction_inside_another_is_our_mistake(control):
    """It would wait for itself."""
    with pytest.raises(AssertionError, match="wait for itself"), control.transaction(), control.transaction("traffic"):
        pass
    with control.transaction() as transaction:
        add_lease(transaction, "a")
    assert count(control) == 1


def test_commits_survive_a_power_cut(control, engine_name):
    """SQLite in WAL mode with synchronous FULL, PostgreSQL with synchronous_commit on."""
    settings = {"sqlite": {"PRAGMA journal_mode": "wal", "PRAGMA synchronous": 2}}
    settings["postgresql"] = {"SHOW synchronous_commit": "on"}
    with control.reading() as reading:
        for question, answer in settings[engine_name].items():
            assert reading.execute(text(question)).scalar_one() == answer


def test_migrating_twice_changes_nothing(empty_url, open_control):
    """The second time finds it done."""
    control = open_control(empty_url)
    control.migrate()
    control.migrate()
    assert count(control) == 0


def test_two_processes_may_migrate_at_once(empty_url, open_control):
    """One does it, the other waits and finds it done."""
    controls, together = [open_control(empty_url) for _ in range(2)], Barrier(2)

    def migrate(control):
        together.wait()
        control.migrate()
        return count(control)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(migrate, controls)) == [0, 0]


def test_migrations_make_the_tables_of_the_schema(control):
    """Neither has anything the other lacks."""
    with control.reading() as reading:
        context = MigrationContext.configure(reading, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []


def test_head_is_the_newest_migration():
    """A new migration must raise the constant, or nobody applies it."""
    assert ScriptDirectory(str(control_module._MIGRATIONS)).get_heads() == [schema.HEAD]


def test_a_newer_database_is_refused(control):
    """An older connector must not write into tables it does not know."""
    with control.transaction() as transaction:
        transaction.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"at version 9999.*newer connector"):
        control.migrate()


@pytest.mark.parametrize(
    "url, sentence",
    [
        ("sqlite://", "give it a file"),
        ("sqlite:///:memory:", "give it a file"),
        ("mysql://host/database", "SQLite or PostgreSQL, not mysql"),
        ("no address", "cannot be read"),
    ],
)
def test_an_address_we_do_not_serve_is_refused(url, sentence):
    """Before anything is opened."""
    with pytest.raises(ConfigurationRefused, match=sentence):
        ControlDatabase(url, new_clock())


def test_the_address_is_shown_without_secrets(tmp_path):
    """Neither password nor options, whatever they hold."""
    shown = ControlDatabase("postgresql://ledger:s3cret@db.example/books?password=s3cret", new_clock()).url_shown
    assert shown == "postgresql+psycopg://ledger:***@db.example/books"


def test_an_unreachable_database_is_a_sentence_without_secrets(tmp_path):
    """Names the database and what to do."""
    url = f"postgresql://ledger:s3cret@/books?host={tmp_path}"
    with pytest.raises(StoreError, match="Could not write to the control database") as caught:
        _write(ControlDatabase(url, new_clock()))
    assert "s3cret" not in str(caught.value)


def _write(control):
    with control.transaction():
        pass


def test_a_busy_database_is_a_sentence(tmp_path, monkeypatch):
    """After the patience is used up."""
    monkeypatch.setattr(control_module, "BUSY_SECONDS", 0.01)
    holder, other = (ControlDatabase(f"sqlite:///{tmp_path}/control.db", new_clock()) for _ in range(2))
    holder.migrate()
    with ThreadPoolExecutor(1) as pool, holder.transaction():
        refused = pool.submit(_write, other).exception()
    assert isinstance(refused, StoreError)
    assert "locked" in str(refused)
    assert "nothing was half done" in str(refused)


def test_a_file_that_is_no_database_is_a_sentence(tmp_path):
    """Something else lies at the path."""
    (tmp_path / "control.db").write_bytes(b"<html>" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        ControlDatabase(f"sqlite:///{tmp_path}/control.db", new_clock()).migrate()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Could not make the folder"):
        ControlDatabase(f"sqlite:///{tmp_path}/file/control.db", new_clock())
