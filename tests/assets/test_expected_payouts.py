"""Expected payouts are kept as they were told on the day: what is to come, and what stands against it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import RefusedDay, fetch_days, span_to_fetch
from assets.stages.roadmap import Road
from assets.stages.statements import dicts
from assets.stages.verdicts import StageResult
from ledger.errors import SourceRefused, SourceUnavailable
from resources.amazon.stated import Stated
from resources.amazon.transfers import ExpectedPayout
from resources.clock import ManualClock
from tests.assets.conftest import NOW, Bookkeeping

STAGE = DAY_STAGES["expected_payouts"]
DAY = NOW.date()
US, CA = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"


def expected(status: str = "SCHEDULED", amount: str = "812.40", currency: str = "USD", at: str = US) -> ExpectedPayout:
    """Return one payout to come."""
    return ExpectedPayout(
        status=status,
        amount=Stated(Decimal(amount), currency) if amount else None,
        marketplace_id=at,
        account_type="STANDARD_ORDERS",
        account_tail="1234",
        payment_method="BANK_ACCOUNT",
        scheduled=datetime(2026, 11, 28, tzinfo=UTC),
        period_start=datetime(2026, 11, 14, tzinfo=UTC),
        period_end=datetime(2026, 11, 28, tzinfo=UTC),
        settlement_ids=(),
        document="d1",
    )


@dataclass
class Place:
    """A connection and what Amazon tells it, or raises."""

    books: Bookkeeping
    told: tuple[ExpectedPayout, ...] | Exception = (expected(),)
    asked: list[str] = field(default_factory=list)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def expected(self, archive) -> tuple[ExpectedPayout, ...]:
        """Answer as Amazon does."""
        self.asked.append(archive(f"expected payouts {len(self.asked)}".encode()))
        if isinstance(self.told, Exception):
            raise self.told
        return self.told

    @property
    def road(self) -> Road:
        """Return the road of the connection, which sells in the United States."""
        source = SimpleNamespace(transfers=self, marketplace_ids=(US,))
        return replace(self.books.road, source=source, marketplaces=("Amazon.com",), clock=self.clock)

    def fetch(self, *days: date) -> dict:
        """Fetch days as a run does."""
        return dict(fetch_days(self.road, STAGE, days or (DAY,)))

    def rows(self, day: date = DAY) -> list[dict]:
        """Return what is kept of a day."""
        warehouse = self.books.road.stores.warehouse
        path = warehouse.path(warehouse.current(self.books.road.connection, STAGE.asset, day.isoformat()))
        with warehouse.connect() as duck:
            return dicts(duck.sql("FROM read_parquet($path)", params={"path": str(path)}))


@pytest.fixture
def place(books) -> Place:
    """Return a connection that has read nothing yet."""
    return Place(books)


def test_what_is_expected_today_is_kept_with_its_sum(place):
    """Amount, day and account, typed; the answer is archived; what is another connection's is left out."""
    place.told = (
        expected(),
        expected(amount="100.05"),
        expected(status="NO_PAYOUT_EXPECTED", amount=""),
        expected(at=CA),
    )
    result = place.fetch()[DAY]
    assert result.facts == {"expected payouts": 3, "USD": Decimal("912.45")}
    assert [(row["status"], row["amount"]) for row in place.rows()] == [
        ("SCHEDULED", Decimal("812.400")),
        ("SCHEDULED", Decimal("100.050")),
        ("NO_PAYOUT_EXPECTED", None),
    ]
    assert str(place.rows()[0]["scheduled_at"]) == "2026-11-28 00:00:00"
    assert [verdict.passed for verdict in result.verdicts] == [True]
    assert place.books.road.stores.documents.exists(result.links["document"])


@pytest.mark.parametrize("status, why", [("DISABLED", "payouts of this account are disabled"), ("AT_RISK", "may fail")])
def test_a_payout_in_danger_fails_the_check(place, status, why):
    """It names the account, the amount and what to do; a warning, because nothing is booked from it."""
    place.told = (expected(status), expected("SCHEDULED"))
    [verdict] = place.fetch()[DAY].verdicts
    assert (verdict.passed, verdict.is_blocking) == (False, False)
    assert verdict.sentence.startswith(f"The next payout of 812.40 USD of {US} STANDARD_ORDERS is {status}: ")
    assert why in verdict.sentence
    assert "Seller Central" in verdict.sentence
    assert [row["amount"] for row in verdict.rows] == ["812.40"]


def test_the_last_word_of_a_day_stays(place):
    """Told twice on a day the later counts; on the next day nobody asks for it again, and it stays as it is."""
    place.fetch()
    place.told = (expected(amount="900.00"),)
    place.fetch()
    assert [row["amount"] for row in place.rows()] == [Decimal("900.000")]
    place.clock.advance(86_400)
    result = place.fetch(DAY)[DAY]
    assert result.facts == {"expected payouts": 1, "told": "as it was told on that day"}
    assert len(place.asked) == 2
    assert [row["amount"] for row in place.rows()] == [Decimal("900.000")]


def test_a_day_on_which_nobody_asked_is_empty_and_says_so(place):
    """A run that began before midnight may come to be after it."""
    yesterday = DAY - timedelta(days=1)
    result = place.fetch(yesterday)[yesterday]
    assert isinstance(result, StageResult)
    assert result.facts == {"expected payouts": 0, "told": "nobody asked on that day"}
    assert place.asked == []


def test_older_days_cannot_be_had(place):
    """One review item says why; nothing is written for them."""
    result = place.fetch(DAY - timedelta(days=30))
    assert [outcome.is_gone for outcome in result.values()] == [True]
    [item] = place.books.road.stores.review.listing(place.books.road.connection)
    assert "Amazon says only at present what it expects to pay." in item.sentence
    assert place.asked == []


def test_a_schedule_asks_for_the_present_only(place):
    """However long nobody asked."""
    road = place.road
    span = span_to_fetch(road.stores, road.connection, STAGE, DAY - timedelta(days=90), DAY, (US,))
    assert span == (DAY - timedelta(days=1), DAY)
    place.fetch(*span)
    assert span_to_fetch(road.stores, road.connection, STAGE, DAY - timedelta(days=90), DAY, (US,)) == (DAY, DAY)


def test_an_answer_that_cannot_be_used_refuses_the_day(place):
    """What was kept of it before stays; an answer of Amazon's own refusal or silence is raised."""
    place.fetch()
    place.told = SourceRefused("listExpectedPayouts answers with something else.")
    assert isinstance(place.fetch()[DAY], RefusedDay)
    assert len(place.rows()) == 1
    for error in (SourceRefused("Access is denied.", status=403), SourceUnavailable("Amazon does not answer.")):
        place.told = error
        with pytest.raises(type(error)):
            place.fetch()
