"""All stores of one installation."""

from functools import partial
from pathlib import Path

import duckdb

from resources.store.stores import Stores, StoreUrls
from tests.resources.store.samples import START, journals, new_clock


def write_number(number: int, path: Path) -> None:
    duckdb.sql(f"SELECT {number} AS number").write_parquet(str(path))


class OpenVault:
    """A vault that turns text around."""

    def seal(self, text: str) -> str:
        return text[::-1]

    def open_sealed(self, text: str) -> str:
        return text[::-1]


def test_a_home_folder_is_enough(tmp_path, monkeypatch):
    """Everything lies in it, and is there again when it is opened again."""
    for name in ("CONTROL", "DOCUMENTS", "WAREHOUSE"):
        monkeypatch.delenv(f"CONNECTOR_{name}_URL", raising=False)
    home, clock = tmp_path / "home", new_clock()
    stores = Stores.open(home, clock)
    stores.outbox.plan("amazon_us", journals("1.00"), approved=False, mapping_hash="m", partition="p")
    document = stores.documents.put_bytes(b"body")
    stores.tokens(OpenVault()).put("key", "token", START)
    stores.close()
    again = Stores.open(home, clock)
    assert len(again.outbox.listing()) == 1
    assert again.documents.exists(document.sha256)
    assert again.tokens(OpenVault()).get("key") == ("token", START)
    assert again.audit.verify("amazon_us").ok
    again.close()
    assert sorted(path.name for path in home.iterdir()) == ["control.db", "documents"]


def test_addresses_come_from_the_environment(tmp_path):
    """Each for itself; what is empty counts as not set."""
    environment = {"CONNECTOR_CONTROL_URL": "postgresql://user:s3cret@host/books", "CONNECTOR_DOCUMENTS_URL": ""}
    urls = StoreUrls.of(tmp_path, environment)
    assert urls.control == "postgresql://user:s3cret@host/books"
    assert (urls.documents, urls.warehouse) == (str(tmp_path / "documents"), str(tmp_path / "warehouse"))
    assert "s3cret" not in repr(urls)


def test_a_relative_home_stays_where_it_was_when_opened(tmp_path, monkeypatch):
    """Whatever folder the program moves to."""
    monkeypatch.chdir(tmp_path)
    urls = StoreUrls.of(Path("home"), {})
    assert urls.control == f"sqlite:///{tmp_path}/home/control.db"


def test_stores_open_on_both_engines(control_url, tmp_path, clock):
    """The same code, another address; versions of the warehouse follow one another."""
    stores = Stores.open(StoreUrls(control_url, str(tmp_path / "d"), str(tmp_path / "w")), clock)
    assert stores.due.listing("amazon_us") == []
    assert stores.buckets.reserve("key", 1.0, 1) == 0
    for number in (1, 2, 2):
        produce = partial(write_number, number)
        version = stores.warehouse.write("amazon_us", "journals", "1", produce, {"number": number})
    assert (version.version, version.facts) == (2, {"number": 2})
    assert stores.warehouse.current("amazon_us", "journals", "1") == version
    assert len(stores.warehouse.versions("amazon_us", "journals", "1")) == 2
    stores.close()
