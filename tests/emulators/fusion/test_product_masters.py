"""Items by date of change, and customer accounts by finder: what is shown, to whom, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from emulators.faults import FaultPlan
from emulators.fusion.app import build_app
from emulators.fusion.demo_site import CLIENT_WITHOUT_DATA, CLIENT_WITHOUT_PRIVILEGE
from emulators.fusion.inventory import MasterSwitches
from tests.emulators.fusion.bench import Caller

CUSTOMERS = "receivablesCustomerAccountSiteActivities"
BY_NUMBER = "CustomerAccountSiteActivitiesFinder;AccountNumber="


@pytest.fixture
def switched(site, clock):
    """Return somebody who is logged in at a pod with other switches."""

    def logged_in(**switches) -> Caller:
        site.inventory.switches = MasterSwitches(**switches)
        caller = Caller(build_app(site, clock, FaultPlan()), clock, FaultPlan())
        caller.login()
        return caller

    return logged_in


def test_items_are_listed_by_organization(caller):
    """The same number may stand in another organization."""
    rows = caller.items("itemsV2", q="OrganizationCode = 'V1'", orderBy="ItemId")
    assert {row["OrganizationCode"] for row in rows} == {"V1"}
    assert "TENT-PEG-SET-12" not in {row["ItemNumber"] for row in rows}
    assert len(caller.items("itemsV2", q="ItemNumber = 'TENT-PEG-SET-12'")) == 1


def test_items_are_asked_for_by_when_they_changed(caller, site):
    """The moment itself is within."""
    newest = max(one.updated for one in site.inventory.items)
    asked = f"LastUpdateDateTime >= '{newest.isoformat()}'"
    assert len(caller.items("itemsV2", q=asked)) == 1
    item = site.inventory.items[0]
    site.inventory.put(replace(item, status="Inactive", updated=newest + timedelta(hours=1)))
    rows = caller.items("itemsV2", q=asked, orderBy="LastUpdateDateTime:desc")
    assert [row["ItemStatusValue"] for row in rows] == ["Inactive", "Active"]


def test_references_of_an_item_are_a_child(caller):
    """Asked for with fields, as everything else of it."""
    fields = "ItemNumber;ItemDFF:marketplaceReference"
    [row] = caller.items("itemsV2", q="ItemNumber = '4711-DB'", fields=fields)
    assert [one["marketplaceReference"] for one in row["ItemDFF"]["items"]] == ["B0DEMODB20"]


def test_the_attribute_of_change_is_a_switch(switched):
    """No source confirms its name."""
    caller = switched(item_updated_attribute="LastUpdateDate")
    assert caller.items("itemsV2", q="LastUpdateDate >= '2020-01-01T00:00:00Z'")
    assert caller.get("itemsV2", q="LastUpdateDateTime >= '2020-01-01T00:00:00Z'").status_code == 400


def test_a_customer_is_found_by_its_number_site_by_site(caller):
    """One that is not active is not listed."""
    assert [row["BillToSiteNumber"] for row in caller.items(CUSTOMERS, finder=BY_NUMBER + "1009")] == ["NORTH", "SOUTH"]
    assert caller.items(CUSTOMERS, finder=BY_NUMBER + "1010") == []
    assert caller.items(CUSTOMERS, finder=BY_NUMBER + "9999") == []


def test_an_inactive_customer_may_be_listed_with_its_status(switched):
    """Neither is documented."""
    caller = switched(customer_status_attribute="Status", are_inactive_customers_listed=True)
    [row] = caller.items(CUSTOMERS, finder=BY_NUMBER + "1010")
    assert (row["CustomerName"], row["Status"]) == ("Gone Ltd", "I")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"finder": "CustomerAccountSiteActivitiesFinder"},
        {"finder": "CustomerAccountSiteActivitiesFinder;Address=1"},
        {"finder": "Other;AccountNumber=1"},
    ],
)
def test_customers_are_never_listed_without_a_finder(caller, asked):
    """At least one of its variables is required."""
    assert caller.get(CUSTOMERS, **asked).status_code == 400


@pytest.mark.parametrize("asked", [("itemsV2", {}), (CUSTOMERS, {"finder": BY_NUMBER + "1008"})])
def test_without_data_access_both_are_empty(caller, asked):
    """200 without rows; without the privilege 403."""
    path, parameters = asked
    assert caller.items(path, **parameters)
    caller.login(CLIENT_WITHOUT_DATA)
    assert caller.items(path, **parameters) == []
    caller.login(CLIENT_WITHOUT_PRIVILEGE)
    assert caller.get(path, **parameters).status_code == 403


ITEM = {
    "ItemNumber": "NEW-1",
    "OrganizationCode": "V1",
    "ItemDescription": "Something new",
    "ItemClass": "Root Item Class",
    "PrimaryUOMValue": "Each",
}


def _post(caller, **changes):
    headers = {"Content-Type": "application/json"}
    return caller.request("POST", "itemsV2", headers=headers, body={**ITEM, **changes})


def test_an_item_is_created_once_in_its_organization(caller):
    """It is shown like any other; its number is taken from then on, in that organization alone."""
    created = _post(caller)
    assert (created.status_code, created.json()["ItemNumber"]) == (201, "NEW-1")
    [row] = caller.items("itemsV2", q="ItemNumber = 'NEW-1'")
    assert (row["ItemStatusValue"], row["ItemDescription"]) == ("Active", "Something new")
    again = _post(caller)
    assert (again.status_code, "exists in organization V1" in again.text) == (400, True)
    assert len(caller.items("itemsV2", q="ItemNumber = 'NEW-1'")) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ItemNumber": ""}, "ItemNumber is required"),
        ({"ItemClass": ""}, "ItemClass is required"),
        ({"PrimaryUOMValue": None}, "PrimaryUOMValue is required"),
        ({"OrganizationCode": "X9"}, "The organization doesn't exist"),
        ({"Colour": "blue"}, "The attribute Colour isn't valid"),
        ({"ItemDescription": "x" * 241}, "longer than 240"),
        ({"ItemNumber": 7}, "must be text"),
    ],
)
def test_an_item_that_lacks_something_is_refused(caller, changes, words):
    """By its attribute, and nothing is stored."""
    answer = _post(caller, **changes)
    assert (answer.status_code, words in answer.text) == (400, True)
    assert caller.items("itemsV2", q="ItemNumber = 'NEW-1'") == []


def test_a_user_without_data_access_creates_no_item(site, clock):
    """Nor does he see any."""
    caller = Caller(build_app(site, clock, FaultPlan()), clock, FaultPlan())
    caller.login(CLIENT_WITHOUT_DATA)
    assert _post(caller).status_code == 403
