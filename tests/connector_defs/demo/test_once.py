"""`connector demo --once`: the whole road, as a person starts it, proved to the cent."""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from connector_defs.demo.place import BILLED_DAYS
from emulators.demo import DemoWorld, demo_world
from emulators.demo_seller.bank import bank_lines
from emulators.fusion.demo_site import DEMO_SECRET
from emulators.peoplesoft.demo_site import DEMO_PASSWORD


def _demo(tmp_path: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from connector_defs.cli import main; main()", "demo", "--once", *options]
    environment = {**os.environ, "TMPDIR": str(tmp_path), **variables}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=240, check=False)


def _shipped_lately(world: DemoWorld) -> int:
    """Count the Canadian seller's sales that were shipped in the days that are billed, as Amazon has told them by now.

    What it only ships for another shop costs fees and sells nothing.
    """
    seller = next(one for one in world.seller.sellers if one.name == "amazon_ca")
    since = world.seller.as_of - timedelta(days=BILLED_DAYS)
    history, now = world.seller.world.histories[seller.seller_id], datetime.now(UTC)
    return sum(
        one.transaction_type == "Shipment"
        and any("ProductCharges" in "/".join(leaf.path) for leaf in one.leaves)
        and one.posted.astimezone(ZoneInfo("America/Toronto")).date() >= since
        and one.visible <= now
        and (one.replaced is None or one.replaced > now)
        for one in history.all_transactions()
    )


def test_every_settlement_is_posted_once_and_ties(tmp_path: Path) -> None:
    """21 settlements in four currencies equal the seller's own truth; three before go-live are left alone.

    An address of a real installation in the environment is not used, and the folder is gone afterwards.
    """
    elsewhere = tmp_path / "real" / "control.db"
    done = _demo(tmp_path, "--json", CONNECTOR_CONTROL_URL=f"sqlite:///{elsewhere}")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["ties"]
    world = demo_world()
    truth = {one.settlement_id: one for one in world.seller.settlements}
    lines = bank_lines(world.seller.world.histories.values(), world.seller.as_of)
    arrived = {part.settlement_id: line.value.isoformat() for line in lines for part in line.parts}
    shipped = _shipped_lately(world)
    secrets = (*world.seller.secrets, DEMO_PASSWORD, DEMO_SECRET)
    world.close()
    rows = {row["settlement_id"]: row for row in document["settlements"]}
    assert rows.keys() == truth.keys()
    for settlement_id, row in rows.items():
        told = truth[settlement_id]
        assert Decimal(row["total"]) == told.total
        if told.is_before_go_live:
            assert (row["state"], row["journals"]) == ("before go-live, left alone", "")
        else:
            assert (row["state"], Decimal(row["difference"])) == ("posted", 0)
            assert Decimal(row["clearing"]) == told.total
            assert Decimal(row["open_item"]) == told.payout_expected
        assert row["bank"] == ("" if told.payout_expected <= 0 else arrived.get(settlement_id, "on its way"))
    posted = Counter((row["erp"], row["currency"]) for row in rows.values() if row["state"] == "posted")
    in_peoplesoft = {("PeopleSoft", "USD"): 9, ("PeopleSoft", "GBP"): 4, ("PeopleSoft", "EUR"): 4}
    assert posted == {**in_peoplesoft, ("Fusion", "CAD"): 4}
    journals = [one for row in rows.values() for one in row["journals"].split(", ") if one]
    assert len(set(journals)) == len(journals)
    assert f"{shipped} orders of amazon_ca are billed and 0 refunds of them credited" in done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in secrets)
    assert not elsewhere.exists()
    assert not list(tmp_path.glob("connector-demo-*"))
