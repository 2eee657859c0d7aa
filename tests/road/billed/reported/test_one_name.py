"""A shipment has one invoice by report and by transaction, whatever is alike, set otherwise or lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from assets.sales.order_choices import invoices_by_order
from ledger.order_documents import is_of_report
from ledger.policy import Invoicing
from ledger.posting import PostingState
from tests.road.billed.reported.reported_rig import (
    ASSET,
    DAY,
    LATE,
    ORDER,
    REPORTED,
    billed,
    failing,
    lay,
    of,
    posted,
    tell_for,
    told_without,
)
from tests.road.billing_rig import (
    INVOICING,
    billing,
    fetched,
    made,
    retell,
    verdict,
)
from tests.road.conftest import World
from tests.road.test_fusion_receivables import invoices


def ship_twice(world: World, other: str = "OTHER", *, alike: bool = True) -> None:
    """Let the world send the order's parcel twice, the second one in a parcel of its own or with more in it."""
    for history in world.demo.amazon.world.histories.values():
        for order in [one for one in history.orders if one.order_id == ORDER]:
            lines = order.lines if alike else tuple(replace(one, quantity=one.quantity + 1) for one in order.lines)
            history.orders.append(replace(order, shipment_id=other, lines=lines))


def test_of_two_shipments_the_one_without_a_transaction_is_billed_by_the_report(told_whole, world, pod):
    """The other one by its transaction, which names its shipment; both once, and both found again."""
    ship_twice(world)
    road = billing(pod, invoicing=LATE)
    fetched(road, ASSET, REPORTED)
    for run in ("run-2", "run-3"):
        assert failing(posted(pod, run)) == []
    total, same = billed(pod, ORDER)
    assert (total == same, len(invoices_by_order(road, [ORDER])[ORDER]), world.items()) == (True, 2, {})


def test_of_two_alike_none_is_billed_by_the_report_while_one_transaction_names_neither(told_whole, world, pod):
    """Which of them it tells is not guessed: it is billed by its own name, the other one waits."""
    ship_twice(world)
    road = billing(pod, invoicing=LATE)
    fetched(road, ASSET, REPORTED)
    retell(world, DAY, "'' AS shipment_id")
    outcome = made(road, [DAY])[DAY]
    waits = verdict(outcome, "every_shipment_billed")
    assert (waits.passed, waits.is_waiting, "cannot be told apart" in waits.sentence) == (False, True, True)
    posted(pod, "run-2")
    assert len(billed(pod, ORDER)) == 1
    [one] = invoices_by_order(road, [ORDER])[ORDER]
    assert not is_of_report(one.source_id)


def test_a_transaction_that_may_be_of_either_billed_shipment_is_for_a_person(told_whole, world, pod):
    """Both were billed by the report; it names none of them: nothing is billed for it, and `dismiss` ends that."""
    ship_twice(world)
    road = billing(pod, invoicing=LATE)
    fetched(road, ASSET, REPORTED)
    told_without(world, [DAY], of(ORDER))
    assert failing(posted(pod, "run-2")) == []
    assert len(billed(pod, ORDER)) == 2
    lay(world, DAY, told_whole)
    retell(world, DAY, "'' AS shipment_id")
    made(road, [DAY])
    item = world.items()["shipment_unclear"]
    assert (ORDER in item.sentence, item.actions) == (True, ("retry", "dismiss"))
    posted(pod, "run-3")
    assert len(billed(pod, ORDER)) == 2
    world.resolve("shipment_unclear", "dismiss")
    assert verdict(made(road, [DAY])[DAY], "every_shipment_billed").passed


def test_what_was_billed_by_its_transaction_keeps_its_name_when_the_setting_comes(world, pod):
    """Switched on later, and off again: one invoice, and no word."""
    dated = {**INVOICING, "dated_by": "shipment_report"}
    fetched(billing(pod, invoicing=dated), ASSET, REPORTED)
    assert failing(posted(pod, "run-2", invoicing=dated)) == []
    before = billed(pod, ORDER)
    assert failing(posted(pod, "run-3")) == []
    assert failing(posted(pod, "run-4", invoicing=dated)) == []
    assert (billed(pod, ORDER), len(before), world.items()) == (before, 1, {})


def test_what_was_billed_by_the_report_keeps_its_name_when_the_setting_goes(told_whole, world, pod, by_report):
    """Its transaction comes when nothing is billed or dated by the report any more."""
    lay(world, DAY, told_whole)
    assert failing(posted(pod, "run-3", invoicing=INVOICING)) == []
    assert (billed(pod, ORDER), world.items()) == ([by_report], {})


def forget(world: World) -> None:
    """Lose what is known of documents, as an old copy of the control database has."""
    control = world.stores.outbox._control
    with control.transaction() as transaction:
        for table in ("outbox_contents", "outbox_documents", "outbox_sets"):
            transaction.exec_driver_sql(f"DELETE FROM {table}")


def test_records_that_were_lost_find_what_the_report_billed(told_whole, world, pod, by_report):
    """The transaction makes the same key, and what stands there is taken over."""
    forget(world)
    lay(world, DAY, told_whole)
    assert failing(posted(pod, "run-3")) == []
    assert (billed(pod, ORDER), world.items()) == ([by_report], {})


@pytest.mark.parametrize("together", [{}, {"import_from": 2, "line_context": "AMAZON"}], ids=["alone", "together"])
def test_records_that_were_lost_find_what_a_transaction_billed_before_the_setting(world, pod, together):
    """It stands under the transaction's name: a person is asked, and nothing is billed a second time."""
    dated = {**INVOICING, "dated_by": "shipment_report"}
    fetched(billing(pod, invoicing=dated), ASSET, REPORTED)
    posted(pod, "run-2", invoicing=dated)
    before = len(invoices(pod))
    forget(world)
    posted(pod, "run-3", receivables=together)
    assert len(invoices(pod)) == before
    assert "posting_unknown_document" in world.items()


def test_a_plan_that_was_not_sent_gives_way_to_the_transaction(told_whole, world, pod, road):
    """Planned by the report and not approved; then another price is told: one invoice, of that."""
    told_without(world, [DAY], of(ORDER))
    posted(pod, "run-2", approval="required")
    tell_for(world, told_whole, "20.00")
    posted(pod, "run-3")
    [total] = billed(pod, ORDER)
    documents = world.stores.outbox.listing("amazon_us", belongs_to=ORDER)
    assert sorted(str(one.state) for one in documents) == ["posted", "refused"]
    [posted_one] = [one for one in documents if one.state is PostingState.POSTED]
    assert posted_one.journal.lines[0].amount == total


def test_a_day_that_was_made_before_the_transaction_came_is_made_anew_before_it_is_posted(told_whole, world, pod, road):
    """Made by the report, then told on another day, then posted as it was made: the report bills it no more."""
    told_without(world, [DAY], of(ORDER))
    made(road, [DAY])
    lay(world, DAY + timedelta(days=1), told_whole, of(ORDER))
    retell(world, DAY + timedelta(days=1), "posted_at + INTERVAL 1 DAY AS posted_at")
    fetched(road, "invoice_postings", [DAY])
    assert billed(pod, ORDER) == []
    assert failing(posted(pod, "run-3", DAY + timedelta(days=1))) == []
    assert len(billed(pod, ORDER)) == 1


def test_two_names_of_one_shipment_are_never_both_sent(told_whole, world, pod, road):
    """Planned by two workers under both: the one that is wanted withdraws the other, and is the only one sent."""
    dated = {**INVOICING, "dated_by": "shipment_report"}
    posted(pod, "run-2", invoicing=dated, approval="required")
    told_without(world, [DAY], of(ORDER))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assets.sales.reported_shipments.planned_invoices", lambda road, orders: {})
        posted(pod, "run-3", approval="required")
    lay(world, DAY, told_whole)
    assert len(invoices_by_order(road, [ORDER])[ORDER]) == 2
    for run in ("run-4", "run-5"):
        posted(pod, run)
    assert len(billed(pod, ORDER)) == 1
    states = sorted(str(one.state) for one in world.stores.outbox.listing("amazon_us", belongs_to=ORDER))
    assert states == ["posted", "refused"]


def test_the_report_written_anew_again_and_again_is_waited_for(world, pod, road, monkeypatch):
    """Both have to be seen as they stood at one moment; else the day says so."""
    monkeypatch.setattr("assets.receivable_invoices.snapshot", lambda road, invoicing: None)
    [refused] = fetched(road, "receivable_invoices", [DAY]).values()
    assert "written anew again and again" in str(refused)


def test_the_setting_needs_the_date_of_the_report():
    """Else an invoice would have one date by the report, and another by its transaction."""
    with pytest.raises(ValidationError, match="needs dated_by: shipment_report"):
        Invoicing.model_validate({**LATE, "dated_by": "transaction"})
    with pytest.raises(ValidationError, match="amounts_from_report_after"):
        Invoicing.model_validate({**LATE, "amounts_from_report_after": 0})
