"""Where settlements stand in their series, and what they carry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.policy import Policy
from ledger.series import Carried, CarryRow, SettlementHead, place

ROWS = {
    "held": "Current Reserve Amount",
    "back": "Previous Reserve Amount Balance",
    "payable": "Payable to Amazon",
    "charge": "Successful charge",
    "returned": "Transfer of funds unsuccessful: account closed",
    "failed": "Failed Disbursement",
}
POLICY = Policy(time_zone="UTC", books_from="2026-01-01")


def head(settlement_id, days, total="0", marketplace="Amazon.com", currency="USD", **carries) -> SettlementHead:
    """Make a settlement from first to last day (counted from 1 January 2026); carries are name=amount or a tuple."""
    start = datetime(2026, 1, 1, 10, tzinfo=UTC)
    rows = [
        CarryRow(ROWS[name], Decimal(amount), 0)
        for name, amounts in carries.items()
        for amount in ((amounts,) if isinstance(amounts, str) else amounts)
    ]
    numbered = tuple(CarryRow(row.description, row.amount, number) for number, row in enumerate(rows, start=3))
    since, until = (start + timedelta(days=day) for day in days)
    return SettlementHead(settlement_id, marketplace, currency, since, until, Decimal(total), numbered)


def placed(*heads, policy=POLICY, accepted=None, choices=None):
    return place(heads, policy, accepted or {}, choices)


def said(places, settlement_id) -> list[tuple[str, bool]]:
    return [(finding.code, finding.is_blocking) for finding in places[settlement_id].findings]


def test_a_real_chain_of_debts_is_followed(policy):
    """The chain -321.69, -62.31, 1,016.08 with card charges: each debt comes from the settlement before."""
    places = placed(
        head("3", (28, 42), "1016.08", payable="-62.31", charge="62.31"),
        head("1", (0, 14), "-321.69"),
        head("2", (14, 28), "-62.31", payable="-321.69", charge="321.69"),
    )
    assert [(key, one.series, one.previous) for key, one in sorted(places.items())] == [
        ("1", "Amazon.com USD", None),
        ("2", "Amazon.com USD", "1"),
        ("3", "Amazon.com USD", "2"),
    ]
    assert places["2"].carried == (
        Carried(3, Decimal("-321.69"), "payable", "1"),
        Carried(4, Decimal("321.69"), "charge", "1"),
    )
    assert all(one.findings == () for one in places.values())


def test_a_debt_may_come_in_several_rows():
    """Payable to Amazon and Successful charge can be several rows; together they are the old total."""
    places = placed(head("1", (0, 14), "-10"), head("2", (14, 28), "5", payable=("-4", "-6"), charge=("4", "6")))
    assert [(one.kind, one.from_settlement_id) for one in places["2"].carried] == [
        ("payable", "1"),
        ("payable", "1"),
        ("charge", "1"),
        ("charge", "1"),
    ]
    assert said(places, "2") == []


def test_a_reserve_comes_back_in_the_next_settlement():
    """reserve held N + previous reserve N+1 = 0; the difference is named where it is not."""
    good = placed(head("1", (0, 14), held="-22.80"), head("2", (14, 28), back="22.80"))
    assert good["2"].carried == (Carried(3, Decimal("22.80"), "reserve", "1"),)
    assert said(good, "2") == []
    bad = placed(head("1", (0, 14), held="-22.80"), head("2", (14, 28), back="22.08"))
    assert bad["2"].previous == "1"
    assert said(bad, "2") == [("reserve_chain", True)]
    (finding,) = bad["2"].findings
    assert finding.amount == Decimal("-0.72")
    assert "held a reserve of 22.80 USD, and 2 returns 22.08" in finding.sentence


def test_a_debt_that_is_not_brought_in_is_shown():
    """The card may have been charged before the close: a warning with the item that stays open."""
    places = placed(head("1", (0, 14), "-10"), head("2", (14, 28), "5"))
    assert said(places, "2") == [("debt_not_carried", False)]
    assert "clearing item of 1" in places["2"].findings[0].cure


def test_two_series_of_one_marketplace_are_told_apart_by_what_they_return():
    """Standard and pay-by-invoice orders settle side by side; the file does not name its series."""
    policy = Policy(
        time_zone="UTC",
        books_from=["A1", "B1"],
        opening=[],
    )
    heads = [
        head("A1", (0, 14), held="-10"),
        head("B1", (0, 14), "-7"),
        head("A2", (14, 28), back="10", held="-3"),
        head("B2", (14, 28), payable="-7", held="-4"),
        head("B3", (28, 42), back="4"),
        head("A3", (28, 42), back="3"),
    ]
    places = placed(*heads, policy=policy)
    assert {key: (one.previous, one.series) for key, one in places.items()} == {
        "A1": (None, "Amazon.com USD"),
        "A2": ("A1", "Amazon.com USD"),
        "A3": ("A2", "Amazon.com USD"),
        "B1": (None, "Amazon.com USD (2)"),
        "B2": ("B1", "Amazon.com USD (2)"),
        "B3": ("B2", "Amazon.com USD (2)"),
    }
    assert all(one.findings == () for one in places.values())


def test_series_that_returned_nothing_are_joined_without_a_stop():
    """Where no reserve and no debt tells, no money depends on the choice: shown, not stopped."""
    policy = Policy(time_zone="UTC", books_from=["A1", "B1"])
    heads = [head("A1", (0, 14)), head("B1", (0, 14)), head("A2", (14, 28)), head("B2", (14, 28))]
    places = placed(*heads, policy=policy)
    assert {places["A2"].previous, places["B2"].previous} == {"A1", "B1"}
    assert said(places, "A2") == said(places, "B2") == [("series_ambiguous", False)]


def test_two_equal_debts_go_to_review():
    """Which debt a settlement carries in decides which clearing item closes: ambiguous goes to review."""
    policy = Policy(time_zone="UTC", books_from=["A1", "B1"])
    heads = [
        head("A1", (0, 14), "-7"),
        head("B1", (0, 14), "-7"),
        head("A2", (14, 28), payable="-7"),
        head("B2", (14, 28), payable="-7"),
    ]
    places = placed(*heads, policy=policy)
    assert ("series_ambiguous", True) in said(places, "A2")
    assert "A1, B1" in places["A2"].findings[0].sentence
    chosen = placed(*heads, policy=policy, choices={"A2": "B1"})
    assert (chosen["A2"].previous, chosen["B2"].previous) == ("B1", "A1")
    assert said(chosen, "A2") == said(chosen, "B2") == []


def test_marketplaces_that_settle_at_the_same_time_stay_apart():
    """Every marketplace and currency has its own series."""
    heads = [
        head(f"{name}{number}", (14 * number, 14 * number + 14), marketplace=name, currency="EUR")
        for number in (0, 1, 2)
        for name in ("Amazon.de", "Amazon.fr")
    ]
    places = placed(*heads)
    assert places["Amazon.de2"].previous == "Amazon.de1"
    assert places["Amazon.fr2"].previous == "Amazon.fr1"
    assert all(one.findings == () for one in places.values())


def test_a_settlement_without_marketplace_joins_by_currency():
    """Fees alone have no marketplace name; the chain tells where they belong."""
    places = placed(
        head("1", (0, 14), held="-5"),
        head("2", (14, 28), "-3", marketplace="", back="5"),
        head("3", (28, 42), marketplace="AMAZON.COM", payable="-3"),
    )
    assert [places[key].previous for key in "123"] == [None, "1", "2"]
    assert all(one.findings == () for one in places.values())


def test_a_gap_stops_until_the_file_comes_or_a_person_accepts_it():
    """None fits = a gap, ended by importing the missing file or by an accepted, reasoned gap."""
    first, missing, third = head("1", (0, 14)), head("2", (14, 28)), head("3", (28, 42))
    gap = placed(first, third)
    assert said(gap, "3") == [("series_gap", True)]
    assert gap["3"].previous is None
    assert "2026-01-29T10:00:00+00:00" in gap["3"].findings[0].sentence
    accepted = placed(first, third, accepted={"3": "account was closed"})
    assert said(accepted, "3") == [("series_gap", False)]
    assert "account was closed" in accepted["3"].findings[0].sentence
    assert said(placed(first, third, missing), "3") == []


def test_after_a_gap_the_chain_goes_on():
    """Only the settlement after the gap stops; its successor follows it in the same series."""
    places = placed(head("1", (0, 14)), head("3", (28, 42), held="-1"), head("4", (42, 56), back="1"))
    assert said(places, "4") == []
    assert places["4"].series == places["1"].series == "Amazon.com USD"


@pytest.mark.parametrize("name", ["returned", "failed"])
def test_a_returned_payout_is_found_by_its_amount(name):
    """The money of an earlier settlement came back: clearing of that settlement is open again."""
    heads = [head("1", (0, 14), "500"), head("2", (14, 28), "300"), head("3", (28, 42), "810", **{name: "500"})]
    places = placed(*heads)
    assert places["3"].carried == (Carried(3, Decimal("500"), "transfer_returned", "1"),)
    assert said(places, "3") == []


def test_a_returned_payout_of_no_or_several_settlements_goes_to_review():
    """Ambiguous goes to review; the choice of a person ends it."""
    heads = [head("1", (0, 14), "500"), head("2", (14, 28), "500"), head("3", (28, 42), "1", returned="500")]
    places = placed(*heads)
    assert said(places, "3") == [("transfer_origin", True)]
    assert "that of 2, 1" in places["3"].findings[0].sentence
    assert placed(*heads, choices={"3:3": "1"})["3"].carried[0].from_settlement_id == "1"
    assert said(placed(*heads, choices={"3:3": "nonsense"}), "3") == [("transfer_origin", True)]
    none = placed(head("1", (0, 14), "400"), head("2", (14, 28), returned="500"))
    assert said(none, "2") == [("transfer_origin", True)]
    assert "no earlier settlement has it" in none["2"].findings[0].sentence


def test_a_payout_comes_back_once():
    """A second return of the same size is another payout's."""
    heads = [
        head("1", (0, 14), "500"),
        head("2", (14, 28), "500", returned="500"),
        head("3", (28, 42), "1000", returned="500"),
    ]
    places = placed(*heads)
    assert [places[key].carried[0].from_settlement_id for key in "23"] == ["1", "2"]


def test_an_older_debt_is_found_by_chain_and_amount():
    """A debt that skipped a settlement is looked for back in the series."""
    heads = [head("1", (0, 14), "-7"), head("2", (14, 28), "3"), head("3", (28, 42), "1", payable="-7")]
    places = placed(*heads)
    assert places["3"].carried == (Carried(3, Decimal("-7"), "payable", "1"),)
    assert said(places, "3") == []
    wrong = placed(head("1", (0, 14), "-7"), head("2", (14, 28), "3", payable="-9"))
    assert said(wrong, "2") == [("debt_chain", True)]


def test_rows_the_users_mapping_names_carry_too():
    """A localised label carries what the user's mapping says it does."""
    start = datetime(2026, 1, 15, 10, tzinfo=UTC)
    local = SettlementHead(
        "2",
        "Amazon.com",
        "USD",
        start,
        start,
        Decimal(0),
        (CarryRow("Zahlbar", Decimal("-7"), 4, "negative_balance_carry"),),
    )
    places = placed(head("1", (0, 14), "-7"), local)
    assert places["2"].carried == (Carried(4, Decimal("-7"), "payable", "1"),)


def test_reserve_and_debt_are_read_from_the_rows():
    """What a head says of itself, with the usual labels."""
    one = head("1", (0, 14), "-4", held="-3", back="5", payable="-6")
    assert (one.reserve_held, one.reserve_returned, one.debt_brought_in, one.debt) == (3, 5, 6, 4)
    assert head("1", (0, 14), "4").debt == 0
    assert CarryRow("Something else", Decimal(1), 3).kind == ""


_CHAIN = st.lists(st.tuples(st.integers(0, 300), st.integers(-300, 300)), min_size=1, max_size=12)


@settings(max_examples=60)
@given(_CHAIN, _CHAIN, st.randoms(use_true_random=False))
def test_whole_chains_of_two_marketplaces_have_no_findings(first, second, random):
    """However the files come in, a chain without a fault is followed to its end."""
    heads = []
    for name, chain in (("Amazon.de", first), ("Amazon.fr", second)):
        reserve = debt = 0
        for number, (held, total) in enumerate(chain):
            carries = {"back": str(reserve)} if reserve else {}
            carries |= {"payable": str(-debt)} if debt else {}
            carries |= {"held": str(-held)} if held else {}
            days = (14 * number, 14 * number + 14)
            heads.append(head(f"{name}{number:02}", days, str(total), name, "EUR", **carries))
            reserve, debt = held, max(-total, 0)
    random.shuffle(heads)
    places = placed(*heads)
    for name, chain in (("Amazon.de", first), ("Amazon.fr", second)):
        for number in range(len(chain)):
            one = places[f"{name}{number:02}"]
            assert one.previous == (f"{name}{number - 1:02}" if number else None)
            assert one.findings == ()
