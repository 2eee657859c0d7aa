"""What a finance person does in Dagster's UI: look at the lineage, backfill two settlements, read what came of it."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

GROUP = "/locations/connector/asset-groups/amazon_us/lineage"
ASSETS = ("settlement_reports", "settlement_lines", "mapped_lines", "journals", "erp_postings", "reconciliations")
GOOD, ODD = "90000000001", "90000000002"


def test_a_person_sees_the_lineage_backfills_and_reads_the_checks(dagster, page):
    """Lineage, a backfill of two partitions to its end, a partition's picture, a passed and a failed check."""
    _lineage_shows_the_road(dagster, page)
    _backfill_of_two_partitions_ends(dagster, page)
    _partition_shows_its_picture(dagster, page)
    _check_says(dagster, page, "settlement_lines", "ties_to_total", GOOD, "Passed", "add up to")
    _check_says(dagster, page, "mapped_lines", "every_line_mapped", ODD, "Failed", "Moon Landing Fee")
    _queue_shows_what_waits(dagster, page)


def _lineage_shows_the_road(address, page):
    page.goto(address + GROUP)
    for asset in ASSETS:
        expect(page.get_by_text(asset, exact=True).first).to_be_visible()


def _backfill_of_two_partitions_ends(address, page):
    """All partitions of the group; the sensor has added those of the imported files."""
    page.wait_for_timeout(1000)
    for _ in range(40):
        page.get_by_role("button", name="Materialize all").first.click()
        page.get_by_role("button", name="All", exact=True).click()
        if page.get_by_text("2 partitions").count():
            break
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_timeout(2000)
        page.reload()
    page.get_by_role("button", name="Launch backfill").click()
    expect(page.get_by_text("Backfill launched").or_(page.get_by_text("Created backfill")).first).to_be_visible()
    page.goto(address + "/runs")
    expect(page.get_by_text("2 partitions").first).to_be_visible()
    # The odd settlement's run fails on purpose, and so does the backfill as a whole; both runs came to their end.
    expect(page.get_by_text("Failure", exact=True).first).to_be_visible(timeout=240_000)


def _partition_shows_its_picture(address, page):
    page.goto(f"{address}/assets/amazon_us/mapped_lines?view=partitions&partition={GOOD}")
    expect(page.get_by_text("Materialized", exact=True).first).to_be_visible()
    picture = page.locator("img[src^='data:image/svg+xml']").first
    expect(picture).to_be_visible()
    assert picture.bounding_box()["width"] > 200, "the waterfall is drawn, not a broken image"
    expect(page.get_by_text("Amazon.com").first).to_be_visible()
    page.goto(f"{address}/assets/amazon_us/reconciliations?view=partitions&partition={GOOD}")
    expect(page.get_by_text("1058.59").first).to_be_visible()


def _check_says(address, page, asset, check, settlement, verdict, words):
    page.goto(f"{address}/assets/amazon_us/{asset}?view=checks&checkDetail={check}&partition={settlement}")
    expect(page.get_by_text(check).first).to_be_visible()
    page.get_by_role("tab", name="Partitions").last.click()
    page.get_by_text(settlement).locator("visible=true").last.click()
    expect(page.get_by_text(verdict, exact=True).first).to_be_visible()
    expect(page.get_by_text(re.compile(words)).first).to_be_visible()


def _queue_shows_what_waits(address, page):
    """The sensor has shown the item that the odd settlement opened."""
    checks = f"{address}/assets/amazon_us/review_queue?view=checks&checkDetail=nothing_waits_for_a_person"
    for _ in range(30):
        page.goto(checks)
        expect(page.get_by_text("nothing_waits_for_a_person").first).to_be_visible()
        page.wait_for_timeout(2000)
        if page.get_by_text("Moon Landing Fee").count():
            break
    expect(page.get_by_text(re.compile(r"\b1 item waits for a person")).first).to_be_visible()
    expect(page.get_by_text(re.compile(f"item 1, {ODD}")).first).to_be_visible()
