"""`connector masters`: what does not match is shown with what to do, and a connection without master data says so."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from assets.stages.verdicts import NOT_COMPARED
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.connections import open_vault
from connector_defs.project import Project
from emulators.fusion.app import build_app
from emulators.fusion.demo_site import CLIENT_WITHOUT_DATA, DEMO_CLIENT, DEMO_SECRET, demo_site
from emulators.serve import serve
from tests.connector_defs.cli.conftest import Place
from tests.fusion_connection import write_connection

NAME = "fusion_us"
_RECEIVABLES = {
    "business_unit": "US1 Business Unit",
    "transaction_source": "ZB Connector",
    "invoice_type": "Settled Invoice",
    "credit_memo_type": "Settled Credit Memo",
    "is_confirmed_empty": True,
}


@pytest.fixture
def connect(own_place: Place):
    """Write a connection to a pod on loopback; `client` is who asks there."""
    with ExitStack() as stack:
        app = build_app(demo_site(datetime.now(UTC).date()))
        stack.callback(app.close)
        url = stack.enter_context(serve({"": app}, 0)).url

        def connecting(client: str = DEMO_CLIENT, books: dict | None = None, **fusion) -> None:
            vault = open_vault(Project())
            vault.set("fusion_client_id", client)
            vault.set("fusion_client_secret", DEMO_SECRET)
            given = {"base_url": url, "token_url": f"{url}/oauth2/v1/token", **fusion}
            write_connection(own_place.folder, own_place.home, NAME, **given)
            settings = own_place.folder / "defs" / NAME / "defs.yaml"
            document = yaml.safe_load(settings.read_text(encoding="utf-8"))
            document["attributes"]["books"] |= books or {}
            settings.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

        connecting.app = app
        yield connecting


def test_items_are_read_and_nothing_is_missing_where_nothing_was_sold(connect, run, run_json) -> None:
    """The same stage as the schedule runs; a check that had nothing to hold against says so instead of `fine`."""
    connect(master_data={"item_organization": "V1"})
    assert "Everything matches." in run("masters", "-c", NAME).stdout
    document = run_json("masters", "-c", NAME, "--all")
    assert document["facts"]["items known"] == 8
    assert {one["check"]: one["outcome"] for one in document["checks"]} == {
        "masters_seen": "fine",
        "bill_to_customers_exist": NOT_COMPARED,
        "sold_products_have_items": NOT_COMPARED,
        "catalog_knows_products": NOT_COMPARED,
    }


def test_a_user_without_data_access_waits_for_a_person(connect, run) -> None:
    """Exit 6, and the sentence says what to look at."""
    connect(CLIENT_WITHOUT_DATA, master_data={"item_organization": "V1"})
    result = run("masters", "-c", NAME)
    assert result.exit_code == ExitCode.WAITS
    assert "data access" in " ".join(result.stdout.split())


def test_a_connection_without_master_data_says_so(connect, run) -> None:
    """Instead of an empty table."""
    connect()
    result = run("masters", "-c", NAME)
    assert result.exit_code != ExitCode.FINE
    assert "reads no master data" in result.stderr


def test_creating_items_needs_to_know_what_one_is_given(connect, run) -> None:
    """Before anything is asked: file and key."""
    connect(master_data={"item_organization": "V1"}, books={"create_missing_items": True})
    result = run("masters", "-c", NAME)
    assert result.exit_code == ExitCode.REFUSED
    assert "books.create_missing_items" in result.stderr
    assert "what a new item is given" in " ".join(result.stderr.split())


def test_a_missing_item_is_created_by_command(connect, run, tmp_path) -> None:
    """Told as a story, proved, listed for auditors, and not created again."""
    masters = {"item_organization": "V1", "new_item": {"ItemClass": "Root Item Class", "PrimaryUOMValue": "Each"}}
    connect(master_data=masters, books={"create_missing_items": True, "approval": "automatic"})
    day = datetime.now(UTC).date()
    began = {one.number for one in connect.app.site.inventory.items}
    span = ("--from", str(day - timedelta(days=30)), "--to", str(day), "-c", NAME)
    assert run("fetch", "financial_events", *span).exit_code in (ExitCode.FINE, ExitCode.WAITS)
    result = run("fetch", "item_postings", "--from", str(day), "--to", str(day), "-c", NAME)
    assert result.exit_code == ExitCode.FINE, result.stdout + result.stderr
    made = [one.number for one in connect.app.items.items(None) if one.number not in began]
    assert made
    story = " ".join(run("audit", "show", made[0], "-c", NAME).stdout.split())
    assert f"Item {made[0]} is planned as part 1 of 1, revision 1: unit V1, accounting date {day}, no amount" in story
    assert f"Item {made[0]} is posted in the ERP's books" in story
    assert run("audit", "verify").exit_code == ExitCode.FINE
    pack = tmp_path / "pack"
    assert run("audit", "pack", "--period", f"{day:%Y-%m}", "-c", NAME, "--out", str(pack)).exit_code == ExitCode.FINE
    listed = (pack / "csv" / "documents.csv").read_text(encoding="utf-8")
    assert all(f"item_postings-{day},item,1," in listed and one in listed for one in made)
    again = run("fetch", "item_postings", "--from", str(day), "--to", str(day), "-c", NAME)
    assert again.exit_code == ExitCode.FINE
    assert sorted(made) == sorted(one.number for one in connect.app.items.items(None) if one.number not in began)


def test_an_item_is_not_undone_by_command(connect, run) -> None:
    """By its number, and by its day: the sentence says what is done instead, and the item stays."""
    masters = {"item_organization": "V1", "new_item": {"ItemClass": "Root Item Class", "PrimaryUOMValue": "Each"}}
    connect(master_data=masters, books={"create_missing_items": True, "approval": "automatic"})
    day = datetime.now(UTC).date()
    began = {one.number for one in connect.app.site.inventory.items}
    run("fetch", "financial_events", "--from", str(day - timedelta(days=30)), "--to", str(day), "-c", NAME)
    assert run("fetch", "item_postings", "--from", str(day), "--to", str(day), "-c", NAME).exit_code == ExitCode.FINE
    made = sorted({one.number for one in connect.app.items.items(None)} - began)
    for command, name in itertools.product(("reverse", "repost"), (made[0], f"item_postings-{day}")):
        result = run(command, name, "-c", NAME, "--reason", "made by mistake", "--apply")
        assert result.exit_code == ExitCode.REFUSED, result.stdout
        said = " ".join(result.stderr.split())
        assert "An item is not undone by command: make it inactive in the ERP." in said
        assert "knows no settlement" not in said
        assert "name its orders" not in said
    assert sorted({one.number for one in connect.app.items.items(None)} - began) == made


def test_check_reads_the_masters_where_they_are_described(connect, run_json) -> None:
    """The items answer, and no account is asked for where none is billed."""
    connect(master_data={"item_organization": "V1"})
    [row] = _checked(run_json("check", "-c", NAME))
    assert (row["ok"], "all there. Items can be read" in row["sentence"]) == (True, True)


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ("1008", "Customer account 1999 is not there, and Amazon.com is billed to it."),
        ("9999", "No customer account is shown, so nothing is known to be missing."),
    ],
)
def test_check_names_an_account_that_is_billed_and_missing(connect, run_json, own_place, control, said) -> None:
    """With the marketplace; where not even the control is shown, an empty answer proves nothing."""
    connect(master_data={"item_organization": "V1", "control_customer": control}, receivables=_RECEIVABLES)
    settings = own_place.folder / "defs" / NAME / "defs.yaml"
    document = yaml.safe_load(settings.read_text(encoding="utf-8"))
    document["attributes"]["books"]["invoicing"] = {"shipped_from": "2026-11-01", "bill_to": {"Amazon.com": "1999"}}
    settings.write_text(yaml.safe_dump(document), encoding="utf-8")
    mapping = own_place.folder / "mappings" / f"{NAME}.yaml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(text.replace("accounts:", 'accounts:\n  order_receivable: "110900"'), encoding="utf-8")
    [row] = _checked(run_json("check", "-c", NAME, code=ExitCode.ERP))
    assert (row["ok"], row["sentence"]) == (False, said)


def _checked(document: dict) -> list[dict]:
    return [row for row in document["rows"] if row["what"] == "master data"]
