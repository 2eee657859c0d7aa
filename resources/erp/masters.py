"""What is read of an ERP's master data: customer accounts by number, items by when they changed.

In: account numbers, or a moment. Out: plain values, and whether anything was seen at all: an empty answer may be a user
without data access, so it says nothing about what is missing. Read only: an item that is to be created is described
here, and created by the verbs of the target.
Nothing else in the project knows which ERP it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from ledger.masters import NewItem


@dataclass(frozen=True)
class CustomerMaster:
    """One customer account; `is_active` and `updated` are None where the ERP does not show them."""

    number: str
    erp_id: str
    name: str
    sites: int
    is_active: bool | None
    updated: datetime | None


@dataclass(frozen=True)
class CustomersRead:
    """The accounts that were found; `control` names an account that was seen, "" where none at all was."""

    found: tuple[CustomerMaster, ...]
    control: str


@dataclass(frozen=True)
class ItemMaster:
    """One item; `status` is the ERP's word, `references` are other names that it keeps of it."""

    erp_id: str
    number: str
    description: str
    status: str
    is_active: bool
    unit: str
    updated: datetime
    references: tuple[str, ...] = ()


class MasterReader(Protocol):
    """The master data of one ERP as this connection is set up to read it.

    `place` names where items are read; what was read elsewhere does not count any more when it changes. `overlap` are
    the seconds that a read reaches back before the newest change known, `whole_days` after how many days everything is
    read again, `sold_days` how far back a sale makes a product one that wants an item. `organization` is what an item
    is made in, `currency` the ledger's.
    """

    @property
    def organization(self) -> str: ...

    @property
    def currency(self) -> str: ...

    @property
    def place(self) -> str: ...

    @property
    def overlap(self) -> float: ...

    @property
    def whole_days(self) -> int: ...

    @property
    def sold_days(self) -> int: ...

    def check_number(self, number: str) -> None:
        """Raise InputRefused for an account number that cannot be asked for."""

    def customers(self, numbers: Sequence[str]) -> CustomersRead:
        """Return those of these accounts that the ERP shows; raises TargetUnavailable, TargetMisconfigured."""

    def new_item(self, sku: str, title: str) -> NewItem:
        """Return an item as it would be created for a product; pure. Raises InputRefused for a SKU that is no number
        of an item there."""

    def items(self, since: datetime | None) -> tuple[ItemMaster, ...]:
        """Return the items that changed at a moment or after it, all of them without one; raises as `customers`."""


@runtime_checkable
class MasterTarget(Protocol):
    """A target whose master data can be read; None where the connection is not set up for it."""

    @property
    def masters(self) -> MasterReader | None: ...
