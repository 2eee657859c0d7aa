"""Connections in YAML: strict, templated, and errors that name file, line and key."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from connector_defs.components.connection_component import templated
from connector_defs.connections import AmazonToPeopleSoftSettings, connection, read_connection
from connector_defs.project import PACKAGE, ConnectionFile, Project, render
from emulators.fusion.demo_site import US_LEDGER
from ledger.errors import ConfigurationRefused
from tests.fusion_connection import write_connection

SHIPPED = PACKAGE / "defs" / "amazon_us" / "defs.yaml"

BROKEN = [
    ("region: na ", "region: mars ", "amazon.region"),
    ("seller_id:", "seler_id:", "amazon.seler_id"),
    ("month_end: split", "month_end: weekly", "'split', 'accrue' or 'none'"),
    ("tax_model: facilitator", "tax_model: fasilitator", "tax_model"),
    ('reserve: "876.18"', "reserve: 876.18", "loses cents"),
    ("time_zone: America/New_York", "time_zone: America/Atlantis", "IANA time zone"),
    ("refresh_token: ", "refresh_token: Atzr|IwEBexample  # ", "amazon.secrets.refresh_token"),
    ("description: ", "description: see Atzr|IwEBexample  # ", "holds what looks like a secret"),
    ("poll_seconds: 0.5", "poll_seconds: 0", "poll_seconds"),
]


@pytest.mark.parametrize("good, bad, said", BROKEN)
def test_a_broken_setting_is_refused_with_file_line_and_key(tmp_path, good, bad, said):
    """A misspelt nested key or a wrong value never passes."""
    text = SHIPPED.read_text()
    assert good in text
    path = tmp_path / "defs" / "shop" / "defs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(good, bad))
    line = next(number for number, row in enumerate(text.splitlines(), 1) if good in row)
    with pytest.raises(ConfigurationRefused) as refused:
        read_connection(Project(tmp_path, tmp_path), ConnectionFile(path))
    assert said in str(refused.value)
    assert str(path) in str(refused.value)
    assert "IwEBexample" not in str(refused.value)
    assert any(f"{path}:{near}:" in str(refused.value) for near in range(line - 3, line + 1)), str(refused.value)


def test_a_file_that_is_no_utf8_is_refused_with_its_line(tmp_path):
    """As an accountant's editor on Windows may save it: connection and mapping alike."""
    path = tmp_path / "defs" / "shop" / "defs.yaml"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"# Erl\xf6se\n" + SHIPPED.read_bytes())
    with pytest.raises(ConfigurationRefused, match=re.escape(f"{path}:1: the connection cannot be read")):
        read_connection(Project(tmp_path, tmp_path), ConnectionFile(path))
    path.write_bytes(SHIPPED.read_bytes())
    opened = read_connection(Project(tmp_path, tmp_path), ConnectionFile(path))
    opened.mapping_path.parent.mkdir(parents=True, exist_ok=True)
    opened.mapping_path.write_bytes(b"version: 1\n# Umsatzerl\xf6se\n")
    with pytest.raises(ConfigurationRefused, match=re.escape(f"{opened.mapping_path}:2: the mapping cannot be read")):
        opened.load_mapping()


def test_problems_are_told_in_the_order_of_the_file(tmp_path):
    """One a line, without the words of the library that found them."""
    path = tmp_path / "defs" / "shop" / "defs.yaml"
    path.parent.mkdir(parents=True)
    text = SHIPPED.read_text().replace("time_zone: America/New_York", "time_zone: Mars/Olympus")
    path.write_text(text.replace("region: na ", "region: mars ").replace("month_end: split", "month_end: weekly"))
    with pytest.raises(ConfigurationRefused) as refused:
        read_connection(Project(tmp_path, tmp_path), ConnectionFile(path))
    lines = [int(one.removeprefix(f"{path}:").partition(":")[0]) for one in str(refused.value).splitlines()]
    assert len(lines) == 3
    assert lines == sorted(lines)
    assert "Value error" not in str(refused.value)


def test_accruals_need_a_source_that_tells_of_held_sales(tmp_path):
    """The older API hides them, so a month would be accrued without them and nobody would know."""
    path = tmp_path / "defs" / "shop" / "defs.yaml"
    path.parent.mkdir(parents=True)
    older = SHIPPED.read_text().replace("  automatic: false", "  by_day: {events_source: v0}\n  automatic: false")
    path.write_text(older)
    assert read_connection(Project(tmp_path, tmp_path), ConnectionFile(path)).settings.by_day.events_source == "v0"
    path.write_text(older.replace("month_end: split", "month_end: accrue"))
    with pytest.raises(ConfigurationRefused, match="needs by_day"):
        read_connection(Project(tmp_path, tmp_path), ConnectionFile(path))


def test_what_is_left_open_is_named_wherever_it_stands(tmp_path):
    """Also where any text would do, such as a unit: it would be taken for one until the first journal."""
    path = tmp_path / "defs" / "shop" / "defs.yaml"
    path.parent.mkdir(parents=True)
    text = SHIPPED.read_text()
    unit = next(row for row in text.splitlines() if row.strip().startswith("units:"))
    path.write_text(text.replace(unit, '    units: ["<business unit, for example US001>"]'))
    line = text.splitlines().index(unit) + 1
    with pytest.raises(ConfigurationRefused) as refused:
        read_connection(Project(tmp_path, tmp_path), ConnectionFile(path))
    assert str(refused.value) == f"{path}:{line}: peoplesoft.units.0: is not filled in yet"


def test_the_certificates_of_a_connection_reach_its_door_to_the_erp(tmp_path):
    """A path that is wrong is said when the door is opened, not taken for no answer later."""
    path = tmp_path / "defs" / "shop" / "defs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(SHIPPED.read_text().replace("  peoplesoft:\n", "  peoplesoft:\n    certificates: /no/own.pem\n"))
    shop = read_connection(Project(tmp_path, tmp_path), ConnectionFile(path))
    with pytest.raises(ConfigurationRefused, match=r"/no/own\.pem: the certificates to trust cannot be read"):
        shop.target(SimpleNamespace(exchanges=None, buckets=None), None, None)


def test_templates_are_resolved_before_validation():
    """A date or an address may come from the environment."""
    settings = templated(AmazonToPeopleSoftSettings)
    given = ConnectionFile(SHIPPED)._document["attributes"]
    assert settings.model_validate(given).books.books_from is not None


def test_a_missing_variable_is_named():
    """Without a default, the variable must be set."""
    with pytest.raises(ConfigurationRefused, match="NO_SUCH_THING is not set"):
        render({"a": ["{{ env.NO_SUCH_THING }}"]}, {})
    assert render({"a": "{{ env('NO_SUCH_THING', 'x') }}"}, {}) == {"a": "x"}


def test_templates_cannot_reach_into_python():
    """YAML comes from people, but it is no place for code."""
    with pytest.raises(Exception, match=r"(?i)unsafe|cannot be resolved|undefined|access"):
        render("{{ ''.__class__.__mro__ }}", {})


def test_a_mapping_outside_the_project_is_refused(tmp_path):
    """A connection reads no file of somebody else."""
    with pytest.raises(ConfigurationRefused, match="lies outside"):
        Project(tmp_path, tmp_path).mapping_path("../../etc/passwd")


@pytest.mark.parametrize("command", [("check", "yaml"), ("check", "defs"), ("list", "defs", "--json")])
def test_dg_accepts_the_project(command, tmp_path):
    """`dg check yaml`, `dg check defs` and `dg list defs` are clean, without an activated environment too."""
    dg = Path(sys.executable).with_name("dg")
    variables = {**os.environ, "CONNECTOR_HOME": str(tmp_path)}
    variables.pop("VIRTUAL_ENV", None)
    done = subprocess.run(
        [dg, *command], cwd=PACKAGE.parent, env=variables, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "virtual environment" not in done.stdout + done.stderr
    if "list" in command:
        assert "amazon_us/reconciliations" in done.stdout


def test_a_project_folder_given_by_path_is_loaded(tmp_path, monkeypatch):
    """An installation may keep its YAML outside the package."""
    shutil.copytree(SHIPPED.parent, tmp_path / "defs" / "my_shop")
    shutil.copytree(PACKAGE / "mappings", tmp_path / "mappings")
    monkeypatch.setenv("CONNECTOR_PROJECT", str(tmp_path))
    from connector_defs.definitions import loaded

    keys = {key.path[0] for key in loaded().resolve_asset_graph().get_all_asset_keys()}
    assert keys == {"my_shop", "all_connections"}


def test_a_connection_to_fusion_has_the_same_road(tmp_path, monkeypatch):
    """One component type per pairing; what Dagster shows of it is where, which ledger, and no secret."""
    write_connection(tmp_path, tmp_path / "home", "my_shop")
    monkeypatch.setenv("CONNECTOR_PROJECT", str(tmp_path))
    from connector_defs.definitions import loaded

    defs = loaded()
    keys = {"/".join(key.path) for key in defs.resolve_asset_graph().get_all_asset_keys()}
    assert {"my_shop/settlement_reports", "my_shop/erp_postings", "my_shop/reconciliations"} <= keys
    shown = defs.resources["my_shop_connection"]
    assert (shown.ledger, shown.erp_address) == (f"fusion:{US_LEDGER}", "https://pod.example")


@pytest.mark.parametrize(
    "good, bad, said",
    [
        ("journal_source:", "journal_sauce:", "fusion.journal_sauce"),
        ("ledger_currency: USD", "ledger_currency: dollars", "fusion.ledger_currency"),
        ("  fusion:\n", "  peoplesoft: {}\n  fusion:\n", "peoplesoft"),
        ("    scope: ", "    client_secret_secret: idcs-0a1b2c3d!\n    scope: ", "fusion.client_secret_secret"),
    ],
)
def test_broken_settings_of_fusion_are_refused_with_file_line_and_key(tmp_path, good, bad, said):
    """Nested keys as well, and a key of another ERP."""
    project = write_connection(tmp_path, tmp_path / "home", "shop")
    path = project.connection_file("shop").path
    text = path.read_text()
    assert good in text
    path.write_text(text.replace(good, bad))
    with pytest.raises(ConfigurationRefused) as refused:
        read_connection(project, project.connection_file("shop"))
    assert re.search(rf"{re.escape(str(path))}:\d+: {re.escape(said)}: ", str(refused.value)), str(refused.value)
    assert "0a1b2c3d" not in str(refused.value)


def test_a_ledger_of_fusion_is_the_same_wherever_its_pod_is(tmp_path):
    """Another host, a renamed ledger or another name of the connection posts nothing again."""
    first = write_connection(tmp_path / "a", tmp_path, "shop")
    moved = write_connection(tmp_path / "b", tmp_path, "other", base_url="https://moved.example", ledger_name="New")
    other = write_connection(tmp_path / "c", tmp_path, "shop", ledger_id=7)
    ids = [connection(project, next(iter(project.connection_files()))).ledger_id for project in (first, moved, other)]
    assert ids == [f"fusion:{US_LEDGER}", f"fusion:{US_LEDGER}", "fusion:7"]
