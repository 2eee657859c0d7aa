"""Which product each SKU is: told by the item or asked one by one, twenty a call, and refusals in words."""

from __future__ import annotations

import pytest

from emulators.amazon.history import Listing
from emulators.amazon.world import FINANCE_ROLE, Grant
from ledger.errors import SourceRefused
from resources.amazon.catalog_items import CatalogItem, can_be_asked
from tests.resources.amazon.client.money_rig import scripted
from tests.resources.amazon.client.rig import CA, SECRETS, SELLER, US, Rig, make_rig

CALL = "searchCatalogItems"


def selling(count: int = 3, **settings: object) -> Rig:
    """Return a seller with some products in the United States."""
    rig = make_rig(**settings)
    rig.world.histories[SELLER].listings += [
        Listing(f"SKU-{number}", f"B0DEMO{number:04}", f"Product {number}", (US,)) for number in range(count)
    ]
    return rig


def ask(rig: Rig, *skus: str, marketplace: str = US) -> dict[str, CatalogItem | None]:
    """Return what comes of all batches."""
    found: dict[str, CatalogItem | None] = {}
    for batch in rig.client().catalog_items.by_sku(lambda content: "document", marketplace, skus):
        found |= batch
    return found


def calls(rig: Rig) -> int:
    """Count the calls that reached Amazon."""
    return rig.operations().count(CALL)


def test_each_sku_is_found_with_title_and_kind():
    """And a SKU that Amazon does not know is None, which is an answer."""
    rig = selling()
    found = ask(rig, "SKU-0", "SKU-1", "SKU-9")
    assert found["SKU-0"] == CatalogItem("B0DEMO0000", "Product 0", "OUTDOOR_LIVING", "document")
    assert found["SKU-9"] is None
    # The one that nothing came for is asked for alone: it may be another listing of what did come.
    assert calls(rig) == 2


def test_twenty_skus_go_in_one_call_within_the_quota():
    """Forty-five are three calls; nothing is throttled, the client waits itself."""
    rig = selling(45)
    assert len(ask(rig, *(f"SKU-{number}" for number in range(45)))) == 45
    assert calls(rig) == 3
    assert 429 not in {one.status for one in rig.app.exchanges}


@pytest.mark.parametrize("is_told", [True, False])
def test_two_skus_of_one_product_are_both_found(is_told):
    """Whether items tell their SKU or not: what is not told is asked for alone."""
    rig = selling(2, catalog_tells_sku=is_told)
    rig.world.histories[SELLER].listings.append(Listing("SKU-0-FBM", "B0DEMO0000", "Product 0", (US,)))
    found = ask(rig, "SKU-0", "SKU-1", "SKU-0-FBM")
    assert {sku: one.asin for sku, one in found.items()} == {
        "SKU-0": "B0DEMO0000",
        "SKU-1": "B0DEMO0001",
        "SKU-0-FBM": "B0DEMO0000",
    }


def test_a_batch_that_nothing_came_for_is_not_asked_again():
    """None of them is known there."""
    rig = selling()
    assert ask(rig, "SKU-0", "SKU-1", marketplace=CA) == {"SKU-0": None, "SKU-1": None}
    assert calls(rig) == 1


@pytest.mark.parametrize("sku, expected", [("A-1", True), ("A,1", False), ("", False), (" A", False), ("A\n", False)])
def test_a_sku_that_cannot_stand_in_a_list_is_not_asked_for(sku, expected):
    """Commas divide identifiers."""
    assert can_be_asked(sku) is expected


def test_without_the_role_a_person_is_told():
    """403 names the operation; nothing is taken for an empty catalog."""
    rig = selling()
    token = SECRETS["us_refresh_token"]
    rig.world.grants[token] = Grant(token, SECRETS["us_client_id"], SELLER, roles=frozenset({FINANCE_ROLE}))
    with pytest.raises(SourceRefused, match=CALL):
        ask(rig, "SKU-0")


@pytest.mark.parametrize(
    "answer, words",
    [
        ({"numberOfResults": 0}, "without items"),
        ({"items": [{"title": "no asin"}]}, "asin is missing"),
        ({"items": [{"asin": "B0", "summaries": {}}]}, "summaries is no list"),
        ([], "no JSON object"),
    ],
)
def test_an_answer_of_another_shape_is_refused(answer, words):
    """It is kept, and nothing is made of it."""
    amazon = scripted(answer)
    with pytest.raises(SourceRefused, match=words):
        list(amazon.client().catalog_items.by_sku(amazon.archive, US, ["SKU-0"]))
