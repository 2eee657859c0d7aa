"""How one Fusion site shows its items and customer accounts: organization, names of attributes, what counts as active.

In: a mapping (from YAML). Out: checked, frozen settings. Which attributes an item has is documented, their names are
confirmed by no site of ours: they are settings. Sources:
docs.oracle.com/en/cloud/saas/supply-chain-and-manufacturing/26b/fasrp/op-itemsv2-get.html,
docs.oracle.com/en/cloud/saas/financials/24d/farfa/Get_Started_Receivables_Customer_Account_Site_Activities.html.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,79}$"
_NAME_OR_NONE = r"^([A-Za-z_][A-Za-z0-9_]{0,79})?$"
_RESOURCE = r"^[A-Za-z][A-Za-z0-9]{0,79}$"
_REFERENCE = r"^([A-Za-z_][A-Za-z0-9_]{0,79}(\.[A-Za-z_][A-Za-z0-9_]{0,79})?)?$"
# What every item is created with.
OF_ITEM = ("ItemNumber", "OrganizationCode", "ItemDescription")
_Word = Annotated[str, Field(min_length=1, max_length=80)]


class MasterDataSettings(BaseModel):
    """Which master data is read and matched to what the marketplace sells.

    `cross_reference` is an attribute of the item, or child.attribute, that holds an ASIN or a SKU; "" for none.
    `new_item` is what an item that is created is given beside its number, organization and description: what those
    have to be (class, unit, status, template), `describe` of the resource and the site's own rules say. Without it none
    is created.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    item_organization: str = Field(min_length=1, max_length=18)
    items_resource: str = Field("itemsV2", pattern=_RESOURCE)
    item_updated_attribute: str = Field("LastUpdateDateTime", pattern=_NAME)
    active_item_statuses: tuple[_Word, ...] = Field(("Active",), min_length=1)
    cross_reference: str = Field("", pattern=_REFERENCE)
    customers_resource: str = Field("receivablesCustomerAccountSiteActivities", pattern=_RESOURCE)
    customer_finder: str = Field("CustomerAccountSiteActivitiesFinder", pattern=_RESOURCE)
    customer_status_attribute: str = Field("", pattern=_NAME_OR_NONE)
    active_customer_statuses: tuple[_Word, ...] = Field(("A", "Active"), min_length=1)
    control_customer: str = Field("", pattern=r"^[^,;='\"\x00-\x1f]{0,30}$")
    overlap_minutes: int = Field(10, ge=1, le=1_440)
    whole_days: int = Field(7, ge=1, le=90)
    sold_days: int = Field(90, ge=1, le=365)
    new_item: dict[Annotated[str, Field(pattern=_NAME)], Annotated[str, Field(min_length=1, max_length=240)]] = {}

    @model_validator(mode="after")
    def _is_told_by_us(self) -> Self:
        ours = sorted(set(OF_ITEM) & set(self.new_item))
        if ours:
            raise ValueError(f"new_item: {', '.join(ours)} is told by the connector itself: leave it out")
        return self
