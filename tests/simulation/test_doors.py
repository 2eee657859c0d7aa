"""Nothing lasting happens past the doors, and whoever writes something new is seen without being listed anywhere."""

import socket
import sqlite3
from pathlib import Path

import httpx
import pytest

from ledger.errors import StoreError
from tests.simulation.cases import SINGLE
from tests.simulation.doors import Death, Effect, HttpDoor, Watcher, Worker, acting
from tests.simulation.schedule import Schedule
from tests.simulation.world import World, simulated


class Listener(Watcher):
    """Keeps what it is told, and ends the worker at one effect."""

    def __init__(self, dies_at: int = 0, *, is_after: bool = False) -> None:
        self.heard: list[str] = []
        self.dies_at, self.is_after = dies_at, is_after

    def before(self, worker: Worker, effect: Effect) -> None:
        """Note it."""
        self.heard.append(f"{effect.kind} {effect.name}")
        if effect.number == self.dies_at and not self.is_after:
            worker.die()

    def after(self, worker: Worker, effect: Effect) -> None:
        """End after it, if so told."""
        if effect.number == self.dies_at and self.is_after:
            worker.die()


def a_store_nobody_knows(home: Path) -> None:
    """Write in every way somebody might think of next year."""
    home.joinpath("notes").mkdir()
    home.joinpath("notes", "new.txt").write_text("1")
    home.joinpath("notes", "new.txt").rename(home / "notes" / "kept.txt")
    database = sqlite3.connect(home / "own.db")
    try:
        database.execute("CREATE TABLE shelf (book TEXT)")
        database.execute("INSERT INTO shelf VALUES ('one')")
        database.commit()
    finally:
        database.close()
    client = httpx.Client(transport=HttpDoor(httpx.MockTransport(lambda request: httpx.Response(200)), "elsewhere"))
    client.post("https://elsewhere.example/things", extensions={"operation": "createThing"})
    client.close()


def with_clean_up(home: Path) -> None:
    """Write, and whatever happens, leave a trace."""
    try:
        a_store_nobody_knows(home)
    finally:
        home.joinpath("cleaned up").mkdir()


def test_a_new_store_is_found_without_being_listed():
    """Folder, file, its move, table, rows and call: each a point, none of them known to the harness."""
    with simulated() as folder:
        listener = Listener()
        with acting(Worker("somebody", folder, listener)):
            a_store_nobody_knows(folder)
    assert listener.heard == [
        "file mkdir notes",
        "file write notes/new.txt",
        "file rename notes/kept.txt",
        "commit shelf",
        "commit shelf",
        "http elsewhere createThing",
    ]


@pytest.mark.parametrize("number", range(1, 7))
def test_nothing_of_a_dead_worker_takes_place(number):
    """Not the effect it dies before, and not its clean-up."""
    with simulated() as folder:
        listener = Listener(number)
        with acting(Worker("somebody", folder, listener)), pytest.raises(Death):
            with_clean_up(folder)
        assert len(listener.heard) == number
        assert not folder.joinpath("cleaned up").exists()
        assert folder.joinpath("notes", "new.txt").exists() == (number == 3)
        rows = []
        if number > 4:
            database = sqlite3.connect(folder / "own.db")
            rows = database.execute("SELECT * FROM shelf").fetchall()
            database.close()
        assert rows == ([("one",)] if number == 6 else [])


def test_a_call_before_which_a_worker_dies_is_not_made():
    """And one after which it dies is."""
    for is_after in (False, True):
        made = []
        with simulated() as folder, acting(Worker("somebody", folder, Listener(1, is_after=is_after))):
            answer = lambda request, made=made: made.append(request) or httpx.Response(200)  # noqa: E731
            with pytest.raises(Death), httpx.Client(transport=HttpDoor(httpx.MockTransport(answer), "x")) as client:
                client.get("https://elsewhere.example")
        assert len(made) == is_after


def test_a_socket_past_the_doors_is_refused():
    """A client that opens its own connection would not be watched."""
    worker = Worker("somebody", Path("nowhere"))
    with socket.socket() as one, acting(worker), pytest.raises(AssertionError, match="past the doors"):
        one.connect(("127.0.0.1", 9))


def test_every_file_of_the_stores_came_through_a_door():
    """What lies in the stores at the end was seen to be put there; the engines' own files are told by their commits."""
    with simulated() as folder:
        world, listener = World(SINGLE, folder), Listener()
        Schedule(world, listener).until_rest()
        kept = [path.relative_to(world.home).as_posix() for path in world.home.rglob("*") if path.is_file()]
        kept = [name for name in kept if not name.startswith("control.db")]
        world.close()
    assert len(kept) >= 6
    assert {f"file rename {name}" for name in kept} <= set(listener.heard)


def test_every_change_of_the_control_database_is_a_commit_that_was_told():
    """As many commits as the database counts: its own counter of changes and the doors' agree."""
    with simulated() as folder:
        world, listener = World(SINGLE, folder), Listener()
        reader = sqlite3.connect(world.home / "control.db")
        versions = []
        listener.after = lambda worker, effect: versions.append(reader.execute("PRAGMA data_version").fetchone()[0])
        reader.execute("PRAGMA data_version")
        Schedule(world, listener).until_rest()
        reader.close()
        world.close()
    told = sum(one.startswith("commit") for one in listener.heard)
    assert len(set(versions)) in (told, told + 1)


def test_a_busy_database_is_busy_at_once():
    """One thread cannot wait for itself: a second writer is refused without a pause."""
    with simulated() as folder:
        world = World(SINGLE, folder)
        with acting(None):
            first, second = world.opened(), world.opened()
            with (
                first.control.transaction(),
                pytest.raises(StoreError, match="locked"),
                second.control.transaction(),
            ):
                raise AssertionError("two writers at once")
            first.close()
            second.close()
        world.close()
