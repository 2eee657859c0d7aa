"""The reports that can be requested: what each holds, when there is nothing, and what Amazon will not make."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from emulators.amazon.history import RefundRecord, ReimbursementRecord, ReplacementRecord, ReturnRecord
from emulators.amazon.vat_columns import VAT_COLUMNS
from tests.emulators.amazon.bench import DOCUMENTS, NOW, REPORTS, Bench
from tests.emulators.amazon.order_bench import DE, UK, US, orders_bench
from tests.emulators.amazon.swagger import assert_fits

BY_UPDATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
BY_DATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
SHIPMENTS = "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL"
REIMBURSEMENTS = "GET_FBA_REIMBURSEMENTS_DATA"
RETURNS = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
REPLACEMENTS = "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_REPLACEMENT_DATA"
VAT = "GET_VAT_TRANSACTION_DATA"


@pytest.fixture
def bench() -> Bench:
    """Return the emulator with a few orders."""
    return orders_bench()


def _create(bench: Bench, kind: str, days: float = 60, *, region: str = "eu", ids: Any = (UK, DE), **body: Any) -> str:
    start = bench.clock.now() - timedelta(days=days)
    request = {"reportType": kind, "marketplaceIds": list(ids), "dataStartTime": start.isoformat(), **body}
    answer = bench.call(REPORTS, region=region, method="POST", json=request)
    assert answer.status_code == 202, answer.text
    return answer.json()["reportId"]


def _end(bench: Bench, report_id: str, *, region: str = "eu") -> dict[str, Any]:
    """Ask until the report has ended and return its entry."""
    for _ in range(3):
        entry = bench.call(f"{REPORTS}/{report_id}", region=region).json()
        assert_fits("getReport", 200, entry)
    return entry


def _content(bench: Bench, entry: dict[str, Any], *, region: str = "eu") -> tuple[str, str]:
    """Return the document's text and its content type."""
    link = bench.call(f"{DOCUMENTS}/{entry['reportDocumentId']}", region=region).json()
    answer = bench.client.get(link["url"])
    assert link["compressionAlgorithm"] == "GZIP"
    kind = answer.headers["content-type"]
    return gzip.decompress(answer.content).decode(kind.partition("charset=")[2]), kind


def _rows(bench: Bench, kind: str, days: float = 60, *, region: str = "eu", **options: Any) -> list[dict[str, str]]:
    entry = _end(bench, _create(bench, kind, days, region=region, **options), region=region)
    assert entry["processingStatus"] == "DONE"
    text, _ = _content(bench, entry, region=region)
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def _numbers(rows: list[dict[str, str]]) -> list[int]:
    return [int(row["amazon-order-id"][-2:]) for row in rows]


def test_all_orders_by_update_and_by_order_date(bench: Bench) -> None:
    """A row per item; by order date the dates mean the purchase."""
    assert _numbers(_rows(bench, BY_UPDATE)) == [1, 2, 3, 4, 5, 6, 7]
    assert _numbers(_rows(bench, BY_UPDATE, 29.5)) == [2, 3, 4, 5, 6, 7]
    assert _numbers(_rows(bench, BY_DATE, 29.5)) == [3, 4, 5, 6, 7]


def test_a_shipped_order_has_prices_and_no_place(bench: Bench) -> None:
    """Dates with an offset, an amount of nothing empty, the country but neither city, state nor postal code."""
    row = _rows(bench, BY_UPDATE)[0]
    assert row["amazon-order-id"] == row["merchant-order-id"] == "202-0000000-0000001"
    assert row["purchase-date"] == "2026-10-11T12:00:00+00:00"
    assert row["last-updated-date"] == "2026-10-12T12:00:00+00:00"
    assert (row["order-status"], row["item-status"], row["fulfillment-channel"]) == ("Shipped", "Shipped", "Amazon")
    assert (row["quantity"], row["currency"], row["item-price"], row["item-tax"]) == ("2", "GBP", "24.00", "3.60")
    assert (row["shipping-price"], row["gift-wrap-price"], row["item-promotion-discount"]) == ("6.00", "", "2.40")
    assert row["ship-country"] == "GB"
    assert [row[name] for name in ("ship-city", "ship-state", "ship-postal-code", "address-type")] == [""] * 4
    assert row["product-name"] == "Mug – blue"


def test_pending_and_cancelled_orders_have_no_price(bench: Bench) -> None:
    """Neither currency nor amounts; of a cancelled one the quantity is nothing."""
    rows = {int(row["amazon-order-id"][-2:]): row for row in _rows(bench, BY_UPDATE)}
    assert (rows[6]["order-status"], rows[6]["quantity"], rows[6]["currency"], rows[6]["item-price"]) == (
        "Pending",
        "2",
        "",
        "",
    )
    assert (rows[4]["order-status"], rows[4]["quantity"], rows[4]["item-price"]) == ("Cancelled", "0", "")
    assert (rows[5]["order-status"], rows[5]["item-price"]) == ("Unshipped", "24.00")
    assert rows[2]["fulfillment-channel"] == "Merchant"
    assert rows[7]["is-business-order"] == "true"


def test_european_files_are_in_a_code_page_and_american_ones_have_a_url(bench: Bench) -> None:
    """A reader has to look at the charset and at the header's names."""
    text, kind = _content(bench, _end(bench, _create(bench, BY_UPDATE)))
    assert kind == "text/plain;charset=Cp1252"
    assert "url" not in text.partition("\n")[0].split("\t")
    entry = _end(bench, _create(bench, BY_UPDATE, region="na", ids=[US]), region="na")
    text, kind = _content(bench, entry, region="na")
    assert kind == "text/plain;charset=UTF-8"
    assert "url" in text.partition("\n")[0].split("\t")
    row = next(csv.DictReader(io.StringIO(text), delimiter="\t"))
    assert (row["item-price"], row["item-tax"]) == ("20.00", "3.60")
    assert row["tax-collection-model"] == "MarketplaceFacilitator"


def test_a_report_says_what_was_known_when_it_was_asked_for(bench: Bench) -> None:
    """Opened days later it still shows the order as pending."""
    report_id = _create(bench, BY_UPDATE)
    bench.clock.advance(3 * 86_400)
    bench.tokens.clear()
    text, _ = _content(bench, _end(bench, report_id))
    assert "Pending" in text


def test_the_marketplace_filter_may_be_ignored() -> None:
    """Whether it filters is a switch; so is the sign of a promotion."""
    assert _numbers(_rows(orders_bench(), BY_UPDATE, ids=[DE])) == [3]
    bench = orders_bench(all_orders_marketplaces="ignored", all_orders_promotion="negative")
    rows = _rows(bench, BY_UPDATE, ids=[DE])
    assert len(rows) == 7
    assert rows[0]["item-promotion-discount"] == "-2.40"


@pytest.mark.parametrize("kind", [BY_UPDATE, BY_DATE, SHIPMENTS, REIMBURSEMENTS, RETURNS, REPLACEMENTS, VAT])
def test_nothing_to_report_is_cancelled(bench: Bench, kind: str) -> None:
    """No document, as though it had been cancelled by call."""
    entry = _end(bench, _create(bench, kind, 0.0001))
    assert entry["processingStatus"] == "CANCELLED"
    assert "reportDocumentId" not in entry


def test_shipments_are_amazons_own_and_two_hours_late(bench: Bench) -> None:
    """With shipment and item ids, amounts of nothing written out, promotions negative."""
    rows = _rows(bench, SHIPMENTS, 30)
    assert _numbers(rows) == [3, 7]
    row = rows[0]
    assert (row["shipment-id"], row["amazon-order-item-id"]) == ("S3", "11111111111111")
    assert row["shipment-date"] == "2026-11-01T12:00:00+00:00"
    assert (row["gift-wrap-price"], row["item-promotion-discount"]) == ("0.00", "-2.40")
    assert (row["ship-country"], row["ship-city"]) == ("AT", "")
    early = orders_bench(shipments_delay_hours=2 * 24 + 1)
    assert _numbers(_rows(early, SHIPMENTS, 30)) == [3]


def test_returns_are_units_with_a_condition_and_a_label(bench: Bench) -> None:
    """By Amazon's columns in Amazon's order; what has not come back yet, or elsewhere, is not told."""
    back = ReturnRecord(
        "202-0000000-0000001",
        UK,
        NOW - timedelta(days=3),
        "MUG",
        "B000000001",
        "Mug",
        "DEFECTIVE",
        license_plate="LPN1",
    )
    late = replace(back, returned=NOW + timedelta(days=1), license_plate="LPN2")
    bench.app.world.histories["ADEMOEU"].returns += [back, late, replace(back, marketplace_id=US)]
    [row] = _rows(bench, RETURNS, 30)
    assert list(row) == [
        "return-date", "order-id", "sku", "asin", "fnsku", "product-name", "quantity", "fulfillment-center-id",
        "detailed-disposition", "reason", "status", "license-plate-number", "customer-comments",
    ]  # fmt: skip
    assert (row["order-id"], row["sku"], row["quantity"]) == ("202-0000000-0000001", "MUG", "1")
    assert (row["detailed-disposition"], row["license-plate-number"]) == ("DEFECTIVE", "LPN1")
    assert row["return-date"] == f"{back.returned:%Y-%m-%dT%H:%M:%S}+00:00"


def test_replacements_are_orders_of_their_own(bench: Bench) -> None:
    """By Amazon's columns in Amazon's order, units and no money; what leaves tomorrow is not told."""
    sent = ReplacementRecord("202-7-1", "202-0-1", UK, NOW - timedelta(days=3), "MUG", "B000000001", 2)
    bench.app.world.histories["ADEMOEU"].replacements += [sent, replace(sent, shipped=NOW + timedelta(days=1))]
    [row] = _rows(bench, REPLACEMENTS, 30)
    assert list(row) == [
        "shipment-date", "sku", "asin", "fulfillment-center-id", "original-fulfillment-center-id", "quantity",
        "replacement-reason-code", "replacement-amazon-order-id", "original-amazon-order-id",
    ]  # fmt: skip
    assert (row["replacement-amazon-order-id"], row["original-amazon-order-id"]) == ("202-7-1", "202-0-1")
    assert (row["sku"], row["quantity"]) == ("MUG", "2")


def test_reimbursements_are_listed_with_what_was_taken_back(bench: Bench) -> None:
    """Amounts of the settlement, reasons of the report."""
    approved = NOW - timedelta(days=3)
    paid = ReimbursementRecord(
        "91", UK, approved, "Lost_Warehouse", "MUG", "B0DEMOMUG1", "Mug", "GBP", Decimal("9.87"), 1
    )
    back = ReimbursementRecord(
        "92",
        UK,
        approved,
        "Reimbursement_Reversal",
        "MUG",
        "B0DEMOMUG1",
        "Mug",
        "GBP",
        Decimal("-9.87"),
        1,
        "91",
        "Lost_Warehouse",
    )
    bench.app.world.histories["ADEMOEU"].reimbursements += [paid, back]
    rows = _rows(bench, REIMBURSEMENTS, 30)
    assert [row["amount-total"] for row in rows] == ["9.87", "-9.87"]
    assert rows[1]["original-reimbursement-id"] == rows[0]["reimbursement-id"] == "91"
    assert rows[0]["approval-date"] == "2026-11-17T12:00:00+00:00"


def test_vat_transactions_have_countries_rate_and_amounts_that_add_up(bench: Bench) -> None:
    """Where the order states its VAT that is it; elsewhere it is taken out at the rate of the country of arrival."""
    bench.app.world.histories["ADEMOEU"].refunds.append(
        RefundRecord("202-0000000-0000001", UK, NOW - timedelta(days=2))
    )
    rows = _rows(bench, VAT)
    kinds = [(row["TRANSACTION_TYPE"], row["TRANSACTION_EVENT_ID"][-1], row["SALE_ARRIVAL_COUNTRY"]) for row in rows]
    assert kinds == [
        ("SALE", "1", "GB"),
        ("SALE", "2", "GB"),
        ("SALE", "3", "AT"),
        ("SALE", "7", "GB"),
        ("REFUND", "1", "GB"),
    ]
    for row in rows:
        assert set(row) == set(VAT_COLUMNS)
        for name in ("PRICE_OF_ITEMS", "SHIP_CHARGE", "GIFT_WRAP"):
            total = [Decimal(row[f"TOTAL_{name}_{kind}"]) for kind in ("AMT_VAT_EXCL", "VAT_AMT", "AMT_VAT_INCL")]
            assert total[0] + total[1] == total[2]
        whole = [Decimal(row[f"TOTAL_ACTIVITY_VALUE_{kind}"]) for kind in ("AMT_VAT_EXCL", "VAT_AMT", "AMT_VAT_INCL")]
        assert whole[0] + whole[1] == whole[2]
    assert rows[0]["TOTAL_ACTIVITY_VALUE_VAT_AMT"] == "4.60"
    assert rows[4]["TOTAL_ACTIVITY_VALUE_AMT_VAT_INCL"] == "-27.60"
    assert (rows[0]["PRICE_OF_ITEMS_VAT_RATE_PERCENT"], rows[0]["GIFT_WRAP_AMT_VAT_INCL"]) == ("0.2", "0.0")
    assert (rows[0]["ACTIVITY_PERIOD"], rows[0]["TAX_CALCULATION_DATE"]) == ("2026-OCT", "12-10-2026")
    assert (rows[0]["BUYER_NAME"], rows[0]["ARRIVAL_CITY"], rows[0]["ARRIVAL_POST_CODE"]) == ("", "", "")
    assert (rows[2]["TAX_REPORTING_SCHEME"], rows[2]["TAXABLE_JURISDICTION"]) == ("UNION-OSS", "AUSTRIA")
    assert _rows(orders_bench(vat_rate="percent"), VAT)[0]["PRICE_OF_ITEMS_VAT_RATE_PERCENT"] == "20"


@pytest.mark.parametrize(
    ("kind", "days", "why"),
    [
        (SHIPMENTS, 32, "at most 31 days"),
        (BY_UPDATE, 731, "730 days in the past"),
        (REIMBURSEMENTS, 731, "in the past"),
    ],
)
def test_dates_a_type_does_not_take_end_fatal(kind: str, days: float, why: str) -> None:
    """With a document that says why, or without one, or refused at once: which of these is not confirmed."""
    bench = orders_bench()
    entry = _end(bench, _create(bench, kind, days))
    assert entry["processingStatus"] == "FATAL"
    assert why in json.loads(_content(bench, entry)[0])["errorDetails"]
    silent = orders_bench(fatal_has_document=False)
    assert "reportDocumentId" not in _end(silent, _create(silent, kind, days))
    strict = orders_bench(report_dates_refused="at_once")
    start = (NOW - timedelta(days=days)).isoformat()
    body = {"reportType": kind, "marketplaceIds": [UK], "dataStartTime": start}
    assert strict.call(REPORTS, method="POST", json=body).status_code == 400


def test_all_orders_may_be_limited_to_some_days() -> None:
    """No page states such a limit; a client must bear one."""
    bench = orders_bench(all_orders_days_max=30)
    assert _end(bench, _create(bench, BY_UPDATE, 31))["processingStatus"] == "FATAL"
    assert _end(bench, _create(bench, BY_UPDATE, 30))["processingStatus"] == "DONE"


def test_there_are_no_vat_transactions_in_america(bench: Bench) -> None:
    """Nothing to report there."""
    entry = _end(bench, _create(bench, VAT, region="na", ids=[US]), region="na")
    assert entry["processingStatus"] == "CANCELLED"


def test_the_vat_report_is_there_from_the_third_of_the_month(bench: Bench) -> None:
    """Asked for on the first it is FATAL."""
    bench.clock.advance((datetime(2026, 12, 1, 6, tzinfo=UTC) - NOW).total_seconds())
    assert _end(bench, _create(bench, VAT))["processingStatus"] == "FATAL"
    bench.clock.advance(2 * 86_400)
    bench.tokens.clear()
    assert _end(bench, _create(bench, VAT))["processingStatus"] == "DONE"


def test_a_report_of_fba_asked_for_too_soon_is_cancelled(bench: Bench) -> None:
    """Half an hour between two of one type, whatever their dates; all orders know no such limit."""
    assert _end(bench, _create(bench, SHIPMENTS, 30))["processingStatus"] == "DONE"
    bench.clock.advance(29 * 60)
    assert _end(bench, _create(bench, SHIPMENTS, 20))["processingStatus"] == "CANCELLED"
    bench.clock.advance(2 * 60)
    assert _end(bench, _create(bench, SHIPMENTS, 20))["processingStatus"] == "DONE"
    for _ in range(2):
        assert _end(bench, _create(bench, BY_UPDATE))["processingStatus"] == "DONE"


def test_too_soon_may_also_be_fatal_or_bring_the_old_report() -> None:
    """All three were seen; whether other dates count as another report is a switch as well."""
    fatal = orders_bench(fba_report_too_soon="fatal")
    _create(fatal, SHIPMENTS, 30)
    assert _end(fatal, _create(fatal, SHIPMENTS, 30))["processingStatus"] == "FATAL"
    previous = orders_bench(fba_report_too_soon="previous")
    first = _end(previous, _create(previous, SHIPMENTS, 30))
    second = _end(previous, _create(previous, SHIPMENTS, 3))
    assert _content(previous, first) == _content(previous, second)
    lenient = orders_bench(fba_limit_per="dates")
    _create(lenient, SHIPMENTS, 30)
    assert _end(lenient, _create(lenient, SHIPMENTS, 20))["processingStatus"] == "DONE"
    assert _end(lenient, _create(lenient, SHIPMENTS, 20))["processingStatus"] == "CANCELLED"


def test_a_daily_report_is_made_anew_after_four_hours(bench: Bench) -> None:
    """Counted from the request; a cancelled request does not count."""
    approved = NOW - timedelta(days=3)
    record = ReimbursementRecord("1", UK, approved, "Lost_Warehouse", "MUG", "B0", "Mug", "GBP", Decimal("1.00"), 1)
    bench.app.world.histories["ADEMOEU"].reimbursements.append(record)
    report_id = _create(bench, REIMBURSEMENTS)
    bench.call(f"{REPORTS}/{report_id}", method="DELETE")
    assert _end(bench, _create(bench, REIMBURSEMENTS))["processingStatus"] == "DONE"
    bench.clock.advance(3.9 * 3600)
    bench.tokens.clear()
    assert _end(bench, _create(bench, REIMBURSEMENTS))["processingStatus"] == "CANCELLED"
    bench.clock.advance(0.2 * 3600)
    bench.tokens.clear()
    assert _end(bench, _create(bench, REIMBURSEMENTS))["processingStatus"] == "DONE"


def test_report_options_are_names_and_texts(bench: Bench) -> None:
    """Anything else is a 400."""
    _create(bench, BY_UPDATE, reportOptions={"custom": "true"})
    body = {"reportType": BY_UPDATE, "marketplaceIds": [UK], "reportOptions": {"custom": True}}
    assert bench.call(REPORTS, method="POST", json=body).status_code == 400


def test_a_requested_report_is_found_in_the_list(bench: Bench) -> None:
    """By its type, with the dates it was asked for."""
    report_id = _create(bench, BY_UPDATE)
    _end(bench, report_id)
    listed = bench.call(REPORTS, params={"reportTypes": BY_UPDATE}).json()["reports"]
    found = next(entry for entry in listed if entry["reportId"] == report_id)
    assert found["dataStartTime"].startswith("2026-09-21T12:00:00")
    assert found["processingStatus"] == "DONE"
