"""Where a connection stands: payouts on their way beside settlements, each marketplace in its own currency."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from assets.overview import attention, fetched_until, overview
from assets.stages.failing_checks import failing_checks
from assets.stages.month_names import month_name
from assets.stages.outcome import keep, keep_changed
from assets.stages.verdicts import StageResult, Verdict
from ledger.errors import Finding
from ledger.month import Month
from resources.amazon.stated import Stated
from tests.assets.conftest import PERIOD, START
from tests.assets.test_balances import DAY as BALANCE_DAY
from tests.assets.test_balances import Place, account
from tests.assets.test_bank_deposits import pay, road_of, take_in
from tests.assets.test_payouts import DAY, Amazon, fetched, payout, settle


def test_payouts_on_their_way_are_counted_in_their_own_currency(books, row):
    """Paid, failed and cancelled ones are not on their way; what is owed in pounds is another row."""
    settle(books, row, "1", "80.00")
    pounds = Stated(Decimal("12.00"), "GBP")
    told = (
        payout("1", status="IN_TRANSIT"),
        payout("2", "5.00", status="STARTED"),
        payout("3", "7.00"),
        payout("4", "9.00", status="FAILED"),
        payout("5", status="STARTED", amount="1.00"),
        payout("6", None, status="NO_PAYOUT"),
    )
    told = tuple(replace(one, amount=pounds) if one.payout_id == "P5" else one for one in told)
    road = replace(books.road, marketplaces=())
    fetched(books, Amazon(told))
    [pounds_row, dollars_row] = [one.row for one in overview(road)]
    assert (pounds_row["currency"], pounds_row["settlements"], pounds_row["amount_on_its_way"]) == ("GBP", 0, "12.00")
    assert dollars_row == {
        "connection": books.connection,
        "marketplace": "Amazon.com",
        "currency": "USD",
        "settlements": 1,
        "before_go_live": 0,
        "posted": 0,
        "posted_amount": "0.00",
        "open": 1,
        "open_amount": "80.00",
        "payouts_on_their_way": 2,
        "amount_on_its_way": "85.00",
    }
    assert fetched_until(road) == {"payouts": DAY}


def test_what_amazon_owes_is_its_newest_balance_with_what_is_held_back(books, row):
    """Over account types, as of the last day that states one; nothing where balances are not read."""
    settle(books, row, "1", "80.00")
    assert [one.money_row["owed_by_amazon"] for one in overview(books.road)] == [None]
    place = Place(books)
    place.amazon.told = (account("100.00", "60.00", "30.00", "10.00"),)
    place.fetch(BALANCE_DAY - timedelta(days=1))
    place.amazon.told = (account("150.00", "60.00", "80.00", "10.00"), account("5.50", "5.50", "0.00"))
    place.fetch(BALANCE_DAY)
    [found] = overview(place.road)
    assert {name: found.money_row[name] for name in ("owed_by_amazon", "of_it_held_back", "owed_as_of")} == {
        "owed_by_amazon": "155.50",
        "of_it_held_back": "90.00",
        "owed_as_of": BALANCE_DAY,
    }


def test_the_reserve_is_what_the_newest_settlement_of_each_series_kept_back(books, row):
    """What an earlier one kept has come back since; another currency has a reserve of its own."""
    books.take_in("1", [row("principal", "100"), row("reserve held", "-22.80")])
    later = START + PERIOD
    books.take_in("2", [row("principal", "50"), row("reserve back", "22.80"), row("reserve held", "-7.25")], later)
    pounds = [row("principal", "9", "B", "Amazon.co.uk"), row("reserve held", "-1.10")]
    books.take_in("3", pounds, currency="GBP")
    found = {one.currency: one.money_row["reserve_held"] for one in overview(books.road)}
    assert found == {"USD": "7.25", "GBP": "1.10"}


def test_what_was_paid_and_the_bank_does_not_show_is_counted(books, row):
    """Matched lines are in the bank; without any statement nothing is said."""
    books.take_in("1", [row("principal", "80.00")])
    books.take_in("2", [row("principal", "20.00")])
    pay(books, payout(), payout("2", "20.00", trace_id="OTHER"))
    [unread] = overview(books.road)
    assert (unread.not_in_bank, unread.money_row["not_in_bank"]) == (None, None)
    take_in(books, "2026-11-20,80.00,AMAZON 4B03616UONXSAWP")
    [read] = overview(road_of(books))
    assert (read.money_row["not_in_bank"], read.money_row["amount_not_in_bank"]) == (1, "20.00")


def test_what_asks_for_a_person_is_counted_by_weight(books):
    """Items with the money they stop, checks that stop, warn or wait; the last month whose proof passes whole."""
    road = books.road
    stopping = Finding("books_differ", "A differs.", "Look.", amount=Decimal("10.00"), details={"currency": "USD"})
    road.stores.review.open(road.connection, "1", stopping, actions=("retry",))
    road.stores.review.open(road.connection, "2", replace(stopping, is_blocking=False), actions=("retry",))
    verdicts = (
        Verdict("gate", False, "It stops."),
        Verdict("one_content", False, "Look.", is_blocking=False, rows=({"row": "7"},)),
        Verdict("accepted_by_erp", False, "It waits.", is_waiting=True),
        Verdict("fine", True, ""),
    )
    keep(road, "erp_postings", "1", StageResult(verdicts=verdicts))
    for month, passed in ((Month(2026, 8), True), (Month(2026, 9), True), (Month(2026, 10), False)):
        for check in ("balance_proved", "deferred_proved"):
            verdict = Verdict(check, passed or check == "deferred_proved", "", is_blocking=False)
            keep_changed(
                road, "month_proofs", month_name("month_proofs", month), StageResult(verdicts=(verdict,)), set()
            )
    assert attention(road).row == {
        "connection": road.connection,
        "items_open": 2,
        "stopping_money": 1,
        "stopped": "10.00 USD",
        "checks_that_stop": 1,
        "checks_to_look_at": 2,
        "checks_that_wait": 1,
        "last_month_proved": "2026-09",
    }
    first, *others = failing_checks(road.stores, road.connection)
    assert (first.weight, first.row["about"], first.row["check"]) == ("stops money", "1", "erp_postings.gate")
    assert [(one.weight, one.rows) for one in others] == [
        ("worth a look", ({"row": "7"},)),
        ("worth a look", ()),
        ("waits", ()),
    ]
    assert (
        failing_checks(road.stores, road.connection, "month_proofs-2026-10")[0].row["about"]
        == "month_proofs of 2026-10"
    )
