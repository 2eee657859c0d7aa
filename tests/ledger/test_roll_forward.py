"""The marketplace's account rolled forward: opening, events, payouts, closing, and what is left between them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.roll_forward import (
    ON_THEIR_WAY,
    Held,
    Movement,
    PaidOut,
    Reason,
    RollForward,
    Transfer,
    beside_payouts,
    fitting,
    roll_forward,
)

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
BEFORE = FIRST - timedelta(days=1)


def day(number: int) -> date:
    """Return a day of October, counted on into November and back into September."""
    return BEFORE + timedelta(days=number)


def movement(number: int, category: str, occurred: str, released: str | None = None, unknown: str = "0") -> Movement:
    """Return what happened of a category on a day; released at once unless told otherwise."""
    return Movement(
        day(number), category, Decimal(occurred), Decimal(occurred if released is None else released), Decimal(unknown)
    )


def paid(number: int, amount: str, arrived: int | None = None, broke: int | None = None) -> PaidOut:
    """Return a payout that left on a day."""
    ends = [None if one is None else day(one) for one in (arrived, broke)]
    return PaidOut(f"P{number}", Decimal(amount), day(number), *ends)


def held(total: str, deferred: str | None = None) -> Held:
    """Return a balance."""
    return Held(Decimal(total), None if deferred is None else Decimal(deferred))


def october(
    closing: str,
    movements: Iterable[Movement] = (),
    payouts: Iterable[PaidOut] = (),
    transfers: Iterable[Transfer] = (),
    *others: Reason,
) -> RollForward:
    """Roll an account that held 100.00 forward to a closing balance."""
    balances = {BEFORE: held("100.00"), LAST: held(closing)}
    return roll_forward(FIRST, LAST, balances, movements, tuple(payouts), tuple(transfers), others)


SALE, FEE = movement(5, "revenue", "50.00"), movement(6, "referral_fee", "-8.00")
# closing, movements, payouts -> rest, of it unexplained
CASES = [
    ("100.00", (), (), "0", "0"),
    ("142.00", (SALE, FEE), (), "0", "0"),
    ("52.00", (SALE, FEE), (paid(14, "90.00", 16),), "0", "0"),
    ("53.00", (SALE, FEE), (paid(14, "90.00", 16),), "1.00", "1.00"),
    ("-8.00", (FEE,), (paid(1, "100.00", 3),), "0", "0"),
    # what moves within the account, and what is of another month
    (
        "100.00",
        (movement(5, "reserve_movement", "-30.00"), movement(5, "negative_balance_carry", "9.00")),
        (),
        "0",
        "0",
    ),
    ("100.00", (movement(0, "revenue", "7.00"), movement(32, "revenue", "7.00")), (paid(0, "5.00", 2),), "0", "0"),
    # one that came back, and transactions of an unknown status: alone and together
    ("100.00", (), (paid(20, "90.00", broke=22),), "90.00", "0"),
    ("103.00", (movement(9, "revenue", "0", "0", "3.00"),), (), "3.00", "0"),
    ("103.00", (movement(9, "revenue", "0", "0", "3.00"),), (paid(20, "90.00", broke=22),), "93.00", "0"),
    # near is not enough, and a payout on its way explains nothing where it left the balance when it began
    ("100.01", (), (paid(20, "90.00", broke=22),), "90.01", "90.01"),
    ("100.00", (), (paid(30, "90.00", 33),), "90.00", "90.00"),
]


@pytest.mark.parametrize("closing, movements, payouts, rest, unexplained", CASES)
def test_a_rest_is_what_nothing_known_explains(closing, movements, payouts, rest, unexplained) -> None:
    """Explained to the cent or not at all."""
    rolled = october(closing, movements, payouts)
    assert (rolled.rest, rolled.unexplained) == (Decimal(rest), Decimal(unexplained))
    assert rolled.is_proved == (Decimal(unexplained) == 0)
    assert rolled.explained == rolled.rest - rolled.unexplained


# closing, payouts -> explained by what is on its way, unexplained
UNTIL_ARRIVAL = [
    ("100.00", (paid(30, "90.00", 33),), "90.00", "0"),
    ("100.00", (paid(30, "90.00"),), "90.00", "0"),
    ("10.00", (paid(-1, "90.00", 2),), "-90.00", "0"),
    ("70.00", (paid(-1, "30.00", 2), paid(30, "90.00", 33)), "60.00", "0"),
    ("10.00", (paid(10, "90.00", 12),), "0", "0"),
    ("100.00", (paid(20, "90.00", broke=22),), "0", "0"),
    ("101.00", (paid(30, "90.00", 33),), "90.00", "1.00"),
]


@pytest.mark.parametrize("closing, payouts, explained, unexplained", UNTIL_ARRIVAL)
def test_where_payouts_count_until_they_arrive_those_on_their_way_explain_a_rest(
    closing, payouts, explained, unexplained
) -> None:
    """Begun and not arrived at the end, less those that were on their way at the beginning."""
    balances = {BEFORE: held("100.00"), LAST: held(closing)}
    rolled = roll_forward(FIRST, LAST, balances, (), payouts, until_arrival=True)
    flying = [one.amount for one in rolled.reasons if one.words == ON_THEIR_WAY]
    assert (sum(flying), rolled.unexplained) == (Decimal(explained), Decimal(unexplained))


def test_a_payout_that_counts_until_it_arrives_leaves_no_rest_on_the_days_between() -> None:
    """One that came to nothing was in the balance all along."""
    balances = {day(number): held("100.00" if number < 12 else "10.00") for number in range(32)}
    payouts = (paid(10, "90.00", 12), paid(20, "5.00", broke=22))
    assert roll_forward(FIRST, LAST, balances, (), payouts, until_arrival=True).rests == ()
    begun = roll_forward(FIRST, LAST, balances, (), payouts)
    assert {one for one, _ in begun.rests} == {day(10), day(12), day(20)}


def test_the_fewest_reasons_explain_a_rest() -> None:
    """Of one that fits alone and two that fit together the one is said."""
    others = (Reason("one", Decimal("3.00")), Reason("two", Decimal("7.00")), Reason("both", Decimal("10.00")))
    assert [one.words for one in october("110.00", (), (), (), *others).reasons] == ["both"]
    assert [one.words for one in october("110.00", (), (), (), *others[:2]).reasons] == ["one", "two"]


def test_what_is_held_back_is_rolled_forward_beside_the_whole() -> None:
    """Sold and held, less released; a release of an earlier month's sale moves only what is held."""
    movements = (
        movement(3, "revenue", "50.00", "0"),
        movement(4, "revenue", "0", "20.00"),
        movement(9, "revenue", "0", "50.00"),
        movement(29, "revenue", "15.00", "0"),
    )
    balances = {BEFORE: held("100.00", "20.00"), LAST: held("165.00", "15.00")}
    rolled = roll_forward(FIRST, LAST, balances, movements, ())
    assert (rolled.rest, rolled.rest_deferred, rolled.is_proved) == (0, 0, True)
    assert rolled.by_category == {"revenue": (Decimal("65.00"), Decimal("-5.00"))}
    wrong = roll_forward(FIRST, LAST, {**balances, LAST: held("165.00", "16.00")}, movements, ())
    assert (wrong.rest, wrong.rest_deferred, wrong.is_proved) == (0, Decimal("1.00"), False)


def test_a_balance_that_says_nothing_of_deferred_money_is_proved_as_a_whole() -> None:
    """Nothing is made up."""
    rolled = october("165.00", (movement(3, "revenue", "65.00", "0"),))
    assert (rolled.rest_deferred, rolled.expected.deferred, rolled.is_proved) == (0, None, True)


def test_the_day_of_a_rest_is_told_where_its_balances_are_known() -> None:
    """And the days that fit are not."""
    balances = {day(number): held("100.00") for number in range(32)}
    for number in range(12, 32):
        balances[day(number)] = held("125.00")
    del balances[day(20)]
    rolled = roll_forward(FIRST, LAST, balances, (movement(12, "revenue", "10.00"),), ())
    assert rolled.unexplained == Decimal("15.00")
    assert rolled.rests == ((day(12), Decimal("15.00")),)


def test_the_reading_fits_that_has_a_rest_on_the_fewest_days() -> None:
    """A wrong midnight shows on every day, a wrong sale on its own; proved wins over all."""
    balances = {day(number): held("100.00") for number in range(32)}
    one_wrong = roll_forward(FIRST, LAST, balances, (movement(4, "revenue", "1.00"),), ())
    shifted = [movement(number, "revenue", amount) for number in range(2, 9) for amount in ("2.00",)]
    many_wrong = roll_forward(FIRST, LAST, balances, shifted, ())
    fine = roll_forward(FIRST, LAST, balances, (), ())
    assert fitting([many_wrong, one_wrong]) is one_wrong
    assert fitting([one_wrong, fine]) is fine


def test_a_payout_that_is_told_as_a_transfer_too_counts_once() -> None:
    """Whatever its sign; money that came back is something else, even of the same amount."""
    payouts = [(paid(10, "90.00", 12), frozenset({"S1"})), (paid(24, "90.00"), frozenset({"S2"}))]
    told = [Transfer(day(10), Decimal("-90.00")), Transfer(day(29), Decimal("90.00"), "S2")]
    back = [Transfer(day(13), Decimal("90.00")), Transfer(day(10), Decimal("89.00"))]
    assert beside_payouts([*told, *back], payouts) == back
    assert beside_payouts([Transfer(day(9), Decimal("90.00"))], payouts) == [Transfer(day(9), Decimal("90.00"))]


def test_money_that_came_back_is_in_the_account_again() -> None:
    """A payout of 90 that failed, told as a transfer: as if it had never left."""
    assert october("100.00", (), (paid(10, "90.00"),), (Transfer(day(13), Decimal("90.00")),)).is_proved


AMOUNTS = st.decimals(Decimal(-500), Decimal(500), places=2)


@given(st.lists(st.tuples(st.integers(-3, 35), AMOUNTS, AMOUNTS)), st.lists(st.tuples(st.integers(-3, 35), AMOUNTS)))
def test_whatever_happens_the_account_rolls_forward(happened, left) -> None:
    """Balances made of the very movements are proved; one more cent is a rest of one cent, on its day."""
    movements = [Movement(day(number), "revenue", occurred, released) for number, occurred, released in happened]
    payouts = [PaidOut(str(place), abs(amount), day(number)) for place, (number, amount) in enumerate(left)]
    total, deferred, balances = Decimal(0), Decimal(0), {}
    for number in range(-3, 36):
        total += sum(one.occurred for one in movements if one.day == day(number))
        total -= sum(one.amount for one in payouts if one.left == day(number))
        deferred += sum(one.occurred - one.released for one in movements if one.day == day(number))
        balances[day(number)] = Held(total, deferred)
    rolled = roll_forward(FIRST, LAST, balances, movements, payouts)
    assert (rolled.rest, rolled.rest_deferred, rolled.rests) == (0, 0, ())
    more = {key: Held(one.total + (key >= day(17)) * Decimal("0.01"), one.deferred) for key, one in balances.items()}
    assert roll_forward(FIRST, LAST, more, movements, payouts).rests == ((day(17), Decimal("0.01")),)
