"""The catalog by identifier: what fits Amazon's model, whose SKUs, how many at once, and what is refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from emulators.amazon.history import Listing
from emulators.amazon.world import FINANCE_ROLE, Grant
from tests.emulators.amazon.bench import CLIENT_ID, REFRESH, Bench, make_bench
from tests.emulators.amazon.swagger import assert_fits

PATH, UK, DE = "/catalog/2022-04-01/items", "A1F83G8C2ARO7P", "A1PA6795UKMFR9"
MUG = Listing("CAMP-MUG", "B0DEMOMUG0", "Camp Mug", (UK,), gtin="4012345600001")
TWIN = Listing("CAMP-MUG-FBA", "B0DEMOMUG0", "Camp Mug", (UK,))
LAMP = Listing("HEADLAMP", "B0DEMOLAMP", "Headlamp", (UK, DE))


@pytest.fixture
def bench() -> Bench:
    """Return a seller who lists three SKUs of two products."""
    return listing_bench()


def listing_bench(**settings: Any) -> Bench:
    """Return the emulator with the listings."""
    bench = make_bench(**settings)
    bench.app.world.histories["ADEMOEU"].listings += [MUG, TWIN, LAMP]
    return bench


def ask(bench: Bench, *skus: str, **changes: str | None) -> httpx.Response:
    """Ask for SKUs; a change of None leaves a parameter out."""
    given = {
        "identifiers": ",".join(skus),
        "identifiersType": "SKU",
        "sellerId": "ADEMOEU",
        "marketplaceIds": UK,
        "includedData": "identifiers,productTypes,summaries",
        **changes,
    }
    answer = bench.call(PATH, params={name: value for name, value in given.items() if value is not None})
    assert_fits("searchCatalogItems", answer.status_code, answer.json())
    return answer


def test_items_fit_the_model_and_tell_their_sku(bench):
    """Title, product type and identifiers of the marketplace that was asked for."""
    body = ask(bench, "CAMP-MUG", "HEADLAMP", "NOTHING").json()
    assert (body["numberOfResults"], [one["asin"] for one in body["items"]]) == (2, ["B0DEMOMUG0", "B0DEMOLAMP"])
    mug = body["items"][0]
    assert {"identifierType": "SKU", "identifier": "CAMP-MUG"} in mug["identifiers"][0]["identifiers"]
    assert mug["summaries"][0]["itemName"] == "Camp Mug"


def test_whether_the_sku_is_told_is_a_switch():
    """No source says so."""
    [item] = ask(listing_bench(catalog_tells_sku=False), "HEADLAMP").json()["items"]
    assert item["identifiers"] == [{"marketplaceId": UK, "identifiers": []}]


def test_two_skus_of_one_product_are_one_item(bench):
    """The catalog is of products, not of listings."""
    assert ask(bench, "CAMP-MUG", "CAMP-MUG-FBA").json()["numberOfResults"] == 1


def test_products_of_another_seller_or_marketplace_are_not_found(bench):
    """SKUs mean something at one seller only, and what is listed in one country is not in the other."""
    assert ask(bench, "CAMP-MUG", sellerId="AOTHER").json()["items"] == []
    assert ask(bench, "CAMP-MUG", marketplaceIds=DE).json()["items"] == []
    bench.clock.advance(1)
    assert ask(bench, "B0DEMOMUG0", identifiersType="ASIN", sellerId=None).json()["numberOfResults"] == 1


def test_pages_end_and_their_tokens_want_the_same_arguments(bench):
    """A token for other identifiers is refused."""
    first = ask(bench, "CAMP-MUG", "HEADLAMP", pageSize="1").json()
    token = first["pagination"]["nextToken"]
    second = ask(bench, "CAMP-MUG", "HEADLAMP", pageSize="1", pageToken=token).json()
    assert [one["asin"] for one in second["items"]] == ["B0DEMOLAMP"]
    assert "pagination" not in second
    bench.clock.advance(5)
    assert ask(bench, "HEADLAMP", pageSize="1", pageToken=token).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"identifiers": None},
        {"identifiers": ",".join(f"S{number}" for number in range(21))},
        {"identifiersType": None},
        {"identifiersType": "FNSKU"},
        {"sellerId": None},
        {"marketplaceIds": None},
        {"marketplaceIds": f"{UK},{DE}"},
        {"marketplaceIds": "ATVPDKIKX0DER"},
        {"includedData": "prices"},
        {"pageSize": "21"},
        {"pageSize": "0"},
        {"keywords": "mug"},
    ],
)
def test_what_amazon_does_not_take_is_a_400(bench, changes):
    """Limits and requirements of the model's descriptions."""
    assert ask(bench, "CAMP-MUG", **changes).status_code == 400


def test_it_wants_the_role_for_listings(bench):
    """An application with the role for finance alone sees no catalog; burst 2, then throttled."""
    bench.app.world.grants[REFRESH["eu"]] = Grant(REFRESH["eu"], CLIENT_ID, "ADEMOEU", roles=frozenset({FINANCE_ROLE}))
    assert ask(bench, "CAMP-MUG").status_code == 403


def test_two_calls_at_once_and_two_a_second(bench):
    """Its usage plan."""
    assert [ask(bench, "CAMP-MUG").status_code for _ in range(3)] == [200, 200, 429]
