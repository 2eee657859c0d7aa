"""Cost of what Amazon sent once more: on the day it was shipped, once, whoever else tells of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from assets.sales import costed_shipments
from emulators.amazon.history import ReplacementRecord
from ledger.mapping import load_mapping
from tests.road.billing_rig import DAYS, fetched, verdict
from tests.road.conftest import World
from tests.road.fusion_rig import Pod
from tests.road.products.returns_rig import US, history, returning
from tests.road.products.test_cost_postings import COST_OF, costs_in, shipped_units

DAY = DAYS[2:3]
AGAIN = "113-7654321-7654321"


@pytest.fixture(autouse=True)
def _later(world) -> None:
    """Let the access token of the home it was copied from run out."""
    world.clock.sleep(2 * 3600)


def sent_again(world: World, order: str = AGAIN, units: int = 1, day=DAY[0], **changes) -> None:
    """Let Amazon send a replacement."""
    moment = datetime.combine(day, time(16), UTC)
    plain = ReplacementRecord(order, "113-0000001-0000001", US, moment, "TRAIL-BOTTLE-750", "B0DEMO0001", units)
    history(world).replacements.append(replace(plain, **changes))


def looks(pod: Pod, run: str = "run-1", days=DAY, **books):
    """Read what was sent again, and book the cost of the days."""
    road = returning(pod, run, **books)
    fetched(road, "fba_replacements", days)
    return fetched(road, "cost_postings", days)


def orders(result) -> Counter:
    """Return how many documents each order has."""
    return Counter(row["order"] for row in result.rows)


def test_a_replacement_without_a_transaction_carries_cost_once(world, pod):
    """On the day it was shipped; with each product of it, and with the shipments of the day beside it."""
    sent_again(world, units=2)
    for run in ("run-1", "run-2", "run-3"):
        [result] = looks(pod, run).values()
        world.clock.advance(600)
    assert {row["state"] for row in result.rows} == {"posted"}
    [own] = [row for row in result.rows if row["order"] == AGAIN]
    assert (own["cost"], own["date"]) == ("8.51", str(DAY[0]))
    wanted = [sum(COST_OF[count] for count in units.values()) for units in shipped_units(world, DAY).values()]
    assert sorted(costs_in(pod)) == sorted([*wanted, COST_OF[2]])


def test_what_a_transaction_has_booked_is_not_booked_by_the_report(world, pod):
    """Told as a replacement only afterwards, it stays as it is."""
    [first] = fetched(returning(pod), "cost_postings", DAY).values()
    order = first.rows[0]["order"]
    sent_again(world, order)
    [result] = looks(pod, "run-2").values()
    assert orders(result) == orders(first)
    assert "1 more carry it by something else" in verdict(result, "every_shipment_costed").sentence


def test_a_transaction_of_what_the_report_tells_books_nothing(world, pod):
    """The report has the word of it, whenever the transaction is kept."""
    order = next(iter(shipped_units(world, DAY)))
    sent_again(world, order)
    for run in ("run-1", "run-2"):
        [result] = looks(pod, run).values()
        world.clock.advance(600)
    assert orders(result)[order] == 1
    [own] = [row for row in result.rows if row["order"] == order]
    assert own["cost"] == "4.26"


def test_a_race_between_both_books_one_of_them(world, pod, monkeypatch):
    """Whoever did not know of the other looks again when it sends: nothing goes beside what is planned."""
    order = next(iter(shipped_units(world, DAY)))
    sent_again(world, order)
    looks(pod, approval="required")
    monkeypatch.setattr(costed_shipments, "left_to_others", lambda road, own, day: set())
    [result] = fetched(returning(pod, "run-2"), "cost_postings", DAY).values()
    states = {row["state"] for row in result.rows if row["order"] == order}
    assert states <= {"planned", "approved"}
    assert len(states) >= 1
    assert sum(row["state"] == "posted" for row in result.rows if row["order"] == order) == 0


def test_a_second_parcel_is_told_and_not_booked(world, pod):
    """Nothing is lost: the item names order and day."""
    days = [DAY[0], DAY[0] + timedelta(days=1)]
    sent_again(world)
    sent_again(world, day=days[1])
    looks(pod)
    world.clock.sleep(5 * 3600)  # Amazon makes the report anew every four hours
    _, later = looks(pod, "run-2", days).values()
    [told] = [one for one in verdict(later, "every_shipment_costed").findings if one.code == "units_unknown"]
    assert "left in several parcels: its cost is booked as cost_postings-" in told.sentence
    assert AGAIN not in orders(later)


def test_where_owners_differ_the_order_says_in_which_marketplace_it_was_sent(world, pod):
    """Without the order it waits; never to the wrong owner."""
    sent_again(world)
    road = returning(pod)
    text = pod.connection().mapping_path.read_text(encoding="utf-8")
    owners = 'owner:\n  unit: "01"\n  marketplaces:\n    Amazon.ca: {unit: "01"}\n'
    several = load_mapping(text.replace('owner:\n  unit: "01"\n', owners), "mapping.yaml")
    fetched(road, "fba_replacements", DAY)
    [result] = fetched(replace(road, load_mapping=lambda: several), "cost_postings", DAY).values()
    [told] = [one for one in verdict(result, "every_shipment_costed").findings if one.code == "no_marketplace"]
    assert AGAIN in told.sentence
    assert AGAIN not in orders(result)


@pytest.mark.parametrize("changes", [{"order_id": ""}, {"sku": ""}])
def test_one_that_names_no_order_or_product_is_told(world, pod, changes):
    """It can be booked by nobody but a person."""
    sent_again(world, **changes)
    road = returning(pod)
    [result] = fetched(road, "fba_replacements", DAY).values()
    assert "1 replacements name no order or no product" in verdict(result, "replacements_named").sentence
    [costed] = fetched(road, "cost_postings", DAY).values()
    assert AGAIN not in orders(costed)
