"""Payouts are kept by day and held against settlements: what is paid, what pays nothing, what fails on its way."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from assets.stages.day_names import day_name
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import RefusedDay, fetch_days
from assets.stages.verdicts import StageResult
from ledger.bank_matching import UNEXPLAINED
from ledger.errors import Finding, SourceRefused
from resources.amazon.event_groups import EventGroup
from resources.amazon.stated import Stated
from resources.amazon.transfers import Payout, PayoutStep
from tests.assets.conftest import NOW, Bookkeeping

STAGE = DAY_STAGES["payouts"]
DAY = date(2026, 11, 18)
CREATED = datetime(2026, 11, 18, 9, tzinfo=UTC)
PERIOD = (CREATED - timedelta(days=14), CREATED - timedelta(hours=1))


def payout(settlement_id: str = "1", amount: str | None = "80.00", status: str = "PAID", **changes) -> Payout:
    """Return a payout of one settlement."""
    made = Payout(
        payout_id=f"P{settlement_id}",
        status=status,
        steps=(PayoutStep("STARTED", CREATED), PayoutStep(status, CREATED + timedelta(days=1), "closed account")),
        kind="SCHEDULED",
        amount=None if amount is None else Stated(Decimal(amount), "USD"),
        marketplace_id="ATVPDKIKX0DER",
        account_type="STANDARD_ORDERS",
        account_tail="1234",
        payment_method="BANK_ACCOUNT",
        rail="ACH",
        trace_id="4B03616UONXSAWP",
        created=CREATED,
        period_start=PERIOD[0],
        period_end=PERIOD[1],
        settlement_ids=(settlement_id,),
        document="d" * 64,
    )
    return replace(made, **changes)


def group(**changes) -> EventGroup:
    """Return the settlement period that the payout pays, changed into pounds."""
    made = EventGroup(
        group_id="G",
        status="Closed",
        transfer_status="Succeeded",
        original=Stated(Decimal("80.00"), "USD"),
        converted=Stated(Decimal("63.10"), "GBP"),
        beginning=None,
        transferred=CREATED,
        trace_id="4B03616UONXSAWP",
        account_tail="1234",
        start=PERIOD[0],
        end=PERIOD[1],
        document="e" * 64,
    )
    return replace(made, **changes)


@dataclass
class Amazon:
    """A marketplace that tells of these payouts and periods; an error is raised instead.

    One payout that was created at the moment `unusable` cannot be used.
    """

    payouts: tuple[Payout, ...] = ()
    groups: tuple[EventGroup, ...] = ()
    error: Exception | None = None
    unusable: datetime | None = None
    asked: list = field(default_factory=list)

    @property
    def source(self) -> SimpleNamespace:
        return SimpleNamespace(
            transfers=SimpleNamespace(payouts=self._payouts), event_groups=SimpleNamespace(begun=self._begun)
        )

    def _payouts(self, after: datetime, before: datetime, archive, left_out=None) -> tuple[Payout, ...]:
        self.asked.append((after, before))
        archive(b"page")
        if self.error:
            raise self.error
        if self.unusable is not None and after <= self.unusable < before:
            if left_out is None:
                raise SourceRefused("P9 has no amount", reasons=(("Payout P9", "Payout P9: it has no amount."),))
            left_out.reasons.append(("Payout P9", "it has no amount."))
            left_out.ids.add("P9")
        # What says nothing of its creation was created on DAY all the same.
        return tuple(one for one in self.payouts if after <= (one.created or CREATED) < before)

    def _begun(self, after: datetime, before: datetime, archive) -> tuple[EventGroup, ...]:
        return self.groups


def fetched(books: Bookkeeping, amazon: Amazon, day: date = DAY) -> StageResult | RefusedDay:
    """Fetch one day."""
    road = replace(books.road, source=amazon.source, marketplaces=("Amazon.com",))
    return dict(fetch_days(road, STAGE, [day]))[day]


def settle(books: Bookkeeping, row, settlement_id: str, *amounts: str) -> None:
    """Take in a settlement that comes to the sum of some amounts."""
    rows = [row("principal" if not amount.startswith("-") else "subscription", amount) for amount in amounts]
    books.take_in(settlement_id, rows)


def staged(books: Bookkeeping, day: date = DAY) -> list[dict]:
    """Return the rows that are kept of a day."""
    version = books.stores.warehouse.current(books.connection, "payouts", day.isoformat())
    with books.stores.warehouse.connect() as duck:
        relation = duck.sql("SELECT * FROM read_parquet($p)", params={"p": str(books.stores.warehouse.path(version))})
        return [dict(zip(relation.columns, one, strict=True)) for one in relation.fetchall()]


@pytest.mark.parametrize(
    ("total", "amount", "status", "passed"),
    [
        ("80.00", "80.00", "PAID", True),
        ("80.00", "80.00", "IN_TRANSIT", True),
        ("80.00", "79.99", "PAID", False),
        ("80.00", None, "NO_PAYOUT", False),
        ("-80.00", None, "NO_PAYOUT", True),
        ("-80.00", "80.00", "PAID", False),
        ("80.00", None, "FAILED", True),  # told by its own check
    ],
)  # fmt: skip
def test_a_payout_equals_its_settlement(
    books: Bookkeeping, row, verdict, total: str, amount: str | None, status: str, passed: bool
) -> None:
    """A total above zero is paid to the cent; zero and below pays nothing."""
    settle(books, row, "1", total)
    found = verdict(fetched(books, Amazon((payout("1", amount, status),))), "payout_equals_settlement")
    assert found.passed is passed
    assert bool(found.rows) is not passed
    if not passed:
        assert found.rows[0]["settlement"] == "1"
        assert found.rows[0]["settled"] == total


def test_a_payout_of_several_settlements_is_their_sum(books: Bookkeeping, row, verdict) -> None:
    """80.00 and 20.00 are paid as 100.00."""
    settle(books, row, "1", "80.00")
    settle(books, row, "2", "20.00")
    pooled = payout("1", "100.00", settlement_ids=("1", "2"))
    assert verdict(fetched(books, Amazon((pooled,))), "payout_equals_settlement").passed


@pytest.mark.parametrize("ids", [("9",), ()])
def test_a_payout_of_no_known_settlement_is_told(books: Bookkeeping, verdict, ids: tuple[str, ...]) -> None:
    """Its report may come later, or has to be imported."""
    found = verdict(fetched(books, Amazon((payout(settlement_ids=ids),))), "settlement_known_for_every_payout")
    assert not found.passed
    assert found.rows[0]["payout"] == "P1"


def test_a_payout_is_held_against_its_settlement_when_that_comes_in(books: Bookkeeping, row, verdict) -> None:
    """Its day is asked for again, and only its own; then the check can tell whether it is what was settled."""
    amazon = Amazon((payout("1", "79.99"),))
    assert not verdict(fetched(books, amazon), "settlement_known_for_every_payout").passed
    fetched(books, Amazon(()), DAY - timedelta(days=1))
    settle(books, row, "1", "80.00")
    asked = [one.partition for one in books.stores.due.listing(books.connection) if one.partition != "1"]
    assert asked == [day_name("payouts", DAY)]
    found = fetched(books, amazon)
    assert verdict(found, "settlement_known_for_every_payout").passed
    assert not verdict(found, "payout_equals_settlement").passed


def test_payouts_that_are_told_ask_for_the_days_of_the_bank_that_lacked_them(books: Bookkeeping) -> None:
    """Once: told again in the same words they ask for nothing."""
    items = [Finding(code, f"{code}.", "") for code in (UNEXPLAINED, "payout_failed")]
    for day, item in zip((DAY, DAY + timedelta(days=1)), items, strict=True):
        books.stores.review.open(books.connection, day_name("bank_deposits", day), item, actions=("dismiss",))

    def asked() -> list[str]:
        rows = books.stores.due.listing(books.connection)
        for one in rows:
            books.stores.due.done(one)
        return [one.partition for one in rows]

    fetched(books, Amazon((payout(),)))
    assert asked() == [day_name("bank_deposits", DAY)]
    fetched(books, Amazon((payout(),)))
    assert asked() == []


def test_a_failed_payout_waits_for_a_person_until_it_went_through(books: Bookkeeping, row) -> None:
    """The item ends by itself when Amazon says so."""
    settle(books, row, "1", "80.00")
    fetched(books, Amazon((payout(status="FAILED"),)))
    [item] = books.stores.review.listing(books.connection)
    assert (item.code, item.origin) == ("payout_failed", "P1")
    assert "closed account" in item.sentence
    fetched(books, Amazon((payout(),)))
    assert books.stores.review.listing(books.connection) == []


@pytest.mark.parametrize(("status", "is_asked"), [("IN_TRANSIT", True), ("FAILED", True), ("PAID", False)])
def test_a_payout_that_is_not_final_is_read_again(books: Bookkeeping, status: str, is_asked: bool) -> None:
    """Its day asks for itself a day later, until it is at its end."""
    fetched(books, Amazon((payout(status=status),)))
    rows = [one for one in books.stores.due.listing(books.connection) if one.partition == day_name("payouts", DAY)]
    assert [one.at for one in rows] == ([NOW + timedelta(days=1)] if is_asked else [])
    if is_asked:
        fetched(books, Amazon((payout(status="PAID"),)))
        assert books.stores.due.listing(books.connection) == []


@pytest.mark.parametrize(
    ("changes", "bank"),
    [
        ({}, ("63.10", "GBP")),
        ({"trace_id": ""}, ("63.10", "GBP")),  # by period and amount
        ({"trace_id": "OTHER0000000"}, ("80.00", "USD")),
        ({"trace_id": "", "end": PERIOD[1] + timedelta(seconds=1)}, ("80.00", "USD")),
        ({"converted": Stated(Decimal("80.00"), "USD")}, ("80.00", "USD")),
        ({"converted": None}, ("80.00", "USD")),
    ],
)  # fmt: skip
def test_what_amazon_changed_is_kept_as_the_bank_sees_it(books: Bookkeeping, changes: dict, bank: tuple) -> None:
    """By the transfer's name, else by period and amount to the second and the cent."""
    fetched(books, Amazon((payout(),), (group(**changes),)))
    [kept] = staged(books)
    assert (f"{kept['bank_amount']:.2f}", kept["bank_currency"]) == bank
    assert (f"{kept['amount']:.2f}", kept["currency"]) == ("80.00", "USD")


def test_a_day_is_told_again_in_a_new_version(books: Bookkeeping) -> None:
    """The history stays with the payout; an unchanged day is no new version."""
    fetched(books, Amazon((payout(status="IN_TRANSIT"),)))
    fetched(books, Amazon((payout(),)))
    fetched(books, Amazon((payout(),)))
    assert len(books.stores.warehouse.versions(books.connection, "payouts", DAY.isoformat())) == 2
    [kept] = staged(books)
    assert (kept["status"], kept["settlement_ids"]) == ("PAID", ["1"])


def test_a_day_without_payouts_is_kept_as_such(books: Bookkeeping) -> None:
    """Nothing happened is not the same as never asked."""
    assert fetched(books, Amazon()).rows_total == 0
    assert staged(books) == []


def test_payouts_of_other_marketplaces_are_another_connections(books: Bookkeeping) -> None:
    """Amazon tells of all of a seller's in a region."""
    assert fetched(books, Amazon((payout(marketplace_id="A2EUQ1WTGCTBG2"),))).rows_total == 0


def test_an_answer_that_cannot_be_used_refuses_the_day(books: Bookkeeping) -> None:
    """And one that a person has to act on ends the fetch."""
    assert isinstance(fetched(books, Amazon(error=SourceRefused("not of the documented shape"))), RefusedDay)
    with pytest.raises(SourceRefused):
        fetched(books, Amazon(error=SourceRefused("the role is missing", status=403)))


def test_an_answer_for_several_days_that_cannot_be_used_is_one_item(books: Bookkeeping) -> None:
    """Not one for each of the days it was asked for."""
    amazon = Amazon(error=SourceRefused("not of the documented shape"))
    road = replace(books.road, source=amazon.source, marketplaces=("Amazon.com",))
    with pytest.raises(SourceRefused, match="documented shape"):
        list(fetch_days(road, STAGE, [DAY - timedelta(days=number) for number in range(9)]))
    [item] = books.stores.review.listing(books.connection)
    assert (item.code, "not of the documented shape" in item.sentence) == ("fetch_failed", True)
    amazon.error = None
    list(fetch_days(road, STAGE, [DAY - timedelta(days=number) for number in range(9)]))
    assert books.stores.review.listing(books.connection) == []


def test_a_payout_that_cannot_be_used_keeps_no_other_out(books: Bookkeeping, verdict) -> None:
    """Of no day, its own among them; one item names it, and ends when it can be used."""
    later = tuple(payout(str(n), created=CREATED - timedelta(days=n), trace_id=f"T{n}") for n in range(2, 9))
    amazon = Amazon((payout("1"), *later), unusable=CREATED + timedelta(hours=2))
    road = replace(books.road, source=amazon.source, marketplaces=("Amazon.com",))
    days = [DAY - timedelta(days=number) for number in range(9)]
    found = dict(fetch_days(road, STAGE, days))
    assert [day for day in days if isinstance(found[day], RefusedDay)] == []
    assert [day for day in days if not verdict(found[day], "every_payout_usable").passed] == [DAY]
    assert sum(len(staged(books, day)) for day in days) == 8
    [item] = books.stores.review.listing(books.connection)
    assert (item.code, item.partition, item.origin) == ("payout_refused", day_name("payouts", DAY), "Payout P9")
    assert f"Payout P9 of {DAY} cannot be taken over: it has no amount. What was kept" in item.sentence
    assert len(amazon.asked) <= 1 + 1 + 2 * 4
    [row] = books.stores.due.listing(books.connection)
    assert (row.partition, row.at) == (day_name("payouts", DAY), NOW + timedelta(days=1))
    amazon.unusable = None
    assert fetched(books, amazon).rows_total == 1
    assert books.stores.review.listing(books.connection) == []


def test_what_was_kept_of_a_payout_that_cannot_be_used_any_more_stays(books: Bookkeeping, verdict) -> None:
    """It has not vanished: Amazon tells it, and not so that it can be used."""
    ninth = payout("9", "20.00", trace_id="T9")
    amazon = Amazon((payout("1"), ninth))
    fetched(books, amazon)
    amazon.payouts, amazon.unusable = (payout("1", status="IN_TRANSIT"),), CREATED
    found = fetched(books, amazon)
    assert verdict(found, "no_payout_vanished").passed
    assert [(row["payout_id"], row["status"]) for row in staged(books)] == [("P1", "IN_TRANSIT"), ("P9", "PAID")]
    assert [item.code for item in books.stores.review.listing(books.connection)] == ["payout_refused"]
    assert fetched(books, amazon).version == found.version


def test_a_day_of_which_no_payout_can_be_used_is_refused(books: Bookkeeping) -> None:
    """An empty day would say that nothing was paid."""
    fetched(books, Amazon((payout("9"),)))
    found = fetched(books, Amazon(unusable=CREATED))
    assert isinstance(found, RefusedDay)
    assert found.reasons == (("Payout P9", "Payout P9: it has no amount."),)
    assert [row["payout_id"] for row in staged(books)] == ["P9"]


def test_a_payout_that_is_not_told_any_more_stays_until_a_person_lets_it_go(books: Bookkeeping, verdict) -> None:
    """Beside what is told of its day; it is named, and the item ends when it is told again."""
    amazon = Amazon((payout("1"), payout("2", "20.00", trace_id="T2")))
    fetched(books, amazon)
    kept = staged(books)
    amazon.payouts = (payout("2", "20.00", "IN_TRANSIT", trace_id="T2"),)
    found = fetched(books, amazon)
    assert not verdict(found, "no_payout_vanished").passed
    assert [(row["payout_id"], row["status"]) for row in staged(books)] == [("P1", "PAID"), ("P2", "IN_TRANSIT")]
    assert staged(books)[0] == kept[0]
    [item] = books.stores.review.listing(books.connection)
    assert (item.code, item.origin, item.amount, item.actions) == ("payout_vanished", "P1", 80, ("retry", "dismiss"))
    assert "no longer tells payout P1 of 80.00 USD for settlement 1" in item.sentence
    version = found.version
    assert fetched(books, amazon).version == version
    amazon.payouts = (payout("1"), *amazon.payouts)
    assert verdict(fetched(books, amazon), "no_payout_vanished").passed
    assert books.stores.review.listing(books.connection) == []
    amazon.payouts = ()
    fetched(books, amazon)
    assert [row["payout_id"] for row in staged(books)] == ["P1", "P2"]
    first = books.stores.review.listing(books.connection)[0]
    books.stores.review.resolve(first.id, "dismiss", "ann", "Amazon confirms it was never made", "run-1")
    fetched(books, amazon)
    assert [row["payout_id"] for row in staged(books)] == ["P2"]


def test_a_payout_that_comes_under_another_day_has_not_vanished(books: Bookkeeping) -> None:
    """Nor has one of a marketplace that became another connection's."""
    fetched(books, Amazon((payout("1"),)))
    moved = Amazon((payout("1", created=CREATED + timedelta(days=1)),))
    road = replace(books.road, source=moved.source, marketplaces=("Amazon.com",))
    list(fetch_days(road, STAGE, [DAY, DAY + timedelta(days=1)]))
    assert (staged(books), len(staged(books, DAY + timedelta(days=1)))) == ([], 1)
    fetched(books, Amazon((payout("1"),)))
    road = replace(books.road, source=Amazon().source, marketplaces=("Amazon.ca",))
    list(fetch_days(road, STAGE, [DAY]))
    assert staged(books) == []


def test_a_payout_that_says_nothing_of_its_creation_is_of_the_day_it_was_asked_for(books: Bookkeeping) -> None:
    """The field is optional; by its first step, days later, the payout would be of no day that is asked for."""
    late = payout(created=None, steps=(PayoutStep("PAID", CREATED + timedelta(days=9)),))
    amazon = Amazon((late,))
    road = replace(books.road, source=amazon.source, marketplaces=("Amazon.com",))
    days = [DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)]
    found = dict(fetch_days(road, STAGE, days))
    assert [found[day].rows_total for day in days] == [0, 1, 0]
    assert fetched(books, amazon).rows_total == 1


def test_a_payout_that_stands_on_another_kept_day_counts_there_alone(books: Bookkeeping) -> None:
    """Its day was fetched by itself: what is told of this one lacks it, and it would be kept twice."""
    fetched(books, Amazon((payout(),)))
    moved = Amazon((payout(created=CREATED - timedelta(days=1)),))
    fetched(books, moved, DAY - timedelta(days=1))
    assert fetched(books, Amazon(())).rows_total == 0
    assert books.stores.review.listing(books.connection) == []
