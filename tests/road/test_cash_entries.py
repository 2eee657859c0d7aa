"""The receipt of a payout booked by the connector: once, on value date, and never beside somebody else's."""

from datetime import date
from decimal import Decimal

from assets.cash_sources import cash_sets
from tests.road.cash_rig import BANK, CLEARING, book, cash_in_books, cash_road, hand_in, item, posted, stage, verdict
from tests.road.conftest import sale

ONE = "24000000001"
RECEIVED = "2026-11-11,100.00,AMAZON PAYOUT"


def test_a_receipt_closes_the_item_on_its_value_date_and_is_read_back(world) -> None:
    """Dr bank / Cr clearing[S]; walking again sends nothing more, and the proof names the entry that closed the item."""
    road = cash_road(world)
    posted(world, road, ONE, sale())
    assert book(road, ONE).facts["cash"] == "waits for the bank"
    hand_in(world, road, RECEIVED)
    creates = world.creates()
    result = book(road, ONE)
    assert all(one.passed for one in result.verdicts), result.verdicts
    amount = Decimal("100.00")
    assert cash_in_books(world) == [
        [(BANK, "", "USD", amount, amount), (CLEARING, item(ONE), "USD", -amount, -amount)]
    ]
    [[entry]] = cash_sets(road, ONE)
    assert entry.journal.accounting_date == date(2026, 11, 11)
    for _ in range(2):
        book(road, ONE)
    proved = stage(road, "reconciliations", ONE)
    assert all(one.passed for one in proved.verdicts), proved.verdicts
    assert proved.facts["closed by"] == f"{entry.erp_id} of 2026-11-11"
    assert proved.facts["open item now"] == 0
    assert "exactly once" in verdict(proved, "cash_entry_in_books").sentence
    assert world.creates() == creates + 1
    assert world.items() == {}
