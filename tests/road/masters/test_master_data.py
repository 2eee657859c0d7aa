"""Masters of a pod matched to what was sold: every kind of match, what changes, and what an empty answer proves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assets.master_data import ASSET, UNTOLD, match_masters
from assets.sales.master_tables import ITEMS_TABLE, PRODUCTS_TABLE, WHOLE, read_table
from assets.stages.verdicts import StageResult
from emulators import faults
from emulators.amazon.world import FINANCE_ROLE
from emulators.fusion.demo_site import CLIENT_WITHOUT_DATA
from emulators.fusion.inventory import Item
from ledger.errors import ConfigurationRefused, TargetUnavailable
from tests.road.billing_rig import INVOICING, verdict
from tests.road.conftest import START
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_receivables import RECEIVABLES

MASTERS = {"item_organization": "V1", "cross_reference": "ItemDFF.marketplaceReference"}
SEEN, CUSTOMERS, ITEMS, PRODUCTS = (
    "masters_seen",
    "bill_to_customers_exist",
    "sold_products_have_items",
    "catalog_knows_products",
)
CALL = "searchCatalogItems"


def road(pod: Pod, *, bill_to: dict[str, str] | None = None, **masters):
    """Return a road that reads master data."""
    invoicing = {**INVOICING, "bill_to": bill_to or INVOICING["bill_to"]}
    return pod.road(fusion={"receivables": RECEIVABLES, "master_data": {**MASTERS, **masters}}, invoicing=invoicing)


def results(result: StageResult) -> dict[str, str]:
    """Return name -> result of every row."""
    return {row["name"]: row["result"] for row in result.rows}


def catalog_calls(pod: Pod) -> int:
    """Count what was asked of Amazon's catalog."""
    return [one.operation for one in pod.world.demo.amazon.exchanges].count(CALL)


def test_every_kind_of_match_is_told(pod):
    """By number, by the ASIN that the ERP keeps, nearly, and not at all; the worst comes first."""
    result = match_masters(road(pod))
    rows = {row["name"]: row for row in result.rows}
    assert rows["TRAIL-BOTTLE-750"]["matched_by"] == "item number"
    assert (rows["DRY-BAG-20L"]["erp_number"], rows["DRY-BAG-20L"]["matched_by"]) == ("4711-DB", "ASIN as reference")
    assert (rows["CAMP-MUG-350-GREY"]["result"], rows["CAMP-MUG-350-GREY"]["erp_number"]) == (
        "near match",
        "camp mug 350 grey",
    )
    assert rows["TENT-PEG-SET-12"]["result"] == "miss"
    assert (rows["Amazon.com"]["result"], rows["Amazon.com"]["status"]) == ("match", "not shown")
    assert [row["result"] for row in result.rows][:2] == ["miss", "near match"]
    assert [one.check for one in result.verdicts if not one.passed] == [ITEMS]
    words = "2 of 8 products that were sold have no item that can be used (1 miss, 1 near match): "
    assert verdict(result, ITEMS).sentence == f"{words}TENT-PEG-SET-12, CAMP-MUG-350-GREY."
    assert not any(one.stops for one in result.verdicts)


def test_what_came_of_it_is_a_table_of_the_warehouse(pod):
    """And the same again is no new version."""
    found = road(pod)
    result = match_masters(found)
    version = pod.world.stores.warehouse.current("amazon_us", ASSET, WHOLE)
    assert version.id == result.version
    assert {row["name"]: row["result"] for row in read_table(found, version)} == results(result)
    again = match_masters(found)
    assert again.version == result.version
    assert again.facts["read this time"] == "what changed"
    assert again.facts["items new or changed"] == 0


def test_items_are_read_by_date_of_change(pod):
    """A new item and one that became inactive are seen; nothing else is read again."""
    match_masters(road(pod))
    now = pod.world.clock.now()
    inventory = pod.app.site.inventory
    inventory.put(Item(1, "TENT-PEG-SET-12", "Tent Peg Set", now))
    lamp = next(one for one in inventory.items if one.number == "HEADLAMP-400LM")
    inventory.put(replace(lamp, status="Inactive", updated=now))
    result = match_masters(road(pod))
    assert (result.facts["read this time"], result.facts["items new or changed"]) == ("what changed", 2)
    assert results(result)["TENT-PEG-SET-12"] == "match"
    assert results(result)["HEADLAMP-400LM"] == "match, inactive"
    assert "HEADLAMP-400LM" in verdict(result, ITEMS).sentence


def test_what_changed_a_little_before_is_read_again(pod):
    """A change that was still being committed when the newest was read lies within the overlap."""
    match_masters(road(pod))
    inventory = pod.app.site.inventory
    newest = max(one.updated for one in inventory.items if one.organization == "V1")
    inventory.put(Item(1, "TENT-PEG-SET-12", "Tent Peg Set", newest - timedelta(minutes=9)))
    inventory.put(Item(2, "LATE", "Too late for the overlap", newest - timedelta(minutes=11)))
    result = match_masters(road(pod))
    assert (results(result)["TENT-PEG-SET-12"], result.facts["items new or changed"]) == ("match", 1)


def test_everything_is_read_again_after_some_days(pod):
    """What was deleted shows in no read by date of change."""
    match_masters(road(pod))
    inventory = pod.app.site.inventory
    inventory.items = tuple(one for one in inventory.items if one.number != "HEADLAMP-400LM")
    assert results(match_masters(road(pod)))["HEADLAMP-400LM"] == "match"
    pod.world.clock.sleep(7 * 86_400)
    result = match_masters(road(pod))
    assert (result.facts["read this time"], results(result)["HEADLAMP-400LM"]) == ("everything", "miss")


def test_another_organization_is_read_from_the_beginning(pod):
    """What was read elsewhere is not known here."""
    match_masters(road(pod))
    result = match_masters(road(pod, item_organization="M2"))
    assert (result.facts["read this time"], result.facts["items known"]) == ("everything", 1)


def test_a_user_without_data_access_misses_nothing(pod):
    """200 with no rows: nothing is said to be missing, and a person is told what may be wrong."""
    pod.world.vault.set("fusion_client_id", CLIENT_WITHOUT_DATA)
    result = match_masters(road(pod))
    assert set(results(result).values()) == {UNTOLD}
    assert "shows no customer accounts and no items" in verdict(result, SEEN).sentence
    assert [verdict(result, one).is_waiting for one in (CUSTOMERS, ITEMS)] == [True, True]
    assert pod.world.stores.warehouse.current("amazon_us", ITEMS_TABLE, WHOLE) is None


def test_data_access_that_was_lost_leaves_what_is_known(pod):
    """The newest item must come back with every answer: an empty one is no news but blindness."""
    before = match_masters(road(pod))
    pod.world.vault.set("fusion_client_id", CLIENT_WITHOUT_DATA)
    result = match_masters(road(pod))
    items = {name for name, found in results(before).items() if found == "miss"}
    assert {name for name, found in results(result).items() if found == "miss"} == items
    assert "What was read before is kept: 8 items." in verdict(result, SEEN).sentence
    pod.world.vault.set("fusion_client_id", "demo-fusion-client")
    assert results(match_masters(road(pod))) == results(before)


@pytest.mark.parametrize(
    "bill_to, masters, expected, words",
    [
        ({"Amazon.com": "9999"}, {"control_customer": "1008"}, "miss", "Create account 9999"),
        ({"Amazon.com": "9999"}, {}, UNTOLD, "name one that it must see"),
        ({"Amazon.com": "1010"}, {"control_customer": "1008"}, "miss", "Create account 1010"),
        ({"Amazon.com": "01008"}, {"control_customer": "1009"}, "near match", "The ERP has 1008"),
        ({"Amazon.co.uk": "1008"}, {}, "miss", "Name an account for Amazon.com"),
        ({"Amazon.com": "10,08"}, {}, "miss", "holds no ,"),
        ({"*": "1008"}, {}, "match", ""),
    ],
)
def test_a_bill_to_account_is_there_or_it_is_said_what_to_do(pod, bill_to, masters, expected, words):
    """Missing counts only where an account is seen; a near one is proposed."""
    result = match_masters(road(pod, bill_to=bill_to, **masters))
    row = next(row for row in result.rows if row["master"] == "customer")
    assert (row["name"], row["result"]) == ("Amazon.com", expected)
    assert words in row["advice"]
    assert verdict(result, CUSTOMERS).passed is (expected == "match")


def test_one_account_that_cannot_be_asked_for_hides_no_other(pod):
    """Each marketplace has its own answer."""
    world_wide = road(pod, bill_to={"Amazon.com": "1008", "Amazon.ca": "10,08"})
    both = replace(world_wide, marketplaces=("Amazon.com", "Amazon.ca"))
    result = match_masters(both)
    assert (results(result)["Amazon.com"], results(result)["Amazon.ca"]) == ("match", "miss")
    assert verdict(result, CUSTOMERS).sentence == (
        "1 of 2 marketplaces have no bill-to account that can be used (1 miss): Amazon.ca."
    )


def test_the_catalog_is_asked_once_for_what_it_knows(pod):
    """A month later it is asked again."""
    match_masters(road(pod))
    once = catalog_calls(pod)
    assert once == 1
    match_masters(road(pod))
    assert catalog_calls(pod) == once
    pod.world.clock.sleep(31 * 86_400)
    match_masters(road(pod))
    assert catalog_calls(pod) == 2 * once


def test_a_product_that_the_catalog_does_not_know_is_named_and_asked_again_in_a_week(pod):
    """Its ASIN is that of the transactions then."""
    history = pod.world.demo.seller.world.histories[pod.world.demo.seller.sellers[0].seller_id]
    history.listings = [one for one in history.listings if one.sku != "DRY-BAG-20L"]
    result = match_masters(road(pod))
    assert "nothing for 1 products" in verdict(result, PRODUCTS).sentence
    assert [row["SKU"] for row in verdict(result, PRODUCTS).rows] == ["DRY-BAG-20L"]
    assert results(result)["DRY-BAG-20L"] == "match"
    before = catalog_calls(pod)
    pod.world.clock.sleep(6 * 86_400)
    match_masters(road(pod))
    assert catalog_calls(pod) == before
    pod.world.clock.sleep(86_400)
    match_masters(road(pod))
    assert catalog_calls(pod) > before


def test_without_the_role_for_listings_products_are_matched_all_the_same(pod):
    """By SKU, and by the ASIN of the transactions; what is missing is told."""
    grants = pod.world.demo.seller.world.grants
    account = pod.world.demo.seller.sellers[0]
    grants[account.refresh_token].roles = frozenset({FINANCE_ROLE})
    result = match_masters(road(pod))
    assert "could not be read" in verdict(result, PRODUCTS).sentence
    assert results(result)["DRY-BAG-20L"] == "match"
    assert pod.world.stores.warehouse.current("amazon_us", PRODUCTS_TABLE, WHOLE) is None


def test_a_pod_that_does_not_answer_leaves_everything_as_it_was(pod):
    """The run fails, and the next one makes it good."""
    before = match_masters(road(pod))
    pod.faults.next("itemsV2", *[faults.status(503)] * 4)
    with pytest.raises(TargetUnavailable):
        match_masters(road(pod))
    assert match_masters(road(pod)).version == before.version


def test_a_connection_that_reads_no_master_data_says_so(pod):
    """There is no asset for it either."""
    with pytest.raises(ConfigurationRefused, match="reads no master data"):
        match_masters(pod.road())


def test_without_sales_and_without_invoices_there_is_nothing_to_hold_against(pod):
    """It passes, and says why."""
    pod.world.clock.sleep(100 * 86_400)
    settings = {"master_data": MASTERS}
    result = match_masters(pod.road(fusion=settings))
    assert results(result) == {}
    assert [one.is_compared for one in result.verdicts] == [True, False, False, False]
    assert pod.world.clock.now() > START


def test_nothing_is_written_to_the_erp(pod):
    """Reads alone reach the pod."""
    match_masters(road(pod))
    assert set(pod.app.calls) == {"token", "itemsV2", "receivablesCustomerAccountSiteActivities"}
