"""The pack of a month: every settlement in one class with its reason, nothing left out, the same bytes again."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from assets.audit.pack import audit_pack
from assets.road import walk
from assets.settlements.listed_settlements import Period, Standing, listed_settlements, strays_of
from assets.undo.reversals import apply_reversal, plan_reversal
from connector_defs.cli.audit_pack import write_pack
from ledger.errors import Finding, InputRefused
from tests.road.cash_rig import book, cash_road, hand_in, posted
from tests.road.conftest import FIRST, of_account, sale
from tests.road.test_posting_road import ONE, parted

WEEK = timedelta(days=7)
TWO, THREE, FOUR = "24000000002", "24000000003", "24000000004"


def listed(road, month: str) -> dict[str, tuple[str, str]]:
    """Return class and reason of every settlement of a month."""
    found = listed_settlements(road, Period.of(month))
    return {one.record.settlement_id: (str(one.standing), one.reason) for one in found}


def test_each_settlement_is_in_exactly_one_class(world):
    """Posted; held, with what holds it; before go-live; nothing to post."""
    road = world.small(books_from="2026-11-01")
    world.take_in(road, FOUR, sale("1.00"), start=datetime(2026, 10, 20, 12, tzinfo=UTC))
    world.take_in(road, ONE, sale("100.00"))
    world.take_in(road, TWO, sale("0.00"), start=FIRST + WEEK)
    world.take_in(road, THREE, of_account("A label nobody knows", "5.00"), sale("1.00"), start=FIRST + 2 * WEEK)
    for one in (FOUR, ONE, TWO, THREE):
        walk(road, one)
    found = listed(road, "2026-11")
    assert {name: standing for name, (standing, _) in found.items()} == {
        ONE: "posted",
        TWO: "nothing to post",
        THREE: "held",
    }
    assert "A label nobody knows" in found[THREE][1]
    assert listed(road, "2026-10") == {FOUR: ("before go-live", "in the books by hand")}
    assert audit_pack(road, "2026-11", "0.1.0").is_complete


def test_a_settlement_over_the_month_end_is_in_both_months(world):
    """Its parts are dated one in each; the pack of each month says which document lies in it."""
    road = world.small()
    parted(world, road)
    walk(road, ONE)
    for month, inside in (("2026-10", [True, False]), ("2026-11", [False, True])):
        pack = audit_pack(road, month, "0.1.0")
        documents = next(page for page in pack.pages if page.name == "documents").rows
        assert [row["in period"] for row in documents] == inside
        (totals,) = next(page for page in pack.pages if page.name == "totals").rows
        assert (totals["documents in the books"], totals["dated in the period"]) == (2, 1)
        assert pack.is_complete
        assert strays_of(road, Period.of(month), listed_settlements(road, Period.of(month)), []) == []


def test_the_days_are_those_of_the_ledgers_time_zone(world):
    """It ends at midnight in New York, which is the last of October there: it is no settlement of November."""
    road = world.small()
    start = datetime(2026, 10, 25, 4, tzinfo=UTC)
    world.take_in(road, ONE, sale("1.00", start + timedelta(hours=1)), start=start)
    assert list(listed(road, "2026-10")) == [ONE]
    assert list(listed(road, "2026-11")) == []


def test_a_document_without_its_settlement_is_seen(world):
    """The register lost a settlement whose journal is in the books: it does not add up, and says so."""
    road = world.small()
    world.take_in(road, ONE, sale("100.00"))
    walk(road, ONE)
    (one,) = listed_settlements(road, Period.of("2026-11"))
    assert one.standing is Standing.POSTED
    assert [each.key for each in strays_of(road, Period.of("2026-11"), [], [])] == [each.key for each in one.documents]


def test_decisions_and_what_belongs_to_no_settlement_are_in_it(world):
    """A person's word with its reason; a report that was refused, from the month on in which it came."""
    road = world.small()
    world.take_in(road, ONE, sale("100.00"))
    walk(road, ONE)
    gap = FIRST + 2 * WEEK
    world.take_in(road, TWO, sale("5.00"), start=gap)
    walk(road, TWO)
    world.resolve("series_gap", "accept", "the file between is lost")
    held = Finding("file_refused", "Report 7 is no settlement.", "Dismiss it.", origin="7")
    world.stores.review.open(road.connection, "report-7", held, actions=("dismiss",))

    def decisions(month: str) -> list[tuple]:
        page = next(one for one in audit_pack(road, month, "0.1.0").pages if one.name == "decisions")
        return [
            (row["settlement"], row["code"], row["decided with"], row["person"], row["reason"]) for row in page.rows
        ]

    assert decisions("2026-11") == [
        (TWO, "series_gap", "accept", "tester", "the file between is lost"),
        ("report-7", "file_refused", "", "", ""),
    ]
    assert decisions("2026-12") == []


def test_the_same_moment_gives_the_same_bytes(world, tmp_path):
    """Workbook, CSV, JSON lines and manifest; a later moment changes nothing but the line that says so."""
    road = world.small()
    parted(world, road)
    walk(road, ONE)
    first = write_pack(audit_pack(road, "2026-10", "0.1.0"), tmp_path / "first")
    assert write_pack(audit_pack(road, "2026-10", "0.1.0"), tmp_path / "second") == first
    world.clock.advance(3600)
    later = write_pack(audit_pack(road, "2026-10", "0.1.0"), tmp_path / "later")
    assert {name for name in first if first[name] != later[name]} == {
        "audit-amazon_us-2026-10.xlsx",
        "csv/summary.csv",
        "jsonl/summary.jsonl",
        "manifest.json",
    }
    one, other = ((tmp_path / name / "csv" / "summary.csv").read_text().splitlines() for name in ("first", "later"))
    changed = [line.split(",")[0] for line, now in zip(one, other, strict=True) if line != now]
    assert [name for name in changed if not name.startswith('"page summary')] == ["made at"]


@pytest.mark.parametrize("text", ["2026-00", "2026-13", "26-10", "2026/10", ""])
def test_what_is_no_month_is_refused(text):
    """Year and month, nothing else."""
    with pytest.raises(InputRefused, match="is no period"):
        Period.of(text)


def test_a_period_ends_with_its_last_day():
    """Leap years and Decembers too."""
    assert [str(Period.of(text).last) for text in ("2028-02", "2026-12")] == ["2028-02-29", "2026-12-31"]


def test_control_totals_hold_what_was_reversed_beside_what_undid_it(world):
    """Both stand in the ERP's books: the totals are those of its ledger, not of what is left."""
    road = world.small()
    world.take_in(road, ONE, sale("100.00"))
    walk(road, ONE)
    apply_reversal(road, plan_reversal(road, ONE), "wrong account")
    walk(road, ONE)
    (totals,) = next(page for page in audit_pack(road, "2026-11", "0.1.0").pages if page.name == "totals").rows
    world.assert_in_books("100.00", "-100.00")
    assert totals["dated in the period"] == 2
    assert totals["dated in the period, debits"] == totals["dated in the period, credits"] == Decimal("200.00")


def test_a_receipt_belongs_to_its_settlement_and_counts_in_its_period(world):
    """It is no document without settlement, and the totals of the ledger hold it."""
    road = cash_road(world)
    posted(world, road, ONE, sale())
    hand_in(world, road, "2026-11-11,100.00,AMAZON PAYOUT")
    book(road, ONE)
    pack = audit_pack(road, "2026-11", "0.1.0")
    assert pack.is_complete, pack.sentence
    pages = {page.name: page.rows for page in pack.pages}
    assert [(row["settlement"], row["kind"], row["on clearing item"]) for row in pages["documents"]] == [
        (ONE, "settlement", Decimal("100.00")),
        (ONE, "cash", Decimal("-100.00")),
    ]
    assert pages["totals"][0]["dated in the period"] == 2
