"""Finding settlement reports: every page, each report once, in order, within what Amazon keeps and allows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators import faults
from emulators.amazon.world import ReportEntry as EmulatedEntry
from ledger.errors import SourceRefused, SourceUnavailable
from resources.amazon.reports import (
    PAGES_MAX,
    SETTLEMENT_TYPE,
    all_entries,
    first_parameters,
    link_of,
    participations_of,
)
from tests.resources.amazon.client.rig import CA, SELLER, US, Rig, answering, day, make_rig


def report(number: int, **changes: Any) -> dict[str, Any]:
    """Return one report of an answer."""
    created = (day(30) + timedelta(hours=number)).isoformat()
    made = {"reportId": f"r{number}", "reportType": SETTLEMENT_TYPE, "processingStatus": "DONE", "createdTime": created}
    return {**made, "reportDocumentId": f"d{number}", **changes}


def read_pages(*pages: Mapping[str, Any]) -> tuple[list[str], list[Mapping[str, str]]]:
    """Read scripted pages; return ids found and the parameters of every call."""
    calls: list[Mapping[str, str]] = []

    def get_page(parameters: Mapping[str, str]) -> Mapping[str, Any]:
        calls.append(parameters)
        return pages[min(len(calls), len(pages)) - 1]

    return [entry.report_id for entry in all_entries("demo_us", {"first": "1"}, get_page)], calls


def test_settlements_are_found_oldest_first_with_what_is_needed_to_fetch_them(rig: Rig):
    """Whatever order Amazon lists them in."""
    for number, age_days in ((1, 5), (2, 40), (3, 20)):
        rig.add_settlement(number, age_days=age_days)
    entries = list(rig.client().settlement_reports())
    assert [entry.report_id for entry in entries] == ["900002", "900003", "900001"]
    assert entries[0].created == day(40)
    assert entries[0].report_document_id == "amzn1.spdoc.1.3.demo-2 x+y=.T"
    assert entries[0].marketplace_ids == (US, CA)


@pytest.mark.parametrize("empty", [frozenset(), frozenset({1}), frozenset({2, 3})])
def test_every_page_is_read_also_behind_empty_ones(empty: frozenset[int]):
    """250 settlements are three pages; tokens need encoding and travel alone, or the emulator answers 400."""
    rig = make_rig(empty_pages=empty)
    for number in range(250):
        rig.add_settlement(number, age_days=1 + number / 10)
    assert len(list(rig.client().settlement_reports())) == 250
    queries = [exchange.query_names for exchange in rig.app.exchanges if exchange.operation == "getReports"]
    assert queries[0] == {"reportTypes", "processingStatuses", "marketplaceIds", "pageSize", "createdSince"}
    assert set(queries[1:]) == {frozenset({"nextToken"})}
    assert len(queries) == 3 + len(empty)
    rig.app.close()


def test_only_finished_settlements_come_out(rig: Rig):
    """Other types and states are left in the list."""
    rig.add_settlement(1)
    for number, (kind, status) in enumerate([("GET_OTHER", "DONE"), (SETTLEMENT_TYPE, "FATAL")]):
        entry = EmulatedEntry(f"x{number}", kind, day(1), (US,), "document-x", processing_status=status)
        rig.world.add_report(SELLER, entry)
    assert [entry.report_id for entry in rig.client().settlement_reports()] == ["900001"]


def test_what_the_server_did_not_filter_we_filter():
    """Trust is good: type, state and document are looked at here too."""
    page = {
        "reports": [
            report(1),
            report(2, reportType="GET_OTHER"),
            report(3, processingStatus="IN_PROGRESS"),
            report(4, reportDocumentId=None),
        ]
    }
    assert read_pages(page)[0] == ["r1"]


def test_a_report_that_comes_twice_comes_out_once():
    """Pages that repeat themselves, and entries that moved while we paged."""
    pages = [
        {"reports": [report(2), report(1)], "nextToken": "t1"},
        {"reports": [report(2), report(1)], "nextToken": "t2"},
        {"reports": [report(1), report(3)]},
    ]
    found, calls = read_pages(*pages)
    assert found == ["r1", "r2", "r3"]
    assert calls == [{"first": "1"}, {"nextToken": "t1"}, {"nextToken": "t2"}]


def test_a_list_that_goes_round_in_a_circle_is_refused():
    """The same token again and nothing new: better no list than a piece of one."""
    with pytest.raises(SourceUnavailable, match="does not come to an end"):
        read_pages({"reports": [report(1)], "nextToken": "t"})


def test_a_list_that_never_ends_is_refused():
    """New tokens for ever: the number of pages is bounded."""
    count = 0

    def get_page(parameters: Mapping[str, str]) -> Mapping[str, Any]:
        nonlocal count
        count += 1
        return {"reports": [], "nextToken": f"t{count}"}

    with pytest.raises(SourceUnavailable, match="does not come to an end"):
        all_entries("demo_us", {}, get_page)
    assert count == PAGES_MAX


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"reports": None},
        {"reports": {}},
        {"reports": ["r1"]},
        {"reports": [report(1, reportId=None)]},
        {"reports": [report(1, reportId=7)]},
        {"reports": [report(1, reportDocumentId=["d"])]},
        {"reports": [report(1, createdTime=None)]},
        {"reports": [report(1, createdTime="yesterday")]},
        {"reports": [report(1, dataEndTime=7)]},
        {"reports": [], "nextToken": 7},
    ],
)
def test_an_answer_of_another_shape_is_refused_with_a_sentence(page: dict):
    """Half a list would look like a whole one."""
    with pytest.raises(SourceRefused, match="not of the documented shape"):
        read_pages(page)


@pytest.mark.parametrize(
    "written", ["2026-10-21T12:00:00+00:00", "2026-10-21T12:00:00.000Z", "2026-10-21T14:00:00+02:00"]
)
def test_times_are_read_in_every_shape_amazon_writes(written: str):
    """Offset, milliseconds, another zone: one moment, in UTC."""
    page = {"reports": [report(1, createdTime=written, dataStartTime=written)]}
    (entry,) = all_entries("demo_us", {}, lambda parameters: page)
    assert entry.created == entry.data_start == datetime.fromisoformat("2026-10-21T12:00:00+00:00")
    assert entry.created.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "since, written",
    [
        (None, "2026-08-23T12:00:00Z"),
        (day(400), "2026-08-23T12:00:00Z"),
        (day(89), "2026-08-23T12:00:00Z"),
        (day(10), "2026-11-10T12:00:00Z"),
    ],
)
def test_the_look_back_stays_under_90_days(rig: Rig, since: datetime | None, written: str):
    """89 days: Amazon refuses more, and clocks differ."""
    parameters = first_parameters((US,), rig.clock.now(), since, None)
    assert parameters is not None
    assert parameters["createdSince"] == written
    rig.add_settlement(1)
    assert len(list(rig.client().settlement_reports(since))) == 1


def test_a_span_that_amazon_no_longer_keeps_is_empty_without_a_call(rig: Rig):
    """Nothing to ask, nothing spent."""
    assert list(rig.client().settlement_reports(day(400), day(200))) == []
    assert rig.operations() == []


def test_an_end_of_the_span_is_passed_on(rig: Rig):
    """Only what was created in between."""
    rig.add_settlement(1, age_days=30)
    rig.add_settlement(2, age_days=10)
    assert [entry.report_id for entry in rig.client().settlement_reports(day(60), day(20))] == ["900001"]


def test_a_moment_without_a_zone_is_our_own_mistake(rig: Rig):
    """Local times have no place here."""
    with pytest.raises(AssertionError, match="zone"):
        list(rig.client().settlement_reports(datetime(2026, 11, 1)))  # noqa: DTZ001


def test_several_marketplaces_are_one_call(rig: Rig):
    """And more than the filter takes are none in the filter: the list is the same for the whole region."""
    assert first_parameters((US, CA), day(0), None, None)["marketplaceIds"] == f"{US},{CA}"
    assert "marketplaceIds" not in first_parameters(tuple("abcdefghijk"), day(0), None, None)
    rig.add_settlement(1)
    assert len(list(rig.client(marketplace_ids=(US, CA)).settlement_reports())) == 1


def test_the_published_quota_is_kept_and_nothing_is_answered_429(rig: Rig):
    """Burst 10, then one call in 45 seconds, over two clients of the same seller."""
    rig.add_settlement(1)
    clients = [rig.client(), rig.client()]
    for number in range(14):
        assert len(list(clients[number % 2].settlement_reports())) == 1
    assert rig.clock.monotonic() == pytest.approx(4 / 0.0222, rel=0.01)
    assert {exchange.status for exchange in rig.app.exchanges} == {200}


def test_connections_to_other_sellers_have_buckets_of_their_own(rig: Rig):
    """Amazon counts per application and seller."""
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        return httpx.Response(200, json={"reports": []})

    for seller_id in ("A1", "A2"):
        client = rig.client(answering(rig.clock, answer), seller_id=seller_id)
        for _ in range(10):
            assert list(client.settlement_reports()) == []
    assert (len(calls), rig.clock.monotonic()) == (20, 0)


def test_a_429_in_between_costs_a_wait_of_one_token(rig: Rig):
    """Somebody else spent our quota: at least 1/rate passes before the next attempt."""
    rig.add_settlement(1)
    rig.faults.next("getReports", faults.status(429))
    assert len(list(rig.client().settlement_reports())) == 1
    assert rig.clock.monotonic() >= 45


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 7))
def test_any_paging_yields_the_same_entries(numbers: list[int], page_size: int):
    """Property: how Amazon cuts and repeats pages does not matter."""
    chunks = [numbers[start : start + page_size] for start in range(0, len(numbers), page_size)] or [[]]
    pages: list[dict[str, Any]] = [
        {"reports": [report(number) for number in chunk], "nextToken": f"t{index}"}
        for index, chunk in enumerate(chunks)
    ]
    del pages[-1]["nextToken"]
    assert read_pages(*pages)[0] == [f"r{number}" for number in sorted(set(numbers))]


@pytest.mark.parametrize("body", [{}, {"url": ""}, {"url": 7}, {"url": "https://h/", "compressionAlgorithm": "ZSTD"}])
def test_a_link_of_another_shape_is_refused(body: dict):
    """No guessing about compression."""
    with pytest.raises(SourceRefused, match="not of the documented shape"):
        link_of("demo_us", "d1", body)


def test_a_link_does_not_print_its_url():
    """It is as good as a secret for five minutes."""
    link = link_of("demo_us", "d1", {"url": "https://h/p?X-Amz-Signature=abc", "compressionAlgorithm": "GZIP"})
    assert repr(link) == "DocumentLink('d1', url='***', compression='GZIP')"
    assert link.url.endswith("abc")


@pytest.mark.parametrize("document_id", ["", ".", "..", "...", "a\nb", "x" * 1001])
def test_an_id_that_cannot_be_one_is_not_sent(rig: Rig, document_id: str):
    """Ids are opaque, but they may not walk through paths."""
    with pytest.raises(SourceRefused, match="no id of a report document"):
        rig.client().report_document(document_id)
    assert rig.operations() == []


def test_an_opaque_id_travels_as_one_piece_of_the_path(rig: Rig):
    """A slash, a plus, a question mark in an id change nothing else of the address."""
    paths: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(200, json={"reportDocumentId": "d", "url": "https://h.example/d"})

    rig.client(answering(rig.clock, answer)).report_document("a/b+c?d=é#%2F")
    assert paths == [b"/reports/2021-06-30/documents/a%2Fb%2Bc%3Fd%3D%C3%A9%23%252F"]


def test_participations_tell_marketplace_country_and_currency(rig: Rig):
    """What `connector check` prints."""
    us, ca = rig.client().participations()
    assert (us.marketplace_id, us.country, us.currency, us.is_participating) == (US, "US", "USD", True)
    assert (ca.country, ca.currency, ca.has_suspended_listings) == ("CA", "CAD", False)


@pytest.mark.parametrize("body", [{}, {"payload": None}, {"payload": [{}]}, {"payload": [{"marketplace": 7}]}])
def test_participations_of_another_shape_are_refused(body: dict):
    """The documented fields are all needed."""
    with pytest.raises(SourceRefused, match="not of the documented shape"):
        participations_of("demo_us", body)
