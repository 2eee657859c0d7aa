"""Reports that are asked for: once, found again after a crash, told apart when they end without a document."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators import faults
from emulators.amazon.world import RequestedReport as Made
from ledger.errors import SourceRefused, SourceUnavailable
from resources.amazon.requested_reports import (
    ALL_ORDERS_BY_UPDATE,
    FULFILLED_SHIPMENTS,
    REIMBURSEMENTS,
    RequestedReport,
)
from tests.resources.amazon.client.order_rig import rig_with_orders
from tests.resources.amazon.client.rig import CA, US, Rig, answering, make_rig
from tests.resources.transport.rig import START

END = START - timedelta(hours=1)
BEGIN = END - timedelta(days=20)
DATES = (BEGIN, END)


@pytest.fixture
def orders() -> Iterator[Rig]:
    """Return Amazon with a few orders."""
    made = rig_with_orders()
    yield made
    made.app.close()


def ask(rig: Rig, report_type: str = ALL_ORDERS_BY_UPDATE, dates: Any = DATES) -> str:
    """Ask for a report of the American marketplace."""
    return rig.client().requested.request(report_type, *dates, (US,))


def ended(rig: Rig, report_id: str) -> RequestedReport:
    """Look at a report, each time as another process, until it has ended."""
    for _ in range(5):
        report = rig.client().requested.state(report_id)
        if report.is_ended:
            return report
        rig.clock.advance(10)
    raise AssertionError("it does not end")


def test_a_report_is_asked_for_and_fetched_step_by_step(orders: Rig, tmp_path: Path):
    """Every step by another process: nothing but the id is carried from one to the next."""
    report_id = ask(orders)
    states = [orders.client().requested.state(report_id) for _ in range(3)]
    assert [state.status for state in states] == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    assert [state.is_ended for state in states] == [False, False, True]
    done = states[-1]
    assert done.document_id is not None
    assert (done.data_start, done.data_end, done.marketplace_ids) == (BEGIN, END, (US,))
    document = orders.client().download(done.document_id, tmp_path / "report")
    assert gzip.decompress(document.path.read_bytes()).count(b"\n") == 4
    assert document.charset == "utf-8"


def test_after_a_crash_the_report_is_found_and_not_asked_for_again(orders: Rig):
    """By type, dates to the second and marketplaces; the newest of several."""
    first = ask(orders)
    orders.clock.advance(60)
    second = ask(orders)
    requested = orders.client().requested
    found = requested.find(ALL_ORDERS_BY_UPDATE, *DATES, (US,))
    assert found is not None
    assert found.report_id == second != first
    assert found.status == "IN_QUEUE"
    assert requested.find(ALL_ORDERS_BY_UPDATE, BEGIN, END - timedelta(seconds=1), (US,)) is None
    assert requested.find(ALL_ORDERS_BY_UPDATE, *DATES, (US, CA)) is None
    assert requested.find(REIMBURSEMENTS, *DATES, (US,)) is None
    assert requested.find(ALL_ORDERS_BY_UPDATE, *DATES, (US,), orders.clock.now() + timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    "fault", [faults.dropped(after=True), faults.html(502, after=True), faults.blank(202, after=True)]
)
def test_a_request_whose_answer_is_lost_is_sent_once_and_found(orders: Rig, fault: faults.Fault):
    """Amazon took it and nobody heard: the sentence says so, and the list has it."""
    orders.faults.next("createReport", fault)
    with pytest.raises(SourceUnavailable, match="not known whether Amazon took the request"):
        ask(orders)
    assert orders.operations().count("createReport") == 1
    found = orders.client().requested.find(ALL_ORDERS_BY_UPDATE, *DATES, (US,))
    assert found is not None
    assert ended(orders, found.report_id).status == "DONE"


@pytest.mark.parametrize("fault", [faults.dropped(), faults.status(500), faults.status(503)])
def test_a_request_that_never_arrived_is_not_found(orders: Rig, fault: faults.Fault):
    """Then it is asked for again: one report in the end."""
    orders.faults.next("createReport", fault)
    with pytest.raises(SourceUnavailable, match="not known whether"):
        ask(orders)
    assert orders.client().requested.find(ALL_ORDERS_BY_UPDATE, *DATES, (US,)) is None
    assert ended(orders, ask(orders)).status == "DONE"


def test_a_throttled_request_was_not_carried_out(orders: Rig):
    """A 429 is counted and refused: nothing is in doubt."""
    orders.faults.next("createReport", faults.named("throttled"))
    with pytest.raises(SourceUnavailable, match="quota") as raised:
        ask(orders)
    assert "not known" not in str(raised.value)


@pytest.mark.parametrize("fault", [faults.status(429), faults.status(500), faults.dropped(), faults.truncated()])
def test_looking_is_repeated_through_faults(orders: Rig, fault: faults.Fault):
    """Reading does no harm."""
    report_id = ask(orders)
    orders.faults.next("getReport", fault, fault)
    assert orders.client().requested.state(report_id).status in ("IN_QUEUE", "IN_PROGRESS", "DONE")


def test_nothing_to_report_is_no_failure():
    """CANCELLED, no document; it is found as the answer to these dates."""
    rig = make_rig()
    report = ended(rig, ask(rig))
    assert report.has_no_data
    assert report.document_id is None
    found = rig.client().requested.find(ALL_ORDERS_BY_UPDATE, *DATES, (US,))
    assert found is not None
    assert found.has_no_data
    rig.app.close()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            Made(b'{"errorDetails": "The date range is too wide."}', is_fatal=True),
            "Amazon says: The date range is too wide.",
        ),
        (Made(b"Report\toptions\nare wrong", is_fatal=True), "Amazon says: Report options are wrong."),
        (Made(None, is_fatal=True), "Amazon gives no reason"),
    ],
)
def test_a_fatal_report_says_why(orders: Rig, made: Made, said: str):
    """With the words of its document, where it has one; it does not stand in the way of asking again."""
    orders.world.makers[ALL_ORDERS_BY_UPDATE] = lambda seller, start, end: made
    with pytest.raises(SourceRefused, match="ended FATAL") as raised:
        ended(orders, ask(orders))
    assert said in str(raised.value)
    assert raised.value.code == "FATAL"
    assert orders.client().requested.find(ALL_ORDERS_BY_UPDATE, *DATES, (US,)) is None


@pytest.mark.parametrize("fault", [faults.status(404), faults.truncated(3)])
def test_a_reason_that_cannot_be_had_is_left_out(orders: Rig, fault: faults.Fault):
    """What matters is that the report is FATAL."""
    orders.world.makers[ALL_ORDERS_BY_UPDATE] = lambda seller, start, end: Made(b"why", is_fatal=True)
    report_id = ask(orders)
    orders.faults.always("download", fault)
    with pytest.raises(SourceRefused, match="Amazon gives no reason"):
        ended(orders, report_id)


def test_a_report_of_fba_is_not_asked_for_too_soon(orders: Rig):
    """Amazon would cancel it, which looks like nothing to report, or bring the old one."""
    ask(orders, FULFILLED_SHIPMENTS)
    orders.clock.advance(44 * 60)
    with pytest.raises(SourceUnavailable, match=r"every 30 minutes at most.*Ask again after"):
        ask(orders, FULFILLED_SHIPMENTS, (BEGIN, END - timedelta(days=1)))
    assert orders.operations().count("createReport") == 1
    orders.clock.advance(60)
    ask(orders, FULFILLED_SHIPMENTS, (BEGIN, END - timedelta(days=1)))
    ask(orders)
    ask(orders)


def test_a_report_cancelled_for_haste_is_not_taken_for_nothing(orders: Rig):
    """Somebody else asked a moment before: no data would be wrong, and it is asked for again later."""
    other = orders.client()
    other.requested._refuse_too_soon = lambda report_type: None
    ended(orders, ask(orders, FULFILLED_SHIPMENTS))
    hasty = other.requested.request(FULFILLED_SHIPMENTS, BEGIN, END - timedelta(days=1), (US,))
    with pytest.raises(SourceUnavailable, match="made anew every 30 minutes"):
        ended(orders, hasty)
    assert orders.client().requested.find(FULFILLED_SHIPMENTS, BEGIN, END - timedelta(days=1), (US,)) is None
    since = orders.clock.now() - timedelta(minutes=2)
    assert orders.client().requested.find(FULFILLED_SHIPMENTS, BEGIN, END - timedelta(days=1), (US,), since) is None


def test_a_refused_request_names_what_amazon_says(orders: Rig):
    """A person has to act; nothing is in doubt."""
    orders.world.grants[orders.secrets["us_refresh_token"]].roles = frozenset()
    with pytest.raises(SourceRefused, match="role") as raised:
        ask(orders)
    assert "not known whether" not in str(raised.value)
    strict = rig_with_orders(report_dates_refused="at_once")
    with pytest.raises(SourceRefused, match="730 days"):
        ask(strict, dates=(END - timedelta(days=800), END))


def test_an_unknown_report_is_a_refusal(orders: Rig):
    """Another seller's, or one of last year."""
    with pytest.raises(SourceRefused, match="nothing of that id"):
        orders.client().requested.state("123")


PLAIN = {"reportId": "r1", "reportType": ALL_ORDERS_BY_UPDATE, "createdTime": "2026-11-20T12:00:00Z"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**PLAIN},
        {**PLAIN, "processingStatus": "POSTPONED"},
        {**PLAIN, "processingStatus": "D\u00d6NE\n"},
        {**PLAIN, "processingStatus": 7},
        {**PLAIN, "processingStatus": "DONE"},
        {**PLAIN, "processingStatus": "DONE", "reportDocumentId": 7},
        {**PLAIN, "processingStatus": "IN_QUEUE", "reportId": "r2"},
        {**PLAIN, "processingStatus": "IN_QUEUE", "createdTime": None},
        {**PLAIN, "processingStatus": "IN_QUEUE", "dataStartTime": "yesterday"},
        {**PLAIN, "processingStatus": "IN_QUEUE", "marketplaceIds": "US"},
    ],
)
def test_an_answer_of_another_shape_is_refused(rig: Rig, body: dict[str, Any]):
    """A status nobody knows is no reason to wait for ever."""
    transport = answering(rig.clock, lambda request: httpx.Response(200, json=body))
    with pytest.raises(SourceRefused, match="not of the documented shape"):
        rig.client(transport).requested.state("r1")


@pytest.mark.parametrize("body", [{}, {"reportId": 7}, {"reportId": ""}])
def test_a_creation_without_an_id_is_refused(rig: Rig, body: dict[str, Any]):
    """There would be nothing to look for."""
    transport = answering(rig.clock, lambda request: httpx.Response(202, json=body))
    with pytest.raises(SourceRefused, match="reportId"):
        rig.client(transport).requested.request(ALL_ORDERS_BY_UPDATE, *DATES, (US,))


def test_a_settlement_is_never_asked_for(rig: Rig):
    """It cannot be requested: that would be our own mistake."""
    for report_type, dates in (
        ("GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", DATES),
        (ALL_ORDERS_BY_UPDATE, (END, BEGIN)),
        (FULFILLED_SHIPMENTS, (END - timedelta(days=32), END)),
    ):
        with pytest.raises(AssertionError):
            rig.client().requested.request(report_type, *dates, (US,))
    assert rig.operations() == []


def test_dates_count_to_the_second_and_options_travel(rig: Rig):
    """Amazon lists seconds; a fraction would never be found again."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(202, json={"reportId": "r1"})

    client = rig.client(answering(rig.clock, answer))
    begin = BEGIN.replace(microsecond=123456)
    assert client.requested.request(ALL_ORDERS_BY_UPDATE, begin, END, (US, CA), {"custom": "true"}) == "r1"
    body = json.loads(sent[0].content)
    assert body["dataStartTime"] == BEGIN.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert body["marketplaceIds"] == [US, CA]
    assert body["reportOptions"] == {"custom": "true"}
