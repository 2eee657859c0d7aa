"""Items and customer accounts as REST shows them: `itemsV2`, and the sites of receivables customers by finder.

What comes in: the site as it stands now, and the items that callers created. What goes out: the `Resource` definitions.
Customers are only found, never listed: the finder wants an account number, a site or a name. Without data access both
are empty with status 200.
Sources: https://docs.oracle.com/en/cloud/saas/supply-chain-and-manufacturing/26b/fasrp/op-itemsv2-get.html,
https://docs.oracle.com/en/cloud/saas/financials/24d/farfa/Get_Started_Receivables_Customer_Account_Site_Activities.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulators.clock import Clock
from emulators.fusion.answers import Refusal
from emulators.fusion.inventory import Item
from emulators.fusion.item_entry import ITEMS, ItemEntry, key_of
from emulators.fusion.receivables import Customer
from emulators.fusion.resource import NUMBER, ROW_KEY, TEXT, TIME, Attribute, Resource, Row, hash_key
from emulators.fusion.site import NO_DATA, Client, Site

CUSTOMERS = "receivablesCustomerAccountSiteActivities"
FINDER = "CustomerAccountSiteActivitiesFinder"
_OF_FINDER = {
    "AccountNumber": "AccountNumber",
    "BillToSiteNumber": "BillToSiteNumber",
    "CustomerName": "CustomerName",
    "TaxRegistrationNumber": "TaxRegistrationNumber",
    "TaxpayerIdentificationNumber": "TaxpayerIdentificationNumber",
}


def product_masters(site: Site, entry: ItemEntry, clock: Clock) -> dict[str, Resource]:
    """Return the resources of items and customer accounts by name."""
    return {ITEMS: _items(site, entry, clock), CUSTOMERS: _customers(site)}


def item_row(item: Item, updated_attribute: str) -> Row:
    """Return an item as a row of the collection; `updated_attribute` is what its last change is called."""
    return {
        ROW_KEY: key_of(item.id, item.organization),
        "ItemId": item.id,
        "ItemNumber": item.number,
        "ItemDescription": item.description,
        "OrganizationCode": item.organization,
        "ItemStatusValue": item.status,
        "PrimaryUOMValue": item.unit,
        updated_attribute: item.updated.isoformat(),
    }


def _items(site: Site, entry: ItemEntry, clock: Clock) -> Resource:
    switches = site.inventory.switches
    kinds = {"ItemId": NUMBER, "ItemNumber": TEXT, "ItemDescription": TEXT, "OrganizationCode": TEXT}
    kinds |= {"ItemStatusValue": TEXT, "PrimaryUOMValue": TEXT, switches.item_updated_attribute: TIME}

    def rows(client: Client, parent: Row | None) -> list[Row]:
        seen = () if client.role == NO_DATA else entry.items(clock.now())
        return [item_row(one, switches.item_updated_attribute) for one in seen]

    def references(client: Client, parent: Row | None) -> list[Row]:
        assert parent is not None
        held = next(one for one in entry.items(None) if key_of(one.id, one.organization) == parent[ROW_KEY])
        name = switches.reference_attribute
        return [{ROW_KEY: hash_key(parent[ROW_KEY], one), name: one} for one in held.references]

    child = switches.references_child
    below = {child: Resource(child, (Attribute(switches.reference_attribute),), references)} if child else {}
    return Resource(ITEMS, tuple(Attribute(name, kind) for name, kind in kinds.items()), rows, children=below)


def _customers(site: Site) -> Resource:
    switches = site.inventory.switches
    kinds = {"BillToSiteUseId": NUMBER, "BillToSiteNumber": TEXT, "BillToSiteAddress": TEXT, "AccountNumber": TEXT}
    kinds |= {"AccountId": NUMBER, "CustomerName": TEXT, "CustomerId": NUMBER, "TaxRegistrationNumber": TEXT}
    kinds |= {"TaxpayerIdentificationNumber": TEXT, "CreationDate": TIME, "LastUpdateDate": TIME}
    kinds |= {switches.customer_status_attribute: TEXT} if switches.customer_status_attribute else {}

    def rows(client: Client, parent: Row | None) -> list[Row]:
        if client.role == NO_DATA:
            return []
        return [
            _site_row(customer, place, switches.customer_status_attribute)
            for customer in site.receivables.customers
            if customer.is_active or switches.are_inactive_customers_listed
            for place in range(len(customer.sites))
        ]

    def found(client: Client, variables: Mapping[str, str]) -> list[Row]:
        asked = {_OF_FINDER.get(name, ""): value for name, value in variables.items() if value}
        if not asked or "" in asked:
            raise Refusal(400, f"The finder {FINDER} needs one of {', '.join(_OF_FINDER)}.")
        return [row for row in rows(client, None) if all(row[name] == value for name, value in asked.items())]

    attributes = tuple(Attribute(name, kind) for name, kind in kinds.items())
    return Resource(CUSTOMERS, attributes, rows, finders={FINDER: found}, is_finder_required=True)


def _site_row(customer: Customer, place: int, status_attribute: str) -> dict[str, Any]:
    number = customer.party_id + 10_000_000 + place
    row = {
        ROW_KEY: str(number),
        "BillToSiteUseId": number,
        "BillToSiteNumber": customer.sites[place],
        "BillToSiteAddress": f"{customer.sites[place].title()} Street 1",
        "AccountNumber": customer.number,
        "AccountId": customer.party_id + 20_000_000,
        "CustomerName": customer.name,
        "CustomerId": customer.party_id,
        "TaxRegistrationNumber": None,
        "TaxpayerIdentificationNumber": None,
        "CreationDate": customer.updated,
        "LastUpdateDate": customer.updated,
    }
    return row | ({status_attribute: "A" if customer.is_active else "I"} if status_attribute else {})
