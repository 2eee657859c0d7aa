"""Cash entries: what a bank line closes, to the cent, whatever is pooled, split or changed into another currency."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import money
from ledger.accounts import AccountKey
from ledger.bank_line import BankLine
from ledger.bank_matching import Match, Payment
from ledger.cash import (
    Carrying,
    CashFrame,
    Receipt,
    Share,
    apportioned,
    carrying_of,
    cash_journals,
    closing_amounts,
    is_booked,
    shares_of,
)
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalSet, SourceKey
from ledger.reversal import Posted, reversal_of

BANK, CLEARING, FX, CARD = (AccountKey.of("US001", account=one) for one in ("100100", "110500", "690100", "110600"))
SOURCE = SourceKey("SELLER", "LEDGER", "cash", "24758260539")
DAY = date(2026, 11, 11)


def line(amount: str, currency: str = "USD", day: date = DAY, key: str = "") -> BankLine:
    """Return a bank line."""
    name = key or f"{amount}{currency}{day}".encode().hex()
    return BankLine("6789", day, day, Decimal(amount), currency, "AMAZON", "", "", "1", 1, name)


def paid(name: str, amount: str, currency: str = "USD") -> Payment:
    """Return a payout of one settlement."""
    return Payment(name, (name,), Decimal(amount), currency, DAY)


def amounts(match: Match, payment_id: str) -> list[tuple[str, Decimal]]:
    """Return what each line brought of a payment."""
    return [(str(one.line.amount), one.amount) for one in shares_of(match, payment_id)]


def booked(currency: str, total: str, *lines: BankLine, carrying: Carrying | None = None) -> JournalSet:
    """Return the documents of a receipt."""
    shares = [Share(one, one.amount) for one in lines]
    closes = closing_amounts(Decimal(total), currency, shares)
    receipts = [Receipt(share, BANK, each) for share, each in zip(shares, closes, strict=True)]
    return cash_journals(CashFrame(SOURCE, CLEARING, "SREF", currency, "CRRNT", FX), receipts, carrying)


def shown(journals: JournalSet) -> list[str]:
    """Write documents as the rules do."""
    names = {BANK: "bank", CLEARING: "clearing", FX: "fx_realised", CARD: "card in transit"}
    rows = []
    for one in journals.journals:
        debit, credit = one.lines
        base = "" if debit.base_amount is None else f" = {debit.base_amount} {one.base_currency}"
        rows.append(f"Dr {names[debit.account]} / Cr {names[credit.account]} {debit.amount} {one.currency}{base}")
    return rows


def test_a_receipt_in_one_currency_is_one_document_a_line() -> None:
    """Dated with the value date, the item's reference on its own side alone."""
    made = booked("USD", "100.00", line("60.00"), line("40.00", day=date(2026, 11, 12)))
    assert shown(made) == ["Dr bank / Cr clearing 60.00 USD", "Dr bank / Cr clearing 40.00 USD"]
    assert [(one.part, one.parts, one.accounting_date.day) for one in made.journals] == [(1, 2, 11), (2, 2, 12)]
    assert made.reference_total(CLEARING, "SREF") == Decimal("-100.00")
    assert [one.reference for each in made.journals for one in each.lines] == ["", "SREF", "", "SREF"]
    assert all(one.is_balanced for one in made.journals)


def test_what_was_changed_leaves_the_difference_on_realised_exchange() -> None:
    """1,000 GBP carried at 1,270 USD, bank 1,262 USD: Dr bank 1,262, Dr fx_realised 8 / Cr clearing 1,270."""
    made = booked("GBP", "1000.00", line("1262.00"), carrying=Carrying(Decimal("1000.00"), Decimal("1270.00"), "USD"))
    assert shown(made) == [
        "Dr fx_realised / Cr clearing 1000.00 GBP = 1270.00 USD",
        "Dr bank / Cr fx_realised 1262.00 USD",
    ]
    sums: dict[AccountKey, Decimal] = {}
    for one in (each for journal in made.journals for each in journal.lines):
        in_base = one.amount if one.base_amount is None else one.base_amount
        sums[one.account] = sums.get(one.account, Decimal(0)) + in_base
    assert sums == {BANK: Decimal("1262.00"), FX: Decimal("8.00"), CLEARING: Decimal("-1270.00")}


def test_what_arrives_unchanged_takes_over_the_carrying_amount() -> None:
    """Pounds on an account in pounds; a third currency is left to the ERP's rate on the bank's side alone."""
    carrying = Carrying(Decimal("1000.00"), Decimal("1270.00"), "USD")
    plain = booked("GBP", "1000.00", line("1000.00", "GBP"), carrying=carrying)
    assert shown(plain) == ["Dr bank / Cr clearing 1000.00 GBP = 1270.00 USD"]
    third = booked("GBP", "1000.00", line("1150.00", "EUR"), carrying=carrying)
    assert shown(third) == [
        "Dr fx_realised / Cr clearing 1000.00 GBP = 1270.00 USD",
        "Dr bank / Cr fx_realised 1150.00 EUR",
    ]


def test_an_item_in_base_currency_needs_no_base_amounts() -> None:
    """They are its own amounts."""
    carrying = Carrying(Decimal("100.00"), Decimal("100.00"), "USD")
    assert shown(booked("USD", "100.00", line("100.00"), carrying=carrying)) == ["Dr bank / Cr clearing 100.00 USD"]
    abroad = booked("USD", "100.00", line("92.00", "EUR"), carrying=carrying)
    assert shown(abroad) == ["Dr fx_realised / Cr clearing 100.00 USD", "Dr bank / Cr fx_realised 92.00 EUR"]


def test_a_charge_is_the_other_way_round() -> None:
    """Dr card in transit / Cr bank, without a reference: no item of clearing is closed."""
    debit = line("-60.00")
    receipts = [Receipt(Share(debit, Decimal("-60.00")), BANK, Decimal("60.00"))]
    made = cash_journals(CashFrame(SOURCE, CARD, "", "USD", "CRRNT"), receipts)
    assert shown(made) == ["Dr card in transit / Cr bank 60.00 USD"]
    assert {one.reference for one in made.journals[0].lines} == {""}


def test_documents_keep_their_base_amounts_in_the_store_and_undo_them() -> None:
    """The fingerprint covers them; what a stored entry closed its item at is read from it again."""
    made = booked("GBP", "1000.00", line("1262.00"), carrying=Carrying(Decimal("1000.00"), Decimal("1270.00"), "USD"))
    first, second = made.journals
    again = Journal.from_content(first.content())
    assert again == first
    assert "base_amount" not in second.content()["lines"][0]
    lines = tuple(replace(one, base_amount=one.base_amount * 2) for one in first.lines)
    assert replace(first, lines=lines).fingerprint != first.fingerprint
    half = replace(first, lines=(first.lines[0], replace(first.lines[1], base_amount=None)))
    lopsided = replace(first, lines=(first.lines[0], replace(first.lines[1], base_amount=Decimal("-1269.99"))))
    assert (first.is_balanced, half.is_balanced, lopsided.is_balanced) == (True, False, False)
    assert carrying_of(made.journals, "GBP") == Carrying(Decimal("1000.00"), Decimal("1270.00"), "USD")
    assert carrying_of([second], "USD") is None
    undone = reversal_of([Posted(first, "A"), Posted(second, "B")])
    assert [one.base_amount for one in undone.journals[0].lines] == [Decimal("-1270.00"), Decimal("1270.00")]


def test_each_payment_takes_its_part_of_a_line_and_each_line_its_part_of_a_payment() -> None:
    """In the order of the match, the same whoever asks."""
    pooled = Match((paid("A", "100.00"), paid("B", "30.00")), (line("130.00"),), "trace")
    assert amounts(pooled, "A") == [("130.00", Decimal("100.00"))]
    assert amounts(pooled, "B") == [("130.00", Decimal("30.00"))]
    split = Match((paid("A", "100.00"),), (line("60.00"), line("40.00")), "trace")
    assert amounts(split, "A") == [("60.00", Decimal("60.00")), ("40.00", Decimal("40.00"))]
    both = Match((paid("A", "100.00"), paid("B", "30.00")), (line("110.00"), line("20.00")), "trace")
    assert amounts(both, "B") == [("110.00", Decimal("10.00")), ("20.00", Decimal("20.00"))]
    charge = Match((paid("C", "-60.00"),), (line("-60.00"),), "amount")
    assert amounts(charge, "C") == [("-60.00", Decimal("-60.00"))]


@pytest.mark.parametrize(
    ("payments", "lines", "sentence"),
    [
        ((paid("A", "100.00"),), (line("98.00"),), "98.00 USD, which is -2.00 USD more than was paid"),
        ((paid("A", "100.00"), paid("B", "-10.00")), (line("90.00"),), "came and money that went"),
        ((paid("B", "100.00"),), (line("100.00"),), "A is not in the match"),
    ],
)
def test_what_a_person_has_to_book_is_refused(payments, lines, sentence: str) -> None:
    """Another sum, both directions at once, a payment of another match."""
    with pytest.raises(InputRefused, match=sentence):
        shares_of(Match(payments, lines, "hand"), "A")


def test_a_payout_that_is_not_the_settlement_s_total_is_refused() -> None:
    """In the same currency; a changed one cannot be compared."""
    with pytest.raises(InputRefused, match=r"90\.00 USD were paid, and 100\.00 USD are to close"):
        booked("USD", "100.00", line("90.00"))
    without = CashFrame(SOURCE, CLEARING, "SREF", "GBP", "CRRNT")
    with pytest.raises(InputRefused, match="fx_realised is missing"):
        cash_journals(without, [Receipt(Share(line("5.00"), Decimal("5.00")), BANK, Decimal("4.00"))])


@given(
    total=st.integers(1, 10**9),
    weights=st.lists(st.integers(1, 10**7), min_size=1, max_size=5),
    currency=st.sampled_from(["USD", "JPY"]),
)
def test_shares_come_to_the_total_to_the_cent(total: int, weights: list[int], currency: str) -> None:
    """Whatever is rounded; no share is more than a unit from its part."""
    whole = money.from_minor(total, currency)
    shares = apportioned(whole, [Decimal(one) for one in weights], currency)
    assert sum(shares) == whole
    unit = money.from_minor(1, currency) * len(weights)
    assert all(abs(got - whole * w / sum(weights)) <= unit for got, w in zip(shares, weights, strict=True))


def test_documents_are_known_again_by_their_bank_lines() -> None:
    """Also when they were moved out of a closed period; another line, or one more, is another receipt."""
    first, second = line("60.00", key="a" * 32), line("40.00", key="b" * 32)
    made = booked("USD", "100.00", first, second).journals
    late = [replace(one, description=f"{one.description} (late: belongs to 2026-10)") for one in made]
    assert is_booked(made, [first, second])
    assert is_booked(late, [second, first])
    assert not is_booked(made, [first])
    assert not is_booked(made, [])
    assert not is_booked([], [])
