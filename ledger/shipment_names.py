"""Under which name the invoice of a shipment is known, whoever tells of it first: Amazon's transaction or its report.

In: what both tell of one order, and the names that its invoices have already. Out: a name for each transaction, the
shipments that no transaction tells, and what cannot be told apart. A shipment that both tell has one name, made of its
id in the report; a transaction that tells a shipment of its own has its own. Nothing is guessed: where several are
alike, no invoice of the report is taken for a transaction's, nor made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_OF_SHIPMENT = "shipment "


@dataclass(frozen=True)
class Told:
    """A Shipment transaction of an order: its id, that of its shipment as far as it has one, and what was in it.

    `content` names products with units, sorted; empty where that is not known. What the merchant shipped stands in no
    report.
    """

    transaction_id: str
    shipment_id: str = ""
    content: tuple[str, ...] = ()
    is_by_merchant: bool = False


@dataclass(frozen=True)
class Parcel:
    """A shipment of an order as the report tells it, or as it was billed from the report."""

    shipment_id: str
    content: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the name of its invoice."""
        return shipment_name(self.shipment_id)


@dataclass
class Names:
    """What the invoices of an order's shipments are known as.

    `known_as` gives each transaction the name of its invoice, `others` the names under which the same shipment may have
    been billed before. Of `unclear` transactions it is not known which billed shipment they tell. `untold` are the
    shipments of the report that no transaction tells, `unsure` those of which that is not known.
    """

    known_as: dict[str, str] = field(default_factory=dict)
    others: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    untold: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


def shipment_name(shipment_id: str) -> str:
    """Return the name of the invoice of a shipment that the report tells; no transaction has such an id."""
    return f"{_OF_SHIPMENT}{shipment_id}"


def shipment_of(name: str) -> str:
    """Return the id of the shipment that an invoice of this name is of; "" where a transaction named it."""
    return name.removeprefix(_OF_SHIPMENT) if name.startswith(_OF_SHIPMENT) else ""


def names_of(told: Sequence[Told], parcels: Sequence[Parcel], billed: Mapping[str, bool]) -> Names:
    """Return the names of one order's invoices.

    `parcels` are those of the report and those that were billed from it; `billed` the names of all its invoices that
    were ever planned and not refused, with whether one may be in the ERP.
    """
    names = Names()
    ours = [one for one in told if not one.is_by_merchant]
    names.known_as = {one.transaction_id: one.transaction_id for one in told}
    ids = {one.shipment_id for one in parcels}
    for parcel in parcels:
        same = [one for one in ours if one.shipment_id == parcel.shipment_id]
        if same:
            _name(names, same, [parcel], billed)
    left = [one for one in parcels if not any(other.shipment_id == one.shipment_id for other in ours)]
    free = [one for one in ours if one.shipment_id not in ids]
    alike = {one.content for one in left} & {one.content for one in free} - {()}
    for content in sorted(alike):
        _name(names, [one for one in free if one.content == content], _with(content, left), billed)
    lone = [one for one in free if one.content not in alike]
    _name_alone(names, lone, [one for one in left if one.content not in alike], billed)
    explained = {one.name for one in parcels} | {one.transaction_id for one in told}
    if billed.keys() - explained:
        # An invoice of a transaction that is not here may be that of any of them.
        names.unsure += names.untold
        names.untold = []
    return names


def _with(content: tuple[str, ...], parcels: Iterable[Parcel]) -> list[Parcel]:
    return [one for one in parcels if one.content == content]


def _name(names: Names, told: Sequence[Told], parcels: Sequence[Parcel], billed: Mapping[str, bool]) -> None:
    """Name transactions that tell shipments which are alike; one of each is the same shipment."""
    if len(told) == len(parcels) == 1:
        [one], [parcel] = told, parcels
        own, other = parcel.name, one.transaction_id
        if other in billed and (billed[other] or not billed.get(own, False)):
            own, other = other, own
        names.known_as[one.transaction_id], names.others[one.transaction_id] = own, (other,)
        return
    _keep_apart(names, told, parcels, billed)
    if len(told) < len(parcels):
        names.unsure += [one.shipment_id for one in parcels]


def _name_alone(names: Names, told: Sequence[Told], parcels: Sequence[Parcel], billed: Mapping[str, bool]) -> None:
    """Name transactions that no shipment of the report is like; while there is one, no shipment is surely untold."""
    _keep_apart(names, told, parcels, billed)
    found = [one.shipment_id for one in parcels]
    if told:
        names.unsure += found
    else:
        names.untold += found


def _keep_apart(names: Names, told: Sequence[Told], parcels: Sequence[Parcel], billed: Mapping[str, bool]) -> None:
    """Let transactions keep their own names, but where an invoice of the report may be theirs: then it is unclear."""
    rivals = [one.name for one in parcels]
    for one in told:
        own = [shipment_name(one.shipment_id)] if one.shipment_id else []
        names.others[one.transaction_id] = tuple(dict.fromkeys([*rivals, *own]))
        if one.transaction_id not in billed and billed.keys() & set(names.others[one.transaction_id]):
            names.unclear.add(one.transaction_id)
