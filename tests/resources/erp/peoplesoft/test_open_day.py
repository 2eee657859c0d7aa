"""The first open day, as PeopleSoft's periods say, and reversing journals in PeopleSoft's fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from emulators import faults
from ledger.errors import TargetUnavailable
from ledger.references import reference
from ledger.reversal import Posted, reversal_of
from resources.erp.peoplesoft import accounts, payload
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import Row

PROFILE = PeopleSoftProfile(base_url="https://peoplesoft.example")
LONG_ID = "12345678901234567890"


def day(text: str) -> date:
    """Return a date."""
    return date.fromisoformat(text)


# asked | open periods of the emulated site, first and last | answer
DAYS = [
    ("2026-11-14", ((2026, 11), (2026, 12)), "2026-11-14"),
    ("2026-10-31", ((2026, 11), (2026, 12)), "2026-11-01"),
    ("2026-11-14", ((2027, 2), (2027, 2)), "2027-02-01"),
    ("2026-12-31", ((2027, 1), (2027, 1)), "2027-01-01"),
    ("2026-11-14", ((2026, 1), (2026, 9)), None),
    ("2026-11-14", ((2028, 11), (2028, 12)), "2028-11-01"),
    ("2026-11-14", ((2028, 12), (2028, 12)), None),  # beyond two years nobody looks
]


@pytest.mark.parametrize("asked, periods, expected", DAYS)
def test_the_first_open_day_is_found_month_by_month(place, asked, periods, expected):
    """That day itself when it is open, the beginning of a later period, or none."""
    place.app.books.set_periods("US001", *periods)
    found = place.target().open_day("US001", day(asked))
    assert found == (day(expected) if expected else None)


def test_a_period_need_not_begin_with_a_month():
    """Four, four and five weeks: the first open day is found all the same, in a handful of questions."""
    first, asked = date(2026, 10, 26), []

    def ask(purpose, **values):
        asked.append(values["JOURNAL_DATE"])
        is_open = day(values["JOURNAL_DATE"]) >= first
        return [Row(PROFILE.queries["period"], {"A.OPEN_FLAG": "Y" if is_open else "N"})]

    assert accounts.open_day("US001", date(2026, 10, 3), PROFILE, ask) == first
    assert len(asked) <= 8


def test_a_calendar_that_nobody_knows_moves_nothing(place):
    """The day stays, and the check of the periods says what is wrong."""
    assert place.target(ledger_group="ACTUAL").open_day("US001", day("2026-11-14")) == day("2026-11-14")


def test_a_calendar_that_ends_ends_the_search():
    """A later month without any row is no open one."""

    def ask(purpose, **values):
        rows = [Row(PROFILE.queries["period"], {"A.OPEN_FLAG": "N"})]
        return rows if day(values["JOURNAL_DATE"]) < date(2027, 1, 1) else []

    assert accounts.open_day("US001", date(2026, 11, 14), PROFILE, ask) is None


def test_a_failed_read_is_no_answer(place):
    """Nothing is decided on it."""
    place.faults.always("X_PERIOD_OPEN", faults.html(502))
    with pytest.raises(TargetUnavailable):
        place.target().open_day("US001", day("2026-11-14"))


@pytest.mark.parametrize("settlement_id", ["12345678901", LONG_ID])
def test_a_reversing_journal_fits_and_leads_back_to_its_settlement(make_journal, settlement_id):
    """Same references, the full id in the same place; a search for the settlement does not find it, its own does."""
    source = replace(make_journal().source, source_id=settlement_id)
    lines = (
        make_journal.line(1, "110500", "10.00", ref=reference(settlement_id)),
        make_journal.line(2, "400100", "-10.00", text="Sales"),
    )
    original = make_journal(*lines, source=source, revision=12)
    (undoing,) = reversal_of([Posted(original, "US001 A123456789 2026-11-14")]).journals
    before, after = (payload.buffer(one, PROFILE) for one in (original, undoing))
    assert after["DESCR254"].startswith(f"AMZ reversal {settlement_id}.12 r1 p1/1 Reverses US001 A123456789 2026-11-14")
    assert not after["DESCR254"].startswith(payload.reference_text(original.source, PROFILE))
    for old, new in zip(before["JRNL_LN"], after["JRNL_LN"], strict=True):
        assert {**old, "FOREIGN_AMOUNT": ""} == {**new, "FOREIGN_AMOUNT": ""}
        assert settlement_id in new["LINE_DESCR"] or not new.get("JRNL_LN_REF") or settlement_id == "12345678901"
    text = after["JRNL_LN"][0]["LINE_DESCR"]
    assert not payload.names_another_source(text, after["DESCR254"], settlement_id)
    assert payload.names_another_source(text, after["DESCR254"], "98765432109876543210")


def test_posted_and_reversed_the_item_is_zero(place, make_journal):
    """Both stand in the books, each found by its own key and by its own source alone."""
    target = place.target()
    original = make_journal()
    erp_id = target.submit(original)
    (undoing,) = reversal_of([Posted(original, erp_id)]).journals
    target.submit(undoing)
    place.clock.advance(10)
    item = original.lines[0]
    assert set(target.open_item(item.account, item.reference, original.source.source_id).values()) == {0}
    for journal in (original, undoing):
        (found,) = target.find([journal]).found
        assert (found.erp_id, found.is_same) == (target.erp_id(journal), True)
    both = target.find([original, undoing]).found
    assert {one.key_matches for one in both} == {original.key, undoing.key}
    assert {one.account for one in target.read_back(undoing).lines} == {one.account for one in original.lines}
