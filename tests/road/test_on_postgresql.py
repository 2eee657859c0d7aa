"""The whole road with its control database on PostgreSQL: posted, undone, posted again, taken over; the same answers.

The stores' own tests run on both engines; this holds the road to it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.road import STAGES, run_stage, walk
from assets.undo.reposting import repost
from assets.undo.reversals import apply_reversal, plan_reversal
from ledger.errors import LeaseLost
from ledger.four_eyes import Decider
from ledger.posting import PostingState
from resources.store.stores import Stores, StoreUrls
from tests.resources.store.cluster import Cluster, server_folder
from tests.road.conftest import sale

ONE = "24000000001"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A running PostgreSQL; skipped, saying so, where none is installed."""
    binaries = server_folder()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with Cluster.running(binaries) as running:
        yield running


@pytest.fixture
def there(world, cluster):
    """The world, with an empty database of PostgreSQL in place of the SQLite file."""
    cluster.recreate("road")
    world.stores.close()
    world.stores = on_postgresql(world, cluster)
    yield world
    world.stores.close()


def on_postgresql(world, cluster: Cluster) -> Stores:
    """Open the stores of the world's home over the cluster's database."""
    home = Path(world.home)
    urls = StoreUrls(cluster.url("road"), str(home / "documents"), str(home / "warehouse"))
    return Stores.open(urls, world.clock)


def test_a_settlement_is_posted_undone_and_posted_again_once_each(there):
    """Original, reversal, and what stands now: three journals, one clearing item, every chain whole."""
    road = there.small()
    there.take_in(road, ONE, sale())
    assert walk(road, ONE).results["reconciliations"].facts["ties"]
    walk(road, ONE)
    apply_reversal(road, plan_reversal(road, ONE), "wrong department")
    for stage in STAGES[-3:]:
        run_stage(road, stage, ONE)
    assert there.states(road, ONE) == ["reversed"]
    repost(road, ONE, Decider("somebody"), "corrected")
    walk(road, ONE)
    assert there.states(road, ONE) == ["posted"]
    assert there.creates() == 3
    there.assert_in_books("100.00", "-100.00", "100.00")
    assert there.stores.audit.verify(road.connection).ok


def test_a_dead_worker_is_replaced_and_a_late_one_refused(there):
    """Its lease runs out, another worker posts; the one that wakes up later may write nothing any more."""
    road = there.small()
    there.take_in(road, ONE, sale())
    for stage in STAGES[:4]:
        run_stage(road, stage, ONE)
    outbox = there.stores.outbox
    journals = there.documents(road, ONE)
    assert journals == []
    held = there.small("frozen", approval="required")
    run_stage(held, STAGES[4], ONE)
    key = there.documents(road, ONE)[0].key
    frozen = outbox.lease(key, "machine:1:frozen", road.patience.lease)
    run_stage(road, STAGES[4], ONE)
    assert there.creates() == 0
    there.clock.advance(road.patience.lease + 1)
    walk(road, ONE)
    assert there.states(road, ONE) == ["posted"]
    with pytest.raises(LeaseLost):
        outbox.step(key, PostingState.REVIEW, "late", lease=frozen)
    there.assert_in_books("100.00")


def test_a_database_lost_and_made_anew_posts_nothing_again(there, cluster):
    """The ERP is asked by its own key first."""
    road = there.small()
    there.take_in(road, ONE, sale())
    walk(road, ONE)
    there.stores.close()
    cluster.recreate("road")
    there.stores = on_postgresql(there, cluster)
    road = there.small("run-2")
    there.take_in(road, ONE, sale())
    walk(road, ONE)
    assert there.states(road, ONE) == ["posted"]
    assert there.creates() == 1
    there.assert_in_books("100.00")
