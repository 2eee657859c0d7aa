"""Items of one Fusion organization that the connector creates: once each, known by their number.

Fusion keeps an item's number unique in its organization, so a second one is refused, and who looks by number finds the
first. An empty answer counts only after another item of the organization came back through the same resource. What an
item has to be given beside number and description is the site's own, and stands in the settings. Source:
docs.oracle.com/en/cloud/saas/supply-chain-and-manufacturing/26b/fasrp/api-product-lifecycle-management-items-version-2.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ledger.errors import Finding, InputRefused, TargetRefused, TargetUnavailable, TargetUnclear
from ledger.journal import Journal
from ledger.masters import NewItem
from resources.erp.fusion import filters
from resources.erp.fusion.door import Door
from resources.erp.fusion.master_settings import OF_ITEM, MasterDataSettings
from resources.erp.fusion.receivables.refusal import after_refusal
from resources.erp.fusion.rows import Row
from resources.erp.target import BooksState, FoundDocument, ReadBack, Sightings, TargetStatus

NUMBER_MAX, DESCRIPTION_MAX = 300, 240
_KEY = "ItemId"
_FIELDS = "ItemId,ItemNumber,OrganizationCode,ItemStatusValue"
# How many of the newest items are looked at for one that can be asked for by number.
_CONTROLS_TRIED = 20


class NewItems:
    """Items as documents; the verbs are those of `Target`, for items."""

    def __init__(self, settings: MasterDataSettings, door: Door) -> None:
        self._settings = settings
        self._door = door

    def erp_id(self, journal: Journal) -> str:
        """Return the item's number; what was refused and is sent otherwise has its revision behind it.

        Fusion knows the number alone. Our records keep apart what was sent of it.
        """
        number = _item(journal).number
        return number if journal.revision == 1 else f"{number}#{journal.revision}"

    def link(self, journal: Journal) -> str:
        """Return "": no address is documented that shows an item by its number."""
        return ""

    def check(self, journals: Sequence[Journal]) -> list[Finding]:
        """Return what would keep these items from being created."""
        findings = []
        for journal in journals:
            try:
                body_of(_item(journal), self._settings)
            except InputRefused as error:
                cure = "Name what it asks for under fusion, master_data, new_item, or create the item in Fusion."
                findings.append(Finding("journal_does_not_fit", str(error), cure, journal.key))
        return findings

    def submit(self, journal: Journal) -> str:
        """Create one item, once; return its number.

        Raises InputRefused, TargetUnavailable, TargetMisconfigured (nothing was made), TargetRefused (a parsed no) and
        TargetUnclear (ask by number, also when an item has it already).
        """
        item = _item(journal)
        body = body_of(item, self._settings)
        if self._rows(item.number):
            raise TargetUnclear(f"Item {item.number} was not sent: Fusion has it already.")
        try:
            self._door.create(f"Item {item.number}", self._settings.items_resource, body)
        except TargetRefused as refusal:
            raise after_refusal(refusal, item.number, lambda: bool(self._rows(item.number))) from None
        return self.erp_id(journal)

    def status(self, journal: Journal) -> TargetStatus:
        """Read where an item stands, once: it is there, whatever its status, or it is not."""
        rows = self._rows(_item(journal).number)
        if not rows:
            return TargetStatus(BooksState.ABSENT, "")
        return TargetStatus(BooksState.POSTED, rows[0].text("ItemStatusValue"))

    def find(self, journals: Sequence[Journal]) -> Sightings:
        """Look for the items of these numbers, whoever made them; the control is another item that shows the same way.

        An item of that number is the item: who made it first, and what else it says, is no matter of ours.
        """
        asked = {_item(one).number: one for one in journals}
        found = tuple(self._told(row, one) for number, one in asked.items() for row in self._rows(number)[:1])
        control = self._control()
        return Sightings(found, bool(control), control)

    def read_back(self, journal: Journal) -> ReadBack:
        """Read one item; raises TargetUnavailable when Fusion does not show it."""
        number = _item(journal).number
        rows = self._rows(number)
        if not rows:
            raise TargetUnavailable(f"Item {number} is not shown by Fusion, so it cannot be read.")
        status = rows[0].text("ItemStatusValue")
        is_active = status in self._settings.active_item_statuses
        remark = f"Item {number} was created and is {status or 'without a status'}: make it active in Fusion."
        return ReadBack(
            erp_id=self.erp_id(journal),
            state=BooksState.POSTED,
            erp_status=status,
            accounting_date=journal.accounting_date,
            currency=journal.currency,
            lines=(),
            remarks=() if is_active else (remark,),
        )

    def listing(self, since: date) -> list[FoundDocument]:
        """Return nothing: an item carries no mark that would tell ours from others."""
        return []

    def _told(self, row: Row, asked: Journal) -> FoundDocument:
        return FoundDocument(
            erp_id=self.erp_id(asked),
            state=BooksState.POSTED,
            erp_status=row.text("ItemStatusValue"),
            currency=asked.currency,
            debits=asked.debits,
            credits=asked.credits,
            lines=0,
            accounting_date=asked.accounting_date,
            key_matches=asked.key,
            description=asked.description,
            is_same=True,
        )

    def _rows(self, number: str) -> list[Row]:
        """Return the item of exactly that number in our organization, none or one."""
        organization = self._settings.item_organization
        conditions = [filters.equals("ItemNumber", number), filters.equals("OrganizationCode", organization)]
        rows = self._door.rows(self._settings.items_resource, conditions, key=_KEY, fields=_FIELDS)
        return [one for one in rows if one.text("ItemNumber") == number]

    def _control(self) -> str:
        """Return the number of an item of our organization that comes back when it is asked for, or ""."""
        conditions = [filters.equals("OrganizationCode", self._settings.item_organization)]
        resource = self._settings.items_resource
        newest = self._door.rows(
            resource, conditions, key=_KEY, newest_first=True, at_most=_CONTROLS_TRIED, fields=_FIELDS
        )
        for number in (row.text("ItemNumber") for row in newest):
            if number and number.isascii() and number.replace("-", "").isalnum() and self._rows(number):
                return f"item {number}"
        return ""


def new_item(sku: str, title: str, settings: MasterDataSettings) -> NewItem:
    """Return an item as it is created for a product; raises InputRefused for a SKU that is no number of one."""
    if not sku.strip() or sku != sku.strip() or len(sku) > NUMBER_MAX:
        raise InputRefused(f"{sku[:80]!r} is no number of an item: blanks at an end, or too long.")
    # It is looked for before and after it is sent: a number that cannot be asked for is never sent.
    filters.expression([filters.equals("ItemNumber", sku)], 2)
    told = dict(zip(OF_ITEM, (sku, settings.item_organization, _description(sku, title)), strict=True))
    return NewItem(sku, tuple((told | settings.new_item).items()))


def body_of(item: NewItem, settings: MasterDataSettings) -> dict[str, str]:
    """Return what is sent; raises InputRefused where the settings do not say what an item is given."""
    if not settings.new_item:
        raise InputRefused("The Fusion settings do not say what a new item is given, so none is created.")
    return dict(item.attributes)


def _description(sku: str, title: str) -> str:
    return (" ".join(title.split()) or sku)[:DESCRIPTION_MAX]


def _item(journal: Journal) -> NewItem:
    assert journal.item is not None, "an item is asked for"
    return journal.item
