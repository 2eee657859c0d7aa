"""`connector masters`: what does not match is shown with what to do, and a connection without master data says so."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
import yaml

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

        def connecting(client: str = DEMO_CLIENT, **fusion) -> None:
            vault = open_vault(Project())
            vault.set("fusion_client_id", client)
            vault.set("fusion_client_secret", DEMO_SECRET)
            given = {"base_url": url, "token_url": f"{url}/oauth2/v1/token", **fusion}
            write_connection(own_place.folder, own_place.home, NAME, **given)

        yield connecting


def test_items_are_read_and_nothing_is_missing_where_nothing_was_sold(connect, run, run_json) -> None:
    """The same stage as the schedule runs; it ends fine."""
    connect(master_data={"item_organization": "V1"})
    assert "Everything matches." in run("masters", "-c", NAME).stdout
    document = run_json("masters", "-c", NAME, "--all")
    assert document["facts"]["items known"] == 8
    assert {one["outcome"] for one in document["checks"]} == {"fine"}


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


def test_creating_masters_is_refused_with_the_reason(connect, run) -> None:
    """Before anything is asked: file, line and key."""
    connect(master_data={"item_organization": "V1", "create_missing": True})
    result = run("masters", "-c", NAME)
    assert result.exit_code == ExitCode.REFUSED
    assert "creates no master data in Fusion" in result.stderr


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
