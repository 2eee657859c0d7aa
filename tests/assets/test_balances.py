"""Balances are kept by day: asked for when a day is over everywhere, kept as stated, told where they differ."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from assets.balances import is_closed
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import RefusedDay, fetch_days
from assets.stages.kept_days import kept_days
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from assets.stages.verdicts import StageResult
from ledger.errors import SourceRefused
from resources.amazon.balances import AccountBalance, Balance
from resources.amazon.stated import Stated
from tests.assets.conftest import NOW, Bookkeeping

STAGE = DAY_STAGES["balances"]
DAY = date(2026, 11, 18)
US, CA = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"


def amount(text: str, currency: str = "USD") -> Stated:
    """Return an amount as Amazon states it."""
    return Stated(Decimal(text), currency)


def account(
    total: str, available: str, deferred: str, reserve: str = "0.00", marketplace_id: str = US
) -> AccountBalance:
    """Return the tree of one account's balances."""
    held = (Balance("DEFERRED", amount(deferred)), Balance("ACCOUNT_LEVEL_RESERVE", amount(reserve)))
    reserved = Balance("RESERVED", amount(str(Decimal(deferred) + Decimal(reserve))), held)
    tree = Balance("TOTAL", amount(total), (Balance("AVAILABLE", amount(available)), reserved))
    return AccountBalance(marketplace_id, "Standard Orders", tree, DAY, None, "d1")


@dataclass
class Asked:
    """Amazon's operation: `told` is what it answers, or raises; `days` are those it was asked for."""

    told: tuple[AccountBalance, ...] | Exception = ()
    days: list[date] = field(default_factory=list)

    def balances(self, archive, as_of: date) -> tuple[AccountBalance, ...]:
        """Answer as of a day."""
        self.days.append(as_of)
        archive(f"balances of {as_of}".encode())
        if isinstance(self.told, Exception):
            raise self.told
        return self.told


@dataclass
class Place:
    """A connection that reads balances."""

    books: Bookkeeping
    amazon: Asked = field(default_factory=Asked)

    @property
    def road(self) -> Road:
        """Return the road of the connection."""
        source = SimpleNamespace(balances=self.amazon)
        return replace(self.books.road, source=source, marketplaces=("Amazon.com",))

    def fetch(self, *days: date) -> dict:
        """Fetch days as a run does."""
        return dict(fetch_days(self.road, STAGE, days or (DAY,)))

    def rows(self) -> list[dict]:
        """Return what is kept, over account types."""
        files = kept_days(self.road, "balances").files()
        with self.road.stores.warehouse.connect() as duck:
            return dicts(duck.sql(statement("balances_of_days"), params={"balances": files}))


@pytest.fixture
def place(books) -> Place:
    """Return a connection that has read nothing yet."""
    return Place(books)


def test_balances_of_a_day_are_kept_as_they_are_stated(place):
    """A row per account, those of other connections left out; the archived answer is linked."""
    place.amazon.told = (
        account("90.00", "50.00", "30.00", "10.00"),
        account("5.00", "5.00", "0.00", marketplace_id=CA),
    )
    [made] = place.fetch().values()
    assert isinstance(made, StageResult)
    assert (made.rows_total, made.verdicts[0].passed, bool(made.links["document"])) == (1, True, True)
    [row] = place.rows()
    assert (row["as_of"], row["marketplace_id"], row["total"], row["deferred"]) == (DAY, US, 90, 30)
    assert (row["available"], row["account_level_reserve"]) == (50, 10)


def test_the_account_types_of_a_marketplace_are_one_account(place):
    """Their sum; what one of them does not state, nobody knows of the sum."""
    bare = replace(account("4.00", "4.00", "0.00"), account_type="Invoiced", total=Balance("TOTAL", amount("4.00")))
    place.amazon.told = (account("90.00", "60.00", "30.00"), bare)
    place.fetch()
    [row] = place.rows()
    assert (row["total"], row["deferred"], row["available"]) == (94, None, None)


def test_a_day_is_asked_for_when_it_is_over_everywhere(place):
    """Until then it is kept empty and marked, and nobody is asked."""
    today = NOW.date()
    yesterday = today - timedelta(days=1)
    assert datetime(2026, 11, 20, 9, tzinfo=UTC) == NOW
    assert [is_closed(one, NOW) for one in (yesterday, today)] == [True, False]
    assert not is_closed(yesterday, NOW - timedelta(seconds=1))
    place.fetch(yesterday, today)
    assert place.amazon.days == [yesterday]
    kept = kept_days(place.road, "balances").versions
    assert [(day, one.facts["is_over"]) for day, one in kept.items()] == [(yesterday, True), (today, False)]


def test_a_day_that_is_told_again_in_the_same_words_is_no_new_version(place):
    """It is fetched four days in a row."""
    place.amazon.told = (account("90.00", "60.00", "30.00"),)
    first, second = (next(iter(place.fetch().values())) for _ in range(2))
    assert first.version == second.version
    place.amazon.told = (account("91.00", "61.00", "30.00"),)
    assert next(iter(place.fetch().values())).version != first.version


def test_a_balance_that_is_not_its_parts_is_told_with_the_difference(place):
    """Nothing forces Amazon to agree with itself; what counts is the total."""
    place.amazon.told = (account("90.00", "50.00", "30.00"),)
    [made] = place.fetch().values()
    verdict = made.verdicts[0]
    assert (verdict.passed, verdict.stops) == (False, False)
    assert [(row["balance"], row["more than its parts"]) for row in verdict.rows] == [("TOTAL", "10.00")]


def test_a_day_of_which_amazon_states_no_balance_is_told_apart_from_one_of_nothing(place):
    """No account is a warning; an account that holds nothing, or a day that is not over, is none."""
    [made] = place.fetch().values()
    assert [(one.check, one.passed) for one in made.verdicts][1] == ("balance_stated", False)
    assert f"no balance at all as of {DAY}" in made.verdicts[1].sentence
    [today] = place.fetch(NOW.date()).values()
    place.amazon.told = (account("0.00", "0.00", "0.00"),)
    [stated] = place.fetch().values()
    assert [one.verdicts[1].passed for one in (today, stated)] == [True, True]


def test_an_answer_that_cannot_be_used_refuses_its_day_and_another_error_the_span(place):
    """A person has to look; a status is Amazon's own refusal."""
    place.amazon.told = SourceRefused("listBalances answers for another day.")
    [outcome] = place.fetch().values()
    assert isinstance(outcome, RefusedDay)
    assert "another day" in outcome.sentence
    place.amazon.told = SourceRefused("no role.", status=403)
    with pytest.raises(SourceRefused):
        place.fetch()
