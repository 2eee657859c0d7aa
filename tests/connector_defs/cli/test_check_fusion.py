"""`connector check` and `connector new` for a connection to Fusion: every row says what is wrong, and what to do."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector_defs.cli.exit_codes import ExitCode
from connector_defs.connections import open_vault
from connector_defs.project import Project
from emulators.fusion.app import Fusion, build_app
from emulators.fusion.demo_site import CLIENT_WITHOUT_DATA, DEMO_CLIENT, DEMO_SECRET, demo_site
from emulators.serve import serve
from tests.connector_defs.cli.conftest import Place
from tests.fusion_connection import write_connection

NAME = "fusion_us"


@pytest.fixture(scope="module")
def pod() -> Iterator[str]:
    """The demo pod on loopback; its address."""
    with ExitStack() as stack:
        app: Fusion = build_app(demo_site(datetime.now(UTC).date()))
        stack.callback(app.close)
        yield stack.enter_context(serve({"": app}, 0)).url


@pytest.fixture
def connect(own_place: Place, pod: str):
    """Write the connection's files, with settings of the pod replaced, and put its client into the vault."""

    def connecting(client: str = DEMO_CLIENT, **fusion) -> Project:
        vault = open_vault(Project())
        vault.set("fusion_client_id", client)
        vault.set("fusion_client_secret", DEMO_SECRET)
        given = {"base_url": pod, "token_url": f"{pod}/oauth2/v1/token", **fusion}
        return write_connection(own_place.folder, own_place.home, NAME, **given)

    return connecting


def failing(document: dict) -> list[str]:
    """Return what fails; every such row has a cure, and no row holds the secret."""
    assert all(row["cure"] for row in document["rows"] if not row["ok"])
    assert DEMO_SECRET not in str(document)
    return [row["what"] for row in document["rows"] if not row["ok"]]


def test_a_connection_to_fusion_passes_every_check(connect, run_json) -> None:
    """Settings, secrets, marketplace, ERP and accounts, as for every ERP."""
    connect()
    document = run_json("check", "-c", NAME)
    assert failing(document) == []
    asked = [row["what"] for row in document["rows"] if row["connection"] == NAME and row["ok"]]
    assert asked == ["settings", "go-live", "mapping", "secrets", "marketplace", "ERP", "accounts"]


@pytest.mark.parametrize(
    "changes, what, said",
    [
        ({"scope": "urn:opc:resource:consumer::all"}, "ERP", "scope"),
        ({"ledger_id": 300000046975999}, "ERP", "shows no ledger 300000046975999"),
        ({"ledger_name": "EU Primary Ledger"}, "ERP", "'US Primary Ledger' in Fusion"),
        ({"client": CLIENT_WITHOUT_DATA}, "ERP", "shows no ledger"),
        ({"chart_of_accounts_id": 1}, "ERP", "ChartOfAccountsId"),
        ({"controls": {"01": "NO SUCH BATCH"}}, "ERP", "No journal batch"),
    ],
    ids=lambda one: "-".join(one) if isinstance(one, dict) else None,
)
def test_what_keeps_fusion_from_being_used_has_a_row_with_a_cure(connect, run_json, changes, what, said) -> None:
    """Before the first settlement; what comes after it is not asked for."""
    connect(**changes)
    document = run_json("check", "-c", NAME, code=ExitCode.ERP)
    assert set(failing(document)) == {what}
    assert any(said in row["sentence"] for row in document["rows"] if not row["ok"]), document["rows"]
    assert "accounts" not in {row["what"] for row in document["rows"]}


def test_an_account_combination_that_does_not_exist_is_named(connect, run_json) -> None:
    """The combination as Fusion writes it, and the category that books to it."""
    path = connect().folder / "mappings" / f"{NAME}.yaml"
    path.write_text(path.read_text().replace('"600100"', '"699999"'))
    document = run_json("check", "-c", NAME, code=ExitCode.ERP)
    assert failing(document) == ["accounts"]
    [row] = [row for row in document["rows"] if not row["ok"]]
    assert "01-000-699999-000 does not exist in Fusion, but category referral_fee books to it" in row["sentence"]


def test_missing_secrets_are_named_before_anybody_is_asked(connect, run, run_json) -> None:
    """Those of Fusion as those of Amazon."""
    connect()
    run("secrets", "remove", "fusion_client_secret")
    document = run_json("check", "-c", NAME, code=ExitCode.STORES)
    assert failing(document) == ["secrets"]
    assert "connector secrets set fusion_client_secret" in document["rows"][-1]["cure"]


@pytest.mark.parametrize("control, code", [("", ExitCode.FINE), ("01-000-110950-000", ExitCode.ERP)])
def test_balances_are_read_where_they_are_asked_for(connect, run_json, control, code) -> None:
    """Not in the first month end; a control that holds nothing proves nothing, and has a row with a cure."""
    path = connect(balances={"control": control}).connection_file(NAME).path
    path.write_text(path.read_text().replace("    grain: account\n", "    grain: account\n    read_balances: true\n"))
    document = run_json("check", "-c", NAME, code=code)
    assert failing(document) == ([] if code == ExitCode.FINE else ["balances"])
    [row] = [row for row in document["rows"] if row["what"] == "balances"]
    assert ("can be read" if code == ExitCode.FINE else "told from a blind one") in row["sentence"]


def test_a_new_connection_to_fusion_is_refused_until_it_is_filled_in(own_place, run_json) -> None:
    """What the site has named is left open, everything else is there; each open line is told with its key."""
    files = run_json("new", "fusion_jp", "--type", "AmazonToFusion")["files"]
    text = Path(files[0]).read_text()
    assert "type: connector_defs.components.AmazonToFusion" in text
    assert "peoplesoft" not in text.lower()
    assert "@" not in text
    document = run_json("check", "-c", "fusion_jp", code=ExitCode.REFUSED)
    sentence = next(row["sentence"] for row in document["rows"] if row["what"] == "settings")
    told = ("base_url", "token_url", "scope", "ledger_id", "ledger_name", "journal_source", "journal_category")
    assert [key for key in told if f"fusion.{key}: is not filled in yet" not in sentence] == []
