"""What is not told yet: a day without events or invoices, and a settlement of which nobody can say what was shipped."""

import pytest

from assets.road import walk
from tests.road.billing_rig import DAYS, INVOICING, SETTLED_SINCE, billing, fetched, settled, verdict
from tests.road.fusion_rig import Pod
from tests.road.test_posting_road import ONE


@pytest.fixture
def pod(world) -> Pod:
    """The demo pod on the world's clock."""
    return Pod(world)


def test_without_events_or_invoices_a_day_says_what_to_fetch(pod):
    """Nothing is made of a day that nobody has told, and nothing posted of one that was not made."""
    road = billing(pod)
    [unmade] = fetched(road, "invoice_postings", DAYS[:1]).values()
    assert "connector fetch receivable_invoices" in unmade.sentence
    [untold] = fetched(road, "receivable_invoices", DAYS[:1]).values()
    assert "connector fetch financial_events" in untold.sentence


def test_events_that_are_missing_hold_a_settlement_with_the_days(world, pod):
    """Whether an order was shipped since cannot be told: it waits, and says what to fetch."""
    road = billing(pod, invoicing={**INVOICING, "shipped_from": SETTLED_SINCE})
    settled(world, road, "111-0000001-0000001", "50.00")
    walked = walk(road, ONE)
    said = verdict(walked.results["erp_postings"], "gate")
    assert not said.passed
    assert f"connector fetch financial_events --from {SETTLED_SINCE}" in said.sentence
    assert world.documents(road, ONE) == []
