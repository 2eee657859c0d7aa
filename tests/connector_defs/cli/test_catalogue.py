"""`connector check` and `connector map products` say which products that were sold lately the catalogue lacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector_defs.cli.exit_codes import ExitCode
from connector_defs.connections import open_stores
from connector_defs.project import Project

_BEGINS = "'{{ env.CONNECTOR_DEMO_BOOKS_FROM_US }}'"
COSTS = f"books:\n    catalogue: products.csv\n    cost_of_goods: {{shipped_from: {_BEGINS}}}"
HEAD = "sku;cogs.account;inventory.account;unit_cost;currency\n"
MUG = "MUG-1;600950;110800;4.25;USD\n"


@pytest.fixture
def catalogued(copied_place):
    """Name a catalogue, and keep two days with products; return the place."""
    settings, mapping = (copied_place.folder / one for one in ("defs/amazon_us/defs.yaml", "mappings/amazon_us.yaml"))
    text = settings.read_text(encoding="utf-8").replace("books:", COSTS, 1)
    settings.write_text(text.replace("month_end: split", "month_end: accrue"), encoding="utf-8")
    more = 'accounts:\n  accrued: "110950"\n  inventory_loss: "600950"\n'
    accrued = mapping.read_text(encoding="utf-8").replace("accounts:\n", more)
    mapping.write_text(accrued, encoding="utf-8")
    keep(copied_place, "orders", 0, "MUG-1", "CUP, blue")
    keep(copied_place, "financial_events", 13, "MUG-1", "")
    keep(copied_place, "financial_events", 15, "LONG-AGO")
    return copied_place


def keep(place, table: str, days_ago: int, *skus: str) -> None:
    """Keep a day with rows of these products."""
    stores = open_stores(Project(place.folder, place.folder / "var"))
    day = (datetime.now(UTC) - timedelta(days=days_ago)).date().isoformat()

    def produce(path) -> None:
        with stores.warehouse.connect() as duck:
            duck.sql("SELECT unnest($skus) AS sku", params={"skus": list(skus)}).write_parquet(str(path))

    stores.warehouse.write("amazon_us", table, day, produce, {})
    stores.close()


def write(place, text: str) -> None:
    """Write the catalogue."""
    (place.folder / "mappings/products.csv").write_text(text, encoding="utf-8")


def row_of(document: dict) -> dict:
    """Return what the check says of the catalogue."""
    [row] = [one for one in document["rows"] if one["what"] == "catalogue"]
    return row


def test_products_without_a_line_are_named_and_written_to_be_pasted(catalogued, run, run_json) -> None:
    """Two weeks back, orders that are not shipped yet as well; in the form of the file."""
    write(catalogued, HEAD + MUG)
    row = row_of(run_json("check", "-c", "amazon_us", code=ExitCode.WAITS))
    assert "products.csv: 1 products of the last 14 days have no line or not all of it (CUP, blue)." in row["sentence"]
    assert "connector map products -c amazon_us" in row["cure"]
    written = run("map", "products", "-c", "amazon_us")
    assert (written.exit_code, written.stdout.splitlines()) == (
        ExitCode.WAITS,
        ["# sku;cogs.account;inventory.account;unit_cost;currency", "CUP, blue;;;;"],
    )
    document = run_json("map", "products", "-c", "amazon_us", code=ExitCode.WAITS)
    assert document["missing"] == {"CUP, blue": ["cogs", "inventory", "unit_cost", "currency"]}


def test_a_catalogue_takes_no_product_while_none_is_known(catalogued, run_json) -> None:
    """Nothing was looked for, and the row does not say that all was found."""
    keep(catalogued, "orders", 0, "")
    keep(catalogued, "financial_events", 13, "")
    write(catalogued, HEAD + MUG)
    row = row_of(run_json("check", "-c", "amazon_us"))
    assert (row["ok"], "No product of the last 14 days is known here yet" in row["sentence"]) == (True, True)


def test_a_catalogue_that_takes_every_product_is_fine(catalogued, run, run_json) -> None:
    """Its accounts are asked for with those of the mapping."""
    write(catalogued, HEAD + MUG + "CUP*;600950;110800;1;USD\n")
    row = row_of(run_json("check", "-c", "amazon_us"))
    assert (row["ok"], row["sentence"]) == (True, "2 entries take every product of the last 14 days.")
    assert run("map", "products", "-c", "amazon_us").exit_code == 0
    write(catalogued, HEAD + MUG + "CUP*;999999;110800;1;USD\n")
    document = run_json("check", "-c", "amazon_us", code=ExitCode.ERP)
    assert [one["what"] for one in document["rows"] if not one["ok"]] == ["accounts"]


def returns_row(document: dict) -> dict:
    """Return what the check says of units that come back."""
    [row] = [one for one in document["rows"] if one["what"] == "returns"]
    return row


def test_an_account_for_what_is_lost_is_asked_for_before_a_unit_comes_back(catalogued, run_json) -> None:
    """With the line to paste; filled in, its kind is asked of the ERP with the others."""
    write(catalogued, HEAD + MUG + "CUP*;600950;110800;1;USD\n")
    row = returns_row(run_json("check", "-c", "amazon_us"))
    assert (row["ok"], "to accounts.inventory_loss" in row["sentence"]) == (True, True)
    mapping = catalogued.folder / "mappings/amazon_us.yaml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(text.replace('  inventory_loss: "600950"\n', ""), encoding="utf-8")
    row = returns_row(run_json("check", "-c", "amazon_us", code=ExitCode.WAITS))
    assert (row["ok"], "has no account to go to" in row["sentence"]) == (False, True)
    assert row["cure"].endswith('under accounts: inventory_loss: ""')
    mapping.write_text(text.replace('inventory_loss: "600950"', 'inventory_loss: "110800"'), encoding="utf-8")
    document = run_json("check", "-c", "amazon_us", code=ExitCode.ERP)
    assert [one["what"] for one in document["rows"] if not one["ok"]] == ["accounts"]


def test_returns_that_are_switched_off_are_told(catalogued, run_json) -> None:
    """What comes back stays cost, and no account is asked for."""
    write(catalogued, HEAD + MUG + "CUP*;600950;110800;1;USD\n")
    settings = catalogued.folder / "defs/amazon_us/defs.yaml"
    text = settings.read_text(encoding="utf-8")
    off = text.replace("  books:\n", "  by_day: {return_postings: false}\n\n  books:\n")
    assert off != text
    settings.write_text(off, encoding="utf-8")
    row = returns_row(run_json("check", "-c", "amazon_us"))
    assert (row["ok"], "switches return_postings off" in row["sentence"]) == (True, True)


def test_a_catalogue_that_cannot_be_used_is_refused_with_file_and_line(catalogued, run_json) -> None:
    """A wrong line, and no file at all."""
    row = row_of(run_json("check", "-c", "amazon_us", code=ExitCode.REFUSED))
    assert "the catalogue (books.catalogue) cannot be read: No such file" in row["sentence"]
    write(catalogued, HEAD + "MUG-1;600950;;4.25;USD\n")
    row = row_of(run_json("check", "-c", "amazon_us", code=ExitCode.REFUSED))
    assert "products.csv:2: inventory: is missing beside cogs" in row["sentence"]


def test_without_a_catalogue_there_is_no_row_and_nothing_to_write(copied_place, run, run_json) -> None:
    """The command says which setting would name one."""
    assert [one for one in run_json("check", "-c", "amazon_us")["rows"] if one["what"] == "catalogue"] == []
    written = run("map", "products", "-c", "amazon_us")
    assert written.exit_code == ExitCode.REFUSED
    assert "books.catalogue names none" in written.stderr


def test_cost_without_the_events_that_tell_of_shipments_is_refused(catalogued, run_json) -> None:
    """The older source of events tells no shipment that is held back."""
    write(catalogued, HEAD + MUG)
    settings = catalogued.folder / "defs/amazon_us/defs.yaml"
    text = settings.read_text(encoding="utf-8")
    off = text.replace("  books:\n", "  by_day: {financial_events: false}\n\n  books:\n")
    assert off != text
    settings.write_text(off, encoding="utf-8")
    document = run_json("check", "-c", "amazon_us", code=ExitCode.REFUSED)
    assert "books.cost_of_goods needs by_day.financial_events" in document["rows"][1]["sentence"]
