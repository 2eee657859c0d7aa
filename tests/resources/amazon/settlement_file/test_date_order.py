"""Dates of every format seen, day and month told apart from the whole file, or the file refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.resources.amazon.settlement_file.texts import Desk, v2_text

WIDE = {
    "settlement_start_date": "2026-01-01 00:00:00 UTC",
    "settlement_end_date": "2026-12-15 00:00:00 UTC",
    "deposit_date": "2026-12-17 00:00:00 UTC",
}


def posted(date: str, instant: str = "") -> dict[str, str]:
    """Return a row posted at these texts."""
    return {"amount": "1.00", "posted-date": date, "posted-date-time": instant}


@pytest.mark.parametrize(
    "instant, name, read",
    [
        ("2026-03-05 09:08:07 UTC", "ISO", "2026-03-05 09:08:07"),
        ("2026-03-05T09:08:07Z", "ISO", "2026-03-05 09:08:07"),
        ("2026-03-05 09:08:07", "ISO", "2026-03-05 09:08:07"),
        ("2026-03-05T09:08:07.25Z", "ISO", "2026-03-05 09:08:07.250000"),
        ("2026-03-05 09:08 UTC", "ISO", "2026-03-05 09:08:00"),
        ("2026-03-05T09:08:07+00:00", "ISO with offset", "2026-03-05 09:08:07"),
        ("2026-03-05T01:08:07+02:00", "ISO with offset", "2026-03-04 23:08:07"),
        ("2026-03-05 20:08:07 -0730", "ISO with offset", "2026-03-06 03:38:07"),
        ("05.03.2026 09:08:07 UTC", "dd.mm.yyyy", "2026-03-05 09:08:07"),
        ("05.03.26 09:08:07 UTC", "dd.mm.yy", "2026-03-05 09:08:07"),
        ("5.3.2026 9:08:07 UTC", "dd.mm.yyyy", "2026-03-05 09:08:07"),
        ("2026/03/05 09:08:07 UTC", "yyyy/mm/dd", "2026-03-05 09:08:07"),
        ("13/03/2026 09:08:07 UTC", "dd/mm/yyyy", "2026-03-13 09:08:07"),
        ("03/13/2026 09:08:07 GMT", "mm/dd/yyyy", "2026-03-13 09:08:07"),
        ("13/03/26 09:08:07", "dd/mm/yy", "2026-03-13 09:08:07"),
        ("13-03-2026 09:08:07 UTC", "dd-mm-yyyy", "2026-03-13 09:08:07"),
    ],
)
def test_instants_of_every_format_are_utc(desk: Desk, instant: str, name: str, read: str) -> None:
    """Rule: the format is found, offsets are taken off, and an instant without zone is UTC."""
    found = desk.read(v2_text([posted("", instant)]))
    assert found.date_format == name
    assert str(desk.rows("posted_at")[1][0]) == read


@pytest.mark.parametrize(
    "rows, summary, read",
    [
        # One day above twelve decides for the column.
        ([posted("05/03/26"), posted("13/03/26")], WIDE, ["2026-03-05", "2026-03-13"]),
        ([posted("03/05/26"), posted("03/13/26")], WIDE, ["2026-03-05", "2026-03-13"]),
        # posted-date is solved against posted-date-time of the same rows; the rest of the column follows.
        ([posted("05/03/26", "2026-03-05 09:00:00 UTC"), posted("07/03/26")], WIDE, ["2026-03-05", "2026-03-07"]),
        ([posted("03/05/26", "2026-03-05 09:00:00 UTC"), posted("03/07/26")], WIDE, ["2026-03-05", "2026-03-07"]),
        # A day's difference between the two columns is a time zone, a month's is the wrong order.
        ([posted("04/03/26", "2026-03-05 01:00:00 UTC"), posted("07/03/26")], WIDE, ["2026-03-05", "2026-03-07"]),
        # The period decides: one order lies outside of it.
        ([posted("05/03/26")], {}, ["2026-03-05"]),
        ([posted("03/05/26")], {}, ["2026-03-05"]),
        # Both orders give the same day.
        ([posted("03/03/26")], WIDE, ["2026-03-03"]),
        # The summary's own order: the period must start before it ends, and hold the rows.
        (
            [posted("", "2026-03-05 09:00:00 UTC")],
            {"settlement_start_date": "01/03/2026", "settlement_end_date": "15/03/2026", "deposit_date": ""},
            ["2026-03-05"],
        ),
        (
            [posted("", "2026-03-05 09:00:00 UTC")],
            {"settlement_start_date": "03/01/2026", "settlement_end_date": "03/12/2026", "deposit_date": "03/14/2026"},
            ["2026-03-05"],
        ),
    ],
)
def test_day_and_month_are_told_apart_by_the_whole_file(
    desk: Desk, rows: list[dict[str, str]], summary: dict[str, str], read: list[str]
) -> None:
    """Rule: existing days, then agreement of the two columns, then the settlement's period."""
    desk.read(v2_text(rows, **summary))
    assert [f"{instant:%Y-%m-%d}" for (instant,) in desk.rows("posted_at")[1:]] == read


@pytest.mark.parametrize(
    "rows, summary, column",
    [
        ([posted("05/06/26")], WIDE, "posted-date"),
        ([posted("", "05/06/2026 09:00:00 UTC")], WIDE, "posted-date-time"),
        ([posted("05/06/26", "05/06/2026 09:00:00 UTC")], WIDE, "posted-date-time"),
        # However many rows are of one day.
        ([posted("05/06/26")] * 2, WIDE, "posted-date"),
        ([posted("", "05/06/2026 09:00:00 UTC")] * 2, WIDE, "posted-date-time"),
        ([posted("05/06/26"), posted("06/07/26")] * 2, WIDE, "posted-date"),
        ([posted("05/06/26")] * 4, {}, "posted-date"),
        (
            [],
            {"settlement_start_date": "01/03/2026", "settlement_end_date": "03/04/2026", "deposit_date": ""},
            "settlement-start-date",
        ),
        (
            [posted("", "2026-03-05 09:00:00 UTC")],
            {"settlement_start_date": "01/03/2026", "settlement_end_date": "12/03/2026", "deposit_date": ""},
            "settlement-start-date",
        ),
    ],
)
def test_an_uncertain_order_of_day_and_month_is_refused(
    desk: Desk, rows: list[dict[str, str]], summary: dict[str, str], column: str
) -> None:
    """Rule: a month's difference is not guessed."""
    refusal = desk.refused(v2_text(rows, **summary))
    assert "day/month or as month/day" in str(refusal)
    assert refusal.column == column


@pytest.mark.parametrize("column", ["posted-date", "posted-date-time"])
@pytest.mark.parametrize(
    "text, shown",
    [
        ("2026-02-30", '"2026-02-30"'),
        ("2026-13-01", '"2026-13-01"'),
        ("0026-03-01", '"0026-03-01"'),
        ("31.02.2026", '"31.02.2026"'),
        ("13/13/26", '"13/13/26"'),
        ("20260305", '"20260305"'),
        ("2026-03-05 25:00:00 UTC", '"2026-03-05 25:00:00 UTC"'),
        ("2026-03-05T09:00:00+14:30", '"2026-03-05T09:00:00+14:30"'),
        ("2026-03-05T09:00:00-05:60", '"2026-03-05T09:00:00-05:60"'),
        ("2100-01-01", '"2100-01-01"'),
        ("2026-03-05 09:00:00 PST", "not shown"),
        ("yesterday", "not shown"),
    ],
)
def test_a_date_that_cannot_be_read_names_row_and_column(desk: Desk, column: str, text: str, shown: str) -> None:
    """Rule: also when another column would do, and free text is never repeated."""
    refusal = desk.refused(v2_text(["1.00", {"amount": "1.00", column: text}, "1.00"]))
    assert (refusal.row, refusal.column) == (4, column)
    assert shown in str(refusal)


@pytest.mark.parametrize("text", ["2026-02-30 00:00:00 UTC", "2026-02-20T10:00:00+99:99", "9999-12-31T23:00:00-05:00"])
@pytest.mark.parametrize("column", ["settlement_start_date", "settlement_end_date", "deposit_date"])
def test_a_summary_date_that_cannot_be_read_is_refused(desk: Desk, column: str, text: str) -> None:
    """Rule: the period names its row and column too."""
    refusal = desk.refused(v2_text(["1.00"], **{column: text}))
    assert (refusal.row, refusal.column) == (2, column.replace("_", "-"))


def test_a_period_that_ends_before_it_starts_is_refused(desk: Desk) -> None:
    """Rule: a settlement runs forward."""
    assert "before it starts" in str(desk.refused(v2_text(["1.00"], settlement_end_date="2026-02-01 00:00:00 UTC")))


YEAR_FIRST = {
    "settlement_start_date": "26-03-01",
    "settlement_end_date": "26-03-15",
    "deposit_date": "26-03-17",
}


@pytest.mark.parametrize(
    "row, summary, far",
    [
        (posted("", "2026-03-05 09:00:00 UTC"), YEAR_FIRST, "2001-03-26 and 2026-03-05"),
        (posted("26-03-05"), YEAR_FIRST, "2001-03-26 and 2017-03-26"),
        (posted("26/03/05"), {}, "2005-03-26 and 2026-03-17"),
    ],
)
def test_a_year_of_two_digits_that_stands_in_front_is_refused(
    desk: Desk, row: dict[str, str], summary: dict[str, str], far: str
) -> None:
    """Rule: 26-03-05 is not taken for a day of 2005, which would lie before every go-live and never be posted."""
    refusal = str(desk.refused(v2_text([row], **summary)))
    assert far in refusal
    assert "not certain where the year stands" in refusal


def test_a_year_of_two_digits_is_taken_where_the_period_is_one(desk: Desk) -> None:
    """Rule: dd-mm-yy and dd/mm/yy are read; beside a trusted instant the order of posted-date decides nothing."""
    summary = {"settlement_start_date": "14-03-26", "settlement_end_date": "28-03-26", "deposit_date": ""}
    assert desk.read(v2_text([posted("15/03/26")], **summary)).start == datetime(2026, 3, 14, tzinfo=UTC)
    assert desk.read(v2_text([posted("26-03-05", "2026-03-05 09:00:00 UTC")])).posted_max == datetime(
        2026, 3, 5, 9, tzinfo=UTC
    )


@pytest.mark.parametrize("column", ["settlement_start_date", "settlement_end_date"])
def test_a_period_must_be_there(desk: Desk, column: str) -> None:
    """Rule: without its period a settlement cannot be chained."""
    assert column.replace("_", "-") in str(desk.refused(v2_text(["1.00"], **{column: ""})))


def test_posted_date_stands_in_where_the_instant_is_missing(desk: Desk) -> None:
    """Rule: posted-date-time is trusted, posted-date is the fallback at midnight UTC."""
    desk.read(v2_text([posted("2026-03-04", "2026-03-05 09:00:00 UTC"), posted("2026-03-06")]))
    assert [str(when) for (when,) in desk.rows("posted_at")[1:]] == ["2026-03-05 09:00:00", "2026-03-06 00:00:00"]


PATTERNS = ("%Y-%m-%d %H:%M:%S UTC", "%d.%m.%Y %H:%M:%S UTC", "%Y-%m-%dT%H:%M:%S+00:00", "%Y/%m/%d %H:%M:%S")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    instants=st.lists(
        st.integers(0, 347 * 86_400).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
        min_size=1,
        max_size=5,
    ),
    pattern=st.sampled_from(PATTERNS),
)
def test_instants_come_back_to_the_second(desk: Desk, instants: list[datetime], pattern: str) -> None:
    """Rule: an evident format loses nothing."""
    desk.read(v2_text([posted("", when.strftime(pattern)) for when in instants], **WIDE))
    assert [when for (when,) in desk.rows("posted_at")[1:]] == [when.replace(tzinfo=None) for when in instants]
