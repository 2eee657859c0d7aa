"""Which product of Amazon's catalog each SKU is: searchCatalogItems of the Catalog Items API 2022-04-01.

In: SKUs of the seller and one marketplace. Out: for each SKU the item that it is listed under, or None where Amazon
knows none; complete or not at all. Up to 20 SKUs go in one call (https://developer-docs.amazon.com/sp-api/reference/
searchcatalogitems). Whether an item says by which SKU it was found is not documented: where it does not, its batch is
asked again one by one. Nothing here is about people.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import SourceUnavailable
from resources.amazon.answers import Answer, misshapen, needed_text, object_of, objects_of, text_of
from resources.amazon.door import Door
from resources.amazon.paged import Archive
from resources.amazon.settings import SellingPartnerSettings

OPERATION = "searchCatalogItems"
SKUS_MAX = 20
_PATH = "/catalog/2022-04-01/items"
_INCLUDED = "identifiers,productTypes,summaries"
# A batch has as many items as SKUs, and a page takes them all.
_PAGES_MAX = 5


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """One item of Amazon's catalog in one marketplace; `document` names the archived answer."""

    asin: str
    title: str
    product_type: str
    document: str


class CatalogItems:
    """The catalog as one seller's SKUs lead into it.

    Args:
        door: Calls the operation.
        settings: Whose SKUs they are.
    """

    def __init__(self, door: Door, settings: SellingPartnerSettings) -> None:
        self._door = door
        self._seller_id = settings.seller_id

    def by_sku(
        self, archive: Archive, marketplace_id: str, skus: Iterable[str]
    ) -> Iterator[dict[str, CatalogItem | None]]:
        """Yield, batch by batch, what Amazon's catalog has for SKUs of ours; None where it has nothing.

        A SKU that cannot stand in a list is left out: see `can_be_asked`.

        Raises:
            SourceRefused: A person has to act; without `status` an answer is not of the documented shape.
            SourceUnavailable: Throttled or out of order beyond all attempts, or the pages do not come to an end.
        """
        wanted = [one for one in dict.fromkeys(skus) if can_be_asked(one)]
        for first in range(0, len(wanted), SKUS_MAX):
            yield self._batch(archive, marketplace_id, wanted[first : first + SKUS_MAX])

    def _batch(self, archive: Archive, marketplace_id: str, skus: Sequence[str]) -> dict[str, CatalogItem | None]:
        answers = list(self._items(archive, marketplace_id, skus))
        if len(skus) == 1:
            found = {self._item(one, marketplace_id, document) for one, document in answers}
            # One SKU is listed under one item; of several nobody could say which.
            return {skus[0]: found.pop() if len(found) == 1 else None}
        told: dict[str, CatalogItem | None] = {}
        for one, document in answers:
            for sku in self._told(one, marketplace_id):
                if sku in skus:
                    told[sku] = self._item(one, marketplace_id, document)
        if not answers:
            return dict.fromkeys(skus)
        for sku in skus:
            if sku not in told:
                told |= self._batch(archive, marketplace_id, [sku])
        return told

    def _items(self, archive: Archive, marketplace_id: str, skus: Sequence[str]) -> Iterator[tuple[Answer, str]]:
        parameters = {
            "identifiers": ",".join(skus),
            "identifiersType": "SKU",
            "sellerId": self._seller_id,
            "marketplaceIds": marketplace_id,
            "includedData": _INCLUDED,
            "pageSize": str(SKUS_MAX),
        }
        token = ""
        for _ in range(_PAGES_MAX):
            page, document = self._page(archive, {**parameters, **({"pageToken": token} if token else {})})
            if "items" not in page:
                raise misshapen(self._door.connection, f"{OPERATION} answers without items")
            yield from ((one, document) for one in objects_of(self._door.connection, page, "items"))
            token = text_of(self._door.connection, object_of(self._door.connection, page, "pagination"), "nextToken")
            if not token:
                return
        raise SourceUnavailable(
            f"The list of {OPERATION} for connection {self._door.connection} does not come to an end: {len(skus)} SKUs"
            f" on {_PAGES_MAX} pages, and still a further page. Run it again later."
        )

    def _page(self, archive: Archive, parameters: Mapping[str, str]) -> tuple[Answer, str]:
        content = self._door.read(OPERATION, _PATH, parameters)
        document = archive(content)
        try:
            page = json.loads(content)
        except (ValueError, RecursionError):
            page = None
        if not isinstance(page, dict):
            raise misshapen(self._door.connection, f"the page of {OPERATION} is no JSON object")
        return page, document

    def _told(self, item: Answer, marketplace_id: str) -> list[str]:
        """Return the SKUs that an item names among its identifiers."""
        connection = self._door.connection
        return [
            needed_text(connection, one, "identifier")
            for place in objects_of(connection, item, "identifiers")
            if text_of(connection, place, "marketplaceId") in (marketplace_id, None)
            for one in objects_of(connection, place, "identifiers")
            if text_of(connection, one, "identifierType") == "SKU"
        ]

    def _item(self, item: Answer, marketplace_id: str, document: str) -> CatalogItem:
        connection = self._door.connection

        def of(dataset: str, name: str) -> str:
            here = (
                one
                for one in objects_of(connection, item, dataset)
                if text_of(connection, one, "marketplaceId") in (marketplace_id, None)
            )
            return next((text for one in here if (text := text_of(connection, one, name))), "")

        title, product_type = of("summaries", "itemName"), of("productTypes", "productType")
        return CatalogItem(needed_text(connection, item, "asin"), title, product_type, document)


def can_be_asked(sku: str) -> bool:
    """Tell whether a SKU can stand in a list of identifiers, which commas divide."""
    return bool(sku) and "," not in sku and sku == sku.strip() and sku.isprintable()
