"""Units that came back: cost taken back once, at what was booked for the shipment, to the stock or to a loss."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from assets.audit.story import tell
from assets.review.approval import approve
from assets.stages.days import RefusedDay
from emulators import faults as general
from ledger.catalogue import load_catalogue
from ledger.cost_returns import KIND as COST_RETURN
from ledger.errors import ConfigurationRefused
from ledger.four_eyes import Decider
from tests.road.billing_rig import billing, fetched, verdict
from tests.road.products.returns_rig import (
    BACK,
    COSTED,
    NAME,
    came_back,
    costed,
    history,
    look,
    looks,
    moved,
    nothing_came_back,
    of_several,
    returning,
    told,
)
from tests.road.products.test_cost_postings import ALL, COST_OF, HEAD, shipped_units


@pytest.fixture(autouse=True)
def own_returns(world):
    """Let come back what a test says, and nothing else."""
    nothing_came_back(world)


def test_what_can_be_sold_goes_to_the_stock_and_the_rest_to_a_loss_once(world, pod):
    """At the unit cost that was booked, whatever the catalogue says by now; twice looked at, booked once."""
    units = costed(pod)
    order, sku = of_several(units)
    other, of_other = next((one, next(iter(of))) for one, of in sorted(units.items()) if one != order)
    came_back(world, order, sku)
    came_back(world, other, of_other, "CUSTOMER_DAMAGED")
    told(pod)
    dearer = {"text": HEAD + ALL.replace("4.255", "9")}
    done = looks(pod, **dearer)
    part, lost = (
        (COST_OF[count] / count).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        for count in (units[order][sku], units[other][of_other])
    )
    assert moved(pod) == sorted([(part, 0, -part), (0, lost, -lost)])
    assert {row["state"] for row in done.rows} == {"posted"}
    assert {row["date"] for row in done.rows} == {BACK[0].isoformat()}
    assert done.facts["returns"] == done.facts["documents"] == 2
    assert all(one.passed for one in done.verdicts), [one.sentence for one in done.verdicts if not one.passed]
    assert (pod.app.books.duplicates(), world.items()) == ({}, {})
    loads = pod.loads()
    looks(pod, **dearer)
    assert pod.loads() == loads
    [story] = [one for one in tell(world.stores, "amazon_us", order).stories if one.settlement_id == NAME]
    assert [one.source.kind for one in story.documents] == [COST_RETURN]


def test_all_units_of_a_shipment_come_back_to_what_was_booked_and_no_more(world, pod):
    """One by one to the cent; one more is a review item, and takes nothing back until a person says what it is."""
    units = costed(pod)
    order, sku = of_several(units)
    count = units[order][sku]
    for _ in range(count + 1):
        came_back(world, order, sku)
    told(pod)
    done = looks(pod)
    assert (len(moved(pod)), sum(one[0] for one in moved(pod))) == (count, COST_OF[count])
    item = world.items()["return_exceeds_cost"]
    assert f"the cost of {count} was booked, and {count} of them came back before" in item.sentence
    assert (item.partition, verdict(done, "every_return_booked").passed) == (NAME, False)
    world.resolve("return_exceeds_cost", "dismiss", "another order's unit: booked by hand")
    done = looks(pod)
    assert (len(moved(pod)), world.items()) == (count, {})
    assert verdict(done, "every_return_booked").passed


def test_a_loss_without_an_account_stops_that_return_with_the_line_to_paste(world, pod):
    """There is no default account; what can be sold goes, and the line ends the item."""
    units = costed(pod)
    (order, of), (other, of_other), *_ = sorted(units.items())
    came_back(world, order, next(iter(of)), "DEFECTIVE")
    came_back(world, other, next(iter(of_other)))
    told(pod)
    done = looks(pod, loss="")
    assert [(one[1], one[0] > 0) for one in moved(pod)] == [(0, True)]
    item = world.items()["inventory_loss_account"]
    assert f"returns of {BACK[0]} of orders {order} are not booked" in item.sentence
    assert item.cure.endswith('add it to mapping.yaml under accounts: inventory_loss: ""')
    assert not verdict(done, "every_return_booked").passed
    done = looks(pod)
    assert (len(moved(pod)), world.items(), verdict(done, "every_return_booked").passed) == (2, {}, True)


def test_a_condition_nobody_knows_is_a_loss(world, pod):
    """Only what Amazon calls sellable goes back to the stock."""
    order, of = sorted(costed(pod).items())[0]
    came_back(world, order, next(iter(of)), "MOON_DUST")
    told(pod)
    looks(pod)
    assert [one[0] for one in moved(pod)] == [0]


def test_a_return_of_what_was_never_costed_is_told_and_not_booked(world, pod):
    """An order of before, a product it never held, no order at all: no document, and nobody has to act."""
    order, _ = sorted(costed(pod).items())[0]
    came_back(world, "111-0000009-0000009", "MUG")
    came_back(world, order, "NO-SUCH-PRODUCT")
    came_back(world, "", "MUG")
    told(pod)
    done = looks(pod)
    booked = verdict(done, "every_return_booked")
    assert (booked.passed, done.rows_total, moved(pod), world.items()) == (True, 0, [], {})
    assert "3 take nothing back: their cost is not booked here" in booked.sentence
    assert {row["why it is not booked"] for row in booked.rows} == {"its cost is not booked here"}


def test_returns_begin_with_the_day_that_is_set(world, pod):
    """What came back before was booked by hand."""
    order, of = sorted(costed(pod).items())[0]
    came_back(world, order, min(of))
    told(pod)
    since = {"shipped_from": "2026-09-01", "returned_from": (BACK[0] + timedelta(days=1)).isoformat()}
    booked = verdict(looks(pod, cost_of_goods=since), "every_return_booked")
    assert (booked.passed, moved(pod)) == (True, [])
    assert booked.rows[0]["why it is not booked"] == "it came back before returned_from"
    looks(pod, cost_of_goods=since | {"returned_from": BACK[0].isoformat()})
    assert len(moved(pod)) == 1


def test_a_return_waits_until_its_cost_is_posted(world, pod):
    """Planned only: there is nothing yet to take back; it goes by itself afterwards."""
    two = {"approval": "required"}
    fetched(returning(pod, "cost-1", **two), "cost_postings", COSTED)
    order, of = sorted(shipped_units(world, COSTED).items())[0]
    came_back(world, order, next(iter(of)))
    told(pod)
    done = look(pod)
    booked = verdict(done, "every_return_booked")
    assert (booked.passed, booked.is_waiting, done.rows_total) == (False, True, 0)
    assert "is not posted yet: planned" in booked.rows[0]["why it is not booked"]
    [due] = [one for one in world.stores.due.listing("amazon_us") if one.partition == NAME]
    assert due.at <= world.clock.now() + timedelta(days=1)
    approve(returning(pod, **two), f"cost_postings-{COSTED[0]}", Decider("maria"), "looked at it")
    costed(pod)
    done = looks(pod)
    assert (len(moved(pod)), verdict(done, "every_return_booked").passed) == (1, True)


def test_a_lost_answer_takes_nothing_back_twice(world, pod):
    """Sent, taken, unanswered: it is found by its key."""
    order, of = sorted(costed(pod).items())[0]
    came_back(world, order, next(iter(of)))
    told(pod)
    pod.faults.next("importBulkData", general.dropped(after=True))
    for number in range(3):
        done = look(pod, f"run-{number}")
        world.clock.advance(4_000)
    assert {row["state"] for row in done.rows} == {"posted"}
    assert (len(moved(pod)), pod.app.books.duplicates()) == (1, {})


def test_another_condition_after_posting_is_told_and_nothing_is_sent(world, pod):
    """Amazon looked again: the difference and the commands that undo and book it anew."""
    order, of = sorted(costed(pod).items())[0]
    record = came_back(world, order, next(iter(of)))
    told(pod)
    looks(pod)
    loads = pod.loads()
    history(world).returns[:] = [replace(record, disposition="DEFECTIVE")]
    told(pod)
    done = looks(pod)
    assert not verdict(done, "unchanged_since_posting").passed
    item = world.items()["changed_after_posting"]
    assert f"A return of order {order} is otherwise now" in item.sentence
    assert f"connector reverse {order}." in item.cure
    assert pod.loads() == loads
    world.resolve("changed_after_posting", "keep", "it went to the outlet")
    done = looks(pod)
    assert (verdict(done, "unchanged_since_posting").passed, world.items()) == (True, {})


def test_a_return_that_is_told_on_two_days_is_booked_once(world, pod):
    """By its label: Amazon is known to give one return several dates."""
    order, sku = of_several(costed(pod))
    record = came_back(world, order, sku)
    history(world).returns.append(replace(record, returned=record.returned - timedelta(days=2)))
    days = [BACK[0] - timedelta(days=2), *BACK]
    world.clock.advance(5 * 3600)
    fetched(returning(pod), "fba_returns", [days[0], days[0] + timedelta(days=1), days[1]])
    for run in ("run-1", "run-2"):
        first, second = fetched(returning(pod, run), "return_postings", days).values()
        world.clock.advance(60)
    assert (first.rows_total, second.rows_total, len(moved(pod))) == (1, 0, 1)
    assert all(one.passed for one in (*first.verdicts, *second.verdicts))
    assert f"booked with return_postings-{days[0]}" in str(verdict(second, "every_return_booked").rows)


def test_units_without_a_label_are_told_apart(world, pod):
    """Two that came back in the same second at the same place are two, and stay the same two."""
    order, sku = of_several(costed(pod))
    record = came_back(world, order, sku, license_plate="")
    history(world).returns.append(record)
    told(pod)
    looks(pod)
    assert len(moved(pod)) == 2
    told(pod)
    done = looks(pod)
    assert (len(moved(pod)), world.items(), all(one.passed for one in done.verdicts)) == (2, {}, True)


def test_a_return_told_late_changes_none_that_is_booked(world, pod):
    """Two of three units at 4.26 and 4.25: which of them came first is nobody's to say, and no alarm."""
    units = costed(pod)
    order, sku = of_several(units, 3)
    record = came_back(world, order, sku)
    told(pod)
    looks(pod)
    came_back(world, order, sku, returned=record.returned - timedelta(hours=9))
    told(pod)
    done = looks(pod)
    assert (len(moved(pod)), world.items()) == (2, {})
    assert verdict(done, "unchanged_since_posting").passed


def test_a_day_of_returns_waits_for_one_word_of_another_person(world, pod):
    """Planned together, approved together, by the day's name."""
    order, of = sorted(costed(pod).items())[0]
    came_back(world, order, next(iter(of)))
    told(pod)
    waits = look(pod, approval="required")
    assert {row["state"] for row in waits.rows} == {"planned"}
    [item] = world.stores.review.listing()
    assert (item.code, item.partition) == ("approval_needed", NAME)
    assert "1 journals of returned cost are planned" in item.sentence
    assert len(approve(returning(pod, approval="required"), NAME, Decider("maria"), "as told")) == 1
    done = looks(pod, approval="required")
    assert ({row["state"] for row in done.rows}, len(moved(pod))) == ({"posted"}, 1)


def test_a_closed_period_holds_the_return(world, pod):
    """As it holds any journal."""
    order, of = sorted(costed(pod).items())[0]
    came_back(world, order, next(iter(of)))
    told(pod)
    loads = pod.loads()
    pod.period("Nov-26", "C")
    done = look(pod)
    assert not verdict(done, "gate").passed
    assert (pod.loads(), {one.code for one in world.stores.review.listing()}) == (loads, {"period_closed"})


def test_a_stock_that_cannot_be_told_stops_that_return(world, pod):
    """The journal took stock from two accounts, and the catalogue has no word for the product any more."""
    units = shipped_units(world, COSTED)
    order, of = next((one, of) for one, of in sorted(units.items()) if len(of) > 1)
    sku, other = sorted(of)[:2]
    two = HEAD + ALL.replace("*", sku).replace("140100", "110800") + ALL
    costed(pod, text=two)
    came_back(world, order, sku)
    told(pod)
    done = look(pod, text=two.replace("110800", "140200"))
    assert list(world.items()) == ["return_unclear"]
    assert f"{sku} of order {order} came back" in world.items()["return_unclear"].sentence
    assert (done.rows_total, other in of) == (0, True)
    looks(pod, text=two)
    assert world.items() == {}
    assert [one[2] < 0 for one in moved(pod)] == [True]


def test_peoplesoft_takes_the_same_journals(world, pod):
    """A journal is a journal."""
    books = {"catalogue": "p.csv", "cost_of_goods": {"shipped_from": "2026-09-01"}, "month_end": "accrue"}
    catalogue = load_catalogue(HEAD + "*,600950,110800,4.255,USD,\n", "p.csv")

    def road(run: str):
        made = world.road("amazon_us", run, approval="automatic", **books)
        return replace(made, load_catalogue=lambda: catalogue)

    order, of = sorted(shipped_units(world, COSTED).items())[0]
    came_back(world, order, next(iter(of)))
    told(pod)
    for run in ("run-1", "run-2"):
        fetched(road(run), "cost_postings", COSTED)
        world.clock.advance(600)
    for run in ("run-3", "run-4"):
        [made] = fetched(road(run), "return_postings", BACK).values()
        world.clock.advance(600)
    assert ([row["state"] for row in made.rows], world.items()) == (["posted"], {})
    [document] = [one for one in world.stores.outbox.listing("amazon_us", partition=NAME) if one.erp_id]
    assert [(one.account.account, one.amount > 0) for one in document.journal.lines] == [
        ("110800", True),
        ("600950", False),
    ]
    assert verdict(made, "read_back_equals_journal").passed


def test_it_is_off_unless_cost_is_booked_and_asks_for_the_report_of_its_day(world, pod):
    """A sentence for either."""
    with pytest.raises(ConfigurationRefused, match="books no cost of goods"):
        fetched(billing(pod), "return_postings", BACK)
    [refused] = fetched(returning(pod), "return_postings", BACK).values()
    assert isinstance(refused, RefusedDay)
    assert "connector fetch fba_returns" in refused.sentence
