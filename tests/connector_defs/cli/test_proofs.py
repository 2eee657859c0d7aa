"""`connector proofs`: what differs between a settlement and the other sources, whole, also through `connector sql`."""

from decimal import Decimal

import pytest

from connector_defs.cli.exit_codes import ExitCode

C = ("-c", "amazon_us")
CHECK = "orders_equal_settlement"


@pytest.fixture
def differing(copied_place) -> str:
    """Return a settlement of which thirty orders were sold for a cent less, and one proof waits."""
    from assets.proofs.proof_rows import keep as keep_rows
    from assets.proofs.proof_rows import shown
    from assets.settlements.staged_settlement import staged_settlement
    from assets.stages.outcome import keep
    from assets.stages.verdicts import StageResult, Verdict, nothing_compared
    from connector_defs.cli.opened import opened_road

    road, settlement_id = opened_road("amazon_us"), copied_place.posted
    rows = tuple(
        {"order": f"111-{number:07}-0000001", "settled": "10.00", "sold for": "9.99", "why": "the order is Shipped"}
        for number in range(30)
    )
    orders = Verdict(CHECK, False, "30 orders differ.", is_blocking=False, rows=rows)
    deposit = Verdict("deposit_equals_payout", False, "Not seen yet.", is_blocking=False, is_waiting=True)
    vat = nothing_compared("vat_equals_report", "No VAT transactions are read by this connection.")
    fees = Verdict("fees_are_invoiced", True, "Fees are invoiced.", is_blocking=False)
    keep_rows(staged_settlement(road, settlement_id), (orders,))
    keep(road, "source_proofs", settlement_id, StageResult(verdicts=(shown(orders), deposit, vat, fees)))
    road.stores.close()
    return settlement_id


def test_proofs_that_differ_are_listed_for_all_connections(differing, run, run_json) -> None:
    """How many rows each keeps, though a check shows the first ones only; the others on request."""
    ended = run("proofs")
    assert ended.exit_code == ExitCode.WAITS
    assert "Of 4 proofs, differs: 1, waits: 1, not compared: 1, agrees: 1." in ended.stdout
    [listed] = run_json("proofs", code=ExitCode.WAITS)["proofs"]
    assert (listed["settlement"], listed["proof"], listed["rows"]) == (differing, CHECK, 30)
    assert listed["says"].endswith("5 more rows in the table `source_proofs`: connector proofs SETTLEMENT.")
    every = run_json("proofs", "--all", *C, code=ExitCode.WAITS)["proofs"]
    assert [one["result"] for one in every] == ["differs", "waits", "not compared", "agrees"]


def test_a_settlements_differences_are_shown_whole_and_can_be_asked_for_by_sql(differing, run, run_json) -> None:
    """Thirty rows with their amounts; the same table by SQL."""
    document = run_json("proofs", differing, *C, code=ExitCode.WAITS)
    assert len(document["proofs"]) == 4
    assert len(document["rows"]) == 30
    first = document["rows"][0]
    assert {name: first[name] for name in ("order", "settled", "other", "difference", "currency")} == {
        "order": "111-0000000-0000001",
        "settled": "10.00",
        "other": "9.99",
        "difference": "0.01",
        "currency": "USD",
    }
    assert "111-0000029-0000001" in run("proofs", differing, *C).stdout
    query = "SELECT partition, check_name, count(*) AS n, sum(settled - other) AS left FROM source_proofs GROUP BY ALL"
    [asked] = run_json("sql", query)["rows"]
    assert (asked["partition"], asked["check_name"], asked["n"]) == (differing, CHECK, 30)
    assert Decimal(asked["left"]) == Decimal("0.30")


def test_one_proof_can_be_asked_for_by_name(differing, run, run_json) -> None:
    """What agrees or waits ends with zero; a name that is none is refused with those there are."""
    document = run_json("proofs", differing, "--check", "deposit_equals_payout", *C)
    assert [one["result"] for one in document["proofs"]] == ["waits"]
    assert document["rows"] == []
    refused = run("proofs", "--check", "orders_differ")
    assert refused.exit_code == ExitCode.REFUSED
    assert "orders_equal_settlement" in refused.stderr


def test_without_any_proof_it_says_so(copied_place, run) -> None:
    """Nothing was held against anything yet."""
    ended = run("proofs", *C)
    assert (ended.exit_code, ended.stdout.strip()) == (ExitCode.FINE, "No settlement was proved yet.")
