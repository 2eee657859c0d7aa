"""The source proofs in Dagster: a partition per settlement, run every morning for the young ones."""

from datetime import UTC, datetime

import dagster as dg

CONNECTION = "amazon_us"
JOB = f"{CONNECTION}_source_proofs"


def test_the_lineage_shows_what_a_settlement_is_held_against(dagster_place):
    """And nothing of the posting road depends on it."""
    graph = dagster_place.defs().resolve_asset_graph()
    node = graph.get(dg.AssetKey([CONNECTION, "source_proofs"]))
    assert {one.path[-1] for one in node.parent_keys} == {
        "settlement_lines",
        "financial_events",
        "orders",
        "fba_reimbursements",
        "settlement_summaries",
        "payouts",
        "fee_invoices",
        "bank_deposits",
    }
    assert node.child_keys == set()


def test_a_settlement_is_proved_in_its_partition(dagster_place):
    """Staged first; each check has a verdict, kept in our own store as well."""
    settlement_id = dagster_place.settlement_ids[0]
    dagster_place.run(settlement_id)
    job = dagster_place.defs().resolve_job_def(JOB)
    done = job.execute_in_process(instance=dagster_place.instance, partition_key=settlement_id)
    assert {one.check_name: one.passed for one in done.get_asset_check_evaluations()} == {
        "events_equal_settlement": True,
        "orders_equal_settlement": True,
        "shipped_orders_settled": True,
        "reimbursements_equal_settlement": True,
        "summary_equals_settlement": True,
        "deposit_equals_payout": True,
        "vat_equals_report": True,
        "fees_are_invoiced": True,
        "invoices_equal_settlement": True,
    }
    kept = {one.check for one in dagster_place.stores.verdicts.latest(CONNECTION, settlement_id)}
    assert {"orders_equal_settlement", "reimbursements_equal_settlement"} <= kept


def test_every_morning_the_young_settlements_are_held_against_the_others_once(dagster_place):
    """What is not staged waits until it is; a settlement is asked for once a day."""
    schedule = dagster_place.defs().resolve_schedule_def(f"{JOB}_schedule")
    with dg.build_schedule_context(instance=dagster_place.instance) as context:
        assert "No settlement" in schedule(context).skip_message
        dagster_place.run(dagster_place.settlement_ids[0])
        requests = schedule(context)
    day = datetime.now(UTC).date()
    assert [(one.partition_key, one.run_key) for one in requests] == [
        (dagster_place.settlement_ids[0], f"{dagster_place.settlement_ids[0]}:{day}")
    ]
