"""Orders searched every few minutes: the same days as the report makes, nothing lost, the bucket kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from assets.sales import searched_orders
from assets.sales.searched_orders import OVERLAP, PAGES_MAX, fetch_orders, repair_order
from assets.stages import report_days
from assets.stages.day_names import start_of
from assets.stages.report_days import until_of
from emulators import faults
from ledger.errors import InputRefused, SourceRefused, SourceUnavailable
from tests.assets.order_days import Daily
from tests.resources.amazon.client.money_rig import SELLER as EU_SELLER
from tests.resources.amazon.client.money_rig import UK, european
from tests.resources.amazon.client.order_rig import LINE, add_order
from tests.resources.amazon.client.rig import make_rig

# The report alone tells where a parcel goes and where a row stands in its file.
ONLY_REPORT = {"ship_country", "source_row"}
MINUTES = timedelta(minutes=1)
BRITISH = {"marketplace_id": UK, "channel": "Amazon.co.uk", "currency": "GBP"}


@pytest.fixture
def searched(stores) -> Iterator[Daily]:
    """Return a connection on the road `search`, at noon; everything up to then was taken in by the report."""
    rig = make_rig()
    daily = Daily.over(stores, rig, orders_road="search")
    add_order(rig, 1, days_ago=1.2)
    daily.take_in(daily.today - timedelta(days=3), daily.today)
    rig.app.exchanges.clear()
    yield daily
    rig.app.close()


def place(daily: Daily, number: int, minutes_ago: float = 5, **changes: object) -> str:
    """Put an order that was placed so long ago and is not shipped yet."""
    ago = minutes_ago / 1440
    changes = {"shipped": None, "updated": daily.rig.clock.now() - minutes_ago * MINUTES, **changes}
    return add_order(daily.rig, number, days_ago=ago, **changes)


def poll(daily: Daily, minutes: float = 10) -> None:
    """Let time pass and do what the schedule does."""
    daily.rig.clock.advance(minutes * 60)
    daily.take_in(daily.today - timedelta(days=1), daily.today)


def ids(daily: Daily) -> list[str]:
    """Return the last digits of today's orders."""
    return sorted(row["order_id"][-3:] for row in daily.rows(daily.today))


def said(rows: list[dict]) -> list[list[tuple]]:
    """Return what rows say that both roads tell, in an order that does not depend on either."""
    return sorted(
        sorted((name, str(value)) for name, value in row.items() if name not in ONLY_REPORT and value is not None)
        for row in rows
    )


def test_a_poll_is_one_call_and_adds_what_changed(searched):
    """No report is asked for; what was there stays, and the version says how far it knows."""
    place(searched, 2)
    poll(searched)
    assert (searched.asked(), searched.asked("searchOrders")) == (0, 1)
    assert ids(searched) == ["001", "002"]
    assert until_of(searched.version(searched.today)) == searched.rig.clock.now() - timedelta(seconds=150)


def test_an_order_that_changes_is_there_once_as_it_is_now(searched):
    """Pending without a price first, then with one."""
    place(searched, 2, minutes_ago=1)
    poll(searched)
    [pending] = [row for row in searched.rows(searched.today) if row["order_id"].endswith("002")]
    assert (pending["order_status"], pending["item_price"]) == ("Pending", None)
    poll(searched, 40)
    [row] = [row for row in searched.rows(searched.today) if row["order_id"].endswith("002")]
    assert (row["order_status"], row["item_price"], row["item_tax"]) == ("Unshipped", LINE.principal, LINE.tax)
    assert row["item_promotion"] == Decimal("-2.000")


def test_both_roads_tell_the_same_days(searched):
    """Every status, several items, a merchant's own parcel, a business customer: cell by cell, but for the country."""
    two = (LINE, replace(LINE, order_item_id="2", sku="CUP", quantity=1, gift_wrap=Decimal("3.00")))
    place(searched, 2, lines=two, is_business=True)
    place(searched, 3, minutes_ago=45)
    cancelled = searched.rig.clock.now() - 20 * MINUTES
    place(searched, 4, minutes_ago=60, cancelled=cancelled, updated=cancelled)
    sent = searched.rig.clock.now() - 2 * MINUTES
    place(searched, 5, minutes_ago=120, shipped=sent, updated=sent, is_by_amazon=False)
    poll(searched, 15)
    reports = Daily.over(searched.road.stores, searched.rig)
    reports.take_in(searched.today - timedelta(days=1), searched.today)
    for day in (searched.today - timedelta(days=1), searched.today):
        assert said(searched.rows(day)) == said(reports.rows(day))
    assert len(searched.rows(searched.today)) == 6


@pytest.mark.parametrize("vat", ["inside", "beside"])
def test_european_prices_are_the_reports_however_amazon_states_the_tax(stores, vat):
    """The report states prices with VAT; the API states them either way."""
    rig, client = european(proceeds_vat=vat)
    gross = replace(LINE, principal=Decimal("24.00"), tax=Decimal("4.00"), shipping=Decimal("6.00"))
    add_order(rig, 1, seller=EU_SELLER, days_ago=1 / 12, shipped=None, lines=(gross,), **BRITISH)
    search, report = (Daily.over(stores, rig, client, orders_road=road) for road in ("search", "reports"))
    for one in (search, report):
        one.take_in(one.today, one.today)
    [row] = search.rows(search.today)
    assert (row["item_price"], row["item_tax"], row["shipping_price"]) == (24, 4, 6)
    assert said(search.rows(search.today)) == said(report.rows(report.today))
    rig.app.close()


def test_polls_that_find_nothing_new_make_no_version(searched):
    """Nor do orders that the overlap brings again; the next poll asks from where something was last kept."""
    place(searched, 2)
    poll(searched)
    version = searched.version(searched.today)
    for _ in range(3):
        poll(searched, 5)
    assert searched.version(searched.today) == version
    assert (searched.asked(), searched.asked("searchOrders")) == (0, 4)


def test_a_day_whose_file_is_gone_is_searched_anew(searched):
    """From its beginning: what was kept in it would be missing else."""
    place(searched, 2)
    poll(searched)
    searched.road.stores.warehouse.path(searched.version(searched.today)).unlink()
    poll(searched)
    assert ids(searched) == ["001", "002"]


def test_what_amazon_shows_late_is_seen_by_the_next_polls(searched):
    """Each poll asks once more for the half hour before."""
    poll(searched)
    late = searched.rig.clock.now() - OVERLAP / 2
    place(searched, 2, minutes_ago=OVERLAP / 2 / MINUTES, pending_until=late)
    poll(searched)
    assert "002" in ids(searched)


def test_a_poll_that_failed_is_made_up_for(searched):
    """What is known moves only with the rows: the next poll begins where the last good one ended."""
    place(searched, 2)
    searched.rig.faults.always("searchOrders", faults.status(503))
    before = searched.version(searched.today)
    with pytest.raises(SourceUnavailable):
        poll(searched, 60)
    assert searched.version(searched.today) == before
    searched.rig.faults.clear()
    poll(searched, 60)
    assert ids(searched) == ["001", "002"]
    assert searched.asked() == 0


def test_a_long_gap_is_the_reports(searched):
    """After an outage of more than a day nothing is searched for."""
    poll(searched, 30 * 60)
    assert searched.asked() == 1
    assert searched.asked("searchOrders") == 0
    searched.rig.clock.advance(600)
    poll(searched)
    assert searched.asked("searchOrders") == 1


def test_many_changed_orders_are_the_reports(searched, monkeypatch):
    """More pages than the bucket holds are not waited for: the report holds them all in four calls."""
    monkeypatch.setattr(searched_orders, "PAGES_MAX", 2)
    for number in range(250):
        place(searched, 100 + number, lines=(LINE,))
    poll(searched)
    assert (searched.asked("searchOrders"), searched.asked()) == (2, 1)
    assert len(searched.rows(searched.today)) == 251
    assert PAGES_MAX == 20


def test_polling_every_five_minutes_keeps_within_the_bucket(searched):
    """A day of polls is never told to wait: one token comes back in three minutes."""
    for _ in range(288):
        searched.rig.clock.advance(300)
        before = searched.rig.clock.now()
        list(searched.road.source.orders.search(updated_after=before - timedelta(minutes=40), pages_max=PAGES_MAX))
        assert searched.rig.clock.now() == before
    refused = [one for one in searched.rig.app.exchanges if one.status == 429]
    assert (searched.asked("searchOrders"), refused) == (288, [])


def test_a_day_that_is_over_gets_the_reports_word(searched):
    """Once, some hours after midnight; what only the report tells stands there then, and nothing is lost."""
    place(searched, 2)
    poll(searched)
    day = searched.today
    poll(searched, 12 * 60)
    assert (searched.today, searched.version(day).facts["is_searched"]) == (day + timedelta(days=1), True)
    poll(searched, 4 * 60)
    assert "is_searched" not in searched.version(day).facts
    told = {row["order_id"][-3:]: row["ship_country"] for row in searched.rows(day)}
    assert told == {"001": "US", "002": "US"}
    assert searched.asked() == 1


def test_a_slow_report_does_not_take_back_what_was_searched_meanwhile(searched, monkeypatch):
    """Rows that are newer than the report's end stay, and so does how far the day is known."""
    place(searched, 2, minutes_ago=30)
    place(searched, 3, minutes_ago=1)
    poll(searched)
    reach = until_of(searched.version(searched.today))
    monkeypatch.setattr(report_days, "_span", lambda road, days: (start_of(days[0]), reach - 5 * MINUTES))
    searched.fetch(searched.today, searched.today)
    assert ids(searched) == ["001", "002", "003"]
    assert until_of(searched.version(searched.today)) == reach


def test_another_writer_between_reading_and_writing_loses_nothing(searched, monkeypatch):
    """The day is read again and laid together anew."""
    place(searched, 2)
    place(searched, 3)
    write, calls = searched.road.stores.warehouse.write, []

    def slow(*arguments, **named):
        calls.append(named.get("after"))
        if len(calls) == 1:
            repair_order(searched.road, "112-0000000-0000003")
        return write(*arguments, **named)

    monkeypatch.setattr(type(searched.road.stores.warehouse), "write", lambda self, *a, **n: slow(*a, **n))
    searched.rig.clock.advance(600)
    fetch_orders(searched.road, searched.today, searched.today)
    assert ids(searched) == ["001", "002", "003"]
    assert calls[2] == calls[0] + 1


def test_days_that_are_known_whole_are_made_anew_by_the_report(searched):
    """That is how a person has a day repaired."""
    day = searched.today - timedelta(days=2)
    searched.take_in(day, day)
    assert (searched.asked(), searched.asked("searchOrders")) == (1, 0)


def test_a_single_order_is_read_anew_on_either_road(searched):
    """It is laid into the day of its last change, and nothing else is asked for."""
    order_id = place(searched, 2, minutes_ago=40)
    day, result = repair_order(searched.road, order_id)
    assert (day, result.rows_total, searched.asked("getOrder")) == (searched.today, 2, 1)
    assert ids(searched) == ["001", "002"]


def test_an_order_that_is_read_anew_keeps_the_country_that_a_report_told(searched):
    """A search tells none; without it VAT by country would not know any more where the order went."""
    day = searched.today - timedelta(days=2)
    order_id = add_order(searched.rig, 5, days_ago=3)
    searched.take_in(day, day)
    before = {row["order_id"]: row["ship_country"] for row in searched.rows(day)}
    assert before[order_id] == "US"
    assert repair_order(searched.road, order_id)[0] == day
    assert {row["order_id"]: row["ship_country"] for row in searched.rows(day)} == before


def test_an_order_that_cannot_be_read_is_told_with_what_amazon_keeps(searched):
    """Unknown, too old or another connection's: the sentence says from when on Amazon has orders."""
    with pytest.raises(InputRefused, match=r"no order 112-9999999-9999999 .* Amazon\.com from 2024-11-"):
        repair_order(searched.road, "112-9999999-9999999")
    old = add_order(searched.rig, 9, days_ago=800)
    with pytest.raises(InputRefused, match="no order"):
        repair_order(searched.road, old)


def test_a_day_that_was_never_fetched_is_not_begun_by_one_order(searched):
    """One order alone would look like a whole day."""
    order_id = add_order(searched.rig, 2, days_ago=20)
    with pytest.raises(InputRefused, match="connector fetch orders --from 2026-11-01 --to 2026-11-01"):
        repair_order(searched.road, order_id)


def test_nobody_who_bought_is_asked_for(searched):
    """Neither buyer nor recipient nor payment, in polls and in repairs."""
    order_id = place(searched, 2)
    poll(searched)
    repair_order(searched.road, order_id)
    sent = [one.url for one in searched.rig.trail.exchanges if "/orders/" in one.url]
    assert sent
    assert not any(word in url for url in sent for word in ("BUYER", "RECIPIENT", "PAYMENT"))


@pytest.mark.parametrize("fault", [faults.html(200), faults.shortened(20)])
def test_an_answer_that_is_no_list_of_orders_is_a_review_item_until_one_comes(searched, fault):
    """A proxy's page with status 200 does not pass by itself as an outage does; what was known stays."""
    place(searched, 2)
    poll(searched)
    version = searched.version(searched.today)
    searched.rig.faults.next("searchOrders", fault)
    with pytest.raises(SourceRefused, match="the page of searchOrders is no JSON"):
        poll(searched)
    road = searched.road
    [item] = road.stores.review.listing(road.connection)
    assert (item.code, "the page of searchOrders is no JSON" in item.sentence) == ("fetch_failed", True)
    assert searched.version(searched.today) == version
    poll(searched)
    assert road.stores.review.listing(road.connection) == []
