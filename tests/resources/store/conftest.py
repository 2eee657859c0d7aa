"""Both engines for every store: a copied SQLite file, and a database of a private PostgreSQL cluster.

The cluster is started once per session, as an unprivileged user, on a Unix socket in a folder of its own; without
server binaries its tests are skipped with that reason.
"""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from resources.store.audit import Audit
from resources.store.control import ControlDatabase
from resources.store.documents import DocumentStore
from resources.store.due import Due
from resources.store.outbox import Outbox
from resources.store.review import Review
from resources.store.schema import HEAD
from resources.store.settlements import Settlements
from resources.store.warehouse import Warehouse
from tests.resources.store.cluster import Cluster, server_folder
from tests.resources.store.lived import live
from tests.resources.store.samples import new_clock


@pytest.fixture(scope="session")
def cluster():
    """A running PostgreSQL cluster with a migrated database."""
    binaries = server_folder()
    if binaries is None:
        pytest.skip("no PostgreSQL server on this machine: install the package postgresql")
    with Cluster.running(binaries) as running:
        running.recreate("migrated")
        control = ControlDatabase(running.url("migrated"), new_clock())
        control.migrate()
        control.close()
        yield running


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "control.db"
    control = ControlDatabase(f"sqlite:///{path}", new_clock())
    control.migrate()
    with create_engine(f"sqlite:///{path}").connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    control.close()
    return path


@pytest.fixture(scope="session")
def lived_file(migrated_file, tmp_path_factory):
    """A SQLite file in which a little of everything has happened, to be copied."""
    path = tmp_path_factory.mktemp("lived") / "control.db"
    shutil.copyfile(migrated_file, path)
    live(f"sqlite:///{path}", path.parent / "documents")
    assert not path.with_name("control.db-wal").exists(), "the last to close it has written everything into the file"
    return path


@pytest.fixture(scope="session")
def lived_cluster(cluster, tmp_path_factory):
    """A cluster with a database `lived` in which the same has happened, to be brought back."""
    cluster.recreate("lived")
    live(cluster.url("lived"), tmp_path_factory.mktemp("lived") / "documents")
    cluster.keep("lived")
    return cluster


@pytest.fixture
def lived(engine_name, request, tmp_path, open_control):
    """A control database in which a little of everything has happened; every kind of row is there twice."""
    if engine_name == "sqlite":
        shutil.copyfile(request.getfixturevalue("lived_file"), tmp_path / "lived.db")
        return open_control(f"sqlite:///{tmp_path / 'lived.db'}")
    cluster = request.getfixturevalue("lived_cluster")
    cluster.bring_back("lived")
    return open_control(cluster.url("lived"))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request) -> str:
    """The engine a test runs on."""
    return request.param


@pytest.fixture
def control_url(engine_name, request, tmp_path) -> str:
    """The address of a fresh migrated control database."""
    if engine_name == "sqlite":
        shutil.copyfile(request.getfixturevalue("migrated_file"), tmp_path / "control.db")
        return f"sqlite:///{tmp_path / 'control.db'}"
    cluster = request.getfixturevalue("cluster")
    cluster.empty("migrated", HEAD)
    return cluster.url("migrated")


@pytest.fixture
def empty_url(engine_name, request, tmp_path) -> str:
    """The address of a control database without any table."""
    if engine_name == "sqlite":
        return f"sqlite:///{tmp_path / 'empty' / 'control.db'}"
    cluster = request.getfixturevalue("cluster")
    cluster.recreate("empty")
    return cluster.url("empty")


@pytest.fixture
def clock():
    """A clock that only moves when told."""
    return new_clock()


@pytest.fixture
def open_control(clock):
    """Open control databases that are closed at the end of the test."""
    opened = []

    def opening(url: str) -> ControlDatabase:
        opened.append(ControlDatabase(url, clock))
        return opened[-1]

    yield opening
    for control in opened:
        control.close()


@pytest.fixture
def control(control_url, open_control) -> ControlDatabase:
    """A migrated control database."""
    return open_control(control_url)


@pytest.fixture
def audit(control) -> Audit:
    """The audit trail."""
    return Audit(control)


@pytest.fixture
def outbox(control, audit, clock) -> Outbox:
    """The outbox."""
    return Outbox(control, audit, clock)


@pytest.fixture
def settlements(control, audit, clock) -> Settlements:
    """The register of settlements."""
    return Settlements(control, audit, clock)


@pytest.fixture
def due(control, clock) -> Due:
    """What is due."""
    return Due(control, clock)


@pytest.fixture
def review(control, audit, clock) -> Review:
    """The review queue."""
    return Review(control, audit, clock)


@pytest.fixture
def documents(tmp_path) -> DocumentStore:
    """Documents in a local folder."""
    return DocumentStore(str(tmp_path / "documents"))


@pytest.fixture
def warehouse(control, clock, tmp_path) -> Warehouse:
    """A warehouse in a local folder."""
    return Warehouse(str(tmp_path / "warehouse"), control, clock)
