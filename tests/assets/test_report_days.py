"""Orders and reimbursements by day: the emulated Amazon makes the reports, and they are kept day by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from assets.fba_reimbursements import FBA_REIMBURSEMENTS
from assets.fulfilled_shipments import DAYS_PER_REPORT, FULFILLED_SHIPMENTS
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import RefusedDay, days_between, fetch_days, span_to_fetch
from assets.stages.report_days import WAIT_SECONDS_MAX
from assets.stages.verdicts import StageResult
from emulators import faults
from emulators.amazon import report_types
from emulators.amazon.history import ReimbursementRecord
from emulators.amazon.world import RequestedReport as Made
from ledger.errors import SourceUnavailable
from resources.amazon.orders import kept_since
from resources.amazon.requested_reports import ALL_ORDERS_BY_UPDATE, DAYS_MAX
from tests.assets.order_days import Daily
from tests.resources.amazon.client.order_rig import LINE, add_order
from tests.resources.amazon.client.rig import SELLER, make_rig


@pytest.fixture
def daily(stores) -> Iterator[Daily]:
    """Return a connection whose Amazon has no order yet."""
    rig = make_rig()
    yield Daily.over(stores, rig)
    rig.app.close()


def shipped_on(daily: Daily, number: int, days_ago: int) -> str:
    """Put an order that was shipped, and changed last, so many days ago."""
    return add_order(daily.rig, number, days_ago=days_ago + 1)


def test_one_report_of_a_span_becomes_a_version_of_every_day(daily):
    """Each row under the day of its last update; a day without any has an empty version of its own."""
    ids = [shipped_on(daily, 1, 9), shipped_on(daily, 2, 7), shipped_on(daily, 3, 7)]
    first, last = daily.today - timedelta(days=10), daily.today - timedelta(days=6)
    outcomes = daily.fetch(first, last)
    assert list(outcomes) == days_between(first, last)
    assert [outcomes[day].rows_total for day in outcomes] == [0, 1, 0, 2, 0]
    assert daily.asked() == 1
    [row] = daily.rows(daily.today - timedelta(days=9))
    assert (row["order_id"], row["order_status"], row["sku"], row["quantity"]) == (ids[0], "Shipped", "MUG", 2)
    assert (row["item_price"], row["item_tax"], row["item_promotion"]) == (
        LINE.principal,
        LINE.tax,
        LINE.item_promotion,
    )
    facts = outcomes[daily.today - timedelta(days=7)].facts
    assert facts["item_price USD"] == Decimal("40.00")
    assert all(verdict.passed for outcome in outcomes.values() for verdict in outcome.verdicts)


def test_the_document_is_archived_before_anything_looks_inside(daily):
    """Every day names it; what Amazon sent can be opened again."""
    shipped_on(daily, 1, 5)
    day = daily.today - timedelta(days=5)
    outcome = daily.fetch(day, day)[day]
    document = outcome.links["document"]
    assert daily.road.stores.documents.exists(document)
    version = daily.road.stores.warehouse.current(daily.road.connection, "orders", day.isoformat())
    assert (version.facts["document"], version.facts["is_complete"]) == (document, True)


def test_nobody_who_bought_stands_anywhere(daily):
    """Neither in the rows nor in their names: where a parcel goes is a country."""
    shipped_on(daily, 1, 5)
    day = daily.today - timedelta(days=5)
    daily.fetch(day, day)
    [row] = daily.rows(day)
    assert row["ship_country"] == "US"
    assert not {
        name for name in row if name.startswith(("buyer", "recipient", "ship_city", "ship_postal", "ship_state"))
    }


def test_a_process_that_died_after_asking_is_followed_by_one_that_finds_the_report(daily):
    """No second report is created for the same span."""
    shipped_on(daily, 1, 5)
    first, last = daily.today - timedelta(days=6), daily.today - timedelta(days=4)
    daily.rig.faults.always("getReport", faults.status(500))
    with pytest.raises(SourceUnavailable):
        daily.fetch(first, last)
    daily.rig.faults.clear()
    assert daily.fetch(first, last)[daily.today - timedelta(days=5)].rows_total == 1
    assert daily.asked() == 1


def test_two_workers_at_once_ask_for_one_report(daily, monkeypatch):
    """While one asks the other waits its turn, and then finds that report."""
    shipped_on(daily, 1, 5)
    first, last = daily.today - timedelta(days=6), daily.today - timedelta(days=4)
    other = replace(daily, road=replace(daily.road, holder="another worker"))
    requested, said = daily.road.source.requested, []
    request = requested.request

    def slow_request(*given):
        monkeypatch.setattr(requested, "request", request)
        with pytest.raises(SourceUnavailable, match="Another worker has been asking Amazon for") as late:
            other.fetch(first, last)
        said.append(str(late.value))
        return request(*given)

    monkeypatch.setattr(requested, "request", slow_request)
    assert daily.fetch(first, last)[daily.today - timedelta(days=5)].rows_total == 1
    assert len(said) == 1
    assert other.fetch(first, last)[daily.today - timedelta(days=5)].rows_total == 1
    assert daily.asked() == 1


def test_a_worker_that_fails_while_it_asks_gives_its_turn_back(daily):
    """The next one need not wait for it; of another span nobody waits at all."""
    shipped_on(daily, 1, 5)
    day = daily.today - timedelta(days=5)
    daily.rig.faults.always("createReport", faults.status(500))
    with pytest.raises(SourceUnavailable):
        daily.fetch(day, day)
    daily.rig.faults.clear()
    other = replace(daily, road=replace(daily.road, holder="another worker"))
    before = daily.rig.clock.now()
    assert other.fetch(day, day)[day].rows_total == 1
    assert daily.rig.clock.now() - before < timedelta(minutes=5)


def test_the_same_span_is_asked_for_anew_when_the_report_is_old(daily):
    """Orders go on changing: what was true six hours ago is not taken for now."""
    shipped_on(daily, 1, 5)
    day = daily.today - timedelta(days=5)
    daily.fetch(day, day)
    daily.rig.clock.advance(7 * 3600)
    daily.fetch(day, day)
    assert daily.asked() == 2


def test_nothing_to_report_is_an_empty_day(daily):
    """CANCELLED says so; it is not the same as never having asked."""
    day = daily.today - timedelta(days=3)
    outcome = daily.fetch(day, day)[day]
    assert isinstance(outcome, StageResult)
    assert (outcome.rows_total, outcome.links) == (0, {})
    version = daily.road.stores.warehouse.current(daily.road.connection, "orders", day.isoformat())
    assert (version.rows, version.facts["document"]) == (0, "")


def test_a_cancelled_report_empties_no_day(daily):
    """Amazon also cancels what somebody called off: rows that are kept stay, and the day says why."""
    shipped_on(daily, 1, 5)
    day = daily.today - timedelta(days=5)
    kept = daily.fetch(day, day)[day]
    daily.rig.clock.advance(7 * 3600)
    daily.rig.world.makers[ALL_ORDERS_BY_UPDATE] = lambda *_: Made(None)
    told = daily.fetch(day - timedelta(days=1), day)
    assert (told[day].version, told[day].rows_total, told[day].links) == (kept.version, 1, kept.links)
    assert "was cancelled by Amazon: what was kept of the day stays" in told[day].facts["report"]
    assert told[day].facts["item_price USD"] == kept.facts["item_price USD"]
    assert told[day - timedelta(days=1)].rows_total == 0
    assert len(daily.rows(day)) == 1


def test_a_report_of_its_header_alone_empties_no_day(daily):
    """The days of which rows are known keep them, each with an item that names the report; the others are empty."""
    shipped_on(daily, 1, 5)
    day = daily.today - timedelta(days=5)
    document = daily.take_in(day, day)[day].links["document"]
    whole = daily.road.stores.documents.local_path(document).read_bytes()
    daily.rig.clock.advance(7 * 3600)
    daily.rig.world.makers[ALL_ORDERS_BY_UPDATE] = lambda *_: Made(whole.splitlines(keepends=True)[0])
    told = daily.take_in(day - timedelta(days=1), day)
    assert (isinstance(told[day], RefusedDay), told[day - timedelta(days=1)].rows_total) == (True, 0)
    assert len(daily.rows(day)) == 1
    [item] = daily.road.stores.review.listing(daily.road.connection)
    assert (item.code, item.origin) == ("day_refused", told[day].reasons[0][0])
    assert "holds its header alone, and 1 rows of that day are known. What was kept" in item.sentence
    daily.rig.world.makers[ALL_ORDERS_BY_UPDATE] = lambda *_: Made(whole)
    daily.rig.clock.advance(7 * 3600)
    daily.take_in(day, day)
    assert daily.road.stores.review.listing(daily.road.connection) == []


@pytest.mark.parametrize("orders", [1, 2])
def test_an_order_that_stands_on_a_later_day_by_now_is_not_held_against_a_report(daily, orders):
    """It is kept by its last change, so its old day rightly lacks it; another order of that day still counts."""
    for number in range(orders):
        shipped_on(daily, number, 5)
    day = daily.today - timedelta(days=5)
    whole = daily.take_in(day, day)[day].links["document"]
    header = daily.road.stores.documents.local_path(whole).read_bytes().splitlines(keepends=True)[0]
    history = daily.rig.world.histories[SELLER].orders
    history[0] = replace(history[0], updated=history[0].updated + timedelta(days=2))
    daily.rig.clock.advance(7 * 3600)
    daily.take_in(day + timedelta(days=2), day + timedelta(days=2))
    daily.rig.world.makers[ALL_ORDERS_BY_UPDATE] = lambda *_: Made(header)
    told = daily.take_in(day, day)[day]
    assert isinstance(told, RefusedDay) is (orders == 2)
    if orders == 2:
        assert "and 1 rows of that day are known" in told.sentence
    else:
        assert (told.rows_total, daily.road.stores.review.listing(daily.road.connection)) == (0, [])


def test_rows_told_again_in_the_same_words_are_no_new_version(daily):
    """A schedule asks every quarter of an hour; only a day that says something else is kept once more."""
    shipped_on(daily, 1, 5)
    day = daily.today - timedelta(days=5)
    first = daily.fetch(day, day)[day]
    daily.rig.clock.advance(7 * 3600)
    again = daily.fetch(day - timedelta(days=1), day)[day]
    assert (daily.asked(), again.version) == (2, first.version)
    warehouse = daily.road.stores.warehouse
    [version] = warehouse.versions(daily.road.connection, "orders", day.isoformat())
    warehouse.path(version).unlink()
    daily.rig.clock.advance(7 * 3600)
    daily.fetch(day, day)
    assert len(daily.rows(day)) == 1, "a file that is gone is written anew"


def test_today_is_kept_as_far_as_it_has_come(daily):
    """A day that is not over says so; fetched again later, it has become more."""
    daily.rig.clock.advance(3600)
    add_order(daily.rig, 1, days_ago=0.995)
    early = daily.fetch(daily.today, daily.today)[daily.today]
    assert early.facts["day is over"] is False
    assert early.rows_total == 0
    daily.rig.clock.advance(1800)
    assert daily.fetch(daily.today, daily.today)[daily.today].rows_total == 1


def test_a_file_that_is_not_the_report_changes_no_day(daily):
    """The report is named, and nothing of a file that may hold anything is kept; what was kept before stays."""
    shipped_on(daily, 1, 5)
    day = daily.today - timedelta(days=5)
    daily.fetch(day, day)
    daily.rig.clock.advance(7 * 3600)
    daily.rig.world.makers[ALL_ORDERS_BY_UPDATE] = lambda *_: Made(b"<html>sign in</html>\n")
    outcome = daily.fetch(day, day)[day]
    assert isinstance(outcome, RefusedDay)
    assert outcome.reasons[0][0].isdigit()
    assert len(daily.rows(day)) == 1


def test_where_a_parcel_went_is_kept_as_a_country_and_archived_no_further(daily, monkeypatch):
    """City, state, postal code and the buyer's own number of the order are left out before anything is kept."""
    shipped_on(daily, 1, 5)
    day = daily.today - timedelta(days=5)
    said = {
        b"ship-city": b"Ourtown",
        b"ship-state": b"Nowhere",
        b"ship-postal-code": b"99999-1",
        b"purchase-order-number": b"PO-77",
    }

    written = report_types.tab_file

    def with_people(*given):
        header, *lines = written(*given).splitlines()
        places = {header.split(b"\t").index(name): word for name, word in said.items()}
        told = [b"\t".join(places.get(at, cell) for at, cell in enumerate(line.split(b"\t"))) for line in lines]
        return b"\n".join([header, *told, b""])

    monkeypatch.setattr(report_types, "tab_file", with_people)
    result = daily.fetch(day, day)[day]
    assert (result.rows_total, daily.rows(day)[0]["ship_country"]) == (1, "US")
    archived = daily.road.stores.documents.local_path(result.links["document"]).read_bytes()
    assert b"ship-city" in archived
    assert [word for word in said.values() if word in archived] == []


def test_a_report_that_is_not_made_in_time_is_waited_for_by_the_next_run(daily, monkeypatch):
    """A run does not wait for ever, and what it asked for is not lost."""
    shipped_on(daily, 1, 5)
    day = daily.today - timedelta(days=5)
    requested = daily.road.source.requested
    real = requested.state
    monkeypatch.setattr(requested, "state", lambda report_id: replace(real(report_id), status="IN_PROGRESS"))
    began = daily.rig.clock.now()
    with pytest.raises(SourceUnavailable, match="The next run goes on with it"):
        daily.fetch(day, day)
    assert WAIT_SECONDS_MAX <= (daily.rig.clock.now() - began).total_seconds() < WAIT_SECONDS_MAX + 200
    monkeypatch.undo()
    assert daily.fetch(day, day)[day].rows_total == 1
    assert daily.asked() == 1


def test_what_amazon_does_not_keep_any_more_is_named_and_not_taken_for_nothing(daily):
    """Two years back there is nothing to be had: such days are not asked for, and one item names them all."""
    since = kept_since(daily.road.source.marketplace_ids, daily.today)
    days = days_between(since - timedelta(days=40), since)
    outcomes = dict(fetch_days(daily.road, DAY_STAGES["orders"], days))
    assert [day for day, one in outcomes.items() if isinstance(one, RefusedDay)] == days[:-1]
    assert "it is unknown here" in outcomes[days[0]].sentence
    assert daily.asked() == 1
    [item] = daily.road.stores.review.listing(daily.road.connection)
    assert (item.code, item.actions) == ("days_gone", ("dismiss",))
    assert f"{days[0]} to {days[-2]} (40 days)" in item.sentence
    assert f"Amazon.com from {since} on" in item.sentence


def test_a_schedule_leaves_out_what_amazon_does_not_keep(daily):
    """However early the days of a connection begin: else each run would begin with days that cannot be had."""
    ids, today = daily.road.source.marketplace_ids, daily.today
    first = today - timedelta(days=2000)
    span = span_to_fetch(daily.road.stores, daily.road.connection, DAY_STAGES["orders"], first, today, ids)
    assert span[0] == kept_since(ids, today)


@pytest.mark.parametrize(
    "ids, today, since",
    [
        (("ATVPDKIKX0DER",), date(2026, 11, 26), date(2024, 11, 27)),
        (("ATVPDKIKX0DER",), date(2028, 2, 29), date(2026, 3, 2)),
        (("A1VC38T7YXB528", "A39IBJ37TRP1C6"), date(2026, 11, 26), date(2016, 1, 1)),
        (("A1VC38T7YXB528", "ATVPDKIKX0DER"), date(2026, 11, 26), date(2024, 11, 27)),
    ],
)
def test_orders_are_kept_for_two_years_and_longer_in_the_far_east(ids, today, since):
    """The shortest of several counts."""
    assert kept_since(ids, today) == since


def test_an_item_that_is_sold_without_a_price_is_named(daily):
    """Pending and cancelled ones have none and need none."""
    add_order(daily.rig, 1, days_ago=6, shipped=None, pending_until=daily.rig.clock.now() + timedelta(days=1))
    day = daily.today - timedelta(days=5)
    fine = daily.fetch(day, day)[day]
    assert {one.check: one.passed for one in fine.verdicts}["orders_priced"]


def test_reimbursements_come_by_day_of_approval(daily):
    """What was paid and what was taken back, each once."""
    day = daily.today - timedelta(days=4)
    for number, amount in (("1", "9.87"), ("2", "-14.12")):
        daily.rig.world.histories[SELLER].reimbursements.append(reimbursement(day, number, amount))
    outcome = daily.fetch(day - timedelta(days=1), day, FBA_REIMBURSEMENTS)[day]
    assert outcome.facts["amount USD"] == Decimal("-4.25")
    assert [verdict.check for verdict in outcome.verdicts if verdict.passed] == ["each_reimbursement_once"]
    assert sorted(row["amount"] for row in daily.rows(day, FBA_REIMBURSEMENTS)) == [
        Decimal("-14.120"),
        Decimal("9.870"),
    ]


def test_shipments_come_by_the_day_they_left(daily):
    """Each item of a shipment once; no report is longer than Amazon makes it."""
    order = add_order(daily.rig, 1, days_ago=5, shipped=daily.rig.clock.now() - timedelta(days=4))
    day = daily.today - timedelta(days=4)
    outcome = daily.fetch(day - timedelta(days=1), day, FULFILLED_SHIPMENTS)[day]
    assert [one.check for one in outcome.verdicts if one.passed] == ["each_shipped_item_once"]
    assert {row["order_id"] for row in daily.rows(day, FULFILLED_SHIPMENTS)} == {order}
    assert daily.rows(day - timedelta(days=1), FULFILLED_SHIPMENTS) == []
    assert DAYS_MAX[FULFILLED_SHIPMENTS.report_type] >= DAYS_PER_REPORT


def test_an_item_that_a_shipment_holds_twice_is_named(daily):
    """It would look like another shipment than its transaction."""
    add_order(daily.rig, 1, days_ago=5, shipped=daily.rig.clock.now() - timedelta(days=4))
    history = daily.rig.world.histories[SELLER]
    history.orders.append(history.orders[-1])
    day = daily.today - timedelta(days=4)
    outcome = daily.fetch(day, day, FULFILLED_SHIPMENTS)[day]
    [said] = outcome.verdicts
    assert (said.passed, said.is_blocking, said.rows[0]["times"]) == (False, False, "2")


def reimbursement(day: date, number: str, amount: str) -> ReimbursementRecord:
    """Return one reimbursement approved on a day."""
    return ReimbursementRecord(
        reimbursement_id=number,
        marketplace_id="ATVPDKIKX0DER",
        approved=datetime(day.year, day.month, day.day, 9, tzinfo=UTC),
        reason="Damaged_Warehouse",
        sku="MUG",
        asin="B0DEMOMUG1",
        title="Mug",
        currency="USD",
        amount=Decimal(amount),
        quantity=1,
    )
