"""What Amazon's catalog knows of a seller's products: `searchCatalogItems` of the model catalogItems_2022-04-01.

In: requests of one seller (https://developer-docs.amazon.com/sp-api/reference/searchcatalogitems). Out: a page of items
found by identifier, each with the datasets that were asked for; keywords find nothing here. Whether an item tells the
SKU it was found by is documented nowhere, so that is a switch. Identifiers come as one list with commas, so a SKU that
holds a comma cannot be asked for, as at Amazon.
"""

from __future__ import annotations

from typing import Any

from emulators.amazon.answers import invalid
from emulators.amazon.history import Listing
from emulators.amazon.paging import WrongToken, page_of, place_of
from emulators.amazon.parameters import with_known
from emulators.amazon.settings import Settings
from emulators.amazon.world import World
from emulators.clock import Clock
from emulators.wsgi import Request, Response, json_response

PATH = "/catalog/2022-04-01/items"
_NAMES = frozenset(
    {"identifiers", "identifiersType", "marketplaceIds", "includedData", "locale", "sellerId", "keywords"}
    | {"brandNames", "classificationIds", "pageSize", "pageToken", "keywordsLocale"}
)
_TYPES = frozenset({"ASIN", "EAN", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC"})
_DATASETS = frozenset(
    {"attributes", "classifications", "dimensions", "identifiers", "images", "productTypes", "relationships"}
    | {"salesRanks", "summaries", "vendorDetails"}
)
_IDENTIFIERS_MAX, _PAGE_MAX, _PAGE_DEFAULT = 20, 20, 10


class CatalogItems:
    """The operation."""

    def __init__(self, world: World, clock: Clock, settings: Settings) -> None:
        self._world = world
        self._clock = clock
        self._settings = settings

    def search_catalog_items(self, request: Request, seller_id: str) -> Response:
        """Answer one page of items.

        Raises:
            Refusal: 400 for arguments Amazon does not take.
        """
        request = with_known(request, _NAMES, self._settings)
        seller = self._world.sellers[seller_id]
        wanted, kind = _identifiers(request), request.first("identifiersType") or ""
        marketplace_id = _marketplace(request, seller.marketplace_ids)
        included = _listed(request, "includedData") or ["summaries"]
        if not set(included) <= _DATASETS:
            raise invalid("Invalid value in parameter includedData.")
        if kind == "SKU" and request.first("sellerId") is None:
            raise invalid("Parameter sellerId is required when identifiersType is SKU.")
        try:
            place = place_of(request, seller_id, self._clock.now(), "pageToken")
        except WrongToken:
            raise invalid("Invalid pageToken.") from None
        is_own = kind != "SKU" or request.first("sellerId") == seller_id
        found = self._found(seller_id, marketplace_id, kind, wanted) if is_own else []
        size = _page_size(request)
        shown, token = page_of(request, seller_id, place, found, size, self._settings, "pageToken")
        body: dict[str, Any] = {
            "numberOfResults": len(found),
            "items": [self._item(one, marketplace_id, included, kind) for one in shown],
        }
        if token is not None:
            body["pagination"] = {"nextToken": token}
        return json_response(200, body)

    def _found(self, seller_id: str, marketplace_id: str, kind: str, wanted: list[str]) -> list[Listing]:
        """Return the listings of the identifiers; two SKUs of one product are one item of the catalog."""
        here = [one for one in self._world.histories[seller_id].listings if marketplace_id in one.marketplace_ids]
        value = {"SKU": lambda one: one.sku, "ASIN": lambda one: one.asin}.get(kind, lambda one: one.gtin)
        by_asin = {one.asin: one for one in here if value(one) and value(one) in wanted}
        return list(by_asin.values())

    def _item(self, one: Listing, marketplace_id: str, included: list[str], kind: str) -> dict[str, Any]:
        item: dict[str, Any] = {"asin": one.asin}
        if "identifiers" in included:
            told = [{"identifierType": "GTIN", "identifier": one.gtin}] if one.gtin else []
            if kind == "SKU" and self._settings.catalog_tells_sku:
                told.append({"identifierType": "SKU", "identifier": one.sku})
            item["identifiers"] = [{"marketplaceId": marketplace_id, "identifiers": told}]
        if "productTypes" in included:
            item["productTypes"] = [{"marketplaceId": marketplace_id, "productType": one.product_type}]
        if "summaries" in included:
            summary = {"marketplaceId": marketplace_id, "brand": one.brand, "itemName": one.title}
            item["summaries"] = [{**summary, "itemClassification": "BASE_PRODUCT"}]
        for dataset in ("attributes", "classifications", "dimensions", "images", "relationships", "salesRanks"):
            if dataset in included:
                item[dataset] = {} if dataset == "attributes" else []
        return item


def _identifiers(request: Request) -> list[str]:
    wanted = _listed(request, "identifiers")
    if not wanted or "keywords" in request.query:
        raise invalid("Exactly one of the parameters identifiers and keywords is required.")
    if len(wanted) > _IDENTIFIERS_MAX:
        raise invalid("Parameter identifiers takes up to 20 values.")
    if request.first("identifiersType") not in _TYPES:
        raise invalid("Parameter identifiersType is required with identifiers.")
    return wanted


def _marketplace(request: Request, known: tuple[str, ...]) -> str:
    given = _listed(request, "marketplaceIds")
    if len(given) != 1 or given[0] not in known:
        raise invalid("Parameter marketplaceIds takes one marketplace of the seller.")
    return given[0]


def _page_size(request: Request) -> int:
    text = request.first("pageSize")
    if text is None:
        return _PAGE_DEFAULT
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= _PAGE_MAX:
        raise invalid("Parameter pageSize is between 1 and 20.")
    return int(text)


def _listed(request: Request, name: str) -> list[str]:
    return [part for value in request.query.get(name, []) for part in value.split(",") if part]
