"""Items that a caller creates: one row of `itemsV2` a POST, its number once in an organization.

What comes in: POST of `itemsV2`. What goes out: stored items, which stand beside those of the site; or a Refusal. Which
attributes a pod wants (class, unit, status, template) is its own: a switch names those that this one requires, and it
knows those that it shows besides. Source:
https://docs.oracle.com/en/cloud/saas/supply-chain-and-manufacturing/26b/fasrp/op-itemsv2-post.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from emulators.fusion.answers import Refusal, written
from emulators.fusion.bodies import json_object, late_post
from emulators.fusion.books import Books
from emulators.fusion.entry_checks import check_texts, fault
from emulators.fusion.inventory import Item
from emulators.fusion.journals import instant
from emulators.fusion.resource import hash_key
from emulators.fusion.site import NO_DATA, Client
from emulators.wsgi import Request

ITEMS = "itemsV2"
_LENGTHS = {
    "ItemNumber": 300,
    "OrganizationCode": 18,
    "ItemDescription": 240,
    "ItemClass": 80,
    "ItemStatusValue": 80,
    "LifecyclePhaseValue": 80,
    "PrimaryUOMValue": 25,
    "UserItemTypeValue": 80,
}
_OURS = ("ItemNumber", "OrganizationCode")


class ItemEntry:
    """The items of one pod that were created through REST."""

    def __init__(self, books: Books) -> None:
        self._books = books
        books.on_pending(ITEMS, late_post(books, self.store))

    def create(self, request: Request, client: Client) -> str:
        """Store what a POST holds and return its key; raises Refusal."""
        return self.store(json_object(request), client, self._books.clock.now())

    def store(self, given: Mapping[str, Any], client: Client, at: datetime) -> str:
        """Store an item's attributes and return its key; raises Refusal 400 or 403 and stores nothing."""
        if client.role == NO_DATA:
            raise Refusal(403, "You aren't authorized to create items in this organization.")
        check_texts(given, (), _LENGTHS, "")
        inventory = self._books.site.inventory
        for name in (*_OURS, *inventory.switches.required_of_item):
            if not given.get(name):
                raise fault("27014", f"The attribute {name} is required.", name)
        number, organization = given["ItemNumber"], given["OrganizationCode"]
        if organization not in {one.organization for one in inventory.items}:
            raise fault("EGP_ORG_NOT_FOUND", "The organization doesn't exist.", "OrganizationCode")
        with self._books.store.transaction():
            if any((one.number, one.organization) == (number, organization) for one in self.items(None)):
                raise fault(
                    "EGP_ITEM_EXISTS", f"The item {number} exists in organization {organization}.", "ItemNumber"
                )
            item_id = self._books.journals.new_id()
            visible = at + timedelta(seconds=self._books.site.timing.item_visible_after_seconds)
            row = {
                "ID": item_id,
                "BODY": written(dict(given)),
                "CREATED_AT": instant(at),
                "VISIBLE_AT": instant(visible),
                "CREATED_BY": client.client_id,
            }
            self._books.store.insert("ITEM", row)
        return key_of(int(item_id), organization)

    def items(self, now: datetime | None) -> Iterator[Item]:
        """Yield every item, those of the site first; None also tells what cannot be seen yet."""
        yield from self._books.site.inventory.items
        for row in self._books.store.rows("SELECT * FROM ITEM ORDER BY LENGTH(ID), ID"):
            if now is None or datetime.fromisoformat(row["VISIBLE_AT"]) <= now:
                body = json.loads(row["BODY"])
                yield Item(
                    id=int(row["ID"]),
                    number=body["ItemNumber"],
                    description=body.get("ItemDescription", ""),
                    updated=datetime.fromisoformat(row["CREATED_AT"]),
                    organization=body["OrganizationCode"],
                    status=body.get("ItemStatusValue", "Active"),
                    unit=body.get("PrimaryUOMValue", "Each"),
                )


def key_of(item_id: int, organization: str) -> str:
    """Return the key of an item as a row of the collection."""
    return hash_key(ITEMS, item_id, organization)
