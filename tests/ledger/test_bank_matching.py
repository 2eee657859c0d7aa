"""Bank lines and payouts find each other as a bookkeeper would do it: by name, by amount and days, or not at all."""

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.bank_line import BankLine, keyed
from ledger.bank_matching import HandMade, Matching, Payment, Window, age_days, match

DAY = date(2026, 11, 2)
WINDOW = Window(days_before=1, days_after=7)


def paid(name: str, amount: str, day: int = 0, trace: str = "", currency: str = "USD") -> Payment:
    """Return a payout, so many days after the first."""
    return Payment(name, (f"S{name}",), Decimal(amount), currency, DAY + timedelta(days=day), trace)


AMAZON = "AMAZON PAYMENTS"


def booked(amount: str, day: int = 1, text: str = AMAZON, currency: str = "USD", bank_id: str = "") -> BankLine:
    """Return a bank line, so many days after the first."""
    on = DAY + timedelta(days=day)
    return BankLine("6789", on, on, Decimal(amount), currency, text, "", bank_id, "", 1)


def told(payments: list[Payment], lines: list[BankLine], *by_hand: tuple[str, str]) -> str:
    """Match, and tell the outcome in one line: `A=250.75 by trace; open B; lines 7.00; doubt several`."""
    named = list(keyed(lines))
    hand = [
        HandMade(next(x.key for x in named if f"{x.amount}" == amount), tuple(ids.split("+")))
        for amount, ids in by_hand
    ]
    return said(match(payments, named, WINDOW, hand))


def said(found: Matching) -> str:
    """Tell an outcome."""
    words = [
        f"{'+'.join(p.payment_id for p in one.payments)}={_amounts(one.lines)} by {one.by}"
        for one in sorted(found.matches, key=lambda one: [p.payment_id for p in one.payments])
    ]
    if found.open_payments:
        words.append("open " + "+".join(sorted(one.payment_id for one in found.open_payments)))
    if found.open_lines:
        words.append(f"lines {_amounts(found.open_lines)}")
    words += [f"doubt {one.reason}" for one in found.doubts]
    return "; ".join(words)


def _amounts(lines: tuple[BankLine, ...]) -> str:
    return "+".join(str(one) for one in sorted((line.amount for line in lines), reverse=True))


TRACE, OTHER = "4B03616UONXSAWP", "7C99999ZZZZZZZZ"


@pytest.mark.parametrize(
    ("payments", "lines", "outcome"),
    [
        # One payout, one line.
        ([paid("A", "250.75")], [booked("250.75")], "A=250.75 by amount"),
        ([paid("A", "250.75")], [booked("250.74")], "open A; lines 250.74"),
        ([paid("A", "250.75")], [booked("250.75", currency="EUR")], "open A; lines 250.75"),
        ([paid("A", "250.75")], [], "open A"),
        ([], [booked("250.75")], "lines 250.75"),
        # The window: a day before to seven days after, by value date.
        ([paid("A", "9.00", day=5)], [booked("9.00", day=4)], "A=9.00 by amount"),
        ([paid("A", "9.00", day=5)], [booked("9.00", day=3)], "open A; lines 9.00"),
        ([paid("A", "9.00")], [booked("9.00", day=7)], "A=9.00 by amount"),
        ([paid("A", "9.00")], [booked("9.00", day=8)], "open A; lines 9.00"),
        # The name of the transfer goes before everything, days included.
        ([paid("A", "9.00", trace=TRACE)], [booked("9.00", 40, f"AMZN{TRACE}")], "A=9.00 by trace"),
        (
            [paid("A", "9.00", trace=TRACE), paid("B", "9.00", trace=OTHER)],
            [booked("9.00", 1, OTHER), booked("9.00", 2, TRACE)],
            "A=9.00 by trace; B=9.00 by trace",
        ),
        # Named, but another amount: somebody erred, and no other line is tried.
        (
            [paid("A", "9.00", trace=TRACE)],
            [booked("8.00", 1, TRACE), booked("9.00", 1)],
            "open A; lines 9.00+8.00; doubt trace_differs",
        ),
        (
            [paid("A", "9.00", trace=TRACE)],
            [booked("9.00", 1, TRACE, "EUR")],
            "open A; lines 9.00; doubt trace_differs",
        ),
        # Pooled: one line brings several payouts; split: one payout comes in several lines.
        ([paid("A", "9.00"), paid("B", "4.00")], [booked("13.00")], "A+B=13.00 by amount"),
        ([paid("A", "9.00"), paid("B", "4.00"), paid("C", "5.00")], [booked("18.00")], "A+B+C=18.00 by amount"),
        ([paid("A", "13.00")], [booked("9.00", 1, AMAZON), booked("4.00", 1, AMAZON)], "A=9.00+4.00 by amount"),
        # Other customers' money that happens to come to the same brought no payout.
        ([paid("A", "13.00")], [booked("9.00", 1, AMAZON), booked("4.00", 1, "RENT")], "open A; lines 9.00+4.00"),
        (
            [paid("A", "9.00", trace=TRACE), paid("B", "4.00", trace=OTHER)],
            [booked("13.00", 1, f"{TRACE} {OTHER}")],
            "A+B=13.00 by trace",
        ),
        (
            [paid("A", "13.00", trace=TRACE)],
            [booked("9.00", 1, TRACE), booked("4.00", 2, TRACE)],
            "A=9.00+4.00 by trace",
        ),
        # A payment into the pool that lies outside of the window is no part of it.
        ([paid("A", "9.00"), paid("B", "4.00", day=20)], [booked("13.00")], "open A+B; lines 13.00"),
        # Two of one amount: days tell them apart, or nothing does.
        (
            [paid("A", "9.00"), paid("B", "9.00", day=14)],
            [booked("9.00", 1), booked("9.00", 15)],
            "A=9.00 by amount; B=9.00 by amount",
        ),
        (
            [paid("A", "9.00"), paid("B", "9.00", day=3)],
            [booked("9.00", 1), booked("9.00", 8)],
            "A=9.00 by amount; B=9.00 by amount",
        ),
        (
            [paid("A", "9.00"), paid("B", "9.00", day=1)],
            [booked("9.00", 1), booked("9.00", 2)],
            "open A+B; lines 9.00+9.00; doubt several",
        ),
        ([paid("A", "9.00"), paid("B", "9.00")], [booked("9.00")], "open A+B; lines 9.00; doubt several"),
        ([paid("A", "9.00")], [booked("9.00", 1), booked("9.00", 2)], "open A; lines 9.00+9.00; doubt several"),
        # A line that is one payout or the sum of two others: nothing decides.
        (
            [paid("A", "13.00"), paid("B", "9.00"), paid("C", "4.00")],
            [booked("13.00")],
            "open A+B+C; lines 13.00; doubt several",
        ),
        (
            [paid("A", "13.00"), paid("B", "9.00"), paid("C", "4.00")],
            [booked("13.00", 1, AMAZON), booked("9.00", 1, AMAZON), booked("4.00", 1, AMAZON)],
            "open A+B+C; lines 13.00+9.00+4.00; doubt several",
        ),
        # A line that names neither Amazon nor the transfer may be any customer's: it is proposed, not matched.
        ([paid("A", "9.00")], [booked("9.00", 1, "SMITH")], "open A; lines 9.00; doubt unnamed"),
        ([paid("A", "9.00")], [booked("9.00", 1, "")], "open A; lines 9.00; doubt unnamed"),
        ([paid("A", "9.00", trace=TRACE)], [booked("9.00", 1, OTHER)], "open A; lines 9.00; doubt unnamed"),
        ([paid("A", "9.00", trace=TRACE)], [booked("9.00", 1, TRACE)], "A=9.00 by trace"),
        ([paid("A", "9.00")], [booked("9.00", 1, "SMITH"), booked("9.00")], "A=9.00 by amount; lines 9.00"),
        ([paid("A", "9.00")], [booked("8.99", 1, "SMITH")], "open A; lines 8.99"),
        ([paid("A", "9.00")], [booked("9.00", 8, "SMITH")], "open A; lines 9.00"),
        ([paid("A", "-9.00")], [booked("-9.00", 1, "SMITH")], "open A; lines -9.00; doubt unnamed"),
        ([paid("A", "9.00"), paid("B", "4.00")], [booked("13.00", 1, "SMITH")], "open A+B; lines 13.00; doubt unnamed"),
        (
            [paid("A", "9.00")],
            [booked("9.00", 1, "SMITH"), booked("9.00", 2, "JONES")],
            "open A; lines 9.00+9.00; doubt unnamed; doubt unnamed",
        ),
        # Where Amazon's own lines leave a doubt already, nobody else's is added to it.
        (
            [paid("A", "9.00")],
            [booked("9.00"), booked("9.00", 2), booked("9.00", 3, "SMITH")],
            "open A; lines 9.00+9.00+9.00; doubt several",
        ),
        # A charge to the card for a negative settlement is a debit; a credit of the same amount is none.
        ([paid("A", "-321.69")], [booked("-321.69")], "A=-321.69 by amount"),
        ([paid("A", "-321.69")], [booked("321.69")], "open A; lines 321.69"),
        ([paid("A", "-321.69"), paid("B", "-62.31")], [booked("-384.00")], "A+B=-384.00 by amount"),
        # A payout and a charge do not make one line.
        ([paid("A", "100.00"), paid("B", "-30.00")], [booked("70.00")], "open A+B; lines 70.00"),
        # What pays nothing is not looked for.
        ([paid("A", "0.00")], [], ""),
    ],
)  # fmt: skip
def test_who_belongs_to_whom(payments: list[Payment], lines: list[BankLine], outcome: str) -> None:
    """One case per line, the outcome at its end."""
    assert told(payments, lines) == outcome


def test_a_payout_that_amazon_changed_matches_by_what_it_came_to() -> None:
    """1,000.00 EUR that came to 861.20 GBP: the bank's figure counts."""
    assert told([paid("A", "861.20", currency="GBP")], [booked("861.20", currency="GBP")]) == "A=861.20 by amount"


def test_a_match_made_by_hand_comes_first() -> None:
    """Two of one amount, and a person says which."""
    payments = [paid("A", "9.00"), paid("B", "9.00")]
    assert told(payments, [booked("9.00")], ("9.00", "B")) == "B=9.00 by hand; open A"
    assert told(payments, [booked("18.00")], ("18.00", "A+B")) == "A+B=18.00 by hand"


def test_lines_of_which_the_same_is_said_by_hand_brought_it_together() -> None:
    """One payout in two halves that also fit two others: a person says so of each half."""
    payments = [paid("A", "10.00"), paid("B", "5.00"), paid("C", "5.00")]
    lines = [booked("5.01"), booked("4.99")]
    assert told(payments, lines, ("5.01", "A"), ("4.99", "A")) == "A=5.01+4.99 by hand; open B+C"
    assert told(payments, lines, ("5.01", "A+B"), ("4.99", "B+A")) == "A+B=5.01+4.99 by hand; open C"


def test_a_payment_is_not_given_away_twice_by_hand() -> None:
    """The first word stands; the second names a part of it and is told."""
    payments, lines = [paid("A", "9.00"), paid("B", "7.00")], keyed([booked("9.00"), booked("7.00")])
    said_of = [HandMade(lines[0].key, ("A",)), HandMade(lines[1].key, ("A", "B")), HandMade(lines[0].key, ("B",))]
    found = match(payments, lines, WINDOW, said_of)
    assert said(found) == "A=9.00 by hand; B=7.00 by amount"
    assert found.refused_by_hand == tuple(said_of[1:])


def test_a_match_made_by_hand_shows_its_difference() -> None:
    """The bank kept 0.50 for itself: 8.50 came of 9.00."""
    line = keyed([booked("8.50")])[0]
    found = match([paid("A", "9.00")], [line], WINDOW, [HandMade(line.key, ("A",))])
    assert found.matches[0].difference == Decimal("-0.50")


@pytest.mark.parametrize(
    ("by_hand", "outcome"),
    [
        (("9.00", "Z"), "A=9.00 by amount"),
        (("9.00", "A+Z"), "A=9.00 by amount"),
    ],
)
def test_a_match_made_by_hand_of_what_is_not_there_is_not_taken(by_hand: tuple[str, str], outcome: str) -> None:
    """It is told, and the rules go on as if nobody had said it."""
    assert told([paid("A", "9.00")], [booked("9.00")], by_hand) == outcome
    line = keyed([booked("9.00")])[0]
    assert match([paid("A", "9.00")], [line], WINDOW, [HandMade(line.key, ("Z",))]).refused_by_hand


def test_too_many_candidates_decide_nothing() -> None:
    """Thirty payouts of a few cents: sums are not searched, and it is said."""
    payments = [paid(f"P{at}", f"0.{at + 10}") for at in range(30)]
    found = match(payments, keyed([booked("0.99")]), WINDOW)
    assert not found.matches
    assert [one.reason for one in found.doubts] == ["too_many"]


def test_a_search_that_was_cut_short_makes_nothing_certain() -> None:
    """One line of the amount, or two: with 23 more of Amazon's beside them that is as open as without."""
    payments, lines = [paid("A", "100.00")], [booked(one, 1, AMAZON) for one in ("60.00", "40.00", "100.00")]
    assert told(payments, lines) == "open A; lines 100.00+60.00+40.00; doubt several"
    found = match(payments, keyed([*lines, *(booked("0.77", 1, AMAZON) for _ in range(23))]), WINDOW)
    assert not found.matches
    assert {one.reason for one in found.doubts} == {"too_many"}


def test_what_a_cut_search_may_want_is_not_given_to_another() -> None:
    """Both payouts may want the first two lines; that the search for one was cut short takes no doubt away."""
    payments = [paid("A", "5.00"), paid("B", "32.00", day=6)]
    lines = [booked(one, 5, AMAZON) for one in ("2.00", "3.00", "30.00")]
    many = [booked("0.07", 13, AMAZON) for _ in range(24)]
    assert "doubt several" in told(payments, lines)
    found = match(payments, keyed([*lines, *many]), WINDOW)
    assert not found.matches
    assert {p.payment_id for one in found.doubts for p in one.payments} == {"A", "B"}


def test_lines_of_others_do_not_bound_the_search() -> None:
    """A busy account: the payout is the one line of its amount, whatever else was booked."""
    lines = [booked("100.00"), *(booked(f"{at}.50", 1, f"CUSTOMER {at}") for at in range(60))]
    found = match([paid("A", "100.00")], keyed(lines), WINDOW)
    assert [(one.received, one.by) for one in found.matches] == [(Decimal("100.00"), "amount")]
    assert found.doubts == ()


def test_a_payer_that_the_settings_name_is_as_good_as_amazon() -> None:
    """Payouts that come by way of a payment provider are matched under its name."""
    lines = keyed([booked("9.00", 1, "PAYONEER INC. 7731"), booked("4.00", 1, "SMITH")])
    found = match([paid("A", "9.00"), paid("B", "4.00")], lines, WINDOW, payers=("Payoneer, Inc",))
    assert said(found) == "A=9.00 by amount; open B; lines 4.00; doubt unnamed"


def test_a_proposal_names_the_payouts_and_the_way_out() -> None:
    """A person reads what may be meant, and which setting ends the question for good."""
    [doubt] = match([paid("A", "9.00"), paid("B", "9.00")], keyed([booked("9.00", 1, "SMITH")]), WINDOW).doubts
    assert [one.payment_id for one in doubt.payments] == ["A", "B"]
    assert "9.00 USD of 2026-11-03 comes to what is open of A or B" in doubt.sentence
    assert "`bank.payers`" in doubt.sentence
    assert "SMITH" not in doubt.sentence


def test_age_is_counted_in_days() -> None:
    """From the day of payment to today."""
    assert age_days(DAY, DAY + timedelta(days=9)) == 9


AMOUNTS = st.integers(min_value=-5, max_value=12).filter(bool)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(AMOUNTS, st.integers(0, 12)), max_size=6),
    st.lists(st.tuples(AMOUNTS, st.integers(0, 14)), max_size=6),
    st.randoms(use_true_random=False),
)
def test_a_match_is_exact_and_nothing_is_used_twice(
    paid_for: list[tuple[int, int]], seen: list[tuple[int, int]], shuffle: random.Random
) -> None:
    """Sums equal to the cent, every payment and line at most once, all accounted for, whatever the order."""
    payments = [paid(f"P{at}", f"{amount}.00", day) for at, (amount, day) in enumerate(paid_for)]
    number = count()
    lines = list(keyed([booked(f"{amount}.00", day, AMAZON, bank_id=f"B{next(number)}") for amount, day in seen]))
    found = match(payments, lines, WINDOW)
    assert all(one.difference == 0 for one in found.matches)
    used = [p.payment_id for one in found.matches for p in one.payments] + [p.payment_id for p in found.open_payments]
    assert sorted(used) == sorted(p.payment_id for p in payments)
    held = [line.key for one in found.matches for line in one.lines] + [line.key for line in found.open_lines]
    assert sorted(held) == sorted(line.key for line in lines)
    shuffle.shuffle(payments)
    shuffle.shuffle(lines)
    assert said(match(payments, lines, WINDOW)) == said(found)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 10_000_000), min_size=1, max_size=5, unique=True))
def test_a_name_finds_its_own_whatever_the_amounts(cents: list[int]) -> None:
    """With traces on both sides everything is matched, however the amounts add up."""
    payments, lines = [], []
    for at, amount in enumerate(cents):
        trace = f"TRACE{at:08d}XY"
        text = f"{Decimal(amount) / 100:.2f}"
        payments.append(paid(f"P{at}", text, at, trace))
        lines.append(booked(text, 40 - at, f"AMAZON {trace}"))
    found = match(payments, keyed(lines), WINDOW)
    assert not found.open_payments
    assert {one.by for one in found.matches} == {"trace"}
    assert all(len(one.payments) == len(one.lines) == 1 for one in found.matches)
