"""The name of a shipment's invoice: the same by report and by transaction, and never guessed."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from ledger.order_documents import invoice_source, is_of_report
from ledger.shipment_names import Parcel, Told, names_of, shipment_name, shipment_of

ONE, TWO = ("A 1",), ("B 2",)
CONTENTS = st.sampled_from([(), ONE, TWO])


def told(name: str, shipment: str = "", content=ONE, *, is_by_merchant: bool = False) -> Told:
    """Return a transaction."""
    return Told(name, shipment, content, is_by_merchant)


# What is told, what the report says, what is billed (name -> may be in the ERP): names, unclear, untold, unsure.
CASES = {
    "the ids meet": ([told("T", "P")], [Parcel("P", TWO)], {}, {"T": "shipment P"}, set(), [], []),
    "by what is in it": ([told("T", "X")], [Parcel("P", ONE)], {}, {"T": "shipment P"}, set(), [], []),
    "no id at all": ([told("T")], [Parcel("P", ONE)], {}, {"T": "shipment P"}, set(), [], []),
    "not told": ([], [Parcel("P", ONE)], {}, {}, set(), ["P"], []),
    "not reported": ([told("T", "P")], [], {}, {"T": "T"}, set(), [], []),
    "other content": ([told("T")], [Parcel("P", TWO)], {}, {"T": "T"}, set(), [], ["P"]),
    "other content, billed by the report": (
        [told("T")],
        [Parcel("P", TWO)],
        {"shipment P": True},
        {"T": "T"},
        {"T"},
        [],
        ["P"],
    ),
    "billed by its transaction before": ([told("T")], [Parcel("P", ONE)], {"T": True}, {"T": "T"}, set(), [], []),
    "planned under both": (
        [told("T", "P")],
        [Parcel("P", ONE)],
        {"T": False, "shipment P": False},
        {"T": "T"},
        set(),
        [],
        [],
    ),
    "planned under one, sent under the other": (
        [told("T", "P")],
        [Parcel("P", ONE)],
        {"T": False, "shipment P": True},
        {"T": "shipment P"},
        set(),
        [],
        [],
    ),
    "two alike, one told": (
        [told("T")],
        [Parcel("P", ONE), Parcel("Q", ONE)],
        {},
        {"T": "T"},
        set(),
        [],
        ["P", "Q"],
    ),
    "two alike, one billed": (
        [told("T")],
        [Parcel("P", ONE), Parcel("Q", ONE)],
        {"shipment P": True},
        {"T": "T"},
        {"T"},
        [],
        ["P", "Q"],
    ),
    "two alike, one told by its id": (
        [told("T", "P")],
        [Parcel("P", ONE), Parcel("Q", ONE)],
        {},
        {"T": "shipment P"},
        set(),
        ["Q"],
        [],
    ),
    "two alike, both told": (
        [told("T"), told("U")],
        [Parcel("P", ONE), Parcel("Q", ONE)],
        {},
        {"T": "T", "U": "U"},
        set(),
        [],
        [],
    ),
    "told in two transactions": (
        [told("T", "P"), told("U", "P")],
        [Parcel("P", TWO)],
        {},
        {"T": "T", "U": "U"},
        set(),
        [],
        [],
    ),
    "told in two transactions, billed by the report": (
        [told("T", "P"), told("U", "P")],
        [Parcel("P", TWO)],
        {"shipment P": True},
        {"T": "T", "U": "U"},
        {"T", "U"},
        [],
        [],
    ),
    "an invoice of a transaction that is not here": (
        [],
        [Parcel("P", ONE)],
        {"GONE": True},
        {},
        set(),
        [],
        ["P"],
    ),
    "sent by the merchant": (
        [told("M", is_by_merchant=True)],
        [Parcel("P", ONE)],
        {},
        {"M": "M"},
        set(),
        ["P"],
        [],
    ),
}


def test_every_case_has_its_names():
    """One line per case, the outcome at its end; in whatever order things are told."""
    for name, (told_, parcels, billed, known_as, unclear, untold, unsure) in CASES.items():
        for one in permutations(told_):
            for other in permutations(parcels):
                found = names_of(one, other, billed)
                assert (name, found.known_as, found.unclear) == (name, known_as, unclear)
                assert (name, sorted(found.untold), sorted(found.unsure)) == (name, untold, unsure)


def test_a_name_of_a_shipment_is_no_transactions():
    """Both ways, and in the key that is made of it."""
    assert shipment_of(shipment_name("D1")) == "D1"
    assert shipment_of("b" * 64) == ""
    [mine, theirs] = [invoice_source("S", "L", "1-2-3", one).source_id for one in (shipment_name("D1"), "D1")]
    assert (is_of_report(mine), is_of_report(theirs), mine[:7]) == (True, False, "1-2-3.S")


@st.composite
def orders(draw) -> tuple[list[Told], list[Parcel]]:
    """Return an order: shipments, each told or not, by its id or another one or none."""
    contents = draw(st.lists(CONTENTS, min_size=1, max_size=4))
    parcels = [Parcel(f"P{number}", content) for number, content in enumerate(contents)]
    transactions = []
    for number, parcel in enumerate(parcels):
        named = draw(st.sampled_from([None, "", parcel.shipment_id, f"X{number}"]))
        if named is not None:
            transactions.append(Told(f"T{number}", named, parcel.content))
    return transactions, parcels


@given(orders(), st.randoms(use_true_random=False))
def test_no_shipment_is_ever_billed_by_both(order, chance):
    """Whatever comes in whatever order: what is planned at one look is one invoice for each shipment at most.

    At each look one more transaction is here. Everything that may be planned then is; the shipment behind each is known
    here, and has one name for ever.
    """
    transactions, parcels = order
    chance.shuffle(transactions)
    billed: dict[str, bool] = {}
    invoices: dict[str, set[str]] = {}
    for here in range(len(transactions) + 1):
        found = names_of(transactions[:here], parcels, billed)
        assert not set(found.untold) & set(found.unsure)
        planned = {shipment_name(one): one for one in found.untold}
        for one in transactions[:here]:
            if one.transaction_id not in found.unclear:
                planned[found.known_as[one.transaction_id]] = f"P{one.transaction_id[1:]}"
        for name, shipment in planned.items():
            billed[name] = True
            invoices.setdefault(shipment, set()).add(name)
        assert all(len(names) == 1 for names in invoices.values()), invoices


@given(orders(), st.randoms(use_true_random=False))
def test_there_are_never_more_invoices_than_shipments(order, chance):
    """Transactions and the report's lines come in any order, and everything that may be billed is, at every look."""
    transactions, parcels = order
    arrivals: list[Told | Parcel] = [*transactions, *parcels]
    chance.shuffle(arrivals)
    billed: dict[str, bool] = {}
    for here in range(len(arrivals) + 1):
        told_ = [one for one in arrivals[:here] if isinstance(one, Told)]
        reported = [one for one in arrivals[:here] if isinstance(one, Parcel)]
        found = names_of(told_, reported, billed)
        names = [found.known_as[one.transaction_id] for one in told_ if one.transaction_id not in found.unclear]
        assert len(names) == len(set(names))
        billed |= dict.fromkeys([*names, *map(shipment_name, found.untold)], True)
        seen = {one.transaction_id[1:] for one in told_} | {one.shipment_id[1:] for one in reported}
        assert len(billed) <= len(seen)
