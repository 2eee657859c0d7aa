"""An installation with something of every kind in it, on both engines, and a fresh one to restore into."""

import pytest

from resources.store.stores import Stores, StoreUrls
from tests.resources.store.samples import finding, journals
from tests.resources.store.test_stores import write_number


@pytest.fixture
def urls(control_url, tmp_path) -> StoreUrls:
    """The addresses of an installation with a migrated control database."""
    return StoreUrls(control_url, str(tmp_path / "documents"), str(tmp_path / "warehouse"))


@pytest.fixture
def open_stores(clock):
    """Open stores that are closed at the end."""
    opened = []

    def opening(where: StoreUrls) -> Stores:
        opened.append(Stores.open(where, clock))
        return opened[-1]

    yield opening
    for stores in opened:
        stores.close()


@pytest.fixture
def stores(urls, open_stores) -> Stores:
    """Stores in which something of every kind has happened."""
    made = open_stores(urls)
    made.outbox.plan("amazon_us", journals("1.00"), approved=True, mapping_hash="m", partition="11111111111")
    made.review.open("amazon_eu", "22222222222", finding())
    document = made.documents.put_bytes(b"a settlement")
    facts = {"ledger": "L", "start": "2026-10-01T00:00:00+00:00"}
    made.settlements.record(
        "amazon_us",
        "A1SELLER",
        "11111111111",
        document_sha=document.sha256,
        content_hash="c",
        source="import",
        report_id="",
        facts=facts,
    )
    made.warehouse.write("amazon_us", "numbers", "11111111111", lambda path: write_number(7, path), {})
    made.due.ask("amazon_us", "settlement", "11111111111", made.control.clock.now(), "found")
    return made


@pytest.fixture
def elsewhere(tmp_path) -> StoreUrls:
    """The addresses of an installation with nothing in it, on SQLite."""
    home = tmp_path / "elsewhere"
    return StoreUrls(f"sqlite:///{home / 'control.db'}", str(home / "documents"), str(home / "warehouse"))
