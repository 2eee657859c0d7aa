"""A replay makes the same journals again, shows every line that differs, reaches nobody and writes nothing."""

import hashlib
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from assets.road import walk
from assets.settlements.replay import replay, settlements_with_documents, without_doors
from ledger.errors import InputRefused
from tests.road.conftest import sale
from tests.road.test_posting_road import ONE, parted, with_mapping


def hashes(home: Path) -> dict[str, str]:
    """Return the SHA-256 of every file; SQLite's shared memory is no file of the stores."""
    files = [path for path in home.rglob("*") if path.is_file() and not path.name.endswith("-shm")]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def posted(world):
    """A settlement in two parts, posted."""
    road = world.small()
    parted(world, road)
    walk(road, ONE)
    assert world.states(road, ONE) == ["posted", "posted"]
    return road


def test_a_replay_of_what_was_posted_is_the_same(world, posted, monkeypatch):
    """Keys, keys in the ERP and lines; no socket, no call, no byte written."""

    def refuse(*arguments, **more):
        raise AssertionError("a replay opened a socket")

    calls = world.erp_faults.calls("Create"), world.stores.exchanges.listing(limit=10_000)
    before = hashes(world.home)
    monkeypatch.setattr(socket, "socket", refuse)
    with without_doors(posted) as road:
        assert settlements_with_documents(road) == [ONE]
        made = replay(road, ONE)
    assert made.is_same
    assert made.rows == ()
    assert [one.key for one in made.journals] == [one.key for one in world.documents(posted, ONE)]
    assert hashes(world.home) == before
    assert (world.erp_faults.calls("Create"), world.stores.exchanges.listing(limit=10_000)) == calls


def test_a_changed_mapping_shows_line_by_line(world, posted):
    """Account, reference, date and part; the mapping of the posting, from the archive, gives the same again."""
    changed = with_mapping(posted, 'revenue: "400100"', 'revenue: "400200"')
    with without_doors(changed) as road:
        made = replay(road, ONE)
        assert not made.is_same
        told = sorted((row["part"], row["what"], "400200" in row["account"]) for row in made.rows)
        assert told == [(part, *one) for part in "12" for one in (("added", True), ("removed", False))]
        assert replay(road, ONE, posted_mapping=True).is_same


def test_a_mapping_that_cannot_map_it_any_more_says_so(world, posted):
    """No journal, and the reason; that is a difference, too."""
    with without_doors(with_mapping(posted, 'revenue: "400100"', "")) as road:
        made = replay(road, ONE)
    assert not made.is_same
    assert "cannot be mapped" in made.sentence()


def test_a_mapping_that_was_never_archived_is_refused(world, posted):
    """What to do instead stands in the sentence."""
    with (
        without_doors(posted) as road,
        pytest.raises(InputRefused, match="leave --posted-mapping out"),
    ):
        replay(replace(road, stores=replace(road.stores, configuration=_Empty())), ONE, posted_mapping=True)


class _Empty:
    """No file was ever kept."""

    def changes(self, connection):
        return []


def test_what_has_no_journals_cannot_be_replayed(world):
    """Neither a settlement nobody knows nor one that was never planned."""
    road = world.small()
    world.take_in(road, ONE, sale())
    with without_doors(road) as reading:
        with pytest.raises(InputRefused, match="connector plan"):
            replay(reading, ONE)
        with pytest.raises(InputRefused, match="knows no settlement"):
            replay(reading, "24999999999")


def test_a_replay_cannot_write_or_call(world, posted):
    """The doors are shut and the stores refuse, whatever a later stage may try."""
    with without_doors(posted) as road:
        for attempt in (
            lambda: road.target.submit(None),
            lambda: road.target.check_accounts([]),
            lambda: road.source.settlement_reports(),
            lambda: road.stores.documents.put_bytes(b"x"),
            lambda: road.stores.outbox.lease("a", "b", 1),
        ):
            with pytest.raises(AssertionError, match="a replay"):
                attempt()
