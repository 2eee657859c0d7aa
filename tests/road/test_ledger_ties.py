"""The demonstration's books tied to Amazon's balance: to the cent, and with everything found that should not be there.

The American connection goes live in the middle of October, with the reserve that Amazon held then.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from assets.ledger_ties import AGES, ASSET, CODE, OTHERS, TIES
from assets.settlement_reports import discover
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import days_between, fetch_days
from assets.stages.month_stages import MONTH_STAGES
from assets.stages.months import run_month
from assets.stages.verdicts import StageResult, Verdict
from emulators.amazon.balances import Balances
from emulators.peoplesoft.journal_table import JournalKey
from ledger.month import Month
from ledger.references import reference
from tests.road.conftest import World, walk

OCTOBER = Month(2026, 10)
GO_LIVE = date(2026, 10, 11)
OPENING = JournalKey("US001", "OPENING001", "2026-09-09")
BANK = "100100"
# Fees as large as sales; the payout of the month; a debt over the month's end.
ZERO, PAID, OVER = "24758300567", "24758310574", "24758320581"
NAME = "Amazon.com in USD"


class Tying(World):
    """A world with the American connection of this test."""

    def us(self, **changes):
        """Return its road; `changes` replace books settings."""
        opening = [{"marketplace": "Amazon.com", "currency": "USD", "reserve": "925.38"}]
        given = {"books_from": GO_LIVE.isoformat(), "opening": opening, "read_balances": True}
        return self.road("amazon_us", **{**given, **changes})

    def tie(self, month: Month = OCTOBER, **changes) -> StageResult:
        """Make a month as Dagster and `connector month-end` do."""
        return run_month(self.us(**changes), MONTH_STAGES[ASSET], month)

    @property
    def key(self) -> JournalKey:
        """Return the journal of the settlement that was paid out."""
        [document] = self.documents(self.us(), PAID)
        return JournalKey(*document.erp_id.split())

    def wait_until(self, moment: datetime) -> None:
        """Let time pass, unless it has."""
        self.clock.advance(max((moment - self.clock.now()).total_seconds(), 0))

    @contextmanager
    def entered(self, key: JournalKey) -> Iterator[JournalKey]:
        """Give a journal that a person entered, and take it back: the next test finds the books as they were."""
        try:
            yield key
        finally:
            self.books.people.unpost(key)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[Tying]:
    """Yield a world in which October is posted, and Amazon's balance and payouts are kept."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CONNECTOR_VAULT_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
        made = Tying(tmp_path_factory.mktemp("ties") / "home")
        # The books held the reserve of that day.
        for line, amount in ((1, "925.38"), (2, "-925.38")):
            made.books.people.change_line(OPENING, line, FOREIGN_AMOUNT=amount, MONETARY_AMOUNT=amount)
        road = made.us()
        discover(road)
        for settlement_id in (ZERO, PAID, OVER):
            walk(road, settlement_id)
            assert set(made.states(road, settlement_id)) == {"posted"}
        dict(fetch_days(road, DAY_STAGES["payouts"], [date(2026, 10, 20), date(2026, 10, 27)]))
        dict(fetch_days(road, DAY_STAGES["balances"], [OCTOBER.last]))
        yield made
        made.demo.close()


def verdict(result: StageResult, name: str) -> Verdict:
    """Return what a check says."""
    return next(one for one in result.verdicts if one.check == name)


def lines(result: StageResult) -> dict[str, Decimal]:
    """Return the table of the tie, added up by line."""
    found: dict[str, Decimal] = {}
    for row in result.rows:
        found[row["line"]] = found.get(row["line"], Decimal(0)) + Decimal(row["amount"])
    return found


def test_the_books_tie_to_the_cent(world: Tying) -> None:
    """The payout is on its way, the deferred sales are Amazon's: both named, with nothing left over."""
    result = world.tie()
    found = lines(result)
    assert found["payouts not yet in the bank"] == Decimal("6857.82")
    assert found["deferred by Amazon"] < 0
    explained = sum(amount for line, amount in found.items() if line not in ("general ledger", "Amazon"))
    assert found["general ledger"] - found["Amazon"] == explained
    assert verdict(result, TIES).passed, verdict(result, TIES).sentence
    assert "is explained" in verdict(result, TIES).sentence
    assert verdict(result, OTHERS).passed
    assert verdict(result, AGES).passed
    ages = {row["item"]: row["age"] for row in verdict(result, AGES).rows}
    assert ages == {PAID: "0-14 days", OVER: "0-14 days"}


def test_the_balance_is_what_the_emulated_amazon_owes(world: Tying) -> None:
    """The other side of the tie by another road: the seller's truth, made from settlement rows."""
    truth = next(one for one in world.demo.seller.series if one.market.currency == "USD")
    end = datetime(2026, 10, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert lines(world.tie())["Amazon"] == truth.balance(end).total


def test_the_books_tie_whichever_midnight_ends_amazons_day(world: Tying, monkeypatch) -> None:
    """Nine hours of sales lie between the two; they are of the settlement over the month's end, and told as such."""
    in_utc = lines(world.tie())["Amazon"]
    with monkeypatch.context() as patched:
        end = datetime(2026, 11, 1, 7, tzinfo=UTC) - timedelta(microseconds=1)
        patched.setattr(Balances, "_end_of", lambda *_: end)
        dict(fetch_days(world.us(), DAY_STAGES["balances"], [OCTOBER.last]))
        result = world.tie()
    dict(fetch_days(world.us(), DAY_STAGES["balances"], [OCTOBER.last]))
    assert lines(result)["Amazon"] != in_utc
    assert verdict(result, TIES).passed, verdict(result, TIES).sentence


def test_a_receipt_closes_the_payout(world: Tying) -> None:
    """Books and Amazon differ by what is deferred alone."""
    receipt = world.books.people.receive(world.key, date(2026, 10, 29), reference(PAID), BANK)
    with world.entered(receipt):
        result = world.tie()
    assert "payouts not yet in the bank" not in lines(result)
    assert all(one.passed for one in result.verdicts)
    assert [row["item"] for row in verdict(result, AGES).rows] == [OVER]


def test_a_manual_journal_is_named_and_waits_for_a_person(world: Tying) -> None:
    """By document, with what it says; a person's word explains it, and unposting ends it."""
    manual = world.books.people.enter(world.key, date(2026, 10, 30), "Booked again by hand", "ONL")
    name = f"US001 {manual.id} 2026-10-30"
    with world.entered(manual):
        result = world.tie()
        told = [(row["document"], row["amount"]) for row in verdict(result, OTHERS).rows]
        # The whole journal again: clearing, and the reserve that came back less the one that was held.
        assert told == [(name, "6857.82"), (name, "-3359.94")]
        assert "not explained is entries of others 3497.88" in verdict(result, TIES).sentence
        item = world.items()[CODE]
        assert (item.partition, item.origin, item.amount) == ("ledger_ties-2026-10", name, Decimal("3497.88"))
        assert "ONL Booked again by hand" in item.sentence
        world.tie()
        assert world.items()[CODE].id == item.id
        world.resolve(CODE, "dismiss", "agreed with the controller")
        accepted = world.tie()
        assert all(one.passed for one in accepted.verdicts)
        assert lines(accepted)["entries of others, accepted"] == Decimal("3497.88")
        assert CODE not in world.items()
    assert "entries of others, accepted" not in lines(world.tie())


def test_an_item_ends_when_the_entry_is_taken_back(world: Tying) -> None:
    """Nobody has to close it by hand."""
    manual = world.books.people.enter(world.key, date(2026, 10, 28), "Wrong company", "ONL")
    with world.entered(manual):
        world.tie()
        assert CODE in world.items()
    assert all(one.passed for one in world.tie().verdicts)
    assert CODE not in world.items()


def test_a_journal_of_ours_that_somebody_changed_is_told(world: Tying) -> None:
    """The ledger has another amount than our records: a line on clearing was changed, and the journal posted again."""
    line = next(one for one in world.books.lines(world.key) if one.account == "110500" and one.amount < 0)
    for amount, told in ((line.amount - 1, Decimal("-1.00")), (line.amount, None)):
        changed = {"FOREIGN_AMOUNT": str(amount), "MONETARY_AMOUNT": str(amount)}
        world.books.people.change_line(world.key, line.number, **changed)
        assert lines(world.tie()).get("our documents beside our records") == told


def test_a_lost_payout_gets_old(world: Tying) -> None:
    """A month later nothing has arrived. What is in no settlement yet is told by the events, and until then awaited."""
    world.wait_until(datetime(2026, 12, 3, 9, tzinfo=UTC))
    november, road = Month(2026, 11), world.us()
    waiting = world.tie(november)
    assert verdict(waiting, TIES).is_waiting
    assert "Amazon's balance at the end of 2026-11-30 is not kept" in verdict(waiting, TIES).sentence
    dict(fetch_days(road, DAY_STAGES["balances"], [november.last]))
    waiting = world.tie(november)
    assert verdict(waiting, TIES).is_waiting
    assert "no financial events of 2026-11-18 are kept" in verdict(waiting, TIES).sentence
    dict(fetch_days(road, DAY_STAGES["financial_events"], days_between(date(2026, 11, 18), november.last)))
    result = world.tie(november)
    assert verdict(result, TIES).passed, verdict(result, TIES).sentence
    assert lines(result)["not settled yet"] < 0
    assert not verdict(result, AGES).passed
    [late] = [row for row in verdict(result, AGES).rows if row["late"]]
    assert (late["item"], late["amount"], late["age"]) == (PAID, "6857.82", "31-60 days")


def test_switched_off_it_says_so_and_asks_nobody(world: Tying) -> None:
    """No query of the ledger reaches PeopleSoft."""
    before = world.erp_faults.calls("X_LEDGER_BALANCE")
    result = world.tie(read_balances=False)
    assert all(one.passed and "read_balances is off" in one.sentence for one in result.verdicts)
    assert {(one.outcome, one.agrees) for one in result.verdicts} == {("not compared", False)}
    assert result.facts["not compared"].startswith(TIES)
    assert world.erp_faults.calls("X_LEDGER_BALANCE") == before > 0
