"""A connection with a product catalogue: invoices take account, cost center and rule from it, unknown products wait."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ledger.catalogue import load_catalogue
from ledger.errors import MappingRefused
from ledger.order_documents import INVOICE
from tests.road.billing_rig import DAYS, billing, fetched, made, verdict
from tests.road.conftest import World
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_receivables import invoices

HEAD = "sku,category,revenue.account,revenue.department,accounting_rule.name,accounting_rule.periods\n"
BOTTLES = "TRAIL-BOTTLE-*,,400110,10000,,\n"
POLES = "TREKKING-POLES-PAIR,,400120,,Monthly,12\n"
OTHERS = "*,,400100,,,\n"


def road_with(pod: Pod, text: str, run: str = "run-1", name: str = "products.csv", **books):
    """Return the road that bills with a catalogue."""
    return replace(billing(pod, run, **books), load_catalogue=lambda: load_catalogue(text, name))


def billed(world: World):
    """Return the invoices that were planned."""
    listed = world.stores.outbox.listing("amazon_us", limit=1_000)
    return [one.journal for one in listed if one.source.kind == INVOICE]


def accounts_of(journals, sku: str, kind: str = "revenue") -> set[str]:
    """Return where lines of a product stand."""
    return {
        str(line.account)
        for one in journals
        for line, item, category in zip(one.lines, one.billing.items, one.billing.kinds, strict=True)
        if (item, category) == (sku, kind)
    }


def test_each_product_is_billed_to_its_own_account_and_cost_center(world, pod):
    """Bottles, poles and the rest; shipping and promotions stay where the mapping has them."""
    road = road_with(pod, HEAD + BOTTLES + POLES + OTHERS)
    made(road, DAYS[:2])
    posted = fetched(road, "invoice_postings", DAYS[:2])
    assert [one.sentence for day in posted.values() for one in day.verdicts if not one.passed] == []
    journals = billed(world)
    assert accounts_of(journals, "TRAIL-BOTTLE-750") == {"01/account=400110;department=10000"}
    assert accounts_of(journals, "DRY-BAG-20L") == {"01/account=400100"}
    assert accounts_of(journals, "TREKKING-POLES-PAIR") == {"01/account=400120"}
    assert {key.rsplit("=")[-1] for key in accounts_of(journals, "TRAIL-BOTTLE-750", "promo_rebate")} <= {"410200"}
    assert all(one.is_balanced for one in journals)


def test_the_rule_of_a_class_stands_on_its_lines_in_the_pod(world, pod):
    """Poles are earned over a year from the day of shipment, everything else on the same invoice at once."""
    road = road_with(pod, HEAD + POLES + OTHERS)
    made(road, DAYS[:2])
    fetched(road, "invoice_postings", DAYS[:2])
    stored = [json.loads(one["BODY"]) for one in invoices(pod)]
    ruled = [one for one in stored if "InvoicingRule" in one]
    lines = [line for one in ruled for line in one["receivablesInvoiceLines"] if line["AccountingRule"] == "Monthly"]
    assert lines
    assert {line["Description"] for line in lines} == {"revenue TREKKING-POLES-PAIR"}
    assert all(one["AccountingDate"] in {line["RuleStartDate"] for line in lines} for one in ruled)
    assert 0 < len(ruled) < len(stored)


def test_a_product_that_is_not_in_the_file_stops_its_orders_and_no_others(world, pod):
    """Named with the line to paste; pasted and filled in, the orders are billed and the item ends."""
    known = "".join(f"{sku},,400100,,,\n" for sku in ("TRAIL-*", "CAMP-*", "DRY-*", "TENT-*", "TREKKING-*"))
    outcomes = made(road_with(pod, HEAD + known))
    documents = sum(one.facts["invoices"] for one in outcomes.values())
    held = [one for one in outcomes.values() if not verdict(one, "every_shipment_billed").passed]
    sentence = verdict(held[0], "every_shipment_billed").sentence
    assert "products.csv does not say revenue of product HEADLAMP-400LM" in sentence
    items = world.stores.review.listing()
    assert ({one.code for one in items}, {one.origin for one in items}) == (
        {"unmapped_product"},
        {"product HEADLAMP-400LM"},
    )
    assert all(one.cure.endswith("add it to products.csv: HEADLAMP-400LM,,,,,") for one in items)
    waiting = {order for one in items for order in one.details["orders"]}
    assert (len(waiting) > 0, documents > 0) == (True, True)
    after = made(road_with(pod, HEAD + known + "HEADLAMP-400LM,,400120,,,\n"))
    assert sum(one.facts["invoices"] for one in after.values()) == documents + len(waiting)
    assert world.items() == {}


def test_the_line_of_a_yaml_file_stands_on_a_line_of_its_own_as_it_is_pasted(world, pod):
    """Without its indentation it would be no entry of the file."""
    text = "version: 1\nproducts:\n  - {sku: [TRAIL-*, CAMP-*, DRY-*, TENT-*, TREKKING-*], revenue: '400100'}\n"
    made(replace(road_with(pod, HEAD), load_catalogue=lambda: load_catalogue(text, "products.yaml")))
    cures = {one.cure for one in world.stores.review.listing()}
    assert {one.splitlines()[-1] for one in cures} == {'  - {sku: "HEADLAMP-400LM", revenue: ""}'}
    assert all("add it, indented so, to products.yaml:\n" in one for one in cures)


def test_another_account_or_rule_after_posting_is_told_and_billed_no_second_time(world, pod):
    """Bottles move to another account, poles are earned at once: the day says which invoices differ, and in what."""
    first = road_with(pod, HEAD + POLES + OTHERS)
    made(first, DAYS[:2])
    fetched(first, "invoice_postings", DAYS[:2])
    before = len(invoices(pod))
    second = road_with(pod, HEAD + BOTTLES + OTHERS, "run-2")
    made(second, DAYS[:2])
    posted = fetched(second, "invoice_postings", DAYS[:2])
    changed = [verdict(one, "unchanged_since_posting") for one in posted.values()]
    rows = [row for one in changed for row in one.rows]
    assert not all(one.passed for one in changed)
    assert any("400110" in row["account"] for row in rows)
    assert any(row["text"].startswith("accounting rules revenue TREKKING-POLES-PAIR: Monthly from") for row in rows)
    assert len(invoices(pod)) == before


def test_without_a_catalogue_nothing_changes(world, pod):
    """The same documents, fingerprint by fingerprint, as with one that books everything where the mapping does."""
    made(billing(pod), DAYS[:1])
    fetched(billing(pod), "invoice_postings", DAYS[:1])
    plain = {one.key: one.fingerprint for one in billed(world)}
    outcomes = made(road_with(pod, HEAD + OTHERS, "run-2"), DAYS[:1])
    posted = fetched(road_with(pod, HEAD + OTHERS, "run-2"), "invoice_postings", DAYS[:1])
    assert all(verdict(one, "unchanged_since_posting").passed for one in posted.values())
    assert sum(one.facts["invoices"] for one in outcomes.values()) == len(plain)
    assert all("rules" not in one.content()["billing"] for one in billed(world))


def test_a_wrong_file_stops_the_day_with_file_and_line(world, pod):
    """Nothing is made of a day with a catalogue that cannot be read."""
    road = road_with(pod, HEAD + "A,,,,,\n")
    with pytest.raises(MappingRefused, match=r"products\.csv:2: sku: says nothing of these products"):
        made(road)
