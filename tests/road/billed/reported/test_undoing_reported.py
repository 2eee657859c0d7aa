"""An invoice of the report undone and billed again, when its transaction has come on another day by then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assets.posting.document_sets import revisions_of
from assets.undo.order_reversals import made_again, order_sources, plan_order_reversal, repost_order
from assets.undo.reversals import apply_reversal
from ledger.four_eyes import Decider
from tests.road.billed.reported.reported_rig import DAY, LATE, ORDER, billed, failing, lay, of, posted
from tests.road.billing_rig import billing, retell
from tests.road.test_fusion_receivables import invoices


@pytest.mark.parametrize("later", [None, 0, 6], ids=["never told", "told on its day", "told later"])
def test_an_invoice_of_the_report_is_undone_and_billed_again_once(told_whole, world, pod, by_report, later):
    """Whoever tells of the shipment by then: credited whole, kept out, and billed anew by a person's word."""
    day = DAY + timedelta(days=later or 0)
    if later is not None:
        lay(world, day, told_whole, of(ORDER) if later else "true")
    if later:
        world.clock.advance(later * 24 * 3600)
        retell(world, day, f"posted_at + INTERVAL {later} DAY AS posted_at")
    road = billing(pod, "run-3", invoicing=LATE)
    [source] = order_sources(road, ORDER)
    apply_reversal(road, plan_order_reversal(road, source, frozenset()), "wrong account")
    for run in ("run-4", "run-5"):
        for each in dict.fromkeys((DAY, day)):
            posted(pod, run, each)
        world.clock.advance(3600)
    assert [str(one.state) for one in revisions_of(road, source)] == ["reversed"]
    assert billed(pod, ORDER) == [by_report]

    assert len(made_again(road, source).journals) == 1
    repost_order(road, source, Decider("maria"), "account corrected")
    for run in ("run-6", "run-7"):
        for each in dict.fromkeys((DAY, day)):
            posted(pod, run, each)
        world.clock.advance(3600)
    assert [f"{one.revision} {one.state}" for one in revisions_of(road, source)] == ["1 reversed", "2 posted"]
    assert billed(pod, ORDER) == [by_report, by_report]
    numbers = [one["NUMBER"] for one in invoices(pod) if ORDER in one["BODY"]]
    assert len(set(numbers)) == 2
    assert failing(posted(pod, "run-8")) == []
