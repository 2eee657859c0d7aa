"""Read Fusion's customer accounts and items: accounts by number, items by when they changed last.

In: account numbers, or a moment. Out: values of `resources.erp.masters`. Customer accounts are only found by a finder
that wants their number, so those that a connection names are asked for one by one; items are a collection with a date
of change. Only named attributes are asked for: an item has hundreds, and an address or a tax number is none of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ledger.errors import TargetUnavailable
from ledger.masters import NewItem
from resources.erp.fusion import filters
from resources.erp.fusion.door import Door
from resources.erp.fusion.filters import Condition
from resources.erp.fusion.master_settings import MasterDataSettings
from resources.erp.fusion.new_items import new_item
from resources.erp.fusion.rows import Row
from resources.erp.masters import CustomerMaster, CustomersRead, ItemMaster

_ACCOUNT = ("AccountNumber", "AccountId", "CustomerName", "LastUpdateDate")
_ITEM = ("ItemId", "ItemNumber", "ItemDescription", "ItemStatusValue", "PrimaryUOMValue")


class FusionMasters:
    """The master data of one site; implements `resources.erp.masters.MasterReader`.

    Args:
        settings: How the site shows it.
        door: Its door, with all rings.
        currency: The ledger's.
    """

    def __init__(self, settings: MasterDataSettings, door: Door, currency: str) -> None:
        self._settings = settings
        self._door = door
        self.currency = currency

    @property
    def organization(self) -> str:
        """Return the organization that items are read of and made in."""
        return self._settings.item_organization

    @property
    def place(self) -> str:
        """Return resource, organization and reference: what was read by others is no start for a read by date."""
        ours = self._settings
        return " ".join((ours.items_resource, ours.item_organization, ours.cross_reference)).strip()

    @property
    def overlap(self) -> float:
        """Return the seconds that a read reaches back before the newest change known."""
        return self._settings.overlap_minutes * 60.0

    @property
    def whole_days(self) -> int:
        """Return after how many days everything is read again: what was deleted shows in no read by date."""
        return self._settings.whole_days

    @property
    def sold_days(self) -> int:
        """Return how far back a sale makes a product one that wants an item."""
        return self._settings.sold_days

    def check_number(self, number: str) -> None:
        """Raise InputRefused for an account number that a finder would read as something else."""
        filters.finder_value("AccountNumber", number)

    def customers(self, numbers: Sequence[str]) -> CustomersRead:
        """Return those of these accounts that Fusion shows.

        The control is any of them that is shown, else the one of the settings. Raises InputRefused for a number that
        cannot be asked for, TargetUnavailable and TargetMisconfigured when Fusion cannot be asked.
        """
        found = tuple(one for number in dict.fromkeys(numbers) if (one := self._customer(number)) is not None)
        if found:
            return CustomersRead(found, f"account {found[0].number}")
        control = self._customer(self._settings.control_customer) if self._settings.control_customer else None
        return CustomersRead((), f"account {control.number}" if control else "")

    def new_item(self, sku: str, title: str) -> NewItem:
        """Return an item as it would be created for a product; raises InputRefused for a SKU that is no number."""
        return new_item(sku, title, self._settings)

    def items(self, since: datetime | None) -> tuple[ItemMaster, ...]:
        """Return the items of the organization that changed at a moment or later, each once; all without one.

        Raises TargetUnavailable and TargetMisconfigured when Fusion cannot be asked or answers what cannot be read.
        """
        ours = self._settings
        conditions = [filters.equals("OrganizationCode", ours.item_organization)]
        if since is not None:
            moment = since.astimezone(UTC).isoformat(timespec="seconds")
            conditions.append(Condition(ours.item_updated_attribute, ">=", moment))
        rows = self._door.rows(ours.items_resource, conditions, key="ItemId", fields=self._item_fields())
        return tuple(self._item(row) for row in rows)

    def _item_fields(self) -> str:
        own = (*_ITEM, self._settings.item_updated_attribute)
        child, dot, attribute = self._settings.cross_reference.partition(".")
        if dot:
            return f"{','.join(own)};{child}:{attribute}"
        return ",".join((*own, child) if child else own)

    def _item(self, row: Row) -> ItemMaster:
        status = row.text("ItemStatusValue")
        number = row.text("ItemNumber")
        if not number:
            raise TargetUnavailable(f"Fusion's {row.resource} answers an item without ItemNumber.")
        return ItemMaster(
            erp_id=row.identifier("ItemId"),
            number=number,
            description=row.text("ItemDescription"),
            status=status,
            is_active=status in self._settings.active_item_statuses,
            unit=row.text("PrimaryUOMValue"),
            updated=_moment(row, self._settings.item_updated_attribute),
            references=tuple(self._references(row)),
        )

    def _references(self, row: Row) -> Iterator[str]:
        child, dot, attribute = self._settings.cross_reference.partition(".")
        if not child:
            return
        for one in row.below(child) if dot else (row,):
            text = one.text(attribute if dot else child)
            if text:
                yield text

    def _customer(self, number: str) -> CustomerMaster | None:
        """Return the account of exactly that number, its sites added up."""
        ours = self._settings
        status = ours.customer_status_attribute
        asked = ",".join((*_ACCOUNT, status) if status else _ACCOUNT)
        variables = {"AccountNumber": filters.finder_value("AccountNumber", number)}
        rows = self._door.found(ours.customers_resource, ours.customer_finder, variables, fields=asked)
        rows = [row for row in rows if row.text("AccountNumber") == number]
        if not rows:
            return None
        states = {row.text(status) in ours.active_customer_statuses for row in rows if row.text(status)}
        return CustomerMaster(
            number=number,
            erp_id=rows[0].text("AccountId"),
            name=rows[0].text("CustomerName"),
            sites=len(rows),
            is_active=any(states) if states else None,
            updated=max((_moment(row, "LastUpdateDate") for row in rows if row.text("LastUpdateDate")), default=None),
        )


def _moment(row: Row, name: str) -> datetime:
    """Return a moment; one without a zone is of UTC, as Fusion keeps them."""
    try:
        moment = datetime.fromisoformat(row.text(name))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise TargetUnavailable(f"Fusion's {row.resource} answers a {name} that is no moment.") from None
