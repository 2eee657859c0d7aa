"""A connection to the demo pod, as its two files in a project folder: `connector new` filled in for demo books."""

from pathlib import Path
from typing import Any

import yaml

from connector_defs.project import PACKAGE, Project
from emulators.fusion.demo_site import CATEGORY, CHART_ID, DATA_ACCESS_SET, DEMO_SCOPE, LEDGERS, SOURCE, US_LEDGER
from emulators.fusion.switches import Timing

ROOT = "https://pod.example"
# A pod that needs no time for anything.
AT_ONCE = Timing(
    wait_seconds=0, running_seconds=0, load_seconds=0, import_seconds=0, output_seconds=0, autopost_after_seconds=0
)
_SHIPPED = PACKAGE / "defs" / "amazon_us" / "defs.yaml"
_CHART = [
    {"position": 1, "name": "company", "holds": "unit"},
    {"position": 2, "name": "department", "holds": "department", "default": "000"},
    {"position": 3, "name": "account", "holds": "account"},
    {"position": 4, "name": "product", "holds": "product", "default": "000"},
]
_MAPPING = """\
version: 1
owner:
  unit: "01"
accounts:
  clearing: "110500"
  card_in_transit: "110600"
categories:
  revenue: "400100"
  referral_fee: "600100"
  reserve_movement: "110700"
"""


def fusion_settings(**changes: Any) -> dict[str, Any]:
    """Return what a connection says of the demo pod's ledger in the United States."""
    ledger = next(one for one in LEDGERS if one.id == US_LEDGER)
    told = {
        "base_url": ROOT,
        "token_url": f"{ROOT}/oauth2/v1/token",
        "scope": DEMO_SCOPE,
        "ledger_id": ledger.id,
        "ledger_name": ledger.name,
        "ledger_currency": ledger.currency,
        "chart_of_accounts_id": CHART_ID,
        "chart": _CHART,
        "data_access_set": DATA_ACCESS_SET,
        "journal_source": SOURCE,
        "journal_category": CATEGORY,
        "journal_link": f"{ROOT}/fscmUI/journals?named={{journal}}",
        "batch_link": f"{ROOT}/fscmUI/batch/{{batch_id}}",
    }
    return {**told, **changes}


def write_connection(folder: Path, home: Path, name: str = "amazon_us", **fusion: Any) -> Project:
    """Write a connection's two files and return the project; `fusion` replaces settings of the ERP."""
    document = yaml.safe_load(_SHIPPED.read_text(encoding="utf-8"))
    attributes = {key: value for key, value in document["attributes"].items() if key != "peoplesoft"}
    attributes["books"] |= {"rate_type": "Corporate", "opening": [], "books_from": "2026-08-01"}
    attributes |= {"fusion": fusion_settings(**fusion), "mapping": f"mappings/{name}.yaml"}
    document = {"type": "connector_defs.components.AmazonToFusion", "attributes": attributes}
    settings, mapping = folder / "defs" / name / "defs.yaml", folder / "mappings" / f"{name}.yaml"
    for path, text in ((settings, yaml.safe_dump(document, sort_keys=False)), (mapping, _MAPPING)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Project(folder, home)
