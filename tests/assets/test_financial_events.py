"""Financial events staged per day: one row per leaf, nothing twice, nothing lost, what cannot be used named."""

from __future__ import annotations

import hashlib
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from assets.stages.checks import CHECKS
from assets.stages.verdicts import StageResult
from ledger.errors import SourceRefused, SourceUnavailable
from tests.assets.event_rig import DAYS, TODAY, Events, at, verdict_of
from tests.resources.amazon.client.transactions import Json, money, node, page, related, sale

DAY = DAYS[1]
AMOUNT = Decimal("85.000")


@pytest.fixture
def events(stores) -> Events:
    """Return a connection that has read nothing yet."""
    return Events(stores, f"c{uuid4().hex}")


def of_day(transaction_id: str = "T1", day: date = DAY, **changes: object) -> Json:
    """Write a sale of a day."""
    return sale(transaction_id, at(day), **changes)


def test_a_sale_is_staged_leaf_by_leaf_once(events):
    """The items' leaves count; the transaction's own tree tells the same money and is left out."""
    events.told = [of_day()]
    result = events.staged(DAY)
    rows = events.rows(DAY)
    assert {row["leaf_path"]: row["amount"] for row in rows} == {
        "ProductCharges/OurPricePrincipal": Decimal("100.000"),
        "AmazonFees/Commission/Base": Decimal("-15.000"),
    }
    first = rows[0]
    assert (first["transaction_id"], first["transaction_type"], first["transaction_status"]) == (
        "T1",
        "Shipment",
        "RELEASED",
    )
    assert (first["posted_at"], first["currency"], first["transaction_total"]) == (
        datetime.combine(DAY, datetime.min.time()) + timedelta(hours=10),
        "USD",
        AMOUNT,
    )
    assert (first["order_id"], first["shipment_id"], first["settlement_id"]) == ("111-0000001-0000001", "D1", "")
    assert (first["sku"], first["asin"], first["quantity"], first["network"]) == ("MUG", "B0DEMOMUG1", 1, "AFN")
    assert (first["is_cash"], first["is_accrual"], first["maturity_date"]) == (True, True, None)
    assert result.rows_total == 2
    assert all(one.passed for one in result.verdicts)
    assert [one.check for one in result.verdicts] == [check.name for check in CHECKS["financial_events"]]


def test_the_answer_is_archived_and_named_by_version_rows_and_links(events):
    """Raw first: from a row back to the very bytes."""
    events.told = [of_day()]
    result = events.staged(DAY)
    [document] = {row["document"] for row in events.rows(DAY)}
    version = events.stores.warehouse.current(events.connection, "financial_events", DAY.isoformat())
    assert version.facts["documents"] == [document]
    assert result.links == {"document": document}
    assert b'"T1"' in events.stores.documents.read_bytes(document)


def test_figures_tell_cash_and_accrual_apart(events):
    """Totals per currency and status, both views, and a table by type."""
    events.told = [
        of_day("sold"),
        of_day("held", transactionStatus="DEFERRED"),
        of_day("release", relatedIdentifiers=[related("DEFERRED_TRANSACTION_ID", "earlier")]),
        of_day("ads", transactionType="ProductAdsPayment", items=[], breakdowns=[], totalAmount=money(-9.99)),
    ]
    facts = events.staged(DAY).facts
    assert facts["transactions"] == 4
    assert facts["total, DEFERRED, USD"] == Decimal("85.00")
    assert facts["total, RELEASED, USD"] == Decimal("160.01")
    assert facts["cash view, USD"] == Decimal("160.01")
    assert facts["accrual view, USD"] == Decimal("160.01")
    table = {(row["type"], row["status"]): row["amount"] for row in events.staged(DAY).rows}
    assert table == {
        ("ProductAdsPayment", "RELEASED"): "-9.99",
        ("Shipment", "DEFERRED"): "85.00",
        ("Shipment", "RELEASED"): "170.00",
    }


@pytest.mark.parametrize(
    "names",
    [("RELEASE_TRANSACTION_ID", "DEFERRED_TRANSACTION_ID"), ("DEFERRED_TRANSACTION_ID", "RELEASE_TRANSACTION_ID")],
)
def test_a_deferred_sale_counts_once_in_each_view_over_its_life(events, names):
    """Told as DEFERRED; on release told again; no period has it twice, whichever of the two carries which id."""
    on_x, on_y = names
    events.told = [of_day("X", DAYS[0], transactionStatus="DEFERRED")]
    events.fetch()
    assert _views(events) == (Decimal(0), AMOUNT)
    events.told = [
        of_day("X", DAYS[0], transactionStatus="DEFERRED_RELEASED", relatedIdentifiers=[related(on_x, "Y")]),
        of_day("Y", DAYS[2], relatedIdentifiers=[related(on_y, "X")]),
    ]
    events.fetch()
    assert _views(events) == (AMOUNT, AMOUNT)


def _views(events: Events) -> tuple[Decimal, Decimal]:
    rows = [row for day in DAYS for row in events.rows(day)]
    cash = sum((row["amount"] for row in rows if row["is_cash"]), Decimal(0))
    return cash, sum((row["amount"] for row in rows if row["is_accrual"]), Decimal(0))


def test_a_day_without_anything_is_an_empty_version(events):
    """So that "nothing happened" is not "never asked"; the empty answer is kept as its proof."""
    result = events.staged(DAY)
    assert (result.rows_total, events.rows(DAY), events.versions(DAY)) == (0, [], 1)
    assert events.stores.warehouse.current(events.connection, "financial_events", DAYS[0].isoformat()) is None
    assert set(result.links) == {"document"}


def test_an_empty_day_older_than_amazon_keeps_is_no_proof_that_nothing_happened(events):
    """Its check warns from the day on that the documented two years leave out; a day with a transaction is told."""
    kept = TODAY - timedelta(days=729)
    verdicts = [verdict_of(events.staged(day), "day_still_kept") for day in (kept, kept - timedelta(days=1))]
    assert [(one.passed, one.stops) for one in verdicts] == [(True, False), (False, False)]
    assert f"keeps events from {kept} on" in verdicts[1].sentence
    events.told = [of_day(day=kept - timedelta(days=2))]
    assert verdict_of(events.staged(kept - timedelta(days=2)), "day_still_kept").passed


def test_a_range_is_fetched_by_spans_and_kept_by_days(events):
    """Four days are one question; each has its own version."""
    events.told = [of_day("a", DAYS[0]), of_day("b", DAYS[2])]
    outcomes = events.fetch()
    assert events.asked == [(DAYS[0], TODAY)]
    assert [outcomes[day].rows_total for day in DAYS] == [2, 0, 2, 0]
    long = [TODAY - timedelta(days=number) for number in range(30)]
    events.asked.clear()
    events.fetch(long)
    assert [(last - first).days + 1 for first, last in events.asked] == [14, 12, *[1] * 4]


def test_a_day_that_is_fetched_again_is_asked_for_alone_and_its_answer_archived_once(events):
    """So that five days every quarter of an hour do not fill the archive."""
    events.told = [of_day("a", DAYS[0]), of_day("b", DAYS[2])]
    events.fetch([DAYS[1]])
    events.asked.clear()
    events.fetch()
    assert events.asked == [(DAYS[0], DAYS[0]), (DAYS[1], DAYS[1]), (DAYS[2], TODAY)]
    events.fetch()
    seen = len({hashlib.sha256(content).hexdigest() for content in events.amazon.given})
    events.fetch()
    assert len({hashlib.sha256(content).hexdigest() for content in events.amazon.given}) == seen


def test_what_is_told_again_in_the_same_words_is_no_new_version(events):
    """Nor are its verdicts stored again; what is told in another order is the same."""
    events.told = [of_day("a"), of_day("b")]
    before = events.staged(DAY)
    stored = _stored_verdicts(events)
    events.told.reverse()
    assert events.staged(DAY).version == before.version
    assert events.versions(DAY) == 1
    assert _stored_verdicts(events) == stored


def _stored_verdicts(events: Events) -> int:
    with events.stores.control.reading() as reading:
        query = "SELECT count(*) FROM check_verdicts WHERE connection = ?"
        return reading.exec_driver_sql(query, (events.connection,)).scalar_one()


@pytest.mark.parametrize("others", [[], ["b"]])
def test_a_day_whose_file_is_gone_is_made_whole_by_fetching_it_again(events, others):
    """In the same words or in others: the cure that every sentence names must cure."""
    events.told = [of_day("a")]
    events.staged(DAY)
    version = events.stores.warehouse.current(events.connection, "financial_events", DAY.isoformat())
    events.stores.warehouse.path(version).unlink()
    events.told += [of_day(name) for name in others]
    events.staged(DAY)
    assert {row["transaction_id"] for row in events.rows(DAY)} == {"a", *others}


def test_today_becomes_a_new_version_once_it_is_over(events):
    """A day that is not over says so."""
    assert events.staged(TODAY).facts["the day is over"] is False
    assert events.staged(DAY).facts["the day is over"] is True
    events.clock.advance(86_400)
    assert events.staged(TODAY).facts["the day is over"] is True
    assert events.versions(TODAY) == 2


def test_the_same_transaction_twice_is_one(events):
    """In the same words nothing is said; in other words the later answer counts, and a check says so."""
    events.told = [of_day(), of_day()]
    result = events.staged(DAY)
    assert (result.facts["transactions"], verdict_of(result, "each_transaction_once").passed) == (1, True)
    events.told = [of_day(), of_day(description="Order Payment, corrected")]
    result = events.staged(DAY)
    verdict = verdict_of(result, "each_transaction_once")
    assert {row["description"] for row in events.rows(DAY)} == {"Order Payment, corrected"}
    assert (verdict.passed, verdict.rows) == (False, ({"transaction": "T1"},))
    assert not result.stops


def test_what_is_told_late_comes_in_with_the_next_fetch(events):
    """Two days later; the first version stays beside the second."""
    events.told = [of_day("early")]
    events.fetch()
    events.told.append(of_day("late"))
    events.fetch()
    assert {row["transaction_id"] for row in events.rows(DAY)} == {"early", "late"}
    assert events.versions(DAY) == 2


def test_what_is_no_longer_told_is_kept_out_and_named_until_it_is_told_again(events):
    """Also by the fetch after the next, when the version before no longer has it."""
    events.told = [of_day("stays"), of_day("goes")]
    events.fetch()
    events.told.pop()
    for _ in range(2):
        verdict = verdict_of(events.staged(DAY), "no_transaction_vanished")
        assert (verdict.passed, verdict.stops, verdict.rows) == (False, False, ({"transaction": "goes"},))
    assert {row["transaction_id"] for row in events.rows(DAY)} == {"stays"}
    events.told.append(of_day("other"))
    assert not verdict_of(events.staged(DAY), "no_transaction_vanished").passed
    events.told.append(of_day("goes"))
    assert verdict_of(events.staged(DAY), "no_transaction_vanished").passed


def test_a_transaction_whose_lines_differ_is_staged_with_the_difference_named(events):
    """It waits for a person, the day does not; the item ends by itself when Amazon tells lines that add up."""
    events.told = [of_day("fine"), of_day("odd", totalAmount=money(80))]
    result = events.staged(DAY)
    verdict = verdict_of(result, "leaves_sum_to_total")
    assert (verdict.passed, result.stops) == (False, False)
    odd = [row for row in events.rows(DAY) if row["transaction_id"] == "odd"]
    assert sum(row["amount"] for row in odd) == Decimal("80.000") == odd[0]["transaction_total"]
    assert {row["leaf_path"]: row["amount"] for row in odd}["(difference)"] == Decimal("-5.000")
    [item] = events.items(DAY)
    assert (item.code, item.origin, item.amount, item.is_blocking) == ("leaves_differ", "odd", Decimal("-5.00"), True)
    assert item.details["currency"] == "USD"
    assert not verdict_of(result, "every_leaf_classified").passed
    events.told[1] = of_day("odd")
    events.fetch()
    assert events.items() == []


def test_many_that_differ_are_one_item(events):
    """An answer of another shape does not bury the queue."""
    events.told = [of_day(str(number), totalAmount=money(80)) for number in range(30)]
    events.fetch()
    [item] = events.items(DAY)
    assert "30 transactions" in item.sentence


def test_lines_without_a_category_are_listed_with_what_they_come_to(events):
    """Those without money need none."""
    fees = [node("MoonLanding", -5, node("Base", -5)), node("MoonLanding", 0, node("Tax", 0))]
    whole = {"items": [], "breakdowns": fees, "totalAmount": money(-5)}
    events.told = [of_day("a", **whole), of_day("b", **whole)]
    verdict = verdict_of(events.staged(DAY), "every_leaf_classified")
    assert (verdict.passed, verdict.stops) == (False, False)
    assert verdict.rows == (
        {"type": "Shipment", "line": "MoonLanding/Base", "lines": "2", "amount": "-10.00", "currency": "USD"},
    )


def test_a_line_that_the_mapping_names_is_classified(events):
    """What a person named under `event_leaves` waits for nothing; a mapping that cannot be read names nothing."""
    fees = [node("MoonLanding", -5, node("Base", -5))]
    events.told = [of_day("a", items=[], breakdowns=fees, totalAmount=money(-5))]
    assert not verdict_of(events.staged(DAY), "every_leaf_classified").passed
    own = "{transaction_type: Shipment, leaf_path: MoonLanding/*, category: selling_fee_other}"
    events.mapping += f"event_leaves:\n  - {own}\n"
    assert verdict_of(events.staged(DAY), "every_leaf_classified").passed
    events.mapping = "owner: ["
    assert not verdict_of(events.staged(DAY), "every_leaf_classified").passed


def test_a_missing_and_an_unknown_status_warn(events):
    """Missing counts as released, unknown as nothing; the column says what was told."""
    events.told = [of_day("none", transactionStatus=None), of_day("odd", transactionStatus="On Hold")]
    verdict = verdict_of(events.staged(DAY), "statuses_known")
    assert (verdict.passed, verdict.stops) == (False, False)
    assert [(row["transaction"], row["status"]) for row in verdict.rows] == [("none", "(none)"), ("odd", "ON_HOLD")]
    told = {row["transaction_id"]: row for row in events.rows(DAY)}
    assert (told["none"]["transaction_status"], told["none"]["is_cash"], told["none"]["is_accrual"]) == (
        None,
        True,
        True,
    )
    assert (told["odd"]["transaction_status"], told["odd"]["is_cash"], told["odd"]["is_accrual"]) == (
        "ON_HOLD",
        False,
        False,
    )


def test_transactions_of_marketplaces_that_are_not_listed_are_counted_and_left_out(events):
    """None is named in the question, so all of the seller's come; those of the account alone are taken in."""
    canada = {"marketplaceId": "A2EUQ1WTGCTBG2", "marketplaceName": "Amazon.ca"}
    account = {"marketplaceDetails": None, "sellingPartnerMetadata": {"accountType": "Standard Orders"}}
    events.told = [of_day("us"), of_day("ca", marketplaceDetails=canada), of_day("account", **account)]
    result = events.staged(DAY)
    assert {row["transaction_id"] for row in events.rows(DAY)} == {"us", "account"}
    assert result.facts["of marketplaces not listed here"] == 1


# --- what cannot be used ----------------------------------------------------------------------------------------------

BAD = [
    {"transactionId": None},
    {"totalAmount": money(85, "XXX")},
    {"totalAmount": money(85, "EUR")},
    {"totalAmount": money(85.005)},
    {"totalAmount": None, "items": [], "breakdowns": [node("Sales", None)], "currency": "USD"},
    {"totalAmount": {"currencyCode": "USD"}, "items": [], "breakdowns": []},
]


@pytest.mark.parametrize("change", BAD)
def test_a_transaction_that_cannot_be_used_keeps_its_day_back_and_no_other(events, change):
    """The day keeps what it had, a person is told, the days beside it go on; fixed, the item ends by itself."""
    events.told = [of_day("kept")]
    events.fetch()
    events.told = [of_day("kept"), of_day("new"), of_day("bad") | change, of_day("beside", DAYS[2])]
    outcomes = events.fetch()
    assert [isinstance(outcomes[day], StageResult) for day in DAYS] == [True, False, True, True]
    assert {row["transaction_id"] for row in events.rows(DAY)} == {"kept"}
    assert {row["transaction_id"] for row in events.rows(DAYS[2])} == {"beside"}
    [item] = events.items()
    assert (item.code, item.partition, item.actions) == ("day_refused", f"financial_events-{DAY}", ("retry",))
    assert "What was kept of that day before stays" in item.sentence
    events.told = [of_day("kept"), of_day("new")]
    events.fetch()
    assert events.items() == []
    assert {row["transaction_id"] for row in events.rows(DAY)} == {"kept", "new"}


def test_an_answer_that_cannot_be_used_as_a_whole_keeps_only_its_day_back(events):
    """A span is halved until the day is found."""
    start = datetime.fromisoformat(at(DAY, 0))
    events.broken = lambda after, before: b'{"payload": {"transac' if after <= start < before else None
    events.told = [of_day("beside", DAYS[2])]
    outcomes = events.fetch()
    assert [isinstance(outcomes[day], StageResult) for day in DAYS] == [True, False, True, True]
    assert "no JSON" in events.items(DAY)[0].sentence
    assert events.asked == [
        (DAYS[0], TODAY),
        (DAYS[0], DAYS[1]),
        (DAYS[0], DAYS[0]),
        (DAYS[1], DAYS[1]),
        (DAYS[2], TODAY),
    ]


def test_a_transaction_without_a_possible_date_keeps_only_the_day_back_that_it_comes_with(events):
    """Amazon lists it under a day, though it does not say which."""
    start = datetime.fromisoformat(at(DAY, 0))
    odd = sale("odd", "not a date")
    events.broken = lambda after, before: page(odd) if after <= start < before else None
    outcomes = events.fetch()
    assert [isinstance(outcomes[day], StageResult) for day in DAYS] == [True, False, True, True]
    assert "postedDate" in events.items(DAY)[0].sentence


def test_an_answer_that_is_always_broken_costs_a_bounded_number_of_questions(events):
    """All days are refused, none is lost."""
    days = [TODAY - timedelta(days=number) for number in range(90)]
    events.broken = lambda after, before: b"<html>"
    outcomes = events.fetch(days)
    assert not any(isinstance(outcome, StageResult) for outcome in outcomes.values())
    assert len(events.asked) <= 7 * (1 + 2 * 40)


def test_a_refusal_by_amazon_ends_the_fetch_and_is_one_item(events):
    """What came before is kept; the item ends with the next fetch that comes through."""
    import httpx

    denied = httpx.Response(403, json={"errors": [{"code": "Unauthorized", "message": "Access denied", "details": ""}]})
    events.told = [of_day()]
    events.broken = lambda after, before: denied
    with pytest.raises(SourceRefused):
        events.fetch()
    [item] = events.items()
    assert (item.code, item.partition) == ("fetch_failed", "financial_events")
    assert "Finance and Accounting" in item.sentence
    events.broken = lambda after, before: None
    events.fetch()
    assert events.items() == []


def test_what_passes_by_itself_opens_nothing(events):
    """An outage is no work for a person."""
    import httpx

    events.broken = lambda after, before: httpx.Response(503)
    with pytest.raises(SourceUnavailable):
        events.fetch()
    assert events.items() == []


def test_keys_are_unique_and_stay_whatever_the_order(events):
    """Items, leaves and transactions shuffled: the same keys for the same lines."""
    draw = random.Random(7)
    base = sale()["items"][0]
    told = [
        of_day(f"T{number}", items=[base, base, {**base, "contexts": []}], totalAmount=money(255), breakdowns=[])
        for number in range(5)
    ]
    events.told = told
    events.fetch()
    before = {row["line_key"]: (row["transaction_id"], row["leaf_path"], row["sku"]) for row in events.rows(DAY)}
    assert len(before) == 5 * 6
    for one in told:
        draw.shuffle(one["items"])
        one["items"] = [{**item, "breakdowns": item["breakdowns"][::-1]} for item in one["items"]]
    draw.shuffle(told)
    events.told = [of_day("more"), *told]
    events.fetch()
    after = {row["line_key"]: (row["transaction_id"], row["leaf_path"], row["sku"]) for row in events.rows(DAY)}
    assert before.items() <= after.items()
