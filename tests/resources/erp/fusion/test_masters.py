"""Items by date of change and customer accounts by number, read from the emulated pod; what proves nothing is told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from emulators.faults import FaultPlan
from emulators.fusion.app import build_app
from emulators.fusion.demo_site import CLIENT_WITHOUT_DATA, DEMO_CLIENT, DEMO_SECRET, demo_site
from emulators.fusion.inventory import Item, MasterSwitches
from emulators.fusion.switches import Switches
from emulators.in_process import InProcessTransport
from ledger.errors import InputRefused, TargetMisconfigured, TargetUnavailable
from resources.clock import ManualClock
from resources.erp.fusion.master_settings import MasterDataSettings
from resources.erp.fusion.masters import FusionMasters
from resources.erp.fusion.opening import open_fusion
from resources.erp.fusion.settings import FusionSettings
from resources.erp.sent_jobs import MemoryJobs
from resources.transport.access_tokens import MemoryTokenCache
from tests.fusion_connection import fusion_settings
from tests.resources.erp.fusion.conftest import Recorded

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@dataclass
class Pod:
    """The demo pod, and readers of its master data."""

    client_id: str = DEMO_CLIENT
    recorder: Recorded = field(default_factory=Recorded)

    def __post_init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.site = demo_site(NOW.date())

    def reader(self, *, version: int = 4, **changes) -> FusionMasters:
        """Return a reader of the pod as it is set up by now."""
        settings = fusion_settings(framework_version=version, master_data={"item_organization": "V1", **changes})
        fusion = open_fusion(
            FusionSettings(**settings),
            connection="amazon_us",
            user_agent="tests",
            read_secret={"fusion_client_id": self.client_id, "fusion_client_secret": DEMO_SECRET}.__getitem__,
            clock=self.clock,
            tokens=MemoryTokenCache(),
            memory=MemoryJobs(),
            recorder=self.recorder,
            transport=InProcessTransport(build_app(self.site, self.clock, FaultPlan()), self.clock),
        )
        assert fusion.masters is not None
        return fusion.masters


@pytest.fixture
def pod() -> Pod:
    """Return the demo pod on a clock that stands still."""
    return Pod()


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_all_items_of_one_organization_are_read(pod, version):
    """In either grammar of filters, page after page."""
    pod.site.switches = Switches(limit_max=3)
    found = {one.number: one for one in pod.reader(version=version).items(None)}
    assert len(found) == 8
    assert (found["OLD-LAMP"].status, found["OLD-LAMP"].is_active) == ("Inactive", False)
    assert "TENT-PEG-SET-12" not in found
    assert found["HEADLAMP-400LM"].updated.tzinfo is UTC


@pytest.mark.parametrize("version", [1, 4])
def test_items_changed_since_a_moment_are_read_that_moment_included(pod, version):
    """An item that changed is there once, as it is now."""
    since = NOW - timedelta(days=1)
    assert pod.reader(version=version).items(since) == ()
    pod.site.inventory.put(Item(1, "NEW", "New thing", since))
    pod.site.inventory.put(replace(pod.site.inventory.items[0], status="Inactive", updated=NOW))
    found = pod.reader(version=version).items(since)
    assert sorted((one.number, one.is_active) for one in found) == [("NEW", True), ("TRAIL-BOTTLE-750", False)]


@pytest.mark.parametrize("version", [1, 4])
def test_references_come_with_the_items(pod, version):
    """From the child that the settings name, as an object or as a bare list."""
    found = pod.reader(version=version, cross_reference="ItemDFF.marketplaceReference").items(None)
    assert {one.number: one.references for one in found if one.references} == {"4711-DB": ("B0DEMODB20",)}


def test_only_what_is_asked_for_comes(pod):
    """No address and no tax number of a customer is in any answer that is kept."""
    pod.reader().customers(["1008"])
    bodies = b"".join(one.response_body or b"" for one in pod.recorder.exchanges)
    assert b"LastUpdateDate" in bodies
    assert b"Address" not in bodies
    assert b"Taxpayer" not in bodies


def test_an_attribute_that_the_site_does_not_have_is_a_matter_for_a_person(pod):
    """Its name is a setting."""
    pod.site.inventory.switches = MasterSwitches(item_updated_attribute="LastUpdateDate")
    with pytest.raises(TargetMisconfigured, match="LastUpdateDateTime"):
        pod.reader().items(None)
    assert pod.reader(item_updated_attribute="LastUpdateDate").items(NOW - timedelta(days=60))


def test_customers_are_found_by_their_number(pod):
    """With the sites they have; whether one is active is not shown unless an attribute is named."""
    read = pod.reader().customers(["1008", "1009", "9999", "1010"])
    assert [(one.number, one.sites, one.is_active) for one in read.found] == [("1008", 1, None), ("1009", 2, None)]
    assert read.control == "account 1008"


def test_an_inactive_customer_is_seen_as_such_where_it_is_shown(pod):
    """The attribute and the words are settings."""
    pod.site.inventory.switches = MasterSwitches(customer_status_attribute="Status", are_inactive_customers_listed=True)
    read = pod.reader(customer_status_attribute="Status").customers(["1008", "1010"])
    assert [(one.number, one.is_active) for one in read.found] == [("1008", True), ("1010", False)]


def test_without_data_access_nothing_is_seen_and_nothing_is_said_to_be_missing(pod):
    """200 with no rows: no control, whatever control is named."""
    blind = Pod(CLIENT_WITHOUT_DATA).reader(control_customer="1008")
    assert blind.items(None) == ()
    assert blind.customers(["1008"]).control == ""
    seeing = pod.reader(control_customer="1008").customers(["9999"])
    assert (seeing.found, seeing.control) == ((), "account 1008")


@pytest.mark.parametrize("number", ["10,08", "10;08", "10=08", "", "1'8"])
def test_an_account_number_that_cannot_be_asked_for_is_refused(pod, number):
    """It would be read as another question."""
    with pytest.raises(InputRefused):
        pod.reader().customers([number])


def test_a_date_of_change_that_is_none_is_told(pod):
    """Without it the next read would have no beginning."""
    pod.site.inventory.put(Item(1, "NEW", "New thing", NOW))
    reader = pod.reader(item_updated_attribute="ItemDescription")
    with pytest.raises(TargetUnavailable, match="ItemDescription that is no moment"):
        reader.items(None)


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"create_missing": True}, "create_missing"),
        ({"new_item": {"ItemNumber": "X"}}, "ItemNumber is told by the connector itself"),
        ({"new_item": {"Item Class": "X"}}, "new_item"),
        ({"new_item": {"ItemClass": ""}}, "new_item"),
        ({"item_organization": ""}, "item_organization"),
        ({"active_item_statuses": []}, "active_item_statuses"),
        ({"cross_reference": "a.b.c"}, "cross_reference"),
        ({"overlap_minutes": 0}, "overlap_minutes"),
        ({"control_customer": "10,08"}, "control_customer"),
        ({"organisation": "V1"}, "organisation"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(wrong, words):
    """What an item is given beside what we tell of it among them."""
    with pytest.raises(ValidationError, match=words):
        MasterDataSettings(**{"item_organization": "V1", **wrong})


@pytest.mark.parametrize("sku", ["", " ", " A", "A ", "A'B", 'A"B', "A;B", "A\tB", "x" * 301])
def test_a_sku_that_is_no_number_of_an_item_is_refused(pod, sku):
    """It could not be looked for, so it is never sent."""
    with pytest.raises(InputRefused):
        pod.reader(new_item={"ItemClass": "Root Item Class"}).new_item(sku, "Title")


def test_an_item_is_given_what_the_settings_say(pod):
    """Number, organization and description are ours; a title is cut where Fusion ends, and blanks in it are one."""
    reader = pod.reader(new_item={"ItemClass": "Root Item Class"})
    made = dict(reader.new_item("MUG-1.5%", f"  A  mug {'x' * 300}").attributes)
    assert (made["ItemNumber"], made["OrganizationCode"], made["ItemClass"]) == ("MUG-1.5%", "V1", "Root Item Class")
    assert (made["ItemDescription"][:6], len(made["ItemDescription"])) == ("A mug ", 240)
    assert dict(reader.new_item("MUG-1", "").attributes)["ItemDescription"] == "MUG-1"
