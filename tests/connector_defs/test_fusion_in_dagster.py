"""A connection to Fusion as Dagster runs it: the road of one settlement, from its file to the posted batch."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import dagster as dg

from assets.settlement_reports import import_file
from connector_defs import resources as dagster_resources
from connector_defs.connections import connection, open_stores, open_vault
from connector_defs.demo.place import environment
from emulators.amazon.settlement_writer import US, Row, Settlement, write_v2
from emulators.fusion.app import build_app
from emulators.fusion.demo_site import DEMO_CLIENT, DEMO_SECRET, SOURCE, US_LEDGER, demo_site
from emulators.serve import serve
from tests.fusion_connection import AT_ONCE, write_connection

NAME = "fusion_us"
ONE = "24000000001"


def one_sale(start: datetime) -> Settlement:
    """Return a settlement of one sale, a day long."""
    facts = {"order_id": "111-0000001-0000001", "marketplace_name": "Amazon.com", "fulfillment_id": "AFN"}
    row = Row("Order", "ItemPrice", "Principal", Decimal("100.00"), start, sku="SKU-1", quantity=1, **facts)
    return Settlement(ONE, start, start + timedelta(days=1), "USD", (row,))


def test_a_run_posts_a_settlement_into_fusion(tmp_path):
    """Every asset materializes and every check passes; one posted batch stands in the books."""
    now = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    settlement = one_sale(now - timedelta(days=3))
    with ExitStack() as stack:
        app = build_app(demo_site(now.date(), timing=AT_ONCE))
        stack.callback(app.close)
        url = stack.enter_context(serve({"": app}, 0)).url
        home = tmp_path / "home"
        project = write_connection(tmp_path, home, NAME, base_url=url, token_url=f"{url}/oauth2/v1/token")
        stack.enter_context(environment({"CONNECTOR_PROJECT": str(tmp_path), "CONNECTOR_HOME": str(home)}))
        vault = open_vault(project)
        secrets = {"fusion_client_id": DEMO_CLIENT, "fusion_client_secret": DEMO_SECRET}
        secrets |= dict.fromkeys(("amazon_client_id", "amazon_client_secret", "amazon_us_refresh_token"), "not-asked")
        for name, value in secrets.items():
            vault.set(name, value)
        road = connection(project, NAME).road(open_stores(project), vault)
        path = tmp_path / "settlement.txt"
        path.write_bytes(write_v2(settlement, US))
        import_file(road, path)
        road.stores.close()
        from connector_defs.definitions import loaded

        stack.callback(dagster_resources.close_all)
        instance = stack.enter_context(dg.DagsterInstance.ephemeral())
        instance.add_dynamic_partitions(f"{NAME}_settlements", [ONE])
        job = loaded().resolve_job_def(f"{NAME}_settlement_road")
        result = job.execute_in_process(instance=instance, partition_key=ONE)
        assert result.success
        checks = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
        assert [name for name, passed in checks.items() if not passed] == []
        (batch,) = (one for one in app.books.batches(US_LEDGER) if one.source == SOURCE)
        assert (batch.status, app.books.duplicates()) == ("P", {})


def test_a_run_matches_master_data(tmp_path):
    """Only where the settings say where it is: one asset beside the road, with its checks and an hourly schedule."""
    with ExitStack() as stack:
        app = build_app(demo_site(datetime.now(UTC).date(), timing=AT_ONCE))
        stack.callback(app.close)
        url = stack.enter_context(serve({"": app}, 0)).url
        home, asked = tmp_path / "home", {"base_url": url, "token_url": f"{url}/oauth2/v1/token"}
        project = write_connection(tmp_path, home, NAME, **asked, master_data={"item_organization": "V1"})
        write_connection(tmp_path, home, "fusion_other", **asked)
        stack.enter_context(environment({"CONNECTOR_PROJECT": str(tmp_path), "CONNECTOR_HOME": str(home)}))
        vault = open_vault(project)
        vault.set("fusion_client_id", DEMO_CLIENT)
        vault.set("fusion_client_secret", DEMO_SECRET)
        from connector_defs.definitions import loaded

        stack.callback(dagster_resources.close_all)
        defs = loaded()
        keys = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
        assert {one for one in keys if one.endswith("/master_data")} == {f"{NAME}/master_data"}
        assert f"{NAME}_master_data_schedule" in {one.name for one in defs.schedules or ()}
        instance = stack.enter_context(dg.DagsterInstance.ephemeral())
        result = defs.resolve_job_def(f"{NAME}_master_data").execute_in_process(instance=instance)
        assert result.success
        checks = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
        assert len(checks) == 4
        assert all(checks.values())
