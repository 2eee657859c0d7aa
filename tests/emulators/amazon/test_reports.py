"""Finding and requesting reports: filters, pages, tokens, and the settlement that cannot be requested."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emulators.amazon.world import RequestedReport
from tests.emulators.amazon.bench import DOCUMENTS, NINE, NOW, ORDERS_TYPE, REPORTS, Bench, make_bench
from tests.emulators.amazon.swagger import assert_fits


def _all_pages(bench: Bench, **params) -> list[list[str]]:
    pages, answer = [], bench.settlements(**params)
    while True:
        assert answer.status_code == 200
        assert_fits("getReports", 200, answer.json())
        pages.append([report["reportId"] for report in answer.json()["reports"]])
        token = answer.json().get("nextToken")
        if token is None:
            return pages
        answer = bench.call(REPORTS, params={"nextToken": token})


def _all_reports(bench: Bench) -> list[str]:
    return [number for page in _all_pages(bench) for number in page]


def test_ten_reports_a_page_newest_first_and_none_lost(bench: Bench) -> None:
    """The default page is ten; following the token brings each report once."""
    pages = _all_pages(bench)
    assert [len(page) for page in pages] == [10, 3]
    assert pages[0][:3] == ["50012", "50000", "50001"]
    assert len({number for page in pages for number in page}) == 13


@pytest.mark.parametrize("size", [1, 5, 13, 100])
def test_the_page_size_is_the_callers(size: int) -> None:
    """From 1 to 100; a list that ends with the page has no token behind it."""
    bench = make_bench(usage_plans={})
    pages = _all_pages(bench, pageSize=size)
    assert [len(page) for page in pages] == [size] * (13 // size) + ([13 % size] if 13 % size else [])


@pytest.mark.parametrize(
    "params",
    [
        {"pageSize": 0},
        {"pageSize": 101},
        {"pageSize": "ten"},
        {"processingStatuses": "FINISHED"},
        {"createdSince": "yesterday"},
        {"createdSince": "2026-11-19T00:00:00Z", "createdUntil": "2026-11-18T00:00:00Z"},
        {"marketplaceIds": ",".join(f"A{number}" for number in range(11))},
        {"reportTypes": ",".join(f"TYPE_{number}" for number in range(11))},
        {"reportTypes": ""},
        {"reportTypes": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE"},
        {"reportTypes": "GET_V2_SETTLEMENT_REPORT_DATA_XML"},
        {"createdSince": (NOW - timedelta(days=91)).isoformat()},
        {"nextToken": "bm9uZQ=="},
    ],
)
def test_a_parameter_amazon_does_not_take_is_a_400(bench: Bench, params) -> None:
    """The body is Amazon's error list with the word InvalidInput."""
    answer = bench.settlements(**params) if "nextToken" not in params else bench.call(REPORTS, params=params)
    assert answer.status_code == 400
    assert_fits("getReports", 400, answer.json())
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


def test_report_types_or_a_token_is_required(bench: Bench) -> None:
    """A search for everything does not exist."""
    assert bench.call(REPORTS).status_code == 400


def test_next_token_stands_alone(bench: Bench) -> None:
    """Other parameters beside it are listed in the details, separated by semicolons."""
    token = bench.settlements().json()["nextToken"]
    answer = bench.settlements(nextToken=token, pageSize=10)
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["code"]) == (400, "InvalidInput")
    assert error["message"] == "NextToken cannot be specified with other input parameters"
    assert error["details"] == "pageSize;reportTypes"


def test_a_token_that_was_not_url_encoded_is_refused(bench: Bench) -> None:
    """It holds a plus sign, which arrives as a blank."""
    token = bench.settlements().json()["nextToken"]
    assert "+" in token
    assert bench.call(f"{REPORTS}?nextToken={token}").status_code == 400


def test_a_token_of_another_seller_is_refused(bench: Bench) -> None:
    """Tokens are opaque and belong to who got them."""
    token = bench.settlements().json()["nextToken"]
    assert bench.call(REPORTS, region="na", params={"nextToken": token}).status_code == 400


def test_the_marketplace_filter_does_not_separate_settlements(bench: Bench) -> None:
    """Every settlement lists all nine marketplaces, so each marketplace finds them all."""
    for marketplace in (NINE[0], NINE[8]):
        reports = bench.settlements(marketplaceIds=marketplace, pageSize=100).json()["reports"]
        assert len(reports) == 13
        assert all(set(report["marketplaceIds"]) == set(NINE) for report in reports)
    assert bench.settlements(marketplaceIds="ATVPDKIKX0DER").json()["reports"] == []


def test_other_types_are_filtered_and_statuses_too(bench: Bench) -> None:
    """Types and statuses select; two types together bring both."""
    both = bench.settlements(reportTypes=f"{ORDERS_TYPE},GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", pageSize=100)
    assert len(both.json()["reports"]) == 14
    assert len(bench.settlements(reportTypes=ORDERS_TYPE).json()["reports"]) == 1
    assert bench.settlements(processingStatuses="FATAL,CANCELLED").json()["reports"] == []


def test_nothing_older_than_ninety_days_is_found(bench: Bench) -> None:
    """By default and after the clock has moved on: retention counts from now."""
    assert "50013" not in _all_reports(bench)
    bench.clock.advance(timedelta(days=80).total_seconds())
    bench.tokens.clear()
    assert bench.settlements(pageSize=100).json()["reports"][-1]["reportId"] == "50001"
    assert bench.document(11).status_code == 404


def test_a_too_old_start_may_also_be_clamped() -> None:
    """Whether Amazon refuses or clamps is not confirmed: a switch."""
    bench = make_bench(created_since_too_old="clamped")
    since = (NOW - timedelta(days=400)).isoformat()
    assert len(bench.settlements(createdSince=since, pageSize=100).json()["reports"]) == 13


def test_removed_types_may_also_come_back_empty() -> None:
    """What the API answers for the removed settlement types is not confirmed: a switch."""
    bench = make_bench(removed_types="empty")
    answer = bench.settlements(reportTypes="GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE")
    assert (answer.status_code, answer.json()) == (200, {"reports": []})


def test_an_empty_page_may_carry_a_token() -> None:
    """A client that stops at an empty page would lose the rest."""
    bench = make_bench(empty_pages=frozenset({1, 3}))
    assert [len(page) for page in _all_pages(bench)] == [0, 10, 0, 3]


def test_a_page_may_come_again_as_the_next_one() -> None:
    """A client that adds up pages would count its reports twice."""
    bench = make_bench(repeated_pages=frozenset({1}))
    pages = list(_all_pages(bench))
    assert [len(page) for page in pages] == [10, 10, 3]
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("shape", "endings"), [("offset", {"+00:00"}), ("millis", {".000Z"}), ("mixed", {"+00:00", ".000Z"})]
)
def test_date_times_come_in_both_shapes(shape: str, endings: set[str]) -> None:
    """The guide shows one, the model the other; mixed shows both in one answer."""
    bench = make_bench(time_shape=shape)
    reports = bench.settlements().json()["reports"]
    assert {report["createdTime"][19:] for report in reports} == endings


@pytest.mark.parametrize("order", ["oldest_first", "shuffled"])
def test_the_order_is_not_promised(order: str) -> None:
    """Other orders bring the same reports, across pages as well."""
    bench = make_bench(reports_order=order)
    found = _all_reports(bench)
    assert len(found) == len(set(found)) == 13
    assert found != _all_reports(make_bench())


def test_the_same_settlement_appears_under_two_report_ids(bench: Bench) -> None:
    """Two entries may point at one document."""
    reports = bench.settlements(pageSize=100).json()["reports"]
    documents = [report["reportDocumentId"] for report in reports]
    assert len(documents) - len(set(documents)) == 1


def test_a_settlement_cannot_be_requested(bench: Bench) -> None:
    """createReport for it is a 400 that speaks of report type 1118."""
    for report_type in ("GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", "GET_V2_SETTLEMENT_REPORT_DATA_XML"):
        answer = _create(bench, report_type)
        assert answer.status_code == 400
        assert_fits("createReport", 400, answer.json())
        assert "report type 1118 is not allowed" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("made", "status", "has_document"),
    [
        (RequestedReport(b"amazon-order-id\n"), "DONE", True),
        (RequestedReport(None), "CANCELLED", False),
        (RequestedReport(b"the reason", is_fatal=True), "FATAL", True),
        (RequestedReport(None, is_fatal=True), "FATAL", False),
    ],
)
def test_a_requested_report_walks_to_its_end(bench: Bench, made, status: str, has_document: bool) -> None:
    """Two steps, then DONE, CANCELLED for nothing to report, or FATAL, perhaps with a document that says why."""
    bench.app.world.makers[ORDERS_TYPE] = lambda seller, start, end: made
    created = _create(bench, ORDERS_TYPE)
    assert created.status_code == 202
    assert_fits("createReport", 202, created.json())
    report_id = created.json()["reportId"]
    seen = [bench.call(f"{REPORTS}/{report_id}").json() for _ in range(4)]
    for body in seen:
        assert_fits("getReport", 200, body)
    assert [body["processingStatus"] for body in seen] == ["IN_QUEUE", "IN_PROGRESS", status, status]
    assert ("reportDocumentId" in seen[-1]) is has_document
    if has_document:
        document = bench.call(f"{DOCUMENTS}/{seen[-1]['reportDocumentId']}").json()
        assert_fits("getReportDocument", 200, document)


def test_a_queued_report_can_be_cancelled(bench: Bench) -> None:
    """Cancelled by call; one under way cannot be, an unknown one is not found."""
    bench.app.world.makers[ORDERS_TYPE] = lambda seller, start, end: RequestedReport(b"x")
    report_id = _create(bench, ORDERS_TYPE).json()["reportId"]
    assert bench.call(f"{REPORTS}/{report_id}", method="DELETE").status_code == 200
    assert bench.call(f"{REPORTS}/{report_id}").json()["processingStatus"] == "CANCELLED"
    bench.call(f"{REPORTS}/{report_id}")
    assert bench.call(f"{REPORTS}/{report_id}", method="DELETE").status_code == 400
    assert bench.call(f"{REPORTS}/1", method="DELETE").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"reportType": ORDERS_TYPE}, 400),
        ({"reportType": ORDERS_TYPE, "marketplaceIds": []}, 400),
        ({"marketplaceIds": [NINE[0]]}, 400),
        ({"reportType": "GET_NOTHING", "marketplaceIds": [NINE[0]]}, 400),
        ({"reportType": ORDERS_TYPE, "marketplaceIds": [NINE[0]], "dataStartTime": "2027-01-01T00:00:00Z"}, 400),
        ([1], 400),
    ],
)
def test_a_wrong_request_body_is_refused(bench: Bench, body, status: int) -> None:
    """Required fields, known types, a period that is over."""
    bench.app.world.makers[ORDERS_TYPE] = lambda seller, start, end: RequestedReport(b"x")
    answer = bench.call(REPORTS, method="POST", json=body)
    assert answer.status_code == status
    assert_fits("createReport", status, answer.json())


def test_a_body_that_is_not_json_is_a_415(bench: Bench) -> None:
    """The content type counts."""
    answer = bench.call(REPORTS, method="POST", data={"reportType": ORDERS_TYPE})
    assert answer.status_code == 415
    assert_fits("createReport", 415, answer.json())


def test_one_report_is_answered_alone_and_only_to_its_seller(bench: Bench) -> None:
    """A report id is unique only within a seller: another seller does not find it."""
    answer = bench.call(f"{REPORTS}/50000")
    assert_fits("getReport", 200, answer.json())
    missing = bench.call(f"{REPORTS}/50000", region="na")
    assert missing.status_code == 404
    assert_fits("getReport", 404, missing.json())
    assert bench.call(f"{REPORTS}/50013").status_code == 404


def test_an_unknown_operation_is_an_error_list(bench: Bench) -> None:
    """Whatever is not emulated says so in Amazon's shape."""
    answer = bench.call("/reports/2020-09-04/reports")
    assert answer.status_code == 404
    assert_fits("getReports", 404, answer.json())


def _create(bench: Bench, report_type: str):
    return bench.call(REPORTS, method="POST", json={"reportType": report_type, "marketplaceIds": [NINE[0]]})
