"""A month of the demonstration's seller is proved to the cent, whatever Amazon means; what is disturbed is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from assets.month_end import marketplace_account
from assets.month_end.marketplace_account import AccountMonth
from assets.month_end.month_statement import bars_of, group_of, lines_of
from assets.month_proofs import READS, kept_statement, prove_month
from assets.settlements.picture import LENGTH_MAX, waterfall_markdown
from assets.stages.kept_days import kept_days
from assets.stages.metadata import metadata_of
from assets.stages.month_names import month_name
from assets.stages.month_stages import MONTH_STAGES
from assets.stages.months import run_month
from assets.stages.verdicts import StageResult, Verdict
from emulators.amazon.settings import Settings
from emulators.demo_seller.disturbances import disturb
from ledger.categories import categories
from ledger.month import Month
from ledger.roll_forward import Held, Movement, PaidOut, roll_forward
from resources.amazon.marketplaces import MARKETPLACES, marketplace
from resources.clock import ManualClock
from tests.assets.shop_rig import AS_OF, Shop, shop
from tests.demo_sellers import seller_of_its_own

OCTOBER = Month(2026, 10)
STAGE = MONTH_STAGES["month_proofs"]
# From the end of September on.
DAYS = (AS_OF - date(2026, 9, 29)).days
# Amazon otherwise than thought: local midnights, payouts that leave late and are told twice, reserves as transactions.
OTHERWISE = Settings(
    balance_day="local",
    balance_payout="paid",
    transfer_transactions="positive",
    reserve_transactions=True,
    deferral_names_on="swapped",
    account_reserve_sign="negative",
)


@pytest.fixture(scope="module")
def european(tmp_path_factory) -> Iterator[Shop]:
    """Return the European account, two marketplaces and currencies, of which October has been read."""
    made = shop(tmp_path_factory.mktemp("european") / "home", "amazon_eu")
    made.fetch(*READS, days=DAYS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory) -> Iterator[Shop]:
    """Return the American account at an Amazon that means everything otherwise, with a charge that is never told."""
    made = shop(tmp_path_factory.mktemp("disturbed") / "home", "amazon_us", OTHERWISE)
    disturb(made.history, ("never_told",))
    made.fetch(*READS, days=DAYS)
    yield made
    made.close()


def verdicts(result: StageResult) -> dict[str, Verdict]:
    """Return what a month's checks say."""
    return {one.check: one for one in result.verdicts}


def test_a_month_of_two_marketplaces_is_proved_to_the_cent(european):
    """What Amazon states is the seller's truth, told from its settlements' own rows; deferred money as well."""
    result = run_month(european.road, STAGE, OCTOBER)
    assert [one.passed for one in result.verdicts] == [True, True], [one.sentence for one in result.verdicts]
    kept = kept_statement(european.road, OCTOBER)
    stated = {row["currency"]: row for row in kept.rows if row["kind"] == "stated"}
    seller = seller_of_its_own(AS_OF)
    truths = [one.month_ends(AS_OF)[-1] for one in seller.series if one.seller_id == european.road.seller]
    assert {one.moment.date() for one in truths} == {OCTOBER.last}
    assert {key: (row["amount"], row["deferred"]) for key, row in stated.items()} == {
        one.currency: (one.total, one.deferred) for one in truths
    }
    assert all(one["is_proved"] for one in kept.accounts)


def test_the_statement_adds_up_to_what_is_expected(european):
    """From the opening balance through sales, fees and payouts: every line counts once."""
    prove_month(european.road, OCTOBER)
    for currency in ("GBP", "EUR"):
        rows = [row for row in kept_statement(european.road, OCTOBER).rows if row["currency"] == currency]
        counted = [row for row in rows if row["kind"] in ("opening", "events", "bank")]
        [expected] = [row for row in rows if row["kind"] == "expected"]
        assert sum(row["amount"] for row in counted) == expected["amount"]
        assert sum(row["deferred"] or 0 for row in counted) == expected["deferred"]
        assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))


def test_dagster_shows_the_statement_and_a_picture_of_each_account(european):
    """Small enough to be seen without a click."""
    shown = metadata_of(prove_month(european.road, OCTOBER))
    for title in ("Amazon.co.uk GBP", "Amazon.de EUR"):
        assert shown[title].value.startswith(f"![{title}](data:image/svg+xml,")
        assert len(shown[title].value) <= LENGTH_MAX
    assert "Opening balance, end of 2026-09-30" in shown["table"].value
    assert not any(isinstance(one.value, float) for one in shown.values())


def test_an_account_that_is_stated_from_within_a_month_is_proved_from_there(books, monkeypatch):
    """Amazon stated nothing of it before: the sentence says from which day on."""
    held = {OCTOBER.first: Held(Decimal("5.00")), OCTOBER.last: Held(Decimal("5.00"))}
    rolled = roll_forward(OCTOBER.first + timedelta(days=1), OCTOBER.last, held, (), ())
    late = AccountMonth("ATVPDKIKX0DER", "USD", "UTC", rolled, {})
    monkeypatch.setattr("assets.month_proofs.accounts_of_month", lambda road, month: [late])
    verdict = prove_month(books.road, OCTOBER).verdicts[0]
    assert verdict.passed
    assert verdict.sentence.startswith("1 account rolled forward is what Amazon states.")
    assert "Amazon.com (USD) from 2026-10-02 to 2026-10-31 only: Amazon states no balance beyond." in verdict.sentence


def test_an_account_of_which_amazon_states_no_balance_is_not_passed_over(european, monkeypatch):
    """Its transactions are told, so its money must be somewhere."""
    stated = marketplace_account._stated

    def without_pounds(road, files):
        return {key: days for key, days in stated(road, files).items() if key[1] != "GBP"}

    monkeypatch.setattr(marketplace_account, "_stated", without_pounds)
    verdict = prove_month(european.road, OCTOBER).verdicts[0]
    assert not verdict.passed
    assert verdict.sentence.startswith("Amazon.co.uk (GBP) comes to 1508.90 GBP, and Amazon states no balance of it.")


def test_what_is_never_told_is_found_with_its_day_and_amount(disturbed):
    """Although days end at another midnight than in UTC, and payouts leave the balance when they arrive."""
    [placed] = disturbed.history.placed
    result = run_month(disturbed.road, STAGE, OCTOBER)
    verdict = verdicts(result)["balance_rolls_forward"]
    assert (verdict.passed, verdict.is_waiting, verdict.stops) == (False, False, False)
    assert result.facts["unexplained, Amazon.com USD"] == placed.amount
    assert result.facts["days end in, Amazon.com USD"] == "the marketplace"
    assert [(row["day"], row["unexplained"]) for row in verdict.rows] == [(placed.record, str(placed.amount))]
    assert verdicts(result)["deferred_rolls_forward"].passed


def test_a_rest_is_a_review_item_until_the_month_is_proved(disturbed, monkeypatch):
    """With the amount and the day; proved anew it ends by itself."""
    run_month(disturbed.road, STAGE, OCTOBER)
    name = month_name(STAGE.asset, OCTOBER)
    listing = disturbed.road.stores.review.listing
    [item] = listing(disturbed.road.connection, partition=name)
    [placed] = disturbed.history.placed
    assert (item.code, item.amount, item.origin) == ("balance_unexplained", placed.amount, "Amazon.com")
    assert f"It arose on {placed.record}: {placed.amount} USD." in item.sentence
    monkeypatch.setattr("assets.month_proofs.accounts_of_month", lambda road, month: [account("0.00")])
    run_month(disturbed.road, STAGE, OCTOBER)
    assert listing(disturbed.road.connection, partition=name) == []


def test_a_month_whose_days_are_not_read_yet_waits_and_says_what_is_missing(european):
    """Nothing is staged of it; the fetch that is missing is named, unless its days can not be had."""
    result = prove_month(european.road, OCTOBER.following)
    for verdict in result.verdicts:
        assert (verdict.passed, verdict.is_waiting) == (False, True)
        assert "Balances of 2026-11-30 are not read yet" in verdict.sentence
    assert kept_statement(european.road, OCTOBER.following) is None
    for verdict in prove_month(european.road, OCTOBER.before).verdicts:
        assert (verdict.passed, verdict.is_waiting) == (False, True)
        assert "are read from 2026-09-29 on only" in verdict.sentence
        assert "connector fetch balances --from 2026-08-31 --to 2026-09-28 -c amazon_eu" in verdict.sentence
    early = replace(european.road, fetched_from=lambda now: date(2026, 9, 1))
    for verdict in prove_month(early, OCTOBER.before).verdicts:
        assert (verdict.passed, verdict.is_waiting) == (True, False)
        assert "nothing is compared" in verdict.sentence


def test_a_month_of_which_a_payout_cannot_be_used_waits(european, monkeypatch):
    """What is left out would be the rest of the proof."""
    day = date(2026, 10, 15)

    def lacking(road, asset):
        kept = kept_days(road, asset)
        if asset == "payouts":
            version = kept.versions[day]
            kept.versions[day] = replace(version, facts={**version.facts, "left_out": ["Payout P9"]})
        return kept

    monkeypatch.setattr(marketplace_account, "kept_days", lacking)
    for verdict in prove_month(european.road, OCTOBER).verdicts:
        assert (verdict.passed, verdict.is_waiting) == (False, True)
        assert f"Payouts of {day} lack what cannot be used" in verdict.sentence


def test_a_connection_that_reads_nothing_proves_nothing_and_says_so(books):
    """A source that is switched off is nothing to wait for; one that was not read yet is."""
    off = replace(books.road, switched_off=frozenset({"balances"}))
    for verdict in prove_month(off, OCTOBER).verdicts:
        assert (verdict.passed, verdict.is_waiting) == (True, False)
        assert "`by_day.balances` is off, so nothing is compared" in verdict.sentence
    for verdict in prove_month(books.road, OCTOBER).verdicts:
        assert (verdict.passed, verdict.is_waiting) == (False, True)
        assert "connector fetch balances --from 2026-09-30 --to 2026-10-31" in verdict.sentence


def account(rest: str = "0.00", payouts: tuple[PaidOut, ...] = (), **amounts: str) -> AccountMonth:
    """Return an account that held 100.00 and moved some amounts by category."""
    movements = [Movement(OCTOBER.first, name, Decimal(amount), Decimal(amount)) for name, amount in amounts.items()]
    total = Decimal("100.00") + sum(one.occurred for one in movements) + Decimal(rest)
    held = {OCTOBER.first - timedelta(days=1): Held(Decimal("100.00")), OCTOBER.last: Held(total)}
    rolled = roll_forward(OCTOBER.first, OCTOBER.last, held, movements, payouts, until_arrival=bool(payouts))
    return AccountMonth("ATVPDKIKX0DER", "USD", "UTC", rolled, {"available": total, "account_level_reserve": None})


def test_days_and_accounts_that_are_not_shown_are_counted(books, monkeypatch):
    """A short table must not look whole."""
    days = [OCTOBER.first + timedelta(days=number) for number in range(31)]
    held = {day: Held(Decimal(number), Decimal(number)) for number, day in enumerate(days)}
    rolled = roll_forward(days[1], OCTOBER.last, held, (), ())
    several = [AccountMonth(f"A{number}", "USD", "UTC", rolled, {}) for number in range(27)]
    for accounts, check, words in (
        (several[:1], "balance_rolls_forward", "5 more rows are not shown."),
        (several[:26], "deferred_rolls_forward", "1 more row is not shown."),
    ):
        monkeypatch.setattr("assets.month_proofs.accounts_of_month", lambda road, month, told=accounts: told)
        verdict = verdicts(prove_month(books.road, OCTOBER))[check]
        assert (verdict.passed, len(verdict.rows)) == (False, 25)
        assert verdict.sentence.endswith(words)


def test_within_three_days_of_a_months_end_a_rest_waits(books, monkeypatch):
    """Amazon may still tell; after that it is a finding."""
    monkeypatch.setattr("assets.month_proofs.accounts_of_month", lambda road, month: [account("1.00")])
    for hours, waits in ((71, True), (73, False)):
        clock = ManualClock(OCTOBER.end(UTC) + timedelta(hours=hours))
        verdict = prove_month(replace(books.road, clock=clock), OCTOBER).verdicts[0]
        assert (verdict.passed, verdict.is_waiting, bool(verdict.findings)) == (False, waits, not waits)


def test_a_statement_names_what_is_on_its_way_and_what_explains_a_rest():
    """A payout that left on the last day is told with its id; Amazon still counts it here."""
    paid = PaidOut("P1", Decimal("90.00"), OCTOBER.last)
    lines = {one.line: (one.kind, one.amount) for one in lines_of(account("0.00", (paid,)))}
    assert lines["Payouts"] == ("bank", Decimal("-90.00"))
    assert lines["payouts on their way, which Amazon still counts as its own"] == ("explained", Decimal("90.00"))
    assert lines["Unexplained"] == ("unexplained", Decimal("0.00"))
    assert lines["on its way to the bank: payout P1"] == ("for information", Decimal("90.00"))
    assert "of which held back of the account" not in lines


def test_the_picture_goes_from_opening_to_closing_and_always_fits():
    """One bar per part, a rest in sight; every category has a place."""
    some = {"revenue": "50.00", "refund": "-5.00", "referral_fee": "-8.00", "tax_collected": "1.00", "lending": "9.00"}
    bars = bars_of(account("3.00", **some))
    assert [name for name, _ in bars] == [
        "Opening",
        "Sales",
        "Refunds and discounts",
        "Fees",
        "Tax",
        "Other",
        "Payouts",
        "Rest",
        "Closing",
    ]
    assert sum(amount for _, amount in bars[:-1]) == bars[-1][1]
    assert 0 < len(waterfall_markdown(bars, "Amazon.com USD")) <= LENGTH_MAX
    assert {group_of(name) for name in categories()} == {"Sales", "Refunds and discounts", "Fees", "Tax", "Other"}
    assert group_of("not classified") == "Other"


def test_every_marketplace_has_a_day_of_its_own():
    """Days of a marketplace begin where it is; a time zone that the machine does not know would raise."""
    for one in MARKETPLACES:
        assert datetime(2026, 10, 31, 12, tzinfo=one.time_zone).utcoffset() is not None
    assert marketplace("ATVPDKIKX0DER").time_zone.key == "America/Los_Angeles"
