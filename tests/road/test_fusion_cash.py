"""The receipt of a payout booked by the connector at a Fusion pod: once, on value date, closing the item."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from assets.bank.cash_sources import cash_sets
from assets.road import walk
from emulators import faults
from ledger.mapping import load_mapping
from ledger.references import reference
from resources.bank.settings import BankSettings
from tests.road.cash_rig import book, hand_in, stage
from tests.road.conftest import World, sale
from tests.road.fusion_rig import Pod
from tests.road.test_posting_road import ONE

BANK = '  bank: {account: "100100", account_ending: "6789"}\n'
LAYOUT = {"booking_date": "Date", "amount": "Amount", "in_currency": "USD", "account_tail": "6789", "text": "Text"}
D = Decimal


def receiving(pod: Pod, run: str = "run-1"):
    """Return the road that books receipts itself."""
    road = pod.road(run, bank_receipt="connector", month_end="none")
    text = pod.connection().mapping_path.read_text().replace("accounts:\n", f"accounts:\n{BANK}")
    bank = BankSettings.model_validate({"csv": {"us": LAYOUT}})
    return replace(road, bank=bank, load_mapping=lambda: load_mapping(text, "mapping.yaml"))


def test_a_receipt_is_booked_once_and_closes_the_item(world: World) -> None:
    """Dr bank / Cr clearing[S]; an answer that was lost on the way makes no second one."""
    pod = Pod(world)
    road = receiving(pod)
    world.take_in(road, ONE, sale())
    for number in range(3):
        walk(receiving(pod, f"post-{number}"), ONE)
        world.clock.advance(60)
    assert set(world.states(road, ONE)) == {"posted"}
    hand_in(world, road, "2026-11-11,100.00,AMAZON PAYOUT")
    pod.faults.at("importBulkData", pod.loads() + 1, faults.dropped(after=True))
    for number in range(5):
        result = book(receiving(pod, f"cash-{number}"), ONE)
        world.clock.advance(7200)
    assert all(one.passed for one in result.verdicts), result.verdicts
    [[entry]] = cash_sets(road, ONE)
    assert (entry.state, entry.journal.accounting_date) == ("posted", date(2026, 11, 11))
    pod.assert_in_books("100.00", "-100.00")
    [batch] = [one for one in pod.batches() if one.name.startswith(entry.erp_id)]
    lines = [
        (one.account.split("-")[2], one.fields["RECONCILIATION"], one.amount) for one in pod.app.books.lines(batch.id)
    ]
    assert sorted(lines) == [("100100", "", D("100.00")), ("110500", reference(ONE), D("-100.00"))]
    proved = stage(receiving(pod, "proof"), "reconciliations", ONE)
    assert all(one.passed for one in proved.verdicts), proved.verdicts
    assert proved.facts["closed by"] == f"{entry.erp_id} of 2026-11-11"
    assert proved.facts["open item now"] == 0
