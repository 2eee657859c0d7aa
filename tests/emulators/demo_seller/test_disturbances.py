"""What goes wrong on purpose: each disturbance changes what it says, by what it says, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import pytest

from emulators.amazon.balances import balance_at
from emulators.amazon.history import Placed, SellerHistory
from emulators.amazon.transaction_state import RELEASED, Told, told_at
from emulators.demo_seller.bank import bank_lines
from emulators.demo_seller.disturbances import DISTURBANCES
from emulators.demo_seller.seller import DemoSeller, demo_seller

AS_OF = date(2026, 11, 20)
LATER = datetime(2026, 11, 24, tzinfo=UTC)
ZERO = Decimal("0.00")


@cache
def _seller(*names: str) -> DemoSeller:
    return demo_seller(7, AS_OF, disturbances=names)


def _american(demo: DemoSeller) -> SellerHistory:
    return demo.world.histories[demo.sellers[0].seller_id]


def _placed(name: str) -> Placed:
    (placed,) = _american(_seller(name)).placed
    assert placed.check == name
    return placed


def _told(demo: DemoSeller, moment: datetime = LATER) -> list[Told]:
    return [one for record in _american(demo).all_transactions() for one in told_at(record, moment)]


def _differences(demo: DemoSeller) -> dict[str, Decimal]:
    """Return settlement -> released less what its file says, where that is not nothing."""
    released: dict[str, Decimal] = {}
    for one in _told(demo):
        if one.status == RELEASED:
            settlement_id = dict(one.identifiers).get("SETTLEMENT_ID", "")
            released[settlement_id] = released.get(settlement_id, ZERO) + one.record.total
    found = {
        truth.settlement_id: released.get(truth.settlement_id, ZERO) - truth.released_expected
        for truth in demo.settlements
        if truth.currency == "USD"
    }
    return {key: amount for key, amount in found.items() if amount}


def test_without_them_nothing_is_placed_and_all_ties() -> None:
    """The demonstration is clean."""
    demo = _seller()
    assert not any(history.placed for history in demo.world.histories.values())
    assert _differences(demo) == {}


@pytest.mark.parametrize("name", DISTURBANCES)
def test_each_is_placed_with_its_amount_and_its_words(name: str) -> None:
    """In the American account alone; files and truth stay as they are."""
    placed = _placed(name)
    assert placed.amount
    assert placed.record
    assert placed.sentence.endswith(".")
    demo = _seller(name)
    assert demo.settlements == _seller().settlements
    assert demo.world.documents == _seller().world.documents
    assert not any(history.placed for history in list(demo.world.histories.values())[1:])


@pytest.mark.parametrize("name", ["lost_row", "missing_event", "other_amount"])
def test_some_make_a_settlement_differ_from_its_transactions(name: str) -> None:
    """By the amount that was placed, in the newest settlement."""
    newest = [truth for truth in _seller().settlements if truth.currency == "USD"][-1]
    assert _differences(_seller(name)) == {newest.settlement_id: _placed(name).amount}


def test_another_amount_is_the_same_at_both_levels() -> None:
    """Items and transaction agree with each other, not with the rows."""
    order_id = _placed("other_amount").record
    (told,) = (
        one
        for one in _told(_seller("other_amount"))
        if ("ORDER_ID", order_id) in one.identifiers
        and one.record.transaction_type == "Shipment"
        and one.status == RELEASED
    )
    items = sum((leaf.amount for item in told.record.items for leaf in item.leaves), ZERO)
    assert items == told.record.total


def test_one_arrives_late_and_then_all_ties() -> None:
    """Almost two days after it was posted."""
    demo, record_id = _seller("late_arrival"), _placed("late_arrival").record
    (record,) = (one for one in _american(demo).all_transactions() if one.transaction_id == record_id)
    before = record.posted + timedelta(hours=47, minutes=54)
    assert record_id not in {one.transaction_id for one in _told(demo, before)}
    assert record_id in {one.transaction_id for one in _told(demo, before + timedelta(minutes=2))}
    assert _differences(demo) == {}


@pytest.mark.parametrize(("name", "days"), [("late_shipment", 8), ("untold_shipment", None)])
def test_a_shipment_may_be_told_late_or_never(name: str, days: int | None) -> None:
    """The report of shipments has it all the while, and so has its settlement."""
    demo, order_id = _seller(name), _placed(name).record
    [order] = [one for one in _american(demo).orders if one.order_id == order_id]
    records = [one for one in _american(demo).all_transactions() if ("ORDER_ID", order_id) in one.identifiers]
    [record] = [one for one in records if one.transaction_type == "Shipment"]
    assert (order.is_by_amazon, order.shipped is not None) == (True, True)

    def is_told(moment: datetime) -> bool:
        return record.transaction_id in {one.record.transaction_id for one in _told(demo, moment)}

    if days is None:
        assert not is_told(LATER)
    else:
        due = record.posted + timedelta(days=days)
        assert (is_told(due - timedelta(minutes=1)), is_told(due + timedelta(minutes=5))) == (False, True)


def test_one_is_told_wrongly_first_under_the_same_id() -> None:
    """Never two at once; the balance knew better all along."""
    demo, placed = _seller("changed"), _placed("changed")
    (right,) = (one for one in _told(demo) if one.transaction_id == placed.record)
    moment = right.record.posted + timedelta(hours=29)
    (wrong,) = (one for one in _told(demo, moment) if one.transaction_id == placed.record)
    assert right.record.total - wrong.record.total == placed.amount
    assert _differences(demo) == {}
    plain = balance_at(_american(_seller()), "ATVPDKIKX0DER", "USD", moment)
    assert balance_at(_american(demo), "ATVPDKIKX0DER", "USD", moment) == plain


def test_a_sale_may_be_held_longer() -> None:
    """Told as deferred for a month more; settlements tie, and the balance holds the money back for as long."""
    demo, placed = _seller("held_longer"), _placed("held_longer")

    def statuses(seller: DemoSeller, moment: datetime) -> set[str]:
        return {one.status for one in _told(seller, moment) if ("ORDER_ID", placed.record) in one.identifiers}

    [until] = {
        record.deferred_until
        for record in _american(_seller()).all_transactions()
        if record.deferred_until and ("ORDER_ID", placed.record) in record.identifiers
    }
    after = until + timedelta(days=2)
    assert (statuses(_seller(), after), statuses(demo, after)) == ({"DEFERRED_RELEASED", "RELEASED"}, {"DEFERRED"})
    assert statuses(demo, after + timedelta(days=30)) == {"DEFERRED_RELEASED", "RELEASED"}
    assert _differences(demo) == {}
    plain, other = (balance_at(_american(one), "ATVPDKIKX0DER", "USD", after) for one in (_seller(), demo))
    assert (other.total, other.deferred - plain.deferred) == (plain.total, placed.amount)


def test_a_payout_may_be_short() -> None:
    """Of the settlement's total."""
    placed = _placed("payout_short")
    (payout,) = (one for one in _american(_seller("payout_short")).payouts if one.settlement_id == placed.record)
    truth = next(one for one in _seller().settlements if one.settlement_id == placed.record)
    assert payout.amount - truth.total == placed.amount


def test_a_payout_may_fail_and_come_back_into_the_balance() -> None:
    """It never reaches the bank; the open period has the money again."""
    demo, placed = _seller("payout_failed"), _placed("payout_failed")
    (payout,) = (one for one in _american(demo).payouts if one.settlement_id == placed.record)
    assert payout.statuses[-1][0] == "FAILED"
    lines = bank_lines(demo.world.histories.values(), LATER.date())
    assert placed.record not in {part.settlement_id for line in lines for part in line.parts}
    plain = balance_at(_american(_seller()), "ATVPDKIKX0DER", "USD", LATER)
    assert balance_at(_american(demo), "ATVPDKIKX0DER", "USD", LATER).total - plain.total == -placed.amount


def test_a_charge_may_be_in_the_balance_and_never_be_told() -> None:
    """From the middle of a month on; no settlement and no answer has it."""
    demo, placed = _seller("never_told"), _placed("never_told")
    day = datetime.fromisoformat(placed.record).replace(tzinfo=UTC)
    changes = []
    for moment in (day, day + timedelta(days=1), LATER):
        plain, other = (balance_at(_american(one), "ATVPDKIKX0DER", "USD", moment) for one in (_seller(), demo))
        changes.append(other.total - plain.total)
    assert changes == [ZERO, placed.amount, placed.amount]
    assert (_told(demo), _differences(demo)) == (_told(_seller()), {})
    assert (day.day, day < LATER.replace(day=1)) == (15, True)


@pytest.mark.parametrize(("name", "lines_more"), [("bank_short", 0), ("bank_stray", 1)])
def test_the_bank_may_keep_a_fee_or_have_more(name: str, lines_more: int) -> None:
    """The sum of its lines differs by what was placed."""
    plain, other = (bank_lines(demo.world.histories.values(), AS_OF) for demo in (_seller(), _seller(name)))
    assert len(other) - len(plain) == lines_more
    assert sum(line.amount for line in other) - sum(line.amount for line in plain) == _placed(name).amount


def test_several_go_together_and_an_unknown_one_is_refused() -> None:
    """The refusal lists what there is."""
    demo = demo_seller(7, AS_OF, disturbances=DISTURBANCES)
    placed = _american(demo).placed
    assert [one.check for one in placed] == sorted(DISTURBANCES)
    of_transactions = [one.record for one in placed if not one.check.startswith(("bank", "payout"))]
    assert len(set(of_transactions)) == len(of_transactions), "none takes away what another has placed"
    with pytest.raises(ValueError, match="late_arrival"):
        demo_seller(7, AS_OF, disturbances=("fire",))
